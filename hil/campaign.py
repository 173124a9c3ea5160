"""Campaigns: the same scenario flown N times under one master seed, every case in a journal.

A case's result depends on the scenario, the master seed and the case number alone. Who flies it, in
what order and beside what, changes no bit of its row, and the digest of the table shows it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import shutil
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import Any

import numpy as np

from hil import consistency
from hil.dispersion import sample
from hil.files import write_text
from hil.journal import IN_MEMORY, CampaignError, Journal, Row
from hil.log import ERROR, PASS, Log, versions
from hil.loop import Chunk
from hil.prepare import prepare
from hil.recorder import RecorderError
from hil.run import fly, refuse_faults_not_injected, rows_max
from hil.sampling import RANDOM, RUNS_MAX, SamplerName, Sampling
from hil.scenario import Scenario, ScenarioError
from hil.software import FlightFactory, RunError, flown_by, own_state, software_name
from hil.statistics import demonstrated, runs_needed
from hil.workers import Pool, Workers, not_flown, pool_for, stop_event

JOURNAL_NAME = "journal.sqlite"
TABLE_NAME = "cases.parquet"
SCENARIO_NAME = "scenario.toml"
LOGS_NAME = "runs"
LAST_BITS = 1.0e-9
"""Relative difference of two figures that NumPy may make on processors of different kinds."""
INEXACT = ("requirement.", "delta_v_mps.", "consistency.")
"""How the columns begin whose numbers NumPy works out; all others are the same to the bit on every machine."""


@dataclass(frozen=True)
class Keep:
    """Which cases are flown again for their log: the first failed ones, the worst, and the first of all."""

    failed: int = 10
    worst: int = 3
    sampled: int = 1


@dataclass(frozen=True)
class Criterion:
    """What a campaign is to show, said before it is flown.

    required: success probability to be shown at that confidence; accepted: cases that may fail.
    """

    required: float = 0.9973
    confidence: float = 0.95
    accepted: int = 0

    def __post_init__(self) -> None:
        """Raises CampaignError for what no campaign could show."""
        for name in ("required", "confidence"):
            value = getattr(self, name)
            if not 0.0 < value < 1.0:
                raise CampaignError(f"{name} = {value}: expected more than 0 and less than 1")
        if self.accepted < 0:
            raise CampaignError(f"accepted = {self.accepted}: expected 0 or more failures")

    @property
    def runs_needed(self) -> int:
        """Smallest campaign that shows it with as many failures as are accepted."""
        return runs_needed(self.required, self.confidence, self.accepted)


@dataclass(frozen=True)
class Case:
    """Everything a worker needs to fly one case, wherever it is. `path` is None for a packaged scenario."""

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


# ---- one case -----------------------------------------------------------------------------------


def fly_case(case: Case) -> tuple[Row, dict[str, str]]:
    """Flies one case; its row, and the versions of the worker that flew it.

    Flight software that raises makes a case of verdict ERROR. Raises ScenarioError when the draw is not
    a vehicle that can fly, which is the scenario's mistake and no failure of the mission.
    """
    return _row_of(case, frames=None if case.flight else _frames(case.scenario())), versions()


_worker = threading.local()


def _frames(scenario: Scenario) -> Chunk:
    """Memory for the frames of one run, the same again for every case of a worker."""
    frames: Chunk | None = getattr(_worker, "frames", None)
    if frames is None or len(frames.telemetry) != rows_max(scenario):
        frames = _worker.frames = Chunk(rows_max(scenario))
    return frames


def _row_of(case: Case, out: Path | None = None, frames: Chunk | None = None) -> Row:
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
    """A case as one flat row: what was drawn, what came of it; nothing that depends on who flew it, or when.

    Keys: case, verdict, error, ended, digest, duration_s, propellant_kg, `delta_v_mps.*`, `contact.*`,
    `gate.PHASE.0` to `.5` (`Log.gates`), `consistency.PHASE.nees|nis.*` (`hil.consistency.measure`),
    `requirement.NAME.figure|limit|margin|passed` and `dispersed.NAME[.i[.j]]` (SI and radians). What does not
    exist in a case has no key; `beyond_validity` names models that were flown outside the range they hold for.
    """
    found: Row = {"case": case.number}
    if isinstance(flown, Log):
        found |= {"verdict": flown.verdict, "error": flown.error, "ended": flown.ended, "digest": flown.digest}
        found |= {"duration_s": flown.duration_s, "propellant_kg": flown.propellant_kg}
        if flown.beyond_validity:
            found["beyond_validity"] = ", ".join(line.partition(":")[0] for line in flown.beyond_validity)
        _flatten(found, "delta_v_mps", flown.delta_v_mps)
        _flatten(found, "contact", flown.contact or {})
        _flatten(found, "gate", flown.gates())
        phases = flown.scenario.flight.phases
        _flatten(found, "consistency", consistency.measure(phases, flown.sensors, flown.telemetry, flown.truth))
        for requirement in flown.requirements:
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
    """A number JSON can say; what is not finite is None."""
    if value is None or isinstance(value, bool | np.bool_):
        return value if value is None else bool(value)
    return float(value) if math.isfinite(value) else None


# ---- the campaign -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Campaign:
    """A campaign that was flown whole. `runs_per_s` counts the cases of this session, None when it flew none."""

    scenario: Scenario
    seed: int
    runs: int
    rows: list[Row]
    digest: str
    command: str
    out: Path | None = None
    runs_per_s: float | None = None
    kept: tuple[Path, ...] = ()
    table: Path | None = None
    criterion: Criterion = Criterion()
    sampling: Sampling = RANDOM
    versions: Mapping[str, str] = field(default_factory=versions)

    @property
    def failed(self) -> list[int]:
        """Numbers of the cases that did not pass."""
        return [row["case"] for row in self.rows if row["verdict"] != PASS]

    @property
    def statement(self) -> str:
        """What the campaign shows of mission success."""
        failures, counted = self.failed, self.sampling.counted(self.runs)
        word = "failure" if len(failures) == 1 else "failures"
        shown = demonstrated(sum(case < counted for case in failures), counted, self.criterion.confidence).statement
        return f"{len(failures)} {word} in {self.runs} runs: success {shown}"

    @property
    def passed(self) -> bool:
        """Whether no more cases failed than were accepted."""
        return len(self.failed) <= self.criterion.accepted

    def replay(self, case: int) -> str:
        """The command that flies a case again."""
        return f"{self.command} --seed {self.seed} --case {case}"

    def columns(self) -> dict[str, Any]:
        """The table by columns, of N values each: float64 with NaN where there is none; text and verdicts as lists."""
        return {name: _column(name, [row.get(name) for row in self.rows]) for name in self.column_names()}

    def column_names(self) -> list[str]:
        """Every name that any case has, in the order of its first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def summary(self) -> dict[str, Any]:
        """What the campaign shows, as `hil.report.summarise` has it: plain values for JSON."""
        from hil.report.campaign import summarise

        asked = self.criterion
        return summarise(self, asked.required, asked.confidence, self.sampling.sampler, asked.accepted)

    @classmethod
    def open(cls, directory: str | Path) -> Campaign:
        """The campaign in a folder. Raises CampaignError when there is none or it was not flown whole."""
        out = Path(directory)
        if not (out / JOURNAL_NAME).is_file():
            raise CampaignError(f"{out / JOURNAL_NAME}: no campaign there")
        journal = Journal(out / JOURNAL_NAME, read_only=True)
        try:
            identity = journal.identity()
            if not identity:
                raise CampaignError(f"{journal.path}: the campaign never began")
            runs, rows = int(identity["runs"]), journal.rows()
            if len(rows) < runs:
                raise CampaignError(f"{journal.path}: {len(rows)} of {runs} cases flown: --resume flies the rest")
            scenario = replace(Scenario.parse(identity["scenario"], identity["source"]), path=identity["path"])
            table = out / TABLE_NAME
            return cls(
                scenario, int(identity["seed"]), runs, rows, journal.digest(), identity["command"], out,
                kept=tuple(sorted((out / LOGS_NAME).glob("case-*"))), table=table if table.exists() else None,
                criterion=Criterion(**json.loads(identity["criterion"])),
                sampling=Sampling.of(identity["sampler"], runs), versions=json.loads(identity["versions"]),
            )  # fmt: skip
        finally:
            journal.close()


def _column(name: str, values: list[Any]) -> Any:
    if any(isinstance(value, str) for value in values) or name in ("error", "digest"):
        return values
    if name == "case":
        return np.array(values, np.int64)
    return np.array([math.nan if value is None else float(value) for value in values])


def campaign(
    scenario: str | Path | Scenario,
    runs: int,
    seed: int = 1,
    *,
    jobs: int | None = None,
    pool: Pool | None = None,
    dask: str | None = None,
    flight: FlightFactory | None = None,
    overrides: Iterable[str] = (),
    out: str | Path | None = None,
    resume: bool = False,
    keep: Keep | None = None,
    sampler: SamplerName = "random",
    criterion: Criterion | None = None,
    time_limit_s: float | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> Campaign:
    """Flies cases 0 to runs - 1 of a scenario and keeps every result.

    Args:
        scenario: name of a packaged scenario, path of a file, or a Scenario.
        runs: number of cases N.
        seed: master seed of every draw of every case.
        jobs: cases flown at a time on this machine; the processors there are by default.
        pool: "threads", which hold no lock while the core flies, or "processes"; processes by default
            where `flight` or a time limit is given, because software in Python holds the interpreter and may
            end its process.
        dask: address of a dask.distributed scheduler, whose workers then fly the cases.
        flight: makes another flight computer for each case; a class or a function that can be imported by name,
            or a `hil.software.Software`. A case that ends its worker process is a row of verdict ERROR.
        overrides: "dotted.key=value", as `Scenario.load` takes them; not with a Scenario.
        out: folder for the journal, the table and the kept logs; nothing is written without one.
        resume: goes on with the campaign in `out`, which must be the same; begins it if there is none.
        keep: cases whose logs are kept in `out`.
        sampler: how the cases are drawn, see `hil.sampling.Sampling`.
        criterion: what the campaign is to show, which a resumed one cannot change.
        time_limit_s: how long a case may take by the clock (s); one that takes longer is a row of verdict ERROR.
        progress: called with cases done, failures among them, and runs, after every case.

    Raises:
        CampaignError: a campaign that cannot start or go on.
        WorkersError: workers that cannot be started, or not with what is asked of them.
        SoftwareError: flight software without a name to import it by.
        ScenarioError: a mistake in the scenario, or a case whose draw cannot fly.
    """
    if isinstance(runs, bool) or not isinstance(runs, int) or not 1 <= runs <= RUNS_MAX:
        raise CampaignError(f"runs = {runs!r}: expected a whole number from 1 to {RUNS_MAX}")
    workers = Workers(jobs, pool or pool_for(flight, time_limit_s), dask, time_limit_s)
    overrides, criterion = tuple(overrides), criterion or Criterion()
    sampling = Sampling.of(sampler, runs)
    if not isinstance(scenario, Scenario):
        command = " ".join(["proxops run", quote(str(scenario)), *(f"--set {quote(item)}" for item in overrides)])
        scenario = Scenario.load(scenario, overrides)
    else:
        command = f"proxops run {scenario.source}"
    sampling.check_campaign(runs, scenario.dispersions.correlated)
    refuse_faults_not_injected(scenario, None)
    command += flown_by(flight) + sampling.arguments()
    # a mistake that every case would meet is found before anything is written
    prepare(scenario, seed, 0, sampling).flight_core()
    text = scenario.to_toml()
    packaged = Scenario.parse(text, scenario.source).path == scenario.path
    first = Case(
        text, scenario.source, None if packaged else str(Path(scenario.path).resolve()), seed, 0, flight, sampling
    )
    identity = _identity(scenario, first, runs, command, criterion)
    with _folder(out) as directory:
        journal = Journal(IN_MEMORY if directory is None else directory / JOURNAL_NAME)
        try:
            _begin_or_resume(journal, identity, resume)
            if directory is not None:
                _write_scenario(directory, text)
            done = journal.verdicts()
            numbers = [number for number in range(runs) if number not in done]
            failures = sum(verdict != PASS for verdict in done.values())
            started = perf_counter()
            if numbers:
                _fly_all(journal, workers, first, numbers, failures, runs, progress)
            rate = len(numbers) / (perf_counter() - started) if numbers else None
            rows, digest = journal.rows(), journal.digest()
        finally:
            journal.close()
        flown = Campaign(
            scenario, seed, runs, rows, digest, command, directory, rate, criterion=criterion, sampling=sampling
        )
        if directory is None:
            return flown
        table = export_parquet(flown, directory / TABLE_NAME)
        kept = _keep_logs(flown, first, directory / LOGS_NAME, keep or Keep(), workers)
    return replace(flown, table=table, kept=kept)


# ---- the same campaign, or another --------------------------------------------------------------


def _identity(scenario: Scenario, case: Case, runs: int, command: str, criterion: Criterion) -> dict[str, str]:
    ephemeris = scenario.folder / scenario.target.ephemeris
    return {
        "scenario": case.scenario_toml,
        "ephemeris": hashlib.sha256(Path(str(ephemeris)).read_bytes()).hexdigest(),
        "seed": str(case.seed),
        "runs": str(runs),
        "flight": software_name(case.flight),
        "sampler": case.sampling.sampler,
        "criterion": json.dumps(asdict(criterion), sort_keys=True),
        "versions": json.dumps(versions(), sort_keys=True),
        "source": scenario.source,
        "path": scenario.path,
        "command": command,
    }


def _begin_or_resume(journal: Journal, identity: Mapping[str, str], resume: bool) -> None:
    was = journal.identity()
    if not was:
        journal.begin(identity)
        return
    if not resume:
        raise CampaignError(f"{journal.path}: already holds a campaign; --resume goes on with it")
    changed = next(_changes(was, identity), None)
    if changed:
        raise CampaignError(f"{journal.path}: cannot resume another campaign: {changed}")


def _changes(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What makes this another campaign than the one in the journal, in words."""
    for name in ("seed", "runs", "sampler"):
        if was[name] != now[name]:
            yield f"{name} = {now[name]}, it was begun with {was[name]}"
    if was["scenario"] != now["scenario"]:
        yield _first_difference("", tomllib.loads(was["scenario"]), tomllib.loads(now["scenario"])) or "the scenario"
    if was["criterion"] != now["criterion"]:
        yield _first_difference("", json.loads(was["criterion"]), json.loads(now["criterion"])) or "the criterion"
    if was["ephemeris"] != now["ephemeris"]:
        yield "the target's ephemeris file is not the one it was begun with"
    if was["flight"] != now["flight"]:
        yield f"flight software {now['flight'] or 'the flight core'}, not {was['flight'] or 'the flight core'}"
    old, new = json.loads(was["versions"]), json.loads(now["versions"])
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"version of {name} is {new.get(name)}, it was begun with {old.get(name)}"


def _first_difference(path: str, was: Any, now: Any) -> str | None:
    if was == now:
        return None
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}):
            found = _first_difference(f"{path}.{key}" if path else key, was.get(key), now.get(key))
            if found:
                return found
    return f"{path} = {now}, it was begun with {was}"


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path | None]:
    """The folder of a campaign, for one campaign at a time."""
    if out is None:
        yield None
        return
    directory = Path(out).absolute()
    handle = None
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            foreign = [p.name for p in directory.iterdir()] if not (directory / JOURNAL_NAME).exists() else []
            if foreign:
                raise CampaignError(f"{directory}: already there with something in it and no campaign: {foreign[0]}")
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CampaignError(f"{directory}: another campaign is running there") from None
        except OSError as error:
            raise CampaignError(f"{directory}: cannot be written: {error.strerror}") from None
        yield directory
    finally:
        if handle is not None:
            os.close(handle)


def _write_scenario(directory: Path, text: str) -> None:
    try:
        write_text(directory / SCENARIO_NAME, text)
    except OSError as error:
        raise CampaignError(f"{directory / SCENARIO_NAME}: cannot be written: {error.strerror}") from None


# ---- flying them --------------------------------------------------------------------------------


def _fly_all(
    journal: Journal,
    workers: Workers,
    first: Case,
    numbers: list[int],
    failures: int,
    runs: int,
    progress: Callable[[int, int, int], None] | None,
) -> None:
    """Flies the cases of those numbers; each is in the journal as soon as it comes back."""
    done, own = runs - len(numbers), versions()
    cases = (replace(first, number=number) for number in numbers)
    with closing(workers.results(fly_case, cases)) as flown:
        for case, future in flown:
            found, flown_by = _result(future, case, done, runs)
            _same_versions(own, flown_by)
            journal.add(found)
            done += 1
            failures += found["verdict"] != PASS
            if progress:
                progress(done, failures, runs)


def _result(future: Future[Any], case: Case, done: int, runs: int) -> tuple[Row, dict[str, str]]:
    kept = f"{done} of {runs} cases are in the journal: --resume flies the rest"
    try:
        return case_result(future, case)
    except ScenarioError as error:
        raise ScenarioError(f"case {case.number}: {error}") from None
    except CancelledError:
        raise CampaignError(f"the scheduler is gone; {kept}") from None
    except (OSError, MemoryError) as error:
        raise CampaignError(f"case {case.number} could not be flown: {error!r}; {kept}") from None


def case_result(future: Future[Any], case: Case) -> tuple[Row, dict[str, str]]:
    """What `fly_case` returned; a row of verdict ERROR where the case ended its worker, or was ended at its limit."""
    try:
        found: tuple[Row, dict[str, str]] = future.result()
    except Exception as error:
        if (reason := not_flown(error)) is None:
            raise
        return row(case, reason), versions()
    return found


def _same_versions(own: dict[str, str], flown_by: dict[str, str]) -> None:
    for name, value in own.items():
        if flown_by.get(name) != value:
            raise CampaignError(f"a worker has version {flown_by.get(name)} of {name}, expected {value}")


# ---- what is left -------------------------------------------------------------------------------


def export_parquet(flown: Campaign, path: Path) -> Path | None:
    """The table as Parquet, one row a case; None where the extra `campaign` is not installed."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return None
    table = {}
    for name in flown.column_names():
        values = [row.get(name) for row in flown.rows]
        texts = name in ("verdict", "error", "ended", "digest")
        kind = arrow.string() if texts else arrow.bool_() if name.endswith(".passed") else arrow.float64()
        table[name] = arrow.array(values, arrow.int64() if name == "case" else kind)
    partial = path.with_suffix(".part")
    try:
        parquet.write_table(arrow.table(table, metadata={"digest": flown.digest, "seed": str(flown.seed)}), partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise CampaignError(f"{path}: cannot be written: {reason}; the journal holds every case") from None
    return path


def _keep_logs(flown: Campaign, first: Case, directory: Path, keep: Keep, workers: Workers) -> tuple[Path, ...]:
    """Flies cases again with their logs, but for those of an earlier session; by the kind of worker that flew them."""
    from hil.report.campaign import worst_first

    worst = worst_first(flown.rows)[: keep.worst]
    failed, sampled = flown.failed[: keep.failed], range(min(keep.sampled, flown.runs))
    # of a case that was never flown to its verdict, or ended its worker, there is no log
    chosen = sorted(number for number in {*failed, *worst, *sampled} if flown.rows[number]["digest"] is not None)
    paths = {number: directory / f"case-{number:06d}" for number in chosen}
    tasks = [
        (replace(first, number=number), path.with_suffix(".part"))
        for number, path in paths.items() if not path.exists()
    ]  # fmt: skip
    if workers.dask is not None:  # the logs belong on this machine
        workers = replace(workers, dask=None)
    with closing(workers.results(_fly_with_log, tasks)) as found:
        for (case, partial), future in found:
            _keep_log(flown.rows[case.number], future, case, partial, paths[case.number])
    return tuple(paths.values())


def _fly_with_log(task: tuple[Case, Path]) -> tuple[Row, dict[str, str]]:
    case, partial = task
    shutil.rmtree(partial, ignore_errors=True)
    return _row_of(case, partial), versions()


def _keep_log(was: Row, future: Future[Any], case: Case, partial: Path, kept: Path) -> None:
    """What a case that was flown again left; it must be the case in the journal."""
    try:
        again, _ = case_result(future, case)
    except RecorderError as error:
        raise CampaignError(f"{error}; the journal holds every case") from None
    if not same_row(was, again):
        raise CampaignError(f"case {case.number} flew otherwise when it was flown again for its log")
    partial.rename(kept)


def same_row(one: Row, other: Row) -> bool:
    """Whether two rows are of one flight: equal, but for the last bits of what NumPy worked out (`INEXACT`)."""
    return one.keys() == other.keys() and all(
        value == other[name] or (name.startswith(INEXACT) and _close(value, other[name])) for name, value in one.items()
    )


def _close(one: Any, other: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return numbers and math.isclose(one, other, rel_tol=LAST_BITS, abs_tol=LAST_BITS)
