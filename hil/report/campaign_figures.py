"""The plots of a campaign's report, each one SVG; an empty text where there is nothing to draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.campaign import statistics
from hil.report.figures import BLUE, GREEN, GREY, INK, ORANGE, RED, drawing, thin
from hil.report.wording import number

Floats = NDArray[np.float64]
SHOWN_POINTS = 400
CDF_BINS = 150
SHOWN_GROUPS = 5


def contact(conditions: Sequence[tuple[str, str, Floats, float | None, float]], confidence: float) -> str:
    """Distribution of each contact condition against its limits.

    conditions: (title, axis label, values of all cases with inf where no contact was made, lower limit, upper).
    """
    if not any(np.isfinite(values).any() for _, _, values, _, _ in conditions):
        return ""
    across = 4
    with drawing(10.2, 2.35 * ceil(len(conditions) / across)) as (figure, out):
        grid = figure.subplots(ceil(len(conditions) / across), across, sharey=True, squeeze=False)
        for axes, (title, label, values, low, high) in zip(grid.flat, conditions, strict=False):
            found = statistics.cdf(values, -np.inf if low is None else low, high, confidence)
            made = np.isfinite(found.x)
            x, share = thin(found.x[made], found.share[made], CDF_BINS)
            axes.fill_between(
                x, np.maximum(share - found.band, 0.0), np.minimum(share + found.band, 1.0), step="post", color=BLUE,
                alpha=0.13, linewidth=0,
            )  # fmt: skip
            axes.step(np.concatenate([x[:1], x]), np.concatenate([[0.0], share]), where="post", color=BLUE, lw=1.4)
            for limit in (low, high):
                if limit is not None:
                    axes.axvline(limit, color=RED, lw=1.2)
            start = 0.0 if low is None else min(0.8 * low, float(x.min()))
            axes.set_xlim(min(start, 0.0) if low is None else start, 1.08 * max(high, float(x.max())))
            axes.set_ylim(0.0, 1.02)
            axes.set_xlabel(label)
            axes.set_title(f"{title}: {len(values) - found.within} outside", fontsize=8.5)
        for axes in grid.flat[len(conditions) :]:
            axes.set_axis_off()
        for axes in grid[:, 0]:
            axes.set_ylabel("share of cases")
    return out[0]


def delta_v(spent: Sequence[Mapping[str, float]], limit: float | None) -> str:
    """Distribution of the velocity change spent, in total and by what it was spent on, with its limit."""
    flown = [entry for entry in spent if entry]
    if len(flown) < 2:
        return ""
    with drawing(10.2, 2.6) as (figure, out):
        panels = (
            ("total", "in total", BLUE), ("translation", "translation", ORANGE),
            ("attitude", "attitude and losses", GREEN),
        )  # fmt: skip
        for axes, (name, words, colour) in zip(figure.subplots(1, 3), panels, strict=True):
            values = np.array([entry[name] for entry in flown])
            axes.hist(values, bins=_bins(len(values)), color=colour, alpha=0.85)
            axes.axvline(float(np.median(values)), color=INK, lw=1.0, ls=(0, (5, 3)))
            words += f": median {number(float(np.median(values)))}"
            if name == "total" and limit is not None:
                words += f", limit {number(limit)}"
                if limit < values.max() + 3.0 * np.ptp(values):
                    axes.axvline(limit, color=RED, lw=1.2)
            axes.set_title(words, fontsize=8.5)
            axes.set_axisbelow(True)
            axes.set_xlabel("velocity change, m/s")
        figure.axes[0].set_ylabel("cases")
    return out[0]


def _bins(cases: int) -> int:
    return int(np.clip(2.0 * cases ** (1.0 / 3.0), 8, 40))


def dispersion(gates: Sequence[tuple[str, str, Floats, statistics.Ellipse | None]]) -> str:
    """Positions of all cases at each gate with the 3 sigma ellipse, two planes a gate."""
    if not gates:
        return ""
    across = 4
    lines = ceil(len(gates) / across)
    with drawing(10.2, 2.75 * lines) as (figure, out):
        grid = figure.subplots(lines, across, squeeze=False)
        for axes, (gate, plane, points, ellipse) in zip(grid.flat, gates, strict=False):
            axes.plot(*_shown(points, ellipse).T, ".", color=BLUE, ms=3.0, alpha=0.55, mew=0)
            if ellipse is not None:
                axes.plot(*ellipse.outline().T, color=ORANGE, lw=1.3)
                axes.plot(*ellipse.centre, "+", color=INK, ms=7)
                note = f"{100.0 * ellipse.coverage:.1f} % inside, normal {100.0 * ellipse.expected:.1f} %"
                axes.annotate(note, (0.0, 1.02), xycoords="axes fraction", fontsize=7.5, color="#5b6570")
            axes.set_aspect("equal", adjustable="datalim")
            axes.invert_yaxis()
            axes.set_title(f"end of {gate}", pad=16)
            axes.set_xlabel("V-bar, m")
            axes.set_ylabel(f"{plane}, m")
        for axes in grid.flat[len(gates) :]:
            axes.set_axis_off()
    return out[0]


def _shown(points: Floats, ellipse: statistics.Ellipse | None) -> Floats:
    """A sample of the points, and every one outside the ellipse: those are what one looks for."""
    shown = np.zeros(len(points), bool)
    shown[:: max(1, len(points) // SHOWN_POINTS)] = True
    return points[shown if ellipse is None else shown | ~ellipse.holds(points)]


def drivers(found: Mapping[str, Mapping[str, Any]], words: Callable[[str], str]) -> str:
    """Rank correlation of each figure with the dispersions that drive it, with intervals; words: of a figure's name."""
    panels = [(name, entry["drivers"]) for name, entry in found.items() if entry["drivers"]]
    if not panels:
        return ""
    across = 2
    lines = ceil(len(panels) / across)
    most = max(3, *(len(ranked) for _, ranked in panels))
    with drawing(10.2, (0.75 + 0.2 * most) * lines) as (figure, out):
        grid = figure.subplots(lines, across, squeeze=False)
        for axes, (name, shown) in zip(grid.flat, panels, strict=False):
            rho = np.array([d["rho"] for d in shown])
            ends = np.array([[d["interval"]["low"], d["interval"]["high"]] for d in shown])
            at = np.arange(len(shown))
            colours = [BLUE if d["effect"] == "value" else ORANGE for d in shown]
            axes.barh(at, rho, color=colours, height=0.62, alpha=0.85)
            axes.errorbar(rho, at, xerr=np.abs(ends.T - rho), fmt="none", ecolor=INK, elinewidth=0.9, capsize=2)
            axes.axvline(0.0, color=GREY, lw=0.8)
            axes.set_yticks(at, labels=[_name(d) for d in shown])
            axes.set_ylim(most - 0.5, -0.5)
            axes.set_xlim(-1.0, 1.0)
            axes.grid(visible=False, axis="y")
            axes.set_title(words(name))
            axes.set_xlabel("rank correlation")
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
    return out[0]


def sobol(found: Mapping[str, Sequence[Mapping[str, Any]]], words: Callable[[str], str]) -> str:
    """Share of each figure's variance that each group causes alone, and with its interactions, with intervals."""
    if not found:
        return ""
    across = 2
    lines = ceil(len(found) / across)
    with drawing(10.2, (0.8 + 0.24 * SHOWN_GROUPS) * lines) as (figure, out):
        grid = figure.subplots(lines, across, squeeze=False)
        for axes, (name, indices) in zip(grid.flat, found.items(), strict=False):
            shown = indices[:SHOWN_GROUPS]
            at = np.arange(len(shown))
            for key, shift, colour, label in (
                ("first", -0.19, BLUE, "alone"),
                ("total", 0.19, ORANGE, "with interactions"),
            ):
                share = np.array([index[key] for index in shown])
                ends = np.array([[index[f"{key}_interval"][end] for end in ("low", "high")] for index in shown])
                axes.barh(at + shift, share, color=colour, height=0.36, alpha=0.85, label=label)
                reach = np.maximum(np.abs(ends.T - share), 0.0)
                axes.errorbar(share, at + shift, xerr=reach, fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5)
            axes.axvline(0.0, color=GREY, lw=0.8)
            axes.set_yticks(at, labels=[str(index["name"]) for index in shown])
            axes.set_ylim(len(shown) - 0.5, -0.5)
            axes.set_xlim(-0.1, 1.1)
            axes.grid(visible=False, axis="y")
            axes.set_title(words(name))
            axes.set_xlabel("share of the variance")
        figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        for axes in grid.flat[len(found) :]:
            axes.set_axis_off()
    return out[0]


_UNIT = re.compile(r"_(rad|radps|m|mps|mps2|ratio)(?=[.\\[]|$)")


def _name(driver: Mapping[str, Any]) -> str:
    """What was drawn, in words: thruster_direction_rad.23[x] is the thruster direction 23 x."""
    words = re.sub(r"[_.\[\]]+", " ", _UNIT.sub("", str(driver["name"]))).strip()
    return f"|{words}|" if driver["effect"] == "size" else words
