"""The prediction of a scenario, and a campaign beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, sqrt
from typing import Any

import numpy as np
from scipy import stats
from scipy.linalg import expm

from gnc import kernels
from gnc.flight import Law
from hil.campaign.defaults import CONFIDENCE
from hil.campaign.lincov.control import Control
from hil.campaign.lincov.hop import Burning, burns_of
from hil.campaign.lincov.linear import (
    AT,
    ESTIMATED,
    FILTER,
    I3,
    SIZE,
    STEP_S,
    Augmented,
    Floats,
    cross,
    of,
    relative_motion,
)
from hil.campaign.lincov.navigation import Navigation, declared_rms, turn_over_step, voted
from hil.campaign.lincov.reference import Leg, Path, without_noise
from hil.log import PASS, Log
from hil.plant.attitudes import frame_held
from hil.prepare import prepare
from hil.run import fly
from hil.scenario import DEG, Scenario

RATIO_LOW, RATIO_HIGH = 0.8, 1.25
RUNS_LEAST = 20
INSTRUMENTS = ("imu", "star", "gnss", "rgnss", "camera")
MODELLED = {Law.HOLD, Law.HOP, Law.FORCED, Law.DOCKED, Law.CAM, Law.DRIFT}
ECCENTRICITY_MAX = 0.01  # the Clohessy-Wiltshire rates are off by twice the eccentricity


@dataclass(frozen=True)
class Gate:
    """What is predicted as a phase ends: covariance of the true position (hill, m²), and of the navigation's error.

    at_edge: whether the port's mean error is within one sigma of the edge of its dead band or beyond, on each axis.
    """

    phase: str
    covariance_m2: Floats
    navigation_m2: Floats
    at_edge: tuple[bool, bool, bool]


def predict(scenario: Scenario) -> dict[str, Gate]:
    """Predicts the translation of the flight core as each phase before the contact ends, in the order flown.

    Nothing is predicted (an empty dictionary) of a scenario that `not_predicted` has a reason for, whose reference
    flight does not pass, because about a break-off there is nothing linear, or whose orbit is not near-circular.
    """
    return {} if not_predicted(scenario) else _predict(scenario.to_toml(), scenario.source, scenario.path)


def not_predicted(scenario: Scenario) -> str | None:
    """Why a scenario is none whose covariance is modelled; None for an approach to a port in its hill frame."""
    s, kinds = scenario, [row.kind for row in scenario.instruments]
    missing = [kind for kind in INSTRUMENTS if kinds.count(kind) != 1 and not (kind == "imu" and kind in kinds)]
    if s.faults or s.effector_faults or s.other_faults or s.telecommands:
        return "faults or telecommands are declared"
    if s.dispersions.correlated:
        return "dispersions are correlated"
    if s.initial is None:
        return "the chaser does not start at rest before the target's port"
    if frame_held(s.vehicles[s.scenario.target].attitude) != "lvlh":
        return "the target holds no LVLH attitude"
    if missing:
        return f"not one instrument each of kind {', '.join(missing)}"
    if unknown := {s.flight.law_name(name) for name in s.flight.phases if s.flight.phase(name, "law") not in MODELLED}:
        return f"no model of the law {', '.join(sorted(unknown))}"
    return None


@lru_cache(maxsize=4)
def _predict(text: str, source: str, path: str) -> dict[str, Gate]:
    scenario = replace(Scenario.parse(text, source), path=path)
    flown = fly(without_noise(scenario))
    if flown.verdict != PASS or not _eccentricity(scenario, flown) <= ECCENTRICITY_MAX:
        return {}
    return Prediction(scenario, flown).gates()


def _eccentricity(scenario: Scenario, flown: Log) -> float:
    """Of the target's osculating orbit at start."""
    r, v = flown.truth["r_target_eci_m"][0], flown.truth["v_target_eci_mps"][0]
    return float(np.linalg.norm(np.cross(v, np.cross(r, v)) / scenario.central_body.mu_m3ps2 - r / np.linalg.norm(r)))


class Prediction:
    """The augmented state of one scenario on its way along the reference flight."""

    def __init__(self, scenario: Scenario, flown: Log):
        self.s, self.p = scenario, prepare(scenario, 1).params
        self.path = Path(scenario, flown, self.p)
        self.navigation = Navigation(scenario, self.p, self.path)
        self.state = Augmented()
        self.wanted = [name for name in flown.gates() if name in {leg.name for leg in self.path.legs[:-1]}]
        q_tport = kernels.quat_mul(
            np.array(scenario.target.q_tport_from_tbody), np.array(scenario.target.q_tbody_from_hill)
        )
        self.along = np.asarray(kernels.quat_irotate(q_tport, np.array([1.0, 0.0, 0.0])))
        mass, force = (
            declared_rms(scenario, "dispersions.mass_ratio"),
            declared_rms(scenario, "dispersions.thruster_force_ratio"),
        )
        self.thrust_sigma = np.sqrt(mass**2 + force**2 / self.path.sharing)
        self.burning = Burning(scenario, self.p, self.path, self.thrust_sigma)
        imu, lever = scenario.sensors.imu, np.subtract(scenario.sensors.imu.position_body_m, scenario.chaser.com_body_m)
        gyro = voted(scenario) * imu.gyro_arw_deg_per_sqrt_h * DEG / 60.0
        # a cycle that fires adds the accelerometer's noise and, over the lever arm, that of two rates
        self.sensed_variance = (voted(scenario) * imu.accelerometer_noise_mps_per_sqrt_s) ** 2 * self.path.cycle_s
        self.sensed_variance += 2.0 * gyro**2 / self.path.cycle_s * float(lever @ lever) * 2.0 / 3.0
        self._begin()
        self.transition, self.noise = self._free_motion()

    def _begin(self) -> None:
        """Everything drawn before the start: dispersions, handed-over state, constant errors."""
        s, put = self.s, self.state.put
        density = s.dispersions.density_factor
        relative = log(density) / 3.0 if isinstance(density, float) else sqrt(max(density.mean_square(1) - 1.0, 0.0))
        chaser, target = s.chaser, s.target
        share = (target.drag_area_m2 * target.drag_coefficient / target.mass_kg) / max(
            chaser.drag_area_m2 * chaser.drag_coefficient / chaser.mass_kg, 1.0e-12
        )
        swing_rate = declared_rms(s, "dispersions.target_rate_deg_s") * DEG / sqrt(2.0)  # of a sine of any phase
        tilt = declared_rms(s, "dispersions.thruster_direction_deg") * DEG
        put("hold", (declared_rms(s, "dispersions.target_attitude_deg") * DEG) ** 2)
        put("swing", (swing_rate / max(target.hold_limit_cycle_radps, 1.0e-6)) ** 2)
        put("swing_rate", swing_rate**2)
        put("multipath", s.sensors.rgnss.bias_sigma_m**2)
        put("boresight", (declared_rms(s, "instrument.camera.boresight_deg") * DEG) ** 2)
        put("star", (declared_rms(s, "instrument.star.misalignment_deg") * DEG) ** 2)
        put("com", declared_rms(s, "dispersions.com_m") ** 2)
        put("thrust", self.thrust_sigma**2)
        put("tilt_1", tilt**2 / np.roll(self.path.sharing, -1))
        put("tilt_2", tilt**2 / np.roll(self.path.sharing, -2))
        put("drag", (self.path.coast_accel * (1.0 - share) * relative) ** 2)
        put("r", declared_rms(s, "dispersions.initial_position_m") ** 2)
        put("u", declared_rms(s, "dispersions.initial_velocity_mps") ** 2)
        put("r^", declared_rms(s, "dispersions.handover_position_m") ** 2)
        put("u^", declared_rms(s, "dispersions.handover_velocity_mps") ** 2)
        # the port is put in its place and at its speed in the turning frame; what is handed over is of the c.m.
        w = cross([0.0, 0.0, self.path.n_radps])
        placed, told = np.eye(SIZE), np.eye(SIZE)
        placed[AT["r"]] += of(com=1.0)
        placed[AT["u"]] += of(r=w, com=w)
        told[AT["r^"]] += of(r=1.0)
        told[AT["u^"]] += of(u=1.0, r_hat=w)
        self.state.apply(placed)
        self.state.apply(told)

    def _free_motion(self) -> tuple[Floats, Floats]:
        """Transition and noise over a step in which nothing is steered."""
        dt, s = STEP_S, self.s
        a, q = np.eye(SIZE), np.zeros((SIZE, SIZE))
        a[:6, :6] = relative_motion(self.path.n_radps, dt)
        a[AT["r"]] += of(drag=0.5 * dt * dt)
        a[AT["u"]] += of(drag=dt)
        rate = max(s.target.hold_limit_cycle_radps, 1.0e-6)
        swing = expm(dt * np.array([[0.0, 1.0], [-rate * rate, 0.0]]))
        for row, name in enumerate(("swing", "swing_rate")):
            a[AT[name]] = of(swing=swing[row, 0], swing_rate=swing[row, 1])
        keep = float(np.exp(-dt / s.sensors.rgnss.bias_tau_s))
        a[AT["multipath"]] = of(multipath=keep * turn_over_step(self.path))
        q[AT["multipath"], AT["multipath"]] = s.sensors.rgnss.bias_sigma_m**2 * (1.0 - keep * keep) * I3
        a[FILTER, FILTER] = self.navigation.filter.transition[:ESTIMATED, :ESTIMATED]
        return a, q

    def gates(self) -> dict[str, Gate]:
        """Flies every leg up to the last gate."""
        found: dict[str, Gate] = {}
        for leg in self.path.legs:
            if len(found) == len(self.wanted):
                break
            control = self._fly(leg)
            if leg.name in self.wanted:
                found[leg.name] = self._gate(leg, control)
        return found

    def _fly(self, leg: Leg) -> Control | None:
        state, path, navigation = self.state, self.path, self.navigation
        steered = leg.law in (Law.HOLD, Law.FORCED)
        state.put("start", 0.0)
        control = Control(self.p, path, navigation, leg, state, self.along) if steered else None
        burns = burns_of(path, self.p, leg) if leg.law == Law.HOP else {}
        for step in range(leg.first, leg.last + 1):
            transition, noise = self.transition.copy(), self.noise.copy()
            noise[AT["u^"], AT["u^"]] += self.sensed_variance * path.sensed_cycles[step] * I3
            if control:
                control.matrices(step, transition, noise)
            state.apply(transition, noise)
            navigation.filter.propagate(path.r[step])
            if step in burns:
                self.burning.apply(state, burns[step])
                navigation.filter.sense_burn(burns[step].dv)
            navigation.update(state, step)
        if control:
            control.finish()
        return control

    def _gate(self, leg: Leg, control: Control | None) -> Gate:
        covariance = self.state.covariance
        error = of(r_hat=1.0, r=-1.0)
        at_edge = control.at_edge() if control else (False, False, False)
        return Gate(
            leg.name,
            covariance[AT["r"], AT["r"]].copy(),
            error @ covariance @ error.T,
            at_edge,
        )


# ---- beside a campaign --------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """Sampled and predicted standard deviation of the position at a gate along one hill axis, m.

    interval: of the sampled one, from chi-square, as if the position were normal. ratio: sampled over predicted;
    inside: within 0.8 to 1.25. at_edge: a sixth of the cases or more are at the edge of their dead band there.
    """

    gate: str
    axis: str
    runs: int
    sampled_m: float
    low_m: float
    high_m: float
    predicted_m: float
    ratio: float
    inside: bool
    at_edge: bool


def compare(scenario: Scenario, rows: Sequence[Mapping[str, Any]], confidence: float = CONFIDENCE) -> list[Compared]:
    """The gates of a campaign's flat rows beside their prediction.

    rows: with the columns `gate.PHASE.0` to `.2`. A case counts at a gate if it went on from there: it has the next
    gate, or made contact. Empty where fewer than 20 cases passed each gate, or nothing can be predicted.
    """
    phases = [name for name in scenario.flight.phases if sum(f"gate.{name}.0" in row for row in rows) >= RUNS_LEAST]
    if not phases:
        return []
    predicted = predict(scenario)
    gates = list(predicted)
    found: list[Compared] = []
    if not gates:
        return found
    for gate, following in zip(gates, [*gates[1:], None], strict=True):
        onward = f"gate.{following}.0" if following else "contact.closing_rate_mps"
        passed = [row for row in rows if f"gate.{gate}.0" in row and row.get(onward) is not None]
        if len(passed) < RUNS_LEAST:
            continue
        positions = np.array([[row[f"gate.{gate}.{axis}"] for axis in range(3)] for row in passed])
        freedom = len(passed) - 1
        low, high = stats.chi2.interval(confidence, freedom)
        expected = np.sqrt(np.diag(predicted[gate].covariance_m2))
        for axis, (sigma, mine) in enumerate(zip(positions.std(axis=0, ddof=1), expected, strict=True)):
            if mine == 0.0:
                continue
            ratio = float(sigma / mine)
            found.append(Compared(
                gate, "xyz"[axis], len(passed), float(sigma), float(sigma * sqrt(freedom / high)),
                float(sigma * sqrt(freedom / low)), float(mine), ratio, RATIO_LOW <= ratio <= RATIO_HIGH,
                predicted[gate].at_edge[axis],
            ))  # fmt: skip
    return found
