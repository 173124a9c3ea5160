"""Requirements on made-up truth, where every figure is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import checks
from hil.checks import Requirement
from hil.scenario import Scenario
from hil.truth import TRUTH

NO_CONTACT: dict[str, Any] = {"status": 0, "t_s": 0.0, "state": {}}
GOOD_STATE = {
    "closing_mps": 0.07, "lateral_rate_mps": 0.01, "pitch_yaw_rate_radps": 0.001, "roll_rate_radps": -0.001,
    "lateral_m": 0.05, "pitch_yaw_rad": 0.01, "roll_rad": -0.02,
}  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def straight_approach(start_m: float, closing_mps: float, lateral_m: float = 0.0, cycle_s: float = 0.1) -> Any:
    """Truth and telemetry of a straight approach along the docking axis to 1 m, c.m. 39 m behind the ports."""
    count = int((start_m - 1.0) / (closing_mps * cycle_s))
    truth, telemetry = np.zeros(count, TRUTH), np.zeros(count, flight.TELEMETRY)
    axial = start_m - closing_mps * cycle_s * np.arange(count)
    truth["t_us"] = np.arange(count) * int(cycle_s * 1e6)
    telemetry["t_us"] = truth["t_us"]
    telemetry["t_us"][0] = 1
    truth["r_port_tport_m"][:, 0] = axial
    truth["r_port_tport_m"][:, 1] = lateral_m
    truth["v_port_tport_mps"][:, 0] = -closing_mps
    truth["r_chaser_target_hill_m"][:, 1] = -(axial + 39.0)
    truth["r_chaser_target_hill_m"][:, 2] = lateral_m
    truth["mass_kg"] = 19000.0
    truth["r_target_eci_m"] = [6.79e6, 0.0, 0.0]
    truth["v_target_eci_mps"] = [0.0, math.sqrt(3.986004418e14 / 6.79e6), 0.0]
    return truth, telemetry


def never_close(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
    return [1.0e6] * len(states), [0.0] * len(states)


def found(scenario: Scenario, truth: Any, telemetry: Any, contact: Any = NO_CONTACT) -> dict[str, Requirement]:
    return {r.name: r for r in checks.check(scenario, truth, telemetry, contact, never_close)}


def test_a_clean_approach_meets_everything_but_contact(scenario: Scenario) -> None:
    result = found(scenario, *straight_approach(150.0, 0.09))
    assert {name for name, r in result.items() if not r.passed} == {
        name for name in result if name.startswith("contact") or name == "captured"
    }
    assert all(result[name].figure is None for name in result if name.startswith("contact_"))


def test_corridor_is_judged_only_inside_its_range(scenario: Scenario) -> None:
    # 12 deg off the axis at 190 m; the same offset further out than 200 m is outside the rule
    lateral = 190.0 * math.tan(math.radians(12.0))
    truth, telemetry = straight_approach(201.0, 1.0, lateral)
    truth, telemetry = truth[:50], telemetry[:50]
    assert found(scenario, truth, telemetry)["corridor"].passed
    truth["r_port_tport_m"][:, 0] -= 11.0
    corridor = found(scenario, truth, telemetry)["corridor"]
    assert corridor.figure == pytest.approx(math.degrees(math.atan2(lateral, 190.0 - 4.9)), abs=1e-9)
    assert not corridor.passed


def test_corridor_ends_where_the_contact_limit_is_wider(scenario: Scenario) -> None:
    at = np.array([[0.1, 0.09, 0.0], [0.1, 0.11, 0.0], [-0.1, 0.0, 0.0], [-3.0, 0.1, 0.0]])
    angles = checks.corridor_angle_deg(scenario, at)
    assert (angles <= 10.0).tolist() == [True, False, True, False]


def test_closing_rate_gate_follows_range(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(240.0, 0.30)
    gate = found(scenario, truth, telemetry)["closing_rate"]
    assert not gate.passed and gate.limit == pytest.approx(0.10, rel=1e-9, abs=0.0)
    truth = truth[truth["r_port_tport_m"][:, 0] > 150.0]
    gate = found(scenario, truth, telemetry[: len(truth)])["closing_rate"]
    assert gate.passed
    assert gate.margin == pytest.approx(0.08 + 0.0015 * truth["r_port_tport_m"][-1, 0] - 0.30, rel=1e-9, abs=0.0)


def test_keep_out_sphere_counts_only_outside_the_corridor(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(195.0, 0.09)
    assert found(scenario, truth, telemetry)["keep_out_sphere"].figure is None
    truth["r_port_tport_m"][100, 1] = 60.0
    truth["r_chaser_target_hill_m"][100] = [0.0, -199.0, 0.0]
    sphere = found(scenario, truth, telemetry)["keep_out_sphere"]
    assert sphere.figure == 199.0 and not sphere.passed


def test_an_avoidance_manoeuvre_ends_corridor_and_sphere_and_has_its_own_check(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(100.0, 0.09)
    telemetry["flags"][100:] = int(flight.Flag.CAM)
    truth["r_port_tport_m"][200:, 1] = 90.0
    result = found(scenario, truth, telemetry)
    assert result["corridor"].passed and result["keep_out_sphere"].passed
    trigger = -truth["r_chaser_target_hill_m"][100, 1]
    assert result["avoidance_range"].limit == pytest.approx(trigger - 5.0, rel=1e-9, abs=0.0)
    assert not result["avoidance_range"].passed, "it went on closing to 1 m"
    result = found(scenario, truth[:600], telemetry[:600])
    assert result["avoidance_range"].passed, "it had closed by less than the coast"


CONTACT_CASES = {
    "contact_closing_rate_min": ("closing_mps", 0.049),
    "contact_closing_rate_max": ("closing_mps", 0.101),
    "contact_lateral_rate": ("lateral_rate_mps", 0.041),
    "contact_pitch_yaw_rate": ("pitch_yaw_rate_radps", math.radians(0.21)),
    "contact_roll_rate": ("roll_rate_radps", math.radians(-0.21)),
    "contact_lateral_misalignment": ("lateral_m", 0.11),
    "contact_pitch_yaw_misalignment": ("pitch_yaw_rad", math.radians(4.1)),
    "contact_roll_misalignment": ("roll_rad", math.radians(-4.1)),
}


@pytest.mark.parametrize("name", CONTACT_CASES)
def test_each_contact_limit_fails_alone(scenario: Scenario, name: str) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    key, bad = CONTACT_CASES[name]
    contact = {"status": 1, "t_s": truth["t_us"][-1] * 1e-6, "state": GOOD_STATE | {key: bad}}
    failed = [r.name for r in found(scenario, truth, telemetry, contact).values() if not r.passed]
    assert failed == [name]


def test_good_contact_passes_and_touching_without_capture_fails(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    for status, passed in ((1, True), (2, False)):
        contact = {"status": status, "t_s": truth["t_us"][-1] * 1e-6, "state": GOOD_STATE}
        assert found(scenario, truth, telemetry, contact)["captured"].passed is passed


def test_delta_v_is_the_rocket_equation_and_splits(scenario: Scenario) -> None:
    truth, _ = straight_approach(20.0, 0.07)
    truth["mass_kg"][100:] -= 10.0
    truth["dv_body_mps"][100] = [0.1, 0.0, 0.0]
    truth["dv_body_mps"][150] = [5.0, 0.0, 0.0]  # no propellant left the tank: not thrust
    spent = checks.delta_v(scenario, truth)
    assert spent["total"] == pytest.approx(270.0 * 9.80665 * math.log(19000.0 / 18990.0), rel=1e-9, abs=0.0)
    assert spent["translation"] == pytest.approx(0.1, rel=1e-9, abs=0.0)
    assert spent["attitude"] == pytest.approx(spent["total"] - 0.1, rel=1e-9, abs=0.0)


def test_budget_is_the_profiles_own(scenario: Scenario) -> None:
    n = 0.00113
    terms = checks.budget_terms(scenario, n)
    assert list(terms) == ["s2", "hop", "s3", "approach", "s4", "final"]
    table = scenario.flight
    assert terms["hop"] == pytest.approx(0.5 * n * (3500.0 - table.phase("hop", "distance_m")), rel=1e-9, abs=0.0)
    way = table.phase("s3", "distance_m") - table.phase("s4", "distance_m")
    assert terms["approach"] == pytest.approx(
        2.0 * table.phase("approach", "speed_max_mps") + 2.0 * n * way, rel=1e-9, abs=0.0
    )
    assert terms["final"] == pytest.approx(
        2.0 * table.phase("final", "speed_max_mps") + 2.0 * n * 20.0, rel=1e-9, abs=0.0
    )
    offset, duration = table.phase("s2", "offset_x_m"), table.phase("s2", "duration_s")
    assert terms["s2"] == pytest.approx(3.0 * n * n * offset * duration, rel=1e-9, abs=0.0)
    assert sum(terms.values()) == pytest.approx(3.4, abs=0.3)


def test_free_drifts_are_sampled_on_the_clock_and_inside_burns(scenario: Scenario) -> None:
    truth, telemetry = np.zeros(10_000, TRUTH), np.zeros(10_000, flight.TELEMETRY)
    truth["t_us"] = telemetry["t_us"] = 1 + 100_000 * np.arange(10_000)
    at = scenario.flight.phases.index
    telemetry["phase"] = at("s2")
    telemetry["phase"][2_000:7_000] = at("hop")
    telemetry["phase"][7_000:] = at("s3")
    telemetry["phase"][9_000:] = at("approach")
    telemetry["flags"][3_001:3_031] = int(flight.Flag.BURN)
    telemetry["flags"][:100] = int(flight.Flag.BURN)
    rows = checks.drift_rows(scenario, truth, telemetry)
    on_clock = list(range(2_000, 9_000, 600))
    assert sorted({*on_clock, 3_010, 3_020, 3_030, 8_999}) == rows.tolist()


def test_passive_safety_takes_the_closest_drift_over_four_orbits(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(240.0, 0.09)
    telemetry["phase"] = scenario.flight.phases.index("s3")
    asked: dict[str, Any] = {}

    def closest(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
        asked.update(shape=states.shape, duration_s=duration_s, drag=states[0, 13])
        return [500.0, *[250.0] * (len(states) - 2), 199.0], [0.0] * len(states)

    result = {r.name: r for r in checks.check(scenario, truth, telemetry, NO_CONTACT, closest)}
    assert result["passive_safety"].figure == 199.0 and not result["passive_safety"].passed
    assert asked["shape"][1] == 15
    assert asked["duration_s"] == pytest.approx(4.0 * 5568.0, rel=1e-3, abs=0.0)
    assert asked["drag"] == pytest.approx(2.2 * 28.0 / 19000.0, rel=1e-9, abs=0.0)
