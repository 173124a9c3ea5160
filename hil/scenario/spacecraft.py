"""Vehicles and what is mounted on them: from the rows of a document to their models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from hil import effectors, instruments
from hil.orbits import settled
from hil.scenario.files import file_beside
from hil.scenario.messages import Reader, nearest
from hil.scenario.schema.header import Header
from hil.scenario.schema.shapes import SHAPES
from hil.scenario.schema.vehicle import Port, Tank, Vehicle
from hil.scenario.sections import read_rows, section
from hil.scenario.views import first


@dataclass(frozen=True)
class Spacecraft:
    """The rows of the vehicles, and of what is mounted on them, by name."""

    vehicles: dict[str, Vehicle]
    instruments: dict[str, Any]
    effectors: dict[str, Any]


def read_spacecraft(reader: Reader, document: Mapping[str, Any]) -> Spacecraft:
    """Every `[[vehicle]]`, `[[instrument]]` and `[[effector]]`. Raises ScenarioError."""
    rows = document["vehicle"]
    if not isinstance(rows, dict):
        raise reader.fail("vehicle", rows, "expected a list of tables, [[vehicle]]")
    vehicles = {name: _vehicle(reader, name, row) for name, row in rows.items()}
    models = {name: kind.row for name, kind in instruments.kinds().items()}
    actors = {name: kind.row for name, kind in effectors.kinds().items()}
    mounted = {
        "instrument": read_rows(reader, models, _without_beliefs(document.get("instrument", {})), "instrument"),
        "effector": read_rows(reader, actors, document.get("effector", {}), "effector"),
    }
    for kind, found in mounted.items():
        for name, row in found.items():
            if row.vehicle and row.vehicle not in vehicles:
                expected = f"expected the name of a vehicle{nearest(row.vehicle, vehicles)}"
                raise reader.fail(f"{kind}.{name}.vehicle", row.vehicle, expected)
    return Spacecraft(vehicles, mounted["instrument"], mounted["effector"])


def settle_orbits(reader: Reader, document: dict[str, Any], header: Header, path: str) -> None:
    """Elements of SGP4 in a document as the state that they give at the epoch, which the scenario as flown has."""
    for name, row in document["vehicle"].items():
        orbit = row.get("orbit") if isinstance(row, dict) else None
        if isinstance(orbit, dict) and orbit.get("kind") in ("tle", "omm"):
            try:
                row["orbit"] = settled(orbit, lambda file: file_beside(path, file), header.epoch)
            except ValueError as error:
                raise reader.fail(f"vehicle.{name}.orbit", MISSING, str(error)) from None


def _without_beliefs(rows: Any) -> Any:
    """Instruments without `[instrument.flight]`, which are parameters of the core."""
    if not isinstance(rows, dict):
        return rows
    return {n: {k: v for k, v in r.items() if k != "flight"} if isinstance(r, dict) else r for n, r in rows.items()}


def _vehicle(reader: Reader, name: str, row: Any) -> Vehicle:
    path = f"vehicle.{name}"
    if not isinstance(row, dict):
        raise reader.fail(path, row, "expected a table")
    parts = {
        "ports": read_rows(reader, Port, row.get("port", {}), f"{path}.port"),
        "tanks": read_rows(reader, Tank, row.get("tank", {}), f"{path}.tank"),
        "shapes": read_rows(reader, SHAPES, row.get("shape", {}), f"{path}.shape"),
    }
    table = {key: value for key, value in row.items() if key not in ("port", "tank", "shape")}
    given = {key: tuple(rows.values()) for key, rows in parts.items()}
    vehicle: Vehicle = section(reader, Vehicle, table, path, name=name, **given)
    return vehicle


def check_roles(reader: Reader, header: Header, rows: Spacecraft) -> None:
    """`[scenario]` names two vehicles, and ports of theirs; the chaser has thrusters. Raises ScenarioError."""
    for role in ("chaser", "target"):
        name = getattr(header, role)
        if name not in rows.vehicles:
            expected = f"expected the name of a vehicle: {', '.join(rows.vehicles)}"
            raise reader.fail(f"scenario.{role}", name, expected)
        ports, port = rows.vehicles[name].ports, getattr(header, f"{role}_port")
        if port and port not in (each.name for each in ports):
            expected = f"expected a port of {name}: {', '.join(each.name for each in ports)}"
            raise reader.fail(f"scenario.{role}_port", port, expected)
    if header.chaser == header.target:
        raise reader.fail("scenario.target", header.target, "expected another vehicle than the chaser")
    mine = [row for row in rows.effectors.values() if row.vehicle in ("", header.chaser)]
    if first(mine, "thrusters") is None:
        raise reader.fail("effector", MISSING, f'expected thrusters on the chaser, {header.chaser}: kind = "thrusters"')
