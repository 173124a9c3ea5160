"""Approach corridor: a cone about the docking axis, its apex at the target port."""

from __future__ import annotations

from math import radians, tan
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Lt
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats, Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import RAD_TO_DEG, Frames, View, range_m
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Corridor(Row):
    """Maximum angle off the docking axis within a range of the target port.

    Where the cone is narrower than `apex_radius_m`, the angle is evaluated at the distance where the cone has this
    radius: at the apex, any error would be outside.
    """

    safety: ClassVar[bool] = True

    kind: Literal["corridor"] = "corridor"
    half_angle_deg: Annotated[float, Ge(0.01), Lt(90.0)]
    range_m: Positive
    apex_radius_m: NonNegative = 0.0

    def angle_deg(self, r_port_tport_m: Floats) -> Floats:
        """Angle off the docking axis at the target port, shape (n,) from (n, 3)."""
        nearest = self.apex_radius_m / tan(radians(self.half_angle_deg))
        lateral = np.hypot(r_port_tport_m[:, 1], r_port_tport_m[:, 2])
        axial = r_port_tport_m[:, 0]
        off = np.arctan2(lateral, np.where(axial < -nearest, axial, np.maximum(axial, nearest)))
        return np.asarray(off * RAD_TO_DEG)

    def permits(self, truth: Frames) -> Mask:
        """Where the chaser's port is inside the corridor."""
        r_port = truth["r_port_tport_m"]
        return np.asarray((range_m(r_port) <= self.range_m) & (self.angle_deg(r_port) <= self.half_angle_deg))

    def guards(self, truth: Frames) -> Mask:
        """Where its port is as near as the corridor is long."""
        return np.asarray(range_m(truth["r_port_tport_m"]) <= self.range_m)

    def measures(self) -> tuple[Measure, ...]:
        """The largest angle."""
        return (Measure(self.name, "deg", "approach corridor, half angle"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach within the range, until the chaser breaks off."""
        (measure,) = self.measures()
        judged = (flight.range_port_m <= self.range_m) & ~flight.leaving
        angle = self.angle_deg(flight.approach["r_port_tport_m"][judged])
        if not angle.size:
            return [measure.not_evaluated(self.half_angle_deg, self.conditional)]
        return [measure.at_most(float(angle.max()), self.half_angle_deg)]
