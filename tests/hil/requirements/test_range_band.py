"""Range band: the smallest and the largest range over a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements.range_band import RangeBand
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach


def band(**keys: Any) -> RangeBand:
    return RangeBand(name="band", **({"range_min_m": 60.0, "range_max_m": 200.0} | keys))


def flown(row: RangeBand) -> tuple[Any, Any]:
    """From 189 m to 40 m between the centres of mass, at 0.1 m/s."""
    result = found(Scenario.load("iss-vbar"), *straight_approach(150.0, 0.1), rows=(row,))
    return result["band_min"], result["band_max"]


def test_both_ends_are_judged() -> None:
    nearest, farthest = flown(band())
    assert nearest.passed is False and nearest.figure == pytest.approx(40.02, abs=1e-6)
    assert farthest.passed and farthest.figure == pytest.approx(189.0, abs=1e-6)
    assert [r.passed for r in flown(band(range_min_m=40.0, range_max_m=188.9))] == [True, False]


def test_only_the_time_given_counts() -> None:
    nearest, farthest = flown(band(from_s=100.0, to_s=1000.0))
    assert nearest.figure == pytest.approx(89.0, abs=1e-6) and farthest.figure == pytest.approx(179.0, abs=1e-6)
    assert [r.passed for r in flown(band(from_s=1.0e5))] == [False, False]
    assert [r.passed for r in flown(band(from_s=1.0e5, conditional=True))] == [None, None]


def test_the_distance_can_be_between_the_shapes() -> None:
    truth, telemetry = straight_approach(150.0, 0.1)
    truth["clearance_m"] = np.linspace(100.0, 59.0, len(truth))
    row = band(of="shape")
    nearest = found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))["band_min"]
    assert nearest.figure == 59.0 and nearest.passed is False
    assert nearest.words == "distance between the shapes, minimum"
