"""A made-up campaign: rows as a campaign's journal has them, with drivers that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.campaign.sampling import GROUPS, Sampling
from hil.requirements import Measure
from hil.scenario import Scenario

BROKEN, TOO_FAR, TOO_FAST = 17, 41, 63
KEPT = ("figure", "limit", "margin", "passed")


@dataclass(frozen=True)
class Made:
    """A campaign as `hil.report` takes it."""

    scenario: Scenario
    rows: list[dict[str, Any]]
    runs: int
    seed: int = 7
    command: str = "proxops run 'my approach.toml'"
    digest: str = "0123abcd"


def campaign(rows: list[dict[str, Any]], runs: int | None = None) -> Made:
    return Made(Scenario.load("iss-final"), rows, runs or len(rows))


def rows(count: int = 300, seed: int = 5) -> list[dict[str, Any]]:
    """Case 17 broke, 41 made no contact, 63 exceeded the lateral misalignment; all others passed.

    The lateral misalignment is driven by the size of the camera's boresight about x, the velocity change
    by the mass.
    """
    rng = np.random.default_rng(seed)
    return [_row(case, rng) for case in range(count)]


def saltelli(rows_each: int = 32) -> Made:
    """A made-up design: the velocity change is 2 x mass + 1 x camera, the lateral misalignment their product."""
    design = Sampling("saltelli", rows_each * (len(GROUPS) + 2))
    rng = np.random.default_rng(1)
    drawn = rng.standard_normal((2 * rows_each, 2))
    few, made = rows(BROKEN, seed=3), []
    for case in range(design.runs or 0):
        mass, camera = (drawn[design.case_of(group, case)][i] for i, group in enumerate(("mass properties", "camera")))
        row = dict(few[case % len(few)]) | {"case": case}
        row["requirement.delta_v.figure"] = 12.0 + 2.0 * mass + camera
        row["requirement.contact_lateral_misalignment.figure"] = 0.02 + 0.001 * mass * camera
        row["requirement.delta_v.passed"] = passed = case != 2 * rows_each + 5
        made.append(row | {"verdict": "PASS" if passed else "FAIL"})
    return campaign(made)


def _row(case: int, rng: np.random.Generator) -> dict[str, Any]:
    boresight, mass, bias = rng.standard_normal(3), rng.standard_normal(), rng.standard_normal((4, 3))
    lateral = 0.02 + 0.012 * abs(boresight[0]) + 0.002 * rng.random()
    lateral = 0.13 if case == TOO_FAST else lateral
    closing = 0.07 + 0.005 * rng.standard_normal()
    total = 12.0 + 0.8 * mass + 0.2 * rng.standard_normal()
    made = case != TOO_FAR
    requirements = [
        Measure("contact_lateral_misalignment", "m", "").at_most(lateral, 0.10).as_dict(),
        Measure("contact_closing_rate_min", "m/s", "").at_least(closing, 0.05).as_dict(),
        Measure("delta_v", "m/s", "").at_most(total, 18.0 + 0.001 * mass).as_dict(),
    ]
    if not made:
        requirements[:2] = [r | {"figure": None, "margin": None, "passed": False} for r in requirements[:2]]
    captured = {
        "name": "captured",
        "figure": float(made),
        "limit": 1.0,
        "margin": made - 1.0,
        "passed": made,
        "unit": "1",
    }
    gates = {
        name: [*(rng.standard_normal(3) * (2.0, 0.5, 0.8) * scale + (8.0, -y, 0.0)), 0.0, 0.0, 0.0]
        for name, y, scale in (("S3", 288.0, 1.0), ("S4", 56.0, 0.1))
    }
    broke = case == BROKEN
    passed = made and lateral <= 0.10
    row: dict[str, Any] = {
        "case": case,
        "verdict": "ERROR" if broke else "PASS" if passed else "FAIL",
        "error": "the plant's state is not finite" if broke else None,
    }
    drawn = {
        "mass_ratio": float(mass), "camera_boresight_rad": boresight.tolist(), "thruster_direction_rad": bias.tolist(),
        "unused_ratio": 0.0,
    }  # fmt: skip
    flatten(row, "dispersed", drawn)
    if broke:
        return row
    for requirement in (captured, *requirements):
        flatten(row, f"requirement.{requirement['name']}", {k: requirement[k] for k in KEPT})
    if made:
        flatten(row, "contact", {
            "closing_rate_mps": closing, "lateral_rate_mps": 0.01 * rng.random(),
            "pitch_yaw_rate_deg_s": 0.05 * rng.random(), "roll_rate_deg_s": 0.03 * rng.random(),
            "lateral_misalignment_m": lateral, "pitch_yaw_misalignment_deg": rng.random(),
            "roll_misalignment_deg": 0.5 * rng.random(),
        })  # fmt: skip
    flatten(row, "delta_v_mps", {"total": total, "translation": 0.7 * total, "attitude": 0.3 * total, "budget": 9.0})
    flatten(row, "gate", gates)
    return row


def flatten(row: dict[str, Any], name: str, value: Any) -> None:
    """Adds a value under a dotted name, the way the table of a campaign is flat."""
    if isinstance(value, (Mapping, list)):
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            flatten(row, f"{name}.{key}", item)
    else:
        row[name] = value
