"""The reference flight: without dispersions or noise, on a grid of steps."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import flight, kernels
from gnc.flight import Flag, Law
from hil.campaign.lincov.linear import STEP_S, Floats
from hil.log import Log
from hil.prepare import facing_port
from hil.scenario import Scenario

CAMERA_POSE_VALUES = 7  # of a camera measurement that has the relative attitude too
VELOCITY_BAND = 0.6  # of gnc/core/control/translation.c, of the smallest firing


def without_noise(scenario: Scenario) -> Scenario:
    """The scenario with all dispersions and all sensor errors set to zero; the flight parameters are unchanged."""
    still: dict[str, Any] = {field.name: 0.0 for field in fields(scenario.dispersions)}
    still |= {"density_factor": 1.0, "correlated": ()}
    s = scenario.sensors
    exact: dict[str, Any] = {
        "gyro_arw_deg_per_sqrt_h": 0.0, "gyro_bias_deg_per_h": 0.0, "gyro_rrw_deg_per_h15": 0.0,
        "accelerometer_bias_mps2": 0.0, "accelerometer_noise_mps_per_sqrt_s": 0.0, "scale_factor_ppm": 0.0,
        "misalignment_deg": 0.0,
    }  # fmt: skip
    units = [replace(row, **exact) for row in scenario.instruments if row.kind == "imu"]
    star = replace(s.star, sigma_cross_arcsec=0.0, sigma_roll_arcsec=0.0, misalignment_deg=0.0)
    gnss = replace(s.gnss, sigma_r_m=0.0, sigma_v_mps=0.0)
    rgnss = replace(s.rgnss, sigma_r_m=0.0, sigma_v_mps=0.0, bias_sigma_m=0.0)
    camera = replace(
        s.camera, sigma_range_ratio=0.0, sigma_range_floor_m=0.0, sigma_los_deg=0.0, sigma_pose_deg=0.0,
        boresight_deg=0.0, dropout_probability=0.0,
    )  # fmt: skip
    quiet = {row.name: row for row in (*units, star, gnss, rgnss, camera)}
    instruments = tuple(quiet.get(row.name, row) for row in scenario.instruments)
    return replace(scenario, dispersions=replace(scenario.dispersions, **still), instruments=instruments)


@dataclass(frozen=True)
class Leg:
    """A phase of the reference flight: its first and last step, and what is constant in it."""

    number: int
    name: str
    law: int
    first: int
    last: int
    arm_variance: Floats
    arm_rate_variance: Floats
    carried_tau_s: Floats


class Path:
    """The reference flight up to the contact, on a grid of STEP_S where nothing else is said; hill axes, SI."""

    def __init__(self, scenario: Scenario, flown: Log, params: Any):
        cycles = int((flown.truth["contact_status"] == 0).sum())
        truth, told, sensors = (x[:cycles] for x in (flown.truth, flown.telemetry, flown.sensors))
        self.cycle_s = float(params["cycle_s"])
        self.per_step = round(STEP_S / self.cycle_s)
        self.rows = np.arange(0, cycles, self.per_step)
        target_r, target_v = truth["r_target_eci_m"][0], truth["v_target_eci_mps"][0]
        self.n_radps = float(np.linalg.norm(np.cross(target_r, target_v)) / (target_r @ target_r))
        hill_from_eci, _ = kernels.hill_frame(truth["r_target_eci_m"], truth["v_target_eci_mps"])
        lever = np.subtract(scenario.chaser.port_body_m, scenario.chaser.com_body_m)
        self.lever_m = float(np.linalg.norm(lever))
        arm = _to_hill(hill_from_eci, told["q_body_from_eci"], np.tile(lever, (cycles, 1)))
        error = told["r_chaser_target_hill_m"] + arm - told["r_ref_hill_m"]
        self.fired = np.zeros(cycles, dtype=bool)
        self.fired[1:] = flown.command["thruster_on_us"][: cycles - 1].any(axis=1)
        self.fired[2:] |= self.fired[1:-1]  # thrust decays into the next cycle, and flight reads the accelerometer
        dv = _to_hill(hill_from_eci, truth["q_body_from_eci"], truth["dv_body_mps"])
        self.coast_accel = dv[~self.fired].mean(axis=0) / self.cycle_s
        self.thrust_dv = np.where(self.fired[:, None], dv, 0.0)
        self.burning = (told["flags"] & int(Flag.BURN)) > 0
        self.phase_of_cycle = told["phase"].astype(int)
        self.law_of_cycle = params["phase_law"][self.phase_of_cycle]
        self.steered = (self.law_of_cycle == Law.HOLD) | (self.law_of_cycle == Law.FORCED)
        self.r = truth["r_chaser_target_hill_m"][self.rows]
        self.error, self.arm = error[self.rows], arm[self.rows]
        self.accel = self._per_step(self.thrust_dv) / STEP_S
        self.sensed_cycles = self._per_step((self.fired & ~self.burning).astype(float))
        rgnss, camera = (flight.measurements(sensors, kind) for kind in (flight.Kind.RGNSS, flight.Kind.CAMERA))
        pose = camera[camera["count"] == CAMERA_POSE_VALUES]
        self.updates = {
            name: self._per_step(np.bincount(table["row"], minlength=cycles).astype(float))
            for name, table in (("rgnss", rgnss), ("camera", camera), ("camera_pose", pose))
        }
        self.attitude_variance = float(np.mean(told["sigma_attitude_rad"][cycles // 2] ** 2))
        self.quantum = self._quantum()
        self.smallest = self.quantum / float(params["fire_threshold"])
        v = told["v_chaser_target_hill_mps"][self.rows]
        self.error_rate = v - told["v_ref_hill_mps"][self.rows]
        self.sharing = self._sharing(scenario, flown.command["thruster_on_us"][:cycles])
        self.legs = self._legs(scenario, params, np.gradient(arm, self.cycle_s, axis=0))
        self.drift, self.disturbance = np.zeros_like(v), np.zeros_like(v)
        for leg in self.legs:
            if leg.law in (Law.HOLD, Law.FORCED) and leg.last > leg.first:
                self._disturbance(leg, v)

    def _per_step(self, x: NDArray[Any]) -> Floats:
        return np.asarray(np.add.reduceat(x, self.rows, axis=0))

    def _quantum(self) -> Floats:
        """Velocity change of one firing on each axis: the usual one where the vehicle is steered in small ones."""
        pulses = np.abs(self.thrust_dv[self.steered])
        return np.array([np.median(x[x > 1.0e-6]) if (x > 1.0e-6).any() else 1.0e-6 for x in _significant(pulses)])

    def _sharing(self, scenario: Scenario, on_us: NDArray[Any]) -> Floats:
        """How many thrusters share the work on each axis, so that their errors average: (sum t)² / sum t²."""
        direction = np.array(scenario.chaser.thrusters.direction)
        time = on_us[self.steered][:, : len(direction)].sum(axis=0, dtype=np.float64)
        found = np.ones(3)
        for axis in range(3):
            mine = time[np.abs(direction[:, axis]) > 0.5]
            if mine.any():
                found[axis] = mine.sum() ** 2 / (mine**2).sum()
        hill_from_body = np.asarray(kernels.quat_to_dcm(np.array(facing_port(scenario)))).T
        return np.asarray(np.abs(hill_from_body) @ found)

    def _disturbance(self, leg: Leg, v: Floats) -> None:
        """What moves the c.m. against its reference in a leg but control and what control feeds forward.

        v: velocity that flight tells. Of its error, drift and disturbance are what comes on top of the rate of the
        position and of what thrust and the Clohessy-Wiltshire accelerations make of the rate. The drift is real:
        J2 turns the orbit's plane, and with it the hill frame, about an axis that flight takes for fixed.
        """
        at = slice(leg.first, leg.last + 1)
        n, r, rate = self.n_radps, self.r[at], self.error_rate[at]
        free = np.stack([3.0 * n * n * r[:, 0] + 2.0 * n * v[at, 1], -2.0 * n * v[at, 0], -n * n * r[:, 2]], axis=1)
        self.drift[at] = _change(self.error[at] - self.arm[at]) / STEP_S - rate
        self.disturbance[at] = _change(rate) / STEP_S - self.accel[at] - free

    def _legs(self, scenario: Scenario, params: Any, arm_rate: Floats) -> list[Leg]:
        phases = self.phase_of_cycle[self.rows]
        starts = [0, *(np.flatnonzero(np.diff(phases)) + 1)]
        legs = []
        for first, after in zip(starts, [*starts[1:], len(phases)], strict=True):
            number = int(phases[first])
            rows = slice(self.rows[first], self.rows[after - 1] + 1)
            firings = (np.abs(self.thrust_dv[rows]) > 0.5 * self.quantum).sum(axis=0)
            # the attitude is anywhere in its dead band; what is across the arm moves the port
            along = self.arm[first:after].mean(axis=0) / self.lever_m if self.lever_m else np.zeros(3)
            band = float(params["phase_attitude_deadband_rad"][number])
            legs.append(Leg(
                number, scenario.flight.phases[number], int(params["phase_law"][number]), int(first), int(after) - 1,
                np.maximum(1.0 - along**2, 0.0) * (self.lever_m * band) ** 2 / 3.0, arm_rate[rows].var(axis=0),
                0.5 * (after - first) * STEP_S / np.maximum(firings, 0.5),
            ))  # fmt: skip
        return legs


def _change(x: Floats) -> Floats:
    """From each row to the next; the last row has none and repeats the one before."""
    return np.diff(x, axis=0, append=2.0 * x[-1:] - x[-2:-1])


def _to_hill(hill_from_eci: Floats, q_body_from_eci: Floats, body: Floats) -> Floats:
    eci = kernels.quat_irotate(np.ascontiguousarray(q_body_from_eci), np.ascontiguousarray(body))
    return np.asarray(np.einsum("nij,nj->ni", hill_from_eci, eci))


def _significant(pulses: Floats) -> list[Floats]:
    """Of each axis the pulses of its own thrusters, not what another axis' leave in it."""
    return [pulses[pulses.argmax(axis=1) == axis, axis] for axis in range(3)]
