"""Passive safety: where free drifts start, and the closest of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hil.requirements.passive_safety import PassiveSafety
from hil.scenario import Scenario
from tests.hil.requirements.made_up import burning, found, straight_approach, view

ROW = PassiveSafety(
    name="passive_safety", distance_m=200.0, orbits=4.0, beyond_m=300.0, until_m=250.0, interval_s=60.0,
    burn_interval_s=1.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def test_drifts_start_on_a_clock_inside_burns_and_as_they_end(scenario: Scenario) -> None:
    rows = ROW.drift_rows(view(scenario, *burning(), rows=(ROW,)))
    clock = set(range(0, 10_000, 600))
    assert set(rows.tolist()) == clock | {3010, 3020, 3030, 6010, 9999}


def test_nothing_starts_near_or_after_the_chaser_was_there(scenario: Scenario) -> None:
    truth, telemetry = burning()
    truth["r_chaser_target_hill_m"][4000:5000, 1] = -299.0
    truth["r_chaser_target_hill_m"][8000:8001, 1] = -249.0
    rows = ROW.drift_rows(view(scenario, truth, telemetry, rows=(ROW,)))
    assert not ((rows >= 4000) & (rows < 5000)).any() and (rows > 5000).any() and rows.max() == 7999


def test_nothing_starts_after_a_time(scenario: Scenario) -> None:
    rows = replace(ROW, to_s=350.0).drift_rows(view(scenario, *burning(), rows=(ROW,)))
    assert rows.max() == 3500 and {3010, 3020, 3030} <= set(rows.tolist())


def test_the_closest_drift_over_four_orbits_is_judged(scenario: Scenario) -> None:
    asked: dict[str, Any] = {}

    def closest(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
        asked.update(shape=states.shape, duration_s=duration_s, drag=states[0, 13])
        return [500.0, *[250.0] * (len(states) - 2), 199.0], [0.0] * len(states)

    truth, telemetry = straight_approach(300.0, 0.09)
    result = found(scenario, truth, telemetry, rows=(ROW,), drift=closest)["passive_safety"]
    assert result.figure == 199.0 and not result.passed
    assert asked["shape"][1] == 15
    assert asked["duration_s"] == pytest.approx(4.0 * 5568.0, rel=1e-3, abs=0.0)
    assert asked["drag"] == pytest.approx(2.2 * 28.0 / 19000.0, rel=1e-9, abs=0.0)


def test_never_far_enough_is_not_evaluated(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(200.0, 0.09)
    assert found(scenario, truth, telemetry, rows=(ROW,))["passive_safety"].figure is None
