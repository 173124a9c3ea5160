"""Passive safety: whenever all thrust is lost, the chaser drifts clear of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.requirements.corridor import Corridor
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import Floats, Frames, View, range_m
from hil.schema import Positive

if TYPE_CHECKING:
    from hil.scenario import Scenario


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PassiveSafety(Row):
    """Smallest distance between the centres of mass in every free drift of some orbits."""

    kind: Literal["passive_safety"] = "passive_safety"
    distance_m: Positive
    orbits: Annotated[float, Gt(0.0), Le(100.0)]
    from_phase: str
    to_phase: str
    interval_s: Positive
    burn_interval_s: Positive

    def measures(self) -> tuple[Measure, ...]:
        """The smallest distance of all drifts."""
        return (Measure(self.name, "m", "closest approach after loss of thrust"),)

    def drift_rows(self, flight: View) -> NDArray[np.intp]:
        """Rows a free drift starts from: on a clock, and closer inside every burn, over the declared phases.

        A flight computer without telemetry is sampled on the clock as long as it is outside the corridor's range.
        """
        truth, telemetry = flight.approach, flight.telemetry[: flight.rows_before_contact]
        if not len(truth):
            return np.empty(0, np.intp)
        if telemetry["t_us"].any():
            phases = flight.scenario.flight.phases
            first, last = phases.index(self.from_phase), phases.index(self.to_phase)
            inside = (telemetry["phase"] >= first) & (telemetry["phase"] <= last)
            burning = (telemetry["flags"] & int(core.Flag.BURN)) != 0
        else:
            reach = max((corridor.range_m for corridor in flight.rows_of(Corridor)), default=0.0)
            inside = range_m(truth["r_port_tport_m"]) > reach
            burning = np.zeros(len(truth), bool)
        rows = np.flatnonzero(inside)
        if not rows.size:
            return rows
        clock = np.zeros(len(truth), bool)
        clock[rows[0] :: max(1, round(self.interval_s / flight.cycle_s))] = True
        clock[rows[-1]] = True
        burn_clock = np.zeros(len(truth), bool)
        burn_clock[:: max(1, round(self.burn_interval_s / flight.cycle_s))] = True
        return np.flatnonzero(inside & (clock | (burning & burn_clock)))

    def evaluate(self, flight: View) -> list[Requirement]:
        """From every row sampled."""
        (measure,) = self.measures()
        rows = self.drift_rows(flight)
        if not rows.size:
            return [measure.not_evaluated(self.distance_m, self.conditional)]
        distances, _ = flight.drift(
            drift_states(flight.scenario, flight.truth, rows), self.orbits * flight.orbit_period_s
        )
        return [measure.at_least(min(distances), self.distance_m)]


def drift_states(scenario: Scenario, truth: Frames, rows: NDArray[np.intp]) -> Floats:
    """States of both craft at those rows, shape (n, 15), as `Plant.passive_min_distances` takes them."""
    at = truth[rows]
    target, chaser = scenario.target, scenario.chaser
    states = np.empty((len(rows), 15))
    states[:, 0] = at["t_us"] * 1.0e-6
    for column, name in (
        (1, "r_chaser_eci_m"), (4, "v_chaser_eci_mps"), (7, "r_target_eci_m"), (10, "v_target_eci_mps"),
    ):  # fmt: skip
        states[:, column : column + 3] = at[name]
    states[:, 13] = chaser.drag_coefficient * chaser.drag_area_m2 / at["mass_kg"]
    states[:, 14] = target.drag_coefficient * target.drag_area_m2 / target.mass_kg
    return states
