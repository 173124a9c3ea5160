"""Monitor `spin`. Run `proxops build --modules .` and `pytest` in this folder."""

from pathlib import Path

import pytest

from hil import Log, Scenario, fly

MISSION = """
schema = 2

[scenario]
name = "watched"
extends = "iss-contact"
max_duration_s = 60.0

[[monitor]]
name = "turning"
kind = "spin"
limit_deg_s = {limit}
urgent_deg_s = {urgent}
"""


def flown(folder: Path, limit: float, urgent: float) -> Log:
    """iss-contact; its phases go to `retreat` when a monitor trips, and to `cam` when one is urgent."""
    mission = folder / "watched.toml"
    mission.write_text(MISSION.format(limit=limit, urgent=urgent))
    return fly(Scenario.load(mission), seed=1)


@pytest.mark.parametrize(
    ("limit", "urgent", "reason", "phase"),
    [(5.0, 10.0, 0, "s4"), (1e-6, 10.0, 128, "retreat"), (1e-7, 1e-6, 128, "drift")],
)
def test_it_trips_above_its_limits(limit: float, urgent: float, reason: int, phase: str, tmp_path: Path) -> None:
    log = flown(tmp_path, limit, urgent)
    assert log.telemetry["abort_reason"][-1] == reason
    assert log.scenario.flight.phase_name(int(log.telemetry["phase"][-1])) == phase
