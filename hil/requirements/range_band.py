"""Range band: minimum and maximum range."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RangeBand(Row):
    """Minimum and maximum range between from_s and to_s after the start.

    of: "com", between the centres of mass, or "shape", between the outer shapes.
    """

    kind: Literal["range_band"] = "range_band"
    range_min_m: NonNegative
    range_max_m: Positive
    of: Literal["com", "shape"] = "com"
    from_s: NonNegative = 0.0
    to_s: Positive = 1.0e9

    def measures(self) -> tuple[Measure, ...]:
        """The smallest and the largest range."""
        between = "range" if self.of == "com" else "distance between the shapes"
        return (
            Measure(f"{self.name}_min", "m", f"{between}, minimum"),
            Measure(f"{self.name}_max", "m", f"{between}, maximum"),
        )

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the time given, before any contact."""
        nearest, farthest = self.measures()
        t_s = flight.approach["t_us"] * 1.0e-6
        rows = np.flatnonzero((t_s >= self.from_s) & (t_s <= self.to_s))
        if not rows.size:
            return [
                nearest.not_evaluated(self.range_min_m, self.conditional),
                farthest.not_evaluated(self.range_max_m, self.conditional),
            ]
        distance = (flight.range_com_m if self.of == "com" else flight.clearance_m)[rows]
        return [
            nearest.at_least(float(distance.min()), self.range_min_m),
            farthest.at_most(float(distance.max()), self.range_max_m),
        ]
