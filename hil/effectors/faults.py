"""Faults of effectors: rows `[[fault]]` that name one."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, NamedTuple

from annotated_types import Ge
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.effectors.rows import EffectorKind, Row
from hil.faults.timing import TIMES, Timing
from hil.schema import NonNegative, Positive


class FaultKind(NamedTuple):
    """What a kind of fault does, the number it has in compiled code, and the keys that it needs."""

    number: int
    meaning: str
    keys: tuple[str, ...] = ()


FAULTS = {
    "stuck_on": FaultKind(0, "the valve stays open"),
    "stuck_off": FaultKind(1, "the valve stays shut"),
    "leak": FaultKind(2, "a shut valve passes this fraction of full thrust", ("factor",)),
    "weak": FaultKind(3, "the thrust is multiplied by factor", ("factor",)),
    "slow": FaultKind(4, "rise and decay take factor times as long", ("factor",)),
    "swapped": FaultKind(5, "its driver opens the valve of `with_thruster`, and that one's driver opens its own",
                         ("thruster", "with_thruster")),
    "stiction": FaultKind(6, "the valve does not open for an isolated pulse shorter than min_on_s", ("min_on_s",)),
    "no_capture": FaultKind(7, "the mechanism does not capture, armed or not"),
    "no_release": FaultKind(8, "the mechanism does not let go"),
    "captures_unarmed": FaultKind(9, "the mechanism captures without being armed"),
    "lets_go": FaultKind(10, "the mechanism lets go without being told to"),
}  # fmt: skip
OF_MECHANISMS = ("no_capture", "no_release", "captures_unarmed", "lets_go")
RAMPED = ("leak", "weak")
"""Faults that may grow over ramp_s."""
OF_THRUSTERS = ("stuck_on", "stuck_off", "leak", "weak", "slow", "swapped", "stiction")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Fault(Timing):
    """A declared fault of an effector, by its name: a row `[[fault]]`.

    thruster: which of the group, from 0; every one if left out.
    """

    effector: str
    kind: str
    thruster: Annotated[int, Ge(0)] | None = None
    with_thruster: Annotated[int, Ge(0)] | None = None
    factor: NonNegative | None = None
    min_on_s: Positive | None = None
    ramp_s: Positive | None = None

    def problem(self, of: EffectorKind, row: Row) -> tuple[str, str] | None:
        """The key that is mistaken for an effector, and what was expected there; None when there is none."""
        if self.kind not in of.faults:
            return "kind", f"expected a fault that {row.kind} can have: {', '.join(of.faults)}"
        if problem := self.timing_problem():
            return problem
        needed = FAULTS[self.kind].keys
        count = len(getattr(row, "position_m", ()))
        allowed = (*needed, "thruster") if count else needed
        allowed = (*allowed, "ramp_s") if self.kind in RAMPED else allowed
        common = ("effector", "kind", *TIMES)
        for key in (f.name for f in fields(self) if f.name not in common):
            value = getattr(self, key)
            if value is None and key in needed:
                return key, f"missing; expected for {self.kind}"
            if value is not None and key not in allowed:
                return key, f"not a key of {self.kind}: expected {', '.join(allowed) or 'no more'}"
            if value is not None and key in ("thruster", "with_thruster") and value >= count:
                return key, f"expected 0 to {count - 1}, one of the thrusters of {row.name}"
        if self.kind == "leak" and not 0.0 < (self.factor or 0.0) <= 1.0:
            return "factor", "expected a fraction of full thrust, more than 0 and at most 1"
        return None
