"""`[scenario]`: what is flown, and when."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.timescales import Epoch


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Header:
    """Name, start and duration of the scenario, and which vehicles fly it."""

    name: str
    title: str
    epoch_utc: str
    max_duration_s: Annotated[float, Gt(0.0), Le(1.0e6)]
    chaser: str  # the vehicle that is flown
    target: str  # the one that it flies to
    chaser_port: str = ""  # the port it docks with; its first where left out
    target_port: str = ""

    @property
    def epoch(self) -> Epoch:
        """The instant at which a run starts; `epoch_utc` is as written, with an offset perhaps."""
        return Epoch.parse(self.epoch_utc)
