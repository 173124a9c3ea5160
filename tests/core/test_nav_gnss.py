"""GNSS measurement models: lever arms, lateness, Jacobians, and what is refused."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gnc.flight import Target
from tests.core.internals import CYCLE_US, Array, Core, blank_frame, scenario_params
from tests.core.world import Truth, rotation, turned
from tests.jacobian import assert_columns_close, by_differences

LATE = 2
NOW = 5
QUIET: dict[str, Any] = {
    "star_misalignment_sigma_rad": 0.0, "camera_boresight_sigma_rad": 0.0, "gate_chi2_3dof": 100.0,
}  # fmt: skip


def past(
    core: ctypes.CDLL, state: Array | None = None, turn: Any = (0.01, -0.02, 0.015), **changes: Any
) -> tuple[Core, Truth, dict[str, Any]]:
    """A turning chaser five cycles after the start, the world it believes in, and that world two cycles ago.

    state: fifteen errors added to the estimate, as the filter orders them.
    turn: the target's off its hold, rad. The filter adds such angles, which for derivatives holds at zero only.
    """
    c = Core(core, scenario_params("iss-contact", **{**QUIET, **changes}))
    c["attitude.w_body_radps"] = [4e-3, -7e-3, 5e-3]
    c["relative.theta_tbody_rad"] = turn
    c["relative.rate_tbody_radps"] = [2e-4, 1e-4, -3e-4]
    c["relative.bias_rgnss_eci_m"] = [0.02, -0.03, 0.01]
    c.call("nav_relative_remember")
    for k in range(1, NOW + 1):
        c["t_us"] = k * CYCLE_US
        c.call("nav_attitude_propagate", blank_frame(k))
        c.call("nav_relative_propagate", blank_frame(k))
    if state is not None:
        c.call("nav_relative_correct", np.ascontiguousarray(state))
    out = np.zeros(26)
    assert c.call("nav_relative_at", ctypes.c_uint64((NOW - LATE) * CYCLE_US), out)
    truth = Truth(c, 1, np.random.default_rng(0))
    x: dict[str, Any] = {"dr": out[None, 1:4], "dv": out[None, 4:7], "body": rotation(out[7:11])}
    x |= {"rt": out[None, 14:17], "vt": out[None, 17:20], "rate": out[None, 23:26]}
    x["theta"] = out[None, 20:23]
    x["bias"] = c["relative.bias_rgnss_eci_m"][None].copy()
    x["tbody"] = turned(x["theta"]) * rotation(c.params["q_tbody_from_hill"]) * truth.hold(x["rt"], x["vt"])
    return c, truth, x


def fix(c: Core, truth: Truth, x: dict[str, Any]) -> NDArray[Any]:
    """What both receivers would say of that world, without noise."""
    spin = c["attitude.w_body_radps"]
    frame = blank_frame(NOW)
    for name in ("gnss", "rgnss"):
        frame[f"{name}_valid"], frame[f"{name}_seq"], frame[f"{name}_t_valid_us"] = 1, 1, (NOW - LATE) * CYCLE_US
    frame["rgnss_r_eci_m"], frame["rgnss_v_eci_mps"] = truth.antennas(x, spin)
    arm = c.params["gnss_body_m"] - c.params["com_body_m"]
    frame["gnss_r_eci_m"] = x["rt"] + x["dr"] + x["body"].inv().apply(arm)
    frame["gnss_v_eci_mps"] = x["vt"] + x["dv"] + x["body"].inv().apply(np.cross(spin, arm))
    return frame


def relative_state(c: Core) -> Array:
    names = ("dr_eci_m", "dv_eci_mps", "theta_tbody_rad", "rate_tbody_radps", "bias_rgnss_eci_m")
    return np.concatenate([c[f"relative.{n}"] for n in names])


def orbit_state(c: Core) -> Array:
    return np.concatenate([c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"]])


ARMS = {
    "gnss_body_m": [1.0, -2.0, -2.3],
    "com_body_m": [0.1, 0.2, -0.1],
    "rgnss_target_antenna_tbody_m": [3.0, 2.0, -5.0],
}


@pytest.mark.parametrize("mode", [Target.LVLH_HOLD, Target.INERTIAL_HOLD])
def test_perfect_fixes_change_nothing(core: ctypes.CDLL, mode: Target) -> None:
    """Both antennas off their centres of mass, both craft turning, 0.2 s late: nothing left to correct."""
    c, truth, x = past(core, **ARMS, target_attitude_mode=mode)
    relative, orbit = relative_state(c), orbit_state(c)
    frame = fix(c, truth, x)
    c.call("nav_rgnss_update", frame)
    c.call("nav_gnss_update", frame)
    assert c["relative.rgnss.nis"][0] < 1e-12
    assert c["relative.gnss.nis"][0] < 1e-12
    assert np.abs(relative_state(c) - relative).max() < 1e-5
    assert np.abs(orbit_state(c) - orbit).max() < 1e-5
    assert c["relative.rgnss.accepted_us"][0] == c["relative.gnss.accepted_us"][0] == NOW * CYCLE_US


@pytest.mark.parametrize("kind", ["r", "v"])
def test_measurement_jacobian(core: ctypes.CDLL, kind: str) -> None:
    """With P = e I and a large R the correction is e H' R^-1 z: its rows against central differences of the prediction,
    derived here."""
    name, sigma_name = ("rgnss_r_eci_m", "rgnss_sigma_r_m") if kind == "r" else ("rgnss_v_eci_mps", "rgnss_sigma_v_mps")
    size, small = 1.0, 1e-3
    wide = {**ARMS, "rgnss_sigma_r_m": 1e3, "rgnss_sigma_v_mps": 100.0, "rgnss_growth_m": 1e12}
    sigma = wide[sigma_name]
    filters = np.zeros((3, 15))
    for i in range(3):
        c, truth, x = past(core, turn=0.0, **wide)
        c.matrix("relative.p")[:] = small * np.eye(18)
        c["relative.pending_s"] = 0.0
        before, frame = relative_state(c), fix(c, truth, x)
        frame[name][0, i] += size
        c.call("nav_rgnss_update", frame)
        assert c["relative.rgnss.rejects"][0] == 0
        filters[i] = (relative_state(c) - before) * sigma**2 / (small * size)

    def predicted(state: Array) -> Array:
        c, truth, x = past(core, state, turn=0.0, **ARMS)
        x["dr"] = x["dr"] - LATE * 0.1 * state[None, 3:6]  # as H counts it
        return truth.antennas(x, c["attitude.w_body_radps"])[kind == "v"][0]

    numeric = by_differences(predicted, [*[1e-2] * 6, *[1e-4] * 6, *[1e-2] * 3])
    assert_columns_close(filters, numeric, rel=5e-4, nil=1e-6)


def test_the_orbit_takes_the_fix_less_the_relative_state(core: ctypes.CDLL) -> None:
    """A fix 3 m and 0.03 m/s off pulls the target's orbit its way, by the gain of its axis, and its past with it."""
    c, truth, x = past(core, **ARMS)
    p_orbit, p_rel = c.matrix("relative.p_orbit").copy(), c.matrix("relative.p").copy()
    before, old = orbit_state(c), np.zeros(26)
    c.call("nav_relative_at", ctypes.c_uint64(3 * CYCLE_US), old)
    frame = fix(c, truth, x)
    frame["gnss_r_eci_m"][0, 0] += 3.0
    c.call("nav_gnss_update", frame)
    moved = orbit_state(c) - before
    gain = p_orbit[0, 0] / (p_orbit[0, 0] + c.params["gnss_sigma_r_m"] ** 2 + p_rel[0, 0])
    assert moved[0] == pytest.approx(3.0 * gain, rel=1e-2, abs=0.0)
    new = np.zeros(26)
    c.call("nav_relative_at", ctypes.c_uint64(3 * CYCLE_US), new)
    assert new[14:17] - old[14:17] == pytest.approx(moved[:3], abs=1e-8)
    assert new[17:20] - old[17:20] == pytest.approx(moved[3:], abs=1e-11)
    assert (relative_state(c) == relative_state(past(core, **ARMS)[0])).all()


def track(sensor: str) -> set[str]:
    return {f"relative.{sensor}.{name}" for name in ("accepted_us", "seq", "seen", "nis")}


MOTION = {f"relative.{n}" for n in ("dr_eci_m", "dv_eci_mps", "theta_tbody_rad", "rate_tbody_radps")}
COVARIANCE = {"relative.p", "relative.p_orbit", "relative.pending_s"}


@pytest.mark.parametrize(
    ("sensor", "states"),
    [
        ("gnss", {"relative.r_target_eci_m", "relative.v_target_eci_mps"}),
        ("rgnss", MOTION | {"relative.bias_rgnss_eci_m"}),
    ],
)
def test_a_fix_changes_its_states_and_nothing_else(core: ctypes.CDLL, sensor: str, states: set[str]) -> None:
    c, truth, x = past(core, **ARMS)
    frame = fix(c, truth, x)
    frame[f"{sensor}_r_eci_m"] += 0.1
    frame[f"{sensor}_v_eci_mps"] += 0.001
    assert c.changed_by(f"nav_{sensor}_update", frame) == states | COVARIANCE | track(sensor)


@pytest.mark.parametrize("sensor", ["gnss", "rgnss"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200, 1e9])
@pytest.mark.parametrize("kind", ["r", "v"])
def test_a_false_fix_is_refused_and_counted(core: ctypes.CDLL, sensor: str, value: float, kind: str) -> None:
    c, truth, x = past(core)
    frame = fix(c, truth, x)
    frame[f"{sensor}_{'r_eci_m' if kind == 'r' else 'v_eci_mps'}"][0, 1] = value
    relative, orbit = relative_state(c), orbit_state(c)
    c.call(f"nav_{sensor}_update", frame)
    assert c[f"relative.{sensor}.rejects"][0] == 1
    assert c[f"relative.{sensor}.accepted_us"][0] == 0
    assert np.abs(relative_state(c) - relative).max() < 1e-5  # a good position is used before a bad velocity is seen
    assert np.abs(orbit_state(c) - orbit).max() < 1e-5


@pytest.mark.parametrize("sensor", ["gnss", "rgnss"])
@pytest.mark.parametrize("age_us", [-1, 1_000_001, 900_000])
def test_a_fix_of_another_time_is_refused_and_counted(core: ctypes.CDLL, sensor: str, age_us: int) -> None:
    """From the future, older than allowed, or of a time that no past is kept for."""
    c, truth, x = past(core)
    frame = fix(c, truth, x)
    c["t_us"] = 20 * CYCLE_US
    frame[f"{sensor}_t_valid_us"] = 20 * CYCLE_US - age_us
    before = np.concatenate([relative_state(c), orbit_state(c)])
    c.call(f"nav_{sensor}_update", frame)
    assert c[f"relative.{sensor}.rejects"][0] == 1
    assert (np.concatenate([relative_state(c), orbit_state(c)]) == before).all()


def test_a_number_seen_before_is_no_new_fix(core: ctypes.CDLL) -> None:
    c, truth, x = past(core)
    frame = fix(c, truth, x)
    c.call("nav_rgnss_update", frame)
    before, p = relative_state(c), c["relative.p"].copy()
    frame["rgnss_r_eci_m"] += 0.05
    c.call("nav_rgnss_update", frame)
    assert (relative_state(c) == before).all() and (c["relative.p"] == p).all()
    frame["rgnss_seq"] += 1
    c.call("nav_rgnss_update", frame)
    assert not (relative_state(c) == before).all()


def test_errors_grow_with_range(core: ctypes.CDLL) -> None:
    c, _, _ = past(core, init_r_hill_m=[0.0, -1400.0, 0.0])
    assert c.library.internals_nav_rgnss_growth(ctypes.c_void_p(c.memory.ctypes.data)) == pytest.approx(2.0, abs=1e-3)
