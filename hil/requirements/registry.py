"""The kinds of requirement: those shipped, one list line each, and those of installed packages."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from hil.requirements.avoidance import Avoidance
from hil.requirements.closing_rate import ClosingRate
from hil.requirements.collision import Collision
from hil.requirements.corridor import Corridor
from hil.requirements.delta_v import DeltaV
from hil.requirements.docking import Docking
from hil.requirements.duration import Duration
from hil.requirements.final_phase import FinalPhase
from hil.requirements.keep_out import KeepOut
from hil.requirements.passive_safety import PassiveSafety
from hil.requirements.row import Row

GROUP = "proxops.requirement"

SHIPPED: tuple[type[Row], ...] = (
    Docking,
    Corridor,
    ClosingRate,
    KeepOut,
    Collision,
    PassiveSafety,
    DeltaV,
    Avoidance,
    Duration,
    FinalPhase,
)


class RequirementKindError(ValueError):
    """An installed package offers a requirement kind that cannot be used."""


def name_of(kind: type[Row]) -> str:
    """The name of a kind, as a row `[[requirement]]` gives it."""
    return str(kind.__dataclass_fields__["kind"].default)


@cache
def kinds() -> dict[str, type[Row]]:
    """Every kind by its name: the shipped ones, then those of the entry points of group `proxops.requirement`.

    Raises RequirementKindError for an entry point that cannot be loaded, is no subclass of `Row` of that kind, or
    takes a name that is taken.
    """
    found = {name_of(kind): kind for kind in SHIPPED}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        said = f"requirement kind {entry.name!r} ({entry.value})"
        try:
            kind = entry.load()
        except Exception as error:
            raise RequirementKindError(f"{said}: cannot be loaded: {error}") from error
        if not (isinstance(kind, type) and issubclass(kind, Row) and "kind" in kind.__dataclass_fields__):
            raise RequirementKindError(f"{said}: expected a subclass of hil.requirements.Row with a field kind")
        if name_of(kind) != entry.name:
            raise RequirementKindError(f"{said}: its field kind is {name_of(kind)!r}: expected the entry point's name")
        if entry.name in found:
            raise RequirementKindError(f"{said}: the name is taken by {found[entry.name].__module__}")
        found[entry.name] = kind
    return found
