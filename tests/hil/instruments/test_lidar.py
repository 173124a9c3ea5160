"""Lidar: what it measures lies on the target's surface, and flight takes it with the noise that it believes of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from gnc import flight, kernels
from hil.log import Log
from hil.prepare import prepare
from hil.run import fly
from hil.scenario import Scenario, ScenarioError

SHAPE = {
    "name": "module", "kind": "cylinder", "position_body_m": [-18.9, 0.0, 0.0], "radius_m": 2.2, "length_m": 30.0,
}  # fmt: skip
LIDAR = {
    "name": "lidar", "kind": "lidar", "position_body_m": [4.0, 0.8, 0.0], "period_s": 0.5, "latency_s": 0.2,
    "min_range_m": 8.0, "max_range_m": 500.0, "pose_range_m": 30.0, "field_of_view_deg": 60.0, "sigma_range_m": 0.02,
    "sigma_los_deg": 0.05, "sigma_pose_deg": 0.5, "pose_reference_m": 10.0,
    "flight": {
        "sigma_range_m": 0.02, "sigma_los_deg": 0.05, "sigma_pose_deg": 0.5, "pose_reference_m": 10.0,
        "point_tbody_m": [-33.9, 0.0, 0.0], "point_sigma_m": 0.02,
    },
}  # fmt: skip


GONE = [
    {"name": shape.name, "remove": True} for shape in Scenario.load("iss-contact").vehicles["iss"].shapes
]  # fmt: skip


def with_lidar(folder: Path, more: dict[str, Any] | None = None, **tables: Any) -> Scenario:
    """iss-contact with a shape of the station's end, and a lidar."""
    document = {
        "schema": 2,
        "scenario": {"name": "seen", "extends": "iss-contact"},
        "vehicle": [{"name": "iss", "shape": [*GONE, SHAPE]}],
        "instrument": [LIDAR | (more or {})],
    } | tables
    (folder / "seen.toml").write_text(tomli_w.dumps(document))
    return Scenario.load(folder / "seen.toml")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return fly(with_lidar(tmp_path_factory.mktemp("lidar")), 1)


def seen_in_tbody(log: Log, found: Any, z: Any) -> Any:
    """Where the measured points lie, tbody axes from the target's centre of mass."""
    row = (found["t_valid_us"] // 100_000).astype(int)
    truth = log.truth[row]
    reach, azimuth, elevation = z.T
    flat = reach * np.cos(elevation)
    own = np.column_stack([flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)])
    com = np.array(prepare(log.scenario, log.seed).dispersed.com_body_m)
    from_com = kernels.quat_irotate(truth["q_body_from_eci"], own + np.array(LIDAR["position_body_m"]) - com)
    away = truth["r_chaser_eci_m"] - truth["r_target_eci_m"] + from_com
    return kernels.quat_rotate(truth["q_tbody_from_eci"], away)


def sights(found: Any) -> Any:
    return np.column_stack([found[name] for name in ("range_m", "azimuth_rad", "elevation_rad")])


def test_the_end_that_looks_here_is_measured(log: Log) -> None:
    """Its centre lies on the face, within what noise and the unequal points of the surface leave."""
    found = flight.measurements(log.sensors, flight.Kind.LIDAR)
    assert len(found) > 400 and (found["instrument"] == list(log.scenario.instrument_kinds).index("lidar")).all()
    points = seen_in_tbody(log, found, sights(found))
    assert np.abs(points[:, 0] + 33.9).mean() < 0.05
    assert np.abs(points[:, 1:]).mean() < 0.1


def test_the_target_is_seen_as_it_is_turned(log: Log) -> None:
    found = flight.measurements(log.sensors, flight.Kind.LIDAR)
    near = found[found["count"] == 7]
    truth = log.truth[(near["t_valid_us"] // 100_000).astype(int)]
    conj = truth["q_tbody_from_eci"] * np.array([1.0, -1.0, -1.0, -1.0])
    q = np.array([kernels.quat_mul(a, b) for a, b in zip(truth["q_body_from_eci"], conj, strict=True)])
    off = np.array([kernels.quat_mul(a * [1.0, -1.0, -1.0, -1.0], b) for a, b in
                    zip(near["q_lidar_from_tbody"], q, strict=True)])  # fmt: skip
    assert 0.3 < np.degrees(2.0 * np.std(off[:, 1:])) < 1.5


def test_flight_takes_it_with_the_noise_that_it_believes_of_it(log: Log) -> None:
    number = list(log.scenario.instrument_kinds).index("lidar")
    assert log.telemetry["instrument_rejects"][-1, number] == 0
    docked = log.truth["contact_status"] > 0
    nis = log.telemetry["instrument_nis"][~docked, number]
    assert 3.0 < np.unique(nis[nis > 0.0]).mean() < 8.0  # six degrees of freedom
    assert log.verdict == "PASS"


def test_a_reflection_is_refused(tmp_path: Path) -> None:
    ghost = {"instrument": "lidar", "kind": "false_return", "start_s": 10.0, "end_s": 30.0}
    ghost |= {"range_m": 9.0, "azimuth_deg": 3.0, "elevation_deg": 2.0}
    scenario = with_lidar(tmp_path, fault=[ghost], scenario={
        "name": "seen", "extends": "iss-contact", "max_duration_s": 40.0})  # fmt: skip
    log = fly(scenario, 1)
    number = list(scenario.instrument_kinds).index("lidar")
    assert log.faults[0]["changed"] == 40 == log.telemetry["instrument_rejects"][-1, number]


def test_a_reflector_is_measured_before_the_surface(tmp_path: Path) -> None:
    place = [-33.9, 0.5, 1.0]
    exact = {"reflectors_tbody_m": [place, [-3.0, 0.0, 4.0]], "sigma_range_m": 0.0, "sigma_los_deg": 0.0}
    scenario = with_lidar(tmp_path, exact, scenario={
        "name": "seen", "extends": "iss-contact", "max_duration_s": 10.0})  # fmt: skip
    log = fly(scenario, 1)
    found = flight.measurements(log.sensors, flight.Kind.LIDAR)
    np.testing.assert_allclose(seen_in_tbody(log, found, sights(found)), np.tile(place, (len(found), 1)), atol=1e-9)


def test_a_target_without_a_shape_has_nothing_to_measure(tmp_path: Path) -> None:
    scenario = with_lidar(tmp_path, vehicle=[{"name": "iss", "shape": GONE}])
    with pytest.raises(ScenarioError, match="instrument lidar: it measures the target's surface: expected a shape"):
        prepare(scenario, 1)
