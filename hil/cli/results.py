"""proxops compare | report | finish: results of a flight or a campaign in a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.campaign.defaults import CONFIDENCE
from hil.cli.shared import EXIT, REPORT_NAME, Finite, json_option, write

if TYPE_CHECKING:
    from hil.campaign import Campaign
    from hil.log import Log
    from hil.replay import Comparison


@click.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@json_option()
@click.option(
    "--confidence", type=Finite(0.0, 1.0, min_open=True, max_open=True), default=CONFIDENCE, show_default=True,
    help="Confidence for two campaigns.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="HTML report to write, for two campaigns.")
def compare(one: Path, other: Path, as_json: bool, confidence: float, out: Path | None) -> None:
    """Compare two folders: runs bit by bit, with the first difference; campaigns statistically.

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
        raise click.UsageError(f"{which} is a campaign, but {not_one} is not: expected two campaigns or two runs")
    if out is not None:
        raise click.UsageError(f"--out {out}: expected with two campaigns; {one} and {other} hold runs")
    show_difference(both(Log.open(one), Log.open(other)), as_json)


def _compare_campaigns(one: Path, other: Path, as_json: bool, confidence: float, out: Path | None) -> None:
    from hil.campaign import Campaign
    from hil.report import compare as both
    from hil.report.comparison import render_comparison
    from hil.report.terminal import show_comparison

    a, b = Campaign.open(one), Campaign.open(other)
    found = both(a, b, confidence, (a.sampling.sampler, b.sampling.sampler))
    if out is not None:
        write(out, render_comparison(a, b, found, (str(one), str(other))))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        show_comparison(found, (str(one), str(other)))
        if out is not None:
            click.echo(f"report: {out}")
    sys.exit(EXIT["FAIL" if any(entry["significant"] for entry in found["requirements"]) else "PASS"])


def show_difference(found: Comparison, as_json: bool) -> None:
    """Prints the comparison of two flights and exits."""
    click.echo(json.dumps(found.as_dict(), indent=2) if as_json else str(found))
    sys.exit(EXIT["PASS" if found.equal else "FAIL"])


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def report(directory: Path) -> None:
    """Render the report of the run or campaign in DIRECTORY again, from its log or journal."""
    from hil.campaign import JOURNAL_NAME, Campaign
    from hil.log import Log
    from hil.report.wording import visible

    if (directory / JOURNAL_NAME).exists():
        flown = Campaign.open(directory)
        click.echo(str(write_campaign_report(directory, flown, flown.summary())))
        return
    log = Log.open(directory)
    click.echo(str(write_report(directory, log)))
    if log.error:
        click.echo(visible(f"{log.verdict}: {log.error}"), err=True)


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def finish(directory: Path) -> None:
    """Complete a log in DIRECTORY that lacks only its summary, and render its report.

    Exit status: as for run; 2 if the run itself was cut short.
    """
    from hil.finish import finish as complete

    log = complete(directory)
    click.echo(str(write_report(directory, log)))
    click.echo(log.verdict)
    sys.exit(log.exit_status)


def write_report(directory: Path, log: Log) -> Path:
    """Writes the report of a flight and returns its path."""
    from hil.report import render

    return write(directory / REPORT_NAME, render(log))


def write_campaign_report(directory: Path, flown: Campaign, summary: dict[str, Any]) -> Path:
    """Writes the report and `report.json` of a campaign and returns the path of the report."""
    from hil.report import render_campaign
    from hil.report.wording import percent

    write(directory / "report.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    asked = flown.criterion
    facts = [
        ("any case again", f"{flown.command} --seed {flown.seed} --case K"),
        ("to be shown", f"{percent(asked.required)} at {percent(asked.confidence)} confidence"),
        ("failures accepted", str(asked.accepted)),
        *((f"version, {name.replace('_', ' ')}", value) for name, value in sorted(flown.versions.items())),
    ]
    return write(directory / REPORT_NAME, render_campaign(flown, summary, facts))
