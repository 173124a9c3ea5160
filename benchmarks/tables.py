"""Tables and page of the benchmark figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.matched import CASE
from benchmarks.timing import Spread


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rows = [list(head), *map(list, rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def _spread(figure: Mapping[str, float], form: str = ",.0f") -> str:
    return Spread(**figure).text(form)


def _seconds(figure: Mapping[str, float]) -> str:
    return f"{1e3 * figure['median']:.3g} ms ({1e3 * figure['q1']:.3g} … {1e3 * figure['q3']:.3g})"


def _loop(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("matched work", "Basilisk, x real time", "ProxOps, x real time", "times faster"),
        (
            (r["name"], _spread(r["basilisk_realtime"]), _spread(r["proxops_realtime"]), _spread(r["faster"], ".1f"))
            for r in rows
        ),
    )


def _impulse(rows: list[dict[str, float]]) -> str:
    return _table(
        ("plant step", "ProxOps, worst error", "Basilisk, error"),
        (
            (
                f"{r['step_s']:g} s",
                f"{r['proxops_worst']:.1e}",
                f"{100 * r['basilisk_least']:+.0f} % … {100 * r['basilisk_largest']:+.0f} %",
            )
            for r in rows
        ),
    )


def _kernels(rows: list[dict[str, Any]]) -> str:
    return _table(
        ("work", "peer", "peer takes", "ProxOps takes", "times faster", "results differ by"),
        (
            (
                r["name"],
                r["peer"],
                _seconds(r["peer_s"]),
                _seconds(r["proxops_s"]),
                _spread(r["faster"], ".1f"),
                f"{r['difference']:.0e}",
            )
            for r in rows
        ),
    )


def _scenario(figures: Mapping[str, Any]) -> str:
    parts = _table(
        ("part of a run", "time", "share"),
        (
            (r["name"], _seconds(r["seconds"]), "apart" if r["share"] is None else f"{100 * r['share']:.0f} %")
            for r in figures["parts"]
        ),
    )
    return (
        f"{figures['name']}, seed {figures['seed']}: {figures['simulated_s']:.0f} s simulated, verdict "
        f"{figures['verdict']}, **{_spread(figures['realtime'])} x real time** with logging, "
        f"{_spread(figures['realtime_without_logging'])} x without.\n\n{parts}"
    )


def _monte_carlo(figures: Mapping[str, Any]) -> str:
    rows = _table(
        (
            "runs of", "Basilisk, CPU s a run", "ProxOps, CPU s a run", "less CPU time, times",
            "Basilisk, runs/s", "ProxOps, runs/s", "faster by the clock, times",
        ),
        (
            (
                r["name"],
                _spread(r["basilisk_cpu_s"], ".3f"),
                _spread(r["proxops_cpu_s"], ".3f"),
                _spread(r["faster_cpu"], ".1f"),
                _spread(r["basilisk_runs_per_s"], ".2f"),
                _spread(r["proxops_runs_per_s"], ".2f"),
                _spread(r["faster_wall"], ".1f"),
            )
            for r in figures["rows"]
        ),
    )  # fmt: skip
    lengths = ", ".join(f"{r['simulated_s']:.0f} s" for r in figures["rows"])
    return (
        f"Campaigns of {figures['runs']} runs on {figures['workers']} workers, {figures['rounds']} rounds; "
        f"Basilisk's runs last {figures['duration_s']:.0f} s, ProxOps' {lengths}. "
        f"Others kept {figures['others_cores']:.2f} cores busy.\n\n{rows}"
    )


def _scaling(figures: Mapping[str, Any]) -> str:
    rows = _table(
        ("workers", "runs/s by the clock", "times one thread", "runs/s on quiet processors", "times one thread"),
        (
            (
                r["name"],
                _spread(r["runs_per_s"], ".2f"),
                _spread(r["times"], ".2f"),
                _spread(r["quiet_runs_per_s"], ".2f"),
                _spread(r["quiet_times"], ".2f"),
            )
            for r in figures["rows"]
        ),
    )
    return (
        f"{figures['scenario']}, {figures['runs']} cases, {figures['rounds']} rounds, {figures['cores']} cores, "
        f"every check on, journal on the disk. Others kept {figures['others_cores']:.2f} cores busy.\n\n{rows}"
    )


def _link(figures: Mapping[str, Any]) -> str:
    rows = _table(
        ("other end", "exchanges/s", "processor time of the host, us", "of the other end, us"),
        (
            (r["name"], _spread(r["exchanges_per_s"]), _spread(r["host_us"], ".1f"), _spread(r["far_us"], ".1f"))
            for r in figures["rows"]
        ),
    )
    return (
        f"{figures['request_bytes']} bytes out and {figures['answer_bytes']} back, {figures['turns']} turns of "
        f"{figures['turn']} exchanges each: the board does **{_spread(figures['ratio'], '.2f')}** of what the echo "
        f"does.\n\n{rows}"
    )


TITLES = {
    "loop": ("Closed loop against Basilisk", _loop),
    "impulse": ("Delivered over declared impulse, pulses of 5 to 100 ms", _impulse),
    "kernels": ("Kernels against filterpy and NumPy", _kernels),
    "scenario": ("A whole approach, everything on", _scenario),
    "monte_carlo": ("Campaigns against Basilisk's Monte Carlo controller", _monte_carlo),
    "scaling": ("A campaign on one and two workers", _scaling),
    "link": ("A board on the wire against a bare echo", _link),
}


def tables(figures: Mapping[str, Any]) -> str:
    """Every section measured, as Markdown."""
    parts = [f"## {title}\n\n{render(figures[key])}" for key, (title, render) in TITLES.items() if key in figures]
    return "\n\n".join(parts)


def page(figures: Mapping[str, Any]) -> str:
    """docs/benchmarks.md."""
    facts = "\n".join(f"- {key}: {value}" for key, value in figures["machine"].items())
    head = f"# Benchmarks\n\nRendered by `python -m benchmarks --write-docs`, {figures['rounds']} rounds.\n\n{facts}"
    case = {name: f"{getattr(CASE, name):g}" for name in ("mass_kg", "target_mass_kg", "step_s", "thrust_n")}
    counts = {"rate_hz": f"{1.0 / CASE.cycle_s:g}", "thrusters": str(len(CASE.thruster_position_m))}
    notes = Template(Path(__file__).with_name("notes.md").read_text()).substitute(case | counts)
    return f"{head}\n\n{tables(figures)}\n\n{notes}"
