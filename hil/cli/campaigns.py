"""proxops campaign."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.campaign.defaults import CONFIDENCE, REQUIRED
from hil.cli.progress import CampaignProgress
from hil.cli.results import write_campaign_report
from hil.cli.shared import (
    EXIT,
    REPORT_NAME,
    flight_option,
    folder_option,
    jobs_option,
    json_option,
    overrides_option,
    sampler_options,
    seed_option,
    software_named,
    time_limit_option,
)

if TYPE_CHECKING:
    from hil.campaign import Campaign


@click.command()
@click.argument("scenario")
@sampler_options("Number of cases.", required=True)
@seed_option("every case")
@jobs_option("Cases")
@click.option(
    "--pool",
    type=click.Choice(["threads", "processes"]),
    help="Worker type (default: threads; processes with --flight or --time-limit).",
)
@flight_option()
@click.option("--dask", metavar="ADDRESS", help="Fly on the cluster of this dask.distributed scheduler.")
@overrides_option()
@folder_option("journal, table and logs")
@click.option("--resume", is_flag=True, help="Continue the campaign in --out.")
@click.option(
    "--accept-failures",
    "accepted",
    type=int,
    default=0,
    show_default=True,
    metavar="K",
    help="Number of failed cases allowed.",
)
@click.option(
    "--required",
    type=float,
    default=REQUIRED,
    show_default=True,
    metavar="P",
    help="Success probability to be shown.",
)
@click.option(
    "--confidence",
    type=float,
    default=CONFIDENCE,
    show_default=True,
    metavar="C",
    help="Confidence of every statement and interval.",
)
@time_limit_option("a case")
@json_option()
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
    time_limit_s: float | None,
    as_json: bool,
) -> None:
    """Fly SCENARIO N times with different draws and state the success probability shown.

    Exit status: 0 at most --accept-failures cases failed, 1 more failed, 3 no case completed.
    """
    from hil.campaign import Criterion
    from hil.campaign import campaign as fly_campaign
    from hil.campaign.journal import CampaignError

    if resume and out is None:
        raise CampaignError("--resume: expected the folder of the campaign as --out")
    criterion = Criterion(required, confidence, accepted)
    with CampaignProgress(scenario, runs, quiet=as_json) as progress:
        flown = fly_campaign(
            scenario, runs, seed, jobs=jobs, pool=pool, dask=dask, flight=software_named(software), overrides=overrides,
            out=out, resume=resume, sampler=sampler, criterion=criterion, time_limit_s=time_limit_s, progress=progress,
        )  # fmt: skip
    summary = flown.summary()
    if out is not None:
        write_campaign_report(out, flown, summary)
    if as_json:
        click.echo(json.dumps(summary | _of_this_session(flown), indent=2))
    else:
        _show_campaign(flown, summary)
    sys.exit(EXIT[summary["verdict"]])


def _of_this_session(flown: Campaign) -> dict[str, Any]:
    """Facts of this session that are not in the report: speed and paths."""
    return {
        "runs_per_s": flown.runs_per_s,
        "out": None if flown.out is None else str(flown.out),
        "table": None if flown.table is None else str(flown.table),
        "kept": [str(path) for path in flown.kept],
    }


def _show_campaign(flown: Campaign, summary: dict[str, Any]) -> None:
    from rich.table import Table

    from hil.report.console import Terminal, styled
    from hil.report.wording import figure, percent

    console = Terminal()
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
            r["words"], styled((count, "bold red")) if r["failures"] else count,
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
        lines.append(f"table: {flown.table or 'none: Parquet needs pyarrow: pip install pyarrow'}")
        lines += [f"log: {path}" for path in flown.kept]
    if flown.runs_per_s is not None:
        lines.append(f"{flown.runs_per_s:.1f} runs/s")
    lines.append(f"digest {flown.digest[:16]}")
    if outcomes := summary["outcomes"]:
        lines.append("outcomes: " + ", ".join(f"{count:,} {name}" for name, count in outcomes.items()))
    for line in lines:
        console.print(line, soft_wrap=True)
    if summary["beyond_validity"]:
        beyond = ", ".join(summary["beyond_validity"])
        console.print(f"beyond the range of a model: {beyond}", style="yellow", soft_wrap=True)
    console.print(flown.statement, style="bold", soft_wrap=True)
    if summary["sampler"] != "random":
        console.print(
            f"approximate: the {summary['sampler']} sampler does not draw cases independently", soft_wrap=True
        )
    if not summary["met"]:
        console.print(
            f"not enough runs to show ≥ {percent(summary['required'])} at {percent(summary['confidence'])} confidence: "
            f"with {len(failed)} failed, that takes {summary['runs_needed']:,} runs",
            style="yellow",
            soft_wrap=True,
        )
    accepted = f": {len(failed):,} of {summary['runs']:,} cases failed, {summary['accepted'] or 'none'} accepted"
    colour = {"PASS": "green", "FAIL": "red", "ERROR": "red"}[summary["verdict"]]
    console.print(styled((summary["verdict"], f"bold {colour}"), accepted), soft_wrap=True)
