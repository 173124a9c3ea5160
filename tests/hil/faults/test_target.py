"""Faults of the target: it accelerates, its attitude drifts, or it tumbles, by as much as is declared."""

from typing import Any

import numpy as np
import pytest

from hil.scenario import ScenarioError
from tests.hil.faults.flown import flown, with_faults

TARGET = {"vehicle": "iss"}


def turned_deg(log: Any, plain: Any, row: int) -> float:
    """Angle between the target's attitudes of two flights."""
    one, other = log.truth["q_tbody_from_eci"][row], plain.truth["q_tbody_from_eci"][row]
    return float(np.degrees(2.0 * np.arccos(min(1.0, abs(float(one @ other))))))


@pytest.fixture(scope="module")
def plain() -> Any:
    return flown(seconds=60.0)


def test_a_reboost_gains_its_velocity(plain: Any) -> None:
    row = TARGET | {"kind": "reboost", "accel_hill_mps2": [0.0, 0.005, 0.0], "start_s": 10.0, "duration_s": 20.0}
    log = flown(row, seconds=60.0)
    gained = log.truth["v_target_eci_mps"] - plain.truth["v_target_eci_mps"]
    assert not gained[:101].any() and log.faults[0]["changed"] == 200
    along = plain.truth["v_target_eci_mps"][300] / np.linalg.norm(plain.truth["v_target_eci_mps"][300])
    assert gained[300] @ along == pytest.approx(0.1, abs=1e-4) and np.linalg.norm(gained[300]) < 0.101


def test_a_drift_of_attitude_turns_at_its_rate(plain: Any) -> None:
    row = TARGET | {"kind": "attitude_drift", "rate_deg_s": [0.0, 0.05, 0.0], "start_s": 10.0}
    log = flown(row, seconds=60.0)
    assert turned_deg(log, plain, 100) == pytest.approx(0.0, abs=1e-5)
    assert turned_deg(log, plain, 599) - turned_deg(log, plain, 399) == pytest.approx(1.0, abs=0.02)
    assert log.faults[0]["changed"] == 500


def test_a_tumble_is_free_from_its_rate_on(plain: Any) -> None:
    log = flown(TARGET | {"kind": "tumble", "rate_deg_s": [0.2, 0.0, 0.0], "start_s": 10.0}, seconds=60.0)
    assert turned_deg(log, plain, 400) == pytest.approx(6.0, abs=0.2) and log.faults[0]["changed"] == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "explosion"}, 'kind = "explosion": expected a fault that the target can have: reboost'),
        ({"kind": "reboost"}, "accel_hill_mps2: missing; expected for reboost"),
        (
            {"kind": "tumble", "rate_deg_s": [1.0, 0.0, 0.0], "duration_s": 5.0},
            "kind = tumble: expected without an end",
        ),
        ({"vehicle": "cargo", "kind": "reboost"}, 'vehicle = "cargo": expected the target, "iss"'),
    ],
)
def test_what_it_cannot_have_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises((ScenarioError, ValueError), match=said):
        flown(TARGET | {"start_s": 1.0} | more, seconds=1.0)


def test_a_target_that_tumbles_already_loses_no_attitude() -> None:
    row = {"vehicle": "derelict", "kind": "tumble", "rate_deg_s": [1.0, 0.0, 0.0], "start_s": 1.0}
    scenario = with_faults(name="debris-inspect")
    row["vehicle"] = scenario.scenario.target
    from hil.prepare import prepare

    with pytest.raises(ScenarioError, match="expected a target that holds an attitude"):
        prepare(with_faults(row, name="debris-inspect"), 1)
