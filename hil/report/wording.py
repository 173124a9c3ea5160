"""How names and numbers are written for people, on the terminal and in the report."""

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
    """A requirement's figure or limit; what has no unit is a yes or a no, and its margin says nothing."""
    if unit != "1" or value is None:
        return number(value)
    return "–" if margin else "yes" if value else "no"


def percent(share: float) -> str:
    """A share as it was asked for, in percent, with every digit it has."""
    return f"{100.0 * share:.10g} %"


def visible(text: str) -> str:
    """A text with its control characters spelled out, but for line ends and tabs: it cannot steer a terminal."""
    return "".join(
        c if c in "\n\t" or not unicodedata.category(c).startswith("C") else c.encode("unicode_escape").decode()
        for c in text
    )


def counts_of(counters: dict[str, int] | None, *leave_out: str) -> str:
    """The counters that counted something, but those whose names begin with one of `leave_out`."""
    if counters is None:
        return "not known, it did not answer"
    counted = {name: n for name, n in counters.items() if n and not name.startswith(leave_out)}
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in counted.items()) or "nothing"
