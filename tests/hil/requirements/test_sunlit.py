"""Sunlight: the least share of the Sun's disc within a range."""

from __future__ import annotations

from typing import Any

from hil.requirements import Requirement
from hil.requirements.sunlit import Sunlit
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach


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
