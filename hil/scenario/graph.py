"""The mission graph: `[[transition]]` and `[[monitor]]`, and the flight core's tables of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any

from gnc import flight as core
from gnc.flight import Event, Guard, Telecommand
from hil.scenario.messages import Reader, nearest, show

if TYPE_CHECKING:
    from hil.scenario.parameters import FlightTable

ANYWHERE = "*"
ANY = "any"
"""The argument of an event of whichever instruments the phase needs."""
LEVELS = {1: "trips", 2: "is urgent"}
# By event: the key of a row that is its argument
ARGUMENTS = {Event.MONITOR: "level", Event.TELECOMMAND: "command", Event.LOST: "instrument", Event.FOUND: "instrument"}
NUMBERED = {Guard.ENTRIES: "entries", Guard.WITHIN: "within_m", Guard.BEYOND: "beyond_m"}
"""Guards with a number, a whole one from 0 to 65535, by the key of their table."""
KEYS = ("from", "to", "event", "level", "command", "instrument", "guard")


class BlockFullError(ValueError):
    """The parameters of the modules do not fit the block, or the transitions their table."""


@dataclass(frozen=True)
class Edge:
    """A transition: from phases (none: from any) to a phase, with its event and guards.

    argument: level, telecommand or instrument of the event; guards: each with its argument.
    """

    name: str
    sources: tuple[str, ...]
    to: str
    event: Event
    argument: str | int
    guards: tuple[tuple[Guard, str | int], ...]

    def leaves(self, phase: str) -> bool:
        """Whether it leads out of a phase."""
        return not self.sources or phase in self.sources

    @property
    def words(self) -> str:
        """Event and guards in words."""
        if self.event is Event.MONITOR:
            said = f"a monitor {LEVELS[int(self.argument)]}"
        elif self.event is Event.TELECOMMAND:
            said = f"telecommand {self.argument}"
        elif self.event in (Event.LOST, Event.FOUND):
            which = {Event.LOST: "any needed instrument", Event.FOUND: "all needed instruments"}[self.event]
            said = f"{which if self.argument == ANY else self.argument} {self.event.name.lower()}"
        else:
            said = self.event.name.lower()
        return ", ".join([said, *(_guard_words(*guard) for guard in self.guards)])


def _guard_words(guard: Guard, argument: str | int) -> str:
    if guard is Guard.ENTRIES:
        return f"entered fewer than {argument} times"
    if guard in (Guard.WITHIN, Guard.BEYOND):
        return f"{guard.name.lower()} {argument} m"
    return f"{argument} healthy" if guard is Guard.HEALTHY else {Guard.GATE: "gate open", Guard.GO: "go"}[guard]


# ---- reading ------------------------------------------------------------------------------------


def read_transitions(
    reader: Reader, rows: Any, phases: tuple[str, ...], instruments: tuple[str, ...]
) -> tuple[Edge, ...]:
    """Every `[[transition]]`, in the order of the file, which is their priority. Raises ScenarioError."""
    if not isinstance(rows, dict):
        raise reader.fail("transition", rows, "expected a list of tables, [[transition]]")
    found = tuple(_edge(reader, name, row, phases, instruments) for name, row in rows.items())
    if (count := sum(max(len(edge.sources), 1) for edge in found)) > core.N_TRANSITIONS:
        expected = f"expected at most {core.N_TRANSITIONS}, each phase in `from` one of them, found {count}"
        raise reader.fail("transition", MISSING, expected)
    return found


def _edge(reader: Reader, name: str, row: Any, phases: tuple[str, ...], instruments: tuple[str, ...]) -> Edge:
    path = f"transition.{name}"
    if not isinstance(row, dict):
        raise reader.fail(path, row, "expected a table")
    for key, value in row.items():
        if key not in KEYS:
            raise reader.unknown(f"{path}.{key}", KEYS, value)
    given = row.get("from", MISSING)
    listed = given if isinstance(given, list) and given else [given]
    sources = tuple(_one(reader, {"from": each}, f"{path}.from", (ANYWHERE, *phases)) for each in listed)
    to = _one(reader, row, f"{path}.to", phases)
    event = Event[_one(reader, row, f"{path}.event", [each.name.lower() for each in Event]).upper()]
    key = ARGUMENTS.get(event)
    for other in set(ARGUMENTS.values()) - {key}:
        if other in row:
            raise reader.fail(f"{path}.{other}", row[other], f'not a key of a transition of event "{row["event"]}"')
    argument: str | int = 0
    if event is Event.MONITOR:
        argument = row.get("level", 1)
        if argument not in LEVELS or isinstance(argument, bool):
            raise reader.fail(f"{path}.level", argument, "expected 1, a monitor trips, or 2, it is urgent")
    elif event is Event.TELECOMMAND:
        argument = _one(reader, row, f"{path}.command", [each.name.lower() for each in Telecommand])
    elif key:
        argument = _one(reader, row, f"{path}.instrument", instruments) if key in row else ANY
    guards = tuple(_guards(reader, f"{path}.guard", row.get("guard", []), instruments))
    return Edge(name, () if ANYWHERE in sources else sources, to, event, argument, guards)


def _one(reader: Reader, row: Mapping[str, Any], path: str, valid: Iterable[str]) -> str:
    valid, value = list(valid), row.get(path.rpartition(".")[2], MISSING)
    if not isinstance(value, str) or value not in valid:
        near = nearest(value, valid) if isinstance(value, str) else ""
        missing = "missing; " if value is MISSING else ""
        raise reader.fail(path, value, f"{missing}expected one of {', '.join(map(show, valid))}{near}")
    return value


def _guards(reader: Reader, path: str, value: Any, instruments: tuple[str, ...]) -> Iterable[tuple[Guard, str | int]]:
    words = {"gate": Guard.GATE, "go": Guard.GO}
    expected = (
        f'expected at most {core.N_GUARDS} of "gate", "go", {{ healthy = "an instrument" }} and '
        f"{', '.join(f'{{ {key} = a whole number }}' for key in NUMBERED.values())}"
    )
    if not isinstance(value, list) or len(value) > core.N_GUARDS:
        raise reader.fail(path, value, expected)
    for item in value:
        if isinstance(item, str) and item in words:
            yield words[item], 0
            continue
        key, argument = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else ("", None)
        guard = next((guard for guard, named in NUMBERED.items() if named == key), None)
        if key == "healthy" and isinstance(argument, str) and argument in instruments:
            yield Guard.HEALTHY, argument
        elif guard is not None and type(argument) in (int, float) and argument in range(65536):
            yield guard, int(argument or 0)
        else:
            raise reader.fail(path, item, expected)


# ---- what the flight core is told ---------------------------------------------------------------


def _take(params: Any, at: int, length: int) -> int:
    if at + length > core.N_BLOCK:
        raise BlockFullError(f"expected at most {core.N_BLOCK} numbers in all for the modules' own fields")
    return at + length


def fill_graph(params: Any, table: FlightTable) -> None:
    """Fills transitions, monitors and what of the block is behind the instruments, in one record of PARAMS.

    Raises BlockFullError.
    """
    at = int((params["instrument_block_offset"] + params["instrument_block_length"]).max())
    for row, own in enumerate(table.laws):
        fields = core.law_fields(table["phase_law"][row]) + core.attitude_fields(table["phase_attitude"][row])
        length = sum(max(field.count, 1) for field in fields)
        params["phase_block_offset"][row], params["phase_block_length"][row] = at, length
        at = _take(params, at, length)
        for name, value in core.law_block(params, row).items():
            value[...] = own[name]
    params["monitor_count"] = len(table.monitors)
    for row, (monitor, given) in enumerate(table.monitors.values()):
        length = sum(max(field.count, 1) for field in core.monitor_fields(monitor))
        params["monitor_kind"][row] = monitor
        params["monitor_block_offset"][row], params["monitor_block_length"][row] = at, length
        at = _take(params, at, length)
        for name, value in core.monitor_block(params, row).items():
            value[...] = given[name]
    _fill_transitions(params, table)


def _fill_transitions(params: Any, table: FlightTable) -> None:
    rows = [(table.phases.index(name), edge) for edge in table.transitions for name in edge.sources]
    every = rows + [(int(core.ANY), edge) for edge in table.transitions if not edge.sources]
    params["transition_count"] = len(every)
    for i, (source, edge) in enumerate(every):
        params["transition_from"][i], params["transition_to"][i] = source, table.phases.index(edge.to)
        params["transition_event"][i] = edge.event
        params["transition_event_arg"][i] = _number(edge.event, edge.argument, table.fitted)
        for k, (guard, argument) in enumerate(edge.guards):
            params["transition_guard"][core.N_GUARDS * i + k] = guard
            value = table.fitted.index(str(argument)) if guard is Guard.HEALTHY else argument
            params["transition_guard_arg"][core.N_GUARDS * i + k] = value


def _number(event: Event, argument: str | int, instruments: tuple[str, ...]) -> int:
    if event is Event.TELECOMMAND:
        return int(Telecommand[str(argument).upper()])
    if event in (Event.LOST, Event.FOUND):
        return int(core.ANY) if argument == ANY else instruments.index(str(argument))
    return int(argument)


def needs(table: FlightTable, phase: str) -> list[str]:
    """The names of the instruments that a phase needs."""
    bits = table.phase(phase, "needs")
    return [name for number, name in enumerate(table.fitted) if bits >> number & 1]
