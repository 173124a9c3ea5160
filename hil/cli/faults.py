"""proxops faults."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.progress import RunsProgress
from hil.cli.shared import (
    EXIT,
    folder_option,
    force_option,
    jobs_option,
    json_option,
    overrides_option,
    seed_option,
    write,
)

JOURNAL_NAME = "flights.jsonl"

if TYPE_CHECKING:
    from hil.campaign.faults import FaultCampaign


@click.command()
@click.argument("scenario")
@click.option(
    "--runs", type=int, default=1, show_default=True, metavar="N", help="Number of cases of each fault in each phase."
)
@seed_option("every case")
@click.option("--phases", metavar="NAME,…", help="Phases in which faults begin (default: all that are flown).")
@click.option(
    "--kinds", metavar="PATTERN,…",
    help="Faults by name, thing or kind, such as camera, leak or 'thrusters.stuck*' (default: all).",
)  # fmt: skip
@click.option(
    "--sizes", default="medium", show_default=True, metavar="SIZE,…",
    help="Sizes of continuous faults: small, medium, large, over three decades.",
)  # fmt: skip
@click.option(
    "--time-limit", type=float, default=300.0, show_default=True, metavar="S",
    help="Wall-clock limit of a flight in s; exceeding it counts as broken.",
)  # fmt: skip
@click.option("--case", type=int, metavar="K", help="Fly only this case, instead of --runs.")
@overrides_option()
@jobs_option("Flights")
@folder_option("faults.json and flights.jsonl")
@click.option("--resume", is_flag=True, help="Continue with the flights in --out.")
@force_option()
@json_option()
def faults(
    scenario: str, runs: int, seed: int, phases: str | None, kinds: str | None, sizes: str,
    time_limit: float, case: int | None,
    overrides: tuple[str, ...], jobs: int | None, out: Path | None, resume: bool, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Fly SCENARIO with every single fault in every phase and report the outcome of each flight.

    Exit status: 0 no flight ended in COLLISION, BREACH or UNCONTROLLED, 1 some did, 3 every flight broke.
    """
    from hil.campaign.faults import BROKE, FaultCampaignError, fault_campaign
    from hil.recorder import prepare_directory
    from hil.scenario import Scenario

    if resume and out is None:
        raise FaultCampaignError("--resume: expected the folder of the campaign as --out")
    read = Scenario.load(scenario, overrides)
    journal = None if out is None else out / JOURNAL_NAME
    if journal is not None and not (resume and journal.exists()):
        prepare_directory(journal.parent, 0, {JOURNAL_NAME, "faults.json"} if force else ())
    bar: RunsProgress | None = None

    def progress(done: int, of: int) -> None:
        nonlocal bar
        if bar is None:
            bar = RunsProgress("faults", of, quiet=as_json)
            bar.__enter__()
        bar(done)

    try:
        flown = fault_campaign(
            scenario, read, runs, seed, phases=_listed(phases), kinds=_listed(kinds), sizes=_listed(sizes), case=case,
            jobs=jobs, time_limit_s=time_limit, journal=journal, progress=progress, overrides=overrides,
        )  # fmt: skip
    finally:
        if bar is not None:
            bar.__exit__(None, None, None)
    text = json.dumps(flown.summary(), indent=2)
    if out is not None:
        write(out / "faults.json", text)
    click.echo(text) if as_json else _show(flown)
    counts = flown.counts()
    if counts[BROKE] and counts[BROKE] == sum(counts.values()):
        sys.exit(EXIT["ERROR"])
    sys.exit(EXIT["FAIL" if flown.bad() else "PASS"])


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else ()


def _show(flown: FaultCampaign) -> None:
    """A line for each fault in each phase that ended badly, then the total outcomes and the worst flights to repeat."""
    from rich.table import Table

    from hil.report.console import Terminal, styled
    from hil.report.wording import number

    console = Terminal()
    bad = [cell for cell in flown.cells() if cell["bad"]]
    table = Table(
        title=f"{flown.scenario.scenario.title}, seed {flown.seed}: faults that ended badly", title_justify="left"
    )
    for heading in ("Fault", "Phase", "Outcomes"):
        table.add_column(heading)
    for heading in ("Detected after, s", "Closest, m"):
        table.add_column(heading, justify="right")
    for cell in bad:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in cell["outcomes"].items())
        table.add_row(
            cell["fault"], cell["phase"], outcomes, number(cell["detected_most_s"]), number(cell["closest_m"])
        )
    if bad:
        console.print(table)
    for row in flown.bad()[:10]:
        console.print(f"{row['outcome']}: {'; '.join(map(str, row['reasons']))}: {row['replay']}", soft_wrap=True)
    summary = flown.summary()
    if summary["not_injected"]:
        console.print(
            f"{summary['not_injected']} faults changed nothing and are not counted as injected", style="yellow"
        )
    said = ", ".join(f"{count} {name}" for name, count in flown.counts().items() if count)
    console.print(styled((said or "nothing was flown", "bold red" if bad else "bold green"), f" of {summary['runs']}"))
