"""Two-impulse targeting against SciPy's integrator with forces of its own."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tests.core.internals import Array, Core, scenario_params
from tests.core.world import gravity, hill_from_eci

MU = 3.986004418e14
WAIT_S = 16.0
START = {"init_r_hill_m": [20.0, -3500.0, 30.0], "init_v_hill_mps": [0.0, 0.0, 0.05]}
AIM = np.array([8.0, -290.0, 5.0])


def orbit(e: float, theta: float, tilt: float = 0.9, perigee_m: float = 6.8e6) -> tuple[Array, Array]:
    p = perigee_m * (1 + e)
    r = p / (1 + e * np.cos(theta)) * np.array([np.cos(theta), np.sin(theta), 0.0])
    v = np.sqrt(MU / p) * np.array([-np.sin(theta), e + np.cos(theta), 0.0])
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    return turn @ r, turn @ v


def placed(core: ctypes.CDLL, e: float, theta: float, **changes: Any) -> Core:
    r, v = orbit(e, theta)
    c = Core(core, scenario_params(**{"target_r_eci_m": r, "target_v_eci_mps": v, **START, **changes}))
    c.call("nav_solution")
    return c


def fly(c: Core, legs: list[tuple[float, Array]]) -> tuple[Array, Array]:
    """Relative position and velocity, hill, after coasting each duration and then adding its impulse, eci."""
    p = c.params

    def rate(_: float, x: Array) -> Array:
        at = gravity(p, x[:3])
        return np.concatenate([x[3:6], at, x[9:], gravity(p, x[:3] + x[6:9]) - at])

    names = ("r_target_eci_m", "v_target_eci_mps", "dr_eci_m", "dv_eci_mps")
    x = np.concatenate([c[f"relative.{n}"] for n in names])
    for seconds, impulse in legs:
        if seconds:
            x = solve_ivp(rate, (0, seconds), x, method="DOP853", rtol=1e-12, atol=1e-8).y[:, -1]
        x[9:] += impulse
    turn = hill_from_eci(x[:3], x[3:6])
    spin = np.cross(x[:3], x[3:6]) / (x[:3] @ x[:3])
    return turn.apply(x[6:9]), turn.apply(x[9:] - np.cross(spin, x[6:9]))


def solve(c: Core, transfer_s: float, aim: Array = AIM) -> tuple[bool, Array]:
    dv = np.zeros(3)
    return c.call("targeting_solve", WAIT_S, transfer_s, aim, dv), dv


@pytest.mark.parametrize("transfer_s", [600.0, 1500.0, 2000.0, 3500.0, 4200.0])
@pytest.mark.parametrize("e", [0.0, 0.0005, 0.01, 0.1])
def test_the_impulse_arrives(core: ctypes.CDLL, e: float, transfer_s: float) -> None:
    """From 3.5 km to the aim within 0.03 m, in an eccentric orbit about an oblate Earth."""
    c = placed(core, e, 1.0)
    solved, dv = solve(c, transfer_s)
    assert solved
    r, _ = fly(c, [(WAIT_S, dv), (transfer_s, np.zeros(3))])
    ratio = abs(np.sin(transfer_s * np.sqrt(MU / 6.8e6**3)))
    assert np.abs(r - AIM)[: 3 if ratio > 0.4 and e < 0.05 else 2].max() < 0.03


def test_right_in_plane_is_not_right(core: ctypes.CDLL) -> None:
    """Already on the way to the aim but for its height: only that is corrected."""
    c = placed(core, 0.001, 0.3)
    drifted, _ = fly(c, [(WAIT_S + 1500.0, np.zeros(3))])
    aim = drifted + np.array([0.0, 0.0, 2.0])
    solved, other = solve(c, 1500.0, aim)
    r, _ = fly(c, [(WAIT_S, other), (1500.0, np.zeros(3))])
    assert solved
    assert np.abs(r - aim).max() < 0.03


def test_the_out_of_plane_motion_is_left_alone_at_half_a_revolution(core: ctypes.CDLL) -> None:
    """There no impulse moves the height of arrival: asking for it would cost without end."""
    c = placed(core, 0.0, 0.0)
    half = np.pi / np.sqrt(MU / 6.8e6**3)
    solved, dv = solve(c, half)
    assert solved
    r, v = fly(c, [(WAIT_S, np.zeros(3))])
    turned, _ = fly(c, [(WAIT_S, dv)])
    _, kicked = fly(c, [(WAIT_S, dv)])
    assert turned == pytest.approx(r, abs=1e-9)
    assert (kicked - v)[2] == pytest.approx(0.0, abs=1e-9)
    arrived, _ = fly(c, [(WAIT_S, dv), (half, np.zeros(3))])
    assert np.abs((arrived - AIM)[:2]).max() < 0.03
    assert abs((arrived - AIM)[2]) > 5.0


def test_what_cannot_be_reached_is_said(core: ctypes.CDLL) -> None:
    c = placed(core, 0.0, 0.0)
    assert not solve(c, 0.0)[0]
    assert not solve(c, 2 * np.pi / np.sqrt(MU / 6.8e6**3))[0]
    assert not solve(c, 1500.0, np.array([0.0, 3e6, 0.0]))[0]
    r, v = orbit(0.0, 0.0)
    fast = Core(core, scenario_params(target_r_eci_m=r, target_v_eci_mps=1.5 * v, **START))
    fast.call("nav_solution")
    assert not solve(fast, 1500.0)[0]


@pytest.mark.parametrize("seconds", [0.0, 29.0, 1000.0, -600.0])
def test_prediction_is_the_motion(core: ctypes.CDLL, seconds: float) -> None:
    c = placed(core, 0.01, 2.0)
    r, v, turn = np.zeros(3), np.zeros(3), np.zeros(9)
    assert c.call("targeting_predict", seconds, r, v, turn)
    exact_r, exact_v = fly(c, [(seconds, np.zeros(3))])
    assert r == pytest.approx(exact_r, abs=0.01)
    assert v == pytest.approx(exact_v, abs=1e-5)
    assert np.abs(turn.reshape(3, 3) @ turn.reshape(3, 3).T - np.eye(3)).max() < 1e-14


def test_a_prediction_beyond_its_steps_still_ends(core: ctypes.CDLL) -> None:
    """Longer than four hundred steps of 30 s the steps grow; an hour and a half past that they still serve."""
    c = placed(core, 0.0, 0.0)
    r, v, turn = np.zeros(3), np.zeros(3), np.zeros(9)
    assert c.call("targeting_predict", 18_000.0, r, v, turn)
    assert r == pytest.approx(fly(c, [(18_000.0, np.zeros(3))])[0], abs=2.0)
