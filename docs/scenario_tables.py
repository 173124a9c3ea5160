"""Writes the tables of docs/scenario.md from the code: `python docs/scenario_tables.py` rewrites them."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import ClassVar, get_args, get_origin, get_type_hints

from firmware_bridge.faults import BoardFault
from gnc import flight
from hil import scenario as s
from hil.dispersion import sample
from hil.effectors import kinds as effector_kinds
from hil.effectors.faults import FAULTS as EFFECTOR_FAULTS
from hil.effectors.faults import Fault as EffectorFault
from hil.faults.rows import OTHERS
from hil.faults.timing import TIMES, Timing
from hil.instruments import kinds as instrument_kinds
from hil.instruments.faults import FAULTS
from hil.plant.validity import declared
from hil.prepare import plant_config
from hil.requirements import kinds as requirement_kinds
from hil.scenario.messages import expectation, show
from hil.scenario.parameters import beliefs, monitor_keys
from hil.scenario.schema.attitudes import Attitude
from hil.scenario.schema.orbits import Orbit
from hil.scenario.schema.plant import Density
from hil.scenario.schema.shapes import SHAPES
from hil.scenario.schema.vehicle import Port, Tank, Vehicle
from hil.scenario.sections import is_required

PAGE = Path(__file__).with_name("scenario.md")


def sections() -> str:
    """Every table except [flight] and [[phase]], key by key."""
    parts = []
    for name, cls in get_type_hints(s.Scenario, include_extras=True).items():
        if is_dataclass(cls):
            parts.append(_section(f"[{name}]", cls))
    parts.append(_section("[[vehicle]]", Vehicle))
    parts.append(_section("[plant.density]", Density))
    parts += [_section(f"[[vehicle.{name}]]", cls) for name, cls in (("port", Port), ("tank", Tank))]
    parts += [_section(f'[[vehicle.shape]] kind = "{kind}"', cls) for kind, cls in SHAPES.items()]
    parts += [_section(f'[vehicle.orbit] kind = "{_said(cls, "kind")}"', cls) for cls in get_args(Orbit)]
    parts += [_section(f'[vehicle.attitude] mode = "{_said(cls, "mode")}"', cls) for cls in get_args(Attitude)]
    models = {name: kind.row for name, kind in instrument_kinds().items()}
    actors = {name: kind.row for name, kind in effector_kinds().items()}
    for row, kinds in (("instrument", models), ("effector", actors), ("requirement", requirement_kinds())):
        parts += [_section(f'[[{row}]] kind = "{kind}"', cls) for kind, cls in kinds.items()]
    others = [(f"[[fault]] of {model.THING}", model) for model in OTHERS.values()]
    faults = (("[[fault]] of an instrument", s.Fault), ("[[fault]] of an effector", EffectorFault), *others)
    lists = (*faults, ("[[board_fault]]", BoardFault), ("[[telecommand]]", s.Telecommand))
    parts += [_section(name, cls) for name, cls in lists]
    return "\n".join(parts)


def _said(cls: type, word: str) -> str:
    """What a model's kind or mode is."""
    return str(get_args(get_type_hints(cls)[word])[0])


def _section(heading: str, cls: type) -> str:
    hints = get_type_hints(cls, include_extras=True)
    lines = [f"### `{heading}`", "", (cls.__doc__ or "").strip().split("\n\n")[0], "", "| Key | Value |", "|---|---|"]
    optional = {f.name: _default(f.default) for f in fields(cls) if not is_required(f)}
    for name, hint in hints.items():
        if (name in ("kind", "mode") and "=" in heading) or name in ("ports", "tanks", "shapes"):
            continue
        if get_origin(hint) is ClassVar or (name in TIMES and cls is not Timing):
            continue
        nested = {
            "orbit": "a table, [vehicle.orbit]",
            "attitude": "a table, [vehicle.attitude]",
            "correlated": "a list of tables, [[dispersions.correlated]]",
            "density": "a table, [plant.density]",
        }
        words = nested.get(name) or expectation(hint, s.unit_of(name))
        lines.append(f"| `{name}` | {words}{optional.get(name, '')} |")
    return "\n".join([*lines, ""])


def _default(value: object) -> str:
    """What a key that may be left out is then."""
    plain = isinstance(value, bool | int | float | str) and value != ""
    return f"; default {show(value)}" if plain or (isinstance(value, tuple) and value) else "; optional"


def faults() -> str:
    """Every kind of fault: what it breaks, what it does, and the keys that it needs."""
    kinds = {name: (kind.meaning, kind.keys) for name, kind in FAULTS.items()}
    tables = [("an instrument", "`instrument` or `instrument_kind`", kinds)]
    kinds = {name: (acting.meaning, acting.keys) for name, acting in EFFECTOR_FAULTS.items()}
    tables.append(("an effector", "`effector`", kinds))
    for key, model in OTHERS.items():
        tables.append((model.THING, f"`{key}`", {name: (k.meaning, k.needs) for name, k in model.KINDS.items()}))
    lines = ["| Of | Kind | What it does | Keys that it needs |", "|---|---|---|---|"]
    for thing, key, kinds in tables:
        for name, (meaning, needs) in kinds.items():
            lines.append(f"| {thing}, {key} | `{name}` | {meaning} | {', '.join(f'`{k}`' for k in needs)} |")
    timing = _section("Keys that say when", Timing).replace("### `Keys that say when`", "Keys that say when:")
    return "\n".join([*lines, "", timing])


def flight_keys() -> str:
    """The keys of [flight], [[phase]] and [instrument.flight]: the core's own parameters."""
    scalars, phases = s.flight_keys()
    believed = [(f'### `[instrument.flight]` of kind "{kind}"', beliefs(kind)) for kind in instrument_kinds()]
    lines = []
    for heading, keys in (("### `[flight]`", scalars), ("### `[[phase]]`", phases), *believed):
        by_parameter: dict[str, list[str]] = {}
        for key, parameter in keys.items():
            by_parameter.setdefault(parameter.name, []).append(key)
        lines += [heading, "", "| Key | Range | Meaning |", "|---|---|---|"]
        for name, written in by_parameter.items():
            parameter = next(f for f in keys.values() if f.name == name)
            lines.append(f"| {' or '.join(f'`{k}`' for k in written)} | {_range(parameter)} | {parameter.meaning} |")
        lines.append("")
    for law in flight.Law:
        if own := flight.law_fields(law):
            lines += [
                f'### `[[phase]]` with `law = "{law.name.lower()}"`',
                "",
                "| Key | Range | Meaning |",
                "|---|---|---|",
            ]
            for field in own:
                written = " or ".join(f"`{key}`" for key, f in s.law_keys(law).items() if f == field)
                lines.append(f"| {written} | {_range(field)} | {field.meaning} |")
            lines.append("")
    for monitor in flight.Monitor:
        lines += [
            f'### `[[monitor]]` of kind "{monitor.name.lower()}"',
            "",
            "| Key | Range | Meaning |",
            "|---|---|---|",
        ]
        for field in flight.monitor_fields(monitor):
            written = " or ".join(f"`{key}`" for key, f in monitor_keys(monitor).items() if f == field)
            lines.append(f"| {written} | {_range(field)} | {field.meaning} |")
        lines.append("")
    return "\n".join(lines)


def _range(parameter: flight.Field) -> str:
    special = {
        "target_attitude_mode": ", ".join(f'"{mode.name.lower()}"' for mode in flight.Target),
        "phase_law": ", ".join(f'"{law.name.lower()}"' for law in flight.Law),
        "phase_needs": "list of names of instruments",
        "phase_mechanism": 'list of "arm", "release"',
        "instruments": "list of names of instruments",
        **{
            f"phase_{t.__name__.lower()}": ", ".join(f'"{one.name.lower()}"' for one in t)
            for t in (flight.Point, flight.Frame, flight.Attitude)
        },
    }
    if parameter.name in special:
        return special[parameter.name]
    if parameter.name.endswith("_phase"):
        return "name of a phase"
    if parameter.unit == "bool":
        return "true or false"
    text = f"{parameter.lo:g} to {parameter.hi:g}" + (f" {parameter.unit}" if parameter.unit != "1" else "")
    per_phase = parameter.name.startswith("phase_")
    return text if per_phase or not parameter.count else f"{parameter.count} numbers, {text}"


def validity() -> str:
    """The range of every model of the shipped scenarios' environment."""
    lines = ["| Model | Valid for | Reason |", "|---|---|---|"]
    earth = s.Scenario.load("iss-vbar")
    environment = plant_config(earth, sample(earth, 1, 0)).environment
    for valid in declared(environment):
        holds = []
        if isfinite(valid.height_m[0]):
            holds.append(f"heights from {valid.height_m[0] / 1e3:g} to {valid.height_m[1] / 1e3:,.0f} km")
        if valid.latitude_max_deg < 90.0:
            holds.append(f"latitudes to {valid.latitude_max_deg:g} deg")
        if valid.dates:
            first, last = (str(day).partition("T")[0] for day in valid.dates)
            holds.append(f"dates from {first} to {last}")
        if isfinite(valid.duration_max_s):
            holds.append(f"runs of {valid.duration_max_s / 86400:g} days")
        if isfinite(valid.separation_max_m):
            holds.append(f"{valid.separation_max_m / 1e3:g} km between the craft")
        lines.append(f"| `{valid.model}` | {', '.join(holds)} | {valid.because} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables as the code has them now."""
    for name, table in (
        ("sections", sections()), ("flight", flight_keys()), ("validity", validity()), ("faults", faults()),
    ):  # fmt: skip
        mark = f"<!-- {name}: written by docs/scenario_tables.py -->"
        text = re.sub(
            rf"{mark}.*?<!-- end -->",
            lambda _, m=mark, t=table: f"{m}\n\n{t.strip()}\n\n<!-- end -->",
            text,
            flags=re.S,
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
