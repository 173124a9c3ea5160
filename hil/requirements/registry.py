"""The kinds of requirement: those of the modules here, and those of installed packages."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules

from hil.requirements.row import Row

GROUP = "proxops.requirement"


class RequirementKindError(ValueError):
    """An installed package offers a requirement kind that cannot be used."""

    exit_status = 2


def name_of(kind: type[Row]) -> str:
    """The name of a kind, as a row `[[requirement]]` gives it."""
    return str(kind.__dataclass_fields__["kind"].default)


def _is_kind(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, Row) and "kind" in found.__dataclass_fields__


@cache
def shipped() -> tuple[type[Row], ...]:
    """The kinds of the modules in `hil/requirements`, found without a list."""
    modules = [import_module(f"{__package__}.{each.name}") for each in iter_modules([str(Path(__file__).parent)])]
    return tuple(
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, _is_kind)
        if kind.__module__ == module.__name__
    )


@cache
def kinds() -> dict[str, type[Row]]:
    """Every kind by its name: the shipped ones, then those of the entry points of group `proxops.requirement`.

    Raises RequirementKindError for an entry point that cannot be loaded, is not a subclass of `Row` of that kind, or
    has a name that is in use.
    """
    found = {name_of(kind): kind for kind in shipped()}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        said = f"requirement kind {entry.name!r} ({entry.value})"
        try:
            kind = entry.load()
        except Exception as error:
            raise RequirementKindError(f"{said}: cannot be loaded: {error}") from error
        if not _is_kind(kind):
            raise RequirementKindError(f"{said}: expected a subclass of hil.requirements.Row with a field kind")
        if name_of(kind) != entry.name:
            raise RequirementKindError(f"{said}: its field kind is {name_of(kind)!r}: expected the entry point's name")
        if entry.name in found:
            raise RequirementKindError(f"{said}: the name is taken by {found[entry.name].__module__}")
        found[entry.name] = kind
    return found
