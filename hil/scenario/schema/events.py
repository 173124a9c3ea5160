"""`[[fault]]` and `[[telecommand]]`: what happens at a time."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.schema import Bias, NonNegative, Positive, Product


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Fault:
    """A declared sensor fault: a list `[[fault]]`, in force for start_s <= time of validity < end_s.

    `bias_m` shifts gnss, rgnss (eci) or the port the camera sees (camera axes), `bias_deg` turns the star
    tracker (body axes), `bias_deg_s` drifts the gyro (body axes).
    """

    sensor: Literal["imu", "star", "gnss", "rgnss", "camera"]
    kind: Literal["dropout", "bias", "freeze"]
    start_s: NonNegative
    end_s: Positive = 1.0e6
    bias_m: Bias | None = None
    bias_deg: Bias | None = None
    bias_deg_s: Bias | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Telecommand:
    """A telecommand from the ground: a list `[[telecommand]]`; delivered in the first cycle from t_s on."""

    t_s: NonNegative
    command: Literal["go", "hold", "resume", "retreat", "abort", "free_drift"]
    arg: tuple[Product, Product] = (0.0, 0.0)

    @property
    def opcode(self) -> int:
        """Its number in the sensor frame."""
        return int(core.Telecommand[self.command.upper()])


# The one key a bias of each sensor is given by
BIAS_KEYS = {"imu": "bias_deg_s", "star": "bias_deg", "gnss": "bias_m", "rgnss": "bias_m", "camera": "bias_m"}
