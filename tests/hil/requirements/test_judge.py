"""Requirements on made-up truth, where every figure is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hil.requirements import Measure, Row, judge, met, rows_of
from hil.requirements.corridor import Corridor
from hil.requirements.delta_v import budget_terms, delta_v
from hil.requirements.table import find
from hil.scenario import Scenario
from tests.hil.requirements.made_up import GOOD_STATE, found, straight_approach, view


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def test_a_clean_approach_meets_everything_but_contact(scenario: Scenario) -> None:
    result = found(scenario, *straight_approach(150.0, 0.09))
    assert {name for name, r in result.items() if r.passed is False} == {
        name for name in result if name.startswith("contact") or name == "captured"
    }
    assert all(result[name].figure is None for name in result if name.startswith("contact_"))


def test_corridor_is_judged_only_inside_its_range(scenario: Scenario) -> None:
    # 12 deg off the axis at 190 m; the same offset further out than 200 m is outside the rule
    lateral = 190.0 * math.tan(math.radians(12.0))
    truth, telemetry = straight_approach(201.0, 1.0, lateral)
    truth, telemetry = truth[:50], telemetry[:50]
    assert found(scenario, truth, telemetry)["corridor"].status == "NOT EVALUATED"
    truth["r_port_tport_m"][:, 0] -= 11.0
    corridor = found(scenario, truth, telemetry)["corridor"]
    assert corridor.figure == pytest.approx(math.degrees(math.atan2(lateral, 190.0 - 4.9)), abs=1e-9)
    assert not corridor.passed


def test_corridor_ends_where_the_contact_limit_is_wider(scenario: Scenario) -> None:
    at = np.array([[0.1, 0.09, 0.0], [0.1, 0.11, 0.0], [-0.1, 0.0, 0.0], [-3.0, 0.1, 0.0]])
    corridor = find(scenario, Corridor)
    assert corridor is not None
    angles = corridor.angle_deg(at)
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
    nothing = found(scenario, truth, telemetry)["keep_out_sphere"]
    assert (nothing.figure, nothing.passed, nothing.status) == (None, None, "NOT EVALUATED")
    truth["r_port_tport_m"][100, 1] = 60.0
    truth["r_chaser_target_hill_m"][100] = [0.0, -199.0, 0.0]
    sphere = found(scenario, truth, telemetry)["keep_out_sphere"]
    assert sphere.figure == 199.0 and not sphere.passed


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
    failed = [r.name for r in found(scenario, truth, telemetry, contact).values() if r.passed is False]
    assert failed == [name]


def test_good_contact_passes_and_touching_without_capture_fails(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    for status, passed in ((1, True), (2, False)):
        contact = {"status": status, "t_s": truth["t_us"][-1] * 1e-6, "state": GOOD_STATE}
        result = found(scenario, truth, telemetry, contact)
        assert result["captured"].passed is passed and met(result.values()) is passed
        assert result["collision"].passed is passed


def test_delta_v_is_the_rocket_equation_and_splits(scenario: Scenario) -> None:
    truth, _ = straight_approach(20.0, 0.07)
    truth["mass_kg"][100:] -= 10.0
    truth["dv_body_mps"][100] = [0.1, 0.0, 0.0]
    truth["dv_body_mps"][150] = [5.0, 0.0, 0.0]  # no propellant left the tank: not thrust
    spent = delta_v(scenario, truth)
    assert spent["total"] == pytest.approx(270.0 * 9.80665 * math.log(19000.0 / 18990.0), rel=1e-9, abs=0.0)
    assert spent["translation"] == pytest.approx(0.1, rel=1e-9, abs=0.0)
    assert spent["attitude"] == pytest.approx(spent["total"] - 0.1, rel=1e-9, abs=0.0)


def test_budget_is_the_profiles_own(scenario: Scenario) -> None:
    n = 0.00113
    terms = budget_terms(scenario, n)
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


def test_touching_elsewhere_is_a_collision_in_every_run(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    contact = {"status": 1, "t_s": truth["t_us"][-1] * 1e-6, "state": GOOD_STATE}
    result = found(scenario, truth, telemetry, contact, collisions=({"t_s": 3.0},))
    assert [name for name, r in result.items() if r.passed is False] == ["collision"]
    assert not met(result.values())


def test_no_run_passes_without_a_requirement_of_its_ending(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(150.0, 0.09)
    rows = tuple(row for row in rows_of(scenario) if not row.ends)
    result = found(scenario, truth, telemetry, rows=rows)
    assert [name for name, r in result.items() if r.passed is False] == ["ending"]
    assert not met(result.values())


def test_what_never_occurred_is_no_pass_unless_it_may_be_so(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(400.0, 0.09)
    truth, telemetry = truth[:100], telemetry[:100]
    for conditional, passed in ((True, None), (False, False)):
        row = Corridor(name="cone", conditional=conditional, half_angle_deg=10.0, range_m=200.0)
        result = found(scenario, truth, telemetry, rows=(row,))["cone"]
        assert (result.figure, result.margin, result.passed) == (None, None, passed)


def test_a_row_that_judges_something_else_than_it_announces_is_refused(scenario: Scenario) -> None:
    class Silent(Row):
        def measures(self) -> tuple[Measure, ...]:
            return (Measure("loud", "m", "loudness"),)

        def evaluate(self, flight: Any) -> list[Any]:
            return []

    truth, telemetry = straight_approach(20.0, 0.07)
    with pytest.raises(ValueError, match="requirement silent: judged nothing: expected loud"):
        found(scenario, truth, telemetry, rows=(Silent(name="silent"),))


def test_what_telemetry_declares_changes_no_result(scenario: Scenario) -> None:
    """Every flag set, a phase that there is none of, or no telemetry at all: the same figures."""
    truth, telemetry = straight_approach(400.0, 0.2)
    truth["r_port_tport_m"][1000:, 1] = 80.0
    as_told = judge(view(scenario, truth, telemetry))
    for told in ("flags", "phase"):
        lying = telemetry.copy()
        lying[told] = np.iinfo(lying[told].dtype).max
        assert judge(view(scenario, truth, lying)) == as_told
    assert judge(view(scenario, truth, np.zeros_like(telemetry))) == as_told


@pytest.mark.parametrize("field", ["r_port_tport_m", "mass_kg", "q_tbody_from_eci"])
def test_a_truth_that_is_not_finite_shows_nothing(scenario: Scenario, field: str) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    truth[field][7] = np.nan
    with pytest.raises(ValueError, match=f"truth is not a finite number: {field}"):
        judge(view(scenario, truth, telemetry))


def test_a_truth_without_rows_shows_nothing(scenario: Scenario) -> None:
    truth, telemetry = straight_approach(20.0, 0.07)
    with pytest.raises(ValueError, match="no cycle was flown"):
        judge(view(scenario, truth[:0], telemetry[:0]))
