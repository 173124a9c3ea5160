"""Feeds the sensor frames of a log to any flight computer and finds the first difference from the recording.

All comparisons are bitwise: 0.0 and -0.0 differ, and a NaN equals the same NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc import flight
from hil.channels import channels
from hil.log import Log, digest
from hil.run import FlightComputer, start
from hil.software import take_answer

Frames = NDArray[np.void]
# What the flight computer was given before what it made of it; its estimate before the command that follows from it
ORDER = ("sensors", "telemetry", "command")
REPORT_EVERY = 100


class ReplayError(RuntimeError):
    """The flight computer failed, or there was nothing to compare; the message says where and why."""


@dataclass(frozen=True)
class Difference:
    """The first channel that differs.

    channel: "telemetry.q_body_from_eci[2]". others: further channels of the same tick that differ.
    ulps: distance of the two values in doubles (or floats), None if either is not a number or the
    channel is an integer.
    """

    tick: int
    t_s: float
    channel: str
    unit: str
    recorded: float | int
    answered: float | int
    ulps: int | None
    others: tuple[str, ...]

    def __str__(self) -> str:
        apart = "" if self.ulps is None else f" ({self.ulps:,} ulp apart)"
        more = f"; {len(self.others)} further channels differ at that tick" if self.others else ""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return (
            f"tick {self.tick} ({self.t_s:.1f} s), {self.channel}: "
            f"{self.recorded!r}{unit} against {self.answered!r}{unit}{apart}{more}"
        )


@dataclass(frozen=True)
class Comparison:
    """Two flights record by record: the cycles that both have, and how each one's telemetry hashes.

    compared: the frames looked at. cycles_differing counts cycles with any difference. missed: cycles
    whose command was never applied because a deadline was missed; their commands are not compared.
    parameter: the first flight parameter in which two recorded flights differ.
    """

    compared: tuple[str, ...]
    cycles: tuple[int, int]
    cycles_differing: int
    missed: int
    first: Difference | None
    digests: tuple[str, str]
    parameter: str | None = None

    @property
    def equal(self) -> bool:
        """True when both have the same cycles and all of them agree."""
        return self.first is None and self.cycles[0] == self.cycles[1]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; a value that is not finite is its name."""
        first = None
        if self.first is not None:
            first = {k: repr(v) if isinstance(v, float) and v - v != 0.0 else v for k, v in asdict(self.first).items()}
        return {"equal": self.equal, **asdict(self), "first": first}

    def __str__(self) -> str:
        if self.first is not None:
            count = min(self.cycles)
            found = f"first difference at {self.first}\n{self.cycles_differing:,} of {count:,} cycles differ"
            return f"{found}; so do the flight parameters: {self.parameter}" if self.parameter else found
        if self.cycles[0] != self.cycles[1]:
            return f"equal as far as both go, but of {self.cycles[0]:,} and {self.cycles[1]:,} cycles"
        late = f"; {self.missed} commands of missed cycles left out" if self.missed else ""
        return f"{self.cycles[0]:,} cycles equal to the bit ({', '.join(self.compared)}){late}"


def replay(
    log: Log, computer: FlightComputer | None = None, progress: Callable[[float], None] | None = None
) -> Comparison:
    """Gives a flight computer the recorded sensor frames and compares its answers with the recorded ones.

    Args:
        log: the recording.
        computer: the flight computer (default: a flight core in this process with the log's parameters). It is
            restarted where the recorded one was. Without telemetry, only commands are compared.
        progress: called repeatedly with the recorded time in s.

    Raises:
        ReplayError: the flight core refused a frame, or there is none in the log.
        BridgeError: the board is gone, or refused what it was given.
        AnswerError: an invalid command or telemetry.
        RecorderError: the log is of an earlier schema version.
    """
    log.require_current("replay")
    given = computer
    computer = _started(given, log.params[0])
    cold_starts = dict(zip(log.cold_starts, log.params[1:], strict=True))
    rows = len(log.sensors)
    part = SimpleNamespace(
        sensors=log.sensors, command=np.zeros(rows, flight.COMMAND), telemetry=np.zeros(rows, flight.TELEMETRY)
    )
    has_telemetry = bool(log.telemetry["t_us"].any())
    recorded_frames = log.sensors.view()
    recorded_frames.flags.writeable = False
    phases = len(log.scenario.flight.phases)
    for i in range(rows):
        frame = recorded_frames[i]
        if (params := cold_starts.get(int(frame["tick"]))) is not None:
            computer = _started(given, params)
        try:
            answered = take_answer(computer.step(frame), frame, part, i, phases)
        except flight.FlightError as error:
            raise ReplayError(f"the flight core refused the frame of tick {frame['tick']}: {error}") from None
        has_telemetry = has_telemetry and answered
        if progress and i % REPORT_EVERY == 0:
            progress(float(frame["t_us"]) * 1.0e-6)
    names = ("telemetry", "command") if has_telemetry else ("command",)
    recorded = {name: getattr(log, name) for name in names}
    return _compare(recorded, {name: getattr(part, name) for name in names}, log.sensors, (log,))


def _started(computer: FlightComputer | None, params: np.void) -> FlightComputer:
    """The flight computer with these parameters; a flight core in this process for None."""
    if computer is None:
        return flight.Flight(params)
    start(computer, params)
    return computer


def compare(a: Log, b: Log) -> Comparison:
    """Two recorded flights: sensor frames, telemetry and commands.

    Raises ReplayError when neither has a cycle, RecorderError when one is of an earlier schema version.
    """
    for log in (a, b):
        log.require_current("comparison")
    found = _compare(
        {name: getattr(a, name) for name in ORDER}, {name: getattr(b, name) for name in ORDER}, a.sensors, (a, b)
    )
    channels = _channels("params", a.params[0], b.params[0], a.scenario.instrument_kinds)
    return replace(found, parameter=channels[0][0] if channels else None)


def _compare(a: Mapping[str, Frames], b: Mapping[str, Frames], sensors: Frames, logs: Sequence[Log]) -> Comparison:
    names = tuple(name for name in ORDER if name in a)
    lengths = (len(a["command"]), len(b["command"]))
    if not any(lengths):
        raise ReplayError("no cycle was flown: there is nothing to compare")
    count = min(lengths)
    missed = _missed(logs, sensors["tick"][:count])
    differs = np.zeros(count, bool)
    for name in names:
        rows = _rows_differing(a[name][:count], b[name][:count])
        differs |= rows & ~missed if name == "command" else rows
    first = None
    if differs.any():
        at = int(np.argmax(differs))
        looked_at = names if not missed[at] else tuple(name for name in names if name != "command")
        first = _difference(a, b, looked_at, at, sensors[at], logs[0].scenario.instrument_kinds)
    digests = (digest(a["telemetry"]), digest(b["telemetry"])) if "telemetry" in names else ("", "")
    return Comparison(names, lengths, int(differs.sum()), int(missed.sum()), first, digests)


def _missed(logs: Iterable[Log], ticks: NDArray[np.uint32]) -> NDArray[np.bool_]:
    late = [miss["tick"] for log in logs if log.realtime for miss in log.realtime["misses"]]
    return np.isin(ticks, late)


def _bits(values: Any) -> NDArray[np.uint8]:
    """The bytes of each row: shape (rows, bytes)."""
    values = np.ascontiguousarray(values)
    rows: NDArray[np.uint8] = values.view(np.uint8).reshape(len(values), -1)
    return rows


def _rows_differing(a: Frames, b: Frames) -> NDArray[np.bool_]:
    if len(a) == 0:
        return np.zeros(0, bool)
    return np.asarray((_bits(a) != _bits(b)).any(axis=1))


def _difference(
    a: Mapping[str, Frames],
    b: Mapping[str, Frames],
    names: tuple[str, ...],
    at: int,
    sensors: np.void,
    instruments: Mapping[str, int],
) -> Difference:
    found = [channel for name in names for channel in _channels(name, a[name][at], b[name][at], instruments)]
    channel, unit, x, y = found[0]
    return Difference(
        tick=int(sensors["tick"]),
        t_s=float(sensors["t_us"]) * 1.0e-6,
        channel=channel,
        unit=unit,
        recorded=x.item(),
        answered=y.item(),
        ulps=_ulps(x, y),
        others=tuple(name for name, *_ in found[1:]),
    )


def _channels(frame: str, a: np.void, b: np.void, instruments: Mapping[str, int]) -> list[tuple[str, str, Any, Any]]:
    """The channels in which two records of a frame differ: name, unit and both values."""
    both = zip(channels(frame, a.reshape(1), instruments), channels(frame, b.reshape(1), instruments), strict=True)
    return [
        (one.name, one.unit, one.values[0], other.values[0])
        for one, other in both
        if (_bits(one.values) != _bits(other.values)).any()
    ]


def _ulps(x: Any, y: Any) -> int | None:
    """How many steps of the floating-point grid lie between two values."""
    if x.dtype.kind != "f" or not (np.isfinite(x) and np.isfinite(y)):
        return None
    integer = f"<i{x.dtype.itemsize}"
    lowest = int(np.iinfo(integer).min)
    # the bit pattern read as an integer counts the grid upwards from 0, and downwards from the lowest below 0
    i, j = (int(value.view(integer)) for value in (x, y))
    i, j = (k if k >= 0 else lowest - k for k in (i, j))
    return abs(i - j)
