"""Collision: the vehicles may only touch port to port. Judged in every run."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View

TOUCHED_OUTSIDE = 2  # of the contact's status: the ports met outside what the mechanism captures


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Collision(Row):
    """No contact outside the capture envelope of the ports."""

    kind: Literal["collision"] = "collision"
    name: str = "collision"

    def measures(self) -> tuple[Measure, ...]:
        """How often they touched."""
        return (Measure(self.name, "1", "collision"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the whole run."""
        (measure,) = self.measures()
        touched = len(flight.collisions) + (flight.contact["status"] == TOUCHED_OUTSIDE)
        return [measure.at_most(float(touched), 0.0)]
