"""Berthing box: held long enough, near enough and slowly enough, and quiet at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements import Requirement
from hil.requirements.berthing_box import BerthingBox
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach

CENTRE = (-10.0, 0.0, 0.0)
ROW = BerthingBox(
    name="box", frame="hill", centre_m=CENTRE, half_size_m=0.15, speed_mps=0.005, hold_s=120.0, quiet_s=60.0
)


def flown(count: int = 2000, row: BerthingBox = ROW, **changes: Any) -> dict[str, Requirement]:
    """200 s at rest in the middle of the box, thrust until 100 s; changes: what is added to a field in some rows."""
    truth, telemetry = straight_approach(400.0, 0.1)
    truth, telemetry = truth[:count].copy(), telemetry[:count]
    truth["mass_kg"] = 500.0 - 0.001 * np.minimum(np.arange(count), 1000)
    for names in (("r_chaser_target_hill_m", "v_chaser_target_hill_mps"), ("r_port_tport_m", "v_port_tport_mps")):
        truth[names[0]], truth[names[1]] = CENTRE, 0.0
    for name, (rows, axis, value) in changes.items():
        truth[name][rows, axis] += value
    return found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))


def failed(result: dict[str, Requirement]) -> list[str]:
    return [name for name, r in result.items() if not r.passed]


def test_holding_still_and_quiet_is_the_end_of_a_mission() -> None:
    result = flown()
    assert failed(result) == []
    assert result["box_hold"].figure == pytest.approx(200.0, abs=1e-9)
    assert result["box_quiet"].figure == pytest.approx(99.9, abs=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_break_of_the_hold_starts_it_anew(axis: int) -> None:
    out: Any = (slice(1000, 1001), axis, 0.16)
    assert failed(flown(r_chaser_target_hill_m=out)) == ["box_hold"]
    fast: Any = (slice(1000, 1001), axis, 0.0051)
    assert failed(flown(v_chaser_target_hill_mps=fast)) == ["box_hold"]
    early: Any = (slice(0, 700), axis, 5.0)
    late = flown(r_chaser_target_hill_m=early)
    assert failed(late) == [] and late["box_hold"].figure == pytest.approx(130.0, abs=1e-9)


def test_never_there_fails_by_where_it_was() -> None:
    result = flown(r_chaser_target_hill_m=(slice(None), 1, 3.0))
    assert failed(result) == ["box_hold", "box_offset"]
    assert result["box_hold"].figure == 0.0 and result["box_offset"].figure == pytest.approx(3.0, abs=1e-12)


def test_thrust_near_the_end_is_not_quiet() -> None:
    assert failed(flown(1500)) == ["box_quiet"], "only 50 s without thrust"


def test_the_box_can_stand_before_the_target_port() -> None:
    row = BerthingBox(name="box", frame="tport", centre_m=CENTRE, half_size_m=0.15, speed_mps=0.005, hold_s=120.0)
    assert failed(flown(row=row, r_chaser_target_hill_m=(slice(None), 0, 9.0))) == []
    assert "box_offset" in failed(flown(row=row, r_port_tport_m=(slice(None), 0, 0.2)))
