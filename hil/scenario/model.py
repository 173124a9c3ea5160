"""One validated and frozen scenario."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT, BoardFault, LinkFaults
from hil.effectors.docking_mechanism import DockingMechanism
from hil.effectors.faults import Fault as EffectorFault
from hil.effectors.rows import Row as EffectorRow
from hil.faults.rows import OTHERS, Other
from hil.instruments import kinds, known_to_flight
from hil.instruments.faults import Fault
from hil.instruments.rows import Row
from hil.requirements.registry import kinds as requirement_kinds
from hil.requirements.row import Row as Requirement
from hil.scenario import files
from hil.scenario.air import settle_density
from hil.scenario.consistency import check_consistency
from hil.scenario.files import (
    SCHEMA,
    file_beside,
    find,
    merged,
    packaged,
    parse_overrides,
    read_layers,
    read_toml,
    settle,
)
from hil.scenario.messages import Layer, Reader, ScenarioError
from hil.scenario.parameters import read_flight
from hil.scenario.rows import NEEDED_ROWS, ROWS, list_rows
from hil.scenario.schema.central_body import CentralBody
from hil.scenario.schema.dispersions import Dispersions
from hil.scenario.schema.events import Telecommand
from hil.scenario.schema.header import Header
from hil.scenario.schema.orbits import Approach
from hil.scenario.schema.plant import Plant
from hil.scenario.sections import hints_of, is_required, read_list, read_rows, section
from hil.scenario.spacecraft import check_roles, read_spacecraft, settle_orbits
from hil.scenario.views import Chaser, Sensors, Target, Thruster, chaser_of, first, target_of, thrusters_of


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Scenario:
    """One validated scenario. `document` is the merged file as flown, `source` and `path` its origin.

    vehicles: the rows by name. instruments, effectors: those of the chaser; the instruments are in the order of the
    flight software's table, followed by those that it has no model of. target, chaser, sensors, initial, contact: views
    for a rendezvous of two vehicles.
    """

    scenario: Header
    plant: Plant
    central_body: CentralBody = CentralBody()
    dispersions: Dispersions = Dispersions()
    link_faults: LinkFaults = LinkFaults()
    board_faults: tuple[BoardFault, ...] = ()
    faults: tuple[Fault, ...] = ()
    effector_faults: tuple[EffectorFault, ...] = ()
    other_faults: tuple[Other, ...] = ()
    telecommands: tuple[Telecommand, ...] = ()
    vehicles: Any
    instruments: tuple[Row, ...]
    effectors: tuple[EffectorRow, ...]
    requirements: tuple[Requirement, ...]
    flight: Any
    document: Any
    source: str
    path: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @classmethod
    def load(cls, name: str | Path, overrides: Iterable[str] = ()) -> Scenario:
        """The packaged scenario of that name, or the file at that path.

        overrides: "dotted.key=value" with the value written as in the file, e.g.
        "dispersions.mass_ratio=0.0" or "phase.s3.duration_s=600.0".
        Raises ScenarioError with one line that names file, key, value and what was expected.
        """
        path = find(name)
        layers = read_layers(path)
        layers.append(Layer("--set", parse_overrides(overrides), path.parent))
        return _build(layers, str(path))

    @staticmethod
    def names() -> tuple[str, ...]:
        """The packaged scenarios."""
        return files.names()

    @property
    def instrument_kinds(self) -> dict[str, int]:
        """The kind of each instrument by its name, `gnc.flight.Kind`, in the order of their numbers."""
        return {row.name: int(kinds()[row.kind].number) for row in self.instruments}

    def instrument(self, name: str) -> Row | None:
        """The chaser's instrument of that name; None when there is none."""
        return next((row for row in self.instruments if row.name == name), None)

    @cached_property
    def sensors(self) -> Sensors:
        """The first of the chaser's instruments of each kind."""
        return Sensors(**{kind: first(self.instruments, kind) for kind in ("imu", "star", "gnss", "rgnss", "camera")})

    @cached_property
    def target(self) -> Target:
        """The other spacecraft, with its docking port."""
        antenna = self.sensors.rgnss.target_antenna_tbody_m if self.sensors.rgnss else (0.0, 0.0, 0.0)
        vehicle = self.vehicles[self.scenario.target]
        return target_of(vehicle, vehicle.port(self.scenario.target_port), antenna)

    @cached_property
    def chaser(self) -> Chaser:
        """The vehicle that is flown, with its docking port."""
        vehicle = self.vehicles[self.scenario.chaser]
        return chaser_of(vehicle, vehicle.port(self.scenario.chaser_port), first(self.effectors, "thrusters"))

    @cached_property
    def thrusters(self) -> tuple[Thruster, ...]:
        """Every thruster of the chaser, those of its first group first."""
        return thrusters_of(row for row in self.effectors if row.kind == "thrusters")

    @property
    def initial(self) -> Approach | None:
        """The point before the port that the chaser holds at start; None where it starts on an orbit."""
        orbit = self.vehicles[self.scenario.chaser].orbit
        return orbit if isinstance(orbit, Approach) else None

    @property
    def contact(self) -> DockingMechanism | None:
        """What the docking mechanism captures; None without one."""
        found: DockingMechanism | None = first(self.effectors, "docking_mechanism")
        return found

    def file(self, name: str) -> Path:
        """Where a file is that the scenario names: beside it, else among the packaged ones."""
        return file_beside(self.path, name)

    @classmethod
    def parse(cls, text: str, source: str, overrides: Iterable[str] = ()) -> Scenario:
        """A scenario from its text, e.g. the one in a log; errors name it `source`."""
        try:
            document = read_toml(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(f"{source}: not valid TOML: {error}") from None
        folder = Path(str(packaged()))
        layers = [Layer(source, settle(source, document), folder), Layer("--set", parse_overrides(overrides), folder)]
        return _build(layers, str(folder / source))

    def to_toml(self) -> str:
        """The scenario as flown, one self-contained file."""
        import tomli_w

        return tomli_w.dumps({"schema": SCHEMA, **list_rows(self.document)})


LISTS = ("fault", "board_fault", "telecommand")


def _build(layers: list[Layer], path: str) -> Scenario:
    document, every = merged(layers)
    reader = Reader(every)
    sections = {name: hint for name, hint in hints_of(Scenario).items() if is_dataclass(hint)}
    valid = (*sections, *ROWS, "flight", *LISTS)
    for key, value in document.items():
        if key not in valid:
            raise reader.unknown(key, valid, value if not isinstance(value, dict) else MISSING)
    needed = (*(name for name, cls in sections.items() if any(map(is_required, fields(cls)))), "flight")
    for key in (*needed, *NEEDED_ROWS):
        if key not in document:
            raise reader.fail(key, MISSING, "missing list of tables" if key in ROWS else "missing table")
    parts = {name: section(reader, cls, document.get(name, {}), name) for name, cls in sections.items()}
    settle_orbits(reader, document, parts["scenario"], path)
    if settle_density(reader, document, parts["scenario"], parts["plant"]):
        parts["plant"] = section(reader, Plant, document["plant"], "plant")
    rows = read_spacecraft(reader, document)
    check_roles(reader, parts["scenario"], rows)
    carried = [
        tuple(row for row in each.values() if row.vehicle in ("", parts["scenario"].chaser))
        for each in (rows.instruments, rows.effectors)
    ]
    fitted = tuple(sorted(carried[0], key=lambda row: not known_to_flight(row.kind)))
    requirements = read_rows(reader, requirement_kinds(), document.get("requirement", {}), "requirement")
    faults: list[Any] = read_list(reader, _fault_model, "fault", document.get("fault", []))
    scenario = Scenario(
        **parts,
        faults=tuple(fault for fault in faults if isinstance(fault, Fault)),
        effector_faults=tuple(fault for fault in faults if isinstance(fault, EffectorFault)),
        other_faults=tuple(fault for fault in faults if type(fault) in OTHERS.values()),
        board_faults=tuple(read_list(reader, BoardFault, "board_fault", document.get("board_fault", []))),
        telecommands=tuple(read_list(reader, Telecommand, "telecommand", document.get("telecommand", []))),
        vehicles=MappingProxyType(rows.vehicles),
        instruments=fitted,
        effectors=carried[1],
        requirements=tuple(requirements.values()),
        flight=read_flight(reader, document, tuple(row.name for row in fitted)),
        document=MappingProxyType(document),
        source=layers[-2].file,
        path=path,
    )
    check_consistency(reader, scenario)
    return scenario


def _fault_model(table: Any) -> type:
    """The model of a row `[[fault]]`, by the key that says what is broken; of an instrument where none does."""
    models: dict[str, type] = {"effector": EffectorFault, **OTHERS}
    return next((model for key, model in models.items() if isinstance(table, dict) and key in table), Fault)


def says_scenario(path: Path) -> bool:
    """Whether a file claims to be a scenario, valid or not.

    It has a table [scenario], or another table of a scenario with a key of that table; if it is not TOML, a line
    that opens [scenario]. Raises OSError when it cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError:
        return re.search(r"^[ \t]*\[[ \t]*scenario\b", text, re.MULTILINE) is not None
    if isinstance(document.get("scenario"), dict):
        return True
    tables = ((cls, document.get(name)) for name, cls in hints_of(Scenario).items() if is_dataclass(cls))
    return any(
        isinstance(table, dict) and not table.keys().isdisjoint(f.name for f in fields(cls)) for cls, table in tables
    )
