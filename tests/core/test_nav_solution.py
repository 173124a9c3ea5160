"""The estimate in the frames that guidance, control and monitors use: every rate is the derivative of its vector."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import Target
from tests.core.internals import Array, Core, scenario_params
from tests.core.world import hill_from_eci, quaternion, rotation, turned


def estimated(core: ctypes.CDLL, seed: int, **changes: Any) -> Core:
    """Any estimate near the station, both craft turning, ports off their axes."""
    rng = np.random.default_rng(seed)
    c = Core(
        core, scenario_params("iss-contact", com_body_m=[0.1, -0.2, 0.3], tport_tbody_m=[-34.0, 1.0, 2.0], **changes)
    )
    c["relative.dr_eci_m"], c["relative.dv_eci_mps"] = rng.normal(0.0, 50.0, 3), rng.normal(0.0, 0.3, 3)
    c["relative.theta_tbody_rad"], c["relative.rate_tbody_radps"] = rng.normal(0.0, 0.02, 3), rng.normal(0.0, 1e-3, 3)
    c["attitude.q_body_from_eci"] = quaternion(turned(rng.normal(size=3)))
    c["attitude.w_body_radps"] = rng.normal(0.0, 0.01, 3)
    c.call("nav_solution")
    return c


def turn_of_tbody(c: Core, seconds: float) -> Any:
    """The target's turn against hill a little later: its rate is that of the small error, in tbody axes."""
    hold = rotation(c.params["q_tbody_from_hill"])
    if c.params["target_attitude_mode"] == Target.INERTIAL_HOLD:
        hill = hill_from_eci(c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"])
        hold = hold * (turned(seconds * c["solution.w_hill_radps"]) * hill).inv()
    now = turned(c["relative.theta_tbody_rad"]) * hold
    return turned(c["relative.rate_tbody_radps"] * seconds) * now


def port_in_tport(c: Core, seconds: float) -> tuple[Array, Array]:
    """Chaser port in hill and in tport a little later, by the rates that the solution states."""
    p = c.params
    body = turned(c["solution.w_body_hill_body_radps"] * seconds) * rotation(c["solution.q_body_from_hill"])
    arm = body.inv().apply(p["port_body_m"] - p["com_body_m"])
    port = c["solution.r_hill_m"] + seconds * c["solution.v_hill_mps"] + arm
    tbody = turn_of_tbody(c, seconds)
    return port, rotation(p["q_tport_from_tbody"]).apply(tbody.apply(port) - p["tport_tbody_m"])


@pytest.mark.parametrize("mode", [Target.LVLH_HOLD, Target.INERTIAL_HOLD])
@pytest.mark.parametrize("seed", range(10))
def test_positions_and_rates(core: ctypes.CDLL, seed: int, mode: Target) -> None:
    c, h = estimated(core, seed, target_attitude_mode=mode), 1e-3
    ahead, behind, now = port_in_tport(c, h), port_in_tport(c, -h), port_in_tport(c, 0.0)
    assert c["solution.r_port_hill_m"] == pytest.approx(now[0], abs=1e-9)
    assert c["solution.r_port_tport_m"] == pytest.approx(now[1], abs=1e-9)
    assert c["solution.v_port_hill_mps"] == pytest.approx((ahead[0] - behind[0]) / (2 * h), abs=1e-8)
    assert c["solution.v_port_tport_mps"] == pytest.approx((ahead[1] - behind[1]) / (2 * h), abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_the_hill_frame_and_the_body_in_it(core: ctypes.CDLL, seed: int) -> None:
    c = estimated(core, seed)
    r, v = c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"]
    hill, spin = hill_from_eci(r, v), np.cross(r, v) / (r @ r)
    assert c.matrix("solution.c_hill_from_eci") == pytest.approx(hill.as_matrix(), abs=1e-14)
    assert c["solution.w_hill_radps"] == pytest.approx(hill.apply(spin), abs=1e-17)
    assert c["solution.r_hill_m"] == pytest.approx(hill.apply(c["relative.dr_eci_m"]), abs=1e-11)
    moving = hill.apply(c["relative.dv_eci_mps"] - np.cross(spin, c["relative.dr_eci_m"]))
    assert c["solution.v_hill_mps"] == pytest.approx(moving, abs=1e-13)
    body = rotation(c["attitude.q_body_from_eci"])
    assert (rotation(c["solution.q_body_from_hill"]) * (body * hill.inv()).inv()).magnitude() < 1e-13
    assert c["solution.w_body_hill_body_radps"] == pytest.approx(
        c["attitude.w_body_radps"] - body.apply(spin), abs=1e-15
    )


def test_a_chaser_that_was_held_starts_from_the_mated_ports(core: ctypes.CDLL) -> None:
    """Ports off their axes and centres of mass, a stack that turns: after release the ports are one and at rest."""
    c = estimated(core, 3, port_body_m=[4.0, 0.3, -0.2], mated_sigma_r_m=0.03, mated_sigma_v_mps=2e-3)
    c["attitude.w_body_radps"] = [1e-3, -2e-3, 5e-4]
    c["relative.accel_bias_mps2"], c["relative.accel_bias_age_s"] = [1e-3, 2e-3, 3e-3], 60.0
    c.call("nav_relative_mated")
    assert not c["relative.accel_bias_mps2"].any() and c["relative.accel_bias_age_s"][0] == 0.0
    c.call("nav_solution")
    p = c.params
    assert np.abs(c["solution.r_port_tport_m"]).max() < 1e-9
    assert np.abs(c["solution.v_port_tport_mps"]).max() < 1e-9
    tport = rotation(p["q_tport_from_tbody"]) * turn_of_tbody(c, 0.0)
    port = rotation(p["q_port_from_body"]) * rotation(c["solution.q_body_from_hill"])
    assert (tport * port.inv() * rotation(p["q_tport_from_port"]).inv()).magnitude() < 1e-9
    sigma = np.sqrt(np.diag(c.matrix("relative.p")))
    assert sigma[:9] == pytest.approx(np.repeat([0.03, 2e-3, p["mated_sigma_attitude_rad"]], 3), rel=1e-9, abs=0.0)


def test_of_an_unknown_attitude_there_is_no_block(core: ctypes.CDLL) -> None:
    c = estimated(core, 4, target_attitude_mode=Target.UNKNOWN)
    assert c["relative.filter.states"][0] == 12
