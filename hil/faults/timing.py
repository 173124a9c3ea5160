"""When a fault is in force: what every row `[[fault]]` has in common."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

from annotated_types import Gt, Lt
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.schema import NonNegative, Positive

BEGINNINGS = ("start_s", "phase", "event", "within_m")
"""Keys of which a fault has one: what it begins with."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Timing:
    """When a fault is in force.

    It begins at start_s, or after_s after the first cycle in which the flight is in a phase, an event has occurred, or
    the ports are within_m of each other; it lasts until end_s, for duration_s, or to the end of the run. With period_s
    and duty it comes and goes: it is in force for that share of each period, the first part of it.
    """

    start_s: NonNegative | None = None
    phase: str | None = None
    event: Literal["contact", "capture"] | None = None
    within_m: Positive | None = None
    after_s: NonNegative | None = None
    end_s: Positive | None = None
    duration_s: Positive | None = None
    period_s: Positive | None = None
    duty: Annotated[float, Gt(0.0), Lt(1.0)] | None = None

    def timing_problem(self) -> tuple[str, str] | None:
        """The key of the timing that is mistaken, and what was expected; None when there is none."""
        given = [key for key in BEGINNINGS if getattr(self, key) is not None]
        if not given:
            return "start_s", f"missing; expected one of {', '.join(BEGINNINGS)}"
        if len(given) > 1:
            return given[1], f"expected no more than {given[0]}, which says when the fault begins"
        if self.start_s is None and self.end_s is not None:
            return "end_s", "expected duration_s of a fault that has no start_s"
        if self.start_s is not None and self.after_s is not None:
            return "after_s", f"expected with {', '.join(BEGINNINGS[1:])} only"
        if self.end_s is not None and self.duration_s is not None:
            return "duration_s", f"expected no more than end_s = {self.end_s}"
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            return "end_s", f"expected more than start_s = {self.start_s}"
        if (self.period_s is None) != (self.duty is None):
            return "duty" if self.duty is None else "period_s", "missing; an intermittent fault has both"
        return None

    def when(self) -> str:
        """When it begins, in words."""
        if self.start_s is not None:
            return f"from {self.start_s:g} s"
        after = f"{self.after_s:g} s after " if self.after_s else "from "
        if self.phase is not None:
            return f"{after}the begin of {self.phase}"
        return f"{after}{self.event}" if self.event else f"{after}{self.within_m:g} m"


TIMES = tuple(f.name for f in fields(Timing))
"""The keys of every fault that say when it is in force."""
