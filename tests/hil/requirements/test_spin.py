"""Spin: the largest body rate, over a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements import Requirement
from hil.requirements.spin import Spin
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach


def flown(**keys: Any) -> Requirement:
    """0.3 and 0.4 deg/s about two axes at 50 s, so 0.5 deg/s in all."""
    truth, telemetry = straight_approach(50.0, 0.1)
    truth["w_body_eci_body_radps"][500] = np.radians([0.3, 0.0, -0.4])
    row = Spin(**({"name": "spin", "rate_deg_s": 0.49} | keys))
    return found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))["spin"]


def test_the_rate_of_all_axes_together_is_judged() -> None:
    assert flown().passed is False and flown().figure == pytest.approx(0.5, abs=1e-9)
    assert flown(rate_deg_s=0.51).passed


def test_only_the_time_given_counts() -> None:
    assert flown(from_s=50.1).passed and flown(to_s=49.9).passed and flown(from_s=50.0, to_s=50.0).passed is False
    assert flown(from_s=1.0e6).figure is None
