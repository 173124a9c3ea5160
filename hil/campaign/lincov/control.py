"""The closed loop of a hold or a forced leg, linearised a step at a time."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from gnc.flight import Law, law_block
from hil.campaign.lincov.linear import (
    AT,
    I3,
    MOTIONS,
    SIZE,
    STEP_S,
    Augmented,
    Floats,
    cross,
    dead_zone_gain,
    dead_zone_mean,
    of,
)
from hil.campaign.lincov.navigation import Navigation
from hil.campaign.lincov.reference import VELOCITY_BAND, Leg, Path

NODES = 41
ARRIVED_M = 0.005  # of gnc/core/guidance/guidance.c


class DeadBand:
    """Gain of the position dead band over the density of the error as it is, not as if it were normal.

    A hold that begins far outside its band ends with most cases at one edge or the other. What comes of the
    dispersion at entry is carried as quantiles, moved by the law itself; what came in since is normal about them.
    """

    def __init__(self, band_m: float, rate_ps: float, speed_max_mps: float):
        self.band, self.rate, self.limit = band_m, rate_ps, speed_max_mps / rate_ps if rate_ps > 0.0 else np.inf
        self.nodes: Floats | None = None

    def gain(self, mean: Floats, sigma: Floats, entry_sigma: Floats) -> tuple[Floats, Floats]:
        """Gains on the three axes and the mean of what lies outside; moves the quantiles on by a step.

        mean: of the error; sigma: of the deviation from it; entry_sigma: of the part that comes from the dispersion
        at entry.
        """
        if self.nodes is None:
            z = stats.norm.ppf((np.arange(NODES) + 0.5) / NODES)
            self.nodes = (z / z.std())[:, None] * entry_sigma
        shape = self.nodes - self.nodes.mean(axis=0)
        shape = shape * (entry_sigma / np.maximum(shape.std(axis=0), 1.0e-12))
        since = np.sqrt(np.maximum(sigma**2 - entry_sigma**2, 0.0))
        at = mean + shape
        out = np.clip(dead_zone_mean(at, since, self.band), -self.limit, self.limit)
        normal = since**2 * dead_zone_gain(at, since, self.band).mean(axis=0)
        gain = ((out * shape).mean(axis=0) + normal) / np.maximum(sigma**2, 1.0e-18)
        self.nodes = shape - STEP_S * self.rate * out
        return np.asarray(gain), np.asarray(out.mean(axis=0))


class ForcedReference:
    """The distance reference of a forced leg (guidance.c): how it answers a start further out, and when it arrives."""

    def __init__(self, params: Any, number: int, start_m: float, steps: int, cycle_s: float):
        self.p, self.number, self.cycle_s = params, number, cycle_s
        here, _ = self._run(start_m)
        near, near_end = self._run(start_m - 0.5)
        far, far_end = self._run(start_m + 0.5)
        self.later_s_per_m = (far_end - near_end) * cycle_s
        times = np.minimum(np.arange(steps + 1) * round(STEP_S / cycle_s), len(here) + len(near) + len(far))
        at = [np.asarray(x)[np.minimum(times, len(x) - 1)] for x in (here, near, far)]
        self.along = at[2] - at[1]
        stop = max(float(law_block(params, number)["point_m"][0]), float(params["track_near_m"]))
        span = start_m - stop
        self.across = np.clip((at[0] - stop) / span, 0.0, 1.0) if abs(span) > 1.0 else np.zeros(steps + 1)

    def _run(self, start_m: float) -> tuple[list[float], int]:
        """Distances at each cycle, and the cycle of arrival."""
        p, k, dt = self.p, self.number, self.cycle_s
        own = law_block(p, k)
        goal_m, fastest = float(own["point_m"][0]), float(own["speed_max_mps"])
        slowest, slope, ramp = float(own["speed_end_mps"]), float(own["speed_slope_ps"]), float(own["accel_mps2"])
        distance, speed, found = start_m, 0.0, [start_m]
        while abs(goal_m - distance) >= ARRIVED_M and len(found) < 1_000_000:
            size = abs(goal_m - distance)
            most = min(fastest, slowest + slope * size, sqrt(ramp * size), size / dt)
            wanted = most if goal_m > distance else -most
            speed += min(max(wanted - speed, -ramp * dt), ramp * dt)
            distance += speed * dt
            found.append(distance)
        return found, len(found)


class Control:
    """The closed loop of one hold or forced leg (ctl_translation.c), linearised a step at a time."""

    def __init__(self, params: Any, path: Path, navigation: Navigation, leg: Leg, state: Augmented, along: Floats):
        self.path, self.leg, self.state, self.axis = path, leg, state, along
        number = leg.number
        own = law_block(params, number)
        self.kd = float(own["kd_ps"])
        rate = float(own["kp_ps2"]) / max(self.kd, 1.0e-9)
        self.band = DeadBand(float(own["deadband_m"]), rate, float(own["speed_max_mps"]))
        self.forced: ForcedReference | None = None
        w = cross([0.0, 0.0, path.n_radps])
        self.error = of(r_hat=1.0, arm=1.0)
        self.error_rate = of(u_hat=1.0, r_hat=-w, arm_rate=1.0)
        n, v = path.n_radps, of(u_hat=1.0, r_hat=-w)
        self.fed_forward = np.array([-2.0 * n * v[1], 2.0 * n * v[0], 0.0 * v[2]])
        self.fed_forward += of(r_hat=n * n * np.diag([-3.0, 0.0, 1.0]))
        state.put("carried", 0.0)
        state.put("arm", leg.arm_variance)
        state.put("arm_rate", leg.arm_rate_variance)
        if leg.law == Law.FORCED:
            begin = np.eye(SIZE)
            begin[AT["start"]] = self.error
            state.apply(begin)
            distance = float(along @ (path.r[leg.first] + path.arm[leg.first] - navigation.port))
            self.forced = ForcedReference(params, number, distance, leg.last - leg.first + 1, path.cycle_s)
        state.begin_phase()
        error, error_rate = self._against_reference(leg.first)
        self.mean = path.error[leg.first] + error @ state.mean
        self.mean_rate = path.error_rate[leg.first] + error_rate @ state.mean

    def matrices(self, step: int, transition: Floats, noise: Floats) -> None:
        """Adds what control, arm and pulses do over a step to a transition and its noise."""
        dt, path = STEP_S, self.path
        error, error_rate = self._against_reference(step)
        sigma = self.state.sigma(error)
        entry = np.sqrt(((error @ self.state.entry) ** 2).sum(axis=1))
        gain, outside = self.band.gain(self.mean, sigma, np.minimum(entry, sigma))
        demand = -self.band.rate * gain[:, None] * error - error_rate
        speed_gain = self._move_mean(step, outside, self.state.sigma(demand))
        accel = self.kd * speed_gain[:, None] * demand + self.fed_forward
        given = path.accel[step]
        accel += of(thrust=np.diag(given), tilt_1=np.diag(np.roll(given, -1)), tilt_2=np.diag(np.roll(given, -2)))
        for r, u in MOTIONS:
            transition[AT[r]] += 0.5 * dt**2 * accel
            transition[AT[u]] += dt * accel
        self._arm(transition)
        self._pulses(transition, noise)

    def _move_mean(self, step: int, outside: Floats, sigma: Floats) -> Floats:
        """Moves the mean error on by a step, and gives the gain of the velocity dead band about the mean demand.

        The path of the reference flight within its dead bands is one of many; of it only what disturbs is taken.
        """
        band = VELOCITY_BAND * self.path.smallest
        demand = -self.band.rate * outside - self.mean_rate
        accel = self.kd * dead_zone_mean(demand, sigma, band) + self.path.disturbance[step]
        self.mean = self.mean + STEP_S * (self.mean_rate + self.path.drift[step] + 0.5 * STEP_S * accel)
        self.mean_rate = self.mean_rate + STEP_S * accel
        return dead_zone_gain(demand, sigma, band)

    def _against_reference(self, step: int) -> tuple[Floats, Floats]:
        if self.forced is None:
            return self.error, self.error_rate
        at = step - self.leg.first
        along, across = np.outer(self.axis, self.axis), I3 - np.outer(self.axis, self.axis)
        now, then = (self.forced.along[k] * along + self.forced.across[k] * across for k in (at, at + 1))
        return self.error + of(start=-now), self.error_rate + of(start=(now - then) / STEP_S)

    def _arm(self, transition: Floats) -> None:
        """The port swings about the c.m. with the attitude in its dead band."""
        size = np.maximum(self.leg.arm_variance, 1.0e-18)
        turn = np.minimum(np.sqrt(self.leg.arm_rate_variance / size), 1.0) * STEP_S
        rate = np.maximum(turn / STEP_S, 1.0e-9)
        arm, arm_rate = AT["arm"], AT["arm_rate"]
        transition[arm, arm], transition[arm, arm_rate] = np.diag(np.cos(turn)), np.diag(np.sin(turn) / rate)
        transition[arm_rate, arm], transition[arm_rate, arm_rate] = np.diag(-rate * np.sin(turn)), np.diag(np.cos(turn))

    def _pulses(self, transition: Floats, noise: Floats) -> None:
        """What is demanded collects until it is worth a firing: a saw tooth of one quantum, which flight senses."""
        keep = np.exp(-STEP_S / self.leg.carried_tau_s)
        carried = AT["carried"]
        transition[carried, carried] = np.diag(keep)
        kicked = np.diag(self.path.quantum**2 / 12.0 * (1.0 - keep**2))
        ends = (carried, AT["u"], AT["u^"])
        for row in ends:
            if row is not carried:
                transition[row, carried] += np.diag(keep - 1.0)
            for column in ends:
                noise[row, column] += kicked

    def at_edge(self) -> tuple[bool, bool, bool]:
        """Whether the mean error is one sigma or less from the edge of the position dead band, or beyond it."""
        x, y, z = np.abs(self.mean) + self.state.sigma(self.error) >= self.band.band
        return bool(x), bool(y), bool(z)

    def finish(self) -> None:
        """The mean is the law's, not that of the reference flight; a forced leg ends when its reference arrives."""
        if self.forced is not None:
            self._arrive(self.forced.later_s_per_m)
        last = self.leg.last
        moved = self.mean - self.path.error[last]
        rate = self.mean_rate - self.path.error_rate[last] + np.cross([0.0, 0.0, self.path.n_radps], moved)
        self.state.mean[:] = 0.0
        for position, speed in MOTIONS:
            self.state.mean[AT[position]], self.state.mean[AT[speed]] = moved, rate

    def _arrive(self, later_s_per_m: float) -> None:
        """Not at a time: an event trigger (Geller 2006)."""
        r, last = self.path.r, self.leg.last
        rate = (r[last] - r[last - 4]) / (4.0 * STEP_S)
        accel = (r[last] - 2.0 * r[last - 10] + r[last - 20]) / (10.0 * STEP_S) ** 2
        w = np.array([0.0, 0.0, self.path.n_radps])
        later = np.eye(SIZE)
        for position, speed in MOTIONS:
            later[AT[position], AT["start"]] += later_s_per_m * np.outer(rate, self.axis)
            later[AT[speed], AT["start"]] += later_s_per_m * np.outer(accel + np.cross(w, rate), self.axis)
        self.state.apply(later)
