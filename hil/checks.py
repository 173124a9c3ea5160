"""Requirements, checked on truth after the run. Figures and limits are in the units of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import isfinite, log, radians, sqrt, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import flight
from hil.scenario import Scenario

G0_MPS2 = 9.80665  # standard gravity (CGPM 1901)
RAD_TO_DEG = 57.29577951308232

Frames = NDArray[np.void]
PassiveMinimum = Callable[[NDArray[np.float64], float], tuple[list[float], list[float]]]


@dataclass(frozen=True)
class Requirement:
    """One requirement of a run.

    margin is positive when the requirement is met. figure and margin are None where there is nothing
    to measure: no contact was made (then it is not met), or the case never arose (then it is).
    """

    name: str
    figure: float | None
    limit: float
    margin: float | None
    passed: bool
    unit: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; what is not a finite number is None."""
        return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in asdict(self).items()}


def at_most(name: str, figure: float, limit: float, unit: str) -> Requirement:
    """A figure that must not exceed its limit."""
    return Requirement(name, figure, limit, limit - figure, bool(figure <= limit), unit)


def at_least(name: str, figure: float, limit: float, unit: str) -> Requirement:
    """A figure that must reach its limit."""
    return Requirement(name, figure, limit, figure - limit, bool(figure >= limit), unit)


def check(
    scenario: Scenario, truth: Frames, telemetry: Frames, contact: dict[str, Any], passive_minimum: PassiveMinimum
) -> tuple[Requirement, ...]:
    """Every requirement of the scenario against the truth of a run.

    contact: the plant's contact record. passive_minimum: smallest distance (m) of free drifts from
    states of shape (n, 15), as `hil.plant.plant.Plant.passive_min_distances`.
    """
    before = truth[: _rows_before_contact(truth, contact)]
    watched = before[: avoidance_row(telemetry[: len(before)])]
    found = [*_contact(scenario, contact), *_approach(scenario, watched)]
    found += _passive_safety(scenario, before, telemetry[: len(before)], passive_minimum)
    found.append(_delta_v(scenario, truth))
    found += _avoidance(scenario, before, len(watched))
    return tuple(found)


def _rows_before_contact(truth: Frames, contact: dict[str, Any]) -> int:
    if contact["status"] == 0:
        return len(truth)
    return int(np.searchsorted(truth["t_us"], contact["t_s"] * 1.0e6, side="right"))


def avoidance_row(telemetry: Frames) -> int:
    """The row an avoidance manoeuvre is declared in; the number of rows when none is."""
    declared = np.flatnonzero(telemetry["flags"] & int(flight.Flag.CAM))
    return int(declared[0]) if declared.size else len(telemetry)


# ---- contact ------------------------------------------------------------------------------------


def contact_conditions(contact: dict[str, Any]) -> dict[str, float] | None:
    """Conditions at first contact in the units of the report; None without contact."""
    if contact["status"] == 0:
        return None
    state = contact["state"]
    return {
        "t_s": contact["t_s"],
        "captured": float(contact["status"] == 1),
        "closing_rate_mps": state["closing_mps"],
        "lateral_rate_mps": state["lateral_rate_mps"],
        "pitch_yaw_rate_deg_s": state["pitch_yaw_rate_radps"] * RAD_TO_DEG,
        "roll_rate_deg_s": abs(state["roll_rate_radps"]) * RAD_TO_DEG,
        "lateral_misalignment_m": state["lateral_m"],
        "pitch_yaw_misalignment_deg": state["pitch_yaw_rad"] * RAD_TO_DEG,
        "roll_misalignment_deg": abs(state["roll_rad"]) * RAD_TO_DEG,
    }


def _contact(scenario: Scenario, contact: dict[str, Any]) -> list[Requirement]:
    limits = scenario.requirements
    met = contact_conditions(contact)
    captured = met["captured"] if met else 0.0
    found = [Requirement("captured", captured, 1.0, captured - 1.0, captured == 1.0, "1")]
    lowest = limits.contact_closing_rate_min_mps
    for name, key, limit, unit in (
        ("contact_closing_rate_min", "closing_rate_mps", lowest, "m/s"),
        ("contact_closing_rate_max", "closing_rate_mps", limits.contact_closing_rate_max_mps, "m/s"),
        ("contact_lateral_rate", "lateral_rate_mps", limits.contact_lateral_rate_mps, "m/s"),
        ("contact_pitch_yaw_rate", "pitch_yaw_rate_deg_s", limits.contact_pitch_yaw_rate_deg_s, "deg/s"),
        ("contact_roll_rate", "roll_rate_deg_s", limits.contact_roll_rate_deg_s, "deg/s"),
        ("contact_lateral_misalignment", "lateral_misalignment_m", limits.contact_lateral_misalignment_m, "m"),
        (
            "contact_pitch_yaw_misalignment",
            "pitch_yaw_misalignment_deg",
            limits.contact_pitch_yaw_misalignment_deg,
            "deg",
        ),
        ("contact_roll_misalignment", "roll_misalignment_deg", limits.contact_roll_misalignment_deg, "deg"),
    ):
        if met is None:
            found.append(Requirement(name, None, limit, None, False, unit))
        elif name.endswith("_min"):
            found.append(at_least(name, met[key], limit, unit))
        else:
            found.append(at_most(name, met[key], limit, unit))
    return found


# ---- the approach -------------------------------------------------------------------------------


def closing_rate_limit(scenario: Scenario, range_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest closing rate (m/s) allowed at a range from port to port (m), any shape."""
    r = scenario.requirements
    return np.maximum(r.closing_rate_floor_mps, r.closing_rate_base_mps + r.closing_rate_slope_ps * range_m)


def corridor_angle_deg(scenario: Scenario, r_port_tport_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle off the docking axis at the target port, shape (n,) from (n, 3).

    Where the corridor's cone is narrower than the lateral misalignment allowed at contact, it is
    judged at the distance where it is as wide: at its apex any error would be outside.
    """
    r = scenario.requirements
    nearest = r.contact_lateral_misalignment_m / tan(radians(r.corridor_half_angle_deg))
    lateral = np.hypot(r_port_tport_m[:, 1], r_port_tport_m[:, 2])
    axial = r_port_tport_m[:, 0]
    return np.asarray(np.arctan2(lateral, np.where(axial < -nearest, axial, np.maximum(axial, nearest)))) * RAD_TO_DEG


def _approach(scenario: Scenario, truth: Frames) -> list[Requirement]:
    limits = scenario.requirements
    r_port = truth["r_port_tport_m"]
    range_port = np.linalg.norm(r_port, axis=1)
    range_com = np.linalg.norm(truth["r_chaser_target_hill_m"], axis=1)
    angle = corridor_angle_deg(scenario, r_port)
    near = range_port <= limits.corridor_range_m
    found = [_worst("corridor", angle[near], limits.corridor_half_angle_deg, "deg")]

    gated = range_port <= limits.closing_rate_range_m
    closing = -truth["v_port_tport_mps"][gated, 0]
    allowed = closing_rate_limit(scenario, range_port[gated])
    if closing.size:
        at = int(np.argmin(allowed - closing))
        found.append(at_most("closing_rate", float(closing[at]), float(allowed[at]), "m/s"))

    outside = range_com[~(near & (angle <= limits.corridor_half_angle_deg))]
    if outside.size:
        found.append(at_least("keep_out_sphere", float(outside.min()), limits.keep_out_radius_m, "m"))
    else:
        found.append(Requirement("keep_out_sphere", None, limits.keep_out_radius_m, None, True, "m"))
    return found


def _worst(name: str, values: NDArray[np.float64], limit: float, unit: str) -> Requirement:
    if values.size == 0:
        return Requirement(name, None, limit, None, True, unit)
    return at_most(name, float(values.max()), limit, unit)


def _avoidance(scenario: Scenario, truth: Frames, trigger: int) -> list[Requirement]:
    """After an avoidance manoeuvre is declared the range never falls below that at the trigger minus the coast."""
    if trigger >= len(truth):
        return []
    range_com = np.linalg.norm(truth["r_chaser_target_hill_m"][trigger:], axis=1)
    limit = float(range_com[0]) - scenario.requirements.avoidance_coast_m
    return [at_least("avoidance_range", float(range_com.min()), limit, "m")]


# ---- passive safety -----------------------------------------------------------------------------


def drift_rows(scenario: Scenario, truth: Frames, telemetry: Frames) -> NDArray[np.intp]:
    """Rows a free drift starts from: on a clock, and closer inside every burn, over the declared phases.

    A flight computer without telemetry is sampled on the clock as long as it is outside the corridor's range.
    """
    limits, cycle_s = scenario.requirements, scenario.flight["cycle_s"]
    if not len(truth):
        return np.empty(0, np.intp)
    if telemetry["t_us"].any():
        first = scenario.flight.phases.index(limits.passive_safety_from_phase)
        last = scenario.flight.phases.index(limits.passive_safety_to_phase)
        inside = (telemetry["phase"] >= first) & (telemetry["phase"] <= last)
        burning = (telemetry["flags"] & int(flight.Flag.BURN)) != 0
    else:
        inside = np.linalg.norm(truth["r_port_tport_m"], axis=1) > limits.corridor_range_m
        burning = np.zeros(len(truth), bool)
    rows = np.flatnonzero(inside)
    if not rows.size:
        return rows
    clock = np.zeros(len(truth), bool)
    clock[rows[0] :: max(1, round(limits.passive_safety_interval_s / cycle_s))] = True
    clock[rows[-1]] = True
    burn_clock = np.zeros(len(truth), bool)
    burn_clock[:: max(1, round(limits.passive_safety_burn_interval_s / cycle_s))] = True
    return np.flatnonzero(inside & (clock | (burning & burn_clock)))


def drift_states(scenario: Scenario, truth: Frames, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """States of both craft at those rows, shape (n, 15), as `Plant.passive_min_distances` takes them."""
    at = truth[rows]
    target, chaser = scenario.target, scenario.chaser
    states = np.empty((len(rows), 15))
    states[:, 0] = at["t_us"] * 1.0e-6
    for column, name in (
        (1, "r_chaser_eci_m"), (4, "v_chaser_eci_mps"), (7, "r_target_eci_m"), (10, "v_target_eci_mps"),
    ):  # fmt: skip
        states[:, column : column + 3] = at[name]
    states[:, 13] = chaser.drag_coefficient * chaser.drag_area_m2 / at["mass_kg"]
    states[:, 14] = target.drag_coefficient * target.drag_area_m2 / target.mass_kg
    return states


def orbit_period_s(scenario: Scenario, truth: Frames) -> float:
    """Period of the target's osculating orbit at start."""
    return 2.0 * np.pi / mean_motion_radps(scenario, truth)


def mean_motion_radps(scenario: Scenario, truth: Frames) -> float:
    """Mean motion of the target's osculating orbit at start (vis-viva)."""
    r = float(np.linalg.norm(truth["r_target_eci_m"][0]))
    v = float(np.linalg.norm(truth["v_target_eci_mps"][0]))
    mu = scenario.plant.mu_m3ps2
    a = 1.0 / (2.0 / r - v * v / mu)
    return sqrt(mu / (a * a * a))


def _passive_safety(
    scenario: Scenario, truth: Frames, telemetry: Frames, passive_minimum: PassiveMinimum
) -> list[Requirement]:
    limits = scenario.requirements
    rows = drift_rows(scenario, truth, telemetry)
    if not rows.size or limits.passive_safety_orbits == 0.0:
        return []
    duration_s = limits.passive_safety_orbits * orbit_period_s(scenario, truth)
    distances, _ = passive_minimum(drift_states(scenario, truth, rows), duration_s)
    return [at_least("passive_safety", min(distances), limits.keep_out_radius_m, "m")]


# ---- delta-v ------------------------------------------------------------------------------------


def delta_v(scenario: Scenario, truth: Frames) -> dict[str, float]:
    """Velocity change spent (m/s): total, its split, and the profile's analytic budget.

    total = Isp g0 ln(m0 / m1) (Tsiolkovsky). translation is the sum of the net velocity changes of all
    cycles in which thrusters fired; attitude is the rest: what was spent without moving the centre of mass.
    """
    mass = truth["mass_kg"]
    total = scenario.chaser.thrusters.isp_s * G0_MPS2 * log(float(mass[0]) / float(mass[-1]))
    free = truth["contact_status"] == 0
    fired = np.zeros(len(truth), bool)
    fired[1:] = mass[1:] < mass[:-1]
    translation = float(np.linalg.norm(truth["dv_body_mps"][free & fired], axis=1).sum())
    translation = min(translation, total)
    budget = sum(budget_terms(scenario, mean_motion_radps(scenario, truth)).values())
    return {"total": total, "translation": translation, "attitude": total - translation, "budget": budget}


def budget_terms(scenario: Scenario, n_radps: float) -> dict[str, float]:
    """Analytic velocity change (m/s) of each phase from the start phase on, along `next`.

    Radial hop n dy / 2; forced straight line 2 v + 2 n dy; hold off the V-bar 3 n^2 x t (Fehse 2003,
    chapter 3 and tables 3.2, 3.3).
    """
    table = scenario.flight
    terms: dict[str, float] = {}
    at, distance = table["start_phase"], scenario.initial.distance_m
    for _ in table.phases:
        name = table.phases[at]
        law, end = table.phase(name, "law"), table.phase(name, "distance_m")
        if law == flight.Law.HOLD:
            terms[name] = 3.0 * n_radps**2 * abs(table.phase(name, "offset_x_m")) * table.phase(name, "duration_s")
        elif law == flight.Law.HOP:
            terms[name] = 0.5 * n_radps * abs(distance - end)
            distance = end
        elif law == flight.Law.FORCED:
            way = abs(distance - max(end, 0.0))
            terms[name] = 2.0 * table.phase(name, "speed_max_mps") + 2.0 * n_radps * way
            distance = end
        following = table.phase(name, "next")
        if following == at or law == flight.Law.DOCKED:
            break
        at = following
    return terms


def _delta_v(scenario: Scenario, truth: Frames) -> Requirement:
    spent = delta_v(scenario, truth)
    return at_most("delta_v", spent["total"], scenario.requirements.delta_v_budget_factor * spent["budget"], "m/s")
