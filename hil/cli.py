"""The command line: proxops list | check | run | campaign | sweep | baseline | replay | compare | report,
and for boards ports | link-test | firmware | board.

Exit status: 0 PASS, 1 FAIL, 2 the user's mistake, 3 the run broke, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    from hil.baseline import Opener
    from hil.campaign import Campaign
    from hil.link_test import LinkTest
    from hil.log import Log
    from hil.replay import Comparison
    from hil.run import FlightComputer, FlightFactory

EXIT = {"PASS": 0, "FAIL": 1, "ERROR": 3}
MISTAKE, BROKE, INTERRUPTED = 2, 3, 130
REPORT_NAME = "report.html"
ENDS = (("host", "link"), ("board", "board_link"))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="proxops", prog_name="proxops")
def cli() -> None:
    """Autonomous rendezvous and docking: fly a scenario, check it against its requirements, keep the report."""


_overrides = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key of the scenario."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def _on(command: Any) -> Any:
    """The options that say which flight computer flies."""
    allow = click.option(
        "--allow-mismatch", is_flag=True,
        help="Fly a board built from another interface or core; the verdict is then never PASS.",
    )  # fmt: skip
    on = click.option(
        "--on", default="sil", show_default=True, metavar="COMPUTER",
        help="Who flies: sil (the core in this process), emulated[:mps2-an500|zynq-a9], linux[:aarch64|armhf], "
        "serial:PORT[@BAUD].",
    )  # fmt: skip
    return on(allow(command))


def _computer(on: str, allow_mismatch: bool, **faults: Any) -> AbstractContextManager[FlightComputer | None]:
    """The flight computer of a name, with the faults it is to meet; None stands for the core in this process."""
    if on == "sil":
        return nullcontext(None)
    from firmware_bridge.computers import open_computer

    return open_computer(on, allow_mismatch=allow_mismatch, **faults)


Command = Callable[..., None]


def _sampler(help_runs: str, required: bool) -> Callable[[Command], Command]:
    """The options that say how the cases of a campaign are drawn."""

    def options(command: Command) -> Command:
        sampler = click.option(
            "--sampler", type=click.Choice(["random", "lhs", "sobol", "saltelli"]), default="random", show_default=True,
            help="How the cases are drawn; statements about failures rest on random ones.",
        )  # fmt: skip
        runs = click.option("--runs", type=int, required=required, metavar="N", help=help_runs)
        return runs(sampler(command))

    return options


_flight = click.option(
    "--flight", "software", metavar="MODULE:FACTORY",
    help="Your own flight software: what makes a flight computer from the flight parameters.",
)  # fmt: skip


def software_named(name: str | None) -> FlightFactory | None:
    """What MODULE:FACTORY names, imported from the current folder or the path."""
    if name is None:
        return None
    from importlib import import_module

    module, _, factory = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module)
        for part in factory.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise click.UsageError(f"--flight {name}: expected MODULE:FACTORY that can be imported: {error}") from None
    if not callable(found):
        raise click.UsageError(f"--flight {name}: expected a class or a function, found {type(found).__name__}")
    return found  # type: ignore[no-any-return]


@cli.command("list")
def list_scenarios() -> None:
    """The scenarios that ship with ProxOps."""
    from hil.scenario import Scenario

    for name in Scenario.names():
        click.echo(f"{name:14} {Scenario.load(name).scenario.title}")


@cli.command()
@click.argument("scenario")
@_overrides
def check(scenario: str, overrides: tuple[str, ...]) -> None:
    """Reads SCENARIO (a name or a file) and everything it refers to, and flies nothing."""
    from hil.prepare import prepare
    from hil.scenario import Scenario

    read = Scenario.load(scenario, overrides)
    prepare(read, seed=1).flight_core()
    click.echo(f"{read.name}: a valid scenario, {len(read.flight.phases)} phases, {read.scenario.epoch_utc} UTC")


@cli.command()
@click.argument("scenario")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Master seed of the run.")
@click.option("--case", type=click.IntRange(min=0), default=0, show_default=True, help="Its number in a campaign.")
@_sampler("Number of cases of that campaign, for lhs and saltelli.", required=False)
@_overrides
@_flight
@_on
@click.option(
    "--mode",
    type=click.Choice(["lockstep", "realtime"]),
    default="lockstep",
    show_default=True,
    help="Wait for each answer, or hold every cycle to the wall clock.",
)
@click.option(
    "--overrun",
    type=click.Choice(["count", "catchup", "abort"]),
    default="count",
    show_default=True,
    help="In realtime, after a missed deadline: put the schedule back, make up for it, or end the run.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(min=0.0),
    default=1.0,
    show_default=True,
    help="In realtime, s from the start in which a miss is forgiven.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for log, scenario and report.")
@_as_json
def run(
    scenario: str, seed: int, case: int, sampler: Any, runs: int | None, overrides: tuple[str, ...],
    software: str | None, on: str, allow_mismatch: bool, mode: Any, overrun: Any, grace_s: float, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Flies SCENARIO (a name or a file) and checks its requirements."""
    from hil.run import fly
    from hil.sampling import Sampling
    from hil.scenario import Scenario

    if software and on != "sil":
        raise click.UsageError(f"--flight {software}: expected without --on {on}: one computer flies")
    if runs is not None and sampler in ("random", "sobol"):
        raise click.UsageError(
            f"--runs {runs}: a case drawn by {sampler} does not depend on it; expected with lhs, saltelli"
        )
    factory, sampling = software_named(software), Sampling(sampler, runs)
    read = Scenario.load(scenario, overrides)
    faults = {"link_faults": read.link_faults, "board_faults": read.board_faults, "seed": seed, "case": case}
    with (
        _computer(on, allow_mismatch, **faults) as computer,
        _Progress(read.name, read.scenario.max_duration_s, quiet=as_json) as progress,
    ):
        log = fly(
            read, seed, case=case, sampling=sampling, flight=computer or factory, out=out, progress=progress, mode=mode,
            overrun=overrun, grace_s=grace_s,
        )  # fmt: skip
    if out is not None:
        _render(out, log)
    click.echo(json.dumps(log.summary(), indent=2)) if as_json else _show(log, out)
    sys.exit(EXIT[log.verdict])


@cli.command()
@click.argument("scenario")
@_sampler("Number of cases.", required=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Master seed of every case.")
@click.option("--jobs", type=int, help="Cases flown at a time; the processors there are by default.")
@click.option(
    "--pool",
    type=click.Choice(["threads", "processes"]),
    help="Who flies here: threads by default, processes with --flight.",
)
@_flight
@click.option("--dask", metavar="ADDRESS", help="Scheduler of a dask.distributed cluster that flies the cases.")
@_overrides
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for journal, table and logs.")
@click.option("--resume", is_flag=True, help="Go on with the campaign in --out.")
@click.option(
    "--accept-failures",
    "accepted",
    type=int,
    default=0,
    show_default=True,
    metavar="K",
    help="How many cases may fail.",
)
@click.option(
    "--required",
    type=float,
    default=0.9973,
    show_default=True,
    metavar="P",
    help="Success probability that the report is to show.",
)
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    show_default=True,
    metavar="C",
    help="Confidence of every statement and interval.",
)
@_as_json
def campaign(
    scenario: str,
    runs: int,
    sampler: Any,
    seed: int,
    jobs: int | None,
    pool: Any,
    software: str | None,
    dask: str | None,
    overrides: tuple[str, ...],
    out: Path | None,
    resume: bool,
    accepted: int,
    required: float,
    confidence: float,
    as_json: bool,
) -> None:
    """Flies SCENARIO N times, each with its own draws, and states what that shows.

    Exit status: 0 no more cases failed than --accept-failures, 1 more did.
    """
    from hil.campaign import Criterion
    from hil.campaign import campaign as fly_campaign
    from hil.journal import CampaignError

    if resume and out is None:
        raise CampaignError("--resume: expected the folder of the campaign as --out")
    criterion = Criterion(required, confidence, accepted)
    with _CampaignProgress(scenario, runs, quiet=as_json) as progress:
        flown = fly_campaign(
            scenario, runs, seed, jobs=jobs, pool=pool, dask=dask, flight=software_named(software), overrides=overrides,
            out=out, resume=resume, sampler=sampler, criterion=criterion, progress=progress,
        )  # fmt: skip
    summary = flown.summary()
    if out is not None:
        _render_campaign(out, flown, summary)
    if as_json:
        click.echo(json.dumps(summary | _of_this_session(flown), indent=2))
    else:
        _show_campaign(flown, summary)
    sys.exit(EXIT[summary["verdict"]])


def _of_this_session(flown: Campaign) -> dict[str, Any]:
    """What a campaign's report leaves out: how fast it was flown, and where it lies."""
    return {
        "runs_per_s": flown.runs_per_s,
        "out": None if flown.out is None else str(flown.out),
        "table": None if flown.table is None else str(flown.table),
        "kept": [str(path) for path in flown.kept],
    }


class _Bar:
    """A progress bar, shown while the block lasts, on a terminal only."""

    def __init__(self, name: str, total: float | None, quiet: bool, **fields: str):
        self._bar: Any = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), *self._columns())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(name, total=total, **fields)

    def _columns(self) -> tuple[Any, ...]:
        """What stands behind the bar."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()


class _RunsProgress(_Bar):
    """Runs done."""

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import MofNCompleteColumn

        return (MofNCompleteColumn(),)

    def __call__(self, done: int) -> None:
        if self._bar:
            self._bar.update(self._task, completed=done)


class _CampaignProgress(_Bar):
    """Cases done with rate, time left and the running verdict."""

    def __init__(self, name: str, runs: int, quiet: bool):
        super().__init__(name, runs, quiet, verdict="", rate="")
        self._began: tuple[float, int] | None = None

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

        verdict, rate = TextColumn("{task.fields[verdict]}"), TextColumn("{task.fields[rate]}")
        return MofNCompleteColumn(), verdict, rate, TimeRemainingColumn()

    def __call__(self, done: int, failures: int, runs: int) -> None:
        if not self._bar:
            return
        now = perf_counter()
        self._began = self._began or (now, done)
        since_s, flown = now - self._began[0], done - self._began[1]
        rate = f"{flown / since_s:.1f} runs/s" if since_s > 0.0 and flown else ""
        self._bar.update(self._task, completed=done, verdict=f"{failures} failed in {done}", rate=rate)


def _show_campaign(flown: Campaign, summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from hil.report.wording import figure, percent, requirement_name

    console = Console(highlight=False)
    title = f"{flown.scenario.scenario.title}, {flown.runs:,} runs, master seed {flown.seed}"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("Requirement")
    for heading in ("Failed", "Success", "Worst margin", "Case"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    for r in summary["requirements"]:
        count, worst = f"{r['failures']}/{r['runs']}", r["worst"]
        told = r["failures"] or worst["margin"] not in (None, 0.0)
        table.add_row(
            requirement_name(r["name"]), f"[bold red]{count}[/]" if r["failures"] else count,
            r["statement"].partition(" at ")[0], figure(worst["margin"], r["unit"], True),
            str(worst["case"]) if told else "", "" if r["unit"] == "1" else r["unit"],
        )  # fmt: skip
    console.print(table)
    failed = summary["failed"]
    lines = [f"failed: {entry['command']}" for entry in failed[:10]]
    if len(failed) > 10:
        lines.append(f"and {len(failed) - 10} more failed")
    if flown.out is not None:
        lines.append(f"report: {flown.out / REPORT_NAME}")
        lines.append(f"table: {flown.table or 'none: Parquet needs the extra, pip install proxops[campaign]'}")
        lines += [f"log: {path}" for path in flown.kept]
    if flown.runs_per_s is not None:
        lines.append(f"{flown.runs_per_s:.1f} runs/s")
    lines.append(f"digest {flown.digest[:16]}")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"[bold]{flown.statement}[/]", soft_wrap=True)
    if summary["sampler"] != "random":
        console.print(
            f"approximate: cases of the {summary['sampler']} sampler are no independent draws", soft_wrap=True
        )
    if not summary["met"]:
        console.print(
            f"[yellow]not shown: ≥ {percent(summary['required'])} at {percent(summary['confidence'])} confidence; "
            f"with {len(failed)} failed that takes {summary['runs_needed']:,} runs[/]",
            soft_wrap=True,
        )
    accepted = f", {summary['accepted']} accepted" if summary["accepted"] else ""
    colour = {"PASS": "green", "FAIL": "red"}[summary["verdict"]]
    console.print(f"[bold {colour}]{summary['verdict']}[/]{accepted}", soft_wrap=True)


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
@_on
@_as_json
def replay(directory: Path, on: str, allow_mismatch: bool, as_json: bool) -> None:
    """Drives a flight computer with the sensor frames recorded in DIRECTORY; names the first difference.

    Exit status: 0 equal to the bit, 1 different.
    """
    from hil.log import Log
    from hil.replay import replay as drive

    log = Log.open(directory)
    with (
        _computer(on, allow_mismatch) as computer,
        _Progress(f"replay of {log.scenario.name}", log.duration_s, quiet=as_json) as progress,
    ):
        found = drive(log, computer, progress=progress)
    _show_comparison(found, as_json)


@cli.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@_as_json
@click.option(
    "--confidence", type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True), default=0.95, show_default=True,
    help="Of two campaigns, that a difference is one.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Of two campaigns, the HTML report to write."
)
def compare(one: Path, other: Path, as_json: bool, confidence: float, out: Path | None) -> None:
    """Compares what two folders hold: runs bit by bit, naming the first difference; campaigns with significance.

    Exit status: 0 equal to the bit, or no significant difference; 1 different.
    """
    from hil.campaign import JOURNAL_NAME
    from hil.log import Log
    from hil.replay import compare as both

    campaigns = [(directory / JOURNAL_NAME).is_file() for directory in (one, other)]
    if all(campaigns):
        _compare_campaigns(one, other, as_json, confidence, out)
    if any(campaigns):
        which, not_one = (one, other) if campaigns[0] else (other, one)
        raise click.UsageError(f"{which} holds a campaign, {not_one} does not: expected two campaigns or two runs")
    if out is not None:
        raise click.UsageError(f"--out {out}: expected with two campaigns; {one} and {other} hold runs")
    _show_comparison(both(Log.open(one), Log.open(other)), as_json)


def _compare_campaigns(one: Path, other: Path, as_json: bool, confidence: float, out: Path | None) -> None:
    from hil.campaign import Campaign
    from hil.report import compare as both
    from hil.report.comparison import render_comparison
    from hil.report.terminal import show_comparison

    a, b = Campaign.open(one), Campaign.open(other)
    found = both(a, b, confidence, (a.sampling.sampler, b.sampling.sampler))
    if out is not None:
        _write(out, render_comparison(a, b, found, (str(one), str(other))))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        show_comparison(found, (str(one), str(other)))
        if out is not None:
            click.echo(f"report: {out}")
    sys.exit(EXIT["FAIL" if any(entry["significant"] for entry in found["requirements"]) else "PASS"])


def _show_comparison(found: Comparison, as_json: bool) -> None:
    click.echo(json.dumps(found.as_dict(), indent=2) if as_json else str(found))
    sys.exit(EXIT["PASS" if found.equal else "FAIL"])


@cli.command()
@click.argument("scenario")
@click.option(
    "--param", "parameters", multiple=True, required=True, metavar="KEY=VALUES",
    help="A key and its values, as first:last:count or value,value,…; once for each axis of the grid.",
)  # fmt: skip
@click.option("--runs", type=int, default=1, show_default=True, help="Cases at each point.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Master seed of every point.")
@_overrides
@click.option("--jobs", type=click.IntRange(min=1), help="Cases flown at a time; the processors there are by default.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for report, JSON and tables.")
@_as_json
def sweep(
    scenario: str, parameters: tuple[str, ...], runs: int, seed: int, overrides: tuple[str, ...], jobs: int | None,
    out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Flies SCENARIO over a grid of values of its keys and maps failures and margins.

    Exit status: 0 however many cases failed: a sweep looks for where they do.
    """
    from math import prod

    from hil.recorder import prepare_directory
    from hil.report.sweep import render_sweep
    from hil.report.terminal import show_sweep
    from hil.sweep import Parameter, write_tables
    from hil.sweep import sweep as fly_sweep

    axes = [Parameter.parse(text) for text in parameters]
    if out is not None:
        prepare_directory(out, 0)
    cases = runs * prod(len(axis.values) for axis in axes)
    with _RunsProgress("sweep", cases, quiet=as_json) as progress:
        flown = fly_sweep(scenario, axes, runs, seed, overrides=overrides, jobs=jobs, progress=progress)
    text = json.dumps(flown.summary(), indent=2)
    click.echo(text) if as_json else show_sweep(flown)
    if out is not None:
        written = [
            *write_tables(flown, out),
            _write(out / "sweep.json", text),
            _write(out / REPORT_NAME, render_sweep(flown)),
        ]
        if not as_json:
            click.echo(f"report: {written[-1]}")


@cli.group()
def baseline() -> None:
    """Sets of flown runs to hold later flights to: docs/regression.md."""


@baseline.command("save")
@click.argument("scenarios", nargs=-1, required=True)
@click.option("--seed", "seeds", multiple=True, default=["1"], show_default=True, metavar="SEEDS", help="As 1,2,10-19.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key of each scenario.")
@_on
@click.option("--jobs", type=click.IntRange(min=1), help="Runs flown at a time; the processors there are by default.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def save_baseline(
    scenarios: tuple[str, ...], seeds: tuple[str, ...], overrides: tuple[str, ...], on: str, allow_mismatch: bool,
    jobs: int | None, out: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Flies SCENARIOS (names or files) with each seed and keeps what later flights are held to in one file."""
    from hil.baseline import save
    from hil.seeds import parse_seeds

    try:
        numbers = parse_seeds(seeds)
    except ValueError as mistake:
        raise click.BadParameter(str(mistake), param_hint="--seed") from None
    runs = len(set(scenarios)) * len(numbers)
    with _RunsProgress("baseline", runs, quiet=False) as progress:
        made = save(
            out, scenarios, numbers, overrides=overrides, opener=_opener(on, allow_mismatch), jobs=jobs,
            overwrite=overwrite, progress=progress,
        )  # fmt: skip
    for run in made.runs:
        click.echo(f"{run.scenario}, seed {run.seed}: {run.verdict}, digest {run.digests['telemetry'][:16]}")
    click.echo(f"{out}: {len(made.runs)} runs, {out.stat().st_size / 1.0e6:.2f} MB")


def _opener(on: str, allow_mismatch: bool) -> Opener | None:
    """What opens the flight computer of that name for each run, with the faults that its scenario declares."""
    if on == "sil":
        return None
    return lambda scenario, seed: _computer(
        on, allow_mismatch, link_faults=scenario.link_faults, board_faults=scenario.board_faults, seed=seed
    )


@baseline.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--tolerance", type=float, default=0.0, show_default=True, metavar="SHARE",
    help="How far a figure may move, as a share of its limit.",
)  # fmt: skip
@_on
@click.option("--jobs", type=click.IntRange(min=1), help="Runs flown at a time; the processors there are by default.")
@_as_json
def check_baseline(
    file: Path, tolerance: float, on: str, allow_mismatch: bool, jobs: int | None, as_json: bool
) -> None:
    """Flies the runs of the baseline FILE again and tells what is not as it was.

    Exit status: 0 identical to the bit or within the tolerance, 1 a figure or a verdict moved.
    """
    from hil.baseline import check
    from hil.report.terminal import show_check

    opener = _opener(on, allow_mismatch)
    with _RunsProgress("baseline", None, quiet=as_json) as progress:
        found = check(file, tolerance=tolerance, opener=opener, jobs=jobs, progress=progress)
    click.echo(json.dumps(found.as_dict(), indent=2)) if as_json else show_check(found)
    sys.exit(EXIT["FAIL" if found.result == "moved" else "PASS"])


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
def report(directory: Path) -> None:
    """Renders the report of the run or the campaign in DIRECTORY again, from its log or journal alone."""
    from hil.campaign import JOURNAL_NAME, Campaign
    from hil.log import Log

    if (directory / JOURNAL_NAME).exists():
        flown = Campaign.open(directory)
        click.echo(str(_render_campaign(directory, flown, flown.summary())))
        return
    log = Log.open(directory)
    click.echo(str(_render(directory, log)))
    if log.error:
        click.echo(f"{log.verdict}: {log.error}", err=True)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array and nothing else.")
def ports(as_json: bool) -> None:
    """The serial ports of this computer, each with the names that stay when it is plugged in again."""
    from dataclasses import asdict

    from firmware_bridge.ports import ports as list_ports

    found = list_ports()
    if as_json:
        click.echo(json.dumps([asdict(port) for port in found], indent=2))
        return
    for port in found:
        click.echo("  ".join(part for part in (port.device, port.by_id, port.usb, port.description) if part))
    if not found:
        click.echo("no serial ports")


@cli.command("link-test")
@click.argument("computer")
@click.option("--exchanges", type=click.IntRange(10, 3000), default=1000, show_default=True, help="How many.")
@_as_json
def link_test(computer: str, exchanges: int, as_json: bool) -> None:
    """Loss and latency of the link to COMPUTER (as for run --on), and the cycle rate that it will hold.

    Exit status: 0 no packet was lost, 1 some were.
    """
    from firmware_bridge.computers import open_computer
    from hil.link_test import link_test as test

    with open_computer(computer) as opened:
        found = test(opened, exchanges, opened.board.baud if computer.startswith("serial:") else None)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _show_link(found)
    sys.exit(EXIT["PASS" if found.lost == 0 and found.equal else "FAIL"])


def _show_link(found: LinkTest) -> None:
    took = found.round_trip_us
    click.echo(f"{found.exchanges:,} exchanges of {found.bytes_up} bytes up, {found.bytes_down} down")
    click.echo(
        "answers equal to the core's, to the bit" if found.equal else "answers DIFFER from the core's: see replay"
    )
    click.echo(f"packets lost: {found.lost}; exchanges asked for again, lost or late: {found.asked_again}")
    for name, count in found.errors.items():
        click.echo(f"{name.replace('_', ' ')}: {count}")
    click.echo(
        f"round trip, µs: {took['median']:,.0f} median, {took['p99']:,.0f} at 99 %, "
        f"{took['p999']:,.0f} at 99.9 %, {took['max']:,.0f} at most"
    )
    click.echo(f"cycle rate held by 99.9 %: {found.rate_hz:,.1f} Hz" + (f" at {found.baud} baud" if found.baud else ""))
    for baud, rate in found.rate_by_baud_hz.items():
        click.echo(f"  at {baud:>9,} baud: {rate:8,.1f} Hz")


@cli.group()
def firmware() -> None:
    """The firmware of the boards."""


@firmware.command("build")
@click.argument("board")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to build in.")
def build_firmware(board: str, out: Path | None) -> None:
    """Builds the firmware of BOARD (emulated:mps2-an500, linux:aarch64, stm32h7-nucleo …); prints its file."""
    from firmware_bridge.boards import build

    click.echo(str(build(board, folder=out.resolve() if out else None)))


@firmware.command("export")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def export_firmware(directory: Path) -> None:
    """Copies everything that a firmware is made of to DIRECTORY, to be built there with make alone."""
    from firmware_bridge.export import export

    folder = export(directory)
    click.echo(f"{folder}: make PORT=… CROSS=… there; the ports are {', '.join(p.name for p in _ports_of(folder))}")


def _ports_of(folder: Path) -> list[Path]:
    return sorted(makefile.parent for makefile in (folder / "ports").glob("*/port.mk"))


@cli.command()
@click.option("--port", required=True, metavar="TTY", help="The serial port to answer on, as /dev/serial0.")
@click.option("--baud", type=int, default=115_200, show_default=True, help="Baud rate.")
def board(port: str, baud: int) -> None:
    """Makes this computer a flight computer: builds the Linux board's program and answers on PORT until ended."""
    from firmware_bridge.boards import build

    program = str(build("linux"))
    os.execv(program, [program, port, str(baud)])


def _render(directory: Path, log: Log) -> Path:
    from hil.report import render

    return _write(directory / REPORT_NAME, render(log))


def _render_campaign(directory: Path, flown: Campaign, summary: dict[str, Any]) -> Path:
    from hil.report import render_campaign
    from hil.report.wording import percent

    _write(directory / "report.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    asked = flown.criterion
    facts = [
        ("any case again", f"{flown.command} --seed {flown.seed} --case K"),
        ("to be shown", f"{percent(asked.required)} at {percent(asked.confidence)} confidence"),
        ("failures accepted", str(asked.accepted)),
        *((f"version, {name.replace('_', ' ')}", value) for name, value in sorted(flown.versions.items())),
    ]
    return _write(directory / REPORT_NAME, render_campaign(flown, summary, facts))


def _write(path: Path, text: str) -> Path:
    from hil.recorder import RecorderError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise RecorderError(f"{path}: cannot be written: {error.strerror}") from None
    return path


class _Progress(_Bar):
    """Simulated time flown."""

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import TextColumn, TimeElapsedColumn

        return TextColumn("{task.completed:,.0f} s simulated"), TimeElapsedColumn()

    def __call__(self, t_s: float) -> None:
        if self._bar:
            self._bar.update(self._task, completed=t_s)


def _show(log: Log, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from hil.report.wording import figure, requirement_name

    console = Console(highlight=False)
    colour = {"PASS": "green", "FAIL": "red", "ERROR": "red"}[log.verdict]
    table = Table(title=f"{log.scenario.scenario.title}, seed {log.seed}", title_justify="left", title_style="bold")
    table.add_column("Requirement")
    for heading in ("Figure", "Limit", "Margin"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    table.add_column("")
    for r in log.requirements:
        table.add_row(
            requirement_name(r.name), figure(r.figure, r.unit), figure(r.limit, r.unit), figure(r.margin, r.unit, True),
            "" if r.unit == "1" else r.unit, "[green]PASS[/]" if r.passed else "[bold red]FAIL[/]",
        )  # fmt: skip
    if log.requirements:
        console.print(table)
    if log.error:
        console.print(f"[red]{log.error}[/]", soft_wrap=True)
    spent, kept = log.delta_v_mps, log.realtime
    facts = [f"{log.duration_s:,.0f} s flown, {log.realtime_factor:,.0f} x real time", f"ended: {log.ended}"]
    if spent:
        facts.append(
            f"delta-v {spent['total']:.3f} m/s, attitude {spent['attitude']:.3f} of it, "
            f"analytic budget {spent['budget']:.3f}; {log.propellant_kg:.2f} kg of propellant"
        )
    if log.computer:
        facts.append(f"flown by {log.computer['board']} ({log.computer['name']})")
        facts += _injected(log.computer)
    facts += [f"cold start at tick {tick:,}: given parameters anew, to retreat" for tick in log.cold_starts]
    if kept:
        late = max((miss["late_us"] for miss in kept["misses"]), default=0.0)
        facts.append(
            f"real time: {kept['missed']} of {kept['cycles']:,} deadlines missed, {kept['missed_in_grace']} more "
            f"in the grace of {kept['grace_s']:g} s" + (f", the worst by {late / 1000.0:.1f} ms" if late else "")
        )
    facts.append(f"digest {log.digest[:16]}")
    console.print("\n".join(facts), soft_wrap=True)
    if out is not None:
        console.print(f"report: {out / REPORT_NAME}")
    console.print(f"[bold {colour}]{log.verdict}[/]")


def _injected(computer: dict[str, Any]) -> list[str]:
    """What was done to link and board, and what both ends counted of it."""
    from hil.report.wording import counts_of

    facts = [f"link faults injected, {way}: {counts_of(found)}" for way, found in (computer["cable"] or {}).items()]
    if facts:
        facts += [f"counted by the {end}: {counts_of(computer[key], 'bytes', 'packets')}" for end, key in ENDS]
    return facts + [f"board fault: {fault['kind']} before tick {fault['tick']:,}" for fault in computer["board_faults"]]


def main() -> None:
    """Entry point: a user's mistake is one line and exit status 2, never a traceback."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        _leave("interrupted", INTERRUPTED)
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except click.ClickException as error:
        _leave(error.format_message(), MISTAKE)
    except BrokenPipeError:
        # the reader of our output has gone; what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKE)
    except Exception as error:
        if type(error).__name__ in ("ScenarioError", "RecorderError", "CampaignError", "BoardError"):
            _leave(str(error), MISTAKE)
        if type(error).__name__ == "ReplayError":
            _leave(str(error), BROKE)
        if (status := getattr(error, "exit_status", None)) is not None:
            _leave(str(error), status)
        traceback.print_exc()
        _leave(f"the run broke: {error}", BROKE)


def _leave(message: str, status: int) -> None:
    click.echo(f"proxops: {message}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
