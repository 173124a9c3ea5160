"""Inspecting a derelict: a natural ellipse about a tumbling body of which flight knows only where its surface is."""

from __future__ import annotations

import numpy as np
import pytest

from gnc import kernels
from hil import Log, Scenario, fly

INSPECTING = Scenario.load(
    "debris-inspect", ["scenario.max_duration_s=2400.0", "requirement.passive_safety.interval_s=200.0"]
)
RADIAL_M, CROSS_M = 80.0, 80.0


@pytest.fixture(scope="module")
def log() -> Log:
    return fly(INSPECTING, seed=1)


def test_it_is_held_on_the_ellipse_and_touches_nothing(log: Log) -> None:
    assert log.outcome is not None and log.outcome.reasons == ()
    results = {result.name: result for result in log.requirements}
    for name in ("collision", "keep_out", "range_min", "range_max", "delta_v"):
        assert results[name].passed, name


def test_it_stays_clear_without_any_thrust(log: Log) -> None:
    (result,) = [result for result in log.requirements if result.name == "passive_safety"]
    assert result.passed
    assert result.margin > 0.0


def test_corrections_are_small_and_it_drifts_between_them(log: Log) -> None:
    """Nothing but attitude control fires outside the burns, and each comes after a leg."""
    burning = (log.telemetry["flags"] & 16) != 0
    starts = log.truth["t_us"][1:][np.diff(burning.astype(int)) > 0] * 1e-6
    leg = INSPECTING.flight.phase("inspect", "leg_s")
    assert 1 <= len(starts) <= 2
    assert starts[0] == pytest.approx(leg + INSPECTING.flight.phase("inspect", "lead_s"), abs=10.0)
    moved = np.linalg.norm(log.truth["dv_body_mps"], axis=1)
    moved_by_burns = burning | np.concatenate([[False], burning[:-1]])  # a command moves the craft in the next cycle
    assert moved[moved_by_burns].sum() < 0.1
    assert moved[~moved_by_burns].max() < 1e-3


def test_the_centre_of_the_tumbling_body_is_found_from_its_surface(log: Log) -> None:
    """Its surface in view lies up to 9 m off its centre of mass; the estimate is within its own 4 sigma."""
    error = log.telemetry["r_chaser_target_hill_m"] - log.truth["r_chaser_target_hill_m"]
    late = log.truth["t_us"] > 1_200_000_000
    assert np.abs(error[late]).max() < 6.0
    assert (np.abs(error[late]) < 4.0 * log.telemetry["sigma_r_hill_m"][late]).all()


def test_the_body_rolls_so_that_each_of_its_sides_comes_round(log: Log) -> None:
    """One that rocks would keep a large side away from the Sun for the whole inspection."""
    turn = np.ascontiguousarray(log.truth["q_tbody_from_eci"])
    for side in np.vstack([np.eye(3)[1:], -np.eye(3)[1:]]):
        facing = kernels.quat_irotate(turn, side) @ kernels.quat_irotate(turn[0], np.array([0.0, 0.0, 1.0]))
        assert facing.max() > 0.9 and facing.min() < -0.9, side


def test_flight_knows_nothing_of_its_attitude(log: Log) -> None:
    assert not log.telemetry["target_attitude_rad"].any()
    turn = log.truth["q_tbody_from_eci"]
    assert np.abs(turn[0] @ turn[-1]) < 0.99  # and it does tumble


def test_its_camera_sees_it_all_the_time(log: Log) -> None:
    away = -log.truth["r_chaser_target_hill_m"]
    assert np.linalg.norm(away, axis=1).min() > min(RADIAL_M, CROSS_M) - 20.0
    assert np.abs(np.degrees(log.telemetry["attitude_error_rad"][200:])).max() < 3.0
