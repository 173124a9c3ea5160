"""The rows that a table `[requirements]` stands for."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, TypeVar

from hil.requirements.avoidance import Avoidance
from hil.requirements.closing_rate import ClosingRate
from hil.requirements.corridor import Corridor
from hil.requirements.delta_v import DeltaV
from hil.requirements.docking import Docking
from hil.requirements.keep_out import KeepOut
from hil.requirements.passive_safety import PassiveSafety
from hil.requirements.row import Row

if TYPE_CHECKING:
    from hil.scenario import Scenario


Kind = TypeVar("Kind", bound=Row)


def find(scenario: Scenario, kind: type[Kind]) -> Kind | None:
    """The first requirement of one kind; None when the scenario has none."""
    return next((row for row in rows_of(scenario) if isinstance(row, kind)), None)


def rows_of(scenario: Scenario) -> tuple[Row, ...]:
    """The requirements of a scenario."""
    r = scenario.requirements
    table, ports = scenario.flight, hypot(*scenario.target.port_tbody_m) + hypot(*scenario.chaser.port_body_m)
    last = r.passive_safety_to_phase
    passive = (
        PassiveSafety(
            name="passive_safety", conditional=True, distance_m=r.keep_out_radius_m, orbits=r.passive_safety_orbits,
            beyond_m=ports + max(0.0, table.phase(last, "distance_m") - table.phase(last, "deadband_m")),
            until_m=ports + r.corridor_range_m, interval_s=r.passive_safety_interval_s,
            burn_interval_s=r.passive_safety_burn_interval_s,
        )
        if r.passive_safety_orbits
        else None
    )  # fmt: skip
    return (
        Docking(
            name="docking", closing_rate_min_mps=r.contact_closing_rate_min_mps,
            closing_rate_max_mps=r.contact_closing_rate_max_mps, lateral_rate_mps=r.contact_lateral_rate_mps,
            pitch_yaw_rate_deg_s=r.contact_pitch_yaw_rate_deg_s, roll_rate_deg_s=r.contact_roll_rate_deg_s,
            lateral_misalignment_m=r.contact_lateral_misalignment_m,
            pitch_yaw_misalignment_deg=r.contact_pitch_yaw_misalignment_deg,
            roll_misalignment_deg=r.contact_roll_misalignment_deg,
        ),
        Corridor(
            name="corridor", conditional=True, half_angle_deg=r.corridor_half_angle_deg, range_m=r.corridor_range_m,
            apex_radius_m=r.contact_lateral_misalignment_m,
        ),
        ClosingRate(
            name="closing_rate", conditional=True, floor_mps=r.closing_rate_floor_mps, base_mps=r.closing_rate_base_mps,
            slope_ps=r.closing_rate_slope_ps, range_m=r.closing_rate_range_m, lateral_range_m=r.corridor_range_m,
        ),
        KeepOut(name="keep_out_sphere", conditional=True, radius_m=r.keep_out_radius_m),
        *((passive,) if passive else ()),
        DeltaV(name="delta_v", budget_factor=r.delta_v_budget_factor),
        Avoidance(name="avoidance_range", conditional=True, coast_m=r.avoidance_coast_m),
    )  # fmt: skip
