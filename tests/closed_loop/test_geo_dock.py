"""Docking to a geostationary satellite without GNSS, and what the mission does when an instrument is lost."""

from pathlib import Path

import numpy as np
import pytest

from gnc.flight import Kind
from hil import fly
from tests.closed_loop.flights import collided, fault, fly_with, phases_flown


def test_it_docks_to_the_nozzle_by_lidar_and_camera() -> None:
    log = fly("geo-dock", seed=10003)
    assert log.verdict == "PASS"
    assert phases_flown(log) == ["s1", "hop", "s80", "approach", "s20", "final", "docked"]
    used = set(log.sensors["slot"]["kind"][log.sensors["slot"]["count"] > 0].tolist())
    assert {Kind.LIDAR, Kind.CAMERA} <= used and not {Kind.GNSS, Kind.RGNSS} & used
    near = np.linalg.norm(log.truth["r_chaser_target_hill_m"], axis=1) < 100.0
    assert (log.truth["sunlit"][near] == 1.0).all()


@pytest.mark.parametrize(
    ("instrument", "start_s", "ends"),
    [
        ("lidar", 2000.0, ["hop", "drift"]),  # the hop goes by above the client
        ("lidar", 5600.0, ["s80", "cam", "drift"]),
        ("camera", 8300.0, ["final", "retreat", "retreat-hold"]),
    ],
)
def test_an_instrument_lost_is_answered_and_nothing_touches(
    tmp_path: Path, instrument: str, start_s: float, ends: list[str]
) -> None:
    log = fly_with(tmp_path, "geo-dock", fault(instrument, "dropout", start_s), 10004)
    assert phases_flown(log)[-len(ends) :] == ends
    assert log.contact is None and not collided(log) and log.outcome.outcome == "SAFE"
