"""`[flight]`: the flight core's own parameters (gnc/core/definitions); names, ranges and units are its descriptors'."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from gnc import flight as core
from gnc.flight import Event
from hil.instruments import kinds, known_to_flight
from hil.scenario.graph import Edge, read_transitions
from hil.scenario.messages import Reader, nearest
from hil.schema import DEG, other_angle_unit, unit_of


class FlightTable(Mapping[str, Any]):
    """The core's design parameters by their name in `gnc.flight.PARAMS`, in SI and radians.

    `phases` are the names of the mission phases; each `phase_*` value has one element a phase. `laws` are the fields of
    each phase's own guidance law by name (`gnc.flight.law_fields`), `instruments` the errors that flight assumes of
    each instrument, by its name: `timeout_s` and the fields of its model (`gnc.flight.model_fields`).
    """

    def __init__(
        self, values: Mapping[str, Any], phases: tuple[str, ...], laws: tuple[Mapping[str, Any], ...],
        instruments: Mapping[str, Mapping[str, Any]],
        transitions: tuple[Edge, ...],
        monitors: Mapping[str, tuple[int, Mapping[str, Any]]],
        fitted: tuple[str, ...],
        recovery: int | None,
    ):  # fmt: skip
        self._values = MappingProxyType(dict(values))
        self.phases = phases
        self.laws = laws
        self.instruments = MappingProxyType(dict(instruments))
        self.transitions = transitions
        self.monitors = MappingProxyType(dict(monitors))
        self.fitted = fitted
        self.recovery = recovery

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def phase(self, name: str, parameter: str) -> Any:
        """The value of `phase_<parameter>` for the phase of that name, or of a field of its law."""
        row = self.phases.index(name)
        if parameter in self.laws[row]:
            return self.laws[row][parameter]
        return self._values[f"phase_{parameter}"][row]

    def onward(self, phase: str) -> str | None:
        """The phase that follows when one is done; None where none does."""
        done = (edge.to for edge in self.transitions if edge.event is Event.DONE and phase in edge.sources)
        return next(done, None)

    def law_name(self, phase: str) -> str:
        """The name of the law of the phase of that name."""
        number = self.phase(phase, "law")
        return next(name for name, its in core.numbers("law").items() if its == number)

    def phase_name(self, number: int) -> str:
        """The name of the phase that telemetry gives by its number; "phase 250" if there is none."""
        return self.phases[number] if 0 <= number < len(self.phases) else f"phase {number}"


# Parameters the set-up fills: what the flight knows of the vehicles, and what is uploaded or handed over
# fmt: off
VEHICLE_PARAMETERS = frozenset({
    "mu_m3ps2", "re_m", "j2", "pole_eci", "mass_kg", "com_body_m", "inertia_body_kgm2", "port_body_m",
    "q_port_from_body", "instrument_count", "instrument_kind", "instrument_position_body_m", "instrument_q_from_body",
    "instrument_timeout_s", "instrument_block_offset", "instrument_block_length",
    "thruster_min_on_s", "thruster_rise_s", "thruster_decay_s", "thruster_body_m", "thruster_dir_body",
    "thruster_force_n", "thruster_group", "tport_tbody_m", "q_tport_from_tbody", "q_tport_from_port",
    "q_tbody_from_hill", "param_reserved", "thruster_count", "phase_count", "sun_eci",
})
# What of the mission's graph follows from the phases (hil/scenario/graph.py)
GRAPH_PARAMETERS = frozenset({
    "block", "phase_block_offset", "phase_block_length", "transition_count", "transition_from", "transition_to",
    "transition_event", "transition_event_arg", "transition_guard", "transition_guard_arg", "monitor_count",
    "monitor_kind", "monitor_block_offset", "monitor_block_length",
})
UPLOADED_PARAMETERS = frozenset({
    "target_r_eci_m", "target_v_eci_mps", "target_sigma_r_m", "target_sigma_v_mps", "init_r_hill_m",
    "init_v_hill_mps", "init_sigma_r_m", "init_sigma_v_mps", "init_q_body_from_eci",
})


# How a phase is told of the point that it holds, aims at or ends at: along the port's axis, off it radially
def _column(name: str, lo: float, hi: float, meaning: str) -> core.Field:
    return core.Field(name, "<f8", core.N_PHASES, 0, "m", lo, hi, meaning)


POINT_KEYS = (
    _column("phase_distance_m", -10.0, 1.0e6, "axial port-to-port distance held, aimed at, or ended at: point_m[0]"),
    _column("phase_offset_x_m", -1.0e4, 1.0e4, "radial offset of that point, hill x: offset_hill_m[0]"),
)
RECOVERY = "recovery_phase"  # of [flight]: where a flight computer begins that has lost its state
MECHANISM = {"arm": 1, "release": 1 << 8}  # bits of phase_mechanism for port 0


def _file_keys(parameter: core.Field) -> tuple[str, ...]:
    """How a parameter may be written in a file."""
    name = parameter.name.removeprefix("phase_") if parameter.count == core.N_PHASES else parameter.name
    return tuple(key for key in (name, other_angle_unit(name)) if key)


@cache
def flight_keys() -> tuple[dict[str, core.Field], dict[str, core.Field]]:
    """The keys of `[flight]` and of `[[phase]]`, each with the core's parameter behind it."""
    scalars: dict[str, core.Field] = {}
    phases: dict[str, core.Field] = {}
    for parameter in (*core.fields("params"), *POINT_KEYS):
        if parameter.name in VEHICLE_PARAMETERS | UPLOADED_PARAMETERS | GRAPH_PARAMETERS:
            continue
        is_phase = parameter.name.startswith("phase_")
        for key in _file_keys(parameter):
            (phases if is_phase else scalars)[key] = parameter
    return scalars, phases


@cache
def law_keys(law: int, attitude: int = core.Attitude.MATE) -> dict[str, core.Field]:
    """The keys of `[[phase]]` that are fields of its guidance law and attitude, each with the field behind it."""
    own = core.law_fields(law) + core.attitude_fields(attitude)
    return {key: field for field in own for key in (field.name, other_angle_unit(field.name)) if key}


# What of an instrument's model the set-up fills from the instrument's own row
MOUNTED_FIELDS = frozenset({"target_antenna_tbody_m"})
TIMEOUT_S = 5.0


@cache
def beliefs(kind: str) -> dict[str, core.Field]:
    """The keys of `[instrument.flight]` for a kind of instrument, each with the field behind it."""
    timeout = next(f for f in core.fields("params") if f.name == "instrument_timeout_s")
    own = core.model_fields(kinds()[kind].number) if known_to_flight(kind) else ()
    fields = (replace(timeout, name="timeout_s", count=0), *own)
    return {
        key: field for field in fields if field.name not in MOUNTED_FIELDS
        for key in (field.name, other_angle_unit(field.name)) if key
    }  # fmt: skip


def read_flight(reader: Reader, document: Mapping[str, Any], fitted: tuple[str, ...]) -> FlightTable:
    """Reads `[flight]`, `[[phase]]`, `[[transition]]`, `[[monitor]]` and `[instrument.flight]`.

    fitted: the names of the chaser's instruments, in the order of their numbers. Raises ScenarioError for a key that is
    unknown, missing, out of range, or filled elsewhere.
    """
    table, phases = document["flight"], document["phase"]
    if not isinstance(table, dict):
        raise reader.fail("flight", table, "expected a table")
    if not isinstance(phases, dict) or not phases:
        raise reader.fail("phase", MISSING, "missing; expected the list of mission phases, [[phase]]")
    scalars, phase_keys = flight_keys()
    names = tuple(phases)
    if len(names) > core.N_PHASES:
        raise reader.fail("phase", MISSING, f"expected at most {core.N_PHASES} phases, found {len(names)}")
    for key in table:
        if key not in (*scalars, RECOVERY):
            _refuse_filled(reader, key)
    recovery = table.get(RECOVERY)
    values = _read_table(reader, "flight", {k: v for k, v in table.items() if k != RECOVERY}, scalars, names)
    if recovery is not None:
        recovery = _choice(reader, f"flight.{RECOVERY}", recovery, {name: i for i, name in enumerate(names)})
    instruments = {}
    for name, row in document.get("instrument", {}).items():
        given, path = row.get("flight", {}), f"instrument.{name}.flight"
        if isinstance(given, dict):
            given = {"timeout_s": TIMEOUT_S} | given
        instruments[name] = _read_table(reader, path, given, beliefs(row["kind"]), names)
    columns: dict[str, list[Any]] = {
        parameter.name: [0.0 if parameter.type == "<f8" else 0] * len(names) for parameter in phase_keys.values()
    }
    laws = tuple(
        _read_phase(reader, f"phase.{name}", phase, row, names, columns, fitted)
        for row, (name, phase) in enumerate(phases.items())
    )
    transitions = read_transitions(reader, document.get("transition", {}), names, fitted)
    monitors = _read_monitors(reader, document.get("monitor", {}), fitted)
    found = values | {k: tuple(v) for k, v in columns.items()}
    return FlightTable(found, names, laws, instruments, transitions, monitors, fitted, recovery)


def _read_monitors(reader: Reader, rows: Any, fitted: tuple[str, ...]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Every `[[monitor]]` by name: its kind, and the fields that its kind has."""
    if not isinstance(rows, dict):
        raise reader.fail("monitor", rows, "expected a list of tables, [[monitor]]")
    if len(rows) > core.N_MONITORS:
        raise reader.fail("monitor", MISSING, f"expected at most {core.N_MONITORS}, found {len(rows)}")
    kinds_ = core.numbers("monitor")
    found = {}
    for name, row in rows.items():
        path = f"monitor.{name}"
        if not isinstance(row, dict):
            raise reader.fail(path, row, "expected a table")
        kind = kinds_.get(str(row.get("kind")))
        if kind is None:
            near = nearest(str(row.get("kind", "")), kinds_)
            raise reader.fail(f"{path}.kind", row.get("kind", MISSING), f"expected one of {', '.join(kinds_)}{near}")
        given = {key: value for key, value in row.items() if key not in ("kind", "instruments")}
        keys = {key: field for key, field in monitor_keys(kind).items() if key != "instruments"}
        values = _read_table(reader, path, given, keys, ())
        if "instruments" in monitor_keys(kind):
            if "instruments" not in row:
                raise reader.fail(f"{path}.instruments", MISSING, f"missing; expected a list of {', '.join(fitted)}")
            values["instruments"] = float(_bits(reader, f"{path}.instruments", row["instruments"], fitted))
        elif "instruments" in row:
            raise reader.unknown(f"{path}.instruments", keys, row["instruments"])
        found[name] = (kind, values)
    return found


@cache
def monitor_keys(monitor: int) -> dict[str, core.Field]:
    """The keys of `[[monitor]]` of a kind, each with the field behind it."""
    return {k: field for field in core.monitor_fields(monitor) for k in (field.name, other_angle_unit(field.name)) if k}


def _read_table(
    reader: Reader, path: str, table: Any, keys: Mapping[str, core.Field], names: tuple[str, ...]
) -> dict[str, Any]:
    """Core parameters by name, every one of `keys` given once."""
    if not isinstance(table, dict):
        raise reader.fail(path, table, "expected a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in keys:
            raise reader.unknown(f"{path}.{key}", keys, value)
        parameter = keys[key]
        if parameter.name in values:
            raise reader.fail(f"{path}.{key}", value, f"given twice, also as {other_angle_unit(key)}")
        values[parameter.name] = _parameter(reader, f"{path}.{key}", value, parameter, names)
    for key, parameter in keys.items():
        if parameter.name not in values:
            expected = f"missing; {parameter.meaning}, {_parameter_range(parameter, key)}"
            raise reader.fail(f"{path}.{key}", MISSING, expected)
    return values


def _refuse_filled(reader: Reader, key: str) -> None:
    if key in VEHICLE_PARAMETERS:
        expected = "not set here: flight knows it from [central_body], [[vehicle]], [[instrument]] and [[effector]]"
        raise reader.fail(f"flight.{key}", MISSING, expected)
    if key in UPLOADED_PARAMETERS:
        raise reader.fail(f"flight.{key}", MISSING, "not set here: uploaded at start, with the errors of [dispersions]")


def _read_phase(
    reader: Reader,
    path: str,
    phase: Any,
    row: int,
    names: tuple[str, ...],
    columns: dict[str, list[Any]],
    instruments: tuple[str, ...],
) -> Mapping[str, Any]:
    """Fills the row of the columns; returns the fields of the phase's law."""
    phase_keys = flight_keys()[1]
    if not isinstance(phase, dict):
        raise reader.fail(path, phase, "expected a table")
    if "law" not in phase:
        raise reader.fail(f"{path}.law", MISSING, f"missing; expected one of {', '.join(_LAWS)}")
    attitude = _choice(reader, f"{path}.attitude", phase.get("attitude", "mate"), _CHOICES["phase_attitude"])
    own_keys = law_keys(_choice(reader, f"{path}.law", phase["law"], _LAWS), attitude)
    own: dict[str, Any] = {}
    seen: set[str] = set()
    for key, value in phase.items():
        parameter = own_keys.get(key) or phase_keys.get(key)
        if parameter is None:
            raise reader.unknown(f"{path}.{key}", [*phase_keys, *own_keys], value)
        if parameter.name in seen:
            raise reader.fail(f"{path}.{key}", value, f"given twice, also as {other_angle_unit(key)}")
        seen.add(parameter.name)
        if parameter.name == "phase_needs":
            given = _bits(reader, f"{path}.{key}", value, instruments)
        elif parameter.name == "phase_mechanism":
            given = _mechanism(reader, f"{path}.{key}", value)
        else:
            given = _parameter(reader, f"{path}.{key}", value, parameter, names)
        if key in own_keys:
            own[parameter.name] = given
        else:
            columns[parameter.name][row] = given
    if "point_m" in own_keys:
        own.setdefault("point_m", (columns["phase_distance_m"][row], 0.0, 0.0))
        own.setdefault("offset_hill_m", (columns["phase_offset_x_m"][row], 0.0, 0.0))
        columns["phase_distance_m"][row], columns["phase_offset_x_m"][row] = own["point_m"][0], own["offset_hill_m"][0]
    for field in own_keys.values():
        if field.name not in own:
            if not field.lo <= 0.0 <= field.hi:
                expected = f"missing; {field.meaning}, {_parameter_range(field, field.name)}"
                raise reader.fail(f"{path}.{field.name}", MISSING, expected)
            own[field.name] = (0.0,) * field.count if field.count else 0.0
    return own


_LAWS = core.numbers("law")
_CHOICES = {
    f"phase_{table.__name__.lower()}": {one.name.lower(): int(one) for one in table}
    for table in (core.Point, core.Frame)
} | {
    "phase_attitude": core.numbers("attitude"),
    "target_attitude_mode": {mode.name.lower(): int(mode) for mode in core.Target}}


def _mechanism(reader: Reader, path: str, value: Any) -> int:
    """What the docking mechanism of the chaser's port is told: of "arm" and "release"."""
    bits = _bits(reader, path, value, tuple(MECHANISM))
    return sum(bit for i, bit in enumerate(MECHANISM.values()) if bits >> i & 1)


def _bits(reader: Reader, path: str, value: Any, names: tuple[str, ...]) -> int:
    """A bit for each of the names that a list has."""
    if not isinstance(value, list):
        raise reader.fail(path, value, f"expected a list of {', '.join(names)}")
    bits = 0
    for item in value:
        bits |= 1 << _choice(reader, path, item, {name: number for number, name in enumerate(names)})
    return bits


def _parameter(reader: Reader, path: str, value: Any, parameter: core.Field, names: tuple[str, ...]) -> Any:
    """A value of the file as the core's parameter holds it."""
    name, key = parameter.name, path.rpartition(".")[2]
    if name == "phase_law":
        return _choice(reader, path, value, _LAWS)
    if name in _CHOICES:
        return _choice(reader, path, value, _CHOICES[name])
    if name.endswith("_phase"):
        return _choice(reader, path, value, {n: i for i, n in enumerate(names)})
    if parameter.unit == "bool":
        if not isinstance(value, bool):
            raise reader.fail(path, value, "expected true or false")
        return int(value)
    if parameter.count in (0, core.N_PHASES):
        return _number(reader, path, value, parameter, key)
    if not isinstance(value, list) or len(value) != parameter.count:
        raise reader.fail(path, value, f"expected {parameter.count} numbers, {_parameter_range(parameter, key)} each")
    return tuple(_number(reader, f"{path}[{i}]", v, parameter, key) for i, v in enumerate(value))


def _choice(reader: Reader, path: str, value: Any, choices: Mapping[str, int]) -> int:
    if not isinstance(value, str) or value not in choices:
        near = nearest(value, choices) if isinstance(value, str) else ""
        raise reader.fail(path, value, f"expected one of {', '.join(choices)}{near}")
    return choices[value]


def _in_degrees(parameter: core.Field, key: str) -> bool:
    return not parameter.name.endswith(key)


def _number(reader: Reader, path: str, value: Any, parameter: core.Field, key: str) -> float | int:
    whole = parameter.type != "<f8"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "whole number" if whole else "number"
        raise reader.fail(path, value, f"expected a {kind}, {_parameter_range(parameter, key)}")
    if abs(value) > sys.float_info.max:  # a whole number may be too large for any float
        raise reader.fail(path, value, f"expected {_parameter_range(parameter, key)}")
    si = value * DEG if _in_degrees(parameter, key) else value
    if not parameter.lo <= si <= parameter.hi:
        raise reader.fail(path, value, f"expected {_parameter_range(parameter, key)}")
    return si if whole else float(si)


def _parameter_range(parameter: core.Field, key: str) -> str:
    if _in_degrees(parameter, key):
        return f"{parameter.lo / DEG:g} to {parameter.hi / DEG:g} {unit_of(key)}"
    return f"{parameter.lo:g} to {parameter.hi:g}" + (f" {parameter.unit}" if parameter.unit != "1" else "")
