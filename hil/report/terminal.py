"""Results of baselines, sweeps and comparisons on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from math import inf
from typing import Any

from rich.table import Table
from rich.text import Text

from hil.baseline import Check, Figure, RunCheck
from hil.campaign.sweep import Sweep
from hil.report.console import Terminal, styled
from hil.report.wording import figure, number
from hil.requirements import Catalogue, Requirement

LOG_WIDTH = 120
"""Columns where there is no terminal, as in the log of a continuous integration."""
POINTS_SHOWN = 60
REPLAYS_SHOWN = 3
NOT_EVALUATED = "N/E: not evaluated, because the condition it applies to never occurred"
_COLOURS = {"identical": "green", "within tolerance": "yellow", "moved": "red"}


def _console() -> Terminal:
    return Terminal(width=None if sys.stdout.isatty() else LOG_WIDTH)


def show_check(found: Check) -> None:
    """Each run with where it departs; what is known to be otherwise; the figures that moved; the result last."""
    console = _console()
    for run in found.runs:
        console.print(styled(f"{run.scenario}, seed {run.seed}: ", (run.result, _COLOURS[run.result])), soft_wrap=True)
        for line in _notes(run):
            console.print(f"  {line}", soft_wrap=True)
    for cause in dict.fromkeys(cause for run in found.runs if run.result != "identical" for cause in run.causes):
        console.print(f"changed: {cause}", soft_wrap=True)
    moved: dict[str, list[tuple[RunCheck, Figure]]] = {}
    for run in found.runs:
        for one in run.moved:
            moved.setdefault(one.name, []).append((run, one))
    if moved:
        console.print(_moved(moved))
    numbers = {result: sum(run.result == result for run in found.runs) for result in _COLOURS}
    said = ", ".join(f"{count} {result}" for result, count in numbers.items() if count)
    within = "" if found.result == "identical" else f"; tolerance {100.0 * found.tolerance:g} % of the limit"
    word = "identical to the bit" if found.result == "identical" else found.result
    console.print(
        styled((word, f"bold {_COLOURS[found.result]}"), f" ({said} of {len(found.runs)} runs{within})"), soft_wrap=True
    )


def _notes(run: RunCheck) -> list[str]:
    notes = [] if run.departure is None else [str(run.departure)]
    if run.verdict[0] != run.verdict[1]:
        notes.append(f"verdict {run.verdict[1]}, was {run.verdict[0]}")
    if run.error:
        notes.append(run.error)
    return notes if run.result == "identical" else [*notes, f"replay: {run.replay}"]


def _moved(found: dict[str, list[tuple[RunCheck, Figure]]]) -> Table:
    """Each figure once, in the run where it moved most."""
    table = Table(title="Figures that moved", title_justify="left", title_style="bold")
    table.add_column("Requirement")
    for heading in ("Runs", "Was", "Is", "Limit", "Moved"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    table.add_column("")
    table.add_column("Most in")
    for moves in found.values():
        run, one = max(moves, key=lambda move: inf if move[1].moved is None else move[1].moved)
        limits = dict.fromkeys(figure(side.limit, one.unit) for side in (one.was, one.now) if side)
        table.add_row(
            one.title, str(len(moves)), _figure(one.was), _figure(one.now), " → ".join(limits),
            "–" if one.moved is None else f"{number(100.0 * one.moved, 2)} %", "" if one.unit == "1" else one.unit,
            _outcome(one), f"{run.scenario}, seed {run.seed}",
        )  # fmt: skip
    return table


def _figure(side: Requirement | None) -> str:
    return "–" if side is None else figure(side.figure, side.unit)


def status(requirement: Requirement) -> Text:
    """PASS, FAIL or N/E, as a table says it; `NOT_EVALUATED` says what that is."""
    said = "N/E" if requirement.passed is None else requirement.status
    return styled((said, {True: "green", False: "bold red", None: "yellow"}[requirement.passed]))


def _outcome(one: Figure) -> Text:
    if one.now is None:
        return styled("not evaluated")
    return status(one.now)


def show_sweep(flown: Sweep) -> None:
    """Every point in a line, in the order of the grid, or the worst of many; then the worst cases to fly again."""
    console = _console()
    worst, named = flown.worst_first(), Catalogue.of(flown.scenario)
    shown = flown.points if len(worst) <= POINTS_SHOWN else worst[:POINTS_SHOWN]
    title = f"{flown.scenario.scenario.title}, {len(worst)} points of {flown.runs} runs, seed {flown.seed}"
    table = Table(title=title, title_justify="left", title_style="bold")
    for parameter in flown.parameters:
        table.add_column(parameter.key, justify="right")
    table.add_column("Failed", justify="right")
    table.add_column("Weakest requirement")
    for heading in ("Margin, of its limit", "Case"):
        table.add_column(heading, justify="right")
    for point in shown:
        name, ratio, case = point.weakest()
        count = f"{point.failures}/{flown.runs}"
        table.add_row(
            *map(str, point.values), styled((count, "bold red")) if point.failures else count, named.words(name),
            "–" if ratio == -inf else f"{number(100.0 * ratio)} %", str(case),
        )  # fmt: skip
    console.print(table)
    if len(shown) < len(worst):
        console.print(f"the worst {len(shown)} of {len(worst)} points")
    for point in worst[:REPLAYS_SHOWN]:
        console.print(f"worst: {point.replay(point.weakest()[2])}", soft_wrap=True)
    if flown.beyond_validity:
        beyond = ", ".join(flown.beyond_validity)
        console.print(f"beyond the range of a model: {beyond}", style="yellow", soft_wrap=True)
    console.print(f"digest {flown.digest[:16]}")


def show_comparison(found: Mapping[str, Any], names: tuple[str, str]) -> None:
    """Two campaigns, requirement by requirement; what differs significantly stands out, and is said at the end."""
    console = _console()
    table = Table(title=f"A: {names[0]}, B: {names[1]}", title_justify="left", title_style="bold")
    table.add_column("Requirement")
    for heading in ("Failed A", "Failed B", "Median A", "Median B"):
        table.add_column(heading, justify="right")
    table.add_column("Unit")
    for heading in ("P(B > A)", "p, adjusted"):
        table.add_column(heading, justify="right")
    for entry in found["requirements"]:
        figures = entry.get("figure")
        medians = [number(figures[key]) for key in ("median_a", "median_b", "superiority")] if figures else [""] * 3
        colour = "bold red" if entry["significant"] else "none"
        counts = [f"{k}/{n}" for k, n in zip(entry["failures"], entry["runs"], strict=True)]
        table.add_row(
            entry["words"], *counts, *medians[:2], "" if entry["unit"] == "1" else entry["unit"],
            medians[2], styled((number(entry["adjusted_p"], 2), colour)),
        )  # fmt: skip
    console.print(table)
    low, high = (100.0 * found["requirements"][0]["difference"]["interval"][end] for end in ("low", "high"))
    percent = f"{100.0 * found['confidence']:g} %"
    console.print(f"failure probability of B minus that of A: {low:.3g} to {high:.3g} %, at {percent}", soft_wrap=True)
    console.print(f"cases {'paired: one master seed' if found['paired'] else 'drawn independently'}", soft_wrap=True)
    different = [entry["words"] for entry in found["requirements"] if entry["significant"]]
    if different:
        console.print(
            styled(("differ significantly", "bold red"), f" at {percent}: {', '.join(different)}"), soft_wrap=True
        )
    else:
        console.print(styled(("no significant difference", "bold green"), f" at {percent}"), soft_wrap=True)
