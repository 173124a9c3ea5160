"""proxops list | check | run | replay."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.cli.progress import FlightProgress
from hil.cli.results import show_difference, write_report
from hil.cli.shared import (
    REPORT_NAME,
    Finite,
    computer_named,
    flight_option,
    folder_option,
    force_option,
    json_option,
    on_options,
    overrides_option,
    prints_of_software,
    sampler_options,
    seed_option,
    software_named,
    time_limit,
    time_limit_option,
    write,
)
from hil.seeds import SEED_MAX

if TYPE_CHECKING:
    from hil.log import Log

ENDS = (("host", "link"), ("board", "board_link"))


@click.command("list")
def list_scenarios() -> None:
    """List the scenarios that ship with ProxOps."""
    from hil.report.wording import visible
    from hil.scenario import Scenario

    for name in Scenario.names():
        click.echo(visible(f"{name:14} {Scenario.load(name).scenario.title}"))


@click.command()
@click.argument("scenario")
@overrides_option()
def check(scenario: str, overrides: tuple[str, ...]) -> None:
    """Validate SCENARIO (a name or a file) and draw its mission graph, without flying it."""
    from hil.prepare import check as check_whole
    from hil.report.mission_graph import lines
    from hil.report.wording import visible
    from hil.scenario import Scenario
    from hil.scenario.advice import advice
    from hil.timescales import notes

    read = Scenario.load(scenario, overrides)
    run = check_whole(read)
    click.echo(f"{read.name}: a valid scenario, {len(read.flight.phases)} phases, {read.scenario.epoch} UTC")
    for note in notes(read.scenario.epoch):
        click.echo(f"note: {note}")
    for line in run.beyond_validity:
        click.echo(f"beyond the range of a model: {line}")
    for line in (*lines(read), *(f"warning: {said}" for said in advice(read))):
        click.echo(visible(line))


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def migrate(files: tuple[Path, ...]) -> None:
    """Convert scenario FILES of schema 1 to schema 2 and keep each old file as FILE.schema1.

    If a file extends another one, convert that one first or on the same command line.
    """
    from hil.scenario.migrate import migrate_file

    texts = {path: migrate_file(path) for path in dict.fromkeys(files)}
    for path in texts:
        write(path.with_name(f"{path.name}.schema1"), path.read_text(encoding="utf-8-sig"))
    for path, text in texts.items():
        click.echo(f"{write(path, text)}: schema 2; comments are only in {path.name}.schema1")


@click.command()
@click.argument("scenario")
@seed_option("the run")
@click.option(
    "--case", type=click.IntRange(0, SEED_MAX), default=0, show_default=True, help="Number of the case in a campaign."
)
@sampler_options("Number of cases of that campaign; needed by lhs and saltelli.", required=False)
@overrides_option()
@flight_option()
@on_options()
@click.option(
    "--mode",
    type=click.Choice(["lockstep", "realtime"]),
    default="lockstep",
    show_default=True,
    help="Wait for each answer, or give every cycle a wall-clock deadline.",
)
@click.option(
    "--overrun",
    type=click.Choice(["count", "catchup", "abort"]),
    default="count",
    show_default=True,
    help="In realtime, after a missed deadline: count (shift the schedule), catchup (recover the lost time) or abort.",
)
@click.option(
    "--grace",
    "grace_s",
    type=Finite(min=0.0, max=1.0e6, max_open=True),
    default=1.0,
    show_default=True,
    help="In realtime, initial time in s in which misses are tolerated.",
)
@time_limit_option("the run")
@folder_option("log, scenario and report")
@force_option()
@click.option("--no-report", is_flag=True, help="Write no report; `proxops report` renders it later from the log.")
@json_option()
def run(
    scenario: str, seed: int, case: int, sampler: Any, runs: int | None, overrides: tuple[str, ...],
    software: str | None, on: str, allow_mismatch: bool, mode: Any, overrun: Any, grace_s: float,
    time_limit_s: float | None, out: Path | None, force: bool, no_report: bool, as_json: bool,
) -> None:  # fmt: skip
    """Fly SCENARIO (a name or a file) and check its requirements.

    Exit status: 0 PASS, 1 FAIL, 3 the run broke, 4 failed but ended SAFE or PASSIVE.
    """
    from hil.campaign.sampling import Sampling
    from hil.recorder import LOG_NAME
    from hil.run import fly
    from hil.scenario import Scenario

    factory = software_named(software, on)
    if runs is not None and sampler in ("random", "sobol"):
        raise click.UsageError(f"--runs {runs}: not used by sampler {sampler}; expected with lhs or saltelli")
    sampling = Sampling(sampler, runs)
    read = Scenario.load(scenario, overrides)
    faults = {"link_faults": read.link_faults, "board_faults": read.board_faults, "seed": seed, "case": case}
    with (
        computer_named(on, allow_mismatch, **faults) as computer,
        FlightProgress(read.name, read.scenario.max_duration_s, quiet=as_json) as progress,
        prints_of_software(as_json),
        time_limit(time_limit_s),
    ):
        log = fly(
            read, seed, case=case, sampling=sampling, flight=computer or factory, out=out, progress=progress, mode=mode,
            overrun=overrun, grace_s=grace_s, overwrite=force,
        )  # fmt: skip
    if out is not None and not no_report:
        write_report(out, log)
    if as_json:
        click.echo(json.dumps(log.summary(), indent=2))
    else:
        _show(log, out, LOG_NAME if no_report else REPORT_NAME)
    sys.exit(log.exit_status)


def _show(log: Log, out: Path | None, left: str) -> None:
    from rich.table import Table

    from hil.report.console import Terminal
    from hil.report.terminal import NOT_EVALUATED, status
    from hil.report.wording import figure

    console = Terminal()
    colour = {"PASS": "green", "FAIL": "red", "ERROR": "red"}[log.verdict]
    table = Table(title=f"{log.scenario.scenario.title}, seed {log.seed}", title_justify="left", title_style="bold")
    table.add_column("Requirement")
    for heading in ("Figure", "Limit", "Margin"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    table.add_column("")
    for r in log.requirements:
        table.add_row(
            r.title, figure(r.figure, r.unit), figure(r.limit, r.unit), figure(r.margin, r.unit, True),
            "" if r.unit == "1" else r.unit, status(r),
        )  # fmt: skip
    if log.requirements:
        console.print(table)
        if any(r.passed is None for r in log.requirements):
            console.print(NOT_EVALUATED, soft_wrap=True)
    for line in log.beyond_validity:
        console.print(f"beyond the range of a model: {line}", style="yellow", soft_wrap=True)
    if log.error:
        console.print(log.error, style="red", soft_wrap=True)
    spent, kept = log.delta_v_mps, log.realtime
    facts = [f"{log.duration_s:,.0f} s flown, {log.realtime_factor:,.0f} x real time", f"ended: {log.ending}"]
    if spent:
        facts.append(
            f"delta-v {spent['total']:.3f} m/s, of which {spent['attitude']:.3f} for attitude; "
            f"analytic budget {spent['budget']:.3f} m/s; {log.propellant_kg:.2f} kg of propellant"
        )
    if log.computer:
        facts.append(f"flown by {log.computer['board']} ({log.computer['name']})")
        facts += _injected(log.computer)
    facts += [
        f"cold start at tick {tick:,}: parameters uploaded again, starting in the retreat phase"
        for tick in log.cold_starts
    ]
    if kept:
        late = max((miss["late_us"] for miss in kept["misses"]), default=0.0)
        facts.append(
            f"real time: {kept['missed']} of {kept['cycles']:,} deadlines missed, {kept['missed_in_grace']} more "
            f"in the first {kept['grace_s']:g} s" + (f", at worst by {late / 1000.0:.1f} ms" if late else "")
        )
    facts.append(f"digest {log.digest[:16]}")
    console.print("\n".join(facts), soft_wrap=True)
    if out is not None:
        console.print(f"{Path(left).stem}: {out / left}", soft_wrap=True)
    if log.outcome is not None and log.verdict != "PASS":
        console.print(
            ": ".join([f"outcome {log.outcome.outcome}", *filter(None, ["; ".join(log.outcome.reasons)])]),
            soft_wrap=True,
        )
    console.print(log.verdict, style=f"bold {colour}")


def _injected(computer: dict[str, Any]) -> list[str]:
    """Injected faults of link and board, and what both ends counted."""
    from hil.report.wording import counts_of

    facts = [f"link faults injected, {way}: {counts_of(found)}" for way, found in (computer["cable"] or {}).items()]
    if facts:
        facts += [f"counted by the {end}: {counts_of(computer[key], 'bytes', 'packets')}" for end, key in ENDS]
    return facts + [f"board fault: {fault['kind']} before tick {fault['tick']:,}" for fault in computer["board_faults"]]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@on_options()
@json_option()
def replay(directory: Path, on: str, allow_mismatch: bool, as_json: bool) -> None:
    """Feed the sensor frames recorded in DIRECTORY to a flight computer and report the first difference.

    Exit status: 0 equal to the bit, 1 different.
    """
    from hil.log import Log
    from hil.replay import replay as drive

    log = Log.open(directory)
    with (
        computer_named(on, allow_mismatch) as computer,
        FlightProgress(f"replay of {log.scenario.name}", log.duration_s, quiet=as_json) as progress,
    ):
        found = drive(log, computer, progress=progress)
    show_difference(found, as_json)
