"""Scenario files: TOML in, one validated and frozen `Scenario` out.

Every key ends in its unit. A file may extend another (`[scenario] extends`): tables merge key by key, rows
(`[[vehicle]]`, `[[phase]]`, ...) by their names. The keys of `[flight]`, `[[phase]]` and `[instrument.flight]` are the
flight core's own parameters (gnc/core/definitions): names, ranges and units come from its descriptors.
docs/scenario.md describes the format.
"""

from hil.instruments.faults import Fault
from hil.scenario.dispersed import declared, quantities
from hil.scenario.files import read_toml
from hil.scenario.messages import ScenarioError
from hil.scenario.model import Scenario, says_scenario
from hil.scenario.parameters import UPLOADED_PARAMETERS, VEHICLE_PARAMETERS, FlightTable, flight_keys, law_keys
from hil.scenario.schema.events import Telecommand
from hil.scenario.schema.header import Header
from hil.scenario.schema.vehicle import inertia_matrix
from hil.schema import DEG, unit_of

__all__ = [
    "DEG", "UPLOADED_PARAMETERS", "VEHICLE_PARAMETERS", "Fault", "FlightTable", "Header", "Scenario",
    "ScenarioError", "Telecommand", "declared", "flight_keys", "inertia_matrix", "law_keys", "quantities", "read_toml",
    "says_scenario", "unit_of",
]  # fmt: skip
