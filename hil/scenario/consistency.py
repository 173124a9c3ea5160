"""Checks that involve several keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from firmware_bridge.faults import BoardFault
from gnc import flight as core
from hil.effectors import kinds as effector_kinds
from hil.effectors.faults import Fault as EffectorFault
from hil.faults.power import strings
from hil.faults.rows import OTHERS, Other, PowerFault, TargetFault
from hil.instruments import kinds
from hil.instruments.faults import Fault
from hil.plant.attitudes import frame_held
from hil.plant.config import HOLD_ANGLE_MAX_RAD, inertia_problem
from hil.requirements.catalogue import Catalogue
from hil.requirements.row import Row as Requirement
from hil.scenario.dispersed import check_correlated, check_distributions, check_draws, largest
from hil.scenario.messages import Reader, nearest, show
from hil.scenario.schema.events import Telecommand
from hil.scenario.schema.vehicle import Vehicle, inertia_matrix
from hil.scenario.views import Thruster
from hil.schema import DEG

if TYPE_CHECKING:
    from hil.scenario.model import Scenario


def check_consistency(reader: Reader, s: Scenario) -> None:
    """Checks that involve several keys."""
    _check_epoch(reader, s)
    _check_timing(reader, s)
    for at, fault in enumerate(s.faults):
        _check_fault(reader, f"fault[{at}]", s, fault)
    for at, acting in enumerate(s.effector_faults):
        _check_effector_fault(reader, at, s, acting)
    for at, other in enumerate(s.other_faults):
        _check_other_fault(reader, f"fault of a {other.THING.split()[-1]} {at + 1}", s, other)
    for each in (*s.faults, *s.effector_faults, *s.other_faults):
        if each.phase is not None and each.phase not in s.flight.phases:
            expected = f"expected one of {', '.join(map(show, s.flight.phases))}{nearest(each.phase, s.flight.phases)}"
            raise reader.fail("fault.phase", each.phase, expected)
    _check_order(reader, "telecommand", s.telecommands)
    _check_board_faults(reader, s.board_faults)
    _check_quaternions(reader, s.document, "")
    check_distributions(reader, s)
    for at, together in enumerate(s.dispersions.correlated):
        check_correlated(reader, f"dispersions.correlated[{at}]", s, together)
    for name, vehicle in s.vehicles.items():
        _check_vehicle(reader, f"vehicle.{name}", vehicle)
    for effector in s.effectors:
        if effector.kind == "thrusters":
            _check_thrusters(reader, f"effector.{effector.name}", effector)
        else:
            _check_lower(
                reader, f"effector.{effector.name}", effector, "capture_closing_min_mps", "capture_closing_max_mps"
            )
    if len(s.thrusters) > core.N_THRUSTERS:
        expected = f"expected at most {core.N_THRUSTERS} thrusters of the chaser, found {len(s.thrusters)}"
        raise reader.fail("effector", MISSING, expected)
    if (groups := len({t.group for t in s.thrusters})) > GROUPS_MAX:
        raise reader.fail("effector", MISSING, f"expected at most {GROUPS_MAX} groups of thrusters, found {groups}")
    _check_hold(reader, s)
    most = _largest_force_n(s.thrusters)
    if s.flight["force_max_n"] > most:
        expected = f"expected at most {most:.6g} N, the largest force that the thrusters give together"
        raise reader.fail("flight.force_max_n", s.flight["force_max_n"], expected)
    for requirement in s.requirements:
        _check_requirement(reader, s, requirement)
    if twice := Catalogue(s.requirements).problem():
        raise reader.fail("requirement", MISSING, f"two of them judge a figure named {twice}: expected other names")
    check_draws(reader, s)


def _check_requirement(reader: Reader, s: Scenario, row: Requirement) -> None:
    """The phases that it names are there, each minimum is less than its maximum, and its values go together."""
    path = f"requirement.{row.name}"
    if problem := row.problem():
        key, expected = problem
        raise reader.fail(f"{path}.{key}", getattr(row, key), expected)
    given = {field.name: getattr(row, field.name) for field in fields(row)}
    for key, value in given.items():
        names = value if key == "phases" else (value,) if key.endswith("_phase") else ()
        for name in names:
            if name not in s.flight.phases:
                expected = f"expected the name of a phase: {', '.join(s.flight.phases)}"
                raise reader.fail(f"{path}.{key}", name, expected)
        highest = re.sub(r"(^|_)min_", r"\1max_", key)
        if highest != key and value is not None and given.get(highest) is not None:
            _check_lower(reader, path, row, key, highest)


def _check_vehicle(reader: Reader, path: str, vehicle: Vehicle) -> None:
    if vehicle.propellant_kg >= vehicle.mass_kg:
        at = f"{path}.tank.{vehicle.tanks[0].name}.propellant_kg"
        expected = f"expected less than {path}.mass_kg = {vehicle.mass_kg} (kg), all tanks together"
        raise reader.fail(at, vehicle.tanks[0].propellant_kg, expected)
    if problem := inertia_problem(inertia_matrix(vehicle.inertia_kgm2)):
        raise reader.fail(f"{path}.inertia_kgm2", vehicle.inertia_kgm2, problem)


def _check_thrusters(reader: Reader, path: str, thrusters: Any) -> None:
    if len(thrusters.direction) != len(thrusters.position_m):
        count = len(thrusters.position_m)
        expected = f"expected one for each of the {count} positions, found {len(thrusters.direction)}"
        raise reader.fail(f"{path}.direction", MISSING, expected)
    if thrusters.power_strings and len(thrusters.power_strings) != len(thrusters.position_m):
        count = len(thrusters.position_m)
        expected = f"expected one for each of the {count} positions, found {len(thrusters.power_strings)}"
        raise reader.fail(f"{path}.power_strings", MISSING, expected)
    for i, (x, y, z) in enumerate(thrusters.direction):
        if abs(x * x + y * y + z * z - 1.0) > ROUNDING:
            raise reader.fail(f"{path}.direction[{i}]", (x, y, z), "expected a unit vector")


def _check_lower(reader: Reader, path: str, row: Any, low_key: str, high_key: str) -> None:
    low, high = getattr(row, low_key, 0.0), getattr(row, high_key, 1.0)
    if low >= high:
        raise reader.fail(f"{path}.{low_key}", low, f"expected less than {path}.{high_key} = {high}")


def _check_fault(reader: Reader, path: str, s: Scenario, fault: Fault) -> None:
    if bool(fault.instrument) == bool(fault.instrument_kind):
        things = ", ".join(("instrument", "instrument_kind", "effector", *OTHERS))
        raise reader.fail(f"{path}.instrument", fault.instrument or MISSING, f"expected one of {things}")
    if fault.instrument_kind:
        fitted_kinds = {each.kind: each for each in s.instruments}
        if fault.instrument_kind not in fitted_kinds:
            expected = f"expected one of {', '.join(map(show, fitted_kinds))}"
            raise reader.fail(f"{path}.instrument_kind", fault.instrument_kind, expected)
        row: Any = fitted_kinds[fault.instrument_kind]
    else:
        row = s.instrument(fault.instrument)
    if row is None:
        names = [each.name for each in s.instruments]
        fitted = f"expected one of {', '.join(map(show, names))}{nearest(fault.instrument, names)}"
        raise reader.fail(f"{path}.instrument", fault.instrument, fitted)
    if problem := fault.problem(kinds()[row.kind]):
        key, expected = problem
        value = getattr(fault, key)
        raise reader.fail(f"{path}.{key}", MISSING if value is None else value, expected)


def _check_other_fault(reader: Reader, path: str, s: Scenario, fault: Other) -> None:
    if isinstance(fault, PowerFault) and fault.power_string not in (named := strings(s.instruments, s.effectors)):
        expected = f"expected one of {', '.join(map(show, named)) or 'none: nothing names a power_string'}"
        raise reader.fail(f"{path}.power_string", fault.power_string, expected)
    if isinstance(fault, TargetFault) and fault.vehicle != s.scenario.target:
        raise reader.fail(f"{path}.vehicle", fault.vehicle, f"expected the target, {show(s.scenario.target)}")
    if problem := fault.problem():
        key, expected = problem
        value = getattr(fault, key)
        raise reader.fail(f"{path}.{key}", MISSING if value is None else value, expected)


def _check_effector_fault(reader: Reader, at: int, s: Scenario, fault: EffectorFault) -> None:
    effectors = {row.name: row for row in s.effectors}
    path = f"fault of effector {at + 1}"
    if fault.effector not in effectors:
        fitted = f"expected one of {', '.join(map(show, effectors))}{nearest(fault.effector, effectors)}"
        raise reader.fail(f"{path}.effector", fault.effector, fitted)
    row = effectors[fault.effector]
    if problem := fault.problem(effector_kinds()[row.kind], row):
        key, expected = problem
        value = getattr(fault, key)
        raise reader.fail(f"{path}.{key}", MISSING if value is None else value, expected)


def _check_board_faults(reader: Reader, faults: tuple[BoardFault, ...]) -> None:
    for at, fault in enumerate(faults):
        if (fault.duration_s is not None) != (fault.kind == "pause"):
            wanted = "expected for a pause, and for a pause only"
            raise reader.fail(f"board_fault[{at}].duration_s", fault.duration_s or MISSING, wanted)
    _check_order(reader, "board_fault", faults)


def _check_order(reader: Reader, name: str, events: tuple[BoardFault, ...] | tuple[Telecommand, ...]) -> None:
    times = [event.t_s for event in events]
    if times != sorted(times):
        raise reader.fail(name, MISSING, f"expected in order of time, found t_s = {times}")


GROUPS_MAX = 4  # of thrusters, which flight knows the timing of
CYCLES_MAX = 10_000_000
ROUNDING = 1.0e-9  # relative, of numbers that must be whole or of unit length
CYCLE_ROUNDING_US = 1.0e-6


def _check_timing(reader: Reader, s: Scenario) -> None:
    """Times that are not whole numbers of control cycles would never be due."""
    cycle_s, max_age_s = s.flight["cycle_s"], s.flight["measurement_max_age_s"]
    if abs(cycle_s * 1.0e6 - round(cycle_s * 1.0e6)) > CYCLE_ROUNDING_US:
        raise reader.fail("flight.cycle_s", cycle_s, "expected a whole number of microseconds")
    if not cycle_s <= s.scenario.max_duration_s <= CYCLES_MAX * cycle_s:
        expected = f"expected 1 to {CYCLES_MAX:,} control cycles, {cycle_s:g} to {CYCLES_MAX * cycle_s:g} s"
        raise reader.fail("scenario.max_duration_s", s.scenario.max_duration_s, expected)
    sensor: Any
    for sensor in s.instruments:
        if not hasattr(sensor, "period_s"):
            continue
        for key in ("period_s", "latency_s"):
            value = getattr(sensor, key)
            cycles, least = value / cycle_s, 1 if key == "period_s" else 0
            if abs(cycles - round(cycles)) > ROUNDING * max(1.0, cycles) or round(cycles) < least:
                expected = f"expected a whole number of control cycles, flight.cycle_s = {cycle_s}"
                raise reader.fail(f"instrument.{sensor.name}.{key}", value, expected)
        if round(sensor.latency_s / cycle_s) > core.LATE_CYCLES_MAX:
            expected = (
                f"expected at most {core.LATE_CYCLES_MAX} control cycles, {core.LATE_CYCLES_MAX * cycle_s:g} s: the "
                "flight core no longer knows where it was before"
            )
            raise reader.fail(f"instrument.{sensor.name}.latency_s", sensor.latency_s, expected)
        if round(sensor.latency_s * 1.0e6) > int(max_age_s * 1.0e6):
            expected = f"expected at most flight.measurement_max_age_s = {max_age_s}: every measurement would be stale"
            raise reader.fail(f"instrument.{sensor.name}.latency_s", sensor.latency_s, expected)


def _largest_force_n(thrusters: Sequence[Thruster]) -> float:
    """The largest force of any set of thrusters that fire together: from each axis up to a set that is its own best."""
    forces = np.array([t.force_n for t in thrusters])[:, None] * np.array([t.direction for t in thrusters])
    largest = 0.0
    for start in product((-1.0, 0.0, 1.0), repeat=3):
        total, size = np.array(start), 0.0
        while True:
            total = forces[forces @ total > 0.0].sum(axis=0)
            if not (reached := float(np.linalg.norm(total))) > size:
                break
            size = reached
        largest = max(largest, size)
    return largest


def _check_epoch(reader: Reader, s: Scenario) -> None:
    try:
        _ = s.scenario.epoch
    except ValueError as error:
        raise reader.fail("scenario.epoch_utc", s.scenario.epoch_utc, str(error)) from None


def _check_quaternions(reader: Reader, table: Mapping[str, Any], path: str) -> None:
    for key, value in table.items():
        at = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            _check_quaternions(reader, value, at)
        elif re.match(r"q_(\w+_)?from_", key) and abs(sum(c * c for c in value) - 1.0) > ROUNDING:
            raise reader.fail(at, value, "expected a unit quaternion, scalar first")


def _check_hold(reader: Reader, s: Scenario) -> None:
    """The target's attitude hold is modelled for small angles: checks the largest bias and limit cycle drawn."""
    attitude = s.vehicles[s.scenario.target].attitude
    if frame_held(attitude) != "lvlh":
        return
    reach = {key: largest(s, key) * DEG for key in ("target_attitude_deg", "target_rate_deg_s")}
    angle = sqrt(3.0) * (reach["target_attitude_deg"] + reach["target_rate_deg_s"] / attitude.limit_cycle_radps)
    if not angle <= HOLD_ANGLE_MAX_RAD:
        key = f"vehicle.{s.scenario.target}.attitude.limit_cycle_radps"
        cycle = f"target_rate_deg_s and {key} = {attitude.limit_cycle_radps:g}"
        expected = (
            f"with {cycle} the target turns by up to {angle / DEG:.4g} deg: expected at most "
            f"{HOLD_ANGLE_MAX_RAD / DEG:.4g} deg, the range of its attitude hold"
        )
        raise reader.fail("dispersions.target_attitude_deg", MISSING, expected)
