"""Law `sway`. Run `proxops build --modules .` and `pytest` in this folder."""

from pathlib import Path

import numpy as np

from gnc import flight
from hil import Log, Scenario, fly

MISSION = """
schema = 2

[scenario]
name = "swinging"
extends = "iss-contact"
max_duration_s = 400.0

[[phase]]
name = "s4"
law = "sway"
amplitude_m = 0.6
period_s = 160.0
duration_s = 1000.0
"""


def flown(folder: Path) -> Log:
    """The hold of iss-contact, 20 m before the port, with the law in place of its own."""
    mission = folder / "swinging.toml"
    mission.write_text(MISSION)
    return fly(Scenario.load(mission), seed=1)


def test_the_chaser_swings_across_the_orbit(tmp_path: Path) -> None:
    log = flown(tmp_path)
    assert log.scenario.flight.law_name("s4") == "sway"
    assert (log.telemetry["law"] == 128).all()
    across_m = log.truth["r_chaser_target_hill_m"][1600:, 2]
    t_s = 1e-6 * log.truth["t_us"][1600:].astype(float)
    wave = np.exp(-2j * np.pi * t_s / 160.0)
    amplitude_m = 2.0 * abs(np.mean((across_m - across_m.mean()) * wave))
    assert 0.4 < amplitude_m < 0.8
    along_m = log.truth["r_chaser_target_hill_m"][1600:, 1]
    assert along_m.max() - along_m.min() < 0.5


def test_its_fields_are_keys_of_the_phase() -> None:
    names = [field.name for field in flight.law_fields(128)]
    of_any = ["point_m", "offset_hill_m", "kp_ps2", "kd_ps", "deadband_m", "speed_max_mps"]
    assert names == [*of_any, "amplitude_m", "period_s", "duration_s"]
