"""The release: nothing fires until the ports are clear of each other."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from gnc.flight import Dock, Law
from tests.core.internals import Core, phase, scenario_params, with_law


def released(core: ctypes.CDLL, clear_m: float, **more: Any) -> Core:
    c = Core(core, with_law(scenario_params("iss-contact", **more), "retreat", Law.RELEASE, clear_m=clear_m))
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(phase("retreat")))
    return c


@pytest.mark.parametrize(
    ("flags", "apart_m", "over"),
    [(0, 1.1, True), (0, 0.9, False), (Dock.CAPTURED, 1.1, False), (Dock.CONTACT, 1.1, True)],
)
def test_it_is_over_when_let_go_and_clear(core: ctypes.CDLL, flags: int, apart_m: float, over: bool) -> None:
    c = released(core, 1.0)
    c["solution.dock_flags"], c["solution.r_port_tport_m"] = flags, [apart_m, 0.0, 0.0]
    c.call("guidance_step")
    assert bool(c["progress.done"][0]) == over


def test_no_attitude_is_held_meanwhile(core: ctypes.CDLL) -> None:
    """However the springs turn the chaser, its attitude and rate are what is wanted."""
    c = released(core, 1.0)
    c["solution.q_body_from_hill"] = [0.8, 0.6, 0.0, 0.0]
    c["solution.w_body_hill_body_radps"] = [0.01, -0.02, 0.03]
    c.call("guidance_step")
    assert not c["reference.error_attitude_rad"].any()
    assert (c["reference.w_body_hill_body_radps"] == c["solution.w_body_hill_body_radps"]).all()
    assert c["reference.clear"][0]
