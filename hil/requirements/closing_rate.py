"""Closing rate as a function of range."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClosingRate(Row):
    """Maximum closing rate along the docking axis within a range: max(floor, base + slope times range).

    Within lateral_range_m the rate across the axis has the same limit.
    """

    safety: ClassVar[bool] = True

    kind: Literal["closing_rate"] = "closing_rate"
    floor_mps: Positive
    base_mps: NonNegative
    slope_ps: NonNegative
    range_m: Positive
    lateral_range_m: Positive | None = None

    def limit_mps(self, range_m: Floats) -> Floats:
        """Largest closing rate allowed at a range from port to port (m), any shape."""
        return np.maximum(self.floor_mps, self.base_mps + self.slope_ps * range_m)

    def measures(self) -> tuple[Measure, ...]:
        """The rates where their margins are smallest."""
        closing = Measure(self.name, "m/s", "closing rate, smallest margin")
        lateral = Measure(f"{self.name}_lateral", "m/s", "lateral rate, smallest margin")
        return (closing,) if self.lateral_range_m is None else (closing, lateral)

    def evaluate(self, flight: View) -> list[Requirement]:
        """The closing rate over the whole approach within the range; the lateral rate until the chaser breaks off."""
        v_port = flight.approach["v_port_tport_mps"]
        rates = {"closing": (-v_port[:, 0], flight.range_port_m <= self.range_m)}
        if self.lateral_range_m is not None:
            near = (flight.range_port_m <= self.lateral_range_m) & ~flight.leaving
            rates["lateral"] = (np.hypot(v_port[:, 1], v_port[:, 2]), near)
        return [
            self._worst(measure, rate[judged], flight.range_port_m[judged])
            for measure, (rate, judged) in zip(self.measures(), rates.values(), strict=True)
        ]

    def _worst(self, measure: Measure, rate: Floats, range_port_m: Floats) -> Requirement:
        """The rate where its margin is smallest."""
        if not rate.size:
            return measure.not_evaluated(float(self.limit_mps(np.array(self.range_m))), self.conditional)
        allowed = self.limit_mps(range_port_m)
        at = int(np.argmin(allowed - rate))
        return measure.at_most(float(rate[at]), float(allowed[at]))
