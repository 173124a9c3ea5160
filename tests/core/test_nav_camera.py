"""Docking camera measurement model: line of sight, range, relative attitude, their Jacobians, and what is refused."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from tests.core.internals import CYCLE_US, Array, Core
from tests.core.test_nav_gnss import COVARIANCE, LATE, MOTION, NOW, blank_frame, past, relative_state, track
from tests.core.world import Truth, quaternion, rotation, turned
from tests.jacobian import assert_columns_close, by_differences

# The camera off axis and turned, the port off the target's axis: no term of the geometry is zero.
MOUNTED: dict[str, Any] = {
    "camera_body_m": [3.8, 0.4, -0.3], "com_body_m": [0.1, 0.2, -0.1], "tport_tbody_m": [-34.0, 1.0, 2.0],
    "q_camera_from_body": quaternion(turned(np.array([0.05, -0.04, 0.03]))),
}  # fmt: skip
OPEN: dict[str, Any] = {"gate_chi2_3dof": 1000.0, "camera_sigma_range_ratio": 1.0, "camera_sigma_los_rad": 0.1}


def image(c: Core, truth: Truth, x: dict[str, Any], pose: bool = True) -> NDArray[Any]:
    """What the camera would say of that world, without noise."""
    d = truth.sight(x)[0]
    frame = blank_frame(NOW)
    frame["camera_valid"], frame["camera_pose_valid"], frame["camera_seq"] = 1, pose, 1
    frame["camera_t_valid_us"] = (NOW - LATE) * CYCLE_US
    frame["camera_range_m"] = np.linalg.norm(d)
    frame["camera_azimuth_rad"] = np.arctan2(d[1], d[0])
    frame["camera_elevation_rad"] = np.arcsin(d[2] / np.linalg.norm(d))
    frame["camera_q_camera_from_tport"] = quaternion(truth.pose(x))
    return frame


def sight_axes(azimuth: float, elevation: float) -> Array:
    """Rows: along the line of sight and across it, in camera axes."""
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    return np.array([[ce * ca, ce * sa, se], [-sa, ca, 0.0], [-se * ca, -se * sa, ce]])


def moved(core: ctypes.CDLL, state: Array) -> tuple[Truth, dict[str, Any]]:
    """The late world for a changed estimate; H counts the velocity and the target's rate over the lateness."""
    _, truth, x = past(core, state, turn=0.0, **MOUNTED)
    x["dr"] = x["dr"] - LATE * 0.1 * state[None, 3:6]
    return truth, x


def differences(core: ctypes.CDLL, predicted: Any) -> Array:
    return by_differences(lambda state: predicted(*moved(core, state)), [*[1e-2] * 6, *[1e-4] * 6, *[1e-2] * 3])


def test_a_perfect_image_changes_nothing(core: ctypes.CDLL) -> None:
    c, truth, x = past(core, **MOUNTED)
    before = relative_state(c)
    c.call("nav_camera_update", image(c, truth, x))
    assert c["relative.camera.nis"][0] < 1e-12
    assert np.abs(relative_state(c) - before).max() < 1e-6
    assert c["relative.camera.accepted_us"][0] == NOW * CYCLE_US


def test_an_image_changes_its_states_and_nothing_else(core: ctypes.CDLL) -> None:
    c, truth, x = past(core, **MOUNTED)
    frame = image(c, truth, x)
    frame["camera_range_m"] += 0.1
    assert c.changed_by("nav_camera_update", frame) == MOTION | COVARIANCE | track("camera")


def test_jacobian_of_the_line_of_sight(core: ctypes.CDLL) -> None:
    """With P = I and a large R the correction is H' R^-1 z, along the predicted line of sight; against central
    differences of the position seen, derived here."""
    c, truth, x = past(core, turn=0.0, **MOUNTED)
    d = truth.sight(x)[0]
    axes = sight_axes(np.arctan2(d[1], d[0]), np.arcsin(d[2] / np.linalg.norm(d)))
    numeric, filters = axes @ differences(core, lambda truth, x: truth.sight(x)[0]), np.zeros((3, 15))
    for i, size in ((0, 0.5), (1, 1e-3), (2, 1e-3)):
        c, truth, x = past(core, turn=0.0, **MOUNTED, **OPEN)
        c["attitude.p"] = 0.0
        c["relative.pending_s"] = 0.0
        c.params["star_misalignment_sigma_rad"] = 0.0
        small = 1e-6
        c["relative.p"] = 0.0
        c.matrix("relative.p")[:15, :15] = small * np.eye(15)
        frame = image(c, truth, x, pose=False)
        name = ("camera_range_m", "camera_azimuth_rad", "camera_elevation_rad")[i]
        frame[name] += size
        measured = float(frame["camera_range_m"][0])
        seen = measured * sight_axes(frame["camera_azimuth_rad"][0], frame["camera_elevation_rad"][0])[0]
        z = axes @ (seen - d)
        sigma = np.linalg.norm(d) * (1.0 if i == 0 else 0.1)
        before = relative_state(c)
        c.call("nav_camera_update", frame)
        assert c["relative.camera.rejects"][0] == 0
        filters[i] = (relative_state(c) - before) * sigma**2 / (small * z[i])
    assert_columns_close(filters, numeric, rel=2e-3, nil=1e-5)


def test_jacobian_of_the_relative_attitude(core: ctypes.CDLL) -> None:
    """The image of the port's attitude moves with the target's attitude at the time it was taken, axis by axis."""
    c, truth, x = past(core, turn=0.0, **MOUNTED)
    reference = x["tbody"]

    def attitude(_: Truth, x: dict[str, Any]) -> Array:
        return -(x["tbody"] * reference.inv()).as_rotvec()[0]

    numeric, filters = differences(core, attitude), np.zeros((3, 15))
    for i in range(3):
        c, truth, x = past(core, turn=0.0, **MOUNTED, **OPEN, camera_sigma_pose_rad=0.1, camera_pose_reference_m=1000.0)
        c["relative.pending_s"] = 0.0
        c["attitude.p"] = 0.0
        c.params["star_misalignment_sigma_rad"] = 0.0
        c["relative.p"] = 0.0
        c.matrix("relative.p")[:15, :15] = 1e-6 * np.eye(15)
        frame, offset, before = image(c, truth, x), np.zeros(3), relative_state(c)
        offset[i] = 1e-4
        p = c.params
        tbody = turned(offset) * x["tbody"]
        camera = rotation(p["q_camera_from_body"]) * x["body"]
        frame["camera_q_camera_from_tport"] = quaternion(camera * tbody.inv() * rotation(p["q_tport_from_tbody"]).inv())
        c.call("nav_camera_update", frame)
        filters[i] = (relative_state(c) - before) * 0.01 / (1e-6 * 1e-4)
    assert_columns_close(filters, numeric, rel=2e-3, nil=1e-5)


@pytest.mark.parametrize("pose", [False, True])
def test_the_noise_grows_with_range_as_declared(core: ctypes.CDLL, pose: bool) -> None:
    """NIS of a known offset gives the variance the filter used: ratio and floor along, angle times range across, the
    chaser's own attitude in it."""
    c, truth, x = past(core, **MOUNTED, star_misalignment_sigma_rad=2e-3)
    c["relative.p"] = 0.0
    c["relative.pending_s"] = 0.0
    attitude = np.diag(c.matrix("attitude.p"))[:3].mean() + 4e-6
    frame = image(c, truth, x, pose)
    frame["camera_azimuth_rad"] += 1e-3
    size = float(frame["camera_range_m"][0])
    c.call("nav_camera_update", frame)
    across = size**2 * (c.params["camera_sigma_los_rad"] ** 2 + attitude)
    offset = size * np.cos(frame["camera_elevation_rad"][0]) * 1e-3
    assert c["relative.camera.nis"][0] == pytest.approx(offset**2 / across, rel=1e-3, abs=0.0)
    frame = image(c, truth, x, pose)
    frame["camera_seq"] = 2
    frame["camera_range_m"] += 0.1
    c.call("nav_camera_update", frame)
    along = (0.01 * size) ** 2 + 0.005**2
    assert c["relative.camera.nis"][0] == pytest.approx(0.01 / along, rel=1e-3, abs=0.0)


@pytest.mark.parametrize("sigma", [0.002, 0.02])
def test_noise_pulls_the_estimate_nowhere_in_the_mean(core: ctypes.CDLL, sigma: float) -> None:
    """Over every sign of range and angle noise the corrections cancel, whatever is correlated with what: neither
    axes nor variances are taken from the noisy image. What is left is of second order in the angle, for any filter."""
    a = np.random.default_rng(5).normal(size=(18, 18)) * np.repeat([0.1, 1e-3, 5e-3, 1e-4, 0.03, 6e-4], 3)[:, None]
    corrections = []
    for signs in np.array(np.meshgrid(*3 * [[-1.0, 1.0]])).reshape(3, -1).T:
        c, truth, x = past(core, **MOUNTED, gate_chi2_3dof=1000.0)
        c["relative.pending_s"] = 0.0
        c["relative.p"] = a @ a.T
        frame, before = image(c, truth, x, pose=False), relative_state(c)
        for name, sign, noise in zip(("range_m", "azimuth_rad", "elevation_rad"), signs, (10.0, 1.0, 1.0), strict=True):
            scale = frame["camera_range_m"][0] if name == "range_m" else 1.0
            frame[f"camera_{name}"] += sign * noise * 0.1 * sigma * scale
        c.call("nav_camera_update", frame)
        assert c["relative.camera.rejects"][0] == 0
        corrections.append(relative_state(c) - before)
    assert np.abs(np.mean(corrections, axis=0)).max() < sigma * 0.01 * np.abs(corrections).max()


@pytest.mark.parametrize("pose", [False, True])
def test_jacobian_of_the_mounting_error(core: ctypes.CDLL, pose: bool) -> None:
    """With nothing in P but the covariance of state 0 and component k, the correction of state 0 is that covariance
    times H of the component: against what a camera turned by it sees, derived here. The component stays as it is."""
    wide: dict[str, Any] = {**OPEN, "camera_sigma_pose_rad": 1.0, "camera_pose_reference_m": 1000.0}
    _, truth, x = past(core, turn=0.0, **MOUNTED)
    d, seen_pose, tport = truth.sight(x)[0], truth.pose(x), rotation(truth.p["q_tport_from_tbody"])
    axes = sight_axes(np.arctan2(d[1], d[0]), np.arcsin(d[2] / np.linalg.norm(d)))
    numeric = np.zeros((3, 3))
    for k in range(3):
        truth.boresight[:] = 1e-6 * np.eye(3)[k]
        seeming = tport.inv() * truth.pose(x).inv() * seen_pose * tport  # tbody as it seems, from tbody as it is
        numeric[:, k] = (-seeming.as_rotvec()[0] if pose else axes @ (truth.sight(x)[0] - d)) / 1e-6
    state, filters = 6 if pose else 0, np.zeros((3, 3))
    for i in range(3):
        for k in range(3):
            c, truth, x = past(core, turn=0.0, **MOUNTED, **wide)
            c["relative.pending_s"] = c["attitude.p"] = c["relative.p"] = 0.0
            frame = image(c, truth, x, pose)
            if pose:
                offset = turned(1e-4 * np.eye(3)[i]) * x["tbody"]
                camera = rotation(c.params["q_camera_from_body"]) * x["body"]
                frame["camera_q_camera_from_tport"] = quaternion(camera * offset.inv() * tport.inv())
                z, variance = 1e-4, 1.0
            else:
                seen = d + 1e-3 * axes[i]
                size = np.linalg.norm(seen)
                frame["camera_range_m"], frame["camera_azimuth_rad"] = size, np.arctan2(seen[1], seen[0])
                frame["camera_elevation_rad"] = np.arcsin(seen[2] / size)
                z, variance = 1e-3, (d @ d) * (1.0 if i == 0 else 0.01)
            p = c.matrix("relative.p")
            p[state, 15 + k] = p[15 + k, state] = 1e-6
            before = relative_state(c)
            c.call("nav_camera_update", frame)
            filters[i, k] = (relative_state(c) - before)[state] * variance / (1e-6 * z)
            assert (p[15:, 15:] == 0.0).all()
    assert_columns_close(filters, numeric, rel=2e-3)


def test_a_port_predicted_overhead_has_no_azimuth_and_is_refused(core: ctypes.CDLL) -> None:
    c, truth, x = past(core, **MOUNTED)
    d = truth.sight(x)[0]
    overhead = Rotation.align_vectors([[0.0, 0.0, 1.0]], [d / np.linalg.norm(d)])[0]
    mounted = MOUNTED | {"q_camera_from_body": quaternion(overhead * rotation(MOUNTED["q_camera_from_body"]))}
    c, truth, x = past(core, **mounted)
    c.call("nav_camera_update", image(c, truth, x))
    assert c["relative.camera.rejects"][0] == 1
    assert np.isfinite(c["relative.p"]).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("camera_range_m", np.nan), ("camera_range_m", np.inf), ("camera_range_m", 0.0), ("camera_range_m", -5.0),
        ("camera_range_m", 1e200), ("camera_azimuth_rad", np.nan), ("camera_azimuth_rad", 1.6),
        ("camera_azimuth_rad", -3.0), ("camera_elevation_rad", np.inf), ("camera_elevation_rad", 1.7),
        ("camera_azimuth_rad", 0.5),
        ("camera_q_camera_from_tport", [np.nan, 0, 0, 0]), ("camera_q_camera_from_tport", [0.9, 0, 0, 0]),
        ("camera_q_camera_from_tport", [1.0, 0, 0, 0]), ("camera_t_valid_us", 10**9),
    ],
)  # fmt: skip
def test_a_false_image_is_refused_and_counted(core: ctypes.CDLL, name: str, value: Any) -> None:
    c, truth, x = past(core, **MOUNTED)
    frame, before = image(c, truth, x), relative_state(c)
    frame[name] = value
    c.call("nav_camera_update", frame)
    assert c["relative.camera.rejects"][0] == c["relative.camera.rejects_in_row"][0] == 1
    assert c["relative.camera.accepted_us"][0] == 0
    assert np.abs(relative_state(c) - before).max() < 1e-6  # a good line of sight is used before a bad attitude is seen
    assert np.isfinite(c["relative.p"]).all()


@pytest.mark.parametrize("name", ["camera_azimuth_rad", "camera_elevation_rad"])
@pytest.mark.parametrize(("angle", "refused"), [(1.59, False), (1.61, True), (-1.59, False), (-1.61, True)])
def test_an_angle_beside_the_camera_is_refused_before_any_gate(
    core: ctypes.CDLL, name: str, angle: float, refused: bool
) -> None:
    c, truth, x = past(core, **MOUNTED, **OPEN)
    c.params["gate_chi2_3dof"] = 1e12
    frame = image(c, truth, x, pose=False)
    frame[name] = angle
    c.call("nav_camera_update", frame)
    assert c["relative.camera.rejects"][0] == refused


def test_without_a_relative_attitude_none_is_used(core: ctypes.CDLL) -> None:
    c, truth, x = past(core, **MOUNTED)
    frame = image(c, truth, x, pose=False)
    frame["camera_q_camera_from_tport"] = np.nan
    c.call("nav_camera_update", frame)
    assert c["relative.camera.rejects"][0] == 0


def test_the_same_image_again_is_no_new_one(core: ctypes.CDLL) -> None:
    c, truth, x = past(core, **MOUNTED)
    frame = image(c, truth, x)
    c.call("nav_camera_update", frame)
    before, p = relative_state(c), c["relative.p"].copy()
    frame["camera_range_m"] += 0.1
    c.call("nav_camera_update", frame)
    assert (relative_state(c) == before).all() and (c["relative.p"] == p).all()


def test_the_targets_attitude_is_the_nominal_hold_turned_by_the_estimate(core: ctypes.CDLL) -> None:
    c, _, x = past(core)
    out, dcm = np.zeros(26), np.zeros(9)
    c.call("nav_relative_at", ctypes.c_uint64((NOW - LATE) * CYCLE_US), out)
    c.call("nav_target_attitude", out, dcm)
    off = Rotation.from_matrix(dcm.reshape(3, 3)) * x["tbody"][0]
    assert off.magnitude() < 1e-12
