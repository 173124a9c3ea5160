"""What is done on purpose to a flight computer on a wire: to the cable, and to the board at its end."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
Probability = Annotated[float, Ge(0.0), Le(1.0)]


@dataclass(frozen=True, config=STRICT)
class LinkFaults:
    """What the cable to a board does to frames, each way by itself: probabilities a frame, `bit_error` a bit.

    A frame is lost, sent twice, held up by `delay_s`, cut short, or preceded by noise.
    """

    drop: Probability = 0.0
    bit_error: Probability = 0.0
    duplicate: Probability = 0.0
    delay: Probability = 0.0
    delay_s: Annotated[float, Ge(0.0), Le(60.0)] = 0.05  # of a frame that is delayed
    truncate: Probability = 0.0
    babble: Probability = 0.0

    def declared(self) -> dict[str, float]:
        """Those that can happen."""
        return {name: value for name in KINDS if (value := getattr(self, name)) > 0.0}


KINDS = ("drop", "bit_error", "duplicate", "delay", "truncate", "babble")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BoardFault:
    """What happens to the board at a time: a list `[[board_fault]]`, before the first sensor frame from t_s on.
    "reset" is its reset line, "hang" an endless loop that the watchdog ends, "spoil_checkpoint" a reset with both
    copies of its state spoilt; "pause" holds it still for `duration_s` of wall clock, "kill" takes it away for good.
    """

    t_s: Annotated[float, Ge(0.0)]
    kind: Literal["reset", "hang", "spoil_checkpoint", "pause", "kill"]
    duration_s: Annotated[float, Gt(0.0)] | None = None  # of a pause
