"""What became of a run: each outcome from what makes it, the worst first, on truth alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil.outcome import Judgement, avoidance_dv_mps, judge_outcome, touching_m
from hil.requirements import View, judge, met, rows_of
from hil.requirements.duration import Duration
from hil.scenario import Scenario
from tests.hil.requirements.made_up import GOOD_STATE, NO_CONTACT, straight_approach, view

FAR_M = 1.0e6


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def waiting(range_m: float = 300.0, count: int = 1000) -> Any:
    """At rest on the V-bar, 300 m from port to port, with a full tank and telemetry that says what is so."""
    truth, telemetry = straight_approach(400.0, 0.1)
    truth, telemetry = truth[:count].copy(), telemetry[:count].copy()
    truth["r_port_tport_m"] = [range_m, 0.0, 0.0]
    truth["v_port_tport_mps"] = 0.0
    truth["r_chaser_target_hill_m"] = [0.0, -(range_m + 39.0), 0.0]
    truth["r_chaser_eci_m"] = truth["r_target_eci_m"] - [0.0, range_m + 39.0, 0.0]
    truth["v_chaser_eci_mps"] = truth["v_target_eci_mps"]
    truth["propellant_kg"] = 700.0
    telemetry["tick"] = 1 + np.arange(count)
    telemetry["r_chaser_target_hill_m"] = truth["r_chaser_target_hill_m"]
    telemetry["sigma_r_hill_m"] = 0.1
    telemetry["instrument_state"] = int(flight.Instrument.IN_USE)
    return truth, telemetry


def outcome(
    scenario: Scenario, truth: Any, telemetry: Any, closest_m: float = FAR_M, contact: Any = NO_CONTACT,
    rows: Any = None, collisions: Any = (),
) -> Judgement:  # fmt: skip
    def drift(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
        found = closest_m if duration_s == 86400.0 else FAR_M
        return [found] * len(states), [0.0] * len(states)

    seen = view(scenario, truth, telemetry, contact, rows, drift, collisions)
    results = judge(seen)
    return judge_outcome(seen, results, met(results))


def test_waiting_clear_and_able_is_safe(scenario: Scenario) -> None:
    found = outcome(scenario, *waiting())
    assert (found.outcome, found.reasons, found.closest_after_m) == ("SAFE", (), FAR_M)


def test_what_it_was_to_do_passes(scenario: Scenario) -> None:
    assert outcome(scenario, *waiting(), rows=(Duration(name="d", min_s=50.0),)).outcome == "PASS"
    assert outcome(scenario, *waiting(), rows=(Duration(name="d", min_s=500.0),)).outcome == "SAFE"


def test_a_clear_chaser_without_means_is_passive(scenario: Scenario) -> None:
    truth, telemetry = waiting()
    truth["propellant_kg"] = 0.5
    found = outcome(scenario, truth, telemetry)
    assert found.outcome == "PASSIVE" and "an avoidance burn takes 0.50 m/s" in found.reasons[0]
    truth, telemetry = waiting()
    telemetry["tick"] = 0
    assert outcome(scenario, truth, telemetry).outcome == "PASSIVE"


def test_coming_back_within_a_day_is_a_breach_and_touching_a_collision(scenario: Scenario) -> None:
    touching = touching_m(view(scenario, *waiting()))
    assert 50.0 < touching < 150.0
    for closest_m, expected in (
        (200.1, "SAFE"), (199.9, "BREACH"), (touching + 0.1, "BREACH"), (touching - 0.1, "COLLISION"),
    ):  # fmt: skip
        assert outcome(scenario, *waiting(), closest_m).outcome == expected, closest_m


def test_craft_without_shapes_touch_within_the_arms_of_their_ports(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(View, "shape_of", lambda self, part: ())
    assert touching_m(view(scenario, *waiting())) == pytest.approx(39.0, abs=1e-9)


def test_a_limit_of_safety_that_was_broken_is_a_breach(scenario: Scenario) -> None:
    truth, telemetry = waiting()
    truth["r_chaser_target_hill_m"][100:200] = [150.0, 0.0, 0.0]
    found = outcome(scenario, truth, telemetry)
    assert found.outcome == "BREACH" and "keep-out" in found.reasons[0]
    truth, telemetry = waiting(100.0)
    truth["v_port_tport_mps"][50, 0] = -0.5
    assert outcome(scenario, truth, telemetry).outcome == "BREACH"
    truth, telemetry = waiting(100.0)
    truth["v_port_tport_mps"][50, 1] = 0.5
    assert outcome(scenario, truth, telemetry).outcome == "BREACH", "sideways is as fast"


def test_docking_inside_its_limits_passes_and_outside_is_a_breach(scenario: Scenario) -> None:
    truth, telemetry = waiting(0.1)
    truth["contact_status"][500:] = 1
    contact = {"status": 1, "t_s": 49.95, "state": GOOD_STATE}
    assert outcome(scenario, truth, telemetry, 0.0, contact).outcome == "PASS", "what is docked does not drift"
    fast = contact | {"state": GOOD_STATE | {"closing_mps": 0.2}}
    found = outcome(scenario, truth, telemetry, 0.0, fast)
    assert found.outcome == "BREACH" and "closing rate at contact, maximum: 0.2 m/s, limit 0.1" in found.reasons


def test_touching_anywhere_else_is_a_collision(scenario: Scenario) -> None:
    touch = {"t_s": 12.0, "bodies": ("cargo", "iss"), "speed_mps": 0.25, "point_body_m": (0.0, 0.0, 0.0)}
    found = outcome(scenario, *waiting(), collisions=(touch,))
    assert found.outcome == "COLLISION" and found.reasons == ("cargo and iss touched at 12.0 s, 0.250 m/s",)
    contact = {"status": 2, "t_s": 60.0, "state": GOOD_STATE}
    assert outcome(scenario, *waiting(0.1), contact=contact).outcome == "COLLISION"


def test_turning_or_an_open_valve_at_the_end_is_uncontrolled(scenario: Scenario) -> None:
    truth, telemetry = waiting()
    truth["w_body_eci_body_radps"][-20:] = [0.0, np.radians(0.6), 0.0]
    assert outcome(scenario, truth, telemetry).outcome == "UNCONTROLLED"
    truth["w_body_eci_body_radps"][-20:] = [0.0, np.radians(0.4), 0.0]
    assert outcome(scenario, truth, telemetry).outcome == "SAFE"
    truth["mass_kg"] -= 0.01 * np.clip(np.arange(1000) - 800, 0, None)
    found = outcome(scenario, truth, telemetry)
    assert found.outcome == "UNCONTROLLED" and found.reasons == ("a valve is open at the end",)


def test_navigation_that_is_wrong_and_says_it_is_good_is_uncontrolled(scenario: Scenario) -> None:
    truth, telemetry = waiting()
    telemetry["r_chaser_target_hill_m"][-1, 0] += 40.0
    found = outcome(scenario, truth, telemetry)
    assert found.outcome == "UNCONTROLLED" and found.reasons == (
        "navigation is flagged good and wrong by 40.0 m at 339.0 m",
    )
    telemetry["sigma_r_hill_m"][-1] = 9.0
    assert outcome(scenario, truth, telemetry).outcome == "SAFE", "within its sigma"
    telemetry["sigma_r_hill_m"][-1], telemetry["instrument_state"][-1] = 0.1, 7
    assert outcome(scenario, truth, telemetry).outcome == "SAFE", "it says that it lost them"


def test_a_drift_that_cannot_be_told_is_uncontrolled(scenario: Scenario) -> None:
    found = outcome(scenario, *waiting(), float("nan"))
    assert found.outcome == "UNCONTROLLED" and found.closest_after_m is None


def test_a_chaser_that_re_enters_does_not_come_back(scenario: Scenario) -> None:
    truth, telemetry = waiting()
    truth["v_chaser_eci_mps"][-1] *= 0.97
    assert outcome(scenario, truth, telemetry, 0.0).outcome == "SAFE"


def drifts_asked(scenario: Scenario, sigma_r_m: float, sigma_v_mps: float) -> tuple[Any, float | None]:
    """The states from which a day of free drift is flown, shape (n, 15), and the closest of 400 m, 399 m, ..."""
    asked = []

    def drift(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
        asked.append(states.copy())
        return [400.0 - i for i in range(len(states))], [0.0] * len(states)

    rows = tuple(row for row in rows_of(scenario) if row.name != "passive_safety")
    truth, telemetry = waiting()
    telemetry["sigma_r_hill_m"], telemetry["sigma_v_hill_mps"] = sigma_r_m, sigma_v_mps
    seen = view(scenario, truth, telemetry, rows=rows, drift=drift)
    closest = judge_outcome(seen, judge(seen), False).closest_after_m
    return asked[-1], closest


def test_drag_and_state_are_varied_and_the_worst_counts(scenario: Scenario) -> None:
    asked, closest_m = drifts_asked(scenario, 0.5, 0.001)
    assert closest_m == 392.0
    for at in range(0, 9, 3):
        ratio = asked[at : at + 3, 13] / asked[at, 13]
        assert ratio == pytest.approx([1.0, 2.0, 0.5], rel=1e-12, abs=0.0)
    assert asked[3, 1:4] - asked[0, 1:4] == pytest.approx([1.5, 0.0, 0.0], abs=1e-6), "3 sigma higher"
    assert asked[3, 4:7] - asked[0, 4:7] == pytest.approx([0.0, 0.003, 0.0], abs=1e-9), "and faster"
    assert asked[6, 1:4] - asked[0, 1:4] == pytest.approx([-1.5, 0.0, 0.0], abs=1e-6)
    unknown, _ = drifts_asked(scenario, float("nan"), 0.001)
    assert (unknown[:, 1:7] == unknown[0, 1:7]).all(), "what is not told shifts nothing"


def test_outside_the_corridor_the_ports_may_not_come_nearer_too_fast(scenario: Scenario) -> None:
    """Beside the axis the rate along it is that at which the target turns, and no closing."""
    truth, telemetry = waiting()
    truth["r_port_tport_m"] = [20.0, 230.0, 0.0]
    truth["v_port_tport_mps"] = [-2.0, 0.15, 0.0]
    assert outcome(scenario, truth, telemetry).outcome == "SAFE", "it turns: nothing comes nearer"
    truth["v_port_tport_mps"] = [0.0, -0.6, 0.0]
    found = outcome(scenario, truth, telemetry)
    assert found.outcome == "BREACH" and found.reasons == ("closes at 0.598 m/s at 230.9 m, limit 0.426",)


def docked(scenario: Scenario, flows: slice) -> Judgement:
    """Docked for the last 50 s of 100 s, with propellant flowing in some rows."""
    truth, telemetry = waiting(0.1)
    truth["contact_status"][500:] = 1
    used = np.zeros(len(truth))
    used[flows] = 0.01
    truth["mass_kg"] -= np.cumsum(used)
    return outcome(scenario, truth, telemetry, 0.0, {"status": 1, "t_s": 49.95, "state": GOOD_STATE})


def test_nothing_fires_once_it_is_captured(scenario: Scenario) -> None:
    assert docked(scenario, slice(400, 515)).outcome == "PASS", "what still flowed as it was captured"
    found = docked(scenario, slice(600, 603))
    assert found.outcome == "UNCONTROLLED" and found.reasons == ("thrusters fire while docked",)
    assert docked(scenario, slice(450, None)).reasons == ("a valve is open at the end",)


def test_a_valve_that_opens_with_capture_is_open_at_the_end(scenario: Scenario) -> None:
    truth, telemetry = waiting(0.1)
    truth["contact_status"][950:] = 1
    truth["mass_kg"][950:] -= 0.01 * np.arange(50)
    found = outcome(scenario, truth, telemetry, 0.0, {"status": 1, "t_s": 94.95, "state": GOOD_STATE})
    assert found.outcome == "UNCONTROLLED" and found.reasons == ("a valve is open at the end",)


def test_what_lets_go_after_capture_drifts_as_any_other(scenario: Scenario) -> None:
    truth, telemetry = waiting(0.1)
    truth["contact_status"][500:900] = 1
    contact = {"status": 1, "t_s": 49.95, "state": GOOD_STATE}
    assert outcome(scenario, truth, telemetry, 30.0, contact).outcome == "COLLISION"


def thrusting(scenario: Scenario, speed_mps: float, every: int = 10) -> Judgement:
    """Thrusters fire now and then while it goes away from the target at a speed."""
    truth, telemetry = waiting(count=3100)
    away = speed_mps * 0.1 * np.arange(len(truth))
    truth["r_chaser_target_hill_m"][:, 1] -= away
    truth["r_port_tport_m"][:, 0] += away
    truth["v_chaser_target_hill_mps"][:, 1] = -speed_mps
    telemetry["r_chaser_target_hill_m"] = truth["r_chaser_target_hill_m"]
    truth["dv_body_mps"][::every, 0] = 0.001
    truth["mass_kg"] -= 0.01 * (np.arange(len(truth)) // every)
    return outcome(scenario, truth, telemetry)


def test_a_chaser_that_thrusts_and_runs_away_is_uncontrolled(scenario: Scenario) -> None:
    assert thrusting(scenario, 0.3).outcome == "SAFE", "a retreat"
    assert thrusting(scenario, 1.5).outcome == "SAFE", "a departure"
    found = thrusting(scenario, 20.0)
    assert found.outcome == "UNCONTROLLED" and "thrusts at the end and moves at 20.0 m/s" in found.reasons[0]
    assert thrusting(scenario, 20.0, every=5000).outcome == "SAFE", "what coasts is not flown"


def test_what_telemetry_declares_is_no_evidence_of_safety(scenario: Scenario) -> None:
    """The phase, the reason and every flag may say what they like: docked, a break-off, thrusters inhibited."""
    plain = outcome(scenario, *waiting(100.0), closest_m=150.0)
    truth, telemetry = waiting(100.0)
    telemetry["phase"], telemetry["abort_reason"], telemetry["flags"] = 6, 3, 0xFFFF
    assert outcome(scenario, truth, telemetry, 150.0) == plain and plain.outcome == "BREACH"


def test_the_avoidance_burn_is_the_missions_own(scenario: Scenario) -> None:
    assert avoidance_dv_mps(scenario) == pytest.approx(np.hypot(0.5, 0.02), rel=1e-12, abs=0.0)
