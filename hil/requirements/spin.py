"""Spin: angular rate of the chaser."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import RAD_TO_DEG, View, range_m
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Spin(Row):
    """Maximum inertial rate of the chaser between from_s and to_s after the start, docked or not."""

    kind: Literal["spin"] = "spin"
    rate_deg_s: Positive
    from_s: NonNegative = 0.0
    to_s: Positive = 1.0e9

    def measures(self) -> tuple[Measure, ...]:
        """The rate."""
        return (Measure(self.name, "deg/s", "body rate, maximum"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the time given."""
        (measure,) = self.measures()
        t_s = flight.truth["t_us"] * 1.0e-6
        rows = np.flatnonzero((t_s >= self.from_s) & (t_s <= self.to_s))
        if not rows.size:
            return [measure.not_evaluated(self.rate_deg_s, self.conditional)]
        rate = range_m(flight.truth["w_body_eci_body_radps"][rows])
        return [measure.at_most(RAD_TO_DEG * float(rate.max()), self.rate_deg_s)]
