"""The circumnavigation: where its reference goes, how fast, and where it ends."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import Attitude, Frame, Law, Overlay, Point
from tests.core.internals import Array, Core, phase, scenario_params, with_law

CYCLE_S = 0.1
RATE, ACCEL = 0.02, 0.02


def circling(core: ctypes.CDLL, r_hill: Any, **own: Any) -> Core:
    """A chaser at rest at a place in hill, entering the law."""
    fields = {"rate_radps": RATE, "radius_m": 50.0, "accel_mps2": ACCEL} | own
    params = with_law(scenario_params("iss-contact"), "retreat", Law.CIRCUMNAVIGATE, Attitude.POINT_AT, **fields)
    row = phase("retreat")
    params["phase_frame"][0, row], params["phase_point"][0, row] = Frame.HILL, Point.COM
    c = Core(core, params)
    c.call("nav_solution")
    c["solution.r_hill_m"], c["solution.v_hill_mps"], c["solution.w_body_hill_body_radps"] = r_hill, 0.0, 0.0
    c.call("mission_enter", ctypes.c_uint32(row))
    return c


def flown(c: Core, cycles: int) -> tuple[Array, Array]:
    """Position and velocity of the reference in each cycle."""
    rows = []
    for _ in range(cycles):
        c.call("guidance_step")
        rows.append(np.concatenate([c["reference.r_hill_m"], c["reference.v_hill_mps"]]))
    return np.array(rows)[:, :3], np.array(rows)[:, 3:]


def swept(c: Core, cycles: int = 5000) -> tuple[Array, Array, Array]:
    """In-plane angle from hill x toward y, without jumps, and the reference."""
    r, v = flown(c, cycles)
    return np.unwrap(np.arctan2(r[:, 1], r[:, 0])), r, v


def test_from_behind_over_the_zenith_while_the_radius_shrinks(core: ctypes.CDLL) -> None:
    angle, r, v = swept(circling(core, (0.0, -100.0, 4.0), end_rad=0.0))
    radius = np.hypot(r[:, 0], r[:, 1])
    assert angle[0] == pytest.approx(-np.pi / 2.0, abs=1e-3)
    assert (np.diff(angle) >= 0.0).all()
    assert angle[-1] == pytest.approx(0.0, abs=1e-12)
    share = (angle + np.pi / 2.0) / (np.pi / 2.0)
    np.testing.assert_allclose(radius, 100.0 - 50.0 * share, rtol=0, atol=1e-6)  # in proportion to the turn
    np.testing.assert_allclose(r[:, 2], 4.0 * (1.0 - share), rtol=0, atol=1e-6)
    assert r[-1] == pytest.approx([50.0, 0.0, 0.0], abs=1e-9)
    assert np.abs(v[-1]).max() == 0.0


def test_the_velocity_of_the_reference_is_its_derivative(core: ctypes.CDLL) -> None:
    _, r, v = swept(circling(core, (0.0, -100.0, 4.0), end_rad=0.0), 1500)
    numeric, mean = np.diff(r, axis=0) / CYCLE_S, 0.5 * (v[1:] + v[:-1])
    assert np.abs(numeric - mean).max() < 0.6 * ACCEL * CYCLE_S
    assert np.linalg.norm(v, axis=1).max() > 1.2
    assert np.abs(np.diff(v, axis=0)).max() < 0.02  # ramped: no jump


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_sign_of_the_rate_is_the_sense_of_the_turn(core: ctypes.CDLL, sign: float) -> None:
    angle, r, _ = swept(circling(core, (0.0, -50.0, 0.0), end_rad=np.pi / 2.0, rate_radps=sign * RATE))
    assert sign * (angle[-1] - angle[0]) == pytest.approx(np.pi, abs=1e-3)
    assert np.sign(r[len(angle) // 20, 0]) == sign
    assert np.abs(np.diff(angle)).max() <= RATE * CYCLE_S + 1e-9


@pytest.mark.parametrize(("past", "turns", "expected"), [(-0.2, 0, 0.2), (0.05, 0, 0.0), (0.2, 0, 2 * np.pi - 0.2),
                                                         (-0.2, 1, 2 * np.pi + 0.2)])  # fmt: skip
def test_how_far_it_turns(core: ctypes.CDLL, past: float, turns: int, expected: float) -> None:
    """One that begins just past its end stays; further past, it goes round."""
    start = 50.0 * np.array([np.cos(past), np.sin(past), 0.0])
    angle, r, _ = swept(circling(core, start, end_rad=0.0, turns=turns))
    assert angle[-1] - angle[0] == pytest.approx(expected, abs=2e-3)
    assert r[-1] == pytest.approx([50.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("normal", [(0.0, 0.0, 0.0), (0.3, 0.0, 0.9), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)])
def test_it_stays_in_its_plane(core: ctypes.CDLL, normal: tuple[float, float, float]) -> None:
    n = np.array(normal) if any(normal) else np.array([0.0, 0.0, 1.0])
    n /= np.linalg.norm(n)
    start = 50.0 * np.cross(n, [0.6, 0.0, 0.8] if abs(n[1]) > 0.5 else [0.0, 1.0, 0.0])
    start *= 50.0 / np.linalg.norm(start)
    r, _ = flown(circling(core, start, normal=normal, end_rad=2.0, rate_radps=0.05), 3000)
    assert np.abs(r @ n).max() < 1e-9
    np.testing.assert_allclose(np.linalg.norm(r, axis=1), 50.0, rtol=1e-9)
    assert np.linalg.norm(r[-1] - r[0]) > 1.0


def test_it_is_over_at_its_end_and_not_before(core: ctypes.CDLL) -> None:
    c = circling(core, (50.0, 0.0, 0.0), end_rad=0.5, accel_mps2=0.2)
    over = []
    for _ in range(800):
        c["t_us"] = int(c["t_us"][0]) + 100_000
        c.call("nav_solution")
        c.call("guidance_step")
        over.append(bool(c["progress.done"][0]))
    first = over.index(True)
    assert all(over[first:])
    assert first * CYCLE_S >= 0.5 / RATE
    assert c["reference.r_hill_m"] == pytest.approx(50.0 * np.array([np.cos(0.5), np.sin(0.5), 0.0]), abs=1e-9)


@pytest.mark.parametrize("moved", [-0.02, 0.02])
def test_after_a_hold_it_goes_on_from_where_the_chaser_is(core: ctypes.CDLL, moved: float) -> None:
    """Held just before its end, it does not go round again, wherever it was pushed."""
    c = circling(core, (50.0, 0.0, 0.0), end_rad=0.5, accel_mps2=0.2)
    r, _ = flown(c, 255)
    angle = np.arctan2(r[-1, 1], r[-1, 0])
    assert 0.4 < angle < 0.5
    c["solution.r_hill_m"] = held = 50.0 * np.array([np.cos(angle), np.sin(angle), 0.0])
    c["intent.overlay"], c["intent.restart"] = Overlay.HELD, 1
    r, v = flown(c, 50)
    assert np.abs(r - held).max() < 1e-9
    assert np.abs(v).max() == 0.0
    angle = 0.5 + moved
    c["solution.r_hill_m"] = 51.0 * np.array([np.cos(angle), np.sin(angle), 0.0])
    c["intent.overlay"], c["intent.restart"] = 0, 2
    r, _ = flown(c, 1500)
    assert r[-1] == pytest.approx(50.0 * np.array([np.cos(0.5), np.sin(0.5), 0.0]), abs=1e-9)
    assert np.abs(r @ np.array([0.0, 0.0, 1.0])).max() < 1e-9
    assert (np.arctan2(r[:, 1], r[:, 0]) > 0.4).all()
