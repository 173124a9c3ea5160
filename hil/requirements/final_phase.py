"""Final phase: the phase that telemetry reports at the end."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FinalPhase(Row):
    """The run ends in one of these phases, according to telemetry.

    This is the only requirement that reads telemetry. It checks whether the flight software knows where it is, and
    does not show that the mission has reached its end.
    """

    kind: Literal["final_phase"] = "final_phase"
    phases: Annotated[tuple[str, ...], MinLen(1)]

    def measures(self) -> tuple[Measure, ...]:
        """Whether it is."""
        return (Measure(self.name, "1", f"ended in phase {' or '.join(self.phases)}"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """In the last cycle; a flight computer without telemetry is in no phase."""
        (measure,) = self.measures()
        last = flight.telemetry[-1]
        known = last["t_us"] != 0 or len(flight.telemetry) == 1
        name = flight.scenario.flight.phase_name(int(last["phase"])) if known else ""
        return [measure.at_least(float(name in self.phases), 1.0)]
