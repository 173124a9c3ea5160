"""Navigation consistency: normalised errors and innovations of one run, and of a campaign.

A filter states its accuracy by its covariance; telemetry carries the standard deviations. An error
over its sigma, squared, is chi-square of one degree of freedom at any one time when the filter is consistent
(Bar-Shalom, Li & Kirubarajan 2001, section 5.4.2); a normalised innovation squared of one for each that its
measurement has. Page:
docs/design/consistency.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gnc import flight
from hil.campaign.defaults import CONFIDENCE
from hil.campaign.statistics import chi_square_mean_bounds

Floats = NDArray[np.float64]
Judgement = Literal["inside", "optimistic", "pessimistic"]

# an IMU has no innovations; of the absolute GNSS the filter takes the relative state's error for noise of the fix
WITHOUT = (flight.Kind.IMU, flight.Kind.GNSS, flight.Kind.DOCK)


def measure(
    phases: Sequence[str], instruments: Mapping[str, int], sensors: Any, telemetry: Any, truth: Any
) -> dict[str, dict[str, Any]]:
    """The consistency figures of one run, by the name of each phase that was flown.

    Args:
        phases: names of the phases, by the number that telemetry gives.
        instruments: the kind of each instrument by its name, in the order of their numbers.
        sensors: shape (n,), `gnc.flight.SENSOR_FRAME` records.
        telemetry: shape (n,), `gnc.flight.TELEMETRY` records of the same cycles.
        truth: shape (n,), `hil.truth.TRUTH` records of the same cycles.

    Returns:
        Of each phase `nees`: error over sigma, squared, in the last cycle of the phase without contact,
        three components each of `position` and `velocity` (hill axes, velocity as inertial rate) and
        `attitude` (body axes). And `nis` of each instrument with an update in the phase: `mean` of the
        normalised innovations squared per degree of freedom, and the `count` of these. A flight computer that declares
        no sigma has none.
    """
    approach = np.flatnonzero(truth["contact_status"] == 0)
    found: dict[str, dict[str, Any]] = {}
    if not len(approach) or not (telemetry["sigma_r_hill_m"][approach[-1]] > 0.0).all():
        return found
    phase = telemetry["phase"][approach]
    freedom, innovations = {}, {}
    for number, (name, kind) in enumerate(instruments.items()):
        if kind in WITHOUT:
            continue
        came, degrees = flight.measurements(sensors, kind), np.zeros(len(sensors))
        came = came[came["instrument"] == number]
        degrees[came["row"]] = flight.degrees_of_freedom(kind, came["count"])
        freedom[name], innovations[name] = degrees[approach], telemetry["instrument_nis"][approach, number]
    for number in np.unique(phase):
        rows = np.flatnonzero(phase == number)
        last = approach[rows[-1]]
        nis = {}
        for name in freedom:
            degrees = freedom[name][rows]
            if (count := int(degrees.sum())) > 0:
                total = innovations[name][rows][degrees > 0].sum(dtype=np.float64)
                nis[name] = {"mean": float(total) / count, "count": count}
        name = phases[number] if number < len(phases) else f"phase {number}"
        found[name] = {"nees": _normalised_errors(telemetry[last], truth[last]), "nis": nis}
    return found


def _normalised_errors(told: Any, truth: Any) -> dict[str, list[float]]:
    r = told["r_chaser_target_hill_m"] - truth["r_chaser_target_hill_m"]
    # the filter's velocity is an inertial rate: dv + w x dr, w the orbit rate about hill z
    v = told["v_chaser_target_hill_mps"] - truth["v_chaser_target_hill_mps"] + _orbit_rate(truth) * _turned(r)
    errors = {
        "position": (r, "sigma_r_hill_m"),
        "velocity": (v, "sigma_v_hill_mps"),
        "attitude": (_rotation(told["q_body_from_eci"], truth["q_body_from_eci"]), "sigma_attitude_rad"),
    }
    return {name: ((error / told[sigma]) ** 2).tolist() for name, (error, sigma) in errors.items()}


def _orbit_rate(truth: Any) -> float:
    r, v = truth["r_target_eci_m"], truth["v_target_eci_mps"]
    return float(np.linalg.norm(np.cross(r, v)) / (r @ r))


def _turned(x: Floats) -> Floats:
    return np.array([-x[1], x[0], 0.0])


def _rotation(q_told: Floats, q_true: Floats) -> Floats:
    """Small rotation from the true to the estimated body axes: twice the vector part of their quotient."""
    w, x, y, z = q_told
    c, d, e, f = q_true[0], -q_true[1], -q_true[2], -q_true[3]
    scalar = w * c - x * d - y * e - z * f
    vector = np.array([w * d + x * c + y * f - z * e, w * e - x * f + y * c + z * d, w * f + x * e - y * d + z * c])
    return np.asarray(2.0 * vector * (1.0 if scalar >= 0.0 else -1.0))


# ---- over a campaign ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Consistent:
    """The mean of one normalised figure over a campaign, against what it is when the filter is consistent.

    kind: "nees" of one axis of `quantity` (one value a run), or "nis" of the sensor `quantity` (samples:
    every component of every update of every run; the innovations of a consistent filter are white). mean: per degree of
    freedom, so it should be 1, and lies in [low, high] with the confidence asked; sigma_ratio: its square root, the
    ratio of the errors to the filter's sigma. Above `high` the filter is "optimistic", below `low` "pessimistic".
    """

    phase: str
    kind: Literal["nees", "nis"]
    quantity: str
    axis: str
    runs: int
    samples: int
    mean: float
    low: float
    high: float
    sigma_ratio: float
    judgement: Judgement


def assess(rows: Sequence[Mapping[str, Any]], confidence: float = CONFIDENCE) -> list[Consistent]:
    """Consistency of the navigation over the flat rows of a campaign, phase by phase in the order flown.

    rows: with the columns of `measure` under `consistency.`: `consistency.PHASE.nees.QUANTITY.AXIS`,
    `consistency.PHASE.nis.SENSOR.mean` and `.count`. The bounds are two-sided, each judgement stands for itself.
    """
    columns: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if key.startswith("consistency.") and value is not None:
                columns.setdefault(key, []).append(float(value))
    found = []
    for key, values in columns.items():
        head, kind, quantity, part = key.rsplit(".", 3)
        phase = head.removeprefix("consistency.")
        if kind == "nees":
            found.append(_judged(phase, "nees", quantity, "xyz"[int(part)], np.array(values), confidence))
        elif part == "mean":
            counts = np.array(columns[key.removesuffix("mean") + "count"])
            found.append(_judged(phase, "nis", quantity, "", np.array(values), confidence, counts))
    return found


def _judged(
    phase: str, kind: Literal["nees", "nis"], quantity: str, axis: str, values: Floats, confidence: float,
    counts: Floats | None = None,
) -> Consistent:  # fmt: skip
    """values: shape (runs,), the normalised square of each run, a mean over counts of them where those are given."""
    weights = np.ones(len(values)) if counts is None else counts
    samples = int(weights.sum())
    mean = float(values @ weights) / samples
    low, high = chi_square_mean_bounds(samples, 1, confidence)
    judgement: Judgement = "optimistic" if mean > high else "pessimistic" if mean < low else "inside"
    return Consistent(phase, kind, quantity, axis, len(values), samples, mean, low, high, sqrt(mean), judgement)
