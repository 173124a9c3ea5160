"""What an effector is to the harness: its row in the scenario, and its kind."""

from __future__ import annotations

from dataclasses import dataclass as plain_dataclass

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Row:
    """What every row of `[[effector]]` has. Kinds add their figures, in the units that the keys end in.

    name: unique among the effectors. kind: a key of `hil.effectors.kinds()`. vehicle: the one that it is on, the chaser
    if left out. power_string: the one that feeds it.
    """

    name: str
    kind: str
    vehicle: str = ""
    power_string: str = ""


@plain_dataclass(frozen=True)
class EffectorKind:
    """One kind of effector, as its file declares it: the model of its row, and the kinds of fault that it can have."""

    row: type[Row]
    faults: tuple[str, ...] = ()
