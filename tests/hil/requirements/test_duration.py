"""Duration: the cycles flown against the shortest and longest time."""

from __future__ import annotations

import pytest

from hil.requirements.duration import Duration
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach


@pytest.mark.parametrize(
    ("least", "most", "passed"),
    [
        (100.0, None, {"long": True}),
        (102.0, None, {"long": False}),
        (None, 100.0, {"long": False}),
        (99.0, 110.0, {"long_min": True, "long_max": True}),
    ],
)
def test_the_time_flown_is_judged(least: float | None, most: float | None, passed: dict[str, bool]) -> None:
    truth, telemetry = straight_approach(12.0, 0.1)
    truth, telemetry = truth[:1010], telemetry[:1010]
    rows = (Duration(name="long", min_s=least, max_s=most),)
    result = found(Scenario.load("iss-vbar"), truth, telemetry, rows=rows)
    assert {name: result[name].passed for name in passed} == passed
    assert result[next(iter(passed))].figure == pytest.approx(101.0, abs=1e-9)
    assert set(result) == {*passed, "collision"}, "it shows the end of the mission"
