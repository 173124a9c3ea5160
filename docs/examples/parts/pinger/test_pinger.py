"""Instrument `pinger`. Run `pip install -e .`, `proxops build --modules .` and `pytest` in this folder."""

from pathlib import Path

import numpy as np

from gnc.flight import measurements
from hil import Log, Scenario, fly

MISSION = """
schema = 2

[scenario]
name = "ranged"
extends = "iss-contact"
max_duration_s = {duration_s}

[[instrument]]
name = "pinger"
kind = "pinger"
vehicle = "cargo"
position_body_m = [1.0, 0.0, 0.0]
period_s = 0.5
latency_s = 0.1
sigma_m = 0.05

[instrument.flight]
sigma_m = 0.05
timeout_s = 10.0
"""


def flown(folder: Path, duration_s: float, *overrides: str) -> Log:
    """iss-contact with the instrument, which is the last in the table."""
    mission = folder / "ranged.toml"
    mission.write_text(MISSION.format(duration_s=duration_s))
    return fly(Scenario.load(mission, overrides), seed=1)


def test_truth_is_measured_with_its_noise(tmp_path: Path) -> None:
    log = flown(tmp_path, 60.0, "instrument.pinger.position_body_m=[0.0, 0.0, 0.0]", "dispersions.com_m=0.0")
    found = measurements(log.sensors, 128)
    assert len(found) == 120
    row = np.searchsorted(log.truth["t_us"], found["t_valid_us"])
    range_m = np.linalg.norm(log.truth["r_chaser_eci_m"] - log.truth["r_target_eci_m"], axis=1)[row]
    error = found["z"][:, 0] - range_m
    assert 0.04 < error.std() < 0.06 and abs(error.mean()) < 0.02


def test_flight_uses_it(tmp_path: Path) -> None:
    """Its measurements are accepted, and agree with what the filter expects of them: the mean of chi-square is 1."""
    log = flown(tmp_path, 120.0)
    number = len(log.scenario.instruments) - 1
    assert log.telemetry["instrument_rejects"][-1, number] == 0
    assert 0.6 < log.telemetry["instrument_nis"][50:, number].mean() < 1.6


def test_a_wild_measurement_is_rejected(tmp_path: Path) -> None:
    """For five seconds every value is zero, twice a second."""
    mission = tmp_path / "broken.toml"
    fault = '\n[[fault]]\ninstrument = "pinger"\nkind = "zero"\nstart_s = 20.0\nend_s = 25.0\n'
    mission.write_text(MISSION.format(duration_s=60.0) + fault)
    log = fly(Scenario.load(mission), seed=1)
    number = len(log.scenario.instruments) - 1
    assert log.telemetry["instrument_rejects"][-1, number] == 10
