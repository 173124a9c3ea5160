"""Burn accuracy: one burn compared with its specification."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.thrust import burns_of, dv_hill_mps
from hil.requirements.view import View
from hil.schema import NonNegative, Positive

Velocity = Annotated[float, Ge(-1.0e5), Le(1.0e5)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BurnAccuracy(Row):
    """Maximum error of the velocity change of one burn, and of its start time.

    number: which burn of the run, from 1. Burns are detected from true thrust: a velocity change of burn_dv_mps or more
    within 10 s. dv_hill_mps is in hill axes of the target, radial, along-track and cross-track, as the burn begins.
    start_s is judged where start_error_s is given.
    """

    kind: Literal["burn"] = "burn"
    number: Annotated[int, Ge(1), Le(1000)]
    dv_hill_mps: tuple[Velocity, Velocity, Velocity]
    error_mps: Positive
    start_s: NonNegative = 0.0
    start_error_s: Positive | None = None
    burn_dv_mps: Positive = 0.05

    def measures(self) -> tuple[Measure, ...]:
        """The error of the velocity change, and of the time."""
        error = Measure(f"{self.name}_error", "m/s", f"burn {self.number}: velocity error")
        late = Measure(f"{self.name}_start", "s", f"burn {self.number}: error of its start")
        return (error,) if self.start_error_s is None else (error, late)

    def evaluate(self, flight: View) -> list[Requirement]:
        """A burn that was never flown is not met."""
        burns = burns_of(flight, self.burn_dv_mps)
        measures = self.measures()
        limits = (self.error_mps, self.start_error_s or 0.0)
        if len(burns) < self.number:
            return [measure.missed(limit) for measure, limit in zip(measures, limits, strict=False)]
        burn = burns[self.number - 1]
        error = float(np.linalg.norm(dv_hill_mps(flight, burn) - np.array(self.dv_hill_mps)))
        began_s = 1.0e-6 * float(flight.truth["t_us"][max(0, burn.start - 1)])  # the cycle that had ended by its row
        figures = (error, abs(began_s - self.start_s))
        return [
            measure.at_most(figure, limit) for measure, figure, limit in zip(measures, figures, limits, strict=False)
        ]
