"""The figures that a mission's rows judge: how tables, reports and campaigns name and order them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from hil.requirements.judge import ENDING, has_ending, judged_rows
from hil.requirements.result import Measure, in_words
from hil.requirements.row import Row
from hil.requirements.table import rows_of

if TYPE_CHECKING:
    from hil.scenario import Scenario


class Catalogue:
    """The measures of rows by name, in the order of a report. Names that no row has are said as they are."""

    def __init__(self, rows: Iterable[Row]):
        every = judged_rows(rows)
        ending = () if has_ending(every) else (ENDING,)
        self.measures = (*(measure for row in every for measure in row.measures()), *ending)

    @classmethod
    def of(cls, scenario: Scenario) -> Catalogue:
        """That of a scenario."""
        return cls(rows_of(scenario))

    @cached_property
    def _by_name(self) -> dict[str, tuple[int, Measure]]:
        return {measure.name: (at, measure) for at, measure in enumerate(self.measures)}

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order of a report."""
        return tuple(measure.name for measure in self.measures)

    def words(self, name: str) -> str:
        """A name in words."""
        return self._by_name[name][1].words if name in self._by_name else in_words(name)

    def unit(self, name: str) -> str:
        """The unit of its figure; "" for one that is not known."""
        return self._by_name[name][1].unit if name in self._by_name else ""

    def order(self, name: str) -> int:
        """Where it stands in a report; what is not known comes last."""
        return self._by_name[name][0] if name in self._by_name else len(self.measures)

    def problem(self) -> str | None:
        """A name that is judged twice; None when there is none."""
        names = [measure.name for measure in self.measures]
        return next((name for at, name in enumerate(names) if name in names[:at]), None)
