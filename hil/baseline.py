"""Baselines: reference runs in one file, with which later flights are compared.

A run is stored as its figures, the digests of its frames, and a hash of every channel in every cycle. This is enough
to state that a later flight is the same to the bit, or in which cycle and channel it first differs, at a fraction of
the size of a log. The recorded values themselves cannot be recovered.

The file is a ZIP: `index.json`, and for each run the arrays `NNNN/cycles`, `NNNN/channels`, `NNNN/params`.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import flight
from hil.campaign import Case
from hil.channels import channels
from hil.files import replacing
from hil.log import ERROR, Log
from hil.requirements import Requirement
from hil.run import FlightComputer, fly
from hil.scenario import Scenario
from hil.scenario.files import SCHEMA, schema_of
from hil.scenario.rows import rows_of_text
from hil.software import FlightFactory, RunError, flown_by, own_state, software_name
from hil.workers import Workers, not_flown, pool_for, stop_event

FORMAT, SCHEMA_VERSION = "proxops baseline", 2
FRAMES = ("sensors", "telemetry", "command")  # in the order of one cycle: what was given, made of it, commanded
LAST_BITS = 1.0e-9
"""Share of its limit by which a figure may differ between processors, whose NumPy differs in the last bits."""
CAUSES_SHOWN = 4

Words = NDArray[np.uint64]


Opener = Callable[[Scenario, int], AbstractContextManager[FlightComputer | None]]
"""Opens the flight computer that a scenario is flown with under a seed; None is the flight core in this process."""


class BaselineError(RuntimeError):
    """A baseline that cannot be written or read; one line that names the file."""

    exit_status = 2


class BrokenRunError(BaselineError):
    """A run that broke and cannot serve as a reference."""

    exit_status = 3


# ---- what is kept of a run ----------------------------------------------------------------------


def channel_names(instruments: Mapping[str, int]) -> tuple[str, ...]:
    """Every channel of the frames, as "telemetry.q_body_from_eci[2]", in the order that they are kept in.

    instruments: the kind of each by its name.
    """
    none = {"sensors": flight.SENSOR_FRAME, "telemetry": flight.TELEMETRY, "command": flight.COMMAND}
    return tuple(channel.name for frame in FRAMES for channel in channels(frame, np.zeros(0, none[frame]), instruments))


@dataclass(frozen=True)
class Hashes:
    """cycles: uint32 (n, 2), of all channels and of the truth of each cycle; channels: uint8 (channels, n)."""

    cycles: NDArray[np.uint32]
    channels: NDArray[np.uint8]

    @classmethod
    def of(cls, log: Log) -> Hashes:
        """The hashes of a flight."""
        kinds = log.scenario.instrument_kinds
        columns = [
            _words(channel.values) for frame in FRAMES for channel in channels(frame, getattr(log, frame), kinds)
        ]
        rows = len(log.sensors)
        hashes = np.zeros((len(columns), rows), np.uint8)
        for at, words in enumerate(columns):
            hashes[at] = _mixed(words, at) >> np.uint64(56)
        cycles = np.zeros((rows, 2), np.uint32)
        for at, frames in enumerate(([getattr(log, frame) for frame in FRAMES], [log.truth])):
            total = np.zeros(rows, np.uint64)
            for salt, words in enumerate(column for records in frames for column in _raw(records)):
                total += _mixed(words, salt)
            cycles[:, at] = total >> np.uint64(32)
        return cls(cycles, hashes)


def _raw(records: NDArray[np.void]) -> Iterator[Words]:
    """Every byte of the records, as columns of words."""
    raw = np.ascontiguousarray(records).view(np.uint8).reshape(len(records), -1).view(np.uint32)
    return (column.astype(np.uint64) for column in raw.T)


def _words(column: NDArray[Any]) -> Words:
    return np.ascontiguousarray(column).view(f"<u{column.itemsize}").astype(np.uint64)


def _mixed(words: Words, salt: int) -> Words:
    """A hash of each word: the finaliser of SplitMix64 (Steele, Lea & Flood 2014, figure 16, mix64)."""
    z = words + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One run of a baseline.

    scenario: a packaged name, or the path of a file relative to the baseline's folder. software: what flew in the
    core's place, as MODULE:FACTORY; empty for the core, here or on a board. channels: those that its hashes are of.
    """

    scenario: str
    seed: int
    overrides: tuple[str, ...]
    scenario_toml: str
    verdict: str
    ended: str
    requirements: tuple[Requirement, ...]
    digests: dict[str, str]
    versions: dict[str, str]
    dispersed: dict[str, Any]
    channels: tuple[str, ...]
    hashes: Hashes
    params: bytes
    software: str = ""

    @classmethod
    def of(cls, log: Log, scenario: str, overrides: tuple[str, ...], software: str) -> Kept:
        """The baseline entry of a flight. RecorderError for a log of an earlier schema version."""
        log.require_current("a baseline")
        if log.custom:
            raise BaselineError("a stage of the flight core was replaced: expected a flight of the core's own stages")
        return cls(
            scenario=scenario, seed=log.seed, overrides=overrides, scenario_toml=log.scenario.to_toml(),
            verdict=log.verdict, ended=log.ended, requirements=_plain(log.requirements), digests=_digests(log),
            versions=log.versions, dispersed=json.loads(json.dumps(log.dispersed)), hashes=Hashes.of(log),
            channels=channel_names(log.scenario.instrument_kinds), params=log.params.tobytes(), software=software,
        )  # fmt: skip


def _digests(log: Log) -> dict[str, str]:
    """SHA-256 of each kind of frame."""
    return {
        name: hashlib.sha256(np.ascontiguousarray(getattr(log, name)).view(np.uint8).data).hexdigest()
        for name in (*FRAMES, "truth")
    }


def _plain(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """The requirements as a file holds them: None for what is not finite."""
    return tuple(Requirement(**requirement.as_dict()) for requirement in requirements)


# ---- the file -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Baseline:
    """A set of runs. `path` is the file, for errors and relative paths."""

    path: Path
    runs: tuple[Kept, ...]

    def write(self) -> None:
        """Writes the file completely or not at all. Raises BaselineError."""
        index: dict[str, Any] = {"format": FORMAT, "schema_version": SCHEMA_VERSION}
        index["runs"] = [_described(run) for run in self.runs]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
                _add(file, "index.json", json.dumps(index, indent=1).encode())
                for at, run in enumerate(self.runs):
                    _add(file, f"{at:04}/cycles", run.hashes.cycles.astype("<u4").T.tobytes())
                    _add(file, f"{at:04}/channels", run.hashes.channels.tobytes())
                    _add(file, f"{at:04}/params", run.params)
        except OSError as error:
            raise BaselineError(f"{self.path}: cannot be written: {error.strerror}") from None

    @classmethod
    def read(cls, path: str | Path) -> Baseline:
        """The baseline in a file. Raises BaselineError when there is none, or it is damaged."""
        path = Path(path)
        try:
            with zipfile.ZipFile(path) as file:
                index = json.loads(file.read("index.json"))
                if index["format"] != FORMAT or index["schema_version"] != SCHEMA_VERSION:
                    raise BaselineError(
                        f"{path}: {index['format']} of schema version {index['schema_version']}, "
                        f"this ProxOps reads {FORMAT} of {SCHEMA_VERSION}"
                    )
                runs = [_kept(file, at, entry) for at, entry in enumerate(index["runs"])]
                for run in runs:
                    if (schema := schema_of(run.scenario_toml)) != SCHEMA:
                        said = f"flown from {run.scenario} of schema {schema}: expected schema {SCHEMA}: save it anew"
                        raise BaselineError(f"{path}: {said}")
        except OSError as error:
            raise BaselineError(f"{path}: no baseline to be read there: {error.strerror}") from None
        except BaselineError:
            raise
        except (zipfile.BadZipFile, zlib.error, LookupError, TypeError, ValueError, EOFError, RuntimeError) as error:
            raise BaselineError(f"{path}: not a baseline, or a damaged one: {error}") from None
        return cls(path, tuple(runs))


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """A member without the time of day: the same runs make the same file."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(member, data)


def _described(run: Kept) -> dict[str, Any]:
    names = ("scenario", "seed", "overrides", "scenario_toml", "verdict", "ended", "digests", "versions", "dispersed",
             "software", "channels")  # fmt: skip
    plain = {name: getattr(run, name) for name in names}
    return {
        **plain,
        "cycles": len(run.hashes.cycles),
        "requirements": [requirement.as_dict() for requirement in run.requirements],
    }


def _kept(file: zipfile.ZipFile, at: int, entry: dict[str, Any]) -> Kept:
    rows = entry.pop("cycles")
    cycles = np.frombuffer(file.read(f"{at:04}/cycles"), "<u4").reshape(2, rows).T
    hashes = np.frombuffer(file.read(f"{at:04}/channels"), np.uint8).reshape(len(entry["channels"]), rows)
    entry["requirements"] = tuple(Requirement(**requirement) for requirement in entry["requirements"])
    entry["overrides"], entry["channels"] = tuple(entry["overrides"]), tuple(entry["channels"])
    return Kept(**entry, hashes=Hashes(cycles, hashes), params=file.read(f"{at:04}/params"))


# ---- saving -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """A run to be flown: its case, and what the scenario is called on the command line or in the baseline."""

    named: str
    case: Case
    opener: Opener | None

    @classmethod
    def of(cls, named: str, read: Scenario, seed: int, flight: FlightFactory | None, opener: Opener | None) -> _Task:
        return cls(named, Case(read.to_toml(), read.source, str(Path(read.path).resolve()), seed, 0, flight), opener)


def save(
    path: str | Path,
    scenarios: Iterable[str | Path],
    seeds: Iterable[int] = (1,),
    *,
    overrides: Iterable[str] = (),
    flight: FlightFactory | None = None,
    opener: Opener | None = None,
    jobs: int | None = None,
    overwrite: bool = False,
    time_limit_s: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Baseline:
    """Flies each scenario with each seed and writes the baseline.

    Args:
        path: the file.
        scenarios: names of packaged scenarios, or paths of files.
        seeds: master seeds.
        overrides: "dotted.key=value", for every scenario, now and in every check.
        flight: factory of the flight computer (default: the flight core in this process). A class or a function that
            can be imported by name, or a `hil.software.Software`: it flies in worker processes.
        opener: opens a flight computer for each run, one run at a time; for a board.
        jobs: number of parallel runs (default: number of processors).
        overwrite: whether to replace an existing file.
        time_limit_s: wall-clock limit of a run (s), in worker processes; not with an opener.
        progress: called with the number of runs done.

    Raises:
        BaselineError: a file that cannot be written or would be overwritten; BrokenRunError: a run that broke.
        WorkersError: workers that cannot be started, or not with these settings.
        SoftwareError: flight software without a name to import it by.
        ScenarioError: a mistake in a scenario.
    """
    path, overrides = Path(path), tuple(overrides)
    if path.exists() and not overwrite:
        raise BaselineError(f"{path}: already there; --overwrite replaces it")
    software = software_name(flight)
    tasks = [
        _Task.of(scenario, Scenario.load(scenario, overrides), seed, flight, opener)
        for scenario in dict.fromkeys(map(str, scenarios))
        for seed in dict.fromkeys(seeds)
    ]
    workers = _workers(jobs, flight, opener, time_limit_s)

    runs = []
    for task, found in zip(tasks, _each(_fly_to_keep, tasks, workers, progress), strict=True):
        if isinstance(found, str):
            raise BrokenRunError(
                f"{task.named}, seed {task.case.seed}: the run broke, nothing to hold others to: {found}"
            )
        named = task.named if task.named in Scenario.names() else os.path.relpath(task.named, path.parent)
        runs.append(replace(found, scenario=named, overrides=overrides, software=software))
    made = Baseline(path, tuple(runs))
    made.write()
    return made


def _fly_to_keep(task: _Task) -> Kept | str:
    """What is kept of a run, or why it broke."""
    log, error = _fly(task)
    if log is None or log.verdict == ERROR:
        return error or "it has verdict ERROR"
    return Kept.of(log, "", (), "")


def _fly(task: _Task) -> tuple[Log | None, str | None]:
    """The flight and what broke it; no flight where its flight computer could not be started."""
    scenario, seed = task.case.scenario(), task.case.seed
    try:
        with task.opener(scenario, seed) if task.opener else nullcontext(task.case.flight) as computer:
            log = fly(scenario, seed, flight=computer, stop=stop_event())
    except RunError as error:
        return None, str(error)
    return log, log.error


def _workers(
    jobs: int | None, flight: FlightFactory | None, opener: Opener | None, time_limit_s: float | None
) -> Workers | None:
    """Who flies the runs; None where one flight computer flies them all, one after the other, here."""
    workers = Workers(jobs, pool_for(flight, time_limit_s), time_limit_s=time_limit_s)
    if opener is None:
        return workers
    if time_limit_s is not None:
        raise BaselineError(f"time limit = {time_limit_s:g} s: expected without a flight computer on a wire")
    return None


def _each(
    work: Callable[[Any], Any], tasks: Sequence[Any], workers: Workers | None, progress: Callable[[int], None] | None
) -> list[Any]:
    """The results in the order of the tasks; why one broke where it ended its worker."""
    if workers is None:
        results: dict[int, Any] = {}
        for at, task in enumerate(tasks):
            results[at] = work(task)
            if progress:
                progress(len(results))
        return list(results.values())
    results = {}
    with closing(workers.results(_Numbered(work), enumerate(tasks))) as flown:
        for (at, _), future in flown:
            try:
                results[at] = future.result()
            except Exception as error:
                if (reason := not_flown(error)) is None:
                    raise
                results[at] = str(reason)
            if progress:
                progress(len(results))
    return [results[at] for at in range(len(tasks))]


@dataclass(frozen=True)
class _Numbered:
    """Work on a task that carries its number."""

    work: Callable[[Any], Any]

    def __call__(self, task: tuple[int, Any]) -> Any:
        with own_state():
            return self.work(task[1])


# ---- checking -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Departure:
    """The first difference between a flight and its reference.

    tick, t_s, channels: of the first cycle in which a channel differs, None and () where only the truth does,
    or the flights are equal as far as both go. value: what the first of those channels now holds. truth_tick:
    the first cycle whose truth differs. cycles: how many each flight has; cycles_differing: of those both have.
    """

    tick: int | None
    t_s: float | None
    channels: tuple[str, ...]
    value: float | int | None
    unit: str
    truth_tick: int | None
    cycles: tuple[int, int]
    cycles_differing: int

    def __str__(self) -> str:
        plant = f"the plant's truth differs from tick {self.truth_tick} on"
        if self.tick is None:
            length = f"of {self.cycles[0]:,} and {self.cycles[1]:,} cycles"
            return (
                f"{plant}, no channel does" if self.truth_tick is not None else f"equal as far as both go, but {length}"
            )
        unit = "" if self.unit == "1" else f" {self.unit}"
        now = (
            f"{self.channels[0]}, now {self.value!r}{unit}" if self.channels else "the channels it has are not the same"
        )
        more = f"; {len(self.channels) - 1} further channels differ there" if len(self.channels) > 1 else ""
        before = f"; {plant}" if self.truth_tick is not None and self.truth_tick <= self.tick else ""
        return (
            f"first difference at tick {self.tick} ({self.t_s:.1f} s): {now}{more}{before}; "
            f"{self.cycles_differing:,} of {min(self.cycles):,} cycles differ"
        )


@dataclass(frozen=True)
class Figure:
    """A requirement before and now. moved: the movement as a share of its limit, None if it cannot be stated."""

    name: str
    unit: str
    was: Requirement | None
    now: Requirement | None
    moved: float | None
    beyond: bool

    @property
    def title(self) -> str:
        """The requirement's name in words."""
        side = self.now or self.was
        return side.title if side else self.name


@dataclass(frozen=True)
class RunCheck:
    """One run of a baseline, flown again."""

    scenario: str
    seed: int
    replay: str
    departure: Departure | None
    figures: tuple[Figure, ...]
    verdict: tuple[str, str]
    error: str | None
    causes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether every frame and the truth are the same to the bit, and so is what was made of them."""
        return (
            self.departure is None
            and all(figure.moved is not None for figure in self.figures)
            and not any(figure.moved > LAST_BITS for figure in self.figures if figure.moved is not None)
        )

    @property
    def broke(self) -> bool:
        """Whether it did not come to an end, and no figure says anything."""
        return self.verdict[1] == ERROR

    @property
    def moved(self) -> tuple[Figure, ...]:
        """The figures that moved beyond the tolerance."""
        return tuple(figure for figure in self.figures if figure.beyond)

    @property
    def result(self) -> str:
        """Identical, within tolerance, or moved."""
        if self.moved or self.verdict[0] != self.verdict[1]:
            return "moved"
        return "identical" if self.identical else "within tolerance"


@dataclass(frozen=True)
class Check:
    """A baseline flown again."""

    path: Path
    tolerance: float
    runs: tuple[RunCheck, ...]

    @property
    def result(self) -> str:
        """The worst of its runs: identical, within tolerance, or moved."""
        found = {run.result for run in self.runs}
        return next(result for result in ("moved", "within tolerance", "identical") if result in found)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        runs = [
            {
                "scenario": run.scenario, "seed": run.seed, "result": run.result, "identical": run.identical,
                "departure": None if run.departure is None else asdict(run.departure) | {"text": str(run.departure)},
                "verdict": {"was": run.verdict[0], "now": run.verdict[1]}, "error": run.error, "causes": run.causes,
                "figures": [_plain_figure(figure) for figure in run.figures], "replay": run.replay,
            }
            for run in self.runs
        ]  # fmt: skip
        return {"baseline": str(self.path), "result": self.result, "tolerance": self.tolerance, "runs": runs}


def _plain_figure(figure: Figure) -> dict[str, Any]:
    was, now = (None if side is None else side.as_dict() for side in (figure.was, figure.now))
    return {
        "name": figure.name, "unit": figure.unit, "moved": figure.moved, "beyond": figure.beyond, "was": was, "now": now
    }  # fmt: skip


def check(
    path: str | Path,
    *,
    tolerance: float = 0.0,
    flight: FlightFactory | None = None,
    opener: Opener | None = None,
    jobs: int | None = None,
    time_limit_s: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Check:
    """Flies every run of a baseline again and compares the results.

    Args:
        path: the file.
        tolerance: permitted movement of a figure, or of its limit, as a share of its limit. Verdicts, results of
            requirements, and whether a figure exists may not change at all.
        flight: factory of the flight computer, as for `save`.
        opener: opens a flight computer for each run, one run at a time; for a board.
        jobs: number of parallel runs.
        time_limit_s: wall-clock limit of a run (s), as for `save`.
        progress: called with the number of runs done.

    Raises:
        BaselineError: no such file, a damaged one, or a negative tolerance.
        WorkersError: workers that cannot be started, or not with these settings.
        SoftwareError: flight software without a name to import it by.
        ScenarioError: a scenario that is gone, or has a mistake in it now.
    """
    if not (isfinite(tolerance) and tolerance >= 0.0):
        raise BaselineError(f"tolerance = {tolerance}: expected 0 or more, a share of the limit")
    baseline, software = Baseline.read(path), software_name(flight)
    tasks = []
    for kept in baseline.runs:
        scenario, given = _scenario(kept, baseline.path.parent)
        tasks.append(_CheckTask(_Task.of(given, scenario, kept.seed, flight, opener), kept, tolerance))
    workers = _workers(jobs, flight, opener, time_limit_s)
    runs = []
    for task, found in zip(tasks, _each(_fly_to_check, tasks, workers, progress), strict=True):
        checked = _checked(task, None, found) if isinstance(found, str) else found
        causes = (*_other_software(task.kept, software), *checked.causes)
        runs.append(replace(checked, replay=_replay(task.run.named, task.kept) + flown_by(flight), causes=causes))
    return Check(baseline.path, tolerance, tuple(runs))


@dataclass(frozen=True)
class _CheckTask:
    """A run of a baseline to be flown again."""

    run: _Task
    kept: Kept
    tolerance: float


def _fly_to_check(task: _CheckTask) -> RunCheck:
    return _checked(task, *_fly(task.run))


def _checked(task: _CheckTask, log: Log | None, error: str | None) -> RunCheck:
    """A run compared, but for its replay command."""
    kept = task.kept
    identical = log is not None and kept.digests == _digests(log) and ERROR not in (kept.verdict, log.verdict)
    flown = log is not None and len(log.sensors) > 0
    return RunCheck(
        scenario=task.run.case.scenario().name,
        seed=kept.seed,
        replay="",
        departure=_departure(kept, log) if log and flown and not identical else None,
        figures=tuple(_figures(kept.requirements, _plain(log.requirements) if log else (), task.tolerance)),
        verdict=(kept.verdict, log.verdict if log else ERROR),
        error=error,
        causes=tuple(_causes(kept, log)) if log else (),
    )


def _scenario(kept: Kept, folder: Path) -> tuple[Scenario, str]:
    """A run's scenario as it is now, and what to call it on the command line."""
    given = kept.scenario if kept.scenario in Scenario.names() else os.path.relpath(folder / kept.scenario)
    # a bare file name is a path all the same
    path = given if kept.scenario in Scenario.names() else Path(given)
    return Scenario.load(path, kept.overrides), given


def _replay(given: str, kept: Kept) -> str:
    parts = ["proxops run", quote(given), *(f"--set {quote(item)}" for item in kept.overrides), f"--seed {kept.seed}"]
    return " ".join(parts)


def _departure(kept: Kept, log: Log) -> Departure:
    was, channels = kept.hashes, kept.channels
    now, own = Hashes.of(log), channel_names(log.scenario.instrument_kinds)
    lengths = (len(was.cycles), len(now.cycles))
    count = min(lengths)
    differs = was.cycles[:count] != now.cycles[:count]
    shared = [(name, channels.index(name), own.index(name)) for name in own if name in set(channels)]
    if channels != own:  # another interface: the channels that both have are all there is to go by
        differs[:, 0] = False
        for _, i, j in shared:
            differs[:, 0] |= was.channels[i, :count] != now.channels[j, :count]
    tick = t_s = value = None
    found: tuple[str, ...] = ()
    unit = "1"
    if differs[:, 0].any():
        row = int(np.argmax(differs[:, 0]))
        tick, t_s = int(log.sensors["tick"][row]), float(log.sensors["t_us"][row]) * 1.0e-6
        found = tuple(name for name, i, j in shared if was.channels[i, row] != now.channels[j, row])
        if found:
            value, unit = _value(log, found[0], row)
    truth_tick = int(log.sensors["tick"][np.argmax(differs[:, 1])]) if differs[:, 1].any() else None
    return Departure(tick, t_s, found, value, unit, truth_tick, lengths, int(differs.any(axis=1).sum()))


def _value(log: Log, channel: str, row: int) -> tuple[float | int | None, str]:
    """What a channel holds, None for what is not a finite number, and its unit."""
    frame = channel.partition(".")[0]
    found = next(
        c
        for c in channels(frame, getattr(log, frame)[row : row + 1], log.scenario.instrument_kinds)
        if c.name == channel
    )
    value = found.values[0].item()
    return (value if isfinite(value) else None), found.unit


def _figures(was: Sequence[Requirement], now: Sequence[Requirement], tolerance: float) -> Iterator[Figure]:
    before, after = ({r.name: r for r in side} for side in (was, now))
    for name in {**before, **after}:
        a, b = before.get(name), after.get(name)
        unit = (a or b).unit  # type: ignore[union-attr]  # one of them is there
        moved = _moved(a, b) if a and b else None
        beyond = moved is None or moved > max(tolerance, LAST_BITS) or (a and a.passed) != (b and b.passed)
        yield Figure(name, unit, a, b, moved, bool(beyond))


def _moved(a: Requirement, b: Requirement) -> float | None:
    """The larger of what the figure and the limit moved by, as a share of the limit that was; a limit of 0 counts 1."""
    if (a.figure is None) != (b.figure is None):
        return None
    figure = 0.0 if a.figure is None or b.figure is None else abs(b.figure - a.figure)
    return max(figure, abs(b.limit - a.limit)) / (abs(a.limit) or 1.0)


def _other_software(kept: Kept, software: str) -> Iterator[str]:
    if kept.software != software:
        yield f"flight software {software or 'the flight core'}, was {kept.software or 'the flight core'}"


def _causes(kept: Kept, log: Log) -> Iterator[str]:
    """Known changes since the baseline was flown."""
    keys = list(_changed_keys("", rows_of_text(kept.scenario_toml), rows_of_text(log.scenario.to_toml())))
    yield from _first("scenario", keys)
    yield from _first("drawn", [name for name, value in _drawn(log).items() if kept.dispersed.get(name) != value])
    if not keys and len(kept.params) == log.params.nbytes:
        was, now = np.frombuffer(kept.params, flight.PARAMS)[0], log.params[0]
        names = [f.name for f in flight.fields("params") if was[f.name].tobytes() != now[f.name].tobytes()]
        yield from _first("flight parameter", names)
    for name in sorted({*kept.versions, *log.versions}):
        old, new = kept.versions.get(name), log.versions.get(name)
        if old != new:
            yield f"version of {name}: {new}, was {old}"
    if log.computer:
        yield f"flown by {log.computer['board']} ({log.computer['name']})"


def _drawn(log: Log) -> dict[str, Any]:
    drawn: dict[str, Any] = json.loads(json.dumps(log.dispersed))
    return drawn


def _first(what: str, found: Sequence[str]) -> Iterator[str]:
    yield from (f"{what} {text}" for text in found[:CAUSES_SHOWN])
    if len(found) > CAUSES_SHOWN:
        yield f"{what}: {len(found) - CAUSES_SHOWN} more"


def _changed_keys(path: str, was: Any, now: Any) -> Iterator[str]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in {**was, **now}:
            yield from _changed_keys(f"{path}.{key}" if path else key, was.get(key), now.get(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for at, (a, b) in enumerate(zip(was, now, strict=True)):
            yield from _changed_keys(f"{path}[{at}]", a, b)
    elif was != now:
        yield f"{path} = {now}, was {was}"
