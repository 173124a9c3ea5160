"""What is seen of a body is on its surface: the mean of the points in view, by what they show."""

import numpy as np
import pytest

from hil.instruments.surface import Surface
from hil.scenario.schema.shapes import Box, Sphere

BALL = Sphere(name="ball", kind="sphere", radius_m=2.0)
BOX = Box(name="box", kind="box", size_m=(2.0, 4.0, 6.0))
FAR_M = 1.0e4
AHEAD, BACK = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)


@pytest.mark.parametrize("direction", [(1.0, 0.0, 0.0), (0.0, -0.6, 0.8), (-0.48, 0.6, 0.64)])
def test_a_sphere_is_seen_two_thirds_of_its_radius_before_its_centre(direction: tuple[float, float, float]) -> None:
    """The mean of r cos over the half that faces, weighted by cos: 2 R / 3."""
    centre = np.array(Surface([BALL]).centre(np.multiply(FAR_M, direction), np.multiply(-1.0, direction)))
    np.testing.assert_allclose(centre, np.multiply(4.0 / 3.0, direction), atol=0.12)


def test_a_box_is_seen_on_the_face_that_looks_here() -> None:
    for axis, half in enumerate((1.0, 2.0, 3.0)):
        direction = np.eye(3)[axis]
        centre = np.array(Surface([BOX]).centre(-FAR_M * direction, direction))
        np.testing.assert_allclose(centre, -half * direction, atol=0.25)


def test_what_is_hidden_is_not_seen() -> None:
    behind = Box(name="behind", kind="box", size_m=(2.0, 2.0, 2.0), position_body_m=(-6.0, 0.0, 0.0))
    wall = Box(name="wall", kind="box", size_m=(0.5, 8.0, 8.0))
    both, alone = Surface([wall, behind]), Surface([wall])
    seen = np.array(both.centre((FAR_M, 0.0, 0.0), BACK))
    np.testing.assert_allclose(seen, alone.centre((FAR_M, 0.0, 0.0), BACK), atol=0.3)
    assert seen[0] > 0.0
    assert np.array(both.centre((-FAR_M, 0.0, 0.0), AHEAD))[0] < -0.2


def test_from_inside_nothing_is_in_view() -> None:
    assert Surface([BALL]).centre((0.1, 0.0, 0.0), AHEAD) is None


def test_what_is_outside_the_field_of_view_is_not_seen() -> None:
    """A wall of 8 m by 8 m at 10 m: half a field of view of 11.3 degrees reaches 2 m from the axis."""
    wall = Surface([Box(name="wall", kind="box", size_m=(0.5, 8.0, 8.0))])
    whole, part = wall.centre((10.25, 0.0, 3.0), BACK), wall.centre((10.25, 0.0, 3.0), BACK, 0.98058)
    assert whole is not None and part is not None
    assert abs(whole[2]) < 0.5 < 2.5 < part[2] < 3.5
