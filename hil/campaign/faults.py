"""Fault campaigns: a mission flown with every single fault in every phase, and what became of each flight.

Faults begin in the middle of a phase, told from the same case flown without a fault: phases are where a mission's
software says they are, and only choose when a fault begins. What became of the flight is judged on truth
(`hil.outcome`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from gnc import flight as core
from hil.campaign.cases import Case
from hil.campaign.statistics import demonstrated
from hil.effectors import kinds as effector_kinds
from hil.effectors.faults import FAULTS as EFFECTOR_FAULTS
from hil.effectors.faults import Fault as EffectorFault
from hil.instruments import kinds as instrument_kinds
from hil.instruments.faults import FAULTS, Fault, components
from hil.log import Log, versions
from hil.outcome import Outcome
from hil.run import fly
from hil.scenario import Scenario
from hil.software import RunError
from hil.workers import Workers, pool_for

BAD = (Outcome.COLLISION, Outcome.BREACH, Outcome.UNCONTROLLED)
ERRORS = {"m": 5.0, "mps": 0.1, "mps2": 0.01, "deg": 2.0, "deg_s": 0.5}
"""Size of an error that a fault puts in, on the first axis, by the suffix of its unit: far outside the noise."""
KEYS: dict[str, float | str] = {
    "ramp_s": 60.0, "delay_s": 1.0, "range_m": 10.0, "azimuth_deg": 0.0, "elevation_deg": 5.0,
}  # fmt: skip
FACTORS = {"scale": 1.1, "leak": 0.1, "weak": 0.5, "slow": 5.0}
STICTION_S = 0.1
ERROR = "error"


class FaultCampaignError(RuntimeError):
    """A fault campaign that cannot be flown; one line that names the thing and what was expected."""

    exit_status = 2


@dataclass(frozen=True)
class FaultToFly:
    """One fault: its name as THING.KIND, with the unit or the thruster where there are several, and its keys."""

    name: str
    keys: tuple[tuple[str, Any], ...]

    def rows(self, start_s: float) -> tuple[tuple[Fault, ...], tuple[EffectorFault, ...]]:
        """The rows `[[fault]]` of an instrument and of an effector, from a time to the end of the flight."""
        given = dict(self.keys)
        if "instrument" in given:
            return (Fault(start_s=start_s, **given),), ()
        return (), (EffectorFault(start_s=start_s, **given),)

    def table(self, start_s: float) -> dict[str, Any]:
        """The row as a file has it."""
        return {**dict(self.keys), "start_s": start_s}


def faults_of(scenario: Scenario) -> list[FaultToFly]:
    """Every fault that the mission's instruments and effectors can have, one size each.

    Of thrusters the first of each direction of each group: others of it differ by their place alone.
    """
    found = []
    for row in scenario.instruments:
        kind = instrument_kinds()[row.kind]
        for fault in kind.faults:
            for suffix, keys in _instrument_keys(fault, kind):
                keys = {"instrument": row.name, "kind": fault, **keys}
                found.append(FaultToFly(f"{row.name}.{fault}{suffix}", tuple(keys.items())))
    for effector in scenario.effectors:
        for fault in effector_kinds()[effector.kind].faults:
            for suffix, keys in _effector_keys(fault, effector):
                keys = {"effector": effector.name, "kind": fault, **keys}
                found.append(FaultToFly(f"{effector.name}.{fault}{suffix}", tuple(keys.items())))
    return found


def _instrument_keys(fault: str, kind: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    needed = FAULTS[fault].keys
    keys: dict[str, Any] = {key: KEYS[key] for key in needed if key in KEYS}
    if "factor" in needed:
        keys["factor"] = FACTORS[fault]
    if "component" in needed:
        keys["component"] = components(kind)[0]
    if "error" not in needed:
        yield "", keys
        return
    for unit in kind.errors:
        yield f".{unit}", keys | {f"error_{unit}": (ERRORS[unit], 0.0, 0.0)}


def _effector_keys(fault: str, effector: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    needed = EFFECTOR_FAULTS[fault].keys
    keys: dict[str, Any] = {}
    if "factor" in needed:
        keys["factor"] = FACTORS[fault]
    if "min_on_s" in needed:
        keys["min_on_s"] = STICTION_S
    directions = [tuple(direction) for direction in getattr(effector, "direction", ())]
    if not directions:
        yield "", keys
        return
    firsts = sorted({direction: at for at, direction in reversed(list(enumerate(directions)))}.values())
    for place, at in enumerate(firsts):
        own = keys | {"thruster": at}
        if "with_thruster" in needed:
            if len(firsts) < 2:
                return
            own["with_thruster"] = firsts[(place + 1) % len(firsts)]
        yield f".{at}", own


# ---- one flight ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FaultCase:
    """A case with one fault in one phase."""

    case: Case
    fault: FaultToFly
    phase: str


@lru_cache(maxsize=64)
def phase_spans(case: Case) -> dict[str, tuple[float, float]]:
    """Start and end (s) of the longest stay in each phase of a case flown without a fault. RunError if that broke."""
    log = fly(case.scenario(), case.seed, case=case.number, sampling=case.sampling, flight=case.flight)
    if log.error is not None:
        raise RunError(f"case {case.number} broke without a fault: {log.error}")
    phase, t_s = log.telemetry["phase"].astype(int), log.truth["t_us"] * 1.0e-6
    starts = np.flatnonzero(np.diff(phase, prepend=-1))
    stops = np.append(starts[1:], len(phase) - 1)
    found: dict[str, tuple[float, float]] = {}
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        name, span = log.scenario.flight.phase_name(int(phase[start])), (float(t_s[start]), float(t_s[stop]))
        if name not in found or span[1] - span[0] > found[name][1] - found[name][0]:
            found[name] = span
    return found


def fly_fault(task: FaultCase) -> dict[str, Any]:
    """Flies one case with its fault; what came of it as a flat row."""
    row: dict[str, Any] = {"fault": task.fault.name, "phase": task.phase, "case": task.case.number}
    span = phase_spans(task.case).get(task.phase)
    if span is None:
        return row | {"outcome": None, "reasons": [f"the case flies no phase {task.phase}"]}
    start_s = 0.5 * (span[0] + span[1])
    scenario = task.case.scenario()
    instruments, effectors = task.fault.rows(start_s)
    scenario = replace(
        scenario, faults=(*scenario.faults, *instruments), effector_faults=(*scenario.effector_faults, *effectors)
    )
    log = fly(scenario, task.case.seed, case=task.case.number, sampling=task.case.sampling, flight=task.case.flight)
    return row | {"start_s": start_s, **_result(log, start_s)}


def _result(log: Log, start_s: float) -> dict[str, Any]:
    rows = len(log.truth)
    outcome = str(log.outcome.outcome).lower() if log.outcome else ERROR
    before = log.truth["contact_status"] == 0
    clearance = log.truth["clearance_m"][before] if rows else np.empty(0)
    return {
        "outcome": outcome,
        "reasons": list(log.outcome.reasons) if log.outcome else [log.error],
        "injected": not log.without_effect(),
        "detected_s": _detected_s(log, start_s),
        "closest_m": float(clearance.min()) if clearance.size else None,
        "delta_v_mps": log.delta_v_mps.get("total"),
        "ended": log.ended,
        "phase_at_end": log.scenario.flight.phase_name(int(log.telemetry["phase"][-1])) if rows else None,
        "duration_s": log.duration_s,
    }


def _detected_s(log: Log, start_s: float) -> float | None:
    """Time from the fault to what the software first says of it: an instrument lost, or a reason to break off."""
    after = log.truth["t_us"] * 1.0e-6 >= start_s
    lost = (log.telemetry["instrument_state"] & int(core.Instrument.LOST)) != 0
    said = after & (lost.any(axis=1) | (log.telemetry["abort_reason"] != int(core.Reason.NONE)))
    first = np.flatnonzero(said)
    return float(log.truth["t_us"][first[0]] * 1.0e-6 - start_s) if first.size else None


# ---- the campaign -------------------------------------------------------------------------------


@dataclass(frozen=True)
class FaultCampaign:
    """A fault campaign that was flown: a row for each flight."""

    scenario: Scenario
    named: str
    seed: int
    runs: int
    rows: list[dict[str, Any]]

    def counts(self) -> dict[str, int]:
        """Flights by outcome in lower case, and those that broke."""
        found = Counter(row["outcome"] for row in self.rows)
        return {name: found[name] for name in (*(str(outcome).lower() for outcome in Outcome), ERROR)}

    def bad(self) -> list[dict[str, Any]]:
        """The flights that collided, broke a limit of safety, ended uncontrolled or broke, each with its replay."""
        names = (*(str(outcome).lower() for outcome in BAD), ERROR)
        return [row | {"replay": self.replay(row)} for row in self.rows if row["outcome"] in names]

    def replay(self, row: dict[str, Any]) -> str:
        """The command that flies one again."""
        which = f"--phases {quote(row['phase'])} --kinds {quote(row['fault'])} --case {row['case']}"
        return f"proxops faults {quote(self.named)} --seed {self.seed} {which}"

    def cells(self, confidence: float = 0.95) -> list[dict[str, Any]]:
        """Each fault in each phase: its flights by outcome, and what they say of how often it ends badly."""
        cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.rows:
            if row["outcome"] is not None:
                cells.setdefault((row["fault"], row["phase"]), []).append(row)
        found = []
        for (fault, phase), rows in cells.items():
            bad = sum(row["outcome"] in (*(str(outcome).lower() for outcome in BAD), ERROR) for row in rows)
            closest = [row["closest_m"] for row in rows if row["closest_m"] is not None]
            detected = [row["detected_s"] for row in rows if row["detected_s"] is not None]
            shown = demonstrated(bad, len(rows), confidence)
            found.append({
                "fault": fault, "phase": phase, "runs": len(rows), "bad": bad,
                "outcomes": dict(Counter(row["outcome"] for row in rows)),
                "injected": sum(row["injected"] for row in rows), "detected": len(detected),
                "detected_most_s": max(detected, default=None), "closest_m": min(closest, default=None),
                "bad_probability": asdict(shown.interval), "not_bad": shown.statement,
            })  # fmt: skip
        return found

    def summary(self) -> dict[str, Any]:
        """The campaign in one JSON object."""
        flown = [row for row in self.rows if row["outcome"] is not None]
        counts = self.counts()
        return {
            "scenario": self.scenario.name, "seed": self.seed, "runs": len(flown), "runs_per_cell": self.runs,
            **counts, "collisions": counts["collision"], "not_injected": sum(not row["injected"] for row in flown),
            "cells": self.cells(), "bad": self.bad(),
        }  # fmt: skip


def fault_campaign(
    named: str, scenario: Scenario, runs: int = 1, seed: int = 1, *, phases: Sequence[str] = (),
    kinds: Sequence[str] = (), case: int | None = None, jobs: int | None = None,
    journal: Path | None = None, progress: Callable[[int, int], None] | None = None,
) -> FaultCampaign:  # fmt: skip
    """Flies a mission with each of its faults in each of its phases, cases 0 to runs - 1 of each.

    Args:
        named: the mission as the command line names it.
        scenario: the mission.
        runs: cases of each fault in each phase.
        seed: master seed of every draw.
        phases: the phases to put faults in; those that case 0 flies without a fault by default.
        kinds: patterns of faults by name, as "camera.*" or "*.leak*"; every fault by default.
        case: the one case to fly, in place of `runs`.
        jobs: flights at a time; the processors there are by default.
        journal: file that gets each flight as it comes back, a line of JSON each; one that is there already is gone on
            with, and must be of the same mission and seed.
        progress: called with flights done and in all, after every flight.

    Raises:
        FaultCampaignError: no such phase or fault, or fewer than one run.
        RunError: a case that breaks without a fault.
    """
    if runs < 1:
        raise FaultCampaignError(f"--runs {runs}: expected 1 or more")
    first = Case(scenario.to_toml(), scenario.source, None, seed, 0 if case is None else case)
    flown = list(phase_spans(first))
    for phase in phases:
        if phase not in flown:
            raise FaultCampaignError(f"--phases {phase}: expected phases that are flown: {', '.join(flown)}")
    every = faults_of(scenario)
    chosen = [fault for fault in every if not kinds or any(_matches(fault.name, pattern) for pattern in kinds)]
    for pattern in kinds:
        if not any(_matches(fault.name, pattern) for fault in every):
            things = sorted({fault.name for fault in every})
            raise FaultCampaignError(f"--kinds {pattern}: expected a fault of this mission: {', '.join(things)}")
    numbers = range(runs) if case is None else (case,)
    tasks = [
        FaultCase(replace(first, number=number), fault, phase)
        for number in numbers for fault in chosen for phase in (phases or flown)
    ]  # fmt: skip
    known = {} if journal is None else _flown_before(journal, _identity(first))
    rows = {task: known[key] for task in tasks if (key := (task.fault.name, task.phase, task.case.number)) in known}
    waiting = [task for task in tasks if task not in rows]
    with closing(Workers(jobs, pool_for(None, None)).results(fly_fault, waiting)) as results:
        for task, future in results:
            rows[task] = future.result()
            if journal is not None:
                _append(journal, rows[task])
            if progress:
                progress(len(rows), len(tasks))
    return FaultCampaign(scenario, named, seed, runs if case is None else 1, [rows[task] for task in tasks])


def _identity(case: Case) -> dict[str, Any]:
    """What every flight of a journal has in common."""
    mission = hashlib.sha256(case.scenario_toml.encode()).hexdigest()
    return {"mission": mission, "seed": case.seed, **{name: versions()[name] for name in ("core", "proxops")}}


def _flown_before(journal: Path, identity: dict[str, Any]) -> dict[tuple[str, str, int], dict[str, Any]]:
    """The flights that a journal holds; a last line that was cut short is left out. Begins one that is not there."""
    try:
        if not journal.exists():
            _append(journal, identity)
            return {}
        lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
        if len(whole) < len(lines):
            journal.write_text("".join(lines[:-1]), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FaultCampaignError(f"{journal}: no journal of a fault campaign: {error}") from None
    if not whole or whole[0] != identity:
        raise FaultCampaignError(f"{journal}: of another mission, seed or core: expected an empty folder or the same")
    return {(row["fault"], row["phase"], row["case"]): row for row in whole[1:]}


def _append(journal: Path, row: dict[str, Any]) -> None:
    try:
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise FaultCampaignError(f"{journal}: cannot be written: {error.strerror}") from None


def _matches(name: str, pattern: str) -> bool:
    """By the whole name, by its thing, or by its kind."""
    thing, _, kind = name.partition(".")
    return any(fnmatchcase(part, pattern) for part in (name, thing, kind, kind.partition(".")[0]))
