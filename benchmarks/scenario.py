"""A whole approach with everything on: real-time factor, and where the time goes."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.replay import replay_flight, replay_plant
from benchmarks.timing import Spread
from gnc.flight import Flight
from hil import Scenario
from hil.log import digest
from hil.loop import Chunk, Loop
from hil.prepare import prepare
from hil.recorder import FRAMES, Recorder
from hil.requirements import View, judge, met, rows_of
from hil.requirements.judge import judged_rows

NAME, SEED = "iss-vbar", 10_001
STRETCH = 100


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _fly(scenario: Scenario, recorder: Recorder | None) -> tuple[Any, dict[str, np.ndarray]]:
    """One run as the harness flies it; returns what was prepared and the frames flown."""
    run = prepare(scenario, SEED)
    cycle_s = scenario.flight["cycle_s"]
    frames = Chunk(round(scenario.scenario.max_duration_s / cycle_s))
    loop = Loop(run.plant, run.instruments, cycle_s, Flight(run.params))
    rows = 0
    while not loop.finished and rows < len(frames.telemetry):
        part = Chunk.__new__(Chunk)
        for name in FRAMES:
            setattr(part, name, getattr(frames, name)[rows : rows + STRETCH])
        flown = loop.run(part, len(part.telemetry))
        if recorder is not None:
            recorder.append({name: getattr(part, name)[:flown] for name in FRAMES})
        rows += flown
    if loop.status != 0:
        raise AssertionError(f"the flight core refused a frame at {loop.t_s:.1f} s: status {loop.status}")
    return run, {name: getattr(frames, name)[:rows] for name in FRAMES}


def _round(scenario: Scenario, folder: Path) -> tuple[dict[str, float], str, float]:
    """Processor seconds of each part of one run, its verdict and its simulated time."""
    cycle_s = scenario.flight["cycle_s"]
    seconds: dict[str, float] = {}
    seconds["set-up"], _ = _timed(lambda: prepare(scenario, SEED))
    bare, (run, frames) = _timed(lambda: _fly(scenario, None))
    rows = round(scenario.scenario.max_duration_s / cycle_s)
    recorder = Recorder(folder / "log", cycle_s, rows, {"scenario_toml": scenario.to_toml()})
    whole, _ = _timed(lambda: (_fly(scenario, recorder), recorder.finish({})))
    again = prepare(scenario, SEED)
    seconds["flight core"], _ = _timed(lambda: replay_flight(Flight(again.params), frames["sensors"]))
    seconds["plant"], _ = _timed(lambda: replay_plant(again.plant, frames["command"], round(1e6 * cycle_s)))
    rest = bare - seconds["set-up"] - seconds["flight core"] - seconds["plant"]
    seconds["sensors, truth record, frames in memory"] = rest
    seconds["logging"] = whole - bare
    seconds["digest of the telemetry"], _ = _timed(lambda: digest(frames["telemetry"]))
    drift = 0.0

    def drifts(states: Any, duration_s: float) -> Any:
        nonlocal drift
        drift, found = _timed(lambda: run.plant.passive_min_distances(states, duration_s))
        return found

    judging, requirements = _timed(
        lambda: judge(
            View(
                scenario=scenario,
                rows=judged_rows(rows_of(scenario)),
                truth=frames["truth"],
                telemetry=frames["telemetry"],
                contact=run.plant.contact_record(),
                drift=drifts,
            )
        )
    )
    seconds["passive-safety propagations"], seconds["other checks"] = drift, judging - drift
    verdict = "PASS" if met(requirements) else "FAIL"
    return seconds, verdict, len(frames["telemetry"]) * cycle_s


APART = ("set-up", "passive-safety propagations", "other checks")


def measure(rounds: int) -> dict[str, Any]:
    """Flies the scenario `rounds` times, after one that is not counted."""
    scenario = Scenario.load(NAME)
    found: list[dict[str, float]] = []
    for i in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            seconds, verdict, simulated_s = _round(scenario, Path(folder))
        if i:
            found.append(seconds)
    flying = [sum(v for k, v in s.items() if k not in APART) for s in found]
    bare = [total - s["logging"] - s["digest of the telemetry"] for total, s in zip(flying, found, strict=True)]
    in_flight = Spread.of(flying).median
    parts = []
    for name in found[0]:
        spread = Spread.of([s[name] for s in found])
        share = None if name in APART else spread.median / in_flight
        parts.append({"name": name, "seconds": dataclasses.asdict(spread), "share": share})
    return {
        "name": NAME,
        "seed": SEED,
        "verdict": verdict,
        "simulated_s": simulated_s,
        "realtime": dataclasses.asdict(Spread.of([simulated_s / t for t in flying])),
        "realtime_without_logging": dataclasses.asdict(Spread.of([simulated_s / t for t in bare])),
        "parts": parts,
    }
