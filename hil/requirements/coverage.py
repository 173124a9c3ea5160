"""Coverage: how much of the target's surface is seen in sunlight."""

from __future__ import annotations

from math import cos, radians
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import kernels
from hil.requirements.leaving import Floats, Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import Fraction, NonNegative, Positive, Quaternion
from hil.solids import SKIN_M, clear_view, facets

Incidence = Annotated[float, Gt(0.0), Le(90.0)]
SUN_REACH_M = 1.0e4  # farther than any part of a target that could stand in its own light
LIT_LEAST = 0.5  # of the Sun's disc in view


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Coverage(Row):
    """Minimum share, by area, of the target's surface lit during the run that is seen in sunlight.

    The surface is cut into facets of about facet_m. A facet is lit if the Sun is within sun_incidence_deg of its
    normal, no part of the target is in front of it, and the target is outside the Earth's shadow. It is seen if it is
    lit, the camera is within view_incidence_deg of its normal and between range_min_m and range_max_m, the facet is in
    the field of view (full angle, about the axis camera_axis_body of the chaser), and no part of the target is between
    them. The run is sampled every sample_s.
    """

    ends: ClassVar[bool] = True

    kind: Literal["coverage"] = "coverage"
    share: Fraction
    facet_m: Positive
    sun_incidence_deg: Incidence
    view_incidence_deg: Incidence
    range_min_m: NonNegative = 0.0
    range_max_m: Positive
    field_of_view_deg: Annotated[float, Gt(0.0), Le(360.0)]
    camera_body_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    q_camera_from_body: Quaternion = (1.0, 0.0, 0.0, 0.0)
    sample_s: Annotated[float, Ge(0.1), Le(1.0e4)] = 10.0

    def measures(self) -> tuple[Measure, ...]:
        """The share."""
        return (Measure(self.name, "%", "target surface seen in sunlight, of what is ever lit"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach."""
        (measure,) = self.measures()
        lit, seen, area = self.shares(flight)
        if not lit.any():
            return [measure.not_evaluated(100.0 * self.share, self.conditional)]
        return [measure.at_least(100.0 * float(area[lit & seen].sum() / area[lit].sum()), 100.0 * self.share)]

    def shares(self, flight: View) -> tuple[Mask, Mask, Floats]:
        """Of each facet whether it is ever lit, whether it is ever seen in sunlight, and its area (m2)."""
        solids = flight.shape_of("target")
        if not solids:
            return np.zeros(1, bool), np.zeros(1, bool), np.ones(1)
        surface = facets(solids, self.facet_m)
        start = surface.centre_body_m + SKIN_M * surface.normal_body
        rows = np.arange(0, flight.rows_before_contact, max(1, round(self.sample_s / flight.cycle_s)))
        at = flight.truth[rows]
        to_tbody = np.ascontiguousarray(at["q_tbody_from_eci"])
        sun = kernels.quat_rotate(to_tbody, flight.sun_eci(rows))
        q_body = np.ascontiguousarray(at["q_body_from_eci"])
        arm = kernels.quat_irotate(q_body, np.array(self.camera_body_m) - flight.com_of("chaser"))
        camera = flight.chaser_in_tbody_m(rows) + kernels.quat_rotate(to_tbody, np.ascontiguousarray(arm))
        axis_body = kernels.quat_irotate(np.array(self.q_camera_from_body), np.array([1.0, 0.0, 0.0]))
        axis = kernels.quat_rotate(to_tbody, np.ascontiguousarray(kernels.quat_irotate(q_body, axis_body)))
        lit_ever, seen_ever = np.zeros(len(start), bool), np.zeros(len(start), bool)
        for i in np.flatnonzero(at["sunlit"] >= LIT_LEAST):
            lit = ~seen_ever  # what has been seen has been lit
            lit[lit] = surface.normal_body[lit] @ sun[i] >= cos(radians(self.sun_incidence_deg))
            lit[lit] = clear_view(solids, start[lit], _repeated(sun[i], lit), np.full(int(lit.sum()), SUN_REACH_M))
            lit_ever |= lit
            seen_ever |= self._seen(solids, surface.normal_body, start, lit, camera[i], axis[i])
        return lit_ever, seen_ever, surface.area_m2

    def _seen(
        self, solids: tuple[object, ...], normal: Floats, start: Floats, of: Mask, camera: Floats, axis: Floats
    ) -> Mask:
        """Which of some facets the camera sees, shape (n,)."""
        found = np.zeros(len(start), bool)
        ray = camera - start[of]
        distance = np.maximum(np.linalg.norm(ray, axis=1), SKIN_M)
        ray /= distance[:, None]
        seen = np.einsum("ij,ij->i", normal[of], ray) >= cos(radians(self.view_incidence_deg))
        seen &= (distance >= self.range_min_m) & (distance <= self.range_max_m)
        seen &= -(ray @ axis) >= cos(radians(0.5 * self.field_of_view_deg))
        seen[seen] = clear_view(solids, start[of][seen], ray[seen], distance[seen])
        found[of] = seen
        return found


def _repeated(direction: Floats, of: Mask) -> Floats:
    return np.broadcast_to(direction, (int(of.sum()), 3))
