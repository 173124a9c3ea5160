"""Faults of instruments: the rows `[[fault]]`, and what each kind of fault does to a measurement."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight
from hil.faults.timing import TIMES, Timing
from hil.schema import DEG, Angle, Bias, Offset, Positive

if TYPE_CHECKING:
    from hil.instruments.rows import InstrumentKind

ERRORS = {"m": 1.0, "mps": 1.0, "mps2": 1.0, "deg": DEG, "deg_s": DEG}
"""Unit suffixes of the errors that a fault can put in, and what turns them into SI and radians."""


class FaultKind(NamedTuple):
    """What a kind of fault does, the number it has in compiled code, and the keys it needs ("error": an error)."""

    number: int
    meaning: str
    keys: tuple[str, ...] = ()


FAULTS = {
    "dropout": FaultKind(0, "no measurement"),
    "bias": FaultKind(1, "the error is added", ("error",)),
    "freeze": FaultKind(2, "the last values are repeated, under new numbers and times"),
    "stuck": FaultKind(3, "one component keeps the value that it has when the fault begins", ("component",)),
    "latency": FaultKind(4, "measurements arrive later by delay_s, their time of validity is right", ("delay_s",)),
    "zero": FaultKind(5, "every value is zero"),
    "nan": FaultKind(6, "every value is not a number"),
    "ramp": FaultKind(7, "the error grows from nothing over ramp_s, and stays", ("error", "ramp_s")),
    "scale": FaultKind(8, "increments, positions, velocities or the range are multiplied by factor", ("factor",)),
    "noise": FaultKind(9, "white noise is added, of which the error is 1 sigma", ("error",)),
    "wild": FaultKind(10, "the error is added to one measurement, the first", ("error",)),
    "frozen_time": FaultKind(11, "the time of validity stays what it is when the fault begins"),
    "swapped_axes": FaultKind(12, "x and y of each vector, or azimuth and elevation, change places"),
    "false_return": FaultKind(
        13, "a reflection is measured, target in view or not", ("range_m", "azimuth_deg", "elevation_deg")
    ),
    "stale": FaultKind(14, "the last measurement is delivered again and again, with its number and time"),
    "false_contact": FaultKind(15, "contact is told, ports touching or not"),
    "false_capture": FaultKind(16, "contact and capture are told, captured or not"),
}
RAMPED = ("scale", "noise")
"""Faults that may grow over ramp_s; those that need it say so above."""
OF_SWITCHES = ("dropout", "freeze", "stale", "latency", "zero", "frozen_time", "false_contact", "false_capture")
OF_ANY = ("dropout", "freeze", "stuck", "stale", "latency", "zero", "nan", "frozen_time", "swapped_axes")
"""Faults that an instrument with values, a period and a latency can have."""
WITH_ERROR = ("bias", "ramp", "noise", "wild")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Fault(Timing):
    """A fault of an instrument, which is named, or of every instrument of a kind.

    Its times are those of validity.
    An error has three components: error_m shifts gnss, rgnss (eci) or the port that a camera sees (camera axes),
    error_mps changes the velocity of gnss or rgnss, error_deg turns a star tracker (its axes), error_deg_s drifts a
    gyro and error_mps2 an accelerometer (body axes).
    """

    instrument: str = ""
    instrument_kind: str = ""
    kind: str
    error_m: Bias | None = None
    error_mps: Bias | None = None
    error_mps2: Bias | None = None
    error_deg: Bias | None = None
    error_deg_s: Bias | None = None
    ramp_s: Positive | None = None
    delay_s: Positive | None = None
    factor: Offset | None = None
    component: str | None = None
    range_m: Positive | None = None
    azimuth_deg: Offset | None = None
    elevation_deg: Angle | None = None

    def given(self) -> list[str]:
        """The keys that it has beyond those of every fault."""
        common = ("instrument", "instrument_kind", "kind", *TIMES)
        return [f.name for f in fields(self) if f.name not in common and getattr(self, f.name) is not None]

    def problem(self, of: InstrumentKind) -> tuple[str, str] | None:
        """The key that is mistaken for an instrument of a kind, and what was expected; None when there is none."""
        name = of.row.__name__.lower()
        if self.kind not in of.faults:
            return "kind", f"expected a fault that a {name} can have: {', '.join(of.faults)}"
        if problem := self.timing_problem():
            return problem
        needed = FAULTS[self.kind].keys
        more = ("ramp_s",) if self.kind in RAMPED else ()
        errors = [f"error_{unit}" for unit in of.errors] if "error" in needed else []
        plain = [key for key in needed if key != "error"]
        for key in self.given():
            if key not in (allowed := (*errors, *plain, *more)):
                return key, f"not a key of a {self.kind} of a {name}: expected {', '.join(allowed) or 'no more'}"
        for key in plain:
            if getattr(self, key) is None:
                return key, f"missing; expected for a {self.kind}"
        if errors and not any(key in errors for key in self.given()):
            return errors[0], f"missing; expected {' or '.join(errors)} for a {self.kind} of a {name}"
        if self.component is not None and self.component not in components(of):
            return "component", f"expected one of {', '.join(components(of))}"
        return None

    def error(self, of: InstrumentKind) -> tuple[float, ...]:
        """The error in SI and radians, three numbers for each unit that the kind has; for a false return its values."""
        if self.kind == "false_return":
            return (self.range_m or 0.0, (self.azimuth_deg or 0.0) * DEG, (self.elevation_deg or 0.0) * DEG)
        found: list[float] = []
        for unit in of.errors:
            found += [value * ERRORS[unit] for value in getattr(self, f"error_{unit}") or (0.0, 0.0, 0.0)]
        return tuple(found)


def components(of: InstrumentKind) -> list[str]:
    """The values of a kind's measurement by name, as "r_eci_m[0]", in their order."""
    return [
        f"{component.name}[{i}]" if component.count else component.name
        for component in flight.components(of.number)
        for i in range(max(component.count, 1))
    ]
