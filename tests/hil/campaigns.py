"""A made-up campaign: rows as a campaign's journal has them, with drivers that are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from hil.checks import at_least, at_most

BROKEN, TOO_FAR, TOO_FAST = 17, 41, 63


def rows(count: int = 300, seed: int = 5) -> list[dict[str, Any]]:
    """Case 17 broke, 41 made no contact, 63 exceeded the lateral misalignment; all others passed.

    The lateral misalignment is driven by the size of the camera's boresight about x, the velocity change
    by the mass.
    """
    rng = np.random.default_rng(seed)
    return [_row(case, rng) for case in range(count)]


def _row(case: int, rng: np.random.Generator) -> dict[str, Any]:
    boresight, mass, bias = rng.standard_normal(3), rng.standard_normal(), rng.standard_normal((4, 3))
    lateral = 0.02 + 0.012 * abs(boresight[0]) + 0.002 * rng.random()
    lateral = 0.13 if case == TOO_FAST else lateral
    closing = 0.07 + 0.005 * rng.standard_normal()
    total = 12.0 + 0.8 * mass + 0.2 * rng.standard_normal()
    made = case != TOO_FAR
    requirements = [
        at_most("contact_lateral_misalignment", lateral, 0.10, "m").as_dict(),
        at_least("contact_closing_rate_min", closing, 0.05, "m/s").as_dict(),
        at_most("delta_v", total, 18.0 + 0.001 * mass, "m/s").as_dict(),
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
    row: dict[str, Any] = {
        "case": case,
        "verdict": "PASS" if made and lateral <= 0.10 else "FAIL",
        "error": None,
        "requirements": [captured, *requirements],
        "contact": {
            "closing_rate_mps": closing, "lateral_rate_mps": 0.01 * rng.random(),
            "pitch_yaw_rate_deg_s": 0.05 * rng.random(), "roll_rate_deg_s": 0.03 * rng.random(),
            "lateral_misalignment_m": lateral, "pitch_yaw_misalignment_deg": rng.random(),
            "roll_misalignment_deg": 0.5 * rng.random(),
        } if made else None,
        "delta_v_mps": {"total": total, "translation": 0.7 * total, "attitude": 0.3 * total, "budget": 9.0},
        "dispersed": {
            "mass_ratio": float(mass), "camera_boresight_rad": boresight.tolist(),
            "thruster_direction_rad": bias.tolist(),
            "unused_ratio": 0.0,
        },
        "gates": gates,
    }  # fmt: skip
    if case == BROKEN:
        row |= {
            "verdict": "ERROR", "error": "the plant's state is not finite", "requirements": [], "contact": None,
            "delta_v_mps": {}, "gates": {},
        }  # fmt: skip
    return row
