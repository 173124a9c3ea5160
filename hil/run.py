"""Fly one run of a scenario, with the flight core or any other flight computer, and judge it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from shlex import quote
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Literal, Protocol

import numpy as np

from firmware_bridge.errors import BridgeError, ColdStartError
from gnc import flight as core
from hil import checks
from hil.log import ERROR, FAIL, PASS, Log, digest, versions
from hil.loop import Chunk, Loop
from hil.plant.validity import left_at
from hil.prepare import Run, plant_config, prepare
from hil.realtime import Clock, Overrun, Pacer, realtime_process
from hil.recorder import FLUSH_S, Recorder, RecorderError
from hil.sampling import RANDOM, Sampling
from hil.scenario import Scenario, ScenarioError

# A run that was broken off ends this long after it came to its last hold or drift
AFTER_BREAK_OFF_S = 600.0


class FlightComputer(Protocol):
    """Whoever answers the seam: called once a control cycle with one `gnc.flight.SENSOR_FRAME` record.

    Answers a `gnc.flight.COMMAND` record, or the on-times of the thrusters in us, or a pair of
    either with a `gnc.flight.TELEMETRY` record (or None). One that has a method `start` is given the run's
    flight parameters, one record of `gnc.flight.PARAMS`, before the first cycle.
    """

    def step(self, sensors: np.void) -> Any:
        """One control cycle. A `BridgeError` or an OSError ends the run there, with verdict ERROR and a whole log."""

    # Optional: describe() -> dict[str, Any], asked at the end what it was, for the log's `computer`. A run with any
    # "mismatches" in it never has verdict PASS. link_faults and board_faults: those of the scenario that it injects.
    # restart(params), called after `step` raised a ColdStartError: takes the states of now and the retreat to begin
    # with; the same frame follows again.


FlightFactory = Callable[[Any], FlightComputer]
"""Makes a flight computer from a run's flight parameters, one record of `gnc.flight.PARAMS`."""


def software_name(flight: FlightFactory | None) -> str:
    """MODULE:FACTORY, as `--flight` takes it; empty for the flight core."""
    return "" if flight is None else f"{flight.__module__}:{getattr(flight, '__qualname__', flight)}"


def flown_by(flight: FlightFactory | None) -> str:
    """What a command needs besides to fly that software again."""
    return "" if flight is None else f" --flight {quote(software_name(flight))}"


def _computer(run: Run, flight: FlightComputer | FlightFactory | None) -> Any:
    if flight is None:
        return run.flight_core()
    made = isinstance(flight, type) or not hasattr(flight, "step")
    return flight(run.params) if made else flight  # type: ignore[operator]


def start(computer: FlightComputer, params: np.void) -> None:
    """Gives a flight computer the run's flight parameters, if it is one that takes them."""
    if (begin := getattr(computer, "start", None)) is not None:
        begin(params)


class _Restarted:
    """A flight computer that the ground gives parameters anew when it has started cold.

    `params` has those of every start, `cold_starts` the ticks of all but the first.
    """

    def __init__(self, run: Run, computer: FlightComputer):
        self.params, self.cold_starts = [run.params], list[int]()
        self._run, self._computer = run, computer

    def step(self, sensors: np.void) -> Any:
        """One control cycle."""
        try:
            return self._computer.step(sensors)
        except ColdStartError:
            restart = getattr(self._computer, "restart", None)
            if restart is None:
                raise
            self.params.append(self._run.params_to_retreat())
            self.cold_starts.append(int(sensors["tick"]))
            restart(self.params[-1])
            return self._computer.step(sensors)


def refuse_faults_not_injected(scenario: Scenario, computer: FlightComputer | FlightFactory | None) -> None:
    """ScenarioError for declared faults of link or board that this flight computer will not meet."""
    link, board = scenario.link_faults, scenario.board_faults
    where = "a flight computer on a wire: --on linux, emulated or serial:PORT"
    if link.declared() and getattr(computer, "link_faults", None) != link:
        named = ", ".join(f"{name} = {value:g}" for name, value in link.declared().items())
        raise ScenarioError(f"{scenario.source}: link_faults: {named}: expected {where}")
    if board and getattr(computer, "board_faults", None) != board:
        named = ", ".join(f"{fault.kind} at {fault.t_s:g} s" for fault in board)
        raise ScenarioError(f"{scenario.source}: board_fault: {named}: expected {where}")


def fly(
    scenario: str | Path | Scenario,
    seed: int = 1,
    *,
    case: int = 0,
    sampling: Sampling = RANDOM,
    flight: FlightComputer | FlightFactory | None = None,
    overrides: Iterable[str] = (),
    out: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
    mode: Literal["lockstep", "realtime"] = "lockstep",
    overrun: Overrun = "count",
    grace_s: float = 1.0,
    clock: Clock | None = None,
    frames: Chunk | None = None,
) -> Log:
    """Flies a scenario and checks its requirements against truth.

    Args:
        scenario: name of a packaged scenario, path of a file, or a Scenario.
        seed: master seed of every draw of the run.
        case: number of the run in a campaign; another case is another draw under the same seed.
        sampling: how the cases of that campaign are drawn.
        flight: the flight computer, or what makes it; the flight core in this process by default.
        overrides: "dotted.key=value", as `Scenario.load` takes them; not with a Scenario.
        out: folder for the log and the scenario as flown; nothing is written without one.
        progress: called every 10 s simulated with the simulated time in s.
        mode: "lockstep" waits for each answer, however long it takes, and is deterministic; "realtime"
            holds every cycle to the wall clock. A command that comes later than its cycle lasts is not
            applied: the valves stay shut for that cycle, and the log's `realtime` counts it.
        overrun: in mode "realtime", what follows a miss: "count", "catchup" or "abort"; see `hil.realtime.Pacer`.
        grace_s: misses in this time from the start neither abort a run nor are made good (s).
        clock: what keeps time in mode "realtime"; the system's monotonic clock by default.
        frames: memory of an earlier run of the scenario with the flight core, to be flown in again: the
            frames of that run's log are overwritten.

    Raises:
        ScenarioError: a mistake in the scenario, or faults of link or board in it that `flight` does not inject.
        ValueError: a mode or a policy that is none.
        BridgeError: a board refused the flight parameters, or was gone before the first cycle.
        RecorderError: the log cannot be written.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario, overrides)
    refuse_faults_not_injected(scenario, flight)
    run = prepare(scenario, seed, case, sampling)
    pacer = _pacer(scenario, mode, overrun, grace_s, clock)
    computer = _computer(run, flight)
    start(computer, run.params)
    recorder = _open_recorder(run, Path(out)) if out is not None else None
    try:
        process: AbstractContextManager[dict[str, str]] = realtime_process() if pacer else nullcontext({})
        with process as settings:
            log = _fly(run, computer, recorder, progress, pacer, settings, frames)
    except RecorderError:
        raise
    except BaseException:
        if recorder:
            with suppress(RecorderError):  # what ended the run is what is told
                recorder.close()
        raise
    return log


def _open_recorder(run: Run, out: Path) -> Recorder:
    scenario = run.scenario
    attributes = {
        "scenario": scenario.name,
        "scenario_toml": scenario.to_toml(),
        "path": str(Path(scenario.path).resolve()),  # beside which files lie that the scenario names
        "epoch_utc": str(scenario.scenario.epoch),
        "seed": run.seed,
        "case": run.case,
        "sampling": json.dumps(asdict(run.sampling)),
        "phases": list(scenario.flight.phases),
        "versions": json.dumps(versions()),
        "dispersed": json.dumps(run.dispersed.as_dict()),
    }
    return Recorder(out, scenario.flight["cycle_s"], rows_max(scenario), attributes, run.params)


def _pacer(scenario: Scenario, mode: str, overrun: Overrun, grace_s: float, clock: Clock | None) -> Pacer | None:
    if mode not in ("lockstep", "realtime"):
        raise ValueError(f"mode {mode!r}: expected lockstep or realtime")
    if mode == "lockstep":
        return None
    return Pacer(scenario.flight["cycle_s"], rows_max(scenario), overrun, grace_s, clock)


def rows_max(scenario: Scenario) -> int:
    """Control cycles of a run that is never ended before its time."""
    return int(scenario.scenario.max_duration_s / scenario.flight["cycle_s"] + 0.5)


def _fly(
    run: Run,
    computer: Any,
    recorder: Recorder | None,
    progress: Callable[[float], None] | None,
    pacer: Pacer | None,
    settings: dict[str, str],
    frames: Chunk | None,
) -> Log:
    scenario = run.scenario
    most = rows_max(scenario)
    frames, restarted = frames or Chunk(most), _Restarted(run, computer)
    if len(frames.telemetry) != most:
        raise ValueError(f"frames has {len(frames.telemetry)} rows: expected {most} for {scenario.name}")
    own_core = computer if isinstance(computer, core.Flight) and pacer is None else None
    stretch = max(1, int(FLUSH_S / scenario.flight["cycle_s"] + 1.0e-9))
    loop = Loop(
        run.plant,
        run.sensors,
        scenario.flight["cycle_s"],
        own_core,
        telecommands=[(t.t_s, t.opcode, *t.arg) for t in scenario.telecommands],
        look_cycles=stretch,
        last_phases=_last_phases(scenario),
        broken_off_after_s=AFTER_BREAK_OFF_S,
    )
    if own_core and not recorder and not progress:
        stretch = most  # nobody looks on: without the interpreter to the end
    rows, ended, error = 0, "time is up", None
    started = perf_counter()
    while rows < most:
        part = _slice(frames, rows, min(rows + stretch, most))
        count = len(part.telemetry)
        if own_core:
            flown = loop.run(part, count)
        else:
            try:
                flown, error = _run_with(loop, restarted, part, count, pacer)
            except BaseException:  # whatever ends it, what was flown is kept
                _record(recorder, part, round(loop.t_s / scenario.flight["cycle_s"]) - rows)
                raise
        _record(recorder, part, flown)
        rows += flown
        if progress:
            progress(loop.t_s)
        if error is not None:
            break
        if loop.status != 0:
            error = f"the flight core refused its frame at {loop.t_s:.1f} s (status {loop.status})"
            break
        if loop.lost:
            error = _why_lost(run, part.truth[flown - 1])
            break
        if loop.finished:
            ended = "contact"
            break
        if loop.broken_off:
            ended = "broken off"
            break
    flown_digest = digest(frames.telemetry[:rows])
    wall = {"flight": perf_counter() - started}
    whole = _slice(frames, 0, rows)
    realtime = pacer.summary(settings) if pacer else None
    describe = getattr(computer, "describe", None)
    extras = {
        "realtime": realtime,
        "computer": describe() if describe else None,
        "params": np.array(restarted.params),
        "cold_starts": restarted.cold_starts,
    }
    log = _judge(run, whole, error, ended if error is None else "error", flown_digest, wall, extras)
    if recorder:
        recorder.finish(log.summary(), log.params)
    return log


_NAMES = ("sensors", "command", "telemetry", "truth")


def _record(recorder: Recorder | None, part: SimpleNamespace, count: int) -> None:
    if recorder:
        recorder.append({name: getattr(part, name)[:count] for name in _NAMES})


def _slice(frames: Any, start: int, stop: int) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(frames, name)[start:stop] for name in _NAMES})


def _last_phases(scenario: Scenario) -> list[int]:
    """Phases from which nothing follows: a hold or a drift that is not the nominal end."""
    table = scenario.flight
    return [
        at
        for at, name in enumerate(table.phases)
        if table.phase(name, "next") == at and table.phase(name, "law") in (core.Law.HOLD, core.Law.DRIFT)
    ]


def _run_with(
    loop: Loop, computer: FlightComputer, part: SimpleNamespace, count: int, pacer: Pacer | None
) -> tuple[int, str | None]:
    """The same cycles with a flight computer that is called from Python, by the wall clock if there is a pacer.

    Returns how many were flown, and why no more can be.
    """
    for i in range(count):
        if loop.finished:
            return i, None
        if pacer:
            pacer.wait()
        loop.sense(part, i)
        frame = part.sensors[i]
        try:
            answer = computer.step(frame)
        except BridgeError as lost:
            return i, str(lost)
        except OSError as error:
            return i, f"the flight computer failed at tick {frame['tick']}: {type(error).__name__}: {error}"
        in_time = pacer.answered(int(frame["tick"])) if pacer else True
        take_answer(answer, frame, part, i)
        if not in_time:
            part.command[i] = np.zeros((), core.COMMAND)
            part.command[i]["t_us"], part.command[i]["tick"] = frame["t_us"], frame["tick"]
        loop.act(part, i)
        if loop.lost:
            return i + 1, None
        if pacer and pacer.aborted:
            late = pacer.misses[-1]
            return i + 1, (
                f"deadline of tick {late['tick']} missed by {late['late_us'] / 1000:.3f} ms ({late['cause']}): aborted"
            )
    return count, None


def take_answer(answer: Any, frame: np.void, part: Any, i: int) -> bool:
    """Puts what a flight computer answered into row i of `part.command` and `part.telemetry`.

    Returns whether it gave telemetry. Raises ValueError when the command is none.
    """
    command, telemetry = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    record = np.asarray(command)
    if record.dtype == core.COMMAND:
        part.command[i] = record
    else:
        if record.ndim != 1 or len(record) > core.N_THRUSTERS or not ((record >= 0) & (record < 2**32)).all():
            raise ValueError(
                f"command at {frame['t_us'] * 1e-6:.1f} s: expected a gnc.flight.COMMAND record or up to "
                f"{core.N_THRUSTERS} on-times in us, got {command!r}"
            )
        part.command[i]["thruster_on_us"][: len(record)] = record
        part.command[i]["dock_arm"] = 1
        part.command[i]["t_us"], part.command[i]["tick"] = frame["t_us"], frame["tick"]
    if telemetry is not None:
        part.telemetry[i] = telemetry
    return telemetry is not None


def _judge(
    run: Run,
    frames: SimpleNamespace,
    error: str | None,
    ended: str,
    flown_digest: str,
    wall: dict[str, float],
    extras: dict[str, Any],
) -> Log:
    scenario, truth, contact = run.scenario, frames.truth, run.plant.contact_record()
    duration_s = len(truth) * scenario.flight["cycle_s"]
    requirements: tuple[checks.Requirement, ...] = ()
    drift_s = 0.0

    def timed_drift(states: Any, duration_s: float) -> Any:
        nonlocal drift_s
        started = perf_counter()
        found = run.plant.passive_min_distances(states, duration_s)
        drift_s = perf_counter() - started
        return found

    started = perf_counter()
    if error is None:
        requirements = checks.check(scenario, truth, frames.telemetry, contact, timed_drift)
    mismatches = (extras["computer"] or {}).get("mismatches", ())
    passed = all(requirement.passed for requirement in requirements) and not mismatches
    delta_v = checks.delta_v(scenario, truth) if error is None else {}
    if error is None and run.plant.left() is not None:  # a free drift did
        error = _why_lost(run, truth[-1])
        requirements, delta_v, ended = (), {}, "error"
    return Log(
        scenario=scenario,
        seed=run.seed,
        case=run.case,
        sensors=frames.sensors,
        command=frames.command,
        telemetry=frames.telemetry,
        truth=truth,
        verdict=ERROR if error else PASS if passed else FAIL,
        error=error or (f"flown all the same: the board {'; '.join(mismatches)}" if mismatches else None),
        ended=ended,
        requirements=requirements,
        contact=checks.contact_conditions(contact),
        delta_v_mps=delta_v,
        propellant_kg=float(truth["propellant_kg"][0] - truth["propellant_kg"][-1]) if len(truth) else 0.0,
        duration_s=duration_s,
        realtime_factor=duration_s / wall["flight"],
        wall_s=wall | {"passive_safety": drift_s, "checks": perf_counter() - started - drift_s},
        digest=flown_digest,
        versions=dict(versions()),
        dispersed=run.dispersed.as_dict(),
        sampling=run.sampling,
        beyond_validity=run.beyond_validity,
        **extras,
    )


def _why_lost(run: Run, truth: np.void) -> str:
    """Why a run can go no further: a craft outside the range of a model, or the last truth is not finite."""
    left, s = run.plant.left(), run.scenario
    if left is None:
        values = {name: truth[name] for name in truth.dtype.names or () if truth.dtype[name].base.kind == "f"}
        wrong = ", ".join(name for name, value in values.items() if not np.isfinite(value).all())
        return f"truth is not a finite number at {float(truth['t_us']) * 1e-6:.1f} s: {wrong}"
    drift = "a free drift of " if left["what"] == "drift" else ""
    at = f"{drift}the {left['craft']} at {left['t_s']:.1f} s"
    if left["what"] == "rotation":
        return (
            f"{at} turns {left['value']:.3g} rad in a step of {s.plant.step_s:g} s: the plant integrates up to 0.2 rad"
        )
    models = left_at(plant_config(s, run.dispersed).environment, s.plant.beyond_validity, left["value"])
    ranges = "; ".join(f"{m.model}, {m.height_m[0] / 1e3:g} to {m.height_m[1] / 1e3:g} km" for m in models)
    return f"{at} leaves the range of a model at a height of {left['value'] / 1e3:.6g} km: {ranges}"
