"""Approach corridor: a cone about the docking axis, its apex at the target port."""

from __future__ import annotations

from math import radians, tan
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import RAD_TO_DEG, Floats, Frames, View, range_m
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Corridor(Row):
    """Largest angle off the docking axis within a range of the target port.

    Where the cone is narrower than `apex_radius_m` it is judged at the distance where it is as wide: at its apex
    any error would be outside.
    """

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

    def within(self, truth: Frames) -> NDArray[np.bool_]:
        """In which rows the chaser's port is inside the corridor."""
        r_port = truth["r_port_tport_m"]
        return np.asarray((range_m(r_port) <= self.range_m) & (self.angle_deg(r_port) <= self.half_angle_deg))

    def measures(self) -> tuple[Measure, ...]:
        """The largest angle."""
        return (Measure(self.name, "deg", "approach corridor: largest angle off its axis"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach within the range."""
        (measure,) = self.measures()
        r_port = flight.watched["r_port_tport_m"]
        angle = self.angle_deg(r_port)[range_m(r_port) <= self.range_m]
        if not angle.size:
            return [measure.not_evaluated(self.half_angle_deg, self.conditional)]
        return [measure.at_most(float(angle.max()), self.half_angle_deg)]
