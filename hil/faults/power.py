"""What a power string feeds, and what its failure does to each of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from hil.effectors.faults import Fault as EffectorFault
from hil.effectors.rows import Row as EffectorRow
from hil.faults.rows import PowerFault
from hil.faults.timing import TIMES
from hil.instruments.faults import Fault
from hil.instruments.rows import Row


def strings(instruments: Iterable[Row], effectors: Iterable[EffectorRow]) -> tuple[str, ...]:
    """The power strings of a vehicle, in the order of its rows."""
    found: dict[str, None] = {}
    rows: tuple[Row | EffectorRow, ...] = (*instruments, *effectors)
    for row in rows:
        for name in (row.power_string, *getattr(row, "power_strings", ())):
            if name:
                found[name] = None
    return tuple(found)


def off(fault: PowerFault, instruments: Iterable[Row], effectors: Iterable[EffectorRow]) -> tuple[
    tuple[Fault, ...], tuple[EffectorFault, ...]
]:  # fmt: skip
    """The faults of single instruments and effectors that a failed power string is.

    An instrument is silent, a thruster's valve stays shut, and a docking mechanism neither captures nor lets go.
    """
    when: dict[str, Any] = {key: value for key, value in asdict(fault).items() if key in TIMES}
    silent = tuple(
        Fault(instrument=row.name, kind="dropout", **when)
        for row in instruments
        if row.power_string == fault.power_string
    )
    dead: list[EffectorFault] = []
    for row in effectors:
        fed: tuple[str, ...] = getattr(row, "power_strings", ())
        shut = [at for at, name in enumerate(fed) if name == fault.power_string]
        dead += [EffectorFault(effector=row.name, kind="stuck_off", thruster=at, **when) for at in shut]
        if row.power_string == fault.power_string:
            kinds = ("stuck_off",) if hasattr(row, "position_m") else ("no_capture", "no_release")
            dead += [EffectorFault(effector=row.name, kind=kind, **when) for kind in kinds]
    return silent, tuple(dead)
