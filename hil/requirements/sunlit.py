"""Sunlight: the vehicles are lit where the mission needs to see."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import kernels
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import View
from hil.schema import Fraction, NonNegative, Positive

PORT_AXIS = np.array([1.0, 0.0, 0.0])
SAMPLE_S = 10.0  # in which the Sun moves by less than 1 deg in the lowest orbit


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sunlit(Row):
    """Minimum share of the Sun's disc in view of the chaser within a range of the target.

    At such distances the target sees the same. port_angle_deg: maximum angle between the Sun and the axis of the
    target's port, so that the docking face is lit.
    """

    kind: Literal["sunlit"] = "sunlit"
    share: Fraction
    range_min_m: NonNegative = 0.0
    range_max_m: Positive
    port_angle_deg: Annotated[float, Ge(0.0), Le(180.0)] | None = None

    def measures(self) -> tuple[Measure, ...]:
        """The share, and the angle where it is limited."""
        share = Measure(self.name, "%", "share of the Sun's disc in view, minimum")
        angle = Measure(f"{self.name}_port", "deg", "Sun off the axis of the target's port, maximum")
        return (share,) if self.port_angle_deg is None else (share, angle)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach within the range, between the centres of mass."""
        limits = (100.0 * self.share, self.port_angle_deg)
        near = (flight.range_com_m >= self.range_min_m) & (flight.range_com_m <= self.range_max_m)
        if not near.any():
            pairs = zip(self.measures(), limits, strict=False)
            return [each.not_evaluated(limit or 0.0, self.conditional) for each, limit in pairs]
        share, *angle = self.measures()
        found = [share.at_least(100.0 * float(flight.approach["sunlit"][near].min()), 100.0 * self.share)]
        if self.port_angle_deg is not None:
            figure = self._port_angle_deg(flight, np.flatnonzero(near))
            found.append(angle[0].at_most(figure, self.port_angle_deg))
        return found

    @staticmethod
    def _port_angle_deg(flight: View, rows: NDArray[np.intp]) -> float:
        """Largest angle between the Sun and the target port's axis in those rows, the last of them among them."""
        rows = rows[:: -max(1, round(SAMPLE_S / flight.cycle_s))]
        axis_tbody = kernels.quat_irotate(np.array(flight.scenario.target.q_tport_from_tbody), PORT_AXIS)
        axis = kernels.quat_irotate(np.ascontiguousarray(flight.truth["q_tbody_from_eci"][rows]), axis_tbody)
        cosine = np.einsum("ij,ij->i", axis, flight.sun_eci(rows))
        return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).max())
