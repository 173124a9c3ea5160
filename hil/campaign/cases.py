"""Flies one case of a campaign and turns it into a row."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hil.campaign import consistency
from hil.campaign.journal import Row
from hil.campaign.sampling import RANDOM, Sampling
from hil.dispersion import sample
from hil.log import ERROR, Log, versions
from hil.loop import Chunk
from hil.run import fly, rows_max
from hil.scenario import Scenario, ScenarioError
from hil.software import FlightFactory, RunError, own_state
from hil.workers import not_flown, stop_event

LAST_BITS = 1.0e-9
"""Relative difference of two figures that NumPy may make on processors of different kinds."""
INEXACT = ("requirement.", "delta_v_mps.", "consistency.")
"""How the columns begin whose numbers NumPy works out; all others are the same to the bit on every machine."""


@dataclass(frozen=True)
class Case:
    """Everything that a worker needs to fly one case. `path` is None for a packaged scenario."""

    scenario_toml: str
    source: str
    path: str | None
    seed: int
    number: int
    flight: FlightFactory | None = None
    sampling: Sampling = RANDOM

    def scenario(self) -> Scenario:
        """The scenario, read once a worker."""
        return _scenario(self.scenario_toml, self.source, self.path)


@lru_cache(maxsize=4)
def _scenario(text: str, source: str, path: str | None) -> Scenario:
    read = Scenario.parse(text, source)
    return read if path is None else replace(read, path=path)


def fly_case(case: Case) -> tuple[Row, dict[str, str]]:
    """Flies one case and returns its row and the versions of the worker.

    Flight software that raises gives a case with verdict ERROR. Raises ScenarioError for an impossible draw, which is a
    mistake in the scenario and not a failure of the mission.
    """
    return row_of(case, frames=None if case.flight else _frames(case.scenario())), versions()


_worker = threading.local()


def _frames(scenario: Scenario) -> Chunk:
    """Memory for the frames of one run, reused for every case of a worker."""
    frames: Chunk | None = getattr(_worker, "frames", None)
    if frames is None or len(frames.telemetry) != rows_max(scenario):
        frames = _worker.frames = Chunk(rows_max(scenario))
    return frames


def row_of(case: Case, out: Path | None = None, frames: Chunk | None = None) -> Row:
    """Flies one case, into the folder `out` if there is one and returns its row. Raises errors not of the mission."""
    flown: Log | Exception
    try:
        flown = fly(
            case.scenario(), case.seed, case=case.number, sampling=case.sampling, flight=case.flight, out=out,
            frames=frames, stop=stop_event(),
        )  # fmt: skip
    except (ScenarioError, OSError, MemoryError):
        raise
    except Exception as error:
        flown = error
    with own_state():
        return row(case, flown)


def row(case: Case, flown: Log | Exception) -> Row:
    """A case as one flat row: drawn values and results, independent of the worker and the time.

    Keys: case, verdict, error, outcome, ended, digest, duration_s, propellant_kg, `delta_v_mps.*`, `contact.*`,
    `gate.PHASE.0` to `.5` (`Log.gates`), `consistency.PHASE.nees|nis.*` (`hil.campaign.consistency.measure`),
    `requirement.NAME.figure|limit|margin|passed` and `dispersed.NAME[.i[.j]]` (SI and radians). What does not
    exist in a case has no key; `beyond_validity` names models that were flown outside the range they hold for,
    `faults_without_effect` declared faults that changed no sensor frame.
    """
    found: Row = {"case": case.number}
    if isinstance(flown, Log):
        found |= {"verdict": flown.verdict, "error": flown.error, "ended": flown.ended, "digest": flown.digest}
        found |= {"duration_s": flown.duration_s, "propellant_kg": flown.propellant_kg}
        if flown.outcome is not None:
            found["outcome"] = str(flown.outcome.outcome)
        if flown.beyond_validity:
            found["beyond_validity"] = ", ".join(line.partition(":")[0] for line in flown.beyond_validity)
        if flown.without_effect():
            found["faults_without_effect"] = ", ".join(flown.without_effect())
        _flatten(found, "delta_v_mps", flown.delta_v_mps)
        _flatten(found, "contact", flown.contact or {})
        _flatten(found, "gate", flown.gates())
        phases = flown.scenario.flight.phases
        _flatten(
            found,
            "consistency",
            consistency.measure(phases, flown.scenario.instrument_kinds, flown.sensors, flown.telemetry, flown.truth),
        )
        for requirement in flown.requirements:
            if requirement.passed is None:
                continue
            for key in ("figure", "limit", "margin", "passed"):
                found[f"requirement.{requirement.name}.{key}"] = _plain(getattr(requirement, key))
        dispersed: Any = flown.dispersed
    else:
        error = str(flown) if isinstance(flown, RunError) else f"{type(flown).__name__}: {flown}"
        found |= {"verdict": ERROR, "error": error, "ended": "error", "digest": None}
        dispersed = sample(case.scenario(), case.seed, case.number, case.sampling).as_dict()
    _flatten(found, "dispersed", dispersed)
    return found


def _flatten(found: Row, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(found, f"{name}.{key}", item)
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            _flatten(found, f"{name}.{at}", item)
    else:
        found[name] = _plain(value)


def _plain(value: Any) -> Any:
    """A number for JSON; None if it is not finite."""
    if value is None or isinstance(value, bool | np.bool_):
        return value if value is None else bool(value)
    return float(value) if math.isfinite(value) else None


def case_result(future: Future[Any], case: Case) -> tuple[Row, dict[str, str]]:
    """The result of `fly_case`; a row with verdict ERROR if the case ended its worker or exceeded its time limit."""
    try:
        found: tuple[Row, dict[str, str]] = future.result()
    except Exception as error:
        if (reason := not_flown(error)) is None:
            raise
        return row(case, reason), versions()
    return found


def same_row(one: Row, other: Row) -> bool:
    """Whether two rows are of the same flight: equal except for the last bits of NumPy results (`INEXACT`)."""
    return one.keys() == other.keys() and all(
        value == other[name] or (name.startswith(INEXACT) and _close(value, other[name])) for name, value in one.items()
    )


def _close(one: Any, other: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return numbers and math.isclose(one, other, rel_tol=LAST_BITS, abs_tol=LAST_BITS)
