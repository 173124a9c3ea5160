"""The report of a sweep: failures and margins as maps or curves over the parameters, every point with its replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.campaign.sweep import Parameter, Point, Sweep
from hil.report.figures import BLUE, GREY, RED, drawing
from hil.report.page import template
from hil.requirements import Catalogue

Floats = NDArray[np.float64]
LABELLED_CELLS = 150
"""In a map of more cells than this the numbers would not be legible."""
TICKS = 12
ROWS_SHOWN = 500


def render_sweep(flown: Sweep) -> str:
    """The report as one HTML page that needs nothing else."""
    summary = flown.summary()
    entries = {point.values: entry for point, entry in zip(flown.points, summary["points"], strict=True)}
    draw = curves if len(flown.parameters) == 1 else maps
    return template("sweep.html.j2").render(
        title=flown.scenario.scenario.title,
        s=summary,
        cases=len(flown.points) * flown.runs,
        failures=sum(point.failures for point in flown.points),
        worst=[entries[point.values] for point in flown.worst_first()[:ROWS_SHOWN]],
        words=Catalogue.of(flown.scenario).words,
        over=[parameter.key for parameter in flown.parameters[2:]],
        figures=[draw(flown, _overview(flown)), draw(flown, _each_requirement(flown))],
    )


@dataclass(frozen=True)
class Panel:
    """One plot: its title, the values that it takes of the cases of a point; margins, or the share that failed."""

    title: str
    values: Callable[[Point], list[float]]
    margins: bool = True

    @property
    def label(self) -> str:
        """What its axis or its colours say."""
        return "margin, of its limit" if self.margins else "share of cases"


def _overview(flown: Sweep) -> list[Panel]:
    return [
        Panel("Cases failed", lambda point: [point.failures / len(point.rows)], margins=False),
        Panel("Least margin of all requirements", lambda point: [point.weakest()[1]]),
    ]


def _each_requirement(flown: Sweep) -> list[Panel]:
    def of(name: str) -> Callable[[Point], list[float]]:
        return lambda point: [found[name] for row in point.rows if name in (found := point.margins(row))]

    named = Catalogue.of(flown.scenario)
    return [Panel(named.words(name), of(name)) for name in flown.names()]


# ---- one parameter ------------------------------------------------------------------------------


def curves(flown: Sweep, panels: Sequence[Panel]) -> str:
    """Each panel over the one parameter: the median of the cases, and a band from the least to the most."""
    if not panels:
        return ""
    (parameter,) = flown.parameters
    across = min(3, len(panels))
    lines = ceil(len(panels) / across)
    x = np.array(parameter.values, float) if parameter.numeric else np.arange(len(parameter.values), dtype=float)
    with drawing(10.2, 2.5 * lines) as (figure, out):
        grid = figure.subplots(lines, across, squeeze=False)
        for axes, panel in zip(grid.flat, panels, strict=False):
            found = [panel.values(point) for point in flown.points]
            least, middle, most = (_finite([of(one) if one else inf for one in found]) for of in (min, _median, max))
            axes.fill_between(x, least, most, color=BLUE, alpha=0.15, linewidth=0)
            axes.plot(x, middle, ".-", color=BLUE)
            axes.plot(x, least, color=BLUE, lw=0.7)
            if panel.margins:
                axes.axhline(0.0, color=RED, lw=1.0)
            else:
                axes.set_ylim(-0.02, 1.02)
            for at in np.flatnonzero(np.array([min(one, default=inf) for one in found]) == -inf):
                axes.axvspan(*_around(x, int(at)), color=RED, alpha=0.12, linewidth=0)
            axes.set_title(panel.title)
            axes.set_xlabel(parameter.key)
            axes.set_ylabel(panel.label)
            if not parameter.numeric:
                axes.set_xticks(x, labels=[str(value) for value in parameter.values])
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
    return out[0]


def _finite(values: Sequence[float]) -> Floats:
    found = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _median(values: Sequence[float]) -> float:
    return float(np.median(np.maximum(values, -1.0e300))) if min(values) > -inf else -inf


def _around(x: Floats, at: int) -> tuple[float, float]:
    """From half way to the point before to half way to the one after."""
    before, after = x[max(at - 1, 0)], x[min(at + 1, len(x) - 1)]
    return float(x[at] + before) / 2.0, float(x[at] + after) / 2.0


# ---- two parameters or more ---------------------------------------------------------------------


def maps(flown: Sweep, panels: Sequence[Panel]) -> str:
    """Each panel as a map over the first two parameters: the least of all cases, over all others if there are more."""
    if not panels:
        return ""
    first, second = flown.parameters[:2]
    across = min(2 if len(panels) < 3 else 3, len(panels))
    lines = ceil(len(panels) / across)
    cells = len(first.values) * len(second.values)
    height = float(np.clip(0.34 * len(second.values) + 1.1, 2.3, 4.5))
    with drawing(10.2, height * lines) as (figure, out):
        grid = figure.subplots(lines, across, squeeze=False)
        for axes, panel in zip(grid.flat, panels, strict=False):
            worst = _worst(flown, panel)
            low, high = (-1.0, 1.0) if panel.margins else (0.0, 1.0)
            shown = np.where(worst == inf, np.nan, np.clip(worst, low, high))
            colours = "RdYlBu" if panel.margins else "Reds"
            mesh = axes.pcolormesh(shown.T, cmap=colours, vmin=low, vmax=high, edgecolors="white", lw=0.5)
            if cells <= LABELLED_CELLS // (1 if across < 3 else 2):
                _label(axes, worst, panel.margins)
            _ticks(axes, first, second)
            axes.set_title(panel.title)
            axes.grid(visible=False)
            figure.colorbar(mesh, ax=axes, shrink=0.9, aspect=18).set_label(panel.label)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
    return out[0]


def _worst(flown: Sweep, panel: Panel) -> Floats:
    """Shape (values of the first parameter, of the second); inf where there is nothing."""
    shape = tuple(len(parameter.values) for parameter in flown.parameters)
    if panel.margins:
        found = np.array([min(panel.values(point), default=inf) for point in flown.points])
        return np.asarray(found.reshape(*shape[:2], -1).min(axis=2))
    return np.asarray(
        np.array([max(panel.values(point)) for point in flown.points]).reshape(*shape[:2], -1).max(axis=2)
    )


def _label(axes: Any, worst: Floats, margins: bool) -> None:
    for (i, j), value in np.ndenumerate(worst):
        if value < inf:
            text = "none" if value == -inf else f"{value:.2g}"
            dark = (abs(value) if margins else value) > 0.75
            axes.text(
                i + 0.5, j + 0.5, text, ha="center", va="center", fontsize=6.5, color="white" if dark else "black"
            )


def _ticks(axes: Any, first: Parameter, second: Parameter) -> None:
    for parameter, place in ((first, axes.set_xticks), (second, axes.set_yticks)):
        shown = range(0, len(parameter.values), ceil(len(parameter.values) / TICKS))
        place([at + 0.5 for at in shown], labels=[_value(parameter.values[at]) for at in shown])
    axes.set_xlabel(first.key)
    axes.set_ylabel(second.key)
    axes.tick_params(length=0, colors=GREY)


def _value(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
