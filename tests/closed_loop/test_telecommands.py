"""Ground and crew commands in flight."""

from pathlib import Path

import numpy as np

from gnc.flight import Flag, Reason
from tests.closed_loop.flights import collided, fly_with, phases_flown


def telecommands(*lines: tuple[float, str]) -> str:
    return "".join(f'[[telecommand]]\nt_s = {t}\ncommand = "{command}"\n' for t, command in lines)


def flagged(log, flag: Flag) -> np.ndarray:
    return (log.telemetry["flags"] & int(flag)) != 0


def test_hold_stops_the_approach_and_resume_goes_on(tmp_path: Path) -> None:
    log = fly_with(tmp_path, "iss-contact", telecommands((150.0, "hold"), (300.0, "resume")), 61)
    held = flagged(log, Flag.HELD)
    assert 1450 < held.sum() < 1550
    resting = log.truth["v_port_tport_mps"][2500:2990, 0]
    assert np.abs(resting).max() < 0.01
    assert log.contact is not None
    assert log.contact["captured"] == 1.0


def test_retreat_goes_back_to_the_far_hold(tmp_path: Path) -> None:
    log = fly_with(tmp_path, "iss-contact", telecommands((200.0, "retreat")), 62)
    assert phases_flown(log)[:3] == ["s4", "final", "retreat"]
    assert log.telemetry["abort_reason"][-1] == Reason.TELECOMMAND
    assert log.truth["r_port_tport_m"][-1, 0] > 240.0
    assert not collided(log)


def test_abort_is_the_avoidance_burn_and_its_own_requirement(tmp_path: Path) -> None:
    log = fly_with(tmp_path, "iss-contact", telecommands((250.0, "abort")), 63)
    assert phases_flown(log) == ["s4", "final", "cam", "drift"]
    avoidance = next(r for r in log.requirements if r.name == "avoidance_range")
    assert avoidance.passed
    assert avoidance.margin is not None
    far = np.linalg.norm(log.truth["r_chaser_target_hill_m"][-1])
    assert far > 200.0
    assert not collided(log)


def test_free_drift_fires_nothing(tmp_path: Path) -> None:
    log = fly_with(tmp_path, "iss-contact", telecommands((100.0, "free_drift")), 64)
    drifting = flagged(log, Flag.FREE_DRIFT)
    assert drifting.any()
    assert not log.command["thruster_on_us"][drifting].any()


def test_inhibited_nothing_fires_even_when_commanded_away(tmp_path: Path) -> None:
    commands = telecommands((100.0, "inhibit"), (110.0, "abort"), (130.0, "resume"))
    log = fly_with(tmp_path, "iss-contact", commands, 66)
    inhibited = flagged(log, Flag.INHIBITED)
    assert 290 <= inhibited.sum() <= 310 and "cam" in phases_flown(log)
    assert not log.command["thruster_on_us"][inhibited].any() and not log.command["mechanism"][inhibited].any()
    assert log.command["thruster_on_us"][~inhibited & (log.telemetry["t_us"] > 130_000_000)].any()


def test_a_command_that_does_not_fit_is_refused_and_said(tmp_path: Path) -> None:
    log = fly_with(tmp_path, "iss-contact", telecommands((30.0, "resume")), 65)
    assert flagged(log, Flag.TC_REJECTED)[350]
    assert log.verdict == "PASS"


def test_as_many_telecommands_as_there_are_cycles(tmp_path: Path) -> None:
    many = telecommands(*((0.1 * k, "free_drift" if k == 70 else "go") for k in range(100)))
    log = fly_with(tmp_path, "iss-contact", many, 66)
    assert (log.sensors["tc_opcode"][:100] != 0).all() and not log.sensors["tc_opcode"][100:].any()
    assert log.sensors["tc_seq"][:100].tolist() == list(range(1, 101))
    assert flagged(log, Flag.FREE_DRIFT).argmax() == 70
