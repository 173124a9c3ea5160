"""The frames that a phase's point is given in, and the attitudes that it can hold."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import Attitude, Frame, Law, Point
from tests.core.internals import Array, Core, phase, scenario_params, with_law
from tests.core.world import rotation

POINT_M = (30.0, -40.0, 15.0)
OFFSET_M = (1.0, 2.0, 3.0)
SUN_ECI = np.array([0.6, 0.0, -0.8])


def holding(core: ctypes.CDLL, frame: Frame, attitude: Attitude = Attitude.MATE, **own: Any) -> Core:
    """A hold of the centre of mass at POINT_M in that frame, with the target turned against its nominal hold."""
    given = {"point_m": POINT_M, "offset_hill_m": OFFSET_M, **own}
    params = with_law(scenario_params("iss-contact"), "retreat", Law.HOLD, attitude, **given)
    row = phase("retreat")
    params["phase_frame"][0, row], params["phase_point"][0, row] = frame, Point.COM
    params["sun_eci"] = SUN_ECI
    c = Core(core, params)
    c["relative.theta_tbody_rad"], c["relative.rate_tbody_radps"] = [0.2, -0.1, 0.3], [1e-3, 2e-3, -1e-3]
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(row))
    c.call("guidance_step")
    return c


def in_hill(c: Core, frame: Frame) -> Array:
    """Rotation from the frame to hill."""
    if frame is Frame.TBODY:
        return np.asarray(rotation(c["solution.q_tbody_from_hill"]).inv().as_matrix())
    return np.asarray(c.matrix("solution.c_hill_from_eci")) if frame is Frame.INERTIAL else np.eye(3)


@pytest.mark.parametrize("frame", [Frame.HILL, Frame.TBODY, Frame.INERTIAL])
def test_a_point_is_held_in_the_phases_frame(core: ctypes.CDLL, frame: Frame) -> None:
    c = holding(core, frame)
    held = in_hill(c, frame) @ POINT_M
    assert c["reference.r_hill_m"] == pytest.approx(held + OFFSET_M, abs=1e-9)
    turns = {
        Frame.HILL: np.zeros(3),
        Frame.TBODY: in_hill(c, Frame.TBODY) @ c["relative.rate_tbody_radps"],
        Frame.INERTIAL: -c["solution.w_hill_radps"],
    }[frame]
    assert c["reference.v_hill_mps"] == pytest.approx(np.cross(turns, held), abs=1e-12)


def test_point_at_turns_an_axis_to_the_frames_origin(core: ctypes.CDLL) -> None:
    c = holding(core, Frame.HILL, Attitude.POINT_AT)
    r = c["solution.r_hill_m"]
    axis = rotation(c["reference.q_body_from_hill"]).inv().apply([1.0, 0.0, 0.0])
    assert axis == pytest.approx(-r / np.linalg.norm(r), abs=1e-12)


def test_hold_lvlh_is_the_attitude_given(core: ctypes.CDLL) -> None:
    q = np.array([0.5, 0.5, -0.5, 0.5])
    c = holding(core, Frame.HILL, Attitude.HOLD_LVLH, q_body_from_hill=q)
    assert c["reference.q_body_from_hill"] == pytest.approx(q, abs=1e-15)
    assert not c["reference.w_body_hill_body_radps"].any()


def test_hold_inertial_keeps_the_attitude_with_which_the_phase_began(core: ctypes.CDLL) -> None:
    c = holding(core, Frame.HILL, Attitude.HOLD_INERTIAL)
    began = rotation(c["solution.q_body_from_hill"])
    assert (rotation(c["reference.q_body_from_hill"]) * began.inv()).magnitude() == pytest.approx(0.0, abs=1e-9)
    rate = rotation(c["reference.q_body_from_hill"]).apply(-c["solution.w_hill_radps"])
    assert c["reference.w_body_hill_body_radps"] == pytest.approx(rate, abs=1e-15)


def test_sun_turns_an_axis_to_the_sun(core: ctypes.CDLL) -> None:
    c = holding(core, Frame.HILL, Attitude.SUN)
    axis = rotation(c["reference.q_body_from_hill"]).inv().apply([1.0, 0.0, 0.0])
    assert axis == pytest.approx(c.matrix("solution.c_hill_from_eci") @ SUN_ECI, abs=1e-12)
