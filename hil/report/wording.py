"""Formatting of names and numbers on the terminal and in reports."""

from __future__ import annotations

import unicodedata
from math import isfinite


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, no exponent for everyday sizes; a dash where there is nothing."""
    if value is None or not isfinite(value):
        return "–"
    if value == 0.0:
        return "0"
    text = f"{value:.{digits - 1}e}"
    exponent = int(text.rpartition("e")[2])
    return f"{value:,.{max(0, digits - 1 - exponent)}f}" if -5 < exponent < 5 else text


def figure(value: float | None, unit: str, margin: bool = False) -> str:
    """A requirement's figure or limit; without a unit it is yes or no, and its margin is not shown."""
    if unit != "1" or value is None:
        return number(value)
    return "–" if margin else "yes" if value else "no"


def percent(share: float) -> str:
    """A share in percent, with all its digits."""
    return f"{100.0 * share:.10g} %"


def visible(text: str) -> str:
    """A string with its control characters escaped, except line ends and tabs, so that it cannot control a terminal."""
    return "".join(
        c if c in "\n\t" or not unicodedata.category(c).startswith("C") else c.encode("unicode_escape").decode()
        for c in text
    )


def counts_of(counters: dict[str, int] | None, *leave_out: str) -> str:
    """The counters that are not zero, except those whose names begin with one of `leave_out`."""
    if counters is None:
        return "not known, no answer"
    counted = {name: n for name, n in counters.items() if n and not name.startswith(leave_out)}
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in counted.items()) or "nothing"
