"""Burns, told from true thrust."""

from __future__ import annotations

import numpy as np
import pytest

from hil.requirements.thrust import Burn, burn_table, burning, burns_of, dv_hill_mps
from hil.scenario import Scenario
from tests.hil.requirements import made_up
from tests.hil.requirements.made_up import view


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def test_a_pulse_of_the_hold_is_no_burn(scenario: Scenario) -> None:
    flight = view(scenario, *made_up.burning(), rows=())
    found = burns_of(flight, 0.05)
    assert found == [Burn(3001, 3031), Burn(6001, 6011)]
    assert np.flatnonzero(burning(flight, found)).tolist() == [*range(3001, 3031), *range(6001, 6011)]
    assert burns_of(flight, 0.25) == [Burn(3001, 3031)] and burns_of(flight, 1.0) == []


def test_what_no_propellant_pays_for_is_no_burn(scenario: Scenario) -> None:
    truth, telemetry = made_up.burning()
    truth["mass_kg"] = 19000.0
    assert burns_of(view(scenario, truth, telemetry, rows=()), 0.05) == []


def test_the_velocity_change_is_told_in_hill_axes(scenario: Scenario) -> None:
    """Radial is eci x, along-track y; the body's x axis is turned by 90 degrees about z, onto eci y."""
    truth, telemetry = made_up.burning()
    truth["q_body_from_eci"] = [np.sqrt(0.5), 0.0, 0.0, -np.sqrt(0.5)]
    flight = view(scenario, truth, telemetry, rows=())
    from gnc import kernels

    expected = kernels.quat_irotate(truth["q_body_from_eci"][0].copy(), np.array([0.3, 0.0, 0.0]))
    assert dv_hill_mps(flight, Burn(3001, 3031)) == pytest.approx(expected, abs=1e-12)
    assert abs(expected[1]) == pytest.approx(0.3, abs=1e-12)


def test_the_table_has_the_orbit_before_and_after_each_burn(scenario: Scenario) -> None:
    """From a circular orbit, 10 m/s along it: the apogee rises by 4 a dv / v, to first order."""
    truth, telemetry = made_up.burning()
    truth["q_body_from_eci"] = [np.sqrt(0.5), 0.0, 0.0, -np.sqrt(0.5)]
    truth["r_chaser_eci_m"], truth["v_chaser_eci_mps"] = truth["r_target_eci_m"], truth["v_target_eci_mps"]
    truth["v_chaser_eci_mps"][3030:, 1] += 10.0
    first, second = burn_table(view(scenario, truth, telemetry, rows=()))
    assert (first["start_s"], first["stop_s"]) == (pytest.approx(300.0, abs=1e-6), pytest.approx(303.0, abs=1e-6))
    assert first["dv_mps"] == pytest.approx(0.3, abs=1e-9) and second["dv_mps"] == pytest.approx(0.2, abs=1e-9)
    height = 6.79e6 - scenario.central_body.re_m
    assert first["perigee_before_m"] == pytest.approx(height, abs=1.0)
    assert first["apogee_before_m"] == pytest.approx(height, abs=1.0)
    speed = float(np.linalg.norm(truth["v_target_eci_mps"][0]))
    assert first["apogee_after_m"] - height == pytest.approx(4.0 * 6.79e6 * 10.0 / speed, rel=0.01, abs=0.0)
    assert second["perigee_before_m"] == pytest.approx(height, abs=1.0)
    truth["v_chaser_eci_mps"][6010:] *= 2.0
    assert burn_table(view(scenario, truth, telemetry, rows=()))[1]["apogee_after_m"] is None
