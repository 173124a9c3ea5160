"""Navigation knows the thrust that was applied, whoever commanded it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import Log, Scenario, fly

SHORT = Scenario.load("iss-contact", ["scenario.max_duration_s=60.0"])
PULSES = range(200, 210)  # ticks of one second of firing
ON_US = 90_000


class OwnAllocation:
    """The core navigates; its commands are thrown away, and pulses of others are fired in their place."""

    def __init__(self, params: np.void):
        self.core = flight.Flight(params)
        towards = params["thruster_dir_body"].reshape(-1, 3)
        self.firing = np.flatnonzero(towards[:, 0] < -0.5)[:4]

    def step(self, sensors: np.void) -> Any:
        _, telemetry = self.core.step(sensors)
        on_us = np.zeros(flight.N_THRUSTERS, np.uint32)
        if sensors["tick"] in PULSES:
            on_us[self.firing] = ON_US
        return on_us, telemetry


def estimate_error_mps(log: Log) -> np.ndarray:
    truth = log.truth["v_chaser_target_hill_mps"]
    return np.linalg.norm(log.telemetry["v_chaser_target_hill_mps"] - truth, axis=1)


@pytest.fixture(scope="module")
def flown() -> Log:
    return fly(SHORT, seed=3, flight=OwnAllocation)


def test_the_estimate_follows_pulses_that_the_core_did_not_command(flown: Log) -> None:
    before, after = PULSES[0], PULSES[-1] + 3
    gained = np.linalg.norm(np.diff(flown.truth["v_chaser_target_hill_mps"][[before, after]], axis=0))
    assert gained > 0.02
    error = estimate_error_mps(flown)
    assert error[before : after + 20].max() < error[before] + 0.1 * gained


def test_the_frame_says_what_the_valve_drivers_gave(flown: Log) -> None:
    applied = flown.sensors["thruster_applied_us"]
    assert (applied[0] == 0).all()
    assert (applied[1:] == flown.command["thruster_on_us"][:-1]).all()
    assert (applied.max(axis=1) > 0).sum() == len(PULSES)


def test_a_recorded_flight_of_others_replays_with_the_same_estimate(flown: Log) -> None:
    core = flight.Flight(flown.params[0])
    assert all(core.step(frame)[1] == told for frame, told in zip(flown.sensors, flown.telemetry, strict=True))


def test_a_pulse_too_short_for_the_driver_is_not_reported() -> None:
    class TooShort(OwnAllocation):
        def step(self, sensors: np.void) -> Any:
            return np.full(flight.N_THRUSTERS, 10 if sensors["tick"] == 5 else 0), super().step(sensors)[1]

    log = fly(Scenario.load("iss-contact", ["scenario.max_duration_s=1.0"]), flight=TooShort)
    assert log.command["thruster_on_us"][5].any()
    assert not log.sensors["thruster_applied_us"].any()
