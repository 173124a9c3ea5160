"""Translation control: the law with its feed-forward, the burn, and the force limit."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import law_block
from tests.core.internals import Core, phase, scenario_params
from tests.core.world import rotation


def flying(core: ctypes.CDLL, name: str, **changes: Any) -> Core:
    c = Core(core, scenario_params("iss-contact", **changes))
    c.call("nav_solution")
    c["intent.phase"] = phase(name)
    c["reference.error_r_m"] = c["reference.error_v_mps"] = 0.0
    return c


def clohessy_wiltshire(c: Core) -> Any:
    """What it takes to stay on the reference: minus the accelerations of Clohessy & Wiltshire (1960)."""
    n, r, v = c["solution.w_hill_radps"][2], c["solution.r_hill_m"], c["solution.v_hill_mps"]
    return -np.array([3 * n * n * r[0] + 2 * n * v[1], -2 * n * v[0], -n * n * r[2]])


def test_on_the_reference_only_the_orbit_asks(core: ctypes.CDLL) -> None:
    c = flying(core, "s4")
    c["solution.r_hill_m"], c["solution.v_hill_mps"] = [30.0, -50.0, 20.0], [0.1, -0.2, 0.05]
    c.call("control_translation")
    assert c["control.accel_cmd_hill_mps2"] == pytest.approx(clohessy_wiltshire(c), rel=1e-12, abs=0.0)
    impulse = rotation(c["solution.q_body_from_hill"]).apply(clohessy_wiltshire(c)) * c.params["mass_kg"] * 0.1
    assert c["control.carried"][:3] == pytest.approx(impulse, rel=1e-12, abs=0.0)
    assert not c["control.carried"][3:].any()


def test_the_law(core: ctypes.CDLL) -> None:
    """kd (v_cmd - v) past what the smallest firing changes, v_cmd = -(kp/kd) of the error past its band, limited."""
    c = flying(core, "s4")
    p, k = c.params, phase("s4")
    own = law_block(p, k)
    kp, kd, band, top = (float(own[name]) for name in ("kp_ps2", "kd_ps", "deadband_m", "speed_max_mps"))
    for error_r, error_v in (
        ([0.5, 0.0, 0.0], [0, 0, 0]),
        ([40.0, -30.0, 20.0], [0, 0, 0]),
        ([0, 0, 0], [0.03, -0.02, 0.05]),
    ):
        e = np.asarray(error_r, float)
        v_cmd = -kp / kd * np.sign(e) * np.maximum(np.abs(e) - band, 0.0)
        v_cmd *= min(1.0, top / max(np.linalg.norm(v_cmd), 1e-12))
        body = rotation(c["solution.q_body_from_hill"])
        wrong = body.apply(v_cmd - error_v)
        least = 0.6 * c["effectors.smallest"][:3] / p["mass_kg"]
        expected = body.inv().apply(kd * np.sign(wrong) * np.maximum(np.abs(wrong) - least, 0.0)) + clohessy_wiltshire(
            c
        )
        c["reference.error_r_m"], c["reference.error_v_mps"] = error_r, error_v
        c.call("control_translation")
        assert c["control.accel_cmd_hill_mps2"] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_a_burn_asks_for_the_velocity_to_be_gained_within_the_force_limit(core: ctypes.CDLL) -> None:
    for dv, limited in (([1e-3, -2e-3, 1e-3], False), ([0.5, -0.3, 0.2], True)):
        c = flying(core, "hop")
        c["reference.burning"], c["reference.dv_to_go_eci_mps"] = 1, dv
        c["control.carried"] = 7.0
        c.call("control_translation")
        impulse = rotation(c["attitude.q_body_from_eci"]).apply(dv) * c.params["mass_kg"]
        limit = c.params["force_max_n"] * c.params["cycle_s"]
        impulse *= min(1.0, limit / np.linalg.norm(impulse))
        assert c["control.carried"][:3] == pytest.approx(impulse, rel=1e-9, abs=0.0)
        assert (c["control.carried"][3:] == 7.0).all()
        assert bool(c["progress.saturated"][0]) == limited


@pytest.mark.parametrize("name", ["hop", "cam"])
def test_between_burns_nothing_is_asked(core: ctypes.CDLL, name: str) -> None:
    c = flying(core, name)
    c["reference.burning"], c["reference.dv_to_go_eci_mps"], c["control.carried"] = 0, 1.0, 7.0
    c.call("control_translation")
    assert not c["control.carried"][:3].any()


@pytest.mark.parametrize("name", ["drift", "docked"])
def test_adrift_nothing_is_asked(core: ctypes.CDLL, name: str) -> None:
    c = flying(core, name)
    c["reference.error_r_m"] = 100.0
    c.call("control_translation")
    assert not c["control.carried"].any() and not c["control.accel_cmd_hill_mps2"].any()


def test_too_much_carried_is_cut_to_a_cycles_worth_in_its_direction(core: ctypes.CDLL) -> None:
    c = flying(core, "s4")
    limit = c.params["force_max_n"] * c.params["cycle_s"]
    wanted = limit * np.array([3.0, -2.0, 1.0])
    c["control.carried"] = [*wanted, 7.0, 8.0, 9.0]
    c.call("control_translation")
    wanted += rotation(c["solution.q_body_from_hill"]).apply(clohessy_wiltshire(c)) * c.params["mass_kg"] * 0.1
    assert c["control.carried"][:3] == pytest.approx(limit * wanted / np.linalg.norm(wanted), rel=1e-9, abs=0.0)
    assert (c["control.carried"][3:] == [7.0, 8.0, 9.0]).all()


def test_a_demand_beyond_the_limit_is_cut_before_what_is_carried_is_added(core: ctypes.CDLL) -> None:
    c = flying(core, "s4", law_speed_max_mps=10.0)
    limit = c.params["force_max_n"] * c.params["cycle_s"]
    carried = 0.9 * limit * np.array([0.0, 0.6, 0.8])
    c["reference.error_v_mps"], c["control.carried"] = [0.0, 50.0, 0.0], [*carried, 0.0, 0.0, 0.0]
    c.call("control_translation")
    asked = rotation(c["solution.q_body_from_hill"]).apply(c["control.accel_cmd_hill_mps2"])
    wanted = carried + limit * asked / np.linalg.norm(asked)
    assert c["progress.saturated"][0] and np.linalg.norm(wanted) > limit
    assert c["control.carried"][:3] == pytest.approx(limit * wanted / np.linalg.norm(wanted), rel=1e-9, abs=0.0)


def test_what_is_carried_never_exceeds_a_cycles_worth(core: ctypes.CDLL) -> None:
    """Or a long saturation would wind up and overshoot for as long."""
    c = flying(core, "final", law_speed_max_mps=10.0)
    c["reference.error_v_mps"] = [1.0, 0.0, 0.0]
    for _ in range(50):
        c.call("control_translation")
    assert np.linalg.norm(c["control.carried"][:3]) <= c.params["force_max_n"] * c.params["cycle_s"] * (1 + 1e-12)
    assert c["progress.saturated"][0]
