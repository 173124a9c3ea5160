"""Closing rate: the nearer, the slower."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import Floats, View, range_m
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClosingRate(Row):
    """Largest closing rate along the docking axis within a range: max(floor, base + slope times range)."""

    kind: Literal["closing_rate"] = "closing_rate"
    floor_mps: Positive
    base_mps: NonNegative
    slope_ps: NonNegative
    range_m: Positive

    def limit_mps(self, range_m: Floats) -> Floats:
        """Largest closing rate allowed at a range from port to port (m), any shape."""
        return np.maximum(self.floor_mps, self.base_mps + self.slope_ps * range_m)

    def measures(self) -> tuple[Measure, ...]:
        """The closing rate where its margin is smallest."""
        return (Measure(self.name, "m/s", "closing rate where its margin is smallest"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach within the range."""
        (measure,) = self.measures()
        truth = flight.watched
        range_port = range_m(truth["r_port_tport_m"])
        gated = range_port <= self.range_m
        if not gated.any():
            return [measure.not_evaluated(float(self.limit_mps(np.array(self.range_m))), self.conditional)]
        closing = -truth["v_port_tport_mps"][gated, 0]
        allowed = self.limit_mps(range_port[gated])
        at = int(np.argmin(allowed - closing))
        return [measure.at_most(float(closing[at]), float(allowed[at]))]
