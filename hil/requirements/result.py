"""What judging a requirement gives: a figure beside its limit. Figures and limits are in the units of the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One figure that a requirement judges: its name in logs and tables, its unit ("1" for a yes or no), and its name
    in words.
    """

    name: str
    unit: str
    words: str

    def at_most(self, figure: float, limit: float) -> Requirement:
        """Judged: the figure must not exceed the limit."""
        return Requirement(self.name, figure, limit, limit - figure, bool(figure <= limit), self.unit, self.words)

    def at_least(self, figure: float, limit: float) -> Requirement:
        """Judged: the figure must reach the limit."""
        return Requirement(self.name, figure, limit, figure - limit, bool(figure >= limit), self.unit, self.words)

    def missed(self, limit: float) -> Requirement:
        """Not met: what was to be measured never happened."""
        return Requirement(self.name, None, limit, None, False, self.unit, self.words)

    def not_evaluated(self, limit: float, conditional: bool) -> Requirement:
        """The condition under which it applies never occurred: not met, unless the requirement is conditional."""
        return Requirement(self.name, None, limit, None, None if conditional else False, self.unit, self.words)


@dataclass(frozen=True)
class Requirement:
    """One requirement of a run, judged.

    margin is positive when the requirement is met. figure and margin are None where there is nothing to measure.
    passed is None when it was not evaluated, which neither passes nor fails the run; see `Row.conditional`.
    """

    name: str
    figure: float | None
    limit: float
    margin: float | None
    passed: bool | None
    unit: str
    words: str = ""

    @property
    def title(self) -> str:
        """Its name in words; a log of an earlier version has only the name."""
        return self.words or in_words(self.name)

    @property
    def status(self) -> str:
        """PASS, FAIL or NOT EVALUATED."""
        return {True: "PASS", False: "FAIL", None: "NOT EVALUATED"}[self.passed]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; what is not a finite number is None."""
        return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in asdict(self).items()}


def in_words(name: str) -> str:
    """A name as words, where nothing better is known."""
    return name.replace("_", " ")
