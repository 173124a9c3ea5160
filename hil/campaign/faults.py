"""Fault campaigns: a mission flown with every single fault in every phase, and the outcome of each flight.

Faults begin in the middle of a phase, told from the same case flown without a fault: phases are where a mission's
software says they are, and only choose when a fault begins. What became of the flight is judged on truth
(`hil.outcome`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from gnc import flight as core
from hil.campaign.cases import Case
from hil.campaign.defaults import CONFIDENCE
from hil.campaign.statistics import demonstrated
from hil.effectors import kinds as effector_kinds
from hil.effectors.faults import FAULTS as EFFECTOR_FAULTS
from hil.effectors.faults import Fault as EffectorFault
from hil.faults.power import strings
from hil.faults.rows import COMMANDS, OTHERS
from hil.instruments import kinds as instrument_kinds
from hil.instruments.faults import FAULTS, Fault, components
from hil.log import Log, versions
from hil.outcome import Outcome
from hil.plant.attitudes import frame_held
from hil.prepare import prepare
from hil.requirements import rows_of
from hil.requirements.keep_out import KeepOut
from hil.run import fly
from hil.scenario import Scenario, ScenarioError, read_toml
from hil.software import RunError
from hil.workers import Workers, pool_for

BROKE = "broke"
"""What became of a flight that did not come to an end, or without an outcome."""
BAD = (*(str(outcome).lower() for outcome in (Outcome.COLLISION, Outcome.BREACH, Outcome.UNCONTROLLED)), BROKE)
SIZES: dict[str, float] = {"small": 10.0**-1.5, "medium": 1.0, "large": 10.0**1.5}
"""Sizes of continuous faults: factors over three decades about the medium one."""
ERRORS = {"m": 5.0, "mps": 0.1, "mps2": 0.01, "deg": 2.0, "deg_s": 0.5}
"""Size of an error that a fault puts in, on the first axis, by the suffix of its unit: far outside the noise."""
KEYS: dict[str, float | str] = {"ramp_s": 60.0, "range_m": 10.0, "azimuth_deg": 0.0, "elevation_deg": 5.0}
DELAYS_S = {"small": 0.1, "medium": 1.0, "large": 3.0}  # an instrument looks back no farther
FACTORS = {"scale": 1.1, "leak": 0.1, "weak": 0.5, "slow": 5.0}
STICTION_S = 0.1
REBOOST_MPS2, REBOOST_S = 0.005, 600.0  # of a station; assumption
DRIFT_DEG_S, TUMBLE_DEG_S = 0.05, 0.5
CLOCK_STEP_S = 0.05
DOWN_S = {"missed": 0.1, "hang": 5.0, "reset": 1.0, "cold_reset": 2.0}
FIELDS = ("intent.phase", "intent.law", "intent.nav_mode", "intent.overlay", "intent.mechanism", "progress.fired")
"""Parts of the state in which a bit flips, beside anywhere at random."""
DELAY_S = 10.0  # of a telecommand
BALLISTIC_S = 12000.0  # about two orbits, in which a ballistic chaser may come to the target


class FaultCampaignError(RuntimeError):
    """A fault campaign that cannot be flown; one line with the cause and what was expected."""

    exit_status = 2


@dataclass(frozen=True)
class FaultToFly:
    """One fault: its name as THING.KIND, with the unit, thruster or field where there are several, and its keys.

    A continuous fault of another than the medium size has the size at the end of its name, as "imu.bias.deg_s@small".
    """

    name: str
    keys: tuple[tuple[str, Any], ...]

    def put_into(self, scenario: Scenario, start_s: float) -> Scenario:
        """The mission with this fault, from a time to the end of the flight or for as long as it lasts."""
        given = {**dict(self.keys), "start_s": start_s}
        if "effector" in given:
            return replace(scenario, effector_faults=(*scenario.effector_faults, EffectorFault(**given)))
        for key, model in OTHERS.items():
            if key in given:
                return replace(scenario, other_faults=(*scenario.other_faults, model(**given)))
        return replace(scenario, faults=(*scenario.faults, Fault(**given)))

    def table(self, start_s: float) -> dict[str, Any]:
        """The row as a file has it."""
        return {**dict(self.keys), "start_s": start_s}


def faults_of(scenario: Scenario, sizes: Sequence[str] = ("medium",)) -> list[FaultToFly]:
    """Every fault that the mission can have; of the continuous ones one of each of the sizes.

    Of thrusters the first of each direction of each group: others of it differ by their place alone. Kinds of which
    there are several instruments fail together as well.
    """
    medium = dict(_every(scenario, "medium"))
    found: dict[str, FaultToFly] = {}
    for size in sizes:
        for name, keys in _every(scenario, size):
            named = name if keys == medium[name] else f"{name}@{size}"
            found.setdefault(named, FaultToFly(named, tuple(keys.items())))
    return list(found.values())


def _every(scenario: Scenario, size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every fault by its name, with its keys."""
    several = [kind for kind, n in Counter(row.kind for row in scenario.instruments).items() if n > 1]
    things = [(row.name, {"instrument": row.name}, row.kind) for row in scenario.instruments]
    things += [(f"every-{kind}", {"instrument_kind": kind}, kind) for kind in several]
    for thing, which, kind in things:
        model = instrument_kinds()[kind]
        for fault in model.faults:
            for suffix, keys in _instrument_keys(fault, model, size):
                yield f"{thing}.{fault}{suffix}", {**which, "kind": fault, **keys}
    for effector in scenario.effectors:
        for fault in effector_kinds()[effector.kind].faults:
            for suffix, keys in _effector_keys(fault, effector, size):
                yield f"{effector.name}.{fault}{suffix}", {"effector": effector.name, "kind": fault, **keys}
    for string in strings(scenario.instruments, scenario.effectors):
        yield f"power.off.{string}", {"power_string": string, "kind": "off"}
    for fault, keys in _target_keys(scenario, size):
        yield f"target.{fault}", {"vehicle": scenario.scenario.target, "kind": fault, **keys}
    for name, keys in _computer_keys(size):
        yield f"computer.{name}", {"computer": "flight", **keys}
    for command in COMMANDS:
        yield f"commands.forged.{command}", {"link": "commands", "kind": "forged", "command": command}
    if scenario.telecommands:
        yield "commands.lost", {"link": "commands", "kind": "lost"}
        for when in ("late", "repeated"):
            yield f"commands.{when}", {"link": "commands", "kind": when, "delay_s": DELAY_S * SIZES[size]}


def _excess(fault: str, size: str) -> float:
    """A factor whose distance from what does nothing is that of the medium one, times the size."""
    medium = FACTORS[fault]
    if fault == "leak":
        return min(1.0, medium * SIZES[size])
    return max(0.0, 1.0 + SIZES[size] * (medium - 1.0))


def _instrument_keys(fault: str, kind: Any, size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    needed = FAULTS[fault].keys
    keys: dict[str, Any] = {key: KEYS[key] for key in needed if key in KEYS}
    if "factor" in needed:
        keys["factor"] = _excess(fault, size)
    if "delay_s" in needed:
        keys["delay_s"] = DELAYS_S[size]
    if "component" in needed:
        keys["component"] = components(kind)[0]
    if "error" not in needed:
        yield "", keys
        return
    for unit in kind.errors:
        yield f".{unit}", keys | {f"error_{unit}": (ERRORS[unit] * SIZES[size], 0.0, 0.0)}


def _effector_keys(fault: str, effector: Any, size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    needed = EFFECTOR_FAULTS[fault].keys
    keys: dict[str, Any] = {}
    if "factor" in needed:
        keys["factor"] = _excess(fault, size)
    if "min_on_s" in needed:
        keys["min_on_s"] = STICTION_S * SIZES[size]
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


def _target_keys(scenario: Scenario, size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    scale = SIZES[size]
    yield "reboost", {"accel_hill_mps2": (0.0, REBOOST_MPS2 * scale, 0.0), "duration_s": REBOOST_S}
    if frame_held(scenario.vehicles[scenario.scenario.target].attitude):
        yield "attitude_drift", {"rate_deg_s": (0.0, DRIFT_DEG_S * scale, 0.0)}
        yield "tumble", {"rate_deg_s": (0.0, TUMBLE_DEG_S * scale, 0.0)}


def _computer_keys(size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, down_s in DOWN_S.items():
        scale = 1.0 if kind == "missed" else SIZES[size]
        yield kind, {"kind": kind, "duration_s": max(0.1, round(down_s * scale, 1))}
    for name, sign in (("ahead", 1.0), ("back", -1.0)):
        yield f"clock_step.{name}", {"kind": "clock_step", "step_s": sign * round(CLOCK_STEP_S * SIZES[size], 6)}
    yield "bit_flip.anywhere", {"kind": "bit_flip"}
    for field in FIELDS:
        yield f"bit_flip.{field}", {"kind": "bit_flip", "field": field}


# ---- one flight ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FaultCase:
    """A case with one fault in one phase."""

    case: Case
    fault: FaultToFly
    phase: str


@dataclass(frozen=True)
class Sound:
    """A case flown without a fault: start and end (s) of the longest stay in each phase, and what it flew."""

    spans: dict[str, tuple[float, float]]
    truth: NDArray[np.void]
    command: NDArray[np.void]


@lru_cache(maxsize=4)
def sound(case: Case) -> Sound:
    """A case without a fault. Raises RunError if that broke."""
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
    return Sound(found, log.truth.copy(), log.command.copy())


def phase_spans(case: Case) -> dict[str, tuple[float, float]]:
    """Start and end (s) of the longest stay in each phase of a case flown without a fault. RunError if that broke."""
    return sound(case).spans


def flown_in(first: Case) -> dict[str, Case]:
    """The phases in which faults are put, each with the case that flies it, case 0.

    They are those of the mission as it is, and those to which a telecommand leads: it is sent in the middle of the last
    phase that it leads out of.
    """
    spans = phase_spans(first)
    found = dict.fromkeys(spans, first)
    for edge in first.scenario().flight.transitions:
        sources = [phase for phase in spans if edge.leaves(phase) and phase != edge.to]
        if edge.event is not core.Event.TELECOMMAND or edge.to in found or not sources:
            continue
        start_s, stop_s = spans[sources[-1]]
        sent = {"t_s": round(0.5 * (start_s + stop_s), 1), "command": edge.argument}
        document = read_toml(first.scenario_toml)
        every = sorted([*document.get("telecommand", []), sent], key=lambda row: float(row["t_s"]))
        variant = replace(first, scenario_toml=tomli_w.dumps({**document, "telecommand": every}))
        for phase in phase_spans(variant):
            found.setdefault(phase, variant)
    return found


@lru_cache(maxsize=64)
def criticality_s(case: Case, start_s: float) -> float | None:
    """Time from start_s until the chaser of a case, ballistic from there, touches the target or enters a keep-out zone.

    None if it does neither in about two orbits; 0 where it is docked.
    """
    scenario, truth = case.scenario(), sound(case).truth
    at = truth[min(int(np.searchsorted(truth["t_us"], round(start_s * 1.0e6))), len(truth) - 1)]
    if at["contact_status"] != 0:
        return 0.0
    plant = prepare(scenario, case.seed, case.number, case.sampling).plant
    if plant.docked:
        return None
    plant.set_target(at["r_target_eci_m"].tolist(), at["v_target_eci_mps"].tolist())
    plant.set_chaser(
        at["r_chaser_eci_m"].tolist(), at["v_chaser_eci_mps"].tolist(), at["q_body_from_eci"].tolist(),
        at["w_body_eci_body_radps"].tolist(),
    )  # fmt: skip
    zones = [row for row in rows_of(scenario) if isinstance(row, KeepOut) and row.shape_m is None]

    def inside() -> bool:
        r = np.array(plant.relative()[0])[None, :]
        return any(float(zone.clearance_m(r)[0]) < 0.0 for zone in zones)

    guarded, step_s = inside(), 1.0
    for step in range(int(BALLISTIC_S / step_s)):
        plant.run(10, 100_000)
        if plant.contact_record()["status"] or plant.collisions() or (not guarded and inside()):
            return step_s * (step + 1)
        if plant.left() is not None:
            return None
    return None


def fly_fault(task: FaultCase) -> dict[str, Any]:
    """Flies one case with its fault and returns the result as a flat row."""
    case = task.case
    row: dict[str, Any] = {"fault": task.fault.name, "phase": task.phase, "case": case.number}
    span = phase_spans(case).get(task.phase)
    if span is None:
        return row | {"outcome": None, "reasons": [f"the case flies no phase {task.phase}"]}
    cycle_s = case.scenario().flight["cycle_s"]
    start_s = round(0.5 * (span[0] + span[1]) / cycle_s) * cycle_s
    row["start_s"] = start_s
    scenario = task.fault.put_into(case.scenario(), start_s)
    try:
        log = fly(scenario, case.seed, case=case.number, sampling=case.sampling, flight=case.flight)
    except RunError as error:
        return row | broken(str(error))
    return row | _result(log, start_s, sound(case)) | {"criticality_s": criticality_s(case, start_s)}


def broken(why: str) -> dict[str, Any]:
    """What is told of a flight that did not come to its end."""
    return {
        "outcome": BROKE, "reasons": [why], "injected": True, "detected_s": None, "isolated": [], "reason": None,
        "closest_m": None, "delta_v_mps": None, "ended": BROKE, "phase_at_end": None, "duration_s": None,
    }  # fmt: skip


def _result(log: Log, start_s: float, without: Sound) -> dict[str, Any]:
    if log.outcome is None:
        return broken(log.error or "no outcome")
    rows, told = len(log.truth), np.flatnonzero(log.telemetry["t_us"])
    before = log.truth["contact_status"] == 0
    clearance = log.truth["clearance_m"][before] if rows else np.empty(0)
    detected_s, isolated, reason = _detected(log, start_s)
    return {
        "outcome": str(log.outcome.outcome).lower(),
        "reasons": list(log.outcome.reasons),
        "injected": _injected(log, without),
        "detected_s": detected_s,
        "isolated": isolated,
        "reason": reason,
        "closest_m": float(clearance.min()) if clearance.size else None,
        "delta_v_mps": log.delta_v_mps.get("total"),
        "ended": log.ended,
        "phase_at_end": log.scenario.flight.phase_name(int(log.telemetry["phase"][told[-1]])) if told.size else None,
        "duration_s": log.duration_s,
    }


def _injected(log: Log, without: Sound) -> bool:
    """Whether a sensor frame, the commands or the truth are others than in the same case without the fault."""
    if any(fault["changed"] for fault in log.faults if "instrument" in fault or "link" in fault):
        return True
    for one, other in ((log.truth, without.truth), (log.command, without.command)):
        if len(one) != len(other) or one.tobytes() != other.tobytes():
            return True
    return False


def _detected(log: Log, start_s: float) -> tuple[float | None, list[str], str | None]:
    """Time from the fault to the first sign of it in telemetry, the instruments told to be lost, the reason told."""
    telemetry = log.telemetry
    after = (log.truth["t_us"] * 1.0e-6 >= start_s) & (telemetry["t_us"] != 0)
    lost = ((telemetry["instrument_state"] & int(core.Instrument.LOST)) != 0) & after[:, None]
    reasons = np.where(after, telemetry["abort_reason"], int(core.Reason.NONE))
    first = np.flatnonzero(lost.any(axis=1) | (reasons != int(core.Reason.NONE)))
    said = reasons[reasons != int(core.Reason.NONE)]
    names = [row.name for row in log.scenario.instruments]
    isolated = [name for name, was in zip(names, lost.any(axis=0).tolist(), strict=False) if was]
    at_s = float(log.truth["t_us"][first[0]] * 1.0e-6 - start_s) if first.size else None
    return at_s, isolated, core.Reason(int(said[0])).name.lower() if said.size else None


# ---- the campaign -------------------------------------------------------------------------------


@dataclass(frozen=True)
class FaultCampaign:
    """A fault campaign that was flown: a row for each flight."""

    scenario: Scenario
    named: str
    seed: int
    runs: int
    rows: list[dict[str, Any]]
    overrides: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Flights by outcome in lower case, and those that broke."""
        found = Counter(row["outcome"] for row in self.rows)
        return {name: found[name] for name in (*(str(outcome).lower() for outcome in Outcome), BROKE)}

    def bad(self) -> list[dict[str, Any]]:
        """The flights that ended in COLLISION, BREACH or UNCONTROLLED, or broke, each with its replay command."""
        return [row | {"replay": self.replay(row)} for row in self.rows if row["outcome"] in BAD]

    def replay(self, row: dict[str, Any]) -> str:
        """The command that flies one again."""
        name, _, size = row["fault"].partition("@")
        which = f"--phases {quote(row['phase'])} --kinds {quote(name)} --case {row['case']}"
        which += f" --sizes {size}" if size else ""
        changed = "".join(f" --set {quote(override)}" for override in self.overrides)
        return f"proxops faults {quote(self.named)}{changed} --seed {self.seed} {which}"

    def cells(self, confidence: float = CONFIDENCE) -> list[dict[str, Any]]:
        """Each fault in each phase: its flights by outcome, and what they say of how often it ends badly."""
        cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self.rows:
            if row["outcome"] is not None:
                cells.setdefault((row["fault"], row["phase"]), []).append(row)
        found = []
        for (fault, phase), rows in cells.items():
            bad = sum(row["outcome"] in BAD for row in rows)
            closest = [row["closest_m"] for row in rows if row["closest_m"] is not None]
            detected = [row["detected_s"] for row in rows if row["detected_s"] is not None]
            delta_v = [row["delta_v_mps"] for row in rows if row["delta_v_mps"] is not None]
            critical = [row["criticality_s"] for row in rows if row.get("criticality_s") is not None]
            isolated = Counter(name for row in rows for name in row["isolated"])
            shown = demonstrated(bad, len(rows), confidence)
            found.append({
                "fault": fault, "phase": phase, "runs": len(rows), "bad": bad,
                "outcomes": dict(Counter(row["outcome"] for row in rows)),
                "injected": sum(row["injected"] for row in rows), "detected": len(detected),
                "detected_most_s": max(detected, default=None), "isolated": dict(isolated),
                "criticality_least_s": min(critical, default=None), "closest_m": min(closest, default=None),
                "delta_v_most_mps": max(delta_v, default=None),
                "bad_probability": asdict(shown.interval), "not_bad": shown.statement,
            })  # fmt: skip
        return found

    def summary(self) -> dict[str, Any]:
        """The campaign as plain values for JSON."""
        flown = [row for row in self.rows if row["outcome"] is not None]
        counts = self.counts()
        return {
            "scenario": self.scenario.name, "seed": self.seed, "runs": len(flown), "runs_per_cell": self.runs,
            **counts, "collisions": counts["collision"], "not_injected": sum(not row["injected"] for row in flown),
            "cells": self.cells(), "bad": self.bad(),
        }  # fmt: skip


def fault_campaign(
    named: str, scenario: Scenario, runs: int = 1, seed: int = 1, *, phases: Sequence[str] = (),
    kinds: Sequence[str] = (), sizes: Sequence[str] = ("medium",), case: int | None = None, jobs: int | None = None,
    time_limit_s: float | None = None, journal: Path | None = None, progress: Callable[[int, int], None] | None = None,
    overrides: Sequence[str] = (),
) -> FaultCampaign:  # fmt: skip
    """Flies a mission with each of its faults in each of its phases, cases 0 to runs - 1 of each.

    Args:
        named: the mission's name on the command line.
        scenario: the mission.
        runs: cases of each fault in each phase.
        seed: master seed of every draw.
        phases: the phases to put faults in; by default those of `flown_in`.
        kinds: patterns of faults by name, as "camera.*" or "*.leak*"; every fault by default.
        sizes: of continuous faults, of `SIZES`; what has no size is flown once.
        case: the one case to fly, in place of `runs`.
        jobs: number of parallel flights (default: number of processors).
        time_limit_s: time that a flight may take, after which it broke. Flights are then flown in processes of their
            own, so that one that ends its process has broken as well.
        journal: file that gets each flight as it comes back, a line of JSON each; one that is there already is gone on
            with, and must be of the same mission and seed.
        progress: called with flights done and in all, after every flight.
        overrides: those that the mission was loaded with, for the commands that fly it again.

    Raises:
        FaultCampaignError: no such phase or fault, or fewer than one run.
        RunError: a case that breaks without a fault.
    """
    if runs < 1:
        raise FaultCampaignError(f"--runs {runs}: expected 1 or more")
    first = Case(scenario.to_toml(), scenario.source, None, seed, 0)
    flown = flown_in(first)
    for phase in phases:
        if phase not in flown:
            raise FaultCampaignError(f"--phases {phase}: expected phases that are flown: {', '.join(flown)}")
    for size in sizes:
        if size not in SIZES:
            raise FaultCampaignError(f"--sizes {size}: expected of {', '.join(SIZES)}")
    every = faults_of(scenario, sizes)
    chosen = [fault for fault in every if not kinds or any(_matches(fault.name, pattern) for pattern in kinds)]
    for pattern in kinds:
        if not any(_matches(fault.name, pattern) for fault in every):
            things = sorted({fault.name for fault in every})
            raise FaultCampaignError(f"--kinds {pattern}: expected a fault of this mission: {', '.join(things)}")
    numbers = range(runs) if case is None else (case,)
    tasks = [
        FaultCase(replace(flown[phase], number=number), fault, phase)
        for number in numbers for phase in (phases or flown) for fault in chosen
    ]  # fmt: skip
    known = {} if journal is None else _flown_before(journal, _identity(first))
    rows = {task: known[key] for task in tasks if (key := (task.fault.name, task.phase, task.case.number)) in known}
    waiting = [task for task in tasks if task not in rows]
    workers = Workers(jobs, pool_for(None, time_limit_s), time_limit_s=time_limit_s)
    with closing(workers.results(fly_fault, waiting)) as results:
        for task, future in results:
            rows[task] = _row(task, future)
            if journal is not None:
                _append(journal, rows[task])
            if progress:
                progress(len(rows), len(tasks))
    return FaultCampaign(
        scenario, named, seed, runs if case is None else 1, [rows[task] for task in tasks], tuple(overrides)
    )


def _row(task: FaultCase, future: Future[dict[str, Any]]) -> dict[str, Any]:
    """What came of a flight, also where it broke. What no flight can be blamed for is raised."""
    try:
        return future.result()
    except (ScenarioError, FaultCampaignError):
        raise
    except Exception as error:
        if isinstance(error, RunError) and " broke without a fault" in str(error):
            raise
        row = {"fault": task.fault.name, "phase": task.phase, "case": task.case.number, "start_s": None}
        return row | broken(f"{type(error).__name__}: {error}")


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
        raise FaultCampaignError(f"{journal}: not the journal of a fault campaign: {error}") from None
    if not whole or whole[0] != identity:
        raise FaultCampaignError(
            f"{journal}: from another mission, seed or core: expected an empty folder or the same ones"
        )
    return {(row["fault"], row["phase"], row["case"]): row for row in whole[1:]}


def _append(journal: Path, row: dict[str, Any]) -> None:
    try:
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise FaultCampaignError(f"{journal}: cannot be written: {error.strerror}") from None


def _matches(name: str, pattern: str) -> bool:
    """By the whole name with or without its size, by its thing, or by its kind."""
    name, at, size = name.partition("@")
    thing, _, kind = name.partition(".")
    if at and fnmatchcase(f"{name}@{size}", pattern):
        return True
    return any(fnmatchcase(part, pattern) for part in (name, thing, kind, kind.partition(".")[0]))
