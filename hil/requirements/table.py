"""The requirements of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hil.requirements.row import Row

if TYPE_CHECKING:
    from hil.scenario import Scenario


Kind = TypeVar("Kind", bound=Row)


def find(scenario: Scenario, kind: type[Kind]) -> Kind | None:
    """The first requirement of one kind; None when the scenario has none."""
    return next((row for row in rows_of(scenario) if isinstance(row, kind)), None)


def rows_of(scenario: Scenario) -> tuple[Row, ...]:
    """The requirements of a scenario."""
    return scenario.requirements
