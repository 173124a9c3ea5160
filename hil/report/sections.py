"""Sections that other packages add to the report of a run: entry points of group `proxops.report`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from hil.log import Log

GROUP = "proxops.report"


@dataclass(frozen=True)
class Section:
    """One section of a report.

    heading and note are text; html is put into the page as it is, such as a table or an SVG. The page has no scripts
    and reaches no network, and neither should a section.
    """

    heading: str
    html: str = ""
    note: str = ""
    error: str = ""


@cache
def _offered() -> tuple[tuple[str, Callable[[Log], Any] | str], ...]:
    """Each entry point by name, or why it cannot be loaded."""
    found: list[tuple[str, Callable[[Log], Any] | str]] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            found.append((entry.name, entry.load()))
        except Exception as error:
            found.append((entry.name, f"{entry.value} cannot be loaded: {error}"))
    return tuple(found)


def own_sections(log: Log) -> list[Section]:
    """The sections that installed packages add to the report of a run.

    An entry point names a function from a `Log` to a `Section` or None. If it fails, the section shows the error, and
    the rest of the report is complete.
    """
    found = []
    for name, make in _offered():
        try:
            if isinstance(make, str):
                raise ValueError(make)
            section = make(log)
            if section is not None and not isinstance(section, Section):
                raise TypeError(f"expected a hil.report.sections.Section or None, got {type(section).__name__}")
        except Exception as error:
            section = Section(name, error=f"report section {name!r}: {error}")
        if section is not None:
            found.append(section)
    return found
