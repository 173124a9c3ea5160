"""Instrument `pinger`: distance from its antenna to a transponder at the target's centre of mass.

    [[instrument]]
    name = "pinger"
    kind = "pinger"
    position_body_m = [1.0, 0.0, 0.0]
    period_s = 0.5
    latency_s = 0.1
    sigma_m = 0.05

    [instrument.flight]
    sigma_m = 0.05
    timeout_s = 10.0

`pinger.c` is the measurement model of the flight software.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from gnc.kernels import quat_irotate
from hil.instruments.faults import OF_ANY
from hil.instruments.rows import Fitted, InstrumentKind, Row
from hil.noise import Stream
from hil.schema import STRICT, NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PingerRow(Row):
    """The keys of the table. Types with ranges are in `hil.schema`; a name ends in its unit."""

    kind: Literal["pinger"]
    period_s: Positive
    latency_s: NonNegative
    sigma_m: NonNegative


class Pinger:
    """The truth model. Its noise comes from a stream of the run's seed, so that a run can be repeated to the bit."""

    def __init__(self, fitted: Fitted) -> None:
        row = fitted.row
        self.antenna_body_m, self.sigma_m = np.array(row.position_body_m), row.sigma_m
        self.noise = Stream(fitted.seed, fitted.case, f"sensor.{fitted.name}")

    def measure(self, moment: np.void) -> list[float] | None:
        """The values at a moment (`hil.instruments.python.MOMENT`: truth, eci, SI), or None for no measurement."""
        arm = quat_irotate(moment["q_body_from_eci"], self.antenna_body_m - moment["com_body_m"])
        x, y, z = (float(c) for c in moment["r_chaser_eci_m"] + arm - moment["r_target_eci_m"])
        return [sqrt(x * x + y * y + z * z) + self.sigma_m * self.noise.normal()]


KIND = InstrumentKind(number=128, row=PingerRow, make=Pinger, group="pinger", faults=OF_ANY)
