"""The XTCE description of the interface."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as Xml

from firmware_bridge.icd.definition import CRC_BYTES, PRIMARY_HEADER, SIZE, Definition, Field, Message

XTCE = "http://www.omg.org/spec/XTCE/20180204"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclasses.dataclass(frozen=True)
class _Sets:
    """The description's sets as they fill, and the names of the types that are in theirs already."""

    definition: Definition
    types: Xml.Element
    parameters: Xml.Element
    containers: Xml.Element
    known: set[str] = dataclasses.field(default_factory=set)


def xtce(d: Definition, made: str) -> str:
    """The XTCE text. `made` says where it comes from.

    Flat: one container for the headers, one for each message, arrays as one parameter an element.
    """
    Xml.register_namespace("xtce", XTCE)
    Xml.register_namespace("xsi", XSI)
    system = _element(None, "SpaceSystem", name=d.link["name"], shortDescription=made)
    system.set(f"{{{XSI}}}schemaLocation", f"{XTCE} https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd")
    _element(
        system, "Header", version=f"{d.link['version']}-{d.hash:016X}", date="2025-01-01", validationStatus="Working"
    )
    telemetry = _element(system, "TelemetryMetaData")
    types, parameters, containers = (
        _element(telemetry, name) for name in ("ParameterTypeSet", "ParameterSet", "ContainerSet")
    )
    s = _Sets(d, types, parameters, containers)
    _headers(s)
    for m in d.messages:
        _message(s, m)
    Xml.indent(system)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(system, encoding="unicode") + "\n"


def _headers(s: _Sets) -> None:
    """The containers of what every packet, and every packet of the services, begins with."""
    header = _element(s.containers, "SequenceContainer", name="CCSDSPacket", abstract="true")
    entries = _element(header, "EntryList")
    for name, bits, meaning in PRIMARY_HEADER:
        _parameter(s, name, _integer(s, bits, "1"), meaning)
        _element(entries, "ParameterRefEntry", parameterRef=name)
    for field in s.definition.messages[0].body[:2]:
        _parameter(s, field.name.upper(), _type(s, field), field.meaning)
        _element(entries, "ParameterRefEntry", parameterRef=field.name.upper())
    crc = "CRC-32 of all of the packet before it, as zlib's"
    _parameter(s, "CRC", _integer(s, 32, "1"), crc)
    services = _element(s.containers, "SequenceContainer", name="Services", abstract="true")
    _body(s, services, s.definition.message("ping").body[2:4], "")
    _base(services, "CCSDSPacket", PKT_APID=s.definition.apids["services"])


def _message(s: _Sets, m: Message) -> None:
    container = _element(s.containers, "SequenceContainer", name=m.name.upper(), shortDescription=m.meaning)
    fields = m.body[2:] if m.service is None else m.body[4:]
    entries = _body(s, container, fields, f"{m.name.upper()}_")
    if m.varies:
        _tail(s, entries, m)
    _element(entries, "ParameterRefEntry", parameterRef="CRC")
    criteria = {"TYPE": int(m.uplink), "PKT_APID": m.apid}
    if m.service is not None:
        criteria["SERVICE"] = m.service
    if m.subtype is not None:
        criteria["SUBTYPE"] = m.subtype
    _base(container, "CCSDSPacket" if m.service is None else "Services", **criteria)


def _element(parent: Xml.Element | None, tag: str, **attributes: str) -> Xml.Element:
    name = f"{{{XTCE}}}{tag}"
    return Xml.Element(name, attributes) if parent is None else Xml.SubElement(parent, name, attributes)


def _parameter(s: _Sets, name: str, kind: str, meaning: str) -> None:
    _element(s.parameters, "Parameter", name=name, parameterTypeRef=kind, shortDescription=meaning)


def _body(s: _Sets, container: Xml.Element, fields: tuple[Field, ...], prefix: str) -> Xml.Element:
    entries = _element(container, "EntryList")
    for field in fields:
        if field.varies:
            continue
        name = prefix + field.name if prefix else field.name.upper()
        whole = not field.count or field.type == "text"
        for element in [name] if whole else [f"{name}_{i}" for i in range(field.count)]:
            _parameter(s, element, _type(s, field), field.meaning)
            _element(entries, "ParameterRefEntry", parameterRef=element)
    return entries


def _tail(s: _Sets, entries: Xml.Element, m: Message) -> None:
    """The fields whose size varies, as the bytes that the packet's length leaves for them."""
    kind = f"{m.name}_tail"
    size = _element(_element(_element(s.types, "BinaryParameterType", name=kind), "BinaryDataEncoding"), "SizeInBits")
    dynamic = _element(size, "DynamicValue")
    _element(dynamic, "ParameterInstanceRef", parameterRef="PKT_LEN", useCalibratedValue="false")
    _element(dynamic, "LinearAdjustment", slope="8", intercept=str(8 * (1 - m.fixed_size - CRC_BYTES)))
    names = ", then ".join(field.name for field in m.body if field.varies)
    _parameter(s, f"{m.name.upper()}_tail", kind, f"{names}: see the interface control document")
    _element(entries, "ParameterRefEntry", parameterRef=f"{m.name.upper()}_tail")


def _base(container: Xml.Element, base: str, **criteria: int) -> None:
    element = _element(container, "BaseContainer", containerRef=base)
    restricted = _element(_element(element, "RestrictionCriteria"), "ComparisonList")
    for name, value in criteria.items():
        _element(restricted, "Comparison", parameterRef=name, value=str(value))


def _type(s: _Sets, field: Field) -> str:
    if field.enum:
        return _enum(s, field.enum, s.definition.enums[field.enum])
    if field.type == "text":
        return _text(s, field.count)
    if field.type[0] == "f":
        return _float(s, 8 * SIZE[field.type], field.unit)
    return _integer(s, 8 * SIZE[field.type], field.unit, signed=field.type[0] == "i")


def _name(kind: str, unit: str) -> str:
    return kind + (
        "" if unit == "1" else "_" + unit.replace("/", "p").replace("^", "").replace(".", "").replace(" ", "")
    )


def _begin(s: _Sets, name: str, tag: str, unit: str, **more: str) -> Xml.Element | None:
    if name in s.known:
        return None
    s.known.add(name)
    kind = _element(s.types, tag, name=name, **more)
    units = _element(kind, "UnitSet")
    if unit not in ("1", "bool"):
        _element(units, "Unit").text = unit
    return kind


def _integer(s: _Sets, bits: int, unit: str, signed: bool = False) -> str:
    name = _name(f"{'i' if signed else 'u'}{bits}", unit)
    more = {"signed": "true" if signed else "false", "sizeInBits": str(bits)}
    kind = _begin(s, name, "IntegerParameterType", unit, **more)
    if kind is not None:
        encoding = "twosComplement" if signed else "unsigned"
        _element(kind, "IntegerDataEncoding", sizeInBits=str(bits), encoding=encoding)
    return name


def _float(s: _Sets, bits: int, unit: str) -> str:
    name = _name(f"f{bits}", unit)
    kind = _begin(s, name, "FloatParameterType", unit, sizeInBits=str(bits))
    if kind is not None:
        _element(kind, "FloatDataEncoding", sizeInBits=str(bits), encoding="IEEE754_1985")
    return name


def _text(s: _Sets, count: int) -> str:
    name = f"text{count}"
    kind = _begin(s, name, "StringParameterType", "1")
    if kind is not None:
        size = _element(_element(kind, "StringDataEncoding", encoding="US-ASCII"), "SizeInBits")
        _element(_element(size, "Fixed"), "FixedValue").text = str(8 * count)
    return name


def _enum(s: _Sets, name: str, table: dict[str, tuple[int, str]]) -> str:
    kind = _begin(s, name, "EnumeratedParameterType", "1")
    if kind is not None:
        _element(kind, "IntegerDataEncoding", sizeInBits="8", encoding="unsigned")
        values = _element(kind, "EnumerationList")
        for key, (value, meaning) in table.items():
            _element(values, "Enumeration", value=str(value), label=key, shortDescription=meaning)
    return name
