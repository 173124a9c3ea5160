"""What the chaser measures with. Each kind of instrument has a file of its own: row, truth model, errors and faults.

A kind is one line in `OWN`; an instrument is a row of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from gnc import flight
from hil.distributions import Quantity
from hil.instruments.rows import Fitted, InstrumentKind, Row
from hil.schema import split_unit

if TYPE_CHECKING:
    from hil.instruments.instrument import Instrument

GROUP = "proxops.instrument"
OWN = ("imu", "star", "gnss", "rgnss", "camera", "dock", "lidar", "bearing")
"""The kinds of ProxOps itself, each a module of this package."""


@cache
def kinds() -> Mapping[str, InstrumentKind]:
    """Every kind of instrument by its name: the own ones, and those of entry points `proxops.instrument`.

    Raises ValueError for an entry point that is no `InstrumentKind`, or has the name of another.
    """
    found: dict[str, InstrumentKind] = {name: import_module(f"hil.instruments.{name}").KIND for name in OWN}
    for point in entry_points(group=GROUP):
        where = f"entry point {point.name} of group {GROUP}, {point.value}"
        try:
            kind = point.load()
        except Exception as error:
            raise ValueError(f"{where}: cannot be loaded: {type(error).__name__}: {error}") from error
        if not isinstance(kind, InstrumentKind):
            raise ValueError(f"{where}: expected a hil.instruments.rows.InstrumentKind, got {type(kind).__name__}")
        if point.name in found:
            raise ValueError(f"{where}: there is a kind of instrument of that name already")
        found[point.name] = kind
    return found


def known_to_flight(kind: str) -> bool:
    """Whether the flight core has a model of a kind's measurements; of any other it takes none."""
    try:
        flight.model_fields(kinds()[kind].number)
    except ValueError:
        return False
    return True


def quantities_of(row: Row) -> tuple[Quantity, ...]:
    """What is drawn for an instrument in each run; the streams of one named after its kind have no name in them."""
    kind = kinds()[row.kind]
    prefix = "" if row.name == row.kind else f"{row.name}."
    return tuple(
        Quantity(
            field=prefix + drawn.name, stream=prefix + split_unit(drawn.name)[0],
            key=f"instrument.{row.name}.{drawn.key}", group=kind.group,
        )
        for drawn in kind.drawn
    )  # fmt: skip


def fit(fitted: Fitted) -> Instrument:
    """The truth model of one instrument of a run."""
    from hil.instruments.instrument import Instrument
    from hil.instruments.python import PythonInstrument

    made = fitted.kind.make(fitted)
    return made if isinstance(made, Instrument) else PythonInstrument(fitted, made)
