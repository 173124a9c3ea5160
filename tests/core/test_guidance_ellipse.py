"""The ellipse about the target: a natural motion that keeps clear across the flight direction, and its corrections."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import Frame, Law, Point
from tests.core.internals import CYCLE_US, Array, Core, blank_frame, phase, scenario_params, with_law

PLAN, WAIT, FIRE, COAST, _ = range(5)
LEG_S, LEAD_S = 600.0, 20.0
RADIAL_M, CROSS_M = 80.0, 60.0


def drifting(core: ctypes.CDLL, **own: Any) -> Core:
    """A chaser that enters the ellipse."""
    fields = {
        "radial_m": RADIAL_M, "cross_m": CROSS_M, "phase_rad": 0.7, "orbits": 1.0, "leg_s": LEG_S, "lead_s": LEAD_S,
        "deadband_m": 3.0, "cutoff_mps": 1e-4,
    } | own  # fmt: skip
    params = with_law(scenario_params("iss-vbar"), "retreat", Law.ELLIPSE, **fields)
    row = phase("retreat")
    params["phase_frame"][0, row], params["phase_point"][0, row] = Frame.HILL, Point.COM
    params["j2"] = 0.0
    c = Core(core, params)
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(row))
    return c


def circle(c: Core, angle_rad: float, inclination_rad: float = 0.9) -> float:
    """Puts the target on a circle about the eci z axis, so far from its node; returns the mean motion."""
    c["params"]["pole_eci"] = [0.0, 0.0, 1.0]
    radius = 7.0e6
    rate = float(np.sqrt(c.params["mu_m3ps2"] / radius**3))
    node, across = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(inclination_rad), np.sin(inclination_rad)])
    s, cosine = np.sin(angle_rad), np.cos(angle_rad)
    c["relative.r_target_eci_m"] = radius * (cosine * node + s * across)
    c["relative.v_target_eci_mps"] = rate * radius * (cosine * across - s * node)
    c.call("nav_solution")
    return rate


def reference(c: Core, angle_rad: float, **orbit: float) -> tuple[Array, Array, float]:
    rate = circle(c, angle_rad, **orbit)
    c["t_us"] = c["t_us"] + np.uint64(CYCLE_US)
    c.call("guidance_step")
    return c["reference.r_hill_m"].copy(), c["reference.v_hill_mps"].copy(), rate


@pytest.mark.parametrize("cross_phase", [0.0, 0.4])
def test_the_reference_is_a_motion_that_needs_no_thrust(core: ctypes.CDLL, cross_phase: float) -> None:
    """Its rate is the derivative of its place, and its acceleration that of Clohessy and Wiltshire."""
    c = drifting(core, cross_phase_rad=cross_phase)
    h = 1e-4
    for angle in np.linspace(0.1, 6.0, 7):
        (r0, v0, _), (r, v, n), (r1, v1, _) = (reference(c, angle + k * h) for k in (-1, 0, 1))
        np.testing.assert_allclose((r1 - r0) * n / (2.0 * h), v, rtol=0, atol=1e-6 * n * RADIAL_M)
        natural = [3.0 * n * n * r[0] + 2.0 * n * v[1], -2.0 * n * v[0], -n * n * r[2]]
        np.testing.assert_allclose((v1 - v0) * n / (2.0 * h), natural, rtol=0, atol=1e-6 * n * n * RADIAL_M)


def test_it_stays_clear_of_the_flight_direction_all_round(core: ctypes.CDLL) -> None:
    """However far it drifts along the track, it is never nearer than the lesser amplitude; highest at its phase."""
    c = drifting(core)
    places = np.array([reference(c, angle)[0] for angle in np.linspace(0.0, 2.0 * np.pi, 73)])
    assert np.hypot(places[:, 0], places[:, 2]).min() == pytest.approx(CROSS_M, abs=0.5)
    assert reference(c, 0.7)[0] == pytest.approx([RADIAL_M, 0.0, 0.0], abs=1e-6)
    assert reference(c, 0.7 + np.pi / 2)[0] == pytest.approx([0.0, -2.0 * RADIAL_M, CROSS_M], abs=1e-6)


def test_about_the_equator_it_counts_from_the_eci_x_axis(core: ctypes.CDLL) -> None:
    c = drifting(core)
    assert reference(c, 0.7, inclination_rad=1e-6)[0] == pytest.approx([RADIAL_M, 0.0, 0.0], abs=1e-3)


def to(c: Core, t_us: int) -> None:
    """Both craft coast to a time; the solution follows."""
    while c["t_us"][0] < t_us:
        c["t_us"] = c["t_us"] + np.uint64(CYCLE_US)
        c.call("nav_relative_propagate", blank_frame())
    c.call("nav_solution")


def on_the_ellipse(c: Core, off_m: float) -> None:
    """The chaser at the reference's place and rate, but for an error of its place along the track."""
    r, v, n = reference(c, 1.5)
    r[1] += off_m
    turn = c.matrix("solution.c_hill_from_eci").copy()
    c["relative.dr_eci_m"] = turn.T @ r
    c["relative.dv_eci_mps"] = turn.T @ (v + np.cross([0.0, 0.0, n], r))
    c.call("nav_solution")


@pytest.mark.parametrize(("off_m", "corrected"), [(1.0, False), (12.0, True)])
def test_only_what_would_miss_it_is_corrected(core: ctypes.CDLL, off_m: float, corrected: bool) -> None:
    """And with the burn given it is on the ellipse at the end of the leg."""
    c = drifting(core)
    on_the_ellipse(c, off_m)
    entry = int(c["t_us"][0])
    c["intent.entry_us"] = entry
    c.call("guidance_step")
    to(c, entry + int(LEG_S * 1e6) - CYCLE_US)
    c.call("guidance_step")
    assert c["burn.stage"][0] == COAST
    to(c, entry + int(LEG_S * 1e6) + CYCLE_US)
    c.call("guidance_step")
    assert c["burn.stage"][0] == (WAIT if corrected else COAST)
    if not corrected:
        return
    to(c, int(c["burn.start_us"][0]) + CYCLE_US)
    c.call("guidance_step")
    assert c["burn.stage"][0] == FIRE
    to(c, entry + int((LEG_S + LEAD_S) * 1e6) + CYCLE_US)
    c["relative.dv_eci_mps"] = c["relative.dv_eci_mps"] + c["burn.dv_to_go_eci_mps"]
    c["burn.dv_to_go_eci_mps"] = 0.0
    c["relative.sensed_eci_mps"] = 0.0
    c.call("guidance_step")
    assert c["burn.stage"][0] == COAST
    to(c, entry + int((2.0 * LEG_S + LEAD_S) * 1e6) + CYCLE_US)
    c.call("guidance_step")
    assert np.linalg.norm(c["reference.error_r_m"]) < 0.3


def test_it_is_over_after_its_revolutions_and_not_within_a_burn(core: ctypes.CDLL) -> None:
    c = drifting(core, orbits=0.01)
    rate = circle(c, 0.3)
    steps = int(0.01 * 2.0 * np.pi / (rate * c.params["cycle_s"]))
    for _ in range(steps):
        reference(c, 0.3)
    assert not c["progress.done"][0]
    c["burn.stage"] = WAIT
    c["burn.start_us"] = 1e15
    reference(c, 0.3)
    reference(c, 0.3)
    assert not c["progress.done"][0]
    c["burn.stage"] = COAST
    reference(c, 0.3)
    assert c["progress.done"][0]
