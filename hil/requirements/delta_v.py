"""Velocity change compared with the analytic budget of the profile."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import Frames, View, mean_motion_radps
from hil.schema import Positive

if TYPE_CHECKING:
    from hil.scenario import Scenario

G0_MPS2 = 9.80665  # standard gravity (CGPM 1901)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DeltaV(Row):
    """Maximum velocity change, as a multiple of the analytic budget or in m/s."""

    kind: Literal["delta_v"] = "delta_v"
    budget_factor: Positive | None = None
    limit_mps: Positive | None = None

    def limit(self, budget_mps: float) -> float:
        """The limit (m/s) where the analytic budget is that."""
        by_budget = float("inf") if self.budget_factor is None else self.budget_factor * budget_mps
        return min(by_budget, float("inf") if self.limit_mps is None else self.limit_mps)

    def measures(self) -> tuple[Measure, ...]:
        """The velocity change."""
        return (Measure(self.name, "m/s", "velocity change, attitude included"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """Over the whole run."""
        (measure,) = self.measures()
        spent = delta_v(flight.scenario, flight.truth)
        return [measure.at_most(spent["total"], self.limit(spent["budget"]))]


def delta_v(scenario: Scenario, truth: Frames) -> dict[str, float]:
    """Velocity change spent (m/s): total, its split, and the profile's analytic budget.

    total = Isp g0 ln(m0 / m1) (Tsiolkovsky), an upper bound with the highest Isp of several groups. translation is the
    sum of the net velocity changes of all cycles in which thrusters fired; attitude is the rest: what was
    spent without moving the centre of mass.
    """
    mass = truth["mass_kg"]
    total = max(t.isp_s for t in scenario.thrusters) * G0_MPS2 * log(float(mass[0]) / float(mass[-1]))
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
    at, distance = table["start_phase"], scenario.initial.distance_m if scenario.initial else 0.0
    for _ in table.phases:
        name = table.phases[at]
        law, end = table.phase(name, "law"), table.phase(name, "distance_m")
        if law == core.Law.HOLD:
            terms[name] = 3.0 * n_radps**2 * abs(table.phase(name, "offset_x_m")) * table.phase(name, "duration_s")
        elif law == core.Law.HOP:
            terms[name] = 0.5 * n_radps * abs(distance - end)
            distance = end
        elif law == core.Law.FORCED:
            way = abs(distance - max(end, 0.0))
            terms[name] = 2.0 * table.phase(name, "speed_max_mps") + 2.0 * n_radps * way
            distance = end
        following = table.onward(name)
        if following is None or law == core.Law.DOCKED:
            break
        at = table.phases.index(following)
    return terms
