"""Faults injected into a flight computer on a wire: into the cable, and into the board at its end."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Probability = Annotated[float, Ge(0.0), Le(1.0)]


@dataclass(frozen=True, config=STRICT)
class LinkFaults:
    """Faults of the cable to a board: probabilities per frame and direction; `bit_error` per bit.

    A frame is lost, sent twice, delayed by `delay_s`, truncated, or preceded by noise.
    """

    drop: Probability = 0.0
    bit_error: Probability = 0.0
    duplicate: Probability = 0.0
    delay: Probability = 0.0
    delay_s: Annotated[float, Ge(0.0), Le(60.0)] = 0.05  # of a frame that is delayed
    truncate: Probability = 0.0
    babble: Probability = 0.0

    def declared(self) -> dict[str, float]:
        """The faults with a probability above zero."""
        return {name: value for name in KINDS if (value := getattr(self, name)) > 0.0}


KINDS = ("drop", "bit_error", "duplicate", "delay", "truncate", "babble")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BoardFault:
    """A fault of the board, injected before the first sensor frame at or after t_s.

    "reset" uses the reset line, "hang" is an endless loop that the watchdog ends, "spoil_checkpoint" is a reset with
    both copies of the state corrupted, "pause" stops the board for `duration_s` of wall-clock time, and "kill" removes
    it for good.
    """

    t_s: Annotated[float, Ge(0.0)]
    kind: Literal["reset", "hang", "spoil_checkpoint", "pause", "kill"]
    duration_s: Annotated[float, Gt(0.0)] | None = None  # of a pause
