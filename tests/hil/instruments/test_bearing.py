"""Bearing camera: the direction of the target's surface, which corrects what is across, and no range."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from gnc import flight
from hil.log import Log
from hil.run import fly
from hil.scenario import Scenario

BEARING = {
    "name": "far", "kind": "bearing", "position_body_m": [4.0, 0.0, 0.0], "period_s": 1.0, "latency_s": 0.2,
    "min_range_m": 8.0, "max_range_m": 1.0e5, "field_of_view_deg": 60.0, "sigma_los_deg": 0.05,
    "flight": {"sigma_los_deg": 0.05, "point_tbody_m": [-33.9, 0.0, 0.0], "point_sigma_m": 0.005},
}  # fmt: skip
SHAPE = {
    "name": "module", "kind": "cylinder", "position_body_m": [-18.9, 0.0, 0.0], "radius_m": 2.2, "length_m": 30.0,
}  # fmt: skip


def with_bearing(folder: Path, **tables: Any) -> Scenario:
    """iss-contact with a plain shape of the station's end, and a bearing camera."""
    gone = [{"name": shape.name, "remove": True} for shape in Scenario.load("iss-contact").vehicles["iss"].shapes]
    document = {
        "schema": 2,
        "scenario": {"name": "seen", "extends": "iss-contact", "max_duration_s": 60.0},
        "vehicle": [{"name": "iss", "shape": [*gone, SHAPE]}],
        "instrument": [BEARING],
    } | tables
    (folder / "seen.toml").write_text(tomli_w.dumps(document))
    return Scenario.load(folder / "seen.toml")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return fly(with_bearing(tmp_path_factory.mktemp("bearing")), 1)


def test_the_port_ahead_is_seen_where_the_docking_camera_sees_it(log: Log) -> None:
    far, near = (flight.measurements(log.sensors, kind) for kind in (flight.Kind.BEARING, flight.Kind.CAMERA))
    _, at, of = np.intersect1d(far["t_valid_us"], near["t_valid_us"], return_indices=True)
    assert len(at) > 50 and set(far["count"]) == {2}
    for name in ("azimuth_rad", "elevation_rad"):
        assert np.abs(np.mean(far[name][at] - near[name][of])) < np.radians(0.3)


def test_flight_takes_it_with_the_noise_that_it_believes_of_it(log: Log) -> None:
    number = list(log.scenario.instrument_kinds).index("far")
    assert log.telemetry["instrument_rejects"][-1, number] == 0
    nis = np.unique(log.telemetry["instrument_nis"][:, number])
    assert len(nis) > 50 and 1.0 < nis[nis > 0.0].mean() < 3.5  # two degrees of freedom


def test_a_shifted_sight_is_refused(tmp_path: Path) -> None:
    shift = {"instrument": "far", "kind": "bias", "start_s": 20.0, "error_m": [0.0, 4.0, 0.0]}
    log = fly(with_bearing(tmp_path, fault=[shift]), 1)
    number = list(log.scenario.instrument_kinds).index("far")
    assert log.faults[0]["changed"] == 40 == log.telemetry["instrument_rejects"][-1, number]


def test_a_direction_corrects_across_and_not_along(tmp_path: Path) -> None:
    """Without relative GNSS and docking camera: the distance along the V-bar is as uncertain as without it."""
    lost = [{"instrument": name, "kind": "dropout", "start_s": 0.0} for name in ("rgnss", "camera", "far")]
    seen, blind = (
        fly(with_bearing(tmp_path, fault=lost[:count]), 1).telemetry["sigma_r_hill_m"][590] for count in (2, 3)
    )
    assert seen[1] == pytest.approx(blind[1], rel=0.02, abs=0.0)
    assert (seen[[0, 2]] < 0.92 * blind[[0, 2]]).all()
