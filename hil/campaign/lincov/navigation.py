"""The relative filter, and the measurements as they are and as it believes them to be."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from scipy.linalg import expm

from gnc import kernels
from gnc.flight import Kind, instruments_of, model_block
from hil.campaign.lincov.linear import (
    CONSIDERED,
    ESTIMATED,
    FILTER,
    I3,
    STEP_S,
    Augmented,
    Floats,
    cross,
    of,
    relative_motion,
)
from hil.campaign.lincov.reference import Path
from hil.dispersion import declared_sigma
from hil.prepare import facing_port
from hil.scenario import DEG, Scenario, declared, quantities

# Sigma of the middle value of so many normal errors, of the mean of the middle two where the number is even, in the
# sigma of one (David & Nagaraja 2003, table 3.2)
VOTED = {1: 1.0, 2: 0.7071, 3: 0.6698, 4: 0.5461}


def voted(scenario: Scenario) -> float:
    """What the vote of the inertial units makes of an error that is drawn for each, as a share of its sigma."""
    return VOTED[min(4, sum(row.kind == "imu" for row in scenario.instruments))]


def declared_rms(scenario: Scenario, key: str) -> float:
    """Root mean square of what is drawn for a key, in its unit."""
    section, _, name = key.rpartition(".")
    if section == "dispersions":
        return declared_sigma(scenario, name)
    quantity = next(quantity for quantity in quantities(scenario) if quantity.key == key)
    spread = declared(scenario, quantity)
    return spread / 3.0 if isinstance(spread, float) else sqrt(spread.mean_square(quantity.elements(0)))


class RelativeFilter:
    """The relative filter's own covariance in hill axes (gnc/core/nav/relative_filter.c), and its gains.

    ESTIMATED states that it corrects, then the camera's mounting error, which it considers.
    """

    def __init__(self, params: Any, path: Path):
        self.p, dt = params, STEP_S
        self.imu, self.rgnss, self.camera = (
            {name: float(x) for name, x in model_block(params, instruments_of(params, kind)[0]).items() if not x.shape}
            for kind in (Kind.IMU, Kind.RGNSS, Kind.CAMERA)
        )
        attitude, rate = params["target_attitude_sigma_rad"], params["target_rate_sigma_radps"]
        pull, damping = (rate / attitude) ** 2, 2.0 * params["target_damping_ratio"] * rate / attitude
        self.keep = 1.0 - dt / self.rgnss["bias_tau_s"]
        size = ESTIMATED + 3
        self.transition = np.eye(size)
        self.transition[:6, :6] = relative_motion(path.n_radps, dt)
        self.transition[6:12, 6:12] = expm(dt * np.block([[0.0 * I3, I3], [-pull * I3, -damping * I3]]))
        self.transition[12:15, 12:15] = self.keep * turn_over_step(path)
        white = np.block([[I3 * dt**3 / 3.0, I3 * dt**2 / 2.0], [I3 * dt**2 / 2.0, I3 * dt]])
        self.noise = np.zeros((size, size))
        self.noise[:6, :6] = params["rel_accel_psd_m2ps3"] * white
        self.noise[6:12, 6:12] = 2.0 * damping * rate**2 * (1.0 - damping * dt) * white
        sigma = [
            params["init_sigma_r_m"], params["init_sigma_v_mps"], attitude, rate, self.bias_sigma_m(path.r[0]),
            self.camera["boresight_sigma_rad"],
        ]  # fmt: skip
        self.covariance = np.diag(np.repeat(np.square(sigma), 3))

    def growth(self, r: Floats) -> float:
        """How much larger than near the relative GNSS errors are."""
        return float(1.0 + np.linalg.norm(r) / self.rgnss["growth_m"])

    def bias_sigma_m(self, r: Floats) -> float:
        """Steady-state sigma of the relative GNSS bias at that distance."""
        return float(self.rgnss["bias_sigma_m"] * self.growth(r))

    def propagate(self, r: Floats) -> None:
        """Covariance a step later."""
        self.covariance = self.transition @ self.covariance @ self.transition.T + self.noise
        self.covariance[12:15, 12:15] += self.bias_sigma_m(r) ** 2 * (1.0 - self.keep**2) * I3

    def sense_burn(self, dv: Floats) -> None:
        """The accelerometer's scale error, as the filter allows for it."""
        self.covariance[3:6, 3:6] += self.imu["accel_scale_sigma"] ** 2 * (dv @ dv) * I3

    def gain(self, h: Floats, variance: Floats) -> Floats:
        """Gain (15, 3) of a measurement with Jacobian h (3, 18), by which the covariance is updated: Schmidt (1966)."""
        ph = self.covariance @ h.T
        gain = np.linalg.solve(h @ ph + np.diag(variance), ph.T).T
        less = gain @ ph.T
        less[ESTIMATED:, ESTIMATED:] = 0.0
        self.covariance = self.covariance - 0.5 * (less + less.T)
        return np.asarray(gain[:ESTIMATED])


def turn_over_step(path: Path) -> Floats:
    """Hill components of a vector fixed in inertial axes, one step later."""
    return np.asarray(expm(-STEP_S * cross([0.0, 0.0, path.n_radps])))


class Navigation:
    """The measurements: what the filter makes of them (its Jacobian and noise) and what is in them (true ones)."""

    def __init__(self, scenario: Scenario, params: Any, path: Path):
        self.s, self.p, self.path = scenario, params, path
        self.filter = RelativeFilter(params, path)
        chaser, target = scenario.chaser, scenario.target
        self.tbody_from_hill = np.asarray(kernels.quat_to_dcm(np.array(target.q_tbody_from_hill)))
        hill_from_body = np.asarray(kernels.quat_to_dcm(np.array(facing_port(scenario)))).T
        self.port = self.tbody_from_hill.T @ target.port_tbody_m
        self.camera = hill_from_body @ np.subtract(scenario.sensors.camera.position_body_m, chaser.com_body_m)
        # how a point l of the target moves with the target's attitude, -C [l]x (nav_gnss.c, nav_camera.c)
        self.antenna_by_theta = -self.tbody_from_hill.T @ cross(target.gnss_antenna_tbody_m)
        self.port_by_theta = -self.tbody_from_hill.T @ cross(target.port_tbody_m)

    def update(self, state: Augmented, step: int) -> None:
        """All measurements of one step; several of a sensor count as one with so much less noise."""
        r, updates = self.path.r[step], self.path.updates
        if count := updates["rgnss"][step]:
            self._rgnss(state, r, count)
        if count := updates["camera"][step]:
            self._sight(state, r, count)
        if count := updates["camera_pose"][step]:
            self._pose(state, r, count)

    def _correct(
        self, state: Augmented, truth: Floats, believed: Mapping[str, Any], told: Floats, true: Floats
    ) -> None:
        """truth: rows of what the measurement moves with; believed: the filter's; told, true: noise variances.

        What the filter considers is in its Jacobian as it is in the truth, and is not in what it expects.
        """
        expected = of(**believed)
        gain = self.filter.gain(np.hstack([expected[:, FILTER], truth[:, CONSIDERED]]), told)
        state.correct(gain, truth - expected, true)

    def _rgnss(self, state: Augmented, r: Floats, count: float) -> None:
        sensor, lever = self.s.sensors.rgnss, -self.antenna_by_theta
        told, true = self.filter.growth(r), 1.0 + float(np.linalg.norm(r)) / sensor.growth_m
        self._correct(
            state, of(r=1.0, com=-1.0, hold=lever, swing=lever, multipath=true),
            {"r_hat": 1.0, "theta_hat": lever, "multipath_hat": 1.0},
            np.full(3, (told * self.filter.rgnss["sigma_r_m"]) ** 2 / count),
            np.full(3, (true * sensor.sigma_r_m) ** 2 / count),
        )  # fmt: skip
        # what is out of its place turns with the orbit too
        turn = cross([0.0, 0.0, self.path.n_radps])
        self._correct(
            state, of(u=1.0, com=-turn, hold=turn @ lever, swing=turn @ lever, swing_rate=lever),
            {"u_hat": 1.0, "theta_hat": turn @ lever, "theta_rate_hat": lever},
            np.full(3, (told * self.filter.rgnss["sigma_v_mps"]) ** 2 / count),
            np.full(3, (true * sensor.sigma_v_mps) ** 2 / count),
        )  # fmt: skip

    def _sight(self, state: Augmented, r: Floats, count: float) -> None:
        p, sensor = self.filter.camera, self.s.sensors.camera
        d = self.port - r - self.camera
        range_m = float(np.linalg.norm(d))
        axes = _axes_along(d)
        lever, turned = (
            axes @ self.port_by_theta,
            axes @ cross(d),
        )  # the sight turns against boresight, with the star tracker
        across = range_m**2 * (p["sigma_los_rad"] ** 2 + self.path.attitude_variance)
        along = (p["sigma_range_ratio"] * range_m) ** 2 + p["sigma_range_floor_m"] ** 2
        true_across = (range_m * sensor.sigma_los_deg * DEG) ** 2
        true_along = (sensor.sigma_range_ratio * range_m) ** 2 + sensor.sigma_range_floor_m**2
        self._correct(
            state, of(r=-axes, com=axes, hold=lever, swing=lever, boresight=turned, star=-turned),
            {"r_hat": -axes, "theta_hat": lever},
            np.array([along, across, across]) / count, np.array([true_along, true_across, true_across]) / count,
        )  # fmt: skip

    def _pose(self, state: Augmented, r: Floats, count: float) -> None:
        sensor, turned = self.s.sensors.camera, self.tbody_from_hill
        range_m = float(np.linalg.norm(self.port - r - self.camera))
        told = self.filter.camera["sigma_pose_rad"] * max(1.0, range_m / self.filter.camera["pose_reference_m"])
        true = sensor.sigma_pose_deg * DEG * max(1.0, range_m / sensor.pose_reference_m)
        self._correct(
            state, of(hold=1.0, swing=1.0, boresight=-turned, star=turned), {"theta_hat": 1.0},
            np.full(3, (told**2 + self.path.attitude_variance) / count), np.full(3, true**2 / count),
        )  # fmt: skip


def _axes_along(d: Floats) -> Floats:
    """Rows: the direction of d and two axes across it."""
    first = d / np.linalg.norm(d)
    second = np.cross(first, np.eye(3)[np.abs(first).argmin()])
    second /= np.linalg.norm(second)
    return np.array([first, second, np.cross(first, second)])
