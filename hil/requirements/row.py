"""Base of every kind of `[[requirement]]`."""

from __future__ import annotations

from typing import ClassVar

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Mask
from hil.requirements.result import Measure, Requirement
from hil.requirements.view import Frames, View


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Row:
    """A requirement of a mission.

    A kind is a frozen subclass with `kind: Literal["its name"]`, its own fields, `measures` and `evaluate`. `ends` is
    True if meeting it shows that the mission has reached its end; without such a requirement no run passes. `safety` is
    True if failing it makes the run unsafe, not only unsuccessful (`hil.outcome`), and `held` if meeting it leaves the
    chaser held by the target. conditional: the run may pass even if the condition of the requirement never occurred.
    """

    ends: ClassVar[bool] = False
    safety: ClassVar[bool] = False
    held: ClassVar[bool] = False

    name: str
    conditional: bool = False

    def problem(self) -> tuple[str, str] | None:
        """A key and what was expected of it, where its values do not go together; None when they do."""
        return None

    def permits(self, truth: Frames) -> Mask | None:
        """The rows of a truth in which the chaser may be inside a keep-out zone, shape (n,); None: it has no say."""
        return None

    def guards(self, truth: Frames) -> Mask | None:
        """The rows of a truth in which the chaser is inside a zone that it guards, shape (n,); None: it guards none."""
        return None

    def measures(self) -> tuple[Measure, ...]:
        """The figures it judges, in the order of a report."""
        raise NotImplementedError

    def evaluate(self, flight: View) -> list[Requirement]:
        """Judges a run on its truth: one result for each of `measures`, in their order."""
        raise NotImplementedError
