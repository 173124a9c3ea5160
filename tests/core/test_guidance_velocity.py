"""The attitude along the chaser's own velocity."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from gnc.flight import Attitude, Law
from tests.core.internals import CYCLE_US, Core, blank_frame, phase, scenario_params, with_law
from tests.core.world import rotation


def test_velocity_is_an_attitude_of_the_chasers_own_orbit(core: ctypes.CDLL) -> None:
    """The axis lies along the inertial velocity, far from the target too, and the rate is the attitude's own."""
    params = with_law(scenario_params("iss-vbar"), "retreat", Law.DRIFT, Attitude.VELOCITY)
    c = Core(core, params)
    c["relative.dr_eci_m"], c["relative.dv_eci_mps"] = [1.0e6, 2.0e6, -3.0e5], [900.0, -800.0, 30.0]
    c.call("nav_relative_propagate", blank_frame())  # whose gravity is that of before
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(phase("retreat")))
    c.call("guidance_step")
    before = rotation(c["reference.q_body_from_hill"])
    along = before.inv().apply([1.0, 0.0, 0.0])
    v = c["relative.v_target_eci_mps"] + c["relative.dv_eci_mps"]
    assert along == pytest.approx(c.matrix("solution.c_hill_from_eci") @ v / np.linalg.norm(v), abs=1e-12)
    rate = c["reference.w_body_hill_body_radps"].copy()
    c.call("nav_relative_propagate", blank_frame())
    c.call("nav_solution")
    c.call("guidance_step")
    turn = rotation(c["reference.q_body_from_hill"]) * before.inv()
    assert -turn.as_rotvec() / (1e-6 * CYCLE_US) == pytest.approx(rate, abs=3e-7)
