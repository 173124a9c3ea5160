"""The outcome of a run, judged on truth, over the run and over a day of free drift after it.

The requirements say whether the mission achieved what it is for. The outcome says, of every run, whether it was safe.
What telemetry declares is no evidence of that; it counts against a run where it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, log
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gnc import flight as core
from hil.requirements import Requirement, View
from hil.requirements.closing_rate import ClosingRate
from hil.requirements.collision import Collision
from hil.requirements.delta_v import G0_MPS2
from hil.requirements.docking import Docking
from hil.requirements.keep_out import KeepOut
from hil.requirements.leaving import Floats, Mask
from hil.requirements.passive_safety import drift_states
from hil.requirements.thrust import fired
from hil.requirements.view import RAD_TO_DEG, apsides_m
from hil.solids import enclosing_radius_m

if TYPE_CHECKING:
    from hil.scenario import Scenario

DAY_S = 86400.0
RATE_MOST_DEG_S = 0.5
DOCKED = 1  # of the contact's status
REENTRY_M = 120.0e3  # height of a perigee that ends a flight
OPEN_S = 10.0  # a valve from which propellant flows in every cycle of this time is open
SETTLED_S = 10.0  # before the end, over which rates are looked at
WRONG_SIGMAS, WRONG_SHARE = 5.0, 0.1  # of its own sigma, and of the range, that a good estimate may be wrong by
SIGMAS = 3.0  # of the flight's own state, by which free drifts start to either side
HOLD_S, COAST_MPS = 300.0, 0.01  # before the end: velocity change by thrust below which a chaser coasts
AWAY_MPS, AWAY_RATES = 1.0, 2.0  # relative speed of a chaser that is flown, and share of mean motion times range
AFTER_CAPTURE_S = 2.0  # from capture, after which nothing fires
ON_AXIS, AT_PORT_M = 0.98, 2.0  # share of the distance along the docking axis from which on, or distance within which,
# a chaser comes along it
DENSITY_FACTOR = 2.0  # 3 sigma of the air's density, where the mission has no number of its own
NOT_RELATIVE = {int(kind) for kind in (core.Kind.IMU, core.Kind.STAR, core.Kind.GNSS, core.Kind.DOCK)}


class Outcome(StrEnum):
    """Outcomes, the worst first."""

    COLLISION = "COLLISION"
    BREACH = "BREACH"
    UNCONTROLLED = "UNCONTROLLED"
    PASSIVE = "PASSIVE"
    SAFE = "SAFE"
    PASS = "PASS"


@dataclass(frozen=True)
class Judgement:
    """The outcome of a run, the reasons, and the closest approach in the day after it (m), None without a drift."""

    outcome: Outcome
    reasons: tuple[str, ...]
    closest_after_m: float | None

    @classmethod
    def of(cls, plain: Mapping[str, Any] | None) -> Judgement | None:
        """From plain values; None of None."""
        if plain is None:
            return None
        return cls(Outcome(plain["outcome"]), tuple(plain["reasons"]), plain["closest_after_m"])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"outcome": str(self.outcome), "reasons": list(self.reasons), "closest_after_m": self.closest_after_m}


def judge_outcome(flight: View, requirements: Sequence[Requirement], passed: bool) -> Judgement:
    """The worst outcome that applies to a run.

    Args:
        flight: the run; its `drift` is asked for a day from the last row on.
        requirements: the results of its rows.
        passed: whether the mission achieved what it requires.
    """
    held = _held(flight, requirements)
    closest = None if held else _closest_after_m(flight)
    checks: tuple[tuple[Outcome, Callable[[], list[str]]], ...] = (
        (Outcome.COLLISION, lambda: _collisions(flight, closest)),
        (Outcome.BREACH, lambda: _breaches(flight, requirements, closest)),
        (Outcome.UNCONTROLLED, lambda: _uncontrolled(flight, closest, held)),
    )
    for outcome, of in checks:
        if reasons := of():
            return Judgement(outcome, tuple(reasons), closest)
    if passed:
        return Judgement(Outcome.PASS, (), closest)
    lacking = [] if held else _lacking(flight)
    return Judgement(Outcome.PASSIVE if lacking else Outcome.SAFE, tuple(lacking), closest)


def _held(flight: View, requirements: Sequence[Requirement]) -> bool:
    """Whether the target holds the chaser at the end: docked still, or where it is taken hold of."""
    if flight.truth["contact_status"][-1] == DOCKED:
        return True
    met = {r.name for r in requirements if r.passed}
    rows = [row for row in flight.rows if row.held and not isinstance(row, Docking)]
    return any(all(measure.name in met for measure in row.measures()) for row in rows)


# ---- the day after ------------------------------------------------------------------------------


def _closest_after_m(flight: View) -> float | None:
    """Smallest distance between the centres of mass in a day of free drift from the end of the run.

    Flown are the state that is true, and those 3 of the flight's sigma to either side in what changes the period,
    at the air's density and 3 sigma to either side. Of a chaser that re-enters, that at the end. None where a drift is
    not finite: then nothing is shown.
    """
    last, earth = flight.truth[-1], flight.scenario.central_body
    perigee, _ = apsides_m(last["r_chaser_eci_m"], last["v_chaser_eci_mps"], earth.mu_m3ps2)
    if perigee - earth.re_m < REENTRY_M:
        return float(np.linalg.norm(last["r_chaser_target_hill_m"]))
    states = drift_states(flight.scenario, flight.truth, np.array([len(flight.truth) - 1]))
    given = flight.scenario.dispersions.density_factor
    factor = float(given) if isinstance(given, int | float) else DENSITY_FACTOR
    starts = np.vstack([states, *(_shifted(flight, states, sign) for sign in (1.0, -1.0))])
    every = np.repeat(starts, 3, axis=0)
    every[:, 13:] *= np.tile([1.0, factor, 1.0 / factor], len(starts))[:, None]
    distances, _ = flight.drift(every, DAY_S)
    return min(distances) if all(isfinite(distance) for distance in distances) else None


def _shifted(flight: View, states: Floats, sign: float) -> Floats:
    """States with the chaser 3 sigma higher and faster, or lower and slower: what moves it farthest in a day.

    The sigmas are those that the flight software told last; none, where it told none or what is not finite.
    """
    told = np.flatnonzero(flight.telemetry["t_us"])
    if not told.size:
        return states
    last = flight.telemetry[told[-1]]
    sigma_r, sigma_v = float(last["sigma_r_hill_m"][0]), float(last["sigma_v_hill_mps"][1])
    if not (isfinite(sigma_r) and isfinite(sigma_v)):
        return states
    shifted = states.copy()
    r, v = states[0, 7:10], states[0, 10:13]
    radial, normal = r / np.linalg.norm(r), np.cross(r, v)
    along = np.cross(normal / np.linalg.norm(normal), radial)
    reach = SIGMAS * min(sigma_r, float(np.linalg.norm(states[0, 1:4] - r)))
    shifted[:, 1:4] += sign * reach * radial
    shifted[:, 4:7] += sign * SIGMAS * min(sigma_v, reach * flight.mean_motion_radps if reach else 0.0) * along
    return shifted


def touching_m(flight: View) -> float:
    """Distance between the centres of mass within which the craft may touch: of the spheres that hold their shapes.

    Of a craft without a shape, of the sphere about its centre of mass through its port.
    """
    found = 0.0
    parts: tuple[Literal["chaser", "target"], ...] = ("chaser", "target")
    ports = (flight.scenario.chaser.port_body_m, flight.scenario.target.port_tbody_m)
    for part, port in zip(parts, ports, strict=True):
        com, shape = flight.com_of(part), flight.shape_of(part)
        found += enclosing_radius_m(shape, com) if shape else float(np.linalg.norm(np.array(port) - com))
    return found


# ---- the outcomes -------------------------------------------------------------------------------


def _collisions(flight: View, closest: float | None) -> list[str]:
    reasons = [
        f"{' and '.join(touch['bodies'])} touched at {touch['t_s']:.1f} s, {touch['speed_mps']:.3f} m/s"
        for touch in flight.collisions
    ]
    if not reasons and any(not r.passed for row in flight.rows_of(Collision) for r in row.evaluate(flight)):
        reasons.append("the ports touched outside what the mechanism captures")
    if closest is not None and closest <= (reach := touching_m(flight)):
        reasons.append(f"within {closest:.1f} m in the day after, where the craft may touch within {reach:.1f} m")
    return reasons


def _breaches(flight: View, requirements: Sequence[Requirement], closest: float | None) -> list[str]:
    rates = flight.rows_of(ClosingRate)
    safety = {m.name for row in flight.rows if row.safety and row not in rates for m in row.measures()}
    reasons = [
        f"{r.title}: {r.figure:.4g} {r.unit}, limit {r.limit:.4g}"
        for r in requirements
        if r.name in safety and r.passed is False and r.figure is not None and r.unit != "1"
    ]
    reasons += [reason for row in rates for reason in _too_fast(flight, row)]
    zone = max((row.reach_m() for row in flight.rows_of(KeepOut)), default=0.0)
    if closest is not None and closest < zone:
        reasons.append(f"within {closest:.1f} m in the day after, inside the keep-out zone of {zone:g} m")
    return reasons


def _too_fast(flight: View, row: ClosingRate) -> list[str]:
    """Where the chaser closed, or moved across the axis, faster than allowed, also outside the corridor.

    Beside the docking axis what counts is how fast the ports come nearer: there the rate along the axis is mostly that
    at which the target turns.
    """
    r, v = flight.approach["r_port_tport_m"], flight.approach["v_port_tport_mps"]
    distance = flight.range_port_m
    on_axis = (r[:, 0] >= ON_AXIS * distance) | (distance <= AT_PORT_M)
    nearing = -np.einsum("ij,ij->i", r, v) / np.maximum(distance, 1.0e-9)
    closing = np.where(on_axis, -v[:, 0], nearing)
    across = np.hypot(v[:, 1], v[:, 2])
    allowed, reasons = row.limit_mps(distance), []
    lateral_m = row.lateral_range_m or 0.0
    for words, rate, judged in (
        ("closes at", closing, distance <= row.range_m),
        ("moves across the axis at", across, on_axis & (distance <= lateral_m) & ~flight.leaving),
    ):
        margin = np.where(judged, allowed - rate, np.inf)
        if margin.size and margin.min() < 0.0:
            at = int(np.argmin(margin))
            reasons.append(f"{words} {rate[at]:.3f} m/s at {distance[at]:.1f} m, limit {allowed[at]:.3f}")
    return reasons


def _uncontrolled(flight: View, closest: float | None, held: bool) -> list[str]:
    reasons = []
    flowed, docked = fired(flight), flight.truth["contact_status"] == DOCKED
    since = len(docked) - 1 - int(np.flatnonzero(np.diff(docked, prepend=False))[-1]) if docked[-1] else len(docked)
    window = min(max(2, round(OPEN_S / flight.cycle_s)), max(2, since))
    if flowed[-window:][1:].all():
        reasons.append("a valve is open at the end")
    elif docked[-1] and flowed[-max(1, since - round(AFTER_CAPTURE_S / flight.cycle_s)) :].any():
        reasons.append("thrusters fire while docked")
    last = flight.truth[-max(1, round(SETTLED_S / flight.cycle_s)) :]
    rate = RAD_TO_DEG * float(np.linalg.norm(last["w_body_eci_body_radps"], axis=1).max())
    if rate > RATE_MOST_DEG_S:
        reasons.append(f"turns at {rate:.2f} deg/s at the end")
    if not held:
        reasons += _runs_away(flight, flowed)
        reasons += _deceived(flight)
        if closest is None:
            reasons.append("where it drifts in the day after cannot be told")
    return reasons


def _runs_away(flight: View, flowed: Mask) -> list[str]:
    """A chaser that is still thrusting at the end, faster than one that is flown about the target ever is."""
    part = slice(-max(1, round(HOLD_S / flight.cycle_s)), None)
    if not flowed[part].any() or _thrust_mps(flight, part) < COAST_MPS:
        return []
    last = flight.truth[-1]
    distance = float(np.linalg.norm(last["r_chaser_target_hill_m"]))
    speed = float(np.linalg.norm(last["v_chaser_target_hill_mps"]))
    if speed <= AWAY_MPS + AWAY_RATES * flight.mean_motion_radps * distance:
        return []
    return [f"thrusts at the end and moves at {speed:.1f} m/s, {distance:.0f} m away"]


def _thrust_mps(flight: View, part: slice) -> float:
    """Length of the velocity change of a part of the run by all forces but gravity, body axes."""
    return float(np.linalg.norm(flight.truth["dv_body_mps"][part].sum(axis=0)))


def _deceived(flight: View) -> list[str]:
    """Navigation that is flagged good although its error exceeds its own sigmas and a share of the range."""
    told, truth = flight.telemetry[-1], flight.truth[-1]
    kinds = flight.scenario.instrument_kinds.values()
    used, lost = int(core.Instrument.IN_USE), int(core.Instrument.LOST)
    good = [
        kind for kind, state in zip(kinds, told["instrument_state"].tolist(), strict=False)
        if kind not in NOT_RELATIVE and state & (used | lost) == used
    ]  # fmt: skip
    if not good:
        return []
    error = told["r_chaser_target_hill_m"] - truth["r_chaser_target_hill_m"]
    sigma = np.maximum(told["sigma_r_hill_m"], 1.0e-9)
    off, distance = float(np.linalg.norm(error)), float(np.linalg.norm(truth["r_chaser_target_hill_m"]))
    if not np.isfinite(error).all():
        return ["navigation is flagged good and is not finite"]
    if np.abs(error / sigma).max() > WRONG_SIGMAS and off > WRONG_SHARE * distance:
        return [f"navigation is flagged good and wrong by {off:.1f} m at {distance:.1f} m"]
    return []


def _lacking(flight: View) -> list[str]:
    """What a chaser that stays clear for a day lacks for the outcome SAFE."""
    reasons = []
    if flight.guarded[-1]:
        reasons.append("inside a keep-out zone")
    truth = flight.truth[-1]
    isp_s = min((thruster.isp_s for thruster in flight.scenario.thrusters), default=0.0)  # of the least of its groups
    mass, left = float(truth["mass_kg"]), float(truth["propellant_kg"])
    have = isp_s * G0_MPS2 * log(mass / max(mass - left, 1.0e-9))
    if have < (needed := avoidance_dv_mps(flight.scenario)):
        reasons.append(f"propellant for {have:.2f} m/s, an avoidance burn takes {needed:.2f} m/s")
    if flight.telemetry["tick"][-1] == 0 and len(flight.telemetry) > 1:
        reasons.append("the flight computer sends no telemetry")
    return reasons


def avoidance_dv_mps(scenario: Scenario) -> float:
    """The largest avoidance burn of the mission's phases (m/s); 0 where it has none."""
    table = scenario.flight
    burns = [
        table.phase(name, "velocity_hill_mps") for name in table.phases if table.phase(name, "law") == core.Law.CAM
    ]
    return max((float(np.linalg.norm(burn)) for burn in burns), default=0.0)
