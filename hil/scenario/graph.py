"""The mission's graph as the flight core walks it: transitions, monitors, the modules' own fields."""

from __future__ import annotations

from typing import Any

from gnc import flight as core
from gnc.flight import Event, Guard, Law, Monitor, Telecommand
from hil.scenario.parameters import FlightTable

URGENT = 2  # argument of Event.MONITOR
CAPTURE_WAIT_S = 3.0  # free drift after contact; without capture for as long the chaser backs off
CONTACT_IGNORED_M = 65535  # by a phase that breaks off, however far it gets: the ports may still touch
CORRIDOR_NEAR_M = 2.0
MISSED_BEHIND_M = 0.3
# What telecommands and laws make of a phase
_FOLLOWING = frozenset({Law.HOLD, Law.FORCED})
_BURNING = frozenset({Law.HOP, Law.CAM})

Transition = tuple[int, int, int, int, tuple[tuple[int, int], ...]]


class BlockFullError(ValueError):
    """What modules read of their own does not fit the block, or the transitions their table."""


def transitions(table: FlightTable) -> list[Transition]:
    """What `next`, `abort` and `needs_go` of the phases stand for: from, to, event, argument, guards."""
    rows: list[Transition] = []
    laws = [Law(law) for law in table["phase_law"]]
    docked = next((i for i, law in enumerate(laws) if law is Law.DOCKED), None)
    retreat, cam = table["retreat_phase"], table["cam_phase"]
    for at, law in enumerate(laws):
        onward, abort = table["phase_next"][at], table["phase_abort"][at]
        if abort != at:
            if docked is not None:
                rows += [(at, docked, Event.CAPTURED, 0, ()), (at, docked, Event.CONTACT, 0, ())]
            rows.append((at, cam, Event.MONITOR, URGENT, ()))
            rows.append((at, abort, Event.LOST, core.ANY, ()))
            rows.append((at, abort, Event.MONITOR, 1, ()))
            rows.append((at, abort, Event.TIMEOUT, 0, ()))
        if law is Law.DOCKED:
            rows.append((at, retreat, Event.TIMEOUT, 0, ()))
        if law in _FOLLOWING and at != retreat:
            rows.append((at, retreat, Event.TELECOMMAND, Telecommand.RETREAT, ()))
        if law not in (Law.DOCKED, Law.CAM):
            rows.append((at, cam, Event.TELECOMMAND, Telecommand.ABORT, ()))
        if onward != at:
            guards: list[tuple[int, int]] = [] if law in _BURNING else [(Guard.GATE, 0)]
            if table["phase_needs_go"][at]:
                guards.append((Guard.GO, 0))
            rows.append((at, onward, Event.DONE, 0, tuple(guards)))
    if docked is not None:
        rows += [(core.ANY, docked, Event.CAPTURED, 0, ()), (core.ANY, docked, Event.CONTACT, 0, ())]
    return rows


def breaking_off(table: FlightTable) -> set[int]:
    """The phases of a retreat or an avoidance, and those that follow."""
    found: set[int] = set()
    for at in (table["retreat_phase"], table["cam_phase"]):
        while at not in found:
            found.add(at)
            at = table["phase_next"][at]
    return found


def monitors(table: FlightTable, cameras: int) -> list[tuple[Monitor, dict[str, Any]]]:
    """The monitors with their fields, in the order in which they are asked. cameras: their bits."""
    closing = {
        name: table[f"closing_rate_{name}"] for name in ("margin_mps", "hard_mps", "floor_mps", "base_mps", "slope_ps")
    }
    return [
        (Monitor.DISAGREEMENT, {"chi2_3dof": table["disagreement_chi2_3dof"], "instruments": cameras}),
        (Monitor.CORRIDOR, {"near_m": CORRIDOR_NEAR_M}),
        (Monitor.CLOSING_RATE, closing),
        (Monitor.ATTITUDE, {"max_rad": table["attitude_max_rad"]}),
        (Monitor.MISSED_CONTACT, {"behind_m": MISSED_BEHIND_M}),
    ]


def _take(params: Any, at: int, length: int) -> int:
    if at + length > core.N_BLOCK:
        raise BlockFullError(f"expected at most {core.N_BLOCK} numbers in all for the modules' own fields")
    return at + length


def fill_graph(params: Any, table: FlightTable) -> None:
    """Fills transitions, monitors and the block of one record of PARAMS, instruments first. Raises BlockFullError."""
    at = int((params["instrument_block_offset"] + params["instrument_block_length"]).max())
    cameras = sum(1 << number for number in core.instruments_of(params, core.Kind.CAMERA))
    for row, own in enumerate(table.laws):
        fields = core.law_fields(table["phase_law"][row]) + core.attitude_fields(table["phase_attitude"][row])
        length = sum(max(field.count, 1) for field in fields)
        params["phase_block_offset"][row], params["phase_block_length"][row] = at, length
        at = _take(params, at, length)
        for name, value in core.law_block(params, row).items():
            value[...] = own[name]
    for row, (monitor, given) in enumerate(monitors(table, cameras)):
        length = sum(max(field.count, 1) for field in core.monitor_fields(monitor))
        params["monitor_count"], params["monitor_kind"][row] = row + 1, monitor
        params["monitor_block_offset"][row], params["monitor_block_length"][row] = at, length
        at = _take(params, at, length)
        for name, value in core.monitor_block(params, row).items():
            value[...] = given[name]
    params["phase_needs"][: len(table.phases)] = table["phase_uses"]
    for row in breaking_off(table):
        params["phase_ignores_contact_until_m"][row] = CONTACT_IGNORED_M
    for row, law in enumerate(table["phase_law"]):
        onward = table["phase_next"][row]
        if law == Law.FORCED and table["phase_law"][onward] == Law.DOCKED:
            params["phase_mechanism"][row] = 1
        if law == Law.DOCKED and not table["phase_timeout_s"][row]:
            params["phase_timeout_s"][row] = CAPTURE_WAIT_S
    _fill_transitions(params, transitions(table))


def _fill_transitions(params: Any, rows: list[Transition]) -> None:
    if len(rows) > core.N_TRANSITIONS:
        raise BlockFullError(f"the phases need {len(rows)} transitions: expected at most {core.N_TRANSITIONS}")
    params["transition_count"] = len(rows)
    for i, (source, to, event, argument, guards) in enumerate(rows):
        params["transition_from"][i], params["transition_to"][i] = source, to
        params["transition_event"][i], params["transition_event_arg"][i] = event, argument
        for k, (guard, value) in enumerate(guards):
            params["transition_guard"][core.N_GUARDS * i + k] = guard
            params["transition_guard_arg"][core.N_GUARDS * i + k] = value
