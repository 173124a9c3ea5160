"""Reads the definition of the interface: messages.toml and the records of the flight core."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnc import flight

HERE = Path(__file__).parent
# The core's element types, and the interface's own names for them
_ELEMENTS = {"<f8": "f64", "<f4": "f32", "<u8": "u64", "<u4": "u32", "<u2": "u16", "u1": "u8"}
SLOT_HEADER_BYTES = 10  # a measurement without its values
SPARSE_ENTRY_BYTES = 3
SIZE = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i32": 4, "f32": 4, "f64": 8, "text": 1}
PRIMARY_HEADER_BYTES, CRC_BYTES = 6, 4
# Its fields: name, bits, value.
PRIMARY_HEADER = (
    ("VERSION", 3, "packet version number, 0"),
    ("TYPE", 1, "0 telemetry (downlink), 1 telecommand (uplink)"),
    ("SEC_HDR_FLG", 1, "secondary header present, 1"),
    ("PKT_APID", 11, "application process"),
    ("SEQ_FLGS", 2, "unsegmented, 3"),
    ("SRC_SEQ_CTR", 14, "sequence count of this APID and direction"),
    ("PKT_LEN", 16, "bytes after this field, less one"),
)
SLOT_VALUES = int(flight.MEASUREMENT["z"].shape[0])


@dataclass(frozen=True)
class Field:
    """One field on the wire: element type, count (0 for a scalar), name, unit, meaning, table of values.

    Two types have no fixed size. "sparse": a u32 mask, then 24 bits for each set bit, lowest first. "slots": a u8 count
    of measurements, then each of them with the values it uses.
    """

    type: str
    count: int
    name: str
    unit: str
    meaning: str
    enum: str | None = None

    @property
    def varies(self) -> bool:
        """True when its size on the wire depends on what is in it."""
        return self.type in ("sparse", "slots")

    @property
    def size(self) -> int:
        """Bytes on the wire, at most."""
        if self.type == "sparse":
            return self.size_min + SPARSE_ENTRY_BYTES * self.count
        if self.type == "slots":
            return self.size_min + (SLOT_HEADER_BYTES + 8 * SLOT_VALUES) * self.count
        return SIZE[self.type] * max(self.count, 1)

    @property
    def size_min(self) -> int:
        """Bytes on the wire, at least."""
        return {"sparse": 4, "slots": 1}.get(self.type) or self.size


_SECONDARY_HEADER = (
    Field("u32", 0, "tick", "1", "number of the control cycle"),
    Field("u64", 0, "t_us", "us", "time of that cycle since scenario start"),
)
_SERVICE = (
    Field("u8", 0, "service", "1", "PUS service type"),
    Field("u8", 0, "subtype", "1", "PUS message subtype"),
)


@dataclass(frozen=True)
class Record:
    """A record of the flight core as it goes on the wire; its tick and time are in the packet's header."""

    name: str
    fields: tuple[Field, ...]
    reserved: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return sum(field.size for field in self.fields)


@dataclass(frozen=True)
class Message:
    """One kind of packet. Its body is what lies between primary header and CRC."""

    name: str
    uplink: bool
    apid: int
    apid_name: str
    service: int | None
    subtype: int | None
    meaning: str
    fields: tuple[Field, ...]
    records: tuple[Record, ...]

    @property
    def body(self) -> tuple[Field, ...]:
        """Every field of the body, in order."""
        services = _SERVICE if self.service is not None else ()
        return (*_SECONDARY_HEADER, *services, *self.fields, *(f for r in self.records for f in r.fields))

    @property
    def size(self) -> int:
        """Bytes of the body on the wire, at most."""
        return sum(field.size for field in self.body)

    @property
    def varies(self) -> bool:
        """True for a message whose size depends on what is in it."""
        return any(field.varies for field in self.body)

    @property
    def fixed_size(self) -> int:
        """Bytes of the fields of fixed size, which come first."""
        return sum(field.size for field in self.body if not field.varies)

    @property
    def size_min(self) -> int:
        """Bytes of the body on the wire, at least: the same as `size` but for the one message that varies."""
        return sum(field.size_min for field in self.body)

    @property
    def wire_bytes_max(self) -> int:
        """Bytes of a whole frame with both delimiters: COBS adds one byte in 254."""
        packet = PRIMARY_HEADER_BYTES + self.size + CRC_BYTES
        return packet + packet // 254 + 1 + 2


@dataclass(frozen=True)
class Definition:
    """The whole interface."""

    link: dict[str, Any]
    apids: dict[str, int]
    enums: dict[str, dict[str, tuple[int, str]]]
    messages: tuple[Message, ...]
    params: Record
    hash: int

    @property
    def packet_bytes_max(self) -> int:
        """Bytes of the largest packet, primary header and CRC-32 included."""
        return PRIMARY_HEADER_BYTES + max(message.size for message in self.messages) + CRC_BYTES

    def message(self, name: str) -> Message:
        """The message of that name; KeyError if there is none."""
        return {message.name: message for message in self.messages}[name]


def _field(type_: str, name: str, unit: str, meaning: str) -> Field:
    if type_.startswith("enum:"):
        return Field("u8", 0, name, unit, meaning, type_.removeprefix("enum:"))
    found = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", type_)
    if found is None or found[1] not in SIZE:
        raise ValueError(f"field {name}: type {type_!r}: expected one of {', '.join(SIZE)}, perhaps with [count]")
    return Field(found[1], int(found[2] or 0), name, unit, meaning)


def _record(name: str) -> Record:
    carried, reserved = [], []
    for f in flight.fields(name):
        if "reserved" in f.name:
            reserved.append((f.name, f.count))
        elif f.name == "slot_count":
            continue  # on the wire the slots say how many they are
        elif f.name == "slot":
            carried.append(Field("slots", f.count, f.name, f.unit, f.meaning))
        elif f.name == "thruster_applied_us":
            carried.append(Field("sparse", f.count, f.name, f.unit, f.meaning))
        elif f.name not in ("tick", "t_us"):
            carried.append(Field(_ELEMENTS[f.type], f.count, f.name, f.unit, f.meaning))
    carried.sort(
        key=lambda field: ("sparse", "slots").index(field.type) + 1 if field.varies else 0
    )  # fixed sizes first
    return Record(name, tuple(carried), tuple(reserved))


def _canonical(definition: dict[str, Any], records: tuple[Record, ...]) -> bytes:
    """What two computers must agree on: everything but the prose."""
    enums = {name: {key: value[0] for key, value in table.items()} for name, table in definition["enum"].items()}
    messages = [
        {key: value for key, value in message.items() if key != "meaning"}
        | {"fields": [field[:3] for field in message["fields"]]}
        for message in definition["message"]
    ]
    layouts = {r.name: [(f.type, f.count, f.name, f.unit) for f in r.fields] for r in records}
    whole = {
        "link": definition["link"],
        "apid": definition["apid"],
        "enum": enums,
        "message": messages,
        "record": layouts,
    }
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


def load(path: Path = HERE / "messages.toml") -> Definition:
    """Reads the definition. Raises ValueError or KeyError when it contradicts itself."""
    read = tomllib.loads(path.read_text())
    records = {name: _record(name) for name in ("sensors", "command", "telemetry", "params")}
    messages = tuple(
        Message(
            name=m["name"],
            uplink={"uplink": True, "downlink": False}[m["direction"]],
            apid=read["apid"][m["apid"]],
            apid_name=m["apid"],
            service=m.get("service"),
            subtype=m.get("subtype"),
            meaning=m["meaning"],
            fields=tuple(_field(*field) for field in m["fields"]),
            records=tuple(records[name] for name in m.get("record", ())),
        )
        for m in read["message"]
    )
    for message in messages:
        for field in message.fields:
            if field.enum is not None and field.enum not in read["enum"]:
                raise ValueError(f"message {message.name}, field {field.name}: no table of values {field.enum!r}")
        if len({field.name for field in message.body}) != len(message.body):
            raise ValueError(f"message {message.name}: two fields have the same name")
    keys = [(m.uplink, m.apid, m.service, m.subtype) for m in messages]
    if len(set(keys)) != len(keys):
        raise ValueError(f"{path}: two messages have the same direction, APID, service and subtype")
    return Definition(
        link=read["link"],
        apids=read["apid"],
        enums={name: {k: (v[0], v[1]) for k, v in table.items()} for name, table in read["enum"].items()},
        messages=messages,
        params=records["params"],
        hash=int.from_bytes(hashlib.sha256(_canonical(read, tuple(records.values()))).digest()[:8], "big"),
    )
