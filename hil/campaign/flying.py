"""Flies a campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import Any

from hil.campaign.cases import Case, case_result, fly_case
from hil.campaign.folder import JOURNAL_NAME, LOGS_NAME, TABLE_NAME, campaign_folder, write_scenario
from hil.campaign.identity import begin_or_resume, identity_of
from hil.campaign.journal import IN_MEMORY, CampaignError, Journal, Row
from hil.campaign.kept_logs import Keep, keep_logs
from hil.campaign.results import Campaign, Criterion, export_parquet
from hil.campaign.sampling import RUNS_MAX, SamplerName, Sampling
from hil.log import PASS, versions
from hil.prepare import prepare
from hil.run import refuse_faults_not_injected
from hil.scenario import Scenario, ScenarioError
from hil.software import FlightFactory, flown_by
from hil.workers import Pool, Workers, pool_for


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
        jobs: number of parallel cases on this machine (default: number of processors).
        pool: "threads", which hold no lock while the core flies, or "processes"; processes by default
            where `flight` or a time limit is given, because software in Python holds the interpreter and may
            end its process.
        dask: address of a dask.distributed scheduler, whose workers then fly the cases.
        flight: makes a flight computer for each case; a class or a function that can be imported by name,
            or a `hil.software.Software`. A case that ends its worker process is a row of verdict ERROR.
        overrides: "dotted.key=value", as `Scenario.load` takes them; not with a Scenario.
        out: folder for the journal, the table and the kept logs; nothing is written without one.
        resume: continues the campaign in `out`, which must be the same; starts it if there is none.
        keep: cases whose logs are kept in `out`.
        sampler: how the cases are drawn, see `hil.campaign.sampling.Sampling`.
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
    # finds a mistake that affects every case before anything is written
    prepare(scenario, seed, 0, sampling).flight_core()
    first = _first_case(scenario, seed, flight, sampling)
    identity = identity_of(scenario, first, runs, command, criterion)
    with campaign_folder(out) as directory:
        journal = Journal(IN_MEMORY if directory is None else directory / JOURNAL_NAME)
        try:
            begin_or_resume(journal, identity, resume)
            if directory is not None:
                write_scenario(directory, first.scenario_toml)
            rate = _fly_missing(journal, workers, first, runs, progress)
            rows, digest = journal.rows(), journal.digest()
        finally:
            journal.close()
        flown = Campaign(
            scenario, seed, runs, rows, digest, command, directory, rate, criterion=criterion, sampling=sampling
        )
        if directory is None:
            return flown
        table = export_parquet(flown, directory / TABLE_NAME)
        kept = keep_logs(flown, first, directory / LOGS_NAME, keep or Keep(), workers)
    return replace(flown, table=table, kept=kept)


def _first_case(scenario: Scenario, seed: int, flight: FlightFactory | None, sampling: Sampling) -> Case:
    text = scenario.to_toml()
    packaged = Scenario.parse(text, scenario.source).path == scenario.path
    path = None if packaged else str(Path(scenario.path).resolve())
    return Case(text, scenario.source, path, seed, 0, flight, sampling)


def _fly_missing(
    journal: Journal,
    workers: Workers,
    first: Case,
    runs: int,
    progress: Callable[[int, int, int], None] | None,
) -> float | None:
    """Flies the cases that the journal lacks; each is in it as soon as it comes back. Cases a second, None of none."""
    verdicts = journal.verdicts()
    numbers = [number for number in range(runs) if number not in verdicts]
    if not numbers:
        return None
    failures = sum(verdict != PASS for verdict in verdicts.values())
    started, done, own = perf_counter(), len(verdicts), versions()
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
    return len(numbers) / (perf_counter() - started)


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


def _same_versions(own: dict[str, str], flown_by: dict[str, str]) -> None:
    for name, value in own.items():
        if flown_by.get(name) != value:
            raise CampaignError(f"a worker has version {flown_by.get(name)} of {name}, expected {value}")
