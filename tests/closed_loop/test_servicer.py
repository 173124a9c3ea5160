"""The servicer's way round its client and into the berthing box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnc.flight import Flag
from hil import Log
from tests.closed_loop.flights import fly_with, phases_flown

# The last 15 degrees of the turn, and on to the box
END = """max_duration_s = {until}
[[vehicle]]
name = "servicer"
[vehicle.orbit]
r_hill_m = [-48.3, 12.9, 0.0]
[vehicle.attitude]
q_body_from_hill = [0.991444861373810, 0.0, 0.0, 0.130526192220052]
[dispersions]
initial_position_m = 1.0
initial_velocity_mps = 0.005
handover_position_m = 1.0
handover_velocity_mps = 0.006
[flight]
start_phase = "round"
"""
INHIBITED_S = 1300.0


def flown(tmp_path: Path, until: float, commands: str, seed: int) -> Log:
    return fly_with(tmp_path, "leo-servicer", END.format(until=until) + commands, seed)


def command(t_s: float, what: str) -> str:
    return f'[[telecommand]]\nt_s = {t_s}\ncommand = "{what}"\n'


def test_it_holds_in_the_box_and_is_inhibited_on_command(tmp_path: Path) -> None:
    log = flown(tmp_path, 1345.0, command(INHIBITED_S, "inhibit"), 11)
    assert phases_flown(log) == ["round", "r-bar", "box"]
    results = {result.name: result for result in log.requirements}
    for name in ("berthing_box_hold", "berthing_box_offset", "berthing_box_speed", "berthing_box_quiet", "collision"):
        assert results[name].passed, name
    assert log.verdict == "PASS"
    inhibited = (log.telemetry["flags"] & int(Flag.INHIBITED)) != 0
    assert inhibited.sum() == pytest.approx(450, abs=2)
    assert not log.command["thruster_on_us"][inhibited].any()
    assert log.command["thruster_on_us"][~inhibited].any()


def test_the_box_is_missed_by_one_that_is_inhibited_too_early(tmp_path: Path) -> None:
    log = flown(tmp_path, 900.0, command(300.0, "inhibit"), 11)
    assert log.verdict != "PASS"


def test_a_hold_stops_it_on_its_circle_and_resume_goes_on(tmp_path: Path) -> None:
    log = flown(tmp_path, 520.0, command(60.0, "hold") + command(260.0, "resume"), 12)
    resting = log.truth["v_chaser_target_hill_mps"][1400:2590]
    assert np.linalg.norm(resting, axis=1).max() < 0.02
    assert phases_flown(log) == ["round", "r-bar"]
    away = np.linalg.norm(log.truth["r_chaser_target_hill_m"], axis=1)
    assert away[2590] == pytest.approx(50.0, abs=2.0)


def test_the_near_lidar_takes_over_and_finds_the_reflector(tmp_path: Path) -> None:
    log = flown(tmp_path, 1000.0, command(990.0, "inhibit"), 13)
    error = np.linalg.norm(log.telemetry["r_chaser_target_hill_m"] - log.truth["r_chaser_target_hill_m"], axis=1)
    away = np.linalg.norm(log.truth["r_chaser_target_hill_m"], axis=1)
    near = (away < 20.0) & (log.truth["t_us"] > 600_000_000)
    assert near.any()
    assert error[near].max() < 0.10
