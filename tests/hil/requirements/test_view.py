"""What a requirement is given of a run: the craft, their shapes and the Sun about them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gnc import kernels
from hil.requirements import View
from hil.requirements.view import apsides_m
from hil.scenario import Scenario
from tests.hil.requirements.made_up import straight_approach, view

ROWS = np.arange(3)


@pytest.fixture
def flight(monkeypatch: pytest.MonkeyPatch) -> View:
    """The target's centre of mass at 0.5 m on its x axis, the chaser's at 1 m on its own, 10 m apart along eci y."""
    craft = {
        "target": SimpleNamespace(shapes=(), com_body_m=(0.5, 0.0, 0.0)),
        "chaser": SimpleNamespace(shapes=(), com_body_m=(1.0, 0.0, 0.0)),
    }
    monkeypatch.setattr(View, "_vehicle", lambda self, part: craft[part])
    truth, telemetry = straight_approach(20.0, 0.1)
    truth["r_chaser_eci_m"] = truth["r_target_eci_m"] + [0.0, 10.0, 0.0]
    truth["q_body_from_eci"] = truth["q_tbody_from_eci"] = [1.0, 0.0, 0.0, 0.0]
    return view(Scenario.load("iss-vbar"), truth, telemetry)


def turned(flight: View, name: str, axis: Any, angle_rad: float) -> None:
    flight.truth[name] = kernels.quat_from_rotvec(angle_rad * np.array(axis))


def test_the_chaser_stands_in_the_targets_own_frame(flight: View) -> None:
    assert flight.chaser_in_tbody_m(ROWS)[0] == pytest.approx([0.5, 10.0, 0.0], abs=1e-9)
    turned(flight, "q_tbody_from_eci", [0.0, 0.0, 1.0], np.pi / 2.0)
    assert flight.chaser_in_tbody_m(ROWS)[0] == pytest.approx([10.5, 0.0, 0.0], abs=1e-9)


def test_the_sun_stands_where_the_almanac_says(flight: View) -> None:
    """2025-02-26, 13:00 UTC: right ascension 22 h 37 min, declination -8.7 degrees (Astronomical Almanac's series)."""
    sun = flight.sun_eci(ROWS)
    assert sun.shape == (3, 3) and np.linalg.norm(sun, axis=1) == pytest.approx(1.0, abs=1e-12)
    assert np.degrees(np.arcsin(sun[0, 2])) == pytest.approx(-8.7, abs=0.3)
    assert np.degrees(np.arctan2(sun[0, 1], sun[0, 0])) % 360.0 == pytest.approx(339.3, abs=0.6)


@pytest.mark.parametrize("anomaly_rad", [0.0, 1.0, 2.5, 4.0])
def test_apsides_are_those_of_the_conic(anomaly_rad: float) -> None:
    """From the equation of a conic of 6,438 by 6,598 km; an open orbit has no largest radius."""
    mu, perigee, apogee = 3.986004418e14, 6438137.0, 6598137.0
    e = (apogee - perigee) / (apogee + perigee)
    p = perigee * (1.0 + e)
    c, s = np.cos(anomaly_rad), np.sin(anomaly_rad)
    r = p / (1.0 + e * c) * np.array([c, s, 0.0])
    v = np.sqrt(mu / p) * np.array([-s, e + c, 0.0])
    assert apsides_m(r, v, mu) == pytest.approx((perigee, apogee), rel=1e-9, abs=0.0)
    assert apsides_m(r, 1.5 * v, mu)[1] == np.inf
