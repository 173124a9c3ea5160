"""Sunlight: the craft are lit where the mission needs to see."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import Fraction, NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sunlit(Row):
    """Smallest share of the Sun's disc that the chaser sees while it is within a range of the target.

    The target, as near as that, sees the same.
    """

    kind: Literal["sunlit"] = "sunlit"
    share: Fraction
    range_min_m: NonNegative = 0.0
    range_max_m: Positive

    def measures(self) -> tuple[Measure, ...]:
        """The share."""
        return (Measure(self.name, "%", "share of the Sun's disc in view, minimum"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach within the range, between the centres of mass."""
        (measure,) = self.measures()
        near = (flight.range_com_m >= self.range_min_m) & (flight.range_com_m <= self.range_max_m)
        if not near.any():
            return [measure.not_evaluated(100.0 * self.share, self.conditional)]
        return [measure.at_least(100.0 * float(flight.approach["sunlit"][near].min()), 100.0 * self.share)]
