"""Docking: the ports meet within the limits of the docking standard, and the mechanism captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Gt, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import RAD_TO_DEG, View
from hil.schema import NonNegative, Positive

Misalignment = Annotated[float, Gt(0.0), Le(180.0)]


@plain_dataclass(frozen=True)
class Condition:
    """A condition at contact: its key in `contact_conditions`, its limits and its words."""

    key: str
    words: str
    unit: str
    high: float
    low: float | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Docking(Row):
    """Limits on the conditions at first contact, and capture."""

    ends: ClassVar[bool] = True
    safety: ClassVar[bool] = True
    held: ClassVar[bool] = True

    kind: Literal["docking"] = "docking"
    closing_rate_min_mps: NonNegative
    closing_rate_max_mps: Positive
    lateral_rate_mps: Positive
    pitch_yaw_rate_deg_s: Positive
    roll_rate_deg_s: Positive
    lateral_misalignment_m: Positive
    pitch_yaw_misalignment_deg: Misalignment
    roll_misalignment_deg: Misalignment

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions with their limits."""
        return (
            Condition("closing_rate_mps", "closing rate", "m/s", self.closing_rate_max_mps, self.closing_rate_min_mps),
            Condition("lateral_rate_mps", "lateral rate", "m/s", self.lateral_rate_mps),
            Condition("pitch_yaw_rate_deg_s", "pitch/yaw rate", "deg/s", self.pitch_yaw_rate_deg_s),
            Condition("roll_rate_deg_s", "roll rate", "deg/s", self.roll_rate_deg_s),
            Condition("lateral_misalignment_m", "lateral misalignment", "m", self.lateral_misalignment_m),
            Condition("pitch_yaw_misalignment_deg", "pitch/yaw misalignment", "deg", self.pitch_yaw_misalignment_deg),
            Condition("roll_misalignment_deg", "roll misalignment", "deg", self.roll_misalignment_deg),
        )

    def _limits(self) -> list[tuple[str, float, bool, Measure]]:
        """(key, limit, whether it is a lower one, what is judged) of each limit."""
        prefix = "" if self.name == "docking" else f"{self.name}_"
        found = []
        for c in self.conditions():
            stem, at = f"{prefix}contact_{_stem(c.key)}", f"{c.words} at contact"
            if c.low is None:
                found.append((c.key, c.high, False, Measure(stem, c.unit, at)))
            else:
                found.append((c.key, c.low, True, Measure(f"{stem}_min", c.unit, f"{at}, minimum")))
                found.append((c.key, c.high, False, Measure(f"{stem}_max", c.unit, f"{at}, maximum")))
        return found

    def _captured(self) -> Measure:
        return Measure("captured" if self.name == "docking" else f"{self.name}_captured", "1", "captured")

    def measures(self) -> tuple[Measure, ...]:
        """Capture, then each limit."""
        return (self._captured(), *(measure for _, _, _, measure in self._limits()))

    def evaluate(self, flight: View) -> list[Requirement]:
        """Without contact no condition is met."""
        met = contact_conditions(flight.contact)
        found = [self._captured().at_least(met["captured"] if met else 0.0, 1.0)]
        for key, limit, lower, measure in self._limits():
            judged = measure.at_least if lower else measure.at_most
            found.append(measure.missed(limit) if met is None else judged(met[key], limit))
        return found


def _stem(key: str) -> str:
    return key.removesuffix("_mps").removesuffix("_deg_s").removesuffix("_deg").removesuffix("_m")


def contact_conditions(contact: Mapping[str, Any]) -> dict[str, float] | None:
    """Conditions at first contact in the units of the report; None without contact."""
    if contact["status"] == 0:
        return None
    state = contact["state"]
    return {
        "t_s": contact["t_s"],
        "captured": float(contact["status"] == 1),
        "closing_rate_mps": state["closing_mps"],
        "lateral_rate_mps": state["lateral_rate_mps"],
        "pitch_yaw_rate_deg_s": state["pitch_yaw_rate_radps"] * RAD_TO_DEG,
        "roll_rate_deg_s": abs(state["roll_rate_radps"]) * RAD_TO_DEG,
        "lateral_misalignment_m": state["lateral_m"],
        "pitch_yaw_misalignment_deg": state["pitch_yaw_rad"] * RAD_TO_DEG,
        "roll_misalignment_deg": abs(state["roll_rad"]) * RAD_TO_DEG,
    }
