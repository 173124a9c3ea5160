"""How names and numbers are written for people, on the terminal and in the report."""

from __future__ import annotations

from math import isfinite

_NAMES = {
    "captured": "captured",
    "contact_closing_rate_min": "closing rate at contact, least",
    "contact_closing_rate_max": "closing rate at contact, most",
    "contact_lateral_rate": "lateral rate at contact",
    "contact_pitch_yaw_rate": "pitch/yaw rate at contact",
    "contact_roll_rate": "roll rate at contact",
    "contact_lateral_misalignment": "lateral misalignment at contact",
    "contact_pitch_yaw_misalignment": "pitch/yaw misalignment at contact",
    "contact_roll_misalignment": "roll misalignment at contact",
    "corridor": "approach corridor, half angle",
    "closing_rate": "closing rate, at its worst",
    "keep_out_sphere": "range outside the corridor",
    "passive_safety": "free drift, closest",
    "delta_v": "velocity change, attitude included",
    "avoidance_range": "range after avoidance manoeuvre",
}


def requirement_name(name: str) -> str:
    """A requirement's name in words."""
    return _NAMES.get(name, name.replace("_", " "))


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
