"""proxops baseline | sweep."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.progress import RunsProgress
from hil.cli.shared import (
    EXIT,
    REPORT_NAME,
    computer_named,
    flight_option,
    folder_option,
    force_option,
    jobs_option,
    json_option,
    on_options,
    overrides_option,
    seed_option,
    software_named,
    time_limit_option,
    write,
)

SWEEP_FILES = frozenset({REPORT_NAME, "sweep.json", "cases.csv", "cases.parquet"})

if TYPE_CHECKING:
    from hil.baseline import Opener


@click.group()
def baseline() -> None:
    """Store runs and compare later flights with them (docs/regression.md)."""


@baseline.command("save")
@click.argument("scenarios", nargs=-1, required=True)
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    default=["1"],
    show_default=True,
    metavar="SEEDS",
    help="Seeds, such as 1,2,10-19.",
)
@overrides_option("each scenario")
@flight_option()
@on_options()
@jobs_option("Runs")
@time_limit_option("a run")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write.")
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
def save_baseline(
    scenarios: tuple[str, ...], seeds: tuple[str, ...], overrides: tuple[str, ...], software: str | None,
    on: str, allow_mismatch: bool, jobs: int | None, time_limit_s: float | None, out: Path, overwrite: bool,
) -> None:  # fmt: skip
    """Fly SCENARIOS (names or files) with each seed and store the runs in one file."""
    from hil.baseline import save
    from hil.seeds import parse_seeds

    try:
        numbers = parse_seeds(seeds)
    except ValueError as mistake:
        raise click.BadParameter(str(mistake), param_hint="--seed") from None
    flight, runs = software_named(software, on), len(set(scenarios)) * len(numbers)
    with RunsProgress("baseline", runs, quiet=False) as progress:
        made = save(
            out, scenarios, numbers, overrides=overrides, flight=flight, opener=_opener(on, allow_mismatch), jobs=jobs,
            overwrite=overwrite, time_limit_s=time_limit_s, progress=progress,
        )  # fmt: skip
    for run in made.runs:
        click.echo(f"{run.scenario}, seed {run.seed}: {run.verdict}, digest {run.digests['telemetry'][:16]}")
    click.echo(f"{out}: {len(made.runs)} runs, {out.stat().st_size / 1.0e6:.2f} MB")


@baseline.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--tolerance", type=float, default=0.0, show_default=True, metavar="SHARE",
    help="Permitted movement of a figure, as a share of its limit.",
)  # fmt: skip
@flight_option()
@on_options()
@jobs_option("Runs")
@time_limit_option("a run")
@json_option()
def check_baseline(
    file: Path, tolerance: float, software: str | None, on: str, allow_mismatch: bool, jobs: int | None,
    time_limit_s: float | None, as_json: bool,
) -> None:  # fmt: skip
    """Fly the runs of the baseline FILE again and report what has changed.

    Exit status: 0 identical to the bit or within the tolerance, 1 a figure or verdict has moved, 3 a run broke.
    """
    from hil.baseline import check
    from hil.report.terminal import show_check

    flight, opener = software_named(software, on), _opener(on, allow_mismatch)
    with RunsProgress("baseline", None, quiet=as_json) as progress:
        found = check(
            file, tolerance=tolerance, flight=flight, opener=opener, jobs=jobs, time_limit_s=time_limit_s,
            progress=progress,
        )  # fmt: skip
    click.echo(json.dumps(found.as_dict(), indent=2)) if as_json else show_check(found)
    if any(run.broke for run in found.runs):
        sys.exit(EXIT["ERROR"])
    sys.exit(EXIT["FAIL" if found.result == "moved" else "PASS"])


def _opener(on: str, allow_mismatch: bool) -> Opener | None:
    """What opens the flight computer of that name for each run, with the faults that its scenario declares."""
    if on == "sil":
        return None
    return lambda scenario, seed: computer_named(
        on, allow_mismatch, link_faults=scenario.link_faults, board_faults=scenario.board_faults, seed=seed
    )


@click.command()
@click.argument("scenario")
@click.option(
    "--param", "parameters", multiple=True, required=True, metavar="KEY=VALUES",
    help="A key and its values, first:last:count or value,value,…; one --param for each axis of the grid. "
    "KEY+KEY=VALUES gives several keys the same value.",
)  # fmt: skip
@click.option("--runs", type=int, default=1, show_default=True, help="Number of cases at each point.")
@seed_option("every point")
@overrides_option()
@flight_option()
@jobs_option("Cases")
@time_limit_option("a case")
@folder_option("report, JSON and tables")
@force_option()
@json_option()
def sweep(
    scenario: str, parameters: tuple[str, ...], runs: int, seed: int, overrides: tuple[str, ...],
    software: str | None, jobs: int | None, time_limit_s: float | None, out: Path | None, force: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Fly SCENARIO over a grid of values of its keys and map failures and margins.

    Exit status: 0 however many cases failed, because a sweep looks for failures; 3 if no case completed.
    """
    from math import prod

    from hil.campaign.sweep import Parameter, write_tables
    from hil.campaign.sweep import sweep as fly_sweep
    from hil.recorder import prepare_directory
    from hil.report.campaign import none_flown
    from hil.report.sweep import render_sweep
    from hil.report.terminal import show_sweep

    axes, flight = [Parameter.parse(text) for text in parameters], software_named(software)
    if out is not None:
        prepare_directory(out, 0, SWEEP_FILES if force else ())
    cases = runs * prod(len(axis.values) for axis in axes)
    with RunsProgress("sweep", cases, quiet=as_json) as progress:
        flown = fly_sweep(
            scenario, axes, runs, seed, overrides=overrides, flight=flight, jobs=jobs, time_limit_s=time_limit_s,
            progress=progress,
        )  # fmt: skip
    text = json.dumps(flown.summary(), indent=2)
    click.echo(text) if as_json else show_sweep(flown)
    if out is not None:
        written = [
            *write_tables(flown, out),
            write(out / "sweep.json", text),
            write(out / REPORT_NAME, render_sweep(flown)),
        ]
        if not as_json:
            click.echo(f"report: {written[-1]}")
    if none_flown([row for point in flown.points for row in point.rows]):
        sys.exit(EXIT["ERROR"])
