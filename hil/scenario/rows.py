"""Lists of tables `[[kind]]` with names, by which files merge.

When a document is read, such a list becomes a table of tables by name, in the order of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from hil.scenario.messages import ScenarioError, nearest, show
from hil.schema import other_angle_unit

# Lists of rows, and the lists that their rows have
ROWS: dict[str, tuple[str, ...]] = {
    "vehicle": ("port", "tank", "shape"),
    "instrument": (),
    "effector": (),
    "phase": (),
    "transition": (),
    "monitor": (),
    "requirement": (),
}
NEEDED_ROWS = ("vehicle", "phase")
MOUNTED = ("instrument", "effector")
# What a table says of itself by one key: given again with it, the whole table is new
WHOLE = ("kind", "mode")


def name_rows(file: str, document: dict[str, Any]) -> None:
    """Turns each list of rows of a document into a table of rows by name. Raises ScenarioError."""
    for kind, inner in ROWS.items():
        if isinstance(document.get(kind), list):
            document[kind] = _by_name(file, kind, document[kind])
        rows = document.get(kind)
        for name, row in rows.items() if isinstance(rows, dict) else ():
            for part in inner:
                if isinstance(row, dict) and isinstance(row.get(part), list):
                    row[part] = _by_name(file, f"{kind}.{name}.{part}", row[part])


def name_rows_of_vehicle(file: str, name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The table `[vehicle]` of a vehicle's own file as the rows `vehicle` of a scenario. Raises ScenarioError."""
    document: dict[str, Any] = {"vehicle": [{**table, "name": name}]}
    name_rows(file, document)
    return dict(document["vehicle"])


def _by_name(file: str, path: str, rows: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for at, row in enumerate(rows):
        if isinstance(row, dict) and path == "transition":
            row = {"name": _of_transition(row), **row}
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise ScenarioError(f"{file}: {path}[{at}]: expected a table with a name")
        name = row["name"]
        if not re.fullmatch(r"[\w-]+", name):
            raise ScenarioError(f"{file}: {path}[{at}].name = {show(name)}: expected letters, digits, - and _ only")
        if name in found:
            raise ScenarioError(f"{file}: {path}[{at}].name = {show(name)}: there are two of that name")
        found[name] = {key: value for key, value in row.items() if key != "name"}
        found[name][LISTED] = True
    return found


def _of_transition(row: Mapping[str, Any]) -> str:
    """The name of a transition that is given none: where it leads from, and what it waits for."""
    sources = row.get("from")
    said = [*(sources if isinstance(sources, list) else [sources]), row.get("event")]
    said += [row.get(key) for key in ("level", "command", "instrument")]
    return "-".join("any" if word == "*" else str(word) for word in said if isinstance(word, str | int)) or "transition"


LISTED = "\0listed"
"""Marks a row that stands in a list, which may be new; one that is only changed stands in a table by its name."""


def rows_of_text(text: str) -> dict[str, Any]:
    """The document of a scenario as flown, its rows by name: two of them differ by the keys that differ."""
    document = tomllib.loads(text)
    name_rows("", document)
    return document


def list_rows(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its rows as the lists that a file has."""
    listed = dict(document)
    for kind, inner in ROWS.items():
        if kind in listed:
            listed[kind] = [_listed(name, row, inner) for name, row in listed[kind].items()]
    return listed


def _listed(name: str, row: Mapping[str, Any], inner: tuple[str, ...]) -> dict[str, Any]:
    parts = {part: [_listed(n, r, ()) for n, r in row[part].items()] for part in inner if part in row}
    return {"name": name, **row, **parts}


def merge(base: Mapping[str, Any], layer: Mapping[str, Any], file: str) -> dict[str, Any]:
    """A document with a layer over it: rows by name, everything else key by key. Raises ScenarioError."""
    merged = merge_tables(base, {key: value for key, value in layer.items() if key not in ROWS})
    for kind, inner in ROWS.items():
        if kind in layer:
            merged[kind] = _merge_rows(base.get(kind, {}), layer[kind], inner, file, kind)
    return {key: merged[key] for key in (*base, *merged) if key in merged}


def _merge_rows(base: Any, layer: Any, inner: tuple[str, ...], file: str, path: str) -> Any:
    """Rows over rows of the same list, in order; what is neither is left for the reader to refuse."""
    if not isinstance(base, dict) or not isinstance(layer, dict):
        return layer
    merged = dict(base)
    for name, change in layer.items():
        at = f"{file}: {path}.{name}"
        if not isinstance(change, dict):
            raise ScenarioError(f"{at} = {show(change)}: expected a table")
        row = dict(change)
        listed, removed, before = row.pop(LISTED, False), row.pop("remove", False), row.pop("before", None)
        if name not in merged and (removed or not listed):
            raise ScenarioError(f"{at}: no {path.rpartition('.')[2]} of that name{nearest(name, merged)}")
        if removed:
            if removed is not True or row or before:
                raise ScenarioError(f"{at}.remove = {show(removed)}: expected true, and nothing else in its row")
            del merged[name]
            continue
        old = merged.get(name, {})
        if any(key in row and key in old and row[key] != old[key] for key in WHOLE):
            old = {}
        new = merge_tables(old, {key: value for key, value in row.items() if key not in inner})
        for part in inner:
            if part in row:
                new[part] = _merge_rows(old.get(part, {}), row[part], (), file, f"{path}.{name}.{part}")
        merged[name] = new
        if before is not None:
            merged = _placed(merged, name, before, at)
    return merged


def _placed(rows: dict[str, Any], name: str, before: Any, at: str) -> dict[str, Any]:
    others = {key: row for key, row in rows.items() if key != name}
    if not isinstance(before, str) or before not in others:
        near = nearest(before, others) if isinstance(before, str) else ""
        raise ScenarioError(f"{at}.before = {show(before)}: expected the name of another row of its list{near}")
    placed: dict[str, Any] = {}
    for key, row in others.items():
        if key == before:
            placed[name] = rows[name]
        placed[key] = row
    return placed


def merge_tables(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """`top` over `base`, table by table; an angle replaces the same angle in the other unit.

    A table that says its kind or mode, a distribution for instance, is one value.
    """
    merged = dict(base)
    for key, value in top.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict) and not any(word in value for word in WHOLE):
            merged[key] = merge_tables(merged[key], value)
        else:
            if key not in merged:
                merged.pop(other_angle_unit(key), None)
            merged[key] = value
    return merged
