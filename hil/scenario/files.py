"""Scenario files: finding and reading them, and the layers that they extend one another by."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from importlib import resources
from pathlib import Path
from typing import Any

from hil.scenario.messages import Layer, Reader, ScenarioError, nearest, show
from hil.schema import other_angle_unit

EXTENDS_MAX = 8


def names() -> tuple[str, ...]:
    """The packaged scenarios."""
    return tuple(sorted(p.name.removesuffix(".toml") for p in packaged().iterdir() if p.name.endswith(".toml")))


def packaged() -> Any:
    """The folder of the packaged scenarios."""
    return resources.files("hil") / "scenarios"


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


def _read(path: Path) -> dict[str, Any]:
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


def read_layers(path: Path) -> list[Layer]:
    """The file and what it extends, base first."""
    layers: list[Layer] = []
    while True:
        document = _read(path)
        name_phases(path.name, document)
        layers.insert(0, (path.name, document))
        header = document.get("scenario")
        base = header.pop("extends", None) if isinstance(header, dict) else None
        if base is None:
            return layers
        if not isinstance(base, str) or len(layers) >= EXTENDS_MAX:
            expected = f"at most {EXTENDS_MAX} files in a row" if isinstance(base, str) else "the name of a scenario"
            raise ScenarioError(f"{path.name}: scenario.extends = {show(base)}: expected {expected}")
        beside = path.parent / f"{base}.toml"
        path = beside if beside.is_file() else find(base if not base.endswith(".toml") else path.parent / base)


def name_phases(file: str, document: dict[str, Any]) -> None:
    """Turns the list `[[flight.phase]]` into a table of phases by name."""
    flight = document.get("flight")
    if not isinstance(flight, dict) or not isinstance(flight.get("phase"), list):
        return
    phases: dict[str, Any] = {}
    for at, phase in enumerate(flight["phase"]):
        name = phase.pop("name", None) if isinstance(phase, dict) else None
        if not isinstance(name, str):
            raise ScenarioError(f"{file}: flight.phase[{at}]: expected a table with a name")
        if name in phases:
            raise ScenarioError(f"{file}: flight.phase[{at}].name = {show(name)}: there are two of that name")
        phases[name] = phase
    flight["phase"] = phases


def parse_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    """The layer that `--set dotted.key=value` makes. Raises ScenarioError for what is no such assignment."""
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


def merge(base: dict[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """`top` over `base`, table by table; an angle replaces the same angle in the other unit.

    A table that says its kind is a distribution, one value.
    """
    merged = dict(base)
    for key, value in top.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict) and "kind" not in value:
            merged[key] = merge(merged[key], value)
        else:
            if key not in merged:
                merged.pop(other_angle_unit(key), None)
            merged[key] = value
    return merged


def check_phase_names(reader: Reader, base: dict[str, Any], layer: dict[str, Any], file: str) -> None:
    """A layer may override phases of its base, not bring new ones by a misspelt name."""
    known = base.get("flight", {}).get("phase", {})
    flight = layer.get("flight", {})
    phases = flight.get("phase", {}) if isinstance(flight, dict) else {}
    if known and isinstance(phases, dict):
        for name in phases:
            if name not in known:
                raise ScenarioError(f"{file}: flight.phase.{name}: no phase of that name{nearest(name, known)}")
