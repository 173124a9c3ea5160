"""What a vehicle acts with. Each kind of effector has a file of its own: row, truth model and faults.

A kind is one line in `OWN`; an effector is a row of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from hil.effectors.rows import EffectorKind

OWN = ("thrusters", "docking_mechanism")
"""The kinds of ProxOps itself, each a module of this package."""


@cache
def kinds() -> Mapping[str, EffectorKind]:
    """Every kind of effector by its name."""
    return {name: import_module(f"hil.effectors.{name}").KIND for name in OWN}
