"""Sensor faults end in a retreat or a hold, and never in a collision."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnc.flight import Reason
from hil import Scenario, fly
from hil.effectors.faults import Fault as EffectorFault
from tests.closed_loop.flights import collided, fault, fly_with, phases_flown

SEEDS = (51, 52)


def assert_broken_off(log, reason: Reason) -> None:
    assert log.contact is None
    assert not collided(log)
    assert "retreat" in phases_flown(log)
    assert log.telemetry["abort_reason"][-1] == reason
    assert log.verdict == "FAIL"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shift", [(0.0, 2.0, 0.0), (0.0, 0.0, -1.5), (3.0, 0.0, 0.0)])
def test_a_jump_of_the_camera_beyond_its_gate_ends_in_a_retreat(tmp_path: Path, seed: int, shift: tuple) -> None:
    log = fly_with(tmp_path, "iss-contact", fault("camera", "bias", 200.0, *shift), seed)
    assert_broken_off(log, Reason.CAMERA)
    assert log.telemetry["instrument_rejects"][-1, list(log.scenario.instrument_kinds).index("camera")] >= 6


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("size_m", [0.05, 0.15, 0.3, 0.5, 1.0])
def test_a_constant_shift_of_the_camera_never_ends_in_a_collision(
    tmp_path: Path, seed: int, axis: int, size_m: float
) -> None:
    shift = [0.0, 0.0, 0.0]
    shift[axis] = size_m
    log = fly_with(tmp_path, "iss-contact", fault("camera", "bias", 0.0, *shift), seed)
    assert not collided(log)
    if size_m >= 0.5:
        assert_broken_off(log, Reason.DISAGREEMENT)


@pytest.mark.parametrize("size_m", [-1.0, -0.3, 0.3, 1.0])
def test_a_constant_range_error_of_the_camera_never_ends_in_a_collision(tmp_path: Path, size_m: float) -> None:
    assert not collided(fly_with(tmp_path, "iss-contact", fault("camera", "bias", 0.0, size_m, 0.0, 0.0), 53))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_camera_locked_on_the_wrong_reflector_from_afar_is_found_out(tmp_path: Path, seed: int) -> None:
    log = fly_with(tmp_path, "iss-final", fault("camera", "bias", 0.0, 0.0, 1.0, 0.0), seed)
    assert_broken_off(log, Reason.DISAGREEMENT)


@pytest.mark.parametrize("seed", SEEDS)
def test_losing_the_camera_ends_in_a_retreat(tmp_path: Path, seed: int) -> None:
    assert_broken_off(fly_with(tmp_path, "iss-contact", fault("camera", "dropout", 150.0), seed), Reason.CAMERA)


@pytest.mark.parametrize("base", ["iss-contact", "iss-final"])
@pytest.mark.parametrize("sensor", ["star", "camera"])
def test_without_star_tracker_or_camera_the_run_ends_in_a_retreat_or_hold(
    tmp_path: Path, base: str, sensor: str
) -> None:
    log = fly_with(tmp_path, base, fault(sensor, "dropout", 0.0), 54)
    assert log.contact is None
    assert not collided(log)
    assert phases_flown(log)[-1] in ("s3", "s4", "retreat", "retreat-hold")


@pytest.mark.parametrize("sensor", ["camera", "star", "rgnss", "gnss"])
def test_a_frozen_sensor_never_ends_in_a_collision(tmp_path: Path, sensor: str) -> None:
    assert not collided(fly_with(tmp_path, "iss-contact", fault(sensor, "freeze", 120.0), 55))


def test_losing_relative_gnss_in_the_hop_is_seen(tmp_path: Path) -> None:
    """The hop has no abort phase; it stays passively safe and the hold at its end does not let the chaser go on."""
    log = fly_with(tmp_path, "iss-vbar", fault("rgnss", "dropout", 3000.0), 56)
    assert log.contact is None
    assert "approach" not in phases_flown(log)
    assert not collided(log)


def test_a_missed_capture_is_left_again(tmp_path: Path) -> None:
    """Touching with an unarmed or refusing mechanism: the chaser drifts, then backs off."""
    tables = '[[effector]]\nname = "mechanism"\ncapture_closing_max_mps = 0.02\n'
    log = fly_with(tmp_path, "iss-contact", tables, 57)
    assert log.contact is not None
    assert log.contact["captured"] == 0.0
    assert phases_flown(log)[-2:] == ["docked", "retreat"]
    assert log.verdict == "FAIL"


def test_a_run_goes_on_while_a_captured_chaser_still_thrusts() -> None:
    """A valve that hangs open is seen for as long as the run looks on; what is quiet ends it at once."""
    contact = Scenario.load("iss-contact")
    valve = EffectorFault(effector="thrusters", kind="stuck_on", thruster=8, event="capture", after_s=0.5)
    for scenario, after_s in ((contact, 5.0), (replace(contact, effector_faults=(valve,)), 60.0)):
        log = fly(scenario, 1)
        captured_s = 0.1 * float(np.argmax(log.truth["contact_status"] == 1))
        assert log.duration_s == pytest.approx(captured_s + after_s, abs=0.3)


def test_a_chaser_that_is_let_go_after_capture_flies_on() -> None:
    slipped = replace(
        Scenario.load("iss-contact"),
        effector_faults=(
            EffectorFault(effector="mechanism", kind="lets_go", event="capture", after_s=1.0, duration_s=1.0),
        ),
    )
    log = fly(slipped, 1)
    held = np.flatnonzero(log.truth["contact_status"] == 1)
    assert held.size and log.truth["contact_status"][-1] != 1
    assert len(log.truth) > held[-1] + 200, "not ended five seconds after it was caught"
