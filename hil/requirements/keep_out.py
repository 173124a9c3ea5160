"""Keep-out zone about the target, which may be entered through the corridor only."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.corridor import Corridor
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View, range_m
from hil.schema import Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KeepOut(Row):
    """Smallest distance between the centres of mass outside the corridors."""

    kind: Literal["keep_out"] = "keep_out"
    radius_m: Positive

    def measures(self) -> tuple[Measure, ...]:
        """The smallest distance."""
        return (Measure(self.name, "m", "keep-out: minimum range outside the corridor"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach, wherever the chaser is in no corridor of the mission."""
        (measure,) = self.measures()
        truth = flight.watched
        allowed = np.zeros(len(truth), bool)
        for corridor in flight.rows_of(Corridor):
            allowed |= corridor.within(truth)
        outside = range_m(truth["r_chaser_target_hill_m"])[~allowed]
        if not outside.size:
            return [measure.not_evaluated(self.radius_m, self.conditional)]
        return [measure.at_least(float(outside.min()), self.radius_m)]
