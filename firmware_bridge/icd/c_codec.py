"""The C codec as its templates see it: each message's struct, and the calls that write and read its body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import dropwhile

from firmware_bridge.icd.definition import Definition, Field, Message, Record

TYPE = {
    "u8": "uint8_t",
    "u16": "uint16_t",
    "u32": "uint32_t",
    "u64": "uint64_t",
    "i32": "int32_t",
    "f32": "float",
    "f64": "double",
    "text": "char",
}
RECORD = {
    "sensors": "sensor_frame_t",
    "command": "command_t",
    "telemetry": "telemetry_t",
    "params": "flight_params_t",
}
# Helpers that others are made of.
BASE = frozenset({"u8", "u16", "u32", "u64", "f64", "f64s"})


@dataclass(frozen=True)
class Call:
    """One call of put_HELPER or get_HELPER: the member it is of, and its count where it has one.

    fixed: the value is the message's own, as its service is; it is written, and skipped when it is read.
    """

    helper: str
    member: str
    count: int = 0
    fixed: bool = False

    @property
    def address(self) -> str:
        """The member as get_HELPER takes it."""
        return self.member if self.count or self.helper == "slots" else f"&{self.member}"

    @classmethod
    def of(cls, field: Field, owner: str) -> Call:
        """The call of a field; owner: the expression that leads to it, as "m->"."""
        if field.type == "slots":
            return cls("slots", owner.removesuffix("->"))
        array = field.count > 0 and field.type not in ("sparse", "text")
        return cls(f"{field.type}s" if array else field.type, owner + field.name, field.count)


@dataclass(frozen=True)
class Part:
    """A record of the core within a message: the expression that leads to its members, and what is not on the wire."""

    owner: str
    reserved: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Codec:
    """The codec of one message."""

    message: Message

    @property
    def has_struct(self) -> bool:
        """False for a message that is nothing but a record of the core."""
        return not self.message.records or bool(self.message.fields)

    @property
    def struct(self) -> str:
        """The type that the codec takes."""
        return f"icd_{self.message.name}_t" if self.has_struct else RECORD[self.message.records[0].name]

    @property
    def own_fields(self) -> list[Field]:
        """The members of the message's own struct."""
        if self.message.records:
            return list(self.message.fields)
        fixed = {"service"} | ({"subtype"} if self.message.subtype is not None else set())
        return [field for field in self.message.body if field.name not in fixed]

    @property
    def parts(self) -> list[Part]:
        """The records of the message."""
        return [Part(f"m->{r.name}." if self.has_struct else "m->", r.reserved) for r in self.message.records]

    @property
    def header(self) -> str:
        """The expression that leads to tick and t_us."""
        return self.parts[0].owner if self.parts else "m->"

    @property
    def puts(self) -> list[Call]:
        """Every call that writes the body, in order."""
        m = self.message
        calls = [Call("u32", f"{self.header}tick"), Call("u64", f"{self.header}t_us")]
        if m.service is not None:
            calls.append(Call("u8", str(m.service), fixed=True))
            calls.append(Call("u8", "m->subtype") if m.subtype is None else Call("u8", str(m.subtype), fixed=True))
        calls += [Call.of(field, "m->") for field in m.fields]
        for record, part in zip(m.records, self.parts, strict=True):
            calls += [Call.of(field, part.owner) for field in record.fields]
        return calls

    @property
    def gets(self) -> list[Call]:
        """Every call that reads the body, in order: up to the last that reads something."""
        return list(dropwhile(lambda call: call.fixed, self.puts[::-1]))[::-1]


@dataclass(frozen=True)
class ParameterCodec:
    """The codec of the parameter record."""

    record: Record

    @property
    def parts(self) -> list[Part]:
        """The record itself."""
        return [Part("m->", self.record.reserved)]

    @property
    def puts(self) -> list[Call]:
        """Every call that writes or reads the record, in order."""
        return [Call.of(field, "m->") for field in self.record.fields]


def helpers(calls: Iterable[Call]) -> set[str]:
    """The helpers that the codec needs, and those that they are made of."""
    helpers = {call.helper for call in calls}
    return {*BASE, *helpers, *(helper.removesuffix("s") for helper in helpers if helper.endswith("s"))}


def view(d: Definition) -> dict[str, object]:
    """What the templates of header and source read."""
    codecs, parameters = [Codec(message) for message in d.messages], ParameterCodec(d.params)
    return {
        "c_type": TYPE,
        "c_record": RECORD,
        "codecs": codecs,
        "parameters": parameters,
        "helpers": helpers(call for calls in (*(codec.puts for codec in codecs), parameters.puts) for call in calls),
    }
