"""One validated and frozen scenario."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT, BoardFault, LinkFaults
from hil import effectors
from hil.effectors.rows import Row as EffectorRow
from hil.instruments import kinds
from hil.instruments.rows import Row
from hil.scenario import files
from hil.scenario.consistency import check_consistency
from hil.scenario.files import (
    check_phase_names,
    find,
    merge,
    name_phases,
    packaged,
    parse_overrides,
    read_layers,
    read_toml,
)
from hil.scenario.messages import Layer, Reader, ScenarioError
from hil.scenario.parameters import read_flight
from hil.scenario.schema.dispersions import Dispersions
from hil.scenario.schema.events import Fault, Telecommand
from hil.scenario.schema.header import Header
from hil.scenario.schema.plant import Plant
from hil.scenario.schema.requirements import Requirements
from hil.scenario.schema.sensors import Sensors
from hil.scenario.schema.vehicles import Chaser, Contact, Initial, Target
from hil.scenario.sections import hints_of, is_required, read_list, section


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Scenario:
    """One validated scenario. `document` is the merged file as flown, `source` and `path` where it is from."""

    scenario: Header
    plant: Plant
    target: Target
    chaser: Chaser
    sensors: Sensors
    dispersions: Dispersions
    initial: Initial
    contact: Contact
    requirements: Requirements
    link_faults: LinkFaults = LinkFaults()
    board_faults: tuple[BoardFault, ...] = ()
    faults: tuple[Fault, ...] = ()
    telecommands: tuple[Telecommand, ...] = ()
    flight: Any
    document: Any
    source: str
    path: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @classmethod
    def load(cls, name: str | Path, overrides: Iterable[str] = ()) -> Scenario:
        """The packaged scenario of that name, or the file at that path.

        overrides: "dotted.key=value" with the value written as in the file, e.g.
        "dispersions.mass_ratio=0.0" or "flight.phase.s3.duration_s=600.0".
        Raises ScenarioError with one line that names file, key, value and what was expected.
        """
        path = find(name)
        layers = read_layers(path)
        layers.append(("--set", parse_overrides(overrides)))
        return _build(layers, str(path))

    @staticmethod
    def names() -> tuple[str, ...]:
        """The packaged scenarios."""
        return files.names()

    @property
    def instruments(self) -> tuple[Row, ...]:
        """The chaser's instruments; their order is that of the flight's table of instruments."""
        return self.sensors.rows(self.target.gnss_antenna_tbody_m)

    @property
    def effectors(self) -> tuple[EffectorRow, ...]:
        """The chaser's effectors."""
        kinds, t, c = effectors.kinds(), self.chaser.thrusters, self.contact
        thrusters = {field.name: getattr(t, field.name) for field in fields(t)}
        mechanism = {field.name: getattr(c, field.name) for field in fields(c)}
        return (
            kinds["thrusters"].row(name="thrusters", kind="thrusters", **thrusters),
            kinds["docking_mechanism"].row(name="mechanism", kind="docking_mechanism", **mechanism),
        )

    @property
    def instrument_kinds(self) -> dict[str, int]:
        """The kind of each instrument by its name, `gnc.flight.Kind`, in the order of their numbers."""
        return {row.name: int(kinds()[row.kind].number) for row in self.instruments}

    @property
    def folder(self) -> Path:
        """Where the files that the scenario names are looked for: beside it, else among the packaged ones."""
        beside = Path(self.path).parent
        return beside if (beside / self.target.ephemeris).is_file() else Path(str(packaged()))

    @classmethod
    def parse(cls, text: str, source: str, overrides: Iterable[str] = ()) -> Scenario:
        """A scenario from its text, e.g. the one in a log; errors name it `source`."""
        try:
            document = read_toml(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(f"{source}: not valid TOML: {error}") from None
        name_phases(source, document)
        return _build([(source, document), ("--set", parse_overrides(overrides))], str(packaged() / source))

    def to_toml(self) -> str:
        """The scenario as flown, one self-contained file."""
        import tomli_w

        document = dict(self.document)
        flight = dict(document["flight"])
        flight["phase"] = [{"name": name, **table} for name, table in flight["phase"].items()]
        return tomli_w.dumps(document | {"flight": flight})


def _build(layers: list[Layer], path: str) -> Scenario:
    document: dict[str, Any] = {}
    reader = Reader(layers)
    sections = {name: hint for name, hint in hints_of(Scenario).items() if is_dataclass(hint)}
    others = ("flight", "fault", "board_fault", "telecommand")
    for file, layer in layers:
        check_phase_names(reader, document, layer, file)
        document = merge(document, layer)
    for key, value in document.items():
        if key not in sections and key not in others:
            raise reader.unknown(key, [*sections, *others], value if not isinstance(value, dict) else MISSING)
    for key in (*(name for name, cls in sections.items() if any(map(is_required, fields(cls)))), "flight"):
        if key not in document:
            raise reader.fail(key, MISSING, "missing table")
    parts = {name: section(reader, cls, document.get(name, {}), name) for name, cls in sections.items()}
    table = read_flight(reader, document["flight"])
    scenario = Scenario(
        **parts,
        faults=tuple(read_list(reader, Fault, "fault", document.get("fault", []))),
        board_faults=tuple(read_list(reader, BoardFault, "board_fault", document.get("board_fault", []))),
        telecommands=tuple(read_list(reader, Telecommand, "telecommand", document.get("telecommand", []))),
        flight=table,
        document=MappingProxyType(document),
        source=layers[-2][0],
        path=path,
    )
    check_consistency(reader, scenario)
    return scenario


def says_scenario(path: Path) -> bool:
    """Whether a file says that it is a scenario, right or wrong.

    It has a table [scenario], or another table of a scenario with a key of that table; if it is not TOML, a line
    that opens [scenario]. Raises OSError when it cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError:
        return re.search(r"^[ \t]*\[[ \t]*scenario\b", text, re.MULTILINE) is not None
    if isinstance(document.get("scenario"), dict):
        return True
    tables = ((cls, document.get(name)) for name, cls in hints_of(Scenario).items() if is_dataclass(cls))
    return any(
        isinstance(table, dict) and not table.keys().isdisjoint(f.name for f in fields(cls)) for cls, table in tables
    )
