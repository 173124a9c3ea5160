"""Made-up runs, where every figure is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gnc import flight
from hil.requirements import Requirement, Row, View, judge, rows_of
from hil.requirements.judge import judged_rows
from hil.scenario import Scenario
from hil.truth import TRUTH

NO_CONTACT: dict[str, Any] = {"status": 0, "t_s": 0.0, "state": {}}
GOOD_STATE = {
    "closing_mps": 0.07, "lateral_rate_mps": 0.01, "pitch_yaw_rate_radps": 0.001, "roll_rate_radps": -0.001,
    "lateral_m": 0.05, "pitch_yaw_rad": 0.01, "roll_rad": -0.02,
}  # fmt: skip


def straight_approach(start_m: float, closing_mps: float, lateral_m: float = 0.0, cycle_s: float = 0.1) -> Any:
    """Truth and telemetry of a straight approach along the docking axis to 1 m, c.m. 39 m behind the ports."""
    count = int((start_m - 1.0) / (closing_mps * cycle_s))
    truth, telemetry = np.zeros(count, TRUTH), np.zeros(count, flight.TELEMETRY)
    axial = start_m - closing_mps * cycle_s * np.arange(count)
    truth["t_us"] = np.arange(count) * int(cycle_s * 1e6)
    telemetry["t_us"] = truth["t_us"]
    telemetry["t_us"][0] = 1
    truth["r_port_tport_m"][:, 0] = axial
    truth["r_port_tport_m"][:, 1] = lateral_m
    truth["v_port_tport_mps"][:, 0] = -closing_mps
    truth["r_chaser_target_hill_m"][:, 1] = -(axial + 39.0)
    truth["r_chaser_target_hill_m"][:, 2] = lateral_m
    truth["mass_kg"] = 19000.0
    truth["r_target_eci_m"] = [6.79e6, 0.0, 0.0]
    truth["v_target_eci_mps"] = [0.0, math.sqrt(3.986004418e14 / 6.79e6), 0.0]
    return truth, telemetry


def never_close(states: Any, duration_s: float) -> tuple[list[float], list[float]]:
    return [1.0e6] * len(states), [0.0] * len(states)


def view(
    scenario: Scenario, truth: Any, telemetry: Any, contact: Any = NO_CONTACT, rows: tuple[Row, ...] | None = None,
    drift: Any = never_close, collisions: Any = (),
) -> View:  # fmt: skip
    given = rows_of(scenario) if rows is None else rows
    return View(
        scenario=scenario, rows=judged_rows(given), truth=truth, telemetry=telemetry, contact=contact, drift=drift,
        collisions=collisions,
    )  # fmt: skip


def found(scenario: Scenario, truth: Any, telemetry: Any, *more: Any, **options: Any) -> dict[str, Requirement]:
    """The results by name, of the scenario's own rows unless others are given."""
    return {r.name: r for r in judge(view(scenario, truth, telemetry, *more, **options))}


def burning(count: int = 10_000) -> Any:
    """1000 s beyond 300 m, with two burns: of 3 s from row 3001 and of 1 s from row 6001, and a pulse at row 100."""
    truth, telemetry = straight_approach(2000.0, 0.1)
    truth, telemetry = truth[:count].copy(), telemetry[:count].copy()
    for start, stop, dv in ((3001, 3031, 0.01), (6001, 6011, 0.02), (100, 101, 0.001)):
        truth["dv_body_mps"][start:stop, 0] = dv
        truth["mass_kg"] -= np.clip(np.arange(count) - start + 1, 0, stop - start) * 0.1
    return truth, telemetry
