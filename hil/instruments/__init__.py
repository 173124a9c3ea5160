"""What the chaser measures with. Each kind of instrument has a file of its own: row, truth model, errors and faults.

A kind is one line in `OWN`; an instrument is a row of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from hil.instruments.rows import Fitted, InstrumentKind

if TYPE_CHECKING:
    from hil.instruments.instrument import Instrument

OWN = ("imu", "star", "gnss", "rgnss", "camera", "dock")
"""The kinds of ProxOps itself, each a module of this package."""


@cache
def kinds() -> Mapping[str, InstrumentKind]:
    """Every kind of instrument by its name."""
    return {name: import_module(f"hil.instruments.{name}").KIND for name in OWN}


def fit(fitted: Fitted) -> Instrument:
    """The truth model of one instrument of a run."""
    made: Instrument = fitted.kind.make(fitted)
    return made
