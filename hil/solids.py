"""Outer shapes of bodies as judged after a run: signed distance, facets and occlusion, vectorised.

A shape is a list of primitives as `[[vehicle.shape]]` has them: `kind` ("box", "cylinder", "sphere" or "cone"), its
position `position_body_m`, the rotation `q_from_body` to its own axes, and its sizes. Cylinders and cones lie along
their own x axis. The plant has separate code for contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import kernels

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SKIN_M = 1.0e-3
"""Rays start and end this far outside a surface."""
HIT_M = 0.1 * SKIN_M
"""Distance from a surface at which a ray touches it."""
STEPS_MOST = 200


def signed_distance_m(solids: Sequence[Any], r_body_m: Floats) -> Floats:
    """Distance of points from a shape, negative inside, shape (n,) from (n, 3).

    Inside a union of primitives it is that of the primitive the point is deepest in, a lower bound of the depth.
    """
    found = np.full(len(r_body_m), np.inf)
    for solid in solids:
        np.minimum(found, _distance_m(solid, _own_axes(solid, r_body_m)), out=found)
    return found


def _own_axes(solid: Any, r_body_m: Floats) -> Floats:
    away = np.ascontiguousarray(r_body_m - np.array(solid.position_body_m))
    return np.asarray(kernels.quat_rotate(np.array(solid.q_from_body), away))


def _distance_m(solid: Any, r: Floats) -> Floats:
    if solid.kind == "sphere":
        return np.asarray(np.linalg.norm(r, axis=1) - solid.radius_m)
    if solid.kind == "box":
        beyond = np.abs(r) - 0.5 * np.array(solid.size_m)
        return np.asarray(np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(axis=1), 0.0))
    if solid.kind not in ("cylinder", "cone"):
        raise ValueError(f"shape kind {solid.kind!r}: expected box, cylinder, sphere or cone")
    half = 0.5 * solid.length_m
    axial, radial = r[:, 0], np.hypot(r[:, 1], r[:, 2])
    if solid.kind == "cylinder":
        beyond = np.column_stack([np.abs(axial) - half, radial - solid.radius_m])
        return np.asarray(np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(axis=1), 0.0))
    return _frustum_m(axial, radial, half, solid.radius_m, solid.end_radius_m)


def _frustum_m(axial: Floats, radial: Floats, half: float, start_m: float, end_m: float) -> Floats:
    """Distance from a frustum from its radius at -half to that at +half: the nearest of its side and its ends."""
    length = np.hypot(2.0 * half, end_m - start_m)
    ux, ur = 2.0 * half / length, (end_m - start_m) / length
    along = np.clip((axial + half) * ux + (radial - start_m) * ur, 0.0, length)
    side = np.hypot(axial - (along * ux - half), radial - (start_m + along * ur))
    ends = [
        np.hypot(np.maximum(radial - radius, 0.0), axial - at) for at, radius in ((-half, start_m), (half, end_m))
    ]  # fmt: skip
    at_axial = start_m + (end_m - start_m) * (axial + half) / (2.0 * half)
    inside = (np.abs(axial) <= half) & (radial <= at_axial)
    return np.asarray(np.where(inside, -1.0, 1.0) * np.minimum(side, np.minimum(*ends)))


@dataclass(frozen=True)
class Facets:
    """The outer surface of a shape in small plane pieces: centres and outward normals (n, 3), areas (n,), body axes."""

    centre_body_m: Floats
    normal_body: Floats
    area_m2: Floats


def facets(solids: Sequence[Any], size_m: float) -> Facets:
    """The surface in facets of about that size; pieces that lie inside another primitive are left out."""
    parts = []
    for at, solid in enumerate(solids):
        centre, normal, area = _facets(solid, size_m)
        back = np.array(solid.q_from_body)
        centre = kernels.quat_irotate(back, centre) + np.array(solid.position_body_m)
        normal = kernels.quat_irotate(back, normal)
        others = [other for i, other in enumerate(solids) if i != at]
        outer = signed_distance_m(others, centre + SKIN_M * normal) > 0.0
        parts.append((centre[outer], normal[outer], area[outer]))
    return Facets(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _facets(solid: Any, size_m: float) -> tuple[Floats, Floats, Floats]:
    """Of one primitive in its own axes: centres, normals and areas. The areas of curved ones add up exactly."""
    if solid.kind == "box":
        return _join([_rectangle(axis, sign, np.array(solid.size_m), size_m) for axis in range(3) for sign in (-1, 1)])
    if solid.kind == "sphere":
        rings = max(4, round(np.pi * solid.radius_m / size_m))
        edges = np.linspace(0.0, np.pi, rings + 1)
        return _join([
            _ring(
                solid.radius_m * np.cos(middle), solid.radius_m * np.sin(middle), np.cos(middle), np.sin(middle),
                2.0 * np.pi * solid.radius_m**2 * (np.cos(low) - np.cos(high)), size_m,
            )
            for low, high in pairwise(edges)
            for middle in [0.5 * (low + high)]
        ])  # fmt: skip
    start = solid.radius_m
    end = start if solid.kind == "cylinder" else solid.end_radius_m
    half, slant = 0.5 * solid.length_m, float(np.hypot(solid.length_m, end - start))
    nx, nr = (start - end) / slant, solid.length_m / slant
    edges = np.linspace(0.0, 1.0, max(1, round(slant / size_m)) + 1)
    parts = []
    for low, high in pairwise(edges):
        middle = 0.5 * (low + high)
        radius = start + (end - start) * middle
        area = 2.0 * np.pi * radius * slant * (high - low)
        parts.append(_ring(half * (2.0 * middle - 1.0), radius, nx, nr, area, size_m))
    for at, radius, sign in ((-half, start, -1.0), (half, end, 1.0)):
        rings = np.linspace(0.0, radius, max(1, round(radius / size_m)) + 1)
        for low, high in pairwise(rings):
            if high > low:
                parts.append(_ring(at, 0.5 * (low + high), sign, 0.0, np.pi * (high**2 - low**2), size_m))
    return _join(parts)


def _join(parts: Sequence[tuple[Floats, Floats, Floats]]) -> tuple[Floats, Floats, Floats]:
    centre, normal, area = (np.concatenate(part) for part in zip(*parts, strict=True))
    return centre, normal, area


def _ring(x: float, radius: float, nx: float, nr: float, area: float, size_m: float) -> tuple[Floats, Floats, Floats]:
    """A ring about the x axis in equal pieces."""
    count = max(6, round(2.0 * np.pi * radius / size_m))
    turn = 2.0 * np.pi * (np.arange(count) + 0.5) / count
    c, s, one = np.cos(turn), np.sin(turn), np.ones(count)
    return (
        np.column_stack([x * one, radius * c, radius * s]),
        np.column_stack([nx * one, nr * c, nr * s]),
        np.full(count, area / count),
    )


def _rectangle(axis: int, sign: int, size: Floats, size_m: float) -> tuple[Floats, Floats, Floats]:
    first, second = (i for i in range(3) if i != axis)
    cells = [max(1, round(size[i] / size_m)) for i in (first, second)]
    middles = [size[i] * ((np.arange(n) + 0.5) / n - 0.5) for i, n in zip((first, second), cells, strict=True)]
    a, b = (grid.ravel() for grid in np.meshgrid(*middles, indexing="ij"))
    centre, normal = np.zeros((len(a), 3)), np.zeros((len(a), 3))
    centre[:, first], centre[:, second], centre[:, axis] = a, b, 0.5 * sign * size[axis]
    normal[:, axis] = sign
    return centre, normal, np.full(len(a), size[first] * size[second] / len(a))


def clear_view(solids: Sequence[Any], start_body_m: Floats, direction_body: Floats, reach_m: Floats) -> Mask:
    """Whether rays from points on the surface of a shape are clear of it, shape (n,).

    Args:
        solids: the primitives.
        start_body_m: shape (n, 3), where each ray starts, `SKIN_M` or more outside the surface.
        direction_body: shape (n, 3), unit vectors.
        reach_m: shape (n,), how far each ray goes.

    Rays are traced in steps of the distance from the shape (Hart 1996), which cannot miss it.
    """
    gone = np.full(len(start_body_m), SKIN_M)
    clear = np.ones(len(start_body_m), bool)
    going = np.arange(len(start_body_m))
    farthest = enclosing_radius_m(solids, np.zeros(3))
    for _ in range(STEPS_MOST):
        if not going.size:
            break
        at = start_body_m[going] + gone[going, None] * direction_body[going]
        distance = signed_distance_m(solids, at)
        hit = distance < HIT_M
        clear[going[hit]] = False
        gone[going] += np.maximum(distance, HIT_M)
        away = np.einsum("ij,ij->i", at, direction_body[going]) > farthest
        going = going[~hit & ~away & (gone[going] < reach_m[going])]
    return clear


def enclosing_radius_m(solids: Sequence[Any], centre_body_m: Floats) -> float:
    """Radius of the sphere about a point that holds a shape."""
    away = [float(np.linalg.norm(np.array(solid.position_body_m) - centre_body_m)) for solid in solids]
    return max((distance + _radius_m(solid) for distance, solid in zip(away, solids, strict=True)), default=0.0)


def _radius_m(solid: Any) -> float:
    """Of the sphere about its own centre that holds it."""
    if solid.kind == "sphere":
        return float(solid.radius_m)
    if solid.kind == "box":
        return float(0.5 * np.linalg.norm(solid.size_m))
    return float(np.hypot(0.5 * solid.length_m, max(solid.radius_m, getattr(solid, "end_radius_m", 0.0))))
