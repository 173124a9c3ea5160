"""Leaving the station: unlatched, pushed off by springs, out of the corridor on the first departure burn."""

from __future__ import annotations

import numpy as np
import pytest

from gnc.flight import Law
from hil import Log, Scenario, fly
from hil.run import _last_phases

LEAVING = Scenario.load("iss-departure", ["scenario.max_duration_s=330.0"])
GO_S, CLEAR_M, SPRINGS_MPS = 60.0, 1.0, 0.08


@pytest.fixture(scope="module")
def log() -> Log:
    return fly(LEAVING, seed=1)


def at_s(log: Log) -> np.ndarray:
    return log.truth["t_us"] * 1e-6


def test_it_leaves_phase_by_phase(log: Log) -> None:
    names = [LEAVING.flight.phase_name(int(phase)) for phase in log.telemetry["phase"]]
    assert list(dict.fromkeys(names)) == ["docked", "release", "departure-0", "departure-1"]
    assert not log.telemetry["abort_reason"].any()
    assert log.outcome is not None and log.outcome.reasons == ()


def test_it_is_held_until_told_to_go_and_then_pushed_off(log: Log) -> None:
    status, apart = log.truth["contact_status"], log.truth["r_port_tport_m"][:, 0]
    released = int(np.flatnonzero(status == 0)[0])
    assert (status[:released] == 1).all() and not status[released:].any()
    assert at_s(log)[released] == pytest.approx(GO_S + 0.1, abs=0.101)
    assert (apart[released + 50] - apart[released]) / 5.0 == pytest.approx(SPRINGS_MPS, abs=2e-3)


def test_nothing_fires_before_the_ports_are_clear(log: Log) -> None:
    """By truth and by the command; then the burn."""
    fires = log.command["thruster_on_us"].any(axis=1)
    first = int(np.flatnonzero(fires)[0])
    assert log.truth["r_port_tport_m"][first, 0] == pytest.approx(CLEAR_M, abs=0.1)
    assert (log.truth["mass_kg"][:first] == log.truth["mass_kg"][0]).all()


def test_it_stays_in_the_corridor_and_touches_nothing(log: Log) -> None:
    results = {result.name: result for result in log.requirements}
    assert results["corridor"].passed and results["keep_out_sphere"].passed and results["collision"].passed


def test_navigation_knows_where_it_was_let_go_and_what_pushed_it(log: Log) -> None:
    after = at_s(log) > GO_S + 5.0
    r, v = (
        log.telemetry[name][after] - log.truth[name][after]
        for name in ("r_chaser_target_hill_m", "v_chaser_target_hill_mps")
    )
    assert np.abs(r).max() < 0.3
    assert np.abs(v).max() < 0.02


def test_the_first_burn_gives_what_is_stated(log: Log) -> None:
    burn = log.burns[0]
    asked = LEAVING.flight.phase("departure-0", "delta_v_mps")
    given = np.array(burn["dv_hill_mps"])
    assert given == pytest.approx(asked, abs=0.05)
    assert burn["apogee_before_m"] > burn["apogee_after_m"]


def test_only_the_last_phases_end_the_run() -> None:
    names = LEAVING.flight.phases
    assert [names[at] for at in _last_phases(LEAVING)] == ["entry", "standby"]
    assert LEAVING.flight.phase("coast", "law") == Law.DRIFT


@pytest.mark.long
def test_far_from_the_target_absolute_gnss_carries_it_down() -> None:
    """Relative GNSS falls silent at 19 km: the burns and the entry are what they are with it."""
    silent = 'fault=[{instrument = "rgnss", kind = "dropout", start_s = 4000.0}]'
    log = fly(Scenario.load("iss-departure", [silent]), seed=10001)
    assert log.verdict == "PASS"
    assert log.faults[0]["changed"] > 10_000
    figures = {result.name: result.figure for result in log.requirements}
    assert figures["entry_flight_path_min"] == pytest.approx(-1.55, abs=0.03)
