"""The report of a run: facts, tables and plots from the log, in one HTML file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from gnc import flight
from hil.log import Log
from hil.report import figures
from hil.report.mission_graph import others, svg
from hil.report.sections import own_sections
from hil.report.wording import figure, number
from hil.requirements import find
from hil.requirements.delta_v import budget_terms
from hil.requirements.docking import Condition, Docking
from hil.requirements.view import RAD_TO_DEG, mean_motion_radps
from hil.scenario import Scenario, unit_of

MISSES_SHOWN = 40
BAR_END, FIGURE_MOST = 1.25, 0.8  # length of a bar over its limit; largest figure within a limit's part of it


def template(name: str) -> Template:
    """A page's template with the filters that pages share."""
    environment = Environment(
        loader=PackageLoader("hil.report", "."),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, figure=figure)
    return environment.get_template(name)


def render(log: Log) -> str:
    """The report of a run as one self-contained HTML page."""
    spans = figures.phase_spans(log)
    margins, margins_note = _margins(log.params[0].tobytes(), log.scenario.flight.phases)
    return template("report.html.j2").render(
        log=log,
        scenario=log.scenario,
        title=log.scenario.scenario.title,
        requirements=log.requirements,
        figures=figures.everything(log) if len(log.truth) > 1 else {},
        timeline=figures.timeline(spans),
        mission=svg(log.scenario),
        transitions=others(log.scenario),
        contact=_contact(log),
        budget=_budget(log),
        margins=margins,
        margins_note=margins_note,
        rejections=_rejections(log),
        dispersions=_dispersions(log),
        facts=_facts(log),
        realtime=_realtime(log),
        link=_link(log),
        sections=own_sections(log),
    )


def contact_limits(scenario: Scenario) -> tuple[Condition, ...]:
    """The conditions at contact with the limits of the scenario's docking; none if it does not dock."""
    docking = find(scenario, Docking)
    return docking.conditions() if docking else ()


def _contact(log: Log) -> list[dict[str, Any]]:
    """Each condition with its limits, and where it lies on a bar that ends at `BAR_END` times the limit."""
    conditions = contact_limits(log.scenario)
    if log.contact is None or not conditions:
        return []
    rows = []
    for condition in conditions:
        low, high = condition.low or 0.0, condition.high
        figure = log.contact[condition.key]
        end = BAR_END * max(high, FIGURE_MOST * figure)
        rows.append({
            "words": condition.words, "figure": figure, "low": low, "high": high, "unit": condition.unit,
            "passed": low <= figure <= high, "low_at": 100.0 * low / end, "high_at": 100.0 * high / end,
            "at": 100.0 * max(figure, 0.0) / end,
        })  # fmt: skip
    return rows


def _budget(log: Log) -> list[tuple[str, float]]:
    if not len(log.truth):
        return []
    return list(budget_terms(log.scenario, mean_motion_radps(log.scenario, log.truth)).items())


@cache
def _margins(params: bytes, phases: tuple[str, ...]) -> tuple[list[Any], str]:
    """Margins of the control loops as designed, or why there are none; params: the bytes of one record."""
    from gnc import design

    try:
        return design.margins(np.frombuffer(params, flight.PARAMS)[0], phases), ""
    except ValueError as error:
        return [], str(error)


def _rejections(log: Log) -> list[tuple[str, int]]:
    if not len(log.telemetry) or not log.telemetry["t_us"].any():
        return []
    return list(zip(log.scenario.instrument_kinds, map(int, log.telemetry["instrument_rejects"][-1]), strict=False))


def _dispersions(log: Log) -> list[dict[str, str]]:
    """What was drawn, in the units of its name; a thruster's values as their largest."""
    rows = []
    for name, value in log.dispersed.items():
        unit = unit_of(name)
        scale, unit = (RAD_TO_DEG, unit.replace("rad", "deg")) if unit.startswith("rad") else (1.0, unit)
        stem = name.removesuffix("_radps").removesuffix("_rad").replace("_", " ")
        if isinstance(value, (int, float)):
            text = number(scale * value)
        elif name.startswith("thruster"):
            largest = max(abs(v) for entry in value for v in (entry if isinstance(entry, (list, tuple)) else [entry]))
            text = f"{len(value)} drawn, largest {number(scale * largest)}"
        else:
            text = ", ".join(number(scale * v) for v in value)
        rows.append({"name": stem, "value": text, "unit": unit})
    return rows


def _realtime(log: Log) -> dict[str, Any] | None:
    """Timing of the run; None in lockstep."""
    kept = log.realtime
    if kept is None:
        return None
    names = ("count", "min", "median", "p99", "p999", "max")
    rows = [
        (words, *(kept[key][name] for name in names))
        for words, key in (("wake after the time due", "wake_us"), ("answer of the flight computer", "response_us"))
    ]
    return {
        "kept": kept,
        "latencies": rows,
        "misses": kept["misses"][:MISSES_SHOWN],
        "more": max(0, len(kept["misses"]) - MISSES_SHOWN),
    }


def _link(log: Log) -> dict[str, Any] | None:
    """Injected link faults, and the counters of both ends; None for a flight computer without a link."""
    computer = log.computer
    if computer is None:
        return None
    ways, ends = computer["cable"] or {}, (computer["link"], computer["board_link"] or {})
    return {
        "injected": [
            (name.replace("_", " "), *(ways[way].get(name, 0) for way in ways)) for name in _names(ways.values())
        ],
        "counted": [(name.replace("_", " "), *(end.get(name) for end in ends)) for name in _names(ends)],
        "board_faults": computer["board_faults"],
    }


def _names(counters: Iterable[dict[str, int]]) -> list[str]:
    """The names of what any of them counted, in their order."""
    return list(dict.fromkeys(name for counter in counters for name, count in counter.items() if count))


def _facts(log: Log) -> list[tuple[str, str]]:
    s = log.scenario
    facts = [
        ("scenario", s.name),
        ("epoch", f"{s.scenario.epoch} UTC"),
        ("seed", f"{log.seed}, case {log.case}"),
        ("sampling", log.sampling.sampler + (f" of {log.sampling.runs:,} runs" if log.sampling.runs else "")),
        ("ended", log.ending),
        ("duration", f"{log.duration_s:,.1f} s, {len(log.truth):,} cycles of {s.flight['cycle_s']:g} s"),
        ("speed", f"{log.realtime_factor:,.0f} × real time, log included"),
        ("wall time", ", ".join(f"{name.replace('_', ' ')} {value:.3f} s" for name, value in log.wall_s.items())),
        ("propellant", f"{log.propellant_kg:.2f} kg"),
        ("telemetry digest", log.digest),
    ]
    if log.computer:
        facts.append(("flight computer", f"{log.computer['board']} ({log.computer['name']})"))
    facts += [
        ("cold start", f"tick {tick:,}: parameters uploaded again, starting in the retreat phase")
        for tick in log.cold_starts
    ]
    facts += [(f"version, {name.replace('_', ' ')}", value) for name, value in log.versions.items()]
    facts += [("instrument fault", f"{f.instrument or f.instrument_kind} {f.kind} {f.when()}") for f in s.faults]
    facts += [("effector fault", f"{f.effector} {f.kind} {f.when()}") for f in s.effector_faults]
    facts += [(f"fault of {f.THING}", f"{f.kind} {f.when()}") for f in s.other_faults]
    facts += [("telecommand", f"{t.command} at {t.t_s:g} s") for t in s.telecommands]
    return facts
