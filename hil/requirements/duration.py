"""Duration: how long the run lasts."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Duration(Row):
    """Minimum and maximum duration of the run; either may be omitted."""

    ends: ClassVar[bool] = True

    kind: Literal["duration"] = "duration"
    min_s: Positive | None = None
    max_s: Positive | None = None

    def measures(self) -> tuple[Measure, ...]:
        """Of one limit its own name; of two `_min` and `_max`."""
        both = self.min_s is not None and self.max_s is not None
        return tuple(
            Measure(f"{self.name}_{end}" if both else self.name, "s", f"duration, {word}")
            for end, word, limit in (("min", "minimum", self.min_s), ("max", "maximum", self.max_s))
            if limit is not None
        )

    def evaluate(self, flight: View) -> list[Requirement]:
        """Of the cycles flown."""
        flown_s = len(flight.truth) * flight.cycle_s
        measures = iter(self.measures())
        found = []
        if self.min_s is not None:
            found.append(next(measures).at_least(flown_s, self.min_s))
        if self.max_s is not None:
            found.append(next(measures).at_most(flown_s, self.max_s))
        return found
