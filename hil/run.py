"""Fly one run of a scenario, with the flight core or any other flight computer, and judge it."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import copy_context
from dataclasses import asdict
from pathlib import Path
from threading import Event
from time import perf_counter
from types import MappingProxyType, SimpleNamespace
from typing import Any, Literal, Protocol

import numpy as np

from firmware_bridge.errors import BridgeError, ColdStartError
from gnc import flight as core
from hil.campaign.sampling import RANDOM, Sampling
from hil.faults.rows import ComputerFault, of_model
from hil.log import ERROR, FAIL, PASS, Log, digest, versions
from hil.loop import Chunk, Loop
from hil.outcome import Judgement, Outcome, judge_outcome
from hil.plant.validity import left_at
from hil.prepare import Run, models_beyond, plant_config, prepare
from hil.realtime import Clock, Overrun, Pacer, realtime_process
from hil.recorder import FLUSH_S, Recorder, RecorderError
from hil.requirements import Requirement, View, judge, met, rows_of
from hil.requirements.delta_v import delta_v
from hil.requirements.docking import contact_conditions
from hil.requirements.judge import judged_rows, unfit
from hil.requirements.thrust import burn_table
from hil.scenario import Scenario, ScenarioError
from hil.software import AnswerError, FlightFactory, RunError, is_interrupt, own_state, take_answer, told

# Interrupts are checked every so many cycles of the flight core, or free drifts: every tenth of a second
CYCLES_UNWATCHED, DRIFTS_UNWATCHED = 5000, 64
# A run ends after this long in a hold or drift that only telecommands can end
FINAL_PHASE_S = 600.0


class FlightComputer(Protocol):
    """Flight software as the harness sees it: called once per control cycle with a `gnc.flight.SENSOR_FRAME` record.

    Returns a `gnc.flight.COMMAND` record, or the on-times of the thrusters in us, or a pair of either with a
    `gnc.flight.TELEMETRY` record (or None). If it has a method `start`, that is called with the run's flight
    parameters, one record of `gnc.flight.PARAMS`, before the first cycle.
    """

    def step(self, sensors: np.void) -> Any:
        """One control cycle. `sensors` may only be read.

        An exception or an invalid answer ends the run with verdict ERROR and a complete log.
        """

    # Optional: describe() -> dict[str, Any], asked at the end what it was, for the log's `computer`. A run with any
    # "mismatches" in it never has verdict PASS. link_faults and board_faults: those of the scenario that it injects.
    # restart(params), called after `step` raised a ColdStartError: takes the states of now and the retreat to begin
    # with; the same frame follows again.


# Takes the place of a stage of the flight core: `gnc.flight.Flight`
Stage = Callable[..., None]


def start(computer: FlightComputer, params: np.void) -> None:
    """Passes the flight parameters to a flight computer that accepts them."""
    if (begin := getattr(computer, "start", None)) is not None:
        begin(params)


class _Flown:
    """The flight computer of a run; after a cold start, parameters are uploaded again.

    User code is called in a separate context, so its settings, such as NumPy's error handling, do not affect other
    code. `params` has the parameters of every start, `cold_starts` the ticks of all but the first.
    Raises RunError when the flight computer cannot be made or started.
    """

    def __init__(
        self,
        run: Run,
        flight: FlightComputer | FlightFactory | None,
        stages: Mapping[str, Stage] = MappingProxyType({}),
    ):
        self.params, self.cold_starts = [run.params], list[int]()
        self._run, self._context, self._stages = run, copy_context(), stages
        self.computer: Any = run.flight_core(**stages) if flight is None else self._made(flight)

    def _made(self, flight: FlightComputer | FlightFactory) -> Any:
        given = self._run.params.copy()
        try:
            computer: Any = flight
            if isinstance(flight, type) or not hasattr(flight, "step"):
                computer = self._context.run(flight, given)
            self._context.run(start, computer, given)
        except BridgeError:
            raise
        except BaseException as error:
            if is_interrupt(error):
                raise
            raise RunError(f"the flight computer cannot be started: {told(error)}") from error
        return computer

    def step(self, sensors: np.void) -> Any:
        """One control cycle."""
        return self._context.run(self._step, sensors)

    def _step(self, sensors: np.void) -> Any:
        try:
            return self.computer.step(sensors)
        except ColdStartError:
            restart = getattr(self.computer, "restart", None)
            if restart is None:
                raise
            self.params.append(self._run.params_to_retreat())
            self.cold_starts.append(int(sensors["tick"]))
            restart(self.params[-1].copy())
            return self.computer.step(sensors)

    def start_cold(self, tick: int) -> core.Flight:
        """A new flight core in the place of one that has lost its state before that tick."""
        self.params.append(self._run.params_to_retreat())
        self.cold_starts.append(tick)
        flight = core.Flight(self.params[-1], **self._stages)
        self.computer = flight
        return flight

    def describe(self) -> tuple[dict[str, Any] | None, str | None]:
        """What the flight computer says of itself, and why it does not say it."""
        if isinstance(self.computer, core.Flight):
            replaced = self.computer.stages_replaced
            return (
                {"stages": {name: _told_stage(stage) for name, stage in replaced.items()}} if replaced else None
            ), None
        try:
            describe = getattr(self.computer, "describe", None)
            found = self._context.run(describe) if describe else None
            if found is not None:
                found = json.loads(json.dumps(dict(found)))
        except BaseException as error:
            if is_interrupt(error):
                raise
            return None, f"the flight computer cannot say what it was: {told(error)}"
        return found, None


def _told_stage(stage: Stage) -> dict[str, str]:
    """Which stage flew: its qualified name, and SHA-256 of the file it is in ("" for one that is in none)."""
    owner = stage if inspect.isfunction(stage) or inspect.ismethod(stage) else type(stage)
    try:
        source = Path(inspect.getsourcefile(owner) or "").read_bytes()
    except (OSError, TypeError):
        source = b""
    return {
        "name": f"{owner.__module__}.{owner.__qualname__}",
        "source": hashlib.sha256(source).hexdigest() if source else "",
    }


def refuse_faults_not_injected(
    scenario: Scenario, computer: FlightComputer | FlightFactory | None, mode: str = "lockstep"
) -> None:
    """ScenarioError for declared faults of link, board or flight computer that this flight computer will not meet."""
    link, board = scenario.link_faults, scenario.board_faults
    where = "a flight computer on a wire: --on linux, emulated or serial:PORT"
    if link.declared() and getattr(computer, "link_faults", None) != link:
        named = ", ".join(f"{name} = {value:g}" for name, value in link.declared().items())
        raise ScenarioError(f"{scenario.source}: link_faults: {named}: expected {where}")
    if board and getattr(computer, "board_faults", None) != board:
        named = ", ".join(f"{fault.kind} at {fault.t_s:g} s" for fault in board)
        raise ScenarioError(f"{scenario.source}: board_fault: {named}: expected {where}")
    upset = of_model(scenario.other_faults, ComputerFault)
    if upset and (mode != "lockstep" or computer is not None) and getattr(computer, "computer_faults", None) != upset:
        named = ", ".join(f"{fault.kind} {fault.when()}" for fault in upset)
        expected = "expected the flight core in this process, in lockstep"
        raise ScenarioError(f"{scenario.source}: fault of the flight computer: {named}: {expected}")


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
    stop: Event | None = None,
    navigate: Stage | None = None,
    guide: Stage | None = None,
    decide: Stage | None = None,
    control: Stage | None = None,
    overwrite: bool = False,
) -> Log:
    """Flies a scenario and checks its requirements against truth.

    Args:
        scenario: name of a packaged scenario, path of a file, or a Scenario.
        seed: master seed of every draw of the run.
        case: number of the run in a campaign; another case is another draw under the same seed.
        sampling: how the cases of that campaign are drawn.
        flight: the flight computer, or a factory for it (default: the flight core in this process).
        overrides: "dotted.key=value", as `Scenario.load` takes them; not with a Scenario.
        out: folder for the log and the scenario as flown; nothing is written without one.
        progress: called every 10 s simulated with the simulated time in s.
        mode: "lockstep" waits for each answer, however long it takes, and is deterministic; "realtime"
            gives every cycle a wall-clock deadline. A command that arrives after its cycle is not
            applied: the valves stay shut for that cycle, and the log's `realtime` counts it.
        overrun: in mode "realtime", what follows a miss: "count", "catchup" or "abort"; see `hil.realtime.Pacer`.
        grace_s: misses within this time of the start do not abort the run and are not recovered (s).
        clock: clock for mode "realtime" (default: the system's monotonic clock).
        frames: memory of an earlier run of the scenario with the flight core, to be reused: the frames of that
            run's log are overwritten.
        stop: once another thread sets it, the run ends within a second.
        navigate, guide, decide, control: a callable that replaces this stage of the flight core; see
            `gnc.flight.Flight`. The log says which, and is refused as a baseline.
        overwrite: replace an earlier run in `out`; otherwise the folder must be new or empty.

    Raises:
        ScenarioError: a mistake in the scenario, or faults of link or board in it that `flight` does not inject.
        ValueError: unknown mode or overrun policy.
        BridgeError: a board refused the flight parameters, or was gone before the first cycle.
        RunError: the flight computer could not be made or started.
        KeyboardInterrupt: Ctrl-C, or `stop`; the log holds what was flown until then.
        RecorderError: the log cannot be written.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario, overrides)
    refuse_faults_not_injected(scenario, flight, mode)
    folder = None if out is None else Path(out).absolute()
    with own_state():
        run = prepare(scenario, seed, case, sampling)
        pacer = _pacer(scenario, mode, overrun, grace_s, clock)
        given = {"navigate": navigate, "guide": guide, "decide": decide, "control": control}
        stages = {name: stage for name, stage in given.items() if stage is not None}
        if stages and flight is not None:
            raise ValueError(
                f"{', '.join(stages)}: expected without a flight computer of your own, which has no such stage"
            )
        flown = _Flown(run, flight, stages)
        recorder = _open_recorder(run, folder, overwrite) if folder is not None else None
        try:
            process: AbstractContextManager[dict[str, str]] = realtime_process() if pacer else nullcontext({})
            with process as settings:
                return _fly(run, flown, recorder, progress, pacer, settings, frames, stop)
        except RecorderError:
            raise
        except BaseException:
            if recorder:
                with suppress(RecorderError):  # what ended the run is what is told
                    recorder.close()
            raise


def _open_recorder(run: Run, out: Path, overwrite: bool) -> Recorder:
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
    return Recorder(out, scenario.flight["cycle_s"], rows_max(scenario), attributes, run.params, overwrite)


def _pacer(scenario: Scenario, mode: str, overrun: Overrun, grace_s: float, clock: Clock | None) -> Pacer | None:
    if mode not in ("lockstep", "realtime"):
        raise ValueError(f"mode {mode!r}: expected lockstep or realtime")
    if mode == "lockstep":
        return None
    return Pacer(scenario.flight["cycle_s"], rows_max(scenario), overrun, grace_s, clock)


def rows_max(scenario: Scenario) -> int:
    """Number of control cycles of a run of full duration."""
    return int(scenario.scenario.max_duration_s / scenario.flight["cycle_s"] + 0.5)


def _fly(
    run: Run,
    flown_by: _Flown,
    recorder: Recorder | None,
    progress: Callable[[float], None] | None,
    pacer: Pacer | None,
    settings: dict[str, str],
    frames: Chunk | None,
    stop: Event | None,
) -> Log:
    scenario, computer = run.scenario, flown_by.computer
    most = rows_max(scenario)
    frames = frames or Chunk(most)
    if len(frames.telemetry) != most:
        raise ValueError(f"frames has {len(frames.telemetry)} rows: expected {most} for {scenario.name}")
    own_core = computer if isinstance(computer, core.Flight) and pacer is None else None
    stretch = max(1, int(FLUSH_S / scenario.flight["cycle_s"] + 1.0e-9))
    loop = Loop(
        run.plant,
        run.instruments,
        scenario.flight["cycle_s"],
        own_core,
        telecommands=[(t.t_s, t.opcode, *t.arg) for t in scenario.telecommands],
        look_cycles=stretch,
        last_phases=_last_phases(scenario),
        broken_off_after_s=FINAL_PHASE_S,
        effectors=run.effectors,
        computer=run.computer,
        commands=run.commands,
        target_faults=run.target_faults,
    )
    if own_core and not recorder and not progress:
        stretch = CYCLES_UNWATCHED  # nobody looks on: seldom back to the interpreter
    rows, ended, error = 0, "time is up", None
    started = perf_counter()
    while rows < most:
        _raise_if(stop)
        part = _slice(frames, rows, min(rows + stretch, most))
        count = len(part.telemetry)
        if own_core:
            flown = loop.run(part, count)
            if loop.cold:
                own_core = flown_by.start_cold(round(loop.t_s / scenario.flight["cycle_s"]))
                loop.restart(own_core)
        else:
            try:
                flown, error = _run_with(loop, flown_by, part, count, pacer, len(scenario.flight.phases), stop)
            except BaseException:  # whatever ends it, what was flown is kept
                _record(recorder, part, round(loop.t_s / scenario.flight["cycle_s"]) - rows)
                raise
        _record(recorder, part, flown)
        rows += flown
        if progress:
            progress(loop.t_s)
        if error is not None:
            break
        if (failed := loop.instruments.failure()) is not None:
            error = f"{failed} at {loop.t_s:.1f} s"
            break
        if loop.status != 0:
            if own_core and (failure := own_core.failure) is not None:
                if is_interrupt(failure):
                    raise failure
                error = f"a stage failed at {loop.t_s:.1f} s: {told(failure)}"
                break
            error = f"the flight core refused its frame at {loop.t_s:.1f} s (status {loop.status})"
            break
        if loop.lost:
            error = _why_lost(run, part.truth[flown - 1])
            break
        if loop.finished:
            ended = "contact"
            break
        if loop.broken_off:
            aborted = frames.telemetry["abort_reason"][rows - 1] != core.Reason.NONE
            ended = "aborted" if aborted else "final phase held"
            break
    flown_digest = digest(frames.telemetry[:rows])
    wall = {"flight": perf_counter() - started}
    whole = _slice(frames, 0, rows)
    realtime = pacer.summary(settings) if pacer else None
    described, undescribed = flown_by.describe()
    error = error or undescribed
    extras = {
        "realtime": realtime,
        "computer": described,
        "params": np.array(flown_by.params),
        "cold_starts": flown_by.cold_starts,
    }
    log = _judge(run, whole, error, ended if error is None else "error", flown_digest, wall, extras, stop)
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
    """Final phases: holds or drifts that only a telecommand can end."""
    table = scenario.flight
    left = {name for edge in table.transitions if edge.event is not core.Event.TELECOMMAND for name in edge.sources}
    return [
        at
        for at, name in enumerate(table.phases)
        if name not in left and table.phase(name, "law") in (core.Law.HOLD, core.Law.DRIFT)
    ]


def _run_with(
    loop: Loop,
    computer: _Flown,
    part: SimpleNamespace,
    count: int,
    pacer: Pacer | None,
    phases: int,
    stop: Event | None,
) -> tuple[int, str | None]:
    """The same cycles with a flight computer that is called from Python, by the wall clock if there is a pacer.

    Returns how many were flown, and why no more can be.
    """
    given = part.sensors.view()
    given.flags.writeable = False
    for i in range(count):
        if loop.finished:
            return i, None
        _raise_if(stop)
        if pacer:
            pacer.wait()
        loop.sense(part, i)
        if loop.instruments.failure() is not None:
            return i, None
        frame = given[i]
        try:
            answer = computer.step(frame)
            in_time = pacer.answered(int(frame["tick"])) if pacer else True
            take_answer(answer, frame, part, i, phases)
        except (BridgeError, AnswerError) as mistake:
            return i, str(mistake)
        except BaseException as error:
            if is_interrupt(error):
                raise
            return i, f"the flight computer failed at tick {frame['tick']}: {told(error)}"
        if not in_time:
            part.command[i] = np.zeros((), core.COMMAND)
            part.command[i]["t_us"], part.command[i]["tick"] = frame["t_us"], frame["tick"]
            part.command[i]["mechanism"] = loop.effectors.armed  # a latch stays where it was put
        loop.act(part, i)
        if loop.lost:
            return i + 1, None
        if pacer and pacer.aborted:
            late = pacer.misses[-1]
            return i + 1, (
                f"deadline of tick {late['tick']} missed by {late['late_us'] / 1000:.3f} ms ({late['cause']}): aborted"
            )
    return count, None


def _raise_if(stop: Event | None) -> None:
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt


def _judge(
    run: Run,
    frames: SimpleNamespace,
    error: str | None,
    ended: str,
    flown_digest: str,
    wall: dict[str, float],
    extras: dict[str, Any],
    stop: Event | None,
) -> Log:
    scenario, truth, contact = run.scenario, frames.truth, run.plant.contact_record()
    duration_s = len(truth) * scenario.flight["cycle_s"]
    requirements: tuple[Requirement, ...] = ()
    drift_s = 0.0

    def timed_drift(states: Any, duration_s: float) -> Any:
        nonlocal drift_s
        started = perf_counter()
        distances, times = list[float](), list[float]()
        for at in range(0, len(states), DRIFTS_UNWATCHED):
            _raise_if(stop)
            part = run.plant.passive_min_distances(states[at : at + DRIFTS_UNWATCHED], duration_s)
            distances += part[0]
            times += part[1]
        drift_s += perf_counter() - started
        return distances, times

    started = perf_counter()
    if error is None and (problem := unfit(truth)):
        error, ended = problem, "error"
    outcome: Judgement | None = None
    view = View(
        scenario=scenario, rows=judged_rows(rows_of(scenario)), truth=truth, telemetry=frames.telemetry,
        contact=contact, collisions=tuple(run.plant.collisions()), drift=timed_drift,
    )  # fmt: skip
    if error is None:
        requirements = judge(view)
    mismatches = (extras["computer"] or {}).get("mismatches", ())
    passed = met(requirements) and not mismatches
    spent = delta_v(scenario, truth) if error is None else {}
    if error is None and run.plant.left() is not None:  # a free drift did
        error = _why_lost(run, truth[-1])
        requirements, spent, ended = (), {}, "error"
    if ended == "error" and run.plant.left() is not None:
        outcome = Judgement(Outcome.UNCONTROLLED, (error or "",), None)
    burns = burn_table(view) if error is None else ()
    if error is None:
        outcome = judge_outcome(view, requirements, passed)
        passed = outcome.outcome is Outcome.PASS
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
        outcome=outcome,
        burns=burns,
        contact=contact_conditions(contact),
        delta_v_mps=spent,
        propellant_kg=float(truth["propellant_kg"][0] - truth["propellant_kg"][-1]) if len(truth) else 0.0,
        duration_s=duration_s,
        realtime_factor=duration_s / wall["flight"],
        wall_s=wall | {"passive_safety": drift_s, "checks": perf_counter() - started - drift_s},
        digest=flown_digest,
        versions=dict(versions()),
        dispersed=run.dispersed.as_dict(),
        sampling=run.sampling,
        beyond_validity=run.beyond_validity,
        faults=tuple(
            row
            for each in (run.instruments, run.effectors, run.computer, run.commands, run.target_faults)
            if each is not None
            for row in each.injected()
        ),
        collisions=tuple(map(dict, view.collisions)),
        **extras,
    )


def _why_lost(run: Run, truth: np.void) -> str:
    """Why a run cannot continue: a vehicle outside the range of a model, or a truth value that is not finite."""
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
    models = left_at(plant_config(s, run.dispersed).environment, models_beyond(s), left["value"])
    ranges = "; ".join(f"{m.model}, {m.height_m[0] / 1e3:g} to {m.height_m[1] / 1e3:g} km" for m in models)
    return f"{at} leaves the range of a model at a height of {left['value'] / 1e3:.6g} km: {ranges}"
