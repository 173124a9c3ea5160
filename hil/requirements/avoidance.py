"""Avoidance: after leaving the corridor near the target, the chaser must not come closer."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import stays
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import NonNegative


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Avoidance(Row):
    """After leaving the corridor inside a keep-out zone, the chaser closes by at most the coast.

    This is detected from the trajectory, whatever caused it and whatever the flight software reports.
    """

    safety: ClassVar[bool] = True

    kind: Literal["avoidance"] = "avoidance"
    coast_m: NonNegative

    def measures(self) -> tuple[Measure, ...]:
        """The smallest range after leaving the corridor."""
        return (Measure(self.name, "m", "minimum range after leaving the corridor"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Of the stays in a zone that begin in a corridor and leave it, the one with the smallest margin."""
        (measure,) = self.measures()
        found = []
        for stay in stays(flight.guarded, flight.range_com_m, flight.contact["status"] != 0):
            permitted = flight.permitted[stay.start : stay.stop]
            if not permitted[0] or permitted.all():
                continue
            distance = flight.range_com_m[stay.start + int(np.argmin(permitted)) : stay.stop]
            found.append(measure.at_least(float(distance.min()), float(distance[0]) - self.coast_m))
        if not found:
            return [measure.not_evaluated(0.0, self.conditional)]
        return [min(found, key=lambda result: result.margin or 0.0)]
