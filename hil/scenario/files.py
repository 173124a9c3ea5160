"""Scenario files: search, reading, and the layers of files that extend one another."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from importlib import resources
from pathlib import Path
from typing import Any

from hil.scenario.messages import Layer, ScenarioError, nearest, show
from hil.scenario.rows import LISTED, MOUNTED, merge, name_rows, name_rows_of_vehicle

SCHEMA = 2
EXTENDS_MAX = 8


def names() -> tuple[str, ...]:
    """The packaged scenarios."""
    return tuple(sorted(p.name.removesuffix(".toml") for p in packaged().iterdir() if p.name.endswith(".toml")))


def packaged() -> Any:
    """The folder of the packaged scenarios."""
    return resources.files("hil") / "missions"


def find(name: str | Path) -> Path:
    """The file of a packaged scenario's name, or at a path. Raises ScenarioError when there is none."""
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if not path.is_file():
            raise ScenarioError(f"{path}: no such scenario file")
        return path
    if str(name) not in names():
        near = nearest(str(name), names())
        raise ScenarioError(f"{name}: no scenario of that name{near or '; there are ' + ', '.join(names())}")
    return Path(str(packaged() / f"{name}.toml"))


def file_beside(path: str, name: str) -> Path:
    """Path of a file that a scenario refers to: beside the scenario, else among the packaged files."""
    beside = Path(path).parent / name
    return beside if beside.is_file() else Path(str(packaged() / name))


def read_toml(text: str) -> dict[str, Any]:
    """A document of TOML. Raises tomllib.TOMLDecodeError for whatever the parser refuses, depth and digits included."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except ValueError as error:  # more digits than Python reads
        raise tomllib.TOMLDecodeError(str(error).partition(":")[0]) from None


def read_file(path: Path) -> dict[str, Any]:
    """The document of a file, as it is. Raises ScenarioError."""
    try:
        document = read_toml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: not valid TOML: {error}") from None
    header = document.get("scenario")
    if isinstance(header, dict) and isinstance(header.get("epoch_utc"), datetime):
        header["epoch_utc"] = header["epoch_utc"].isoformat()  # a TOML date-time is as good as a text
    return document


def schema_of(text: str) -> Any:
    """The schema of a scenario as flown; 1 if it states none."""
    try:
        return read_toml(text).get("schema", 1)
    except tomllib.TOMLDecodeError:
        return SCHEMA


def settle(file: str, document: dict[str, Any], whole: str | Path | None = None) -> dict[str, Any]:
    """A document of schema 2 with its rows by name. Raises ScenarioError, with advice for one of schema 1.

    whole: what the document is called in the advice.
    """
    schema = document.pop("schema", 1 if "scenario" in document else SCHEMA)
    if schema == 1 and not isinstance(schema, bool):
        advice = f"`proxops migrate {whole or file}` converts it"
        raise ScenarioError(f"{file}: schema = 1: expected a file with schema = {SCHEMA} at its top; {advice}")
    if schema != SCHEMA or isinstance(schema, bool):
        raise ScenarioError(f"{file}: schema = {show(schema)}: expected {SCHEMA}")
    name_rows(file, document)
    return document


def read_layers(path: Path) -> list[Layer]:
    """The file and what it extends, base first."""
    layers: list[Layer] = []
    while True:
        document = settle(path.name, read_file(path), path)
        layers.insert(0, Layer(path.name, document, path.parent))
        header = document.get("scenario")
        base = header.pop("extends", None) if isinstance(header, dict) else None
        if base is None:
            return layers
        if len(layers) >= EXTENDS_MAX:
            expected = f"expected at most {EXTENDS_MAX} files in a row"
            raise ScenarioError(f"{path.name}: scenario.extends = {show(base)}: {expected}")
        path = base_of(path, base)


def base_of(path: Path, extends: Any) -> Path:
    """The file that a file extends: beside it, or packaged. Raises ScenarioError."""
    if not isinstance(extends, str):
        raise ScenarioError(f"{path.name}: scenario.extends = {show(extends)}: expected the name of a scenario")
    beside = path.parent / f"{extends}.toml"
    return beside if beside.is_file() else find(path.parent / extends if extends.endswith(".toml") else extends)


def merged(layers: list[Layer]) -> tuple[dict[str, Any], list[Layer]]:
    """All layers as one document, and the layers with those of the vehicles' own files among them, base first."""
    document: dict[str, Any] = {}
    every: list[Layer] = []
    for layer in layers:
        under = [_vehicle_layer(layer, name, row) for name, row in _vehicles(layer) if "file" in row]
        for vehicle in under:
            (name,) = vehicle.document["vehicle"]
            document = _without(document, name)
        for each in (*under, layer):
            document = merge(document, each.document, each.file)
            every.append(each)
    return document, every


def _vehicles(layer: Layer) -> list[tuple[str, dict[str, Any]]]:
    rows = layer.document.get("vehicle")
    return [(n, row) for n, row in rows.items() if isinstance(row, dict)] if isinstance(rows, dict) else []


def _without(document: dict[str, Any], vehicle: str) -> dict[str, Any]:
    """The document without a vehicle and what is mounted on it."""
    kept = dict(document)
    if vehicle in document.get("vehicle", {}):
        kept["vehicle"] = {name: row for name, row in document["vehicle"].items() if name != vehicle}
        for kind in MOUNTED:
            rows = document.get(kind, {})
            kept[kind] = {name: row for name, row in rows.items() if row.get("vehicle") != vehicle}
    return kept


def _vehicle_layer(layer: Layer, name: str, row: dict[str, Any]) -> Layer:
    """What the file that a row `[[vehicle]]` names has of the vehicle, and of what is mounted on it."""
    given = row.pop("file")
    path = _vehicle_path(layer, name, given)
    document = settle(path.name, read_file(path), path)
    for key in document:
        if key not in ("vehicle", *MOUNTED):
            expected = f"expected [vehicle], {', '.join(f'[[{kind}]]' for kind in MOUNTED)} in the file of a vehicle"
            raise ScenarioError(f"{path.name}: {key}: {expected}")
    table = document.get("vehicle")
    if not isinstance(table, dict) or LISTED in table:
        raise ScenarioError(f"{path.name}: vehicle: expected a table [vehicle]")
    rows: dict[str, Any] = {"vehicle": name_rows_of_vehicle(path.name, name, table)}
    for kind in MOUNTED:
        mounted = document.get(kind, {})
        if isinstance(mounted, dict):
            rows[kind] = {key: {**each, "vehicle": name} for key, each in mounted.items() if isinstance(each, dict)}
    return Layer(path.name, rows, path.parent)


def _vehicle_path(layer: Layer, name: str, given: Any) -> Path:
    at = f"{layer.file}: vehicle.{name}.file = {show(given)}"
    if not isinstance(given, str) or not given:
        raise ScenarioError(f"{at}: expected the name of a vehicle's file")
    beside = layer.folder / (given if given.endswith(".toml") else f"{given}.toml")
    if beside.is_file():
        return beside
    folder = Path(str(resources.files("hil") / "vehicles"))
    shipped = sorted(path.stem for path in folder.glob("*.toml"))
    if given not in shipped:
        near = nearest(given, shipped) or f"; there are {', '.join(shipped)}"
        raise ScenarioError(f"{at}: expected a file beside the scenario, or a packaged vehicle{near}")
    return folder / f"{given}.toml"


def parse_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    """The layer of `--set dotted.key=value`. Raises ScenarioError for an invalid assignment."""
    document: dict[str, Any] = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise ScenarioError(f"--set {override}: expected key=value, for instance plant.step_s=0.05")
        try:
            value = read_toml(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        if isinstance(value, date | time):
            value = value.isoformat() if isinstance(value, datetime) else text.strip()  # times are texts in a scenario
        table = document
        for part in parts[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ScenarioError(f"--set {override}: {part} is not a table")
        table[parts[-1]] = value
    return document
