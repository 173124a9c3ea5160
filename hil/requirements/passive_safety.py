"""Passive safety: after a loss of all thrust at any time, the chaser stays clear of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats, Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.thrust import burning, burns_of
from hil.requirements.view import Frames, View
from hil.schema import NonNegative, Positive

if TYPE_CHECKING:
    from hil.scenario import Scenario


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PassiveSafety(Row):
    """Minimum distance between the centres of mass in free drifts of some orbits after a loss of thrust.

    Drifts start every interval_s while the centres of mass are farther apart than beyond_m, and during a burn every
    burn_interval_s and at its end; none after the chaser has come closer than until_m, and none later than to_s after
    the start. A burn is detected from true thrust: a velocity change of burn_dv_mps or more within 10 s.
    """

    kind: Literal["passive_safety"] = "passive_safety"
    distance_m: Positive
    orbits: Annotated[float, Gt(0.0), Le(100.0)]
    beyond_m: NonNegative = 0.0
    until_m: NonNegative = 0.0
    to_s: Positive = 1.0e9
    interval_s: Positive
    burn_interval_s: Positive
    burn_dv_mps: Positive = 0.05

    def measures(self) -> tuple[Measure, ...]:
        """The smallest distance of all drifts."""
        return (Measure(self.name, "m", "closest approach after loss of thrust"),)

    def drift_rows(self, flight: View) -> NDArray[np.intp]:
        """Rows a free drift starts from."""
        inside = (flight.range_com_m > self.beyond_m) & np.logical_and.accumulate(flight.range_com_m > self.until_m)
        inside &= flight.approach["t_us"] <= self.to_s * 1.0e6
        rows = np.flatnonzero(inside)
        if not rows.size:
            return rows
        picked = _clock(inside, self.interval_s, flight.cycle_s)
        picked[rows[-1]] = True
        found = burns_of(flight, self.burn_dv_mps)
        picked |= burning(flight, found) & _clock(inside, self.burn_interval_s, flight.cycle_s)
        picked[[burn.stop - 1 for burn in found]] = True
        return np.flatnonzero(inside & picked)

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


def _clock(inside: Mask, interval_s: float, cycle_s: float) -> Mask:
    """Every so many rows, the first of those inside among them."""
    found = np.zeros(len(inside), bool)
    found[int(np.argmax(inside)) % (step := max(1, round(interval_s / cycle_s))) :: step] = True
    return found


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
