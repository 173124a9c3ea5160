"""Keep-out zone about the target, which may only be entered through the corridor."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats, Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import Frames, View, range_m
from hil.schema import Positive

Size = Annotated[float, Ge(1.0e-3), Le(1.0e6)]
Sizes = tuple[Size, Size, Size]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class KeepOut(Row):
    """A zone about the target that the chaser must not enter outside the corridors.

    For the distance of the centres of mass: a sphere (radius_m), or, in hill axes (radial, along-track, cross-track),
    an ellipsoid (semi_axes_m) or a box (half_sizes_m). Or a distance between the outer shapes (shape_m).
    """

    safety: ClassVar[bool] = True

    kind: Literal["keep_out"] = "keep_out"
    radius_m: Positive | None = None
    semi_axes_m: Sizes | None = None
    half_sizes_m: Sizes | None = None
    shape_m: Positive | None = None

    def problem(self) -> tuple[str, str] | None:
        """One shape is given."""
        zones = (self.radius_m, self.semi_axes_m, self.half_sizes_m, self.shape_m)
        given = sum(zone is not None for zone in zones)
        expected = f"expected one of radius_m, semi_axes_m, half_sizes_m, shape_m, got {given}"
        return None if given == 1 else ("radius_m", expected)

    def reach_m(self) -> float:
        """The largest distance between the centres of mass that is inside; 0 of a distance between shapes."""
        if self.half_sizes_m is not None:
            return float(np.linalg.norm(self.half_sizes_m))
        return self.radius_m if self.radius_m is not None else max(self.semi_axes_m or (0.0,))

    def outline_m(self, first: int, second: int) -> Floats:
        """Its edge in the plane of two hill axes through the target, shape (n, 2), closed."""
        if self.half_sizes_m is not None:
            corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]])
            return corners * [self.half_sizes_m[first], self.half_sizes_m[second]]
        turn = np.linspace(0.0, 2.0 * np.pi, 181)
        a, b = (self.radius_m or (self.semi_axes_m or (0.0,) * 3)[axis] for axis in (first, second))
        return np.column_stack([a * np.cos(turn), b * np.sin(turn)])

    def clearance_m(self, r_hill_m: Floats) -> Floats:
        """Distance from the zone, negative inside, shape (n,) from (n, 3).

        Of an ellipsoid along the line to its centre, which is never less than the distance.
        """
        if self.half_sizes_m is not None:
            beyond = np.abs(r_hill_m) - np.array(self.half_sizes_m)
            inside = np.minimum(beyond.max(axis=1), 0.0)
            return np.asarray(np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + inside)
        distance = range_m(r_hill_m)
        if self.semi_axes_m is None:
            return np.asarray(distance - (self.radius_m or 0.0))
        scaled = np.linalg.norm(r_hill_m / np.array(self.semi_axes_m), axis=1)
        return np.asarray(np.where(scaled > 0.0, distance * (1.0 - 1.0 / np.maximum(scaled, 1.0e-12)), -self.reach_m()))

    def guards(self, truth: Frames) -> Mask:
        """Where the chaser is inside."""
        if self.shape_m is not None:
            return np.asarray(truth["clearance_m"] < self.shape_m)
        return np.asarray(self.clearance_m(truth["r_chaser_target_hill_m"]) < 0.0)

    def measures(self) -> tuple[Measure, ...]:
        """The smallest range of a sphere, distance from an ellipsoid or a box, or distance between the shapes."""
        words = "minimum distance from the zone"
        if self.radius_m is not None:
            words = "minimum range"
        elif self.shape_m is not None:
            words = "minimum distance between the shapes"
        return (Measure(self.name, "m", f"keep-out: {words} outside the corridor"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the approach, wherever the chaser is in no corridor, until it breaks off."""
        (measure,) = self.measures()
        judged = ~flight.permitted & ~flight.leaving
        limit = self.radius_m or self.shape_m or 0.0
        if not judged.any():
            return [measure.not_evaluated(limit, self.conditional)]
        if self.shape_m is not None:
            nearest = flight.clearance_m[judged]
        elif self.radius_m is not None:
            nearest = flight.range_com_m[judged]
        else:
            nearest = self.clearance_m(flight.approach["r_chaser_target_hill_m"][judged])
        return [measure.at_least(float(nearest.min()), limit)]
