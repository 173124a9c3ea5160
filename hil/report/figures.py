"""The plots of the report, each one SVG. Times in s, and every axis with its unit."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import NDArray

from gnc import kernels
from hil.log import Log
from hil.requirements import find
from hil.requirements.closing_rate import ClosingRate
from hil.requirements.corridor import Corridor
from hil.requirements.delta_v import G0_MPS2, DeltaV
from hil.requirements.docking import Docking
from hil.requirements.keep_out import KeepOut
from hil.requirements.view import RAD_TO_DEG

Floats = NDArray[np.float64]

BLUE, ORANGE, GREEN, RED, GREY, INK = "#2463a8", "#d1701f", "#2f8f5b", "#c0392b", "#8a929c", "#1f2933"
AXES = (BLUE, ORANGE, GREEN)
BINS = 900
DRAWN_MOST = 1.0e12
MICRO = 1.0e-6
NEAR_M = 320.0  # shown about the target
FAR_M = 600.0  # a longer approach is shown whole as well
FINAL_M, BEHIND_M = 20.0, 0.5  # shown before and behind the port at the smaller scale
CORRIDOR_MOST_M = 250.0
DEG = RAD_TO_DEG
NAVIGATION = (
    "r_chaser_target_hill_m", "v_chaser_target_hill_mps", "q_body_from_eci",
    "sigma_r_hill_m", "sigma_v_hill_mps", "sigma_attitude_rad",
)  # fmt: skip

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "proxops",
    "text.parse_math": False,  # a dollar sign in a name is one
    "font.family": "DejaVu Sans",  # comes with matplotlib; the page's style sheet sets its own
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#b8c0c9",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e9ed",
    "grid.linewidth": 0.7,
    "xtick.color": "#5b6570",
    "ytick.color": "#5b6570",
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "path.simplify": True,
}


@contextmanager
def drawing(width: float, height: float) -> Iterator[tuple[Figure, list[str]]]:
    """A figure in the report's style; its SVG is appended to the list when the block ends."""
    out: list[str] = []
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's browser has its own
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, out
        for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
            if isinstance(axis.get_major_formatter(), LogFormatter):
                axis.set_major_formatter(_Plain())
            if isinstance(axis.get_minor_formatter(), LogFormatter):
                axis.set_minor_formatter(_Plain())
        # `savefig` would draw everything twice, the first time for the layout alone
        canvas, buffer = FigureCanvasSVG(figure), io.StringIO()
        layout: Any = figure.get_layout_engine()
        dpi, figure.dpi = figure.dpi, 72.0  # an SVG's points; images keep theirs
        layout.execute(figure)
        figure.dpi = dpi
        figure.set_layout_engine("none")
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
        svg = buffer.getvalue()
        out.append(svg[svg.index("<svg") :])


def drawable(values: Any) -> Floats:
    """What a flight computer told, with a gap (NaN) where it is not a number or larger than any axis can show."""
    told: Floats = np.array(values, np.float64)
    told[~(np.abs(told) <= DRAWN_MOST)] = np.nan
    return told


class _Plain(LogFormatter):
    """Labels a logarithmic axis where matplotlib would, with numbers instead of its mathematical notation."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def thin(t: Floats, y: Floats, bins: int = BINS) -> tuple[Floats, Floats]:
    """The curve with at most two points a bin, its extremes: what a plot of that width can show."""
    if len(t) <= 2 * bins:
        return t, y
    edges = np.linspace(0, len(t), bins + 1).astype(int)
    picked: list[int] = []
    for start, stop in pairwise(edges):
        part = y[start:stop]
        gap = np.isnan(part)  # a gap hides no extreme
        least, most = np.argmin(np.where(gap, np.inf, part)), np.argmax(np.where(gap, -np.inf, part))
        picked += sorted({start + int(least), start + int(most)})
    picked.append(len(t) - 1)
    at = np.array(picked)
    return t[at], y[at]


def phase_spans(log: Log) -> list[tuple[float, float, str]]:
    """(start s, end s, name) of each phase flown; one span without a name for a flight computer without telemetry."""
    t = log.truth["t_us"] * MICRO
    if not len(t):
        return []
    if not log.telemetry["t_us"].any():
        return [(float(t[0]), float(t[-1]), "")]
    phase = log.telemetry["phase"]
    starts = [0, *(np.flatnonzero(np.diff(phase.astype(int))) + 1)]
    stops = [*starts[1:], len(t) - 1]
    name = log.scenario.flight.phase_name
    return [(float(t[a]), float(t[b]), name(int(phase[a]))) for a, b in zip(starts, stops, strict=True)]


def _shade(axes: Any, log: Log, label: bool = False) -> None:
    spans = phase_spans(log)
    whole = spans[-1][1] - spans[0][0] if spans else 1.0
    for i, (start, stop, name) in enumerate(spans):
        if i % 2:
            axes.axvspan(start, stop, color="#f3f5f8", zorder=-5, linewidth=0)
        if label and name and (stop - start) > 0.035 * whole:
            axes.annotate(
                name, ((start + stop) / 2.0, 1.01), xycoords=("data", "axes fraction"), ha="center", va="bottom",
                fontsize=7.5, color="#5b6570",
            )  # fmt: skip
    if spans:
        axes.set_xlim(spans[0][0], spans[-1][1])


# ---- geometry -----------------------------------------------------------------------------------


def approach(log: Log) -> str:
    """Track of the chaser's centre of mass in V-bar/R-bar and V-bar/H-bar, whole and near the target."""
    r = log.truth["r_chaser_target_hill_m"]
    far = float(np.abs(r[:, 1]).max(initial=0.0)) > FAR_M
    with drawing(10.2, 6.4 if far else 4.4) as (figure, out):
        if far:
            grid = figure.add_gridspec(2, 2, height_ratios=[1.0, 1.15])
            _plane(figure.add_subplot(grid[0, :]), log, 0, "The whole approach", None, legend=True)
            row = grid[1, 0], grid[1, 1]
        else:
            grid = figure.add_gridspec(1, 2)
            row = grid[0, 0], grid[0, 1]
        reach = NEAR_M
        _plane(figure.add_subplot(row[0]), log, 0, "In the orbit plane, near the target", reach, legend=not far)
        _plane(figure.add_subplot(row[1]), log, 2, "Across it", reach)
    return out[0]


def _plane(axes: Any, log: Log, component: int, title: str, reach: float | None, legend: bool = False) -> None:
    """V-bar to the right; R-bar (towards Earth) or H-bar (against the orbit normal) downward."""
    zone = next((row for row in log.scenario.requirements if isinstance(row, KeepOut) and row.reach_m()), None)
    r = log.truth["r_chaser_target_hill_m"]
    v_bar, across = r[:, 1], -r[:, component]
    radius = 0.7 * NEAR_M if zone is None else zone.reach_m()
    if zone is not None:
        edge = zone.outline_m(1, component).T
        axes.fill(*edge, color="#fbeae7", zorder=-3)
        axes.plot(*edge, color=RED, lw=0.9, label=f"keep-out zone, {radius:g} m")
    if (cone := find(log.scenario, Corridor)) is not None:
        _corridor(axes, log, component, cone)
    t = log.truth["t_us"] * MICRO
    for i, (start, stop, name) in enumerate(phase_spans(log)):
        rows = np.flatnonzero((t >= start) & (t <= stop))
        if not len(rows):
            continue
        rows = rows[:: max(1, len(rows) // 1200)]
        axes.plot(v_bar[rows], across[rows], color=(BLUE, "#6aa5dd")[i % 2], lw=1.5, solid_capstyle="round")
        middle = rows[len(rows) // 2]
        if reach is None and abs(v_bar[middle]) > radius:
            axes.annotate(
                name,
                (v_bar[middle], across[middle]),
                xytext=(0, 8),
                textcoords="offset points",
                fontsize=8,
                ha="center",
            )
    axes.plot([0.0], [0.0], "+", color=INK, ms=8, mew=1.3)
    if reach is not None:
        axes.set_xlim(-reach, 1.15 * radius)
        axes.set_ylim(-1.15 * radius, 1.15 * radius)
        axes.set_aspect("equal", adjustable="box")
    axes.invert_yaxis()
    axes.set_title(title)
    axes.set_xlabel("V-bar, m (along the velocity)")
    axes.set_ylabel("R-bar, m (to Earth)" if component == 0 else "H-bar, m (against the orbit normal)")
    if legend and axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right" if reach is None else "upper left")


def _corridor(axes: Any, log: Log, component: int, cone: Corridor) -> None:
    """The corridor's two edges from the target port, drawn about the port's nominal direction."""
    s = log.scenario
    q = kernels.quat_mul(np.array(s.target.q_tport_from_tbody), np.array(s.target.q_tbody_from_hill))
    axis = kernels.quat_irotate(q, np.array([1.0, 0.0, 0.0]))
    port = kernels.quat_irotate(np.array(s.target.q_tbody_from_hill), np.array(s.target.port_tbody_m))
    length = cone.range_m
    half = np.radians(cone.half_angle_deg)
    along, across = axis[1], -axis[component]
    corner = []
    for sign in (-1.0, 1.0):
        c, n = np.cos(sign * half), np.sin(sign * half)
        corner.append(
            (port[1] + length * (c * along - n * across), -port[component] + length * (n * along + c * across))
        )
    xs, ys = zip(corner[0], (port[1], -port[component]), corner[1], strict=True)
    axes.fill(xs, ys, color="#e9f5ee", zorder=-2)
    axes.plot(xs, ys, color=GREEN, lw=0.9, label=f"corridor ±{cone.half_angle_deg:g}°")


def corridor(log: Log) -> str:
    """Lateral offset of the chaser's port from the docking axis against the corridor, at two scales."""
    limits, docking = find(log.scenario, Corridor), find(log.scenario, Docking)
    r = log.truth["r_port_tport_m"]
    with drawing(10.2, 3.1) as (figure, out):
        for axes, reach in zip(
            figure.subplots(1, 2), (min(CORRIDOR_MOST_M, float(r[0, 0]) * 1.05), FINAL_M), strict=True
        ):
            rows = np.flatnonzero((r[:, 0] <= reach) & (r[:, 0] >= -BEHIND_M))
            rows = rows[:: max(1, len(rows) // 2500)]
            width = max(1.4 * float(np.abs(r[rows, 1:]).max(initial=0.05)), 0.12)
            if limits is not None:
                half, cone = np.tan(np.radians(limits.half_angle_deg)), np.array([0.0, reach])
                axes.fill_between(cone, -half * cone, half * cone, color="#e9f5ee", zorder=-3)
                axes.plot(cone, half * cone, color=GREEN, lw=0.9)
                axes.plot(cone, -half * cone, color=GREEN, lw=0.9, label="corridor")
            axes.plot(r[rows, 0], r[rows, 2], color=BLUE, label="along port z")
            axes.plot(r[rows, 0], r[rows, 1], color=ORANGE, label="along port y")
            if docking is not None:
                ends = [-docking.lateral_misalignment_m, docking.lateral_misalignment_m]
                axes.plot([0.0, 0.0], ends, color=RED, lw=3.0, solid_capstyle="butt", label="contact limit")
            axes.set_xlim(reach, -0.02 * reach)
            axes.set_ylim(-width, width)
            axes.set_xlabel("distance port to port, m")
            axes.set_ylabel("off the docking axis, m")
            axes.set_title(f"Last {reach:.0f} m")
        figure.axes[0].legend(loc="upper left", ncols=2)
    return out[0]


def closing(log: Log) -> str:
    """Range over time; closing rate against range with its gate."""
    limits, truth = find(log.scenario, ClosingRate), log.truth
    t = truth["t_us"] * MICRO
    range_port = np.linalg.norm(truth["r_port_tport_m"], axis=1)
    rate = -truth["v_port_tport_mps"][:, 0]
    free = truth["contact_status"] == 0
    with drawing(10.2, 3.3) as (figure, out):
        left, right = figure.subplots(1, 2)
        left.plot(*thin(t[free], np.maximum(range_port[free], 0.01)), color=BLUE)
        left.set_yscale("log")
        left.set_xlabel("time, s")
        left.set_ylabel("range port to port, m")
        left.set_title("Range", pad=16)
        _shade(left, log, label=True)
        gate = NEAR_M if limits is None else limits.range_m
        inside = np.flatnonzero(free & (range_port <= gate * 1.05))
        inside = inside[:: max(1, len(inside) // 4000)]
        at = np.geomspace(0.05, gate, 200)
        top = 1.15 * float(rate[inside].max(initial=0.1))
        if limits is not None:
            allowed = limits.limit_mps(at)
            top = 1.15 * float(allowed.max())
            right.fill_between(at, allowed, top, color="#fbeae7", zorder=-3)
            right.plot(at, allowed, color=RED, lw=1.2, label="limit")
        right.plot(range_port[inside], rate[inside], color=BLUE, lw=1.0, label="closing rate, truth")
        right.set_xscale("log")
        right.set_xlim(gate * 1.05, 0.05)
        right.set_ylim(min(0.0, float(rate[inside].min(initial=0.0))) - 0.01, top)
        right.set_xlabel("range port to port, m")
        right.set_ylabel("closing rate, m/s")
        right.set_title("Closing rate against its gate", pad=16)
        right.legend(loc="lower left")
    return out[0]


# ---- navigation ---------------------------------------------------------------------------------


def navigation(log: Log) -> str:
    """Errors of relative position, relative velocity and attitude with the filter's 3 sigma."""
    truth, estimate = log.truth, log.telemetry
    t = truth["t_us"] * MICRO
    told = {name: drawable(estimate[name]) for name in NAVIGATION}
    attitude = kernels.quat_to_rotvec(
        kernels.quat_mul(told["q_body_from_eci"], kernels.quat_conj(np.ascontiguousarray(truth["q_body_from_eci"])))
    )
    rows = (
        ("position, m", told["r_chaser_target_hill_m"] - truth["r_chaser_target_hill_m"], told["sigma_r_hill_m"],
         ("R (x)", "V (y)", "H (z)")),
        ("velocity, mm/s", 1.0e3 * (told["v_chaser_target_hill_mps"] - truth["v_chaser_target_hill_mps"]),
         1.0e3 * told["sigma_v_hill_mps"], ("R (x)", "V (y)", "H (z)")),
        ("attitude, mdeg", 1.0e3 * DEG * attitude, 1.0e3 * DEG * told["sigma_attitude_rad"], ("x", "y", "z")),
    )  # fmt: skip
    free = truth["contact_status"] == 0
    with drawing(10.2, 6.6) as (figure, out):
        grid = figure.subplots(3, 3, sharex=True)
        for line, (unit, error, sigma, names) in zip(grid, rows, strict=True):
            for i, axes in enumerate(line):
                bound_t, bound = thin(t[free], 3.0 * sigma[free, i], BINS // 3)
                axes.fill_between(bound_t, -bound, bound, color=AXES[i], alpha=0.13, linewidth=0)
                axes.plot(bound_t, bound, color=AXES[i], lw=0.6, alpha=0.7)
                axes.plot(bound_t, -bound, color=AXES[i], lw=0.6, alpha=0.7)
                axes.plot(*thin(t[free], error[free, i], BINS // 3), color=AXES[i], lw=0.8)
                _linear_then_log(axes, 3.0 * sigma[free, i], np.abs(error[free, i]))
                axes.set_title(names[i])
                _shade(axes, log)
            line[0].set_ylabel(unit)
        for axes in grid[-1]:
            axes.set_xlabel("time, s")
    return out[0]


def _linear_then_log(axes: Any, bound: Floats, error: Floats) -> None:
    """A scale that is linear inside the power of ten about the median bound, logarithmic outside it."""
    bound, error = bound[np.isfinite(bound)], error[np.isfinite(error)]
    typical = float(np.median(bound)) if bound.size else 1.0
    exponent = int(np.ceil(np.log10(max(typical, 1.0e-9))))
    largest = max(float(bound.max(initial=0.0)), float(error.max(initial=0.0)), 1.2 * typical)
    linear = 10.0**exponent
    axes.set_yscale("symlog", linthresh=linear, linscale=1.5)
    ticks = [0.0, 0.5 * linear, linear]
    while ticks[-1] * 10.0 <= largest:
        ticks.append(ticks[-1] * 10.0)
    axes.set_yticks([-v for v in reversed(ticks[1:])] + ticks)
    axes.yaxis.set_major_formatter(lambda v, _: f"{v:g}".replace("-", "−"))
    axes.minorticks_off()
    axes.set_ylim(-1.1 * max(largest, linear), 1.1 * max(largest, linear))


def attitude_control(log: Log) -> str:
    """Attitude control error and body rate."""
    t = log.truth["t_us"] * MICRO
    with drawing(10.2, 2.8) as (figure, out):
        left, right = figure.subplots(1, 2)
        for i, name in enumerate("xyz"):
            left.plot(*thin(t, DEG * drawable(log.telemetry["attitude_error_rad"][:, i])), color=AXES[i], lw=0.8)
            right.plot(
                *thin(t, DEG * log.truth["w_body_eci_body_radps"][:, i]), color=AXES[i], lw=0.8, label=f"body {name}"
            )
        left.set_ylabel("attitude control error, deg")
        right.set_ylabel("body rate (truth), deg/s")
        right.legend(loc="upper right", ncols=3)
        for axes in (left, right):
            axes.set_xlabel("time, s")
            _shade(axes, log)
        left.set_title("Attitude error")
        right.set_title("Body rate")
    return out[0]


# ---- effort -------------------------------------------------------------------------------------


def thrusters(log: Log) -> str:
    """On-time of every thruster over time, as a fraction of each interval, and in total."""
    count = len(log.scenario.thrusters)
    on_s = log.command["thruster_on_us"][:, :count] * MICRO
    t = log.truth["t_us"] * MICRO
    bins = min(400, len(t))
    edges = np.linspace(0, len(t), bins + 1).astype(int)
    duty = np.add.reduceat(on_s, edges[:-1], axis=0) / (np.diff(edges)[:, None] * log.scenario.flight["cycle_s"])
    with drawing(10.2, 3.9) as (figure, out):
        left, right = figure.subplots(1, 2, width_ratios=[4.2, 1.0], sharey=True)
        floor = 1.0e-4
        shown = np.where(duty > floor, np.log10(np.maximum(duty, floor)), np.nan)
        image = left.imshow(
            shown.T, aspect="auto", interpolation="nearest", cmap="Blues", vmin=-4.3, vmax=0.0,
            extent=(t[0], t[-1], count - 0.5, -0.5),
        )  # fmt: skip
        left.grid(visible=False)
        left.set_xlabel("time, s")
        left.set_ylabel("thruster")
        left.set_yticks(range(0, count, 4))
        left.set_title("Share of time on", pad=16)
        _shade(left, log, label=True)
        bar = figure.colorbar(image, ax=left, pad=0.01, aspect=30)
        bar.set_ticks([-4, -3, -2, -1, 0], labels=["0.01 %", "0.1 %", "1 %", "10 %", "100 %"])
        outline: Any = bar.outline  # typed otherwise from release to release
        outline.set_visible(False)
        right.barh(range(count), on_s.sum(axis=0), color=BLUE, height=0.7)
        right.set_xlabel("on-time, s")
        right.set_title("In total", pad=16)
    return out[0]


def delta_v(log: Log) -> str:
    """Velocity change spent over time, its split, and the limit."""
    s, truth = log.scenario, log.truth
    t = truth["t_us"] * MICRO
    mass = truth["mass_kg"]
    total = max(t.isp_s for t in s.thrusters) * G0_MPS2 * np.log(mass[0] / mass)
    fired = np.zeros(len(t), bool)
    fired[1:] = mass[1:] < mass[:-1]
    net = np.linalg.norm(truth["dv_body_mps"], axis=1) * (fired & (truth["contact_status"] == 0))
    translation = np.minimum(np.cumsum(net), total)
    budget = log.delta_v_mps.get("budget", 0.0)
    with drawing(10.2, 2.9) as (figure, out):
        axes = figure.subplots()
        axes.plot(*thin(t, total), color=INK, label="total")
        axes.plot(*thin(t, translation), color=BLUE, label="translation")
        axes.plot(*thin(t, total - translation), color=ORANGE, label="attitude and losses")
        axes.axhline(budget, color=GREEN, lw=1.0, ls=(0, (5, 3)), label="analytic budget")
        if (limits := find(s, DeltaV)) is not None:
            axes.axhline(limits.limit(budget), color=RED, lw=1.0, label="limit")
        axes.set_xlabel("time, s")
        axes.set_ylabel("velocity change, m/s")
        axes.set_ylim(0.0, None)
        _shade(axes, log, label=True)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return out[0]


def latency(log: Log) -> str:
    """Histograms of how late cycles woke and of how long the flight computer took, against the cycle."""
    assert log.realtime is not None
    cycle_us = 1.0e6 * log.scenario.flight["cycle_s"]
    with drawing(10.2, 2.7) as (figure, out):
        panels = (("wake_us", "Wake after the time due"), ("response_us", "Answer of the flight computer"))
        for axes, (key, title) in zip(figure.subplots(1, 2, sharex=True), panels, strict=True):
            found = log.realtime[key]
            axes.stairs(found["counts"], found["edges_us"], fill=True, color=BLUE, lw=0)
            axes.set_xscale("log")
            axes.set_yscale("symlog", linthresh=1.0)
            axes.set_ylim(0.0, None)
            axes.axvline(cycle_us, color=RED, lw=1.0)
            axes.set_xlabel("µs; the control cycle in red")
            axes.set_title(title)
        figure.axes[0].set_ylabel("cycles")
    return out[0]


def everything(log: Log) -> dict[str, str]:
    """Every figure of the report by name; the corridor, the estimate and real time only when there is one."""
    figures: dict[str, Any] = {
        "approach": approach, "corridor": corridor, "closing": closing, "thrusters": thrusters, "delta_v": delta_v,
    }  # fmt: skip
    if find(log.scenario, Corridor) is None:
        del figures["corridor"]
    if log.telemetry["t_us"].any():
        figures |= {"navigation": navigation, "attitude": attitude_control}
    if log.realtime:
        figures["latency"] = latency
    return {name: draw(log) for name, draw in figures.items()}


def timeline(spans: Sequence[tuple[float, float, str]]) -> list[dict[str, Any]]:
    """Phase spans as percentages of the run, for the time line."""
    if not spans:
        return []
    start, whole = spans[0][0], max(spans[-1][1] - spans[0][0], 1.0e-9)
    return [
        {"name": name, "start_s": a, "stop_s": b, "left": 100.0 * (a - start) / whole, "width": 100.0 * (b - a) / whole}
        for a, b, name in spans
    ]
