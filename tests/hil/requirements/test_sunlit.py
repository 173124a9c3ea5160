"""Sunlight: the least share of the Sun's disc within a range."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnc import kernels
from hil.requirements import Requirement
from hil.requirements.sunlit import Sunlit
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach, view


def flown(dark_m: float, **keys: Any) -> Requirement:
    """From 189 m to 40 m between the centres of mass, in the dark where they are nearer than a distance."""
    truth, telemetry = straight_approach(150.0, 0.1)
    distance = -truth["r_chaser_target_hill_m"][:, 1]
    truth["sunlit"] = 1.0
    truth["sunlit"][distance < dark_m] = 0.25
    row = Sunlit(**({"name": "lit", "share": 0.5, "range_min_m": 60.0, "range_max_m": 100.0} | keys))
    return found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))["lit"]


def test_only_the_range_counts() -> None:
    assert flown(59.0).passed and flown(59.0).figure == 100.0
    dark = flown(61.0)
    assert dark.passed is False and (dark.figure, dark.limit, dark.unit) == (25.0, 50.0, "%")
    assert flown(61.0, share=0.25).passed


def test_never_within_the_range_is_not_evaluated() -> None:
    assert flown(0.0, range_min_m=0.0, range_max_m=30.0).figure is None
    assert flown(0.0, range_min_m=0.0, range_max_m=30.0, conditional=True).passed is None


def test_the_port_is_lit_while_the_sun_stays_near_its_axis() -> None:
    """The axis of the port turned 60 deg and 80 deg away from the Sun, where the chaser is near."""
    scenario = Scenario.load("iss-vbar")
    truth, telemetry = straight_approach(150.0, 0.1)
    truth["sunlit"] = 1.0
    near = -truth["r_chaser_target_hill_m"][:, 1] <= 100.0
    row = Sunlit(name="lit", share=1.0, range_max_m=100.0, port_angle_deg=70.0)
    sun = view(scenario, truth, telemetry, rows=(row,)).sun_eci(np.array([0]))[0]
    across = np.cross(sun, [0.0, 0.0, 1.0])
    q_tport = np.array(scenario.target.q_tport_from_tbody)
    for angle_deg, passed in ((60.0, True), (80.0, False)):
        axis = sun * np.cos(np.radians(angle_deg)) + np.cross(across / np.linalg.norm(across), sun) * np.sin(
            np.radians(angle_deg)
        )
        q_port = kernels.quat_from_dcm(basis(axis))
        truth["q_tbody_from_eci"] = kernels.quat_mul(q_tport * [1.0, -1.0, -1.0, -1.0], q_port)
        truth["q_tbody_from_eci"][~near] = [1.0, 0.0, 0.0, 0.0]
        results = found(scenario, truth, telemetry, rows=(row,))
        angle = results["lit_port"]
        assert angle.passed is passed and angle.unit == "deg"
        assert angle.figure is not None and abs(angle.figure - angle_deg) < 0.1
    assert results["lit"].passed


def basis(x: Any) -> Any:
    """Axes whose first is x, as rows."""
    y = np.cross([0.0, 0.0, 1.0], x)
    y /= np.linalg.norm(y)
    return np.array([x, y, np.cross(x, y)])
