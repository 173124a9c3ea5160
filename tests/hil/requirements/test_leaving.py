"""Breaking off, told from where the chaser went."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements import met
from hil.requirements.leaving import leaving
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach

COAST_M = 5.0


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def approach_and_away(nearest_m: float, back_to_m: float, sideways_m: float, after_m: float = 0.0) -> Any:
    """Down to `nearest_m` from port to port along the axis, then away, off the axis from after_m on the way back."""
    truth, telemetry = straight_approach(150.0, 0.1)
    truth, telemetry = np.repeat(truth, 3)[:27000], np.repeat(telemetry, 3)[:27000]
    count = len(truth)
    down = np.linspace(150.0, nearest_m, count // 3)
    away = np.linspace(nearest_m, back_to_m, count - len(down))
    axial = np.concatenate([down, away])
    off = np.zeros(count)
    off[len(down) :] = np.where(away - nearest_m >= after_m, sideways_m, 0.0)
    truth["t_us"] = telemetry["t_us"] = 1 + 100_000 * np.arange(count)
    truth["r_port_tport_m"] = np.column_stack([axial, off, 0.0 * off])
    truth["v_port_tport_mps"] = 0.0
    truth["r_chaser_target_hill_m"] = np.column_stack([0.0 * off, -(axial + 39.0), off])
    return truth, telemetry


def test_leaving_the_corridor_for_good_ends_the_approach_and_has_its_own_check(scenario: Scenario) -> None:
    truth, telemetry = approach_and_away(50.0, 300.0, 40.0)
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed and result["keep_out_sphere"].passed
    assert result["avoidance_range"].passed
    assert result["closing_rate_lateral"].passed


def test_wandering_off_without_leaving_is_judged(scenario: Scenario) -> None:
    truth, telemetry = approach_and_away(50.0, 120.0, 40.0)
    truth["r_chaser_target_hill_m"][-1] = truth["r_chaser_target_hill_m"][-2]  # it hovers
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed is False and result["keep_out_sphere"].passed is False


def test_coming_back_after_a_break_off_is_judged(scenario: Scenario) -> None:
    away, telemetry = approach_and_away(50.0, 300.0, 40.0)
    back = away[::-1].copy()[: len(away) // 2]
    truth, telemetry = np.concatenate([away, back]), np.concatenate([telemetry, telemetry[: len(back)]])
    truth["t_us"] = telemetry["t_us"] = 1 + 100_000 * np.arange(len(truth))
    result = found(scenario, truth, telemetry)
    assert result["keep_out_sphere"].passed is False
    assert not met(result.values())


def test_closing_on_after_leaving_the_corridor_is_judged(scenario: Scenario) -> None:
    """Out of the corridor at 150 m, 100 m nearer all the same, and away after that."""
    truth, telemetry = approach_and_away(50.0, 300.0, 40.0)
    early = truth["r_port_tport_m"][:, 0] < 140.0
    truth["r_port_tport_m"][early, 1] = truth["r_chaser_target_hill_m"][early, 2] = 40.0
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed is False and result["avoidance_range"].passed is False
    assert result["avoidance_range"].margin == pytest.approx(-85.8 + COAST_M, abs=0.1)


def test_what_ends_in_contact_never_left() -> None:
    n = 100
    distance = np.concatenate([np.linspace(100.0, 10.0, n), np.linspace(10.0, 60.0, n)])
    inside, entered = np.ones(2 * n, bool), np.arange(2 * n) < n
    assert leaving(inside, entered, distance, in_contact=False, coast_m=COAST_M)[n:].all()
    assert not leaving(inside, entered, distance, in_contact=True, coast_m=COAST_M).any()


def test_a_hold_before_the_break_off_is_part_of_the_approach() -> None:
    hold = 20.0 + 0.01 * np.sin(np.arange(400) / 10.0)
    distance = np.concatenate([np.linspace(100.0, 20.0, 100), hold, np.linspace(20.0, 100.0, 100)])
    gone = leaving(np.ones(600, bool), np.ones(600, bool), distance, in_contact=False, coast_m=COAST_M)
    assert not gone[:100].any() and gone[500:].all()


def test_a_stay_that_begins_outside_the_corridor_is_never_excused() -> None:
    distance = np.concatenate([np.linspace(200.0, 150.0, 50), np.linspace(150.0, 210.0, 50)])
    entered = np.zeros(100, bool)
    assert not leaving(distance < 200.0, entered, distance, in_contact=False, coast_m=COAST_M).any()


def test_a_departure_stays_in_the_corridor(scenario: Scenario) -> None:
    """Who starts docked breaks off nothing: the corridor and the zone are judged all the way out."""
    truth, telemetry = approach_and_away(0.0, 300.0, 40.0, after_m=100.0)
    out = len(truth) // 3
    truth, telemetry = truth[out:].copy(), telemetry[out:]
    truth["t_us"] = telemetry["t_us"] = 1 + 100_000 * np.arange(len(truth))
    truth["contact_status"][:50] = 1
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed is False and result["keep_out_sphere"].passed is False
    truth["r_port_tport_m"][:, 1:] = 0.0
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed and result["keep_out_sphere"].passed
