"""Avoidance: once the chaser breaks off, it comes no nearer."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View, range_m
from hil.schema import NonNegative


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Avoidance(Row):
    """After an avoidance manoeuvre begins the range never falls below that at its start minus the coast."""

    kind: Literal["avoidance"] = "avoidance"
    coast_m: NonNegative

    def measures(self) -> tuple[Measure, ...]:
        """The smallest range after the break-off."""
        return (Measure(self.name, "m", "minimum range after an avoidance manoeuvre"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """From the row in which the manoeuvre begins."""
        (measure,) = self.measures()
        truth = flight.approach[flight.avoidance_row :]
        if not len(truth):
            return [measure.not_evaluated(0.0, self.conditional)]
        distance = range_m(truth["r_chaser_target_hill_m"])
        return [measure.at_least(float(distance.min()), float(distance[0]) - self.coast_m)]
