"""Berthing box: the chaser holds its position, thrusters shut, until it is grappled."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats, Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.thrust import fired
from hil.requirements.view import View, range_m
from hil.schema import NonNegative, Positive

Coordinate = Annotated[float, Ge(-1.0e6), Le(1.0e6)]
POSITIONS = {
    "hill": ("r_chaser_target_hill_m", "v_chaser_target_hill_mps"),
    "tport": ("r_port_tport_m", "v_port_tport_mps"),
}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BerthingBox(Row):
    """An uninterrupted hold within a box, below a speed, for a time, and without thrust at the end of the run.

    frame: "hill", the chaser's centre of mass about the target's, or "tport", the chaser's port in the frame of the
    target's port. quiet_s: minimum time without propellant flow at the end.
    """

    ends: ClassVar[bool] = True
    held: ClassVar[bool] = True

    kind: Literal["berthing_box"] = "berthing_box"
    frame: Literal["hill", "tport"] = "hill"
    centre_m: tuple[Coordinate, Coordinate, Coordinate]
    half_size_m: Positive
    speed_mps: Positive
    hold_s: Positive
    quiet_s: NonNegative = 0.0

    def measures(self) -> tuple[Measure, ...]:
        """The longest hold, the worst offset and speed in the last hold_s of it, and the time since the last thrust."""
        return (
            Measure(f"{self.name}_hold", "s", "time held in the berthing box"),
            Measure(f"{self.name}_offset", "m", "largest offset in the berthing box, any axis"),
            Measure(f"{self.name}_speed", "m/s", "largest speed in the berthing box"),
            Measure(f"{self.name}_quiet", "s", "time without thrust at the end"),
        )

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the whole run; a chaser that never held is judged by where it was at the end."""
        position, velocity = POSITIONS[self.frame]
        offset = np.abs(flight.truth[position] - np.array(self.centre_m)).max(axis=1)
        speed = range_m(flight.truth[velocity])
        start, stop = _longest((offset <= self.half_size_m) & (speed <= self.speed_mps))
        held_s = (stop - start) * flight.cycle_s
        if start == stop:
            stop = len(offset)
        last = slice(max(start, stop - max(1, round(self.hold_s / flight.cycle_s))), stop)
        thrust = np.flatnonzero(fired(flight))
        quiet_s = (len(offset) - 1 - (int(thrust[-1]) if thrust.size else 0)) * flight.cycle_s
        hold, worst, fastest, quiet = self.measures()
        return [
            hold.at_least(held_s, self.hold_s),
            worst.at_most(_largest(offset[last]), self.half_size_m),
            fastest.at_most(_largest(speed[last]), self.speed_mps),
            quiet.at_least(quiet_s, self.quiet_s),
        ]


def _largest(values: Floats) -> float:
    return float(values.max())


def _longest(inside: Mask) -> tuple[int, int]:
    """The longest stretch of rows, start to stop - 1; the last of equally long ones, and (0, 0) of none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8))).reshape(-1, 2)
    if not len(edges):
        return 0, 0
    longest = len(edges) - 1 - int(np.argmax((edges[:, 1] - edges[:, 0])[::-1]))
    return int(edges[longest, 0]), int(edges[longest, 1])
