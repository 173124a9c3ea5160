"""Requirement `turn_rate`. Run `pip install -e .` and `pytest` in this folder."""

from pathlib import Path

import numpy as np
from turn_rate import TurnRate

from hil import Scenario, fly
from hil.requirements import View
from hil.truth import TRUTH

MISSION = """
schema = 2

[scenario]
name = "turning"
extends = "iss-contact"
max_duration_s = 20.0

[[requirement]]
name = "turning"
kind = "turn_rate"
max_deg_s = {limit}
"""


def turning(deg_s: float) -> View:
    """A made-up run of 100 cycles in which the chaser turns faster and faster."""
    truth = np.zeros(100, TRUTH)
    truth["w_body_eci_body_radps"][:, 2] = np.radians(np.linspace(0.0, deg_s, 100))
    return View(
        scenario=Scenario.load("iss-contact"),
        rows=(),
        truth=truth,
        telemetry=truth,
        contact={"status": 0},
        drift=lambda states, duration_s: ([], []),
    )


def test_the_largest_rate_is_judged() -> None:
    row = TurnRate(name="turning", max_deg_s=1.0)
    (slow,), (fast,) = row.evaluate(turning(0.5)), row.evaluate(turning(2.0))
    assert slow.passed and not fast.passed
    assert abs(fast.figure - 2.0) < 1e-9


def test_a_mission_is_judged_by_it(tmp_path: Path) -> None:
    """As installed: the row is found by its kind."""
    results = {}
    for limit in (5.0, 1e-6):
        mission = tmp_path / f"{limit}.toml"
        mission.write_text(MISSION.format(limit=limit))
        log = fly(Scenario.load(mission), seed=1)
        results[limit] = next(r.passed for r in log.requirements if r.name == "turning")
    assert results == {5.0: True, 1e-6: False}
