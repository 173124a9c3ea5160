"""Rows `[[fault]]` of a power string, the target, the flight computer and the command link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight
from hil.faults.timing import TIMES, Timing
from hil.schema import Offset, Positive, Product


class FaultKind(NamedTuple):
    """What a kind of fault does, the number it has in compiled code, and the keys that it needs and may have."""

    number: int
    meaning: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class _Row(Timing):
    """What rows of one thing share: its kinds, and the checks that need nothing but the row."""

    KINDS: ClassVar[dict[str, FaultKind]] = {}
    THING: ClassVar[str] = ""

    kind: str

    def problem(self) -> tuple[str, str] | None:
        """The key that is mistaken, and what was expected; None when there is none."""
        if self.kind not in self.KINDS:
            return "kind", f"expected a fault that {self.THING} can have: {', '.join(self.KINDS)}"
        if problem := self.timing_problem():
            return problem
        kind = self.KINDS[self.kind]
        allowed = (*kind.needs, *kind.may)
        for key in (f.name for f in fields(self) if f.name not in ("kind", *TIMES, *self._named())):
            value = getattr(self, key)
            if value is None and key in kind.needs:
                return key, f"missing; expected for {self.kind}"
            if value is not None and key not in allowed:
                return key, f"not a key of {self.kind}: expected {', '.join(allowed) or 'no more'}"
        return None

    @classmethod
    def _named(cls) -> tuple[str, ...]:
        """The keys that say what is broken."""
        return ()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PowerFault(_Row):
    """A power string fails: every instrument and effector that it feeds is off."""

    KINDS: ClassVar[dict[str, FaultKind]] = {"off": FaultKind(0, "what it feeds is off")}
    THING: ClassVar[str] = "a power string"

    power_string: str

    @classmethod
    def _named(cls) -> tuple[str, ...]:
        return ("power_string",)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TargetFault(_Row):
    """What the target does that it should not, by its name: a row `[[fault]]`.

    accel_hill_mps2: acceleration, radial, along-track and cross-track. rate_deg_s: in the target's axes.
    """

    KINDS: ClassVar[dict[str, FaultKind]] = {
        "reboost": FaultKind(0, "it accelerates, unless the chaser is docked to it", ("accel_hill_mps2",)),
        "attitude_drift": FaultKind(1, "the attitude that it holds turns away at rate_deg_s", ("rate_deg_s",)),
        "tumble": FaultKind(2, "it holds no attitude any more, and rate_deg_s is added to its rate", ("rate_deg_s",)),
    }
    THING: ClassVar[str] = "the target"

    vehicle: str
    accel_hill_mps2: tuple[Offset, Offset, Offset] | None = None
    rate_deg_s: tuple[Offset, Offset, Offset] | None = None

    @classmethod
    def _named(cls) -> tuple[str, ...]:
        return ("vehicle",)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ComputerFault(_Row):
    """What happens to the flight computer, where the flight core flies in this process.

    field: what flips, as "intent.phase" or "solution.r_hill_m[1]", in the frames between the stages or the
    parameters, and bit, from 0; both are drawn at random in the whole state where they are left out.
    """

    KINDS: ClassVar[dict[str, FaultKind]] = {
        "missed": FaultKind(0, "it does not run in these cycles: the valves shut, and its state stays"),
        "hang": FaultKind(1, "it stands still, and then goes on with the state it had", ("duration_s",)),
        "reset": FaultKind(2, "it is down, and then goes on from the checkpoint of its last cycle", ("duration_s",)),
        "cold_reset": FaultKind(
            3, "it is down and has lost its state: the ground gives it the states of then and the recovery phase",
            ("duration_s",),
        ),
        "clock_step": FaultKind(4, "its clock is off by step_s", ("step_s",)),
        "bit_flip": FaultKind(5, "bits of its state flip once, before the cycle", may=("field", "bit", "count")),
    }  # fmt: skip
    THING: ClassVar[str] = "the flight computer"

    computer: Literal["flight"]
    step_s: Annotated[float, Ge(-1.0e3), Le(1.0e3)] | None = None
    field: str | None = None
    bit: Annotated[int, Ge(0)] | None = None
    count: Annotated[int, Ge(1), Le(1000)] | None = None

    @classmethod
    def _named(cls) -> tuple[str, ...]:
        return ("computer",)

    def problem(self) -> tuple[str, str] | None:
        """The key that is mistaken, and what was expected; None when there is none."""
        if found := _Row.problem(self):
            return found
        if self.kind in self.KINDS and "duration_s" in self.KINDS[self.kind].needs and self.duration_s is None:
            return "duration_s", f"missing; expected for {self.kind}"
        if self.field is None:
            return ("bit", "expected with a field only") if self.bit is not None else None
        if self.count is not None:
            return "count", "expected without a field: of bits that are drawn"
        try:
            _, _, bits = place_of(self.field)
        except ValueError as error:
            return "field", str(error)
        if self.bit is not None and self.bit >= bits:
            return "bit", f"expected 0 to {bits - 1}"
        return None


FRAMES = {
    "solution": flight.SOLUTION, "intent": flight.INTENT, "reference": flight.REFERENCE, "progress": flight.PROGRESS,
    "params": flight.PARAMS,
}  # fmt: skip
"""Parts of the state with fields that have names."""


def place_of(field: str) -> tuple[str, int, int]:
    """Frame, first byte in it and length in bits of a field such as "intent.phase" or "solution.r_hill_m[1]".

    Raises ValueError that says what was expected.
    """
    frame, _, rest = field.partition(".")
    name, _, index = rest.partition("[")
    if frame not in FRAMES:
        raise ValueError(f"expected FRAME.FIELD or FRAME.FIELD[N] of {', '.join(FRAMES)}")
    dtype = FRAMES[frame]
    named: dict[str, Any] = dict(dtype.fields or {})
    if name not in named:
        raise ValueError(f"expected a field of {frame}: {', '.join(named)}")
    of, offset = named[name][0], int(named[name][1])
    length = int(of.shape[0]) if of.shape else 1
    at = 0
    if index or of.shape:
        text = index.removesuffix("]")
        if not index.endswith("]") or not text.isdigit() or not of.shape or int(text) >= length:
            raise ValueError(f"expected {frame}.{name}" + (f"[0] to [{length - 1}]" if of.shape else ""))
        at = int(text)
    return frame, offset + at * of.base.itemsize, 8 * int(of.base.itemsize)


COMMANDS = ("go", "hold", "resume", "retreat", "abort", "free_drift", "inhibit")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CommandFault(_Row):
    """What happens to telecommands on their way to the flight computer, or pretends to be one.

    command, arg: of a forged one. delay_s: of one that comes late, or again.
    """

    KINDS: ClassVar[dict[str, FaultKind]] = {
        "lost": FaultKind(0, "telecommands sent in this time do not arrive"),
        "late": FaultKind(1, "telecommands sent in this time arrive delay_s later", ("delay_s",)),
        "repeated": FaultKind(2, "telecommands sent in this time arrive again delay_s later, unchanged", ("delay_s",)),
        "forged": FaultKind(3, "a telecommand arrives that nobody sent, once", ("command",), ("arg",)),
    }
    THING: ClassVar[str] = "the command link"

    link: Literal["commands"]
    command: Literal["go", "hold", "resume", "retreat", "abort", "free_drift", "inhibit"] | None = None
    arg: tuple[Product, Product] | None = None
    delay_s: Positive | None = None

    @classmethod
    def _named(cls) -> tuple[str, ...]:
        return ("link",)

    @property
    def opcode(self) -> int:
        """The number of a forged one in the sensor frame; 0 of none."""
        return int(flight.Telecommand[self.command.upper()]) if self.command else 0


OTHERS = {
    "power_string": PowerFault, "vehicle": TargetFault, "computer": ComputerFault, "link": CommandFault,
}  # fmt: skip
"""The key that says what is broken, and the model of such a row."""

Other = PowerFault | TargetFault | ComputerFault | CommandFault


def of_model(rows: Sequence[Other], model: type) -> tuple[Any, ...]:
    """The rows of one model."""
    return tuple(row for row in rows if isinstance(row, model))
