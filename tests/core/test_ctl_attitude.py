"""Attitude control: the law, its dead bands, its limit, and that it settles."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from tests.core.internals import Array, Core, phase, scenario_params
from tests.core.world import rotation


def holding(core: ctypes.CDLL, **changes: object) -> Core:
    c = Core(core, scenario_params("iss-contact", **changes))
    c["intent.phase"] = phase("s4")
    c.call("nav_solution")
    c["solution.w_body_hill_body_radps"] = 0.0
    return c


def inertia_of(c: Core) -> Array:
    matrix: Array = c.params["inertia_body_kgm2"].reshape(3, 3)
    return matrix


def torque(c: Core, error: Array, rate: Array) -> Array:
    """Torque asked for, without that for the turning reference."""
    c["control.carried"] = 0.0
    c["reference.error_attitude_rad"], c["solution.w_body_hill_body_radps"] = error, rate
    c.call("control_attitude")
    spin = rotation(c["solution.q_body_from_hill"]).apply(c["solution.w_hill_radps"])
    inertia = inertia_of(c)
    assert not c["control.carried"][:3].any()
    return c["control.carried"][3:] / c.params["cycle_s"] - np.cross(spin, inertia @ spin)


def test_at_rest_only_the_turning_reference_asks(core: ctypes.CDLL) -> None:
    c = holding(core)
    assert np.abs(torque(c, np.zeros(3), np.zeros(3))).max() < 1e-12
    band = c.params["phase_attitude_deadband_rad"][phase("s4")]
    assert np.abs(torque(c, np.full(3, 0.99 * band), np.zeros(3))).max() < 1e-12


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_law_axis_by_axis(core: ctypes.CDLL, axis: int, sign: float) -> None:
    """kd times what the commanded rate, -(kp/kd) of the error beyond the band and limited, differs from the rate."""
    c = holding(core)
    p, band = c.params, c.params["phase_attitude_deadband_rad"][phase("s4")]
    least = 0.6 * c["effectors.smallest"][3 + axis] / inertia_of(c)[axis, axis]
    unit = sign * np.eye(3)[axis]
    for excess in (0.02, 1.0):
        slew = min(p["attitude_kp_ps2"] / p["attitude_kd_ps"] * excess, p["attitude_rate_max_radps"])
        expected = -p["attitude_kd_ps"] * (slew - least) * inertia_of(c)[axis, axis] * unit
        assert torque(c, (band + excess) * unit, np.zeros(3)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    fast = 0.02
    expected = -p["attitude_kd_ps"] * (fast - least) * inertia_of(c)[axis, axis] * unit
    assert torque(c, np.zeros(3), fast * unit) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert np.abs(torque(c, np.zeros(3), 0.99 * least * unit)).max() < 1e-9


def test_without_a_rate_gain_nothing_is_divided_by_zero(core: ctypes.CDLL) -> None:
    c = holding(core, attitude_kd_ps=0.0)
    assert np.isfinite(torque(c, np.full(3, 0.1), np.zeros(3))).all()


def test_it_settles_inside_its_band(core: ctypes.CDLL) -> None:
    """A rigid body of the told inertia, from 3 deg and 0.2 deg/s off, two minutes later."""
    c = holding(core)
    error, rate = np.radians([3.0, -2.0, 1.0]), np.radians([0.2, -0.2, 0.1])
    inertia = inertia_of(c)
    for _ in range(1200):
        rate = rate + 0.1 * np.linalg.solve(inertia, torque(c, error, rate))
        error = error + 0.1 * rate
    band = c.params["phase_attitude_deadband_rad"][phase("s4")]
    assert np.abs(error).max() < band + np.radians(0.2)
    assert np.abs(rate).max() < np.radians(0.02)
