"""Orbit at the end: apsides, and the flight-path angle at entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements import Requirement
from hil.requirements.orbit_at_end import OrbitAtEnd, coming_down_deg
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach

MU, RE = 3.986004418e14, 6378137.0
PERIGEE, APOGEE = RE + 60.0e3, RE + 220.0e3


def state(anomaly_rad: Any) -> tuple[Any, Any]:
    """Position and velocity on the orbit of those apsides, inclined, from the equation of a conic."""
    nu = np.atleast_1d(anomaly_rad)
    e = (APOGEE - PERIGEE) / (APOGEE + PERIGEE)
    p = PERIGEE * (1.0 + e)
    r = p / (1.0 + e * np.cos(nu))
    c, s, zero = np.cos(nu), np.sin(nu), np.zeros_like(nu)
    i = 0.9
    turn = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(i), -np.sin(i)], [0.0, np.sin(i), np.cos(i)]])
    position = np.column_stack([r * c, r * s, zero]) @ turn.T
    velocity = np.sqrt(MU / p) * np.column_stack([-s, e + c, zero]) @ turn.T
    return position, velocity


def flown(anomalies: Any, **limits: Any) -> dict[str, Requirement]:
    truth, telemetry = straight_approach(100.0, 0.1)
    r, v = state(anomalies)
    truth, telemetry = truth[: len(r)].copy(), telemetry[: len(r)]
    truth["r_chaser_eci_m"], truth["v_chaser_eci_mps"] = r, v
    return found(Scenario.load("iss-vbar"), truth, telemetry, rows=(OrbitAtEnd(name="end", **limits),))


def test_heights_have_limits() -> None:
    result = flown([2.0], perigee_min_m=55.0e3, perigee_max_m=59.0e3, apogee_max_m=221.0e3)
    assert {name: r.passed for name, r in result.items() if name.startswith("end")} == {
        "end_perigee_min": True, "end_perigee_max": False, "end_apogee_max": True,
    }  # fmt: skip
    assert result["end_perigee_min"].figure == pytest.approx(60.0e3, abs=1e-2)


def expected_deg(height_m: float) -> float:
    """From the conic's own anomaly at that radius: tan = e sin / (1 + e cos)."""
    e = (APOGEE - PERIGEE) / (APOGEE + PERIGEE)
    c = (PERIGEE * (1.0 + e) / (RE + height_m) - 1.0) / e
    return -float(np.degrees(np.arctan2(e * np.sqrt(1.0 - c * c), 1.0 + e * c)))


def test_the_flight_path_is_that_at_the_height_in_flight_or_after() -> None:
    limits = {"entry_height_m": 120.0e3, "flight_path_min_deg": -1.5, "flight_path_max_deg": -0.5}
    expected = expected_deg(120.0e3)
    after = flown(np.linspace(3.2, 3.4, 100), **limits)["end_flight_path_min"]
    assert after.figure == pytest.approx(expected, abs=1e-6), "the orbit comes down later"
    during = flown(np.linspace(3.2, 6.0, 900), **limits)
    assert during["end_flight_path_max"].figure == pytest.approx(expected, abs=1e-3)
    assert during["end_flight_path_min"].passed and during["end_flight_path_max"].passed is (expected <= -0.5)


def test_what_never_comes_down_that_far_fails() -> None:
    result = flown([2.0], entry_height_m=50.0e3, flight_path_max_deg=-0.1)["end_flight_path_max"]
    assert result.figure is None and result.passed is False
    r, v = state(2.0)
    assert coming_down_deg(r[0], v[0], RE + 300.0e3, MU) is None


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({}, "perigee_min_m"), ({"entry_height_m": 1.2e5}, "entry_height_m"),
        ({"flight_path_max_deg": -1.0}, "entry_height_m"), ({"apogee_max_m": 3.0e5}, None),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_together_are_named(limits: dict[str, float], key: str | None) -> None:
    problem = OrbitAtEnd(name="end", **limits).problem()
    assert (problem and problem[0]) == key
