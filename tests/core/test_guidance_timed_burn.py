"""The burn of a stated velocity change: when it begins, what it asks for, when it ends."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gnc import kernels
from gnc.flight import Frame, Law
from tests.core.internals import CYCLE_US, Core, phase, scenario_params, with_law
from tests.core.world import rotation, turned

PLAN, WAIT, FIRE, _, DONE = range(5)
CUTOFF_MPS = 1e-3


def burning(core: ctypes.CDLL, frame: Frame = Frame.HILL, **own: Any) -> Core:
    fields = {"delta_v_mps": [1.0, -2.0, 0.5], "cutoff_mps": CUTOFF_MPS} | own
    params = with_law(scenario_params("iss-vbar"), "retreat", Law.BURN, **fields)
    params["phase_frame"][0, phase("retreat")] = frame
    c = Core(core, params)
    c["t_us"] = 7_000_000
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(phase("retreat")))
    return c


def stage(c: Core) -> int:
    return int(c["burn.stage"][0])


def after(c: Core, s: float) -> int:
    """The stage so long after entry."""
    c["t_us"] = 7_000_000 + round(s * 1e6)
    c.call("nav_solution")
    c.call("guidance_step")
    return stage(c)


def chaser(c: Core) -> tuple[Any, Any]:
    return (
        c["relative.r_target_eci_m"] + c["relative.dr_eci_m"],
        c["relative.v_target_eci_mps"] + c["relative.dv_eci_mps"],
    )


@pytest.mark.parametrize("force_n", [0.0, 100.0])
def test_its_middle_is_at_the_stated_time(core: ctypes.CDLL, force_n: float) -> None:
    c = burning(core, wait_s=2000.0, force_max_n=force_n)
    half = 0.5 * np.linalg.norm([1.0, -2.0, 0.5]) * c.params["mass_kg"] / (force_n or c.params["force_max_n"])
    assert after(c, 2000.0 - half - 0.2) == PLAN
    assert not c["burn.dv_to_go_eci_mps"].any()
    assert after(c, 2000.0 - half + 0.2) == FIRE


def test_it_waits_for_a_point_of_the_chasers_orbit(core: ctypes.CDLL) -> None:
    """The time to the apogee is half a period after a passage of the perigee, which two bodies know."""
    c = burning(core, at_point=1.0, true_anomaly_rad=np.pi, delta_v_mps=[0.0, -0.01, 0.0])
    mu = c.params["mu_m3ps2"]
    r = np.array([6.7e6, 0.0, 0.0])
    v = np.array([0.0, np.sqrt(mu / 6.7e6 * 1.02), 0.0])
    c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"] = r, v
    c["relative.dr_eci_m"] = c["relative.dv_eci_mps"] = 0.0
    a = 1.0 / (2.0 / 6.7e6 - v @ v / mu)
    half_turn = np.pi * np.sqrt(a**3 / mu)
    for early, expected in ((5.0, PLAN), (-0.02, PLAN), (0.05, FIRE)):
        at = kernels.kepler_propagate(r, v, half_turn - early, mu)
        c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"] = at[0], at[1]
        assert after(c, 1.0) == expected, early


def test_a_point_before_the_stated_time_is_let_pass(core: ctypes.CDLL) -> None:
    c = burning(core, at_point=1.0, true_anomaly_rad=0.0, wait_s=1000.0, delta_v_mps=[0.0, -0.01, 0.0])
    mu = c.params["mu_m3ps2"]
    c["relative.r_target_eci_m"] = [6.7e6, 0.0, 0.0]
    c["relative.v_target_eci_mps"] = [-0.01, np.sqrt(mu / 6.7e6 * 1.02), 0.0]  # just before the perigee
    c["relative.dr_eci_m"] = c["relative.dv_eci_mps"] = 0.0
    assert after(c, 10.0) == PLAN
    assert after(c, 1000.0) == FIRE


@pytest.mark.parametrize("frame", [Frame.HILL, Frame.INERTIAL])
def test_the_axes_are_the_phases_frame(core: ctypes.CDLL, frame: Frame) -> None:
    c = burning(core, frame)
    assert after(c, 1.0) == FIRE
    turn = c.matrix("solution.c_hill_from_eci") if frame is Frame.HILL else np.eye(3)
    assert turn @ c["burn.dv_to_go_eci_mps"] == pytest.approx([1.0, -2.0, 0.5], abs=1e-12)


def test_or_those_of_the_chasers_own_orbit(core: ctypes.CDLL) -> None:
    c = burning(core, own_orbit=1.0)
    c["relative.dr_eci_m"] = [1.0e6, 2.0e6, -3.0e5]
    assert after(c, 1.0) == FIRE
    turn, _ = kernels.hill_frame(*chaser(c))
    assert turn @ c["burn.dv_to_go_eci_mps"] == pytest.approx([1.0, -2.0, 0.5], abs=1e-12)


def test_what_is_sensed_comes_off_in_axes_that_turn(core: ctypes.CDLL) -> None:
    c = burning(core, own_orbit=1.0)
    assert after(c, 1.0) == FIRE
    turn, _ = kernels.hill_frame(*chaser(c))
    c["relative.sensed_eci_mps"] = turn.T @ [0.0, -0.5, 0.1]
    assert after(c, 1.1) == FIRE
    assert turn @ c["burn.dv_to_go_eci_mps"] == pytest.approx([1.0, -1.5, 0.4], abs=1e-12)
    c["relative.sensed_eci_mps"] = 0.0
    c["relative.r_target_eci_m"] = np.array([0.0, 6.7e6, 0.0])
    c["relative.v_target_eci_mps"] = np.array([-7700.0, 0.0, 0.0])
    c["relative.dr_eci_m"] = c["relative.dv_eci_mps"] = 0.0
    assert after(c, 1.2) == FIRE
    assert c["burn.dv_to_go_eci_mps"] == pytest.approx([1.5, 1.0, 0.4], abs=1e-12)


def test_a_cycle_is_asked_no_more_than_the_force_gives(core: ctypes.CDLL) -> None:
    c = burning(core, force_max_n=190.0)
    limit = 190.0 * 1e-6 * CYCLE_US / c.params["mass_kg"]
    assert after(c, 3000.0) == FIRE
    assert np.linalg.norm(c["burn.dv_to_go_eci_mps"]) == pytest.approx(limit, rel=1e-12, abs=0.0)


def test_it_begins_only_where_the_attitude_is_the_references(core: ctypes.CDLL) -> None:
    c = burning(core, align_rad=0.05, wait_s=200.0)
    c.call("guidance_step")
    reference = rotation(c["reference.q_body_from_hill"])
    hill = Rotation.from_matrix(c.matrix("solution.c_hill_from_eci"))
    for angle, at_s, expected in ((0.06, 200.0, WAIT), (0.04, 250.0, FIRE)):  # the time that was due has gone by
        c["attitude.q_body_from_eci"] = (turned([0.0, angle, 0.0]) * reference * hill).as_quat(scalar_first=True)
        assert after(c, at_s) == expected


@pytest.mark.parametrize(("left_mps", "limit_s", "ended"), [(0.9e-3, 0.0, True), (0.5, 0.0, False), (0.5, 30.0, True)])
def test_it_ends_at_its_cutoff_or_its_longest_time(
    core: ctypes.CDLL, left_mps: float, limit_s: float, ended: bool
) -> None:
    c = burning(core, delta_v_mps=[0.0, -left_mps, 0.0], limit_s=limit_s)
    c["relative.cycles_since_thrust"] = 0
    assert after(c, 1.0) == FIRE
    after(c, 32.0)
    assert (stage(c) == DONE) == ended
    assert bool(c["reference.clear"][0]) == ended
