"""What one key alone cannot show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from firmware_bridge.faults import BoardFault
from gnc import flight as core
from hil.plant.config import HOLD_ANGLE_MAX_RAD, inertia_problem
from hil.scenario.dispersed import check_correlated, check_distributions, check_draws, largest
from hil.scenario.messages import Reader
from hil.scenario.schema.events import BIAS_KEYS, Fault, Telecommand
from hil.scenario.schema.vehicles import Thrusters, inertia_matrix
from hil.schema import DEG

if TYPE_CHECKING:
    from hil.scenario.model import Scenario


def check_consistency(reader: Reader, s: Scenario) -> None:
    """What one key alone cannot show."""
    _check_epoch(reader, s)
    _check_timing(reader, s)
    for at, fault in enumerate(s.faults):
        _check_fault(reader, f"fault[{at}]", fault)
    _check_order(reader, "telecommand", s.telecommands)
    _check_board_faults(reader, s.board_faults)
    _check_quaternions(reader, s.document, "")
    check_distributions(reader, s)
    for at, together in enumerate(s.dispersions.correlated):
        check_correlated(reader, f"dispersions.correlated[{at}]", s, together)
    chaser, thrusters = s.chaser, s.chaser.thrusters
    if chaser.propellant_kg >= chaser.mass_kg:
        expected = f"expected less than chaser.mass_kg = {chaser.mass_kg} (kg)"
        raise reader.fail("chaser.propellant_kg", chaser.propellant_kg, expected)
    if len(thrusters.direction) != len(thrusters.position_m):
        expected = (
            f"expected one for each of the {len(thrusters.position_m)} positions, found {len(thrusters.direction)}"
        )
        raise reader.fail("chaser.thrusters.direction", MISSING, expected)
    for i, (x, y, z) in enumerate(thrusters.direction):
        if abs(x * x + y * y + z * z - 1.0) > 1.0e-9:
            raise reader.fail(f"chaser.thrusters.direction[{i}]", (x, y, z), "expected a unit vector")
    _check_hold(reader, s)
    most = _largest_force_n(thrusters)
    if s.flight["force_max_n"] > most:
        expected = f"expected at most {most:.6g} N, the largest force that the thrusters give together"
        raise reader.fail("flight.force_max_n", s.flight["force_max_n"], expected)
    for craft in ("target", "chaser"):
        _check_inertia(reader, f"{craft}.inertia_kgm2", getattr(s, craft).inertia_kgm2)
    for table, lo, hi in (
        ("contact", "capture_closing_min_mps", "capture_closing_max_mps"),
        ("requirements", "contact_closing_rate_min_mps", "contact_closing_rate_max_mps"),
    ):
        low, high = getattr(getattr(s, table), lo), getattr(getattr(s, table), hi)
        if low >= high:
            raise reader.fail(f"{table}.{lo}", low, f"expected less than {table}.{hi} = {high}")
    for key in ("passive_safety_from_phase", "passive_safety_to_phase"):
        name = getattr(s.requirements, key)
        if name not in s.flight.phases:
            expected = f"expected the name of a phase: {', '.join(s.flight.phases)}"
            raise reader.fail(f"requirements.{key}", name, expected)
    check_draws(reader, s)


def _check_fault(reader: Reader, path: str, fault: Fault) -> None:
    expected = BIAS_KEYS[fault.sensor] if fault.kind == "bias" else None
    for key in sorted(set(BIAS_KEYS.values())):
        value = getattr(fault, key)
        if (value is not None) != (key == expected):
            wanted = f"expected for a {fault.kind} of {fault.sensor}: {expected or 'no bias'}"
            raise reader.fail(f"{path}.{key}", MISSING if value is None else value, wanted)
    if fault.end_s <= fault.start_s:
        raise reader.fail(f"{path}.end_s", fault.end_s, f"expected more than start_s = {fault.start_s}")


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


CYCLES_MAX = 10_000_000


def _check_timing(reader: Reader, s: Scenario) -> None:
    """What is not a whole number of control cycles would never fall due."""
    cycle_s, max_age_s = s.flight["cycle_s"], s.flight["measurement_max_age_s"]
    if abs(cycle_s * 1.0e6 - round(cycle_s * 1.0e6)) > 1.0e-6:
        raise reader.fail("flight.cycle_s", cycle_s, "expected a whole number of microseconds")
    if not cycle_s <= s.scenario.max_duration_s <= CYCLES_MAX * cycle_s:
        expected = f"expected 1 to {CYCLES_MAX:,} control cycles, {cycle_s:g} to {CYCLES_MAX * cycle_s:g} s"
        raise reader.fail("scenario.max_duration_s", s.scenario.max_duration_s, expected)
    for name in ("star", "gnss", "rgnss", "camera"):
        sensor = getattr(s.sensors, name)
        for key in ("period_s", "latency_s"):
            value = getattr(sensor, key)
            cycles, least = value / cycle_s, 1 if key == "period_s" else 0
            if abs(cycles - round(cycles)) > 1.0e-9 * max(1.0, cycles) or round(cycles) < least:
                expected = f"expected a whole number of control cycles, flight.cycle_s = {cycle_s}"
                raise reader.fail(f"sensors.{name}.{key}", value, expected)
        if round(sensor.latency_s / cycle_s) > core.LATE_CYCLES_MAX:
            expected = (
                f"expected at most {core.LATE_CYCLES_MAX} control cycles, {core.LATE_CYCLES_MAX * cycle_s:g} s: the "
                "flight core no longer knows where it was before"
            )
            raise reader.fail(f"sensors.{name}.latency_s", sensor.latency_s, expected)
        if round(sensor.latency_s * 1.0e6) > int(max_age_s * 1.0e6):
            expected = f"expected at most flight.measurement_max_age_s = {max_age_s}: every measurement would be stale"
            raise reader.fail(f"sensors.{name}.latency_s", sensor.latency_s, expected)


def _largest_force_n(thrusters: Thrusters) -> float:
    """The largest force of any set of thrusters that fire together: from each axis up to a set that is its own best."""
    forces = thrusters.force_n * np.array(thrusters.direction)
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
        elif re.match(r"q_\w+_from_", key) and abs(sum(c * c for c in value) - 1.0) > 1.0e-9:
            raise reader.fail(at, value, "expected a unit quaternion, scalar first")


def _check_inertia(reader: Reader, path: str, inertia: tuple[float, ...]) -> None:
    if problem := inertia_problem(inertia_matrix(inertia)):
        raise reader.fail(path, inertia, problem)


def _check_hold(reader: Reader, s: Scenario) -> None:
    """The target's attitude hold is modelled for small angles: bias and limit cycle, the largest that are drawn."""
    reach = {key: largest(s, key) * DEG for key in ("target_attitude_deg", "target_rate_deg_s")}
    angle = sqrt(3.0) * (reach["target_attitude_deg"] + reach["target_rate_deg_s"] / s.target.hold_limit_cycle_radps)
    if not angle <= HOLD_ANGLE_MAX_RAD:
        cycle = f"target_rate_deg_s and target.hold_limit_cycle_radps = {s.target.hold_limit_cycle_radps:g}"
        expected = (
            f"with {cycle} the target turns by up to {angle / DEG:.4g} deg: expected at most "
            f"{HOLD_ANGLE_MAX_RAD / DEG:.4g} deg, the range of its attitude hold"
        )
        raise reader.fail("dispersions.target_attitude_deg", MISSING, expected)
