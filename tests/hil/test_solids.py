"""Outer shapes: signed distance, facets and occlusion of primitives with known answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gnc import kernels
from hil.solids import clear_view, enclosing_radius_m, facets, signed_distance_m

TURN = (0.5, 0.5, 0.5, 0.5)  # body x is own z, y is own x, z is own y, or the other way round


def solid(kind: str, position: Any = (0.0, 0.0, 0.0), q: Any = (1.0, 0.0, 0.0, 0.0), **sizes: Any) -> Any:
    return SimpleNamespace(kind=kind, position_body_m=position, q_from_body=q, **sizes)


BOX = solid("box", size_m=(2.0, 4.0, 6.0))
BALL = solid("sphere", radius_m=2.0)
CAN = solid("cylinder", radius_m=1.0, length_m=4.0)
CONE = solid("cone", radius_m=2.0, end_radius_m=1.0, length_m=3.0)
TIP = solid("cone", radius_m=1.0, end_radius_m=0.0, length_m=2.0)


@pytest.mark.parametrize(
    ("shape", "point", "distance"),
    [
        (BOX, (0.0, 0.0, 0.0), -1.0), (BOX, (4.0, 0.0, 0.0), 3.0), (BOX, (4.0, 6.0, 3.0), 5.0),
        (BOX, (0.5, 1.9, 0.0), -0.1),
        (BALL, (0.0, 3.0, 4.0), 3.0), (BALL, (0.0, 0.0, 0.5), -1.5),
        (CAN, (0.0, 0.0, 0.0), -1.0), (CAN, (5.0, 5.0, 0.0), 5.0), (CAN, (1.9, 0.0, 0.0), -0.1),
        (CAN, (0.0, 0.0, 3.0), 2.0),
        (CONE, (-3.5, 0.0, 0.0), 2.0), (CONE, (4.5, 5.0, 0.0), 5.0), (CONE, (-1.5, 5.0, 0.0), 3.0),
        (CONE, (1.4, 0.0, 0.0), -0.1),
        (TIP, (2.0, 0.0, 0.0), 1.0),
    ],
)  # fmt: skip
def test_distance_of_a_point(shape: Any, point: Any, distance: float) -> None:
    assert signed_distance_m([shape], np.array([point], float))[0] == pytest.approx(distance, abs=1e-12)


@pytest.mark.parametrize("shape", [BOX, BALL, CAN, CONE, TIP])
def test_distance_is_that_of_the_nearest_facet(shape: Any) -> None:
    """Brute force over a fine surface, from inside and outside, with the shape somewhere and turned."""
    rng = np.random.default_rng(7)
    q = rng.standard_normal(4)
    placed = SimpleNamespace(
        **{**vars(shape), "position_body_m": (3.0, -1.0, 2.0), "q_from_body": tuple(q / np.linalg.norm(q))}
    )
    surface = facets([placed], 0.05)
    points = np.array([3.0, -1.0, 2.0]) + rng.uniform(-5.0, 5.0, (40, 3))
    nearest = np.linalg.norm(points[:, None, :] - surface.centre_body_m[None], axis=2).min(axis=1)
    assert np.abs(np.abs(signed_distance_m([placed], points)) - nearest).max() < 0.06


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (BOX, 2 * (8.0 + 12.0 + 24.0)), (BALL, 16.0 * np.pi), (CAN, 2 * np.pi * 4.0 + 2 * np.pi),
        (CONE, np.pi * 3.0 * np.hypot(3.0, 1.0) + np.pi * 5.0),
    ],
)  # fmt: skip
def test_facets_have_the_area_of_the_surface_and_look_outward(shape: Any, area: float) -> None:
    found = facets([shape], 0.3)
    assert found.area_m2.sum() == pytest.approx(area, rel=1e-12, abs=0.0)
    assert np.linalg.norm(found.normal_body, axis=1) == pytest.approx(1.0, abs=1e-12)
    step = 0.01
    outward = signed_distance_m([shape], found.centre_body_m + step * found.normal_body)
    assert outward.min() > 0.0
    assert (found.area_m2 @ found.normal_body) == pytest.approx(0.0, abs=1e-9), "a closed surface"


def test_what_lies_inside_another_primitive_is_no_surface() -> None:
    arm = solid("box", (0.0, 3.0, 0.0), size_m=(1.0, 4.0, 1.0))
    whole = facets([BOX, arm], 0.1).area_m2.sum()
    assert whole == pytest.approx(88.0 + 18.0 - 2.0 - 4.0, rel=0.02, abs=0.0)


def test_a_turned_primitive_turns_its_facets() -> None:
    turned = solid("cylinder", q=TURN, radius_m=1.0, length_m=4.0)
    axis = kernels.quat_irotate(np.array(TURN), np.array([1.0, 0.0, 0.0]))
    ends = facets([turned], 0.5)
    assert np.abs(ends.centre_body_m @ axis).max() == pytest.approx(2.0, abs=1e-12)


def test_a_panel_hides_what_is_behind_it() -> None:
    panel = solid("box", (0.0, 0.0, 10.0), size_m=(4.0, 4.0, 0.1))
    start = np.array([[0.0, 0.0, 3.0], [0.0, 0.0, 3.0], [1.0, 0.0, 0.0], [0.0, 0.0, 10.05]])
    towards = np.array([[0.0, 0.0, 1.0], [0.0, 0.8, 0.6], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    assert clear_view([BOX, panel], start, towards, np.full(4, 100.0)).tolist() == [False, True, True, True]
    assert clear_view([BOX, panel], start, towards, np.full(4, 5.0)).all(), "nearer than the panel"


def test_a_shape_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="shape kind 'torus': expected box, cylinder, sphere or cone"):
        signed_distance_m([solid("torus")], np.zeros((1, 3)))


def test_the_sphere_about_a_point_holds_the_shape() -> None:
    arm = solid("cylinder", (0.0, 10.0, 0.0), radius_m=3.0, length_m=8.0)
    assert enclosing_radius_m([BOX, arm], np.zeros(3)) == pytest.approx(10.0 + 5.0, abs=1e-12)
    assert enclosing_radius_m([], np.zeros(3)) == 0.0
    surface = facets([BOX, arm], 0.2).centre_body_m
    assert np.linalg.norm(surface, axis=1).max() <= 15.0
