"""`[scenario]`: what is flown, and when."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.timescales import Epoch


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Header:
    """What is flown, and when."""

    name: str
    title: str
    epoch_utc: str
    max_duration_s: Annotated[float, Gt(0.0), Le(1.0e6)]

    @property
    def epoch(self) -> Epoch:
        """The instant at which a run starts; `epoch_utc` is as written, with an offset perhaps."""
        return Epoch.parse(self.epoch_utc)
