"""Every requirement of a mission against one run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hil.requirements.collision import Collision
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import Frames, View

ENDING = Measure("ending", "1", "a requirement of the mission's ending")


def judged_rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows of a mission, and those that every run is judged by whether or not the mission names them."""
    given = tuple(rows)
    always = () if any(isinstance(row, Collision) for row in given) else (Collision(),)
    return (*given, *always)


def has_ending(rows: Iterable[Row]) -> bool:
    """Whether meeting these rows shows that the mission has reached its end."""
    return any(row.ends for row in rows)


def judge(flight: View) -> tuple[Requirement, ...]:
    """The results of all rows, in the order of the rows.

    ValueError for a truth without rows or with values that are not finite, which shows nothing, and for a row that
    judges what it did not announce.
    """
    if problem := unfit(flight.truth):
        raise ValueError(problem)
    found: list[Requirement] = []
    for row in flight.rows:
        results = row.evaluate(flight)
        announced = [measure.name for measure in row.measures()]
        if [result.name for result in results] != announced:
            judged = ", ".join(result.name for result in results) or "nothing"
            raise ValueError(f"requirement {row.name}: judged {judged}: expected {', '.join(announced)}")
        found += results
    if not has_ending(flight.rows):
        found.append(ENDING.missed(1.0))
    return tuple(found)


def unfit(truth: Frames) -> str | None:
    """Why nothing can be judged on a truth; None when it can."""
    if not len(truth):
        return "no cycle was flown"
    whole = np.ascontiguousarray(truth)
    if whole.itemsize % 8 == 0 and np.isfinite(whole.view(np.float64).sum()):
        return None  # nothing that is not finite leaves a finite sum
    names = [name for name in truth.dtype.names or () if truth.dtype[name].base.kind == "f"]
    wrong = [name for name in names if not np.isfinite(truth[name]).all()]
    return f"truth is not a finite number: {', '.join(wrong)}" if wrong else None


def met(requirements: Iterable[Requirement]) -> bool:
    """Whether a run with these results passes: none failed, and something was shown."""
    results = tuple(requirements)
    return any(result.passed for result in results) and all(result.passed is not False for result in results)
