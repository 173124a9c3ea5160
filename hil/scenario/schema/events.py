"""`[[telecommand]]`: what the ground sends at a time."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.schema import NonNegative, Product


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Telecommand:
    """A telecommand from the ground, delivered in the first cycle at or after t_s."""

    t_s: NonNegative
    command: Literal["go", "hold", "resume", "retreat", "abort", "free_drift", "inhibit"]
    arg: tuple[Product, Product] = (0.0, 0.0)

    @property
    def opcode(self) -> int:
        """Its number in the sensor frame."""
        return int(core.Telecommand[self.command.upper()])
