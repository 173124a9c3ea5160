"""How names and numbers are written for people, on the terminal and in the report."""

from __future__ import annotations

import unicodedata
from math import isfinite

# In the order of a report: words, and the unit of the figure.
_REQUIREMENTS = {
    "captured": ("captured", "1"),
    "contact_closing_rate_min": ("closing rate at contact, least", "m/s"),
    "contact_closing_rate_max": ("closing rate at contact, most", "m/s"),
    "contact_lateral_rate": ("lateral rate at contact", "m/s"),
    "contact_pitch_yaw_rate": ("pitch/yaw rate at contact", "deg/s"),
    "contact_roll_rate": ("roll rate at contact", "deg/s"),
    "contact_lateral_misalignment": ("lateral misalignment at contact", "m"),
    "contact_pitch_yaw_misalignment": ("pitch/yaw misalignment at contact", "deg"),
    "contact_roll_misalignment": ("roll misalignment at contact", "deg"),
    "corridor": ("approach corridor, half angle", "deg"),
    "closing_rate": ("closing rate, at its worst", "m/s"),
    "keep_out_sphere": ("range outside the corridor", "m"),
    "passive_safety": ("free drift, closest", "m"),
    "delta_v": ("velocity change, attitude included", "m/s"),
    "avoidance_range": ("range after avoidance manoeuvre", "m"),
}


def requirement_names() -> tuple[str, ...]:
    """Every requirement that the checks know, in the order of a report."""
    return tuple(_REQUIREMENTS)


def requirement_name(name: str) -> str:
    """A requirement's name in words."""
    return _REQUIREMENTS[name][0] if name in _REQUIREMENTS else name.replace("_", " ")


def requirement_unit(name: str) -> str:
    """The unit of a requirement's figure; "" for one that is not known."""
    return _REQUIREMENTS[name][1] if name in _REQUIREMENTS else ""


def requirement_order(name: str) -> int:
    """Where a requirement stands in a report; what is not known comes last."""
    return list(_REQUIREMENTS).index(name) if name in _REQUIREMENTS else len(_REQUIREMENTS)


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
