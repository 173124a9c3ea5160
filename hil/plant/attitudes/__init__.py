"""How a body turns. Each mode of attitude has a file of its own: the model of its row, and its functions of the plant.

A mode is one line in `OWN`; `attitude` of a vehicle names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from hil.plant.attitude import AttitudeMode

OWN = (
    "flown",
    "lvlh_hold",
    "inertial_hold",
    "free_tumble",
)
"""The modes of attitude, each a module of this package."""


@cache
def modes() -> Mapping[str, AttitudeMode]:
    """Every mode of attitude by its name."""
    return {name: import_module(f"hil.plant.attitudes.{name}").MODE for name in OWN}


def frame_held(attitude: Any) -> str:
    """The frame, "lvlh" or "inertial", in which a vehicle with this row holds an attitude; empty: in none."""
    return modes()[attitude.mode].frame
