"""The report of two campaigns side by side: failures, figures, and which of the differences are significant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from hil.report.campaign import Flown
from hil.report.figures import BLUE, ORANGE, RED, drawing, thin
from hil.report.page import template

CDF_BINS = 200


def render_comparison(a: Flown, b: Flown, found: Mapping[str, Any], names: tuple[str, str]) -> str:
    """The report as one HTML page that needs nothing else.

    found: of `hil.report.compare`; names: what to call the two campaigns.
    """
    compared = [entry for entry in found["requirements"] if "figure" in entry]
    return template("comparison.html.j2").render(
        campaigns=list(zip("AB", names, (a, b), strict=True)),
        found=found,
        figure=_distributions(a, b, compared),
        different=[entry["words"] for entry in found["requirements"] if entry["significant"]],
    )


def _distributions(a: Flown, b: Flown, compared: Sequence[Mapping[str, Any]]) -> str:
    """The share of cases at or below each value of a figure, of both; limits in red where they lie that near."""
    if not compared:
        return ""
    across = 4
    lines = ceil(len(compared) / across)
    with drawing(10.2, 2.2 * lines) as (figure, out):
        grid = figure.subplots(lines, across, sharey=True, squeeze=False)
        for axes, entry in zip(grid.flat, compared, strict=False):
            for label, campaign, colour, style in (("A", a, BLUE, "-"), ("B", b, ORANGE, (0, (4, 1.5)))):
                values = _column(campaign, entry["name"], "figure")
                share = np.arange(1, len(values) + 1) / len(values)
                axes.plot(*thin(np.sort(values), share, CDF_BINS), color=colour, ls=style, label=label)
                for limit in np.unique(_column(campaign, entry["name"], "limit"))[[0, -1]]:
                    axes.axvline(limit, color=RED, lw=0.8, ls=style)
            every = np.concatenate([_column(campaign, entry["name"], "figure") for campaign in (a, b)])
            room = 0.2 * max(float(np.ptp(every)), 1.0e-9)
            axes.set_xlim(float(every.min()) - room, float(every.max()) + room)
            axes.set_title(entry["words"], fontsize=8.0)
            axes.set_xlabel(entry["unit"])
            axes.set_ylim(0.0, 1.02)
        grid.flat[0].legend(loc="upper left")
        for axes in grid.flat[len(compared) :]:
            axes.set_axis_off()
        for axes in grid[:, 0]:
            axes.set_ylabel("share of cases")
    return out[0]


def _column(campaign: Flown, name: str, part: str) -> Any:
    found = [row.get(f"requirement.{name}.{part}") for row in campaign.rows]
    return np.array([value for value in found if value is not None], dtype=np.float64)
