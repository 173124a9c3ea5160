"""Makes the C codec, the Python codec, the XTCE description and the page from the definition.

`python -m firmware_bridge.icd` writes them to generated/, where they are checked in.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

from firmware_bridge.icd.definition import (
    CRC_BYTES,
    PRIMARY_HEADER_BYTES,
    SIZE,
    SLOT_HEADER_BYTES,
    SPARSE_ENTRY_BYTES,
    Definition,
    Field,
    Message,
    Record,
    load,
)

OUT = Path(__file__).parent / "generated"
MADE = "Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit."
C_TYPE = {
    "u8": "uint8_t",
    "u16": "uint16_t",
    "u32": "uint32_t",
    "u64": "uint64_t",
    "i32": "int32_t",
    "f32": "float",
    "f64": "double",
    "text": "char",
}
C_RECORD = {
    "sensors": "sensor_frame_t",
    "command": "command_t",
    "telemetry": "telemetry_t",
    "params": "flight_params_t",
}


def files(definition: Definition) -> dict[str, str]:
    """The text of every generated file, by name."""
    return {
        "__init__.py": f'"""{MADE}"""\n',
        "icd.h": _c_header(definition),
        "icd.c": _c_source(definition),
        "icd.py": _python(definition),
        "icd.xtce.xml": _xtce(definition),
        "icd.md": _page(definition),
    }


def main() -> None:
    """Writes the generated files."""
    OUT.mkdir(exist_ok=True)
    for name, text in files(load()).items():
        (OUT / name).write_text(text)


# ---- C -----------------------------------------------------------------------------------------


def _c_own_fields(message: Message) -> list[Field]:
    """The members of the message's own struct."""
    if message.records:
        return list(message.fields)
    fixed = {"service"} | ({"subtype"} if message.subtype is not None else set())
    return [field for field in message.body if field.name not in fixed]


def _c_struct(message: Message) -> str | None:
    """The type the codec of a message takes: its record itself when it is nothing else."""
    return C_RECORD[message.records[0].name] if message.records and not message.fields else f"icd_{message.name}_t"


def _c_header(d: Definition) -> str:
    packet_max = PRIMARY_HEADER_BYTES + max(m.size for m in d.messages) + CRC_BYTES
    up, down = ([m for m in d.messages if m.uplink is u] for u in (True, False))
    out = [
        f"/* {MADE}",
        " *",
        " * Body: all of a packet between its primary header and its CRC-32, big-endian. icd_put_NAME writes the",
        " * ICD_NAME_BYTES of a body, icd_get_NAME reads them. The body of SENSOR varies: ICD_SENSOR_BYTES is the",
        " * most, icd_put_sensor returns its size, and icd_get_sensor is false, its frame untouched, where the size is",
        " * not that of what is in it. */",
        "#ifndef PROXOPS_ICD_H",
        "#define PROXOPS_ICD_H",
        "",
        '#include "flight.h"',
        "",
        f"#define ICD_HASH 0x{d.hash:016X}u",
        f"#define ICD_PACKET_MAX {packet_max} /* largest packet, primary header and CRC-32 included */",
        f"#define ICD_FRAME_MAX {max(m.wire_bytes_max for m in d.messages)} /* largest frame, delimiters included */",
        f"#define ICD_UPLINK_FRAME_MAX {max(m.wire_bytes_max for m in up)}",
        f"#define ICD_DOWNLINK_FRAME_MAX {max(m.wire_bytes_max for m in down)}",
        f"#define ICD_PARAMETERS_BYTES {d.params.size} /* the parameter record on the wire */",
        f"#define ICD_APIDS {len(d.apids)}",
        "",
        "enum { " + ", ".join(f"ICD_APID_{name.upper()} = 0x{apid:03X}" for name, apid in d.apids.items()) + " };",
    ]
    for name, table in d.enums.items():
        out.append("enum {")
        out += [f"    ICD_{name.upper()}_{key.upper()} = {value}, /* {text} */" for key, (value, text) in table.items()]
        out.append("};")
    out += ["", "enum {"]
    out += [f"    ICD_{m.name.upper()} = {i}," for i, m in enumerate(d.messages)]
    out += [f"    ICD_MESSAGES = {len(d.messages)}", "};", ""]
    out += [f"#define ICD_{m.name.upper()}_BYTES {m.size}" for m in d.messages]
    out += [f"#define ICD_{m.name.upper()}_BYTES_MIN {m.size_min}" for m in d.messages if _varies(m)]
    for m in d.messages:
        if _c_struct(m) == f"icd_{m.name}_t":
            out += ["", f"/* {m.meaning} */", "typedef struct {"]
            out += [_c_member(field) for field in _c_own_fields(m)]
            out += [f"    {C_RECORD[r.name]} {r.name};" for r in m.records]
            out.append(f"}} icd_{m.name}_t;")
    out += [
        "",
        "typedef struct {",
        "    const char *name;",
        "    uint16_t apid, bytes_min, bytes; /* of the body; bytes is the most */",
        "    uint8_t uplink, service;  /* service 0: none */",
        "    uint8_t subtype;          /* 0: none, or any */",
        "} icd_message_t;",
        "extern const icd_message_t icd_messages[ICD_MESSAGES];",
        "",
        "/* Which message a body is: ICD_NAME, ICD_UNKNOWN or ICD_WRONG_SIZE. */",
        "enum { ICD_UNKNOWN = -1, ICD_WRONG_SIZE = -2 };",
        "int icd_identify(bool uplink, uint16_t apid, const uint8_t *body, size_t size);",
        "/* 0 to ICD_APIDS - 1; ICD_APIDS for an APID of another interface. */",
        "size_t icd_apid_index(uint16_t apid);",
        "",
    ]
    for m in d.messages:
        out += [f"{_c_put_head(m)};", f"{_c_get_head(m)};"]
    out += [
        "/* The parameter record, ICD_PARAMETERS_BYTES long. */",
        "void icd_put_parameters(uint8_t *at, const flight_params_t *m);",
        "void icd_get_parameters(const uint8_t *at, flight_params_t *m);",
        "",
        "#endif",
        "",
    ]
    return "\n".join(out)


def _c_member(field: Field) -> str:
    # A text has room for its closing zero, which is not on the wire.
    count = field.count + 1 if field.type == "text" else field.count
    unit = f"{field.unit}; " if field.unit != "1" else ""
    return f"    {C_TYPE[field.type]} {field.name}{f'[{count}]' if count else ''}; /* {unit}{field.meaning} */"


def _c_source(d: Definition) -> str:
    bodies = [text for m in d.messages for text in (_c_put(m), _c_get(m))]
    bodies += [_c_put_parameters(d.params), _c_get_parameters(d.params)]
    code = "\n".join(bodies)
    out = [f"/* {MADE} */", '#include "icd.h"', ""]
    out += [helper for name, helper in _c_helpers().items() if re.search(rf"\b{name}\(", code) or name in _BASE]
    out += ["const icd_message_t icd_messages[ICD_MESSAGES] = {"]
    out += [
        f'    {{"{m.name}", 0x{m.apid:03X}, {m.size_min}, {m.size}, {int(m.uplink)}, {m.service or 0}, '
        f"{m.subtype or 0}}},"
        for m in d.messages
    ]
    out += ["};", "", _c_fits(d.message("sensor")), _C_IDENTIFY, _c_apid_index(d), code]
    return "\n".join(out)


# Helpers that others are made of.
_BASE = {"put_u8", "get_u8", "put_u16", "get_u16", "put_u32", "get_u32", "put_u64", "get_u64"} | {
    "put_f64s", "get_f64s", "put_f64", "get_f64",
}  # fmt: skip

_C_IDENTIFY = """int icd_identify(bool uplink, uint16_t apid, const uint8_t *body, size_t size)
{
    int found = ICD_UNKNOWN;
    for (int i = 0; i < ICD_MESSAGES; i++) {
        const icd_message_t *m = &icd_messages[i];
        if (m->apid != apid || (m->uplink != 0) != uplink) continue;
        if (m->service != 0) {
            if (size < 14) return ICD_WRONG_SIZE;
            if (body[12] != m->service || (m->subtype != 0 && body[13] != m->subtype)) continue;
        }
        bool fits = m->bytes_min == m->bytes ? size == m->bytes : sensor_fits(body, size);
        found = fits ? i : ICD_WRONG_SIZE;
    }
    return found;
}
"""


def _c_fits(sensor: Message) -> str:
    """Whether the parts of a SENSOR that vary end where the body does."""
    fixed = sum(field.size for field in sensor.body if not field.varies)
    return f"""/* The size of a SENSOR is that of what is in it. */
static bool sensor_fits(const uint8_t *body, size_t size)
{{
    size_t at = {fixed}u;
    uint32_t mask;
    if (size < ICD_SENSOR_BYTES_MIN || size > ICD_SENSOR_BYTES) return false;
    (void)get_u32(body + at, &mask);
    for (at += 4u; mask != 0; mask &= mask - 1u) at += {SPARSE_ENTRY_BYTES}u;
    if (at >= size || body[at] > FLIGHT_SLOTS) return false;
    uint8_t slots = body[at++];
    for (uint8_t i = 0; i < slots; i++) {{
        if (at + {SLOT_HEADER_BYTES}u > size || body[at + 3u] > MEASUREMENT_VALUES) return false;
        at += {SLOT_HEADER_BYTES}u + 8u * body[at + 3u];
    }}
    return at == size;
}}
"""


def _c_apid_index(d: Definition) -> str:
    cases = "\n".join(f"    case 0x{apid:03X}: return {i};" for i, apid in enumerate(d.apids.values()))
    return f"""size_t icd_apid_index(uint16_t apid)
{{
    switch (apid) {{
{cases}
    default: return ICD_APIDS;
    }}
}}
"""


def _c_helpers() -> dict[str, str]:
    """The serialisers of one element and of an array, by name."""
    out: dict[str, str] = {}
    for kind in ("u8", "u16", "u32", "u64"):
        size, ctype = SIZE[kind], C_TYPE[kind]
        shifts = [8 * (size - 1 - i) for i in range(size)]
        if kind == "u8":
            put, get = ["    at[0] = x;"], "at[0]"
        else:
            put = [f"    at[{i}] = (uint8_t)(x >> {s});" for i, s in enumerate(shifts)]
            wide = "uint32_t" if kind == "u16" else ctype
            get = " | ".join(f"({wide})at[{i}] << {s}" for i, s in enumerate(shifts))
            get = f"({ctype})({get})"
        out[f"put_{kind}"] = "\n".join(
            [f"static uint8_t *put_{kind}(uint8_t *at, {ctype} x)", "{", *put, f"    return at + {size};", "}", ""]
        )
        out[f"get_{kind}"] = "\n".join(
            [
                f"static const uint8_t *get_{kind}(const uint8_t *at, {ctype} *x)",
                "{",
                f"    *x = {get};",
                f"    return at + {size};",
                "}",
                "",
            ]
        )
    # Through the bits: a value conversion could touch a NaN, and a negative integer's is the compiler's choice.
    for kind, bits in (("i32", "u32"), ("f32", "u32"), ("f64", "u64")):
        union = f"union {{ {C_TYPE[kind]} value; {C_TYPE[bits]} bits; }}"
        out[f"put_{kind}"] = f"""static uint8_t *put_{kind}(uint8_t *at, {C_TYPE[kind]} x)
{{
    {union} u;
    u.value = x;
    return put_{bits}(at, u.bits);
}}
"""
        out[f"get_{kind}"] = f"""static const uint8_t *get_{kind}(const uint8_t *at, {C_TYPE[kind]} *x)
{{
    {union} u;
    at = get_{bits}(at, &u.bits);
    *x = u.value;
    return at;
}}
"""
    for kind in ("u8", "u16", "u32", "u64", "f32", "f64"):
        out[f"put_{kind}s"] = f"""static uint8_t *put_{kind}s(uint8_t *at, const {C_TYPE[kind]} *x, size_t n)
{{
    for (size_t i = 0; i < n; i++) at = put_{kind}(at, x[i]);
    return at;
}}
"""
        out[f"get_{kind}s"] = f"""static const uint8_t *get_{kind}s(const uint8_t *at, {C_TYPE[kind]} *x, size_t n)
{{
    for (size_t i = 0; i < n; i++) at = get_{kind}(at, &x[i]);
    return at;
}}
"""
    out |= _C_PACKED
    out["put_text"] = """/* Up to n characters, then zeros. */
static uint8_t *put_text(uint8_t *at, const char *x, size_t n)
{
    for (size_t i = 0; i < n; i++) at = put_u8(at, (uint8_t)(*x != 0 ? *x++ : 0));
    return at;
}
"""
    out["get_text"] = """/* n characters and a closing zero. */
static const uint8_t *get_text(const uint8_t *at, char *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = (char)at[i];
    x[n] = 0;
    return at + n;
}
"""
    return out


_C_PACKED = {
    "put_sparse": """/* A mask of those not zero, then 24 bits of each, lowest index first; larger values are cut. */
static uint8_t *put_sparse(uint8_t *at, const uint32_t *x, size_t n)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++) mask |= (uint32_t)(x[i] != 0) << i;
    at = put_u32(at, mask);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = x[i] > 0xFFFFFFu ? 0xFFFFFFu : x[i];
        if (value == 0) continue;
        *at++ = (uint8_t)(value >> 16);
        *at++ = (uint8_t)(value >> 8);
        *at++ = (uint8_t)value;
    }
    return at;
}
""",
    "get_sparse": """static const uint8_t *get_sparse(const uint8_t *at, uint32_t *x, size_t n)
{
    uint32_t mask;
    at = get_u32(at, &mask);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0;
        if ((mask >> i & 1u) == 0) continue;
        x[i] = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        at += 3;
    }
    return at;
}
""",
    "put_slots": """/* A measurement's age, us: negative from the future, cut to the ends of 32 bits. */
static uint32_t age_of(uint64_t t_us, uint64_t t_valid_us)
{
    uint64_t apart = t_valid_us > t_us ? t_valid_us - t_us : t_us - t_valid_us;
    if (t_valid_us > t_us) return apart > 0x80000000u ? 0x80000000u : 0u - (uint32_t)apart;
    return apart > 0x7FFFFFFFu ? 0x7FFFFFFFu : (uint32_t)apart;
}

static uint8_t *put_slots(uint8_t *at, const sensor_frame_t *m)
{
    uint8_t slots = m->slot_count < FLIGHT_SLOTS ? m->slot_count : FLIGHT_SLOTS;
    at = put_u8(at, slots);
    for (uint8_t i = 0; i < slots; i++) {
        const measurement_t *s = &m->slot[i];
        uint8_t count = s->count < MEASUREMENT_VALUES ? s->count : MEASUREMENT_VALUES;
        at = put_u8(at, s->instrument);
        at = put_u8(at, s->kind);
        at = put_u8(at, s->flags);
        at = put_u8(at, count);
        at = put_u16(at, s->seq);
        at = put_u32(at, age_of(m->t_us, s->t_valid_us));
        at = put_f64s(at, s->z, count);
    }
    return at;
}
""",
    "get_slots": """static const uint8_t *get_slots(const uint8_t *at, sensor_frame_t *m)
{
    static const measurement_t empty;
    at = get_u8(at, &m->slot_count);
    for (uint8_t i = 0; i < FLIGHT_SLOTS; i++) {
        measurement_t *s = &m->slot[i];
        uint32_t age;
        *s = empty;
        if (i >= m->slot_count) continue;
        at = get_u8(at, &s->instrument);
        at = get_u8(at, &s->kind);
        at = get_u8(at, &s->flags);
        at = get_u8(at, &s->count);
        at = get_u16(at, &s->seq);
        at = get_u32(at, &age);
        s->t_valid_us = (age & 0x80000000u) != 0 ? m->t_us + (uint64_t)(0u - age) : m->t_us - (uint64_t)age;
        at = get_f64s(at, s->z, s->count);
    }
    return at;
}
""",
}


def _c_put_field(field: Field, owner: str) -> str:
    if field.type == "slots":
        return f"    at = put_slots(at, {owner.removesuffix('->')});"
    if field.type == "sparse":
        return f"    at = put_sparse(at, {owner}{field.name}, {field.count});"
    if field.type == "text":
        return f"    at = put_text(at, {owner}{field.name}, {field.count});"
    if field.count:
        return f"    at = put_{field.type}s(at, {owner}{field.name}, {field.count});"
    return f"    at = put_{field.type}(at, {owner}{field.name});"


def _c_get_field(field: Field, owner: str) -> str:
    if field.type == "slots":
        return f"    at = get_slots(at, {owner.removesuffix('->')});"
    if field.type == "sparse":
        return f"    at = get_sparse(at, {owner}{field.name}, {field.count});"
    if field.type == "text":
        return f"    at = get_text(at, {owner}{field.name}, {field.count});"
    if field.count:
        return f"    at = get_{field.type}s(at, {owner}{field.name}, {field.count});"
    return f"    at = get_{field.type}(at, &{owner}{field.name});"


def _c_owners(message: Message) -> list[str]:
    """The expressions that lead to the members of each record of the message."""
    alone = bool(message.records) and not message.fields
    return ["m->" if alone else f"m->{record.name}." for record in message.records]


def _last_call(lines: list[str]) -> list[str]:
    """The last call's result is nobody's."""
    return [*lines[:-1], lines[-1].replace("at = ", "(void)", 1)]


def _varies(m: Message) -> bool:
    return any(field.varies for field in m.body)


def _c_put_head(m: Message) -> str:
    return f"{'size_t' if _varies(m) else 'void'} icd_put_{m.name}(uint8_t *body, const {_c_struct(m)} *m)"


def _c_get_head(m: Message) -> str:
    if _varies(m):
        return f"bool icd_get_{m.name}(const uint8_t *body, size_t size, {_c_struct(m)} *m)"
    return f"void icd_get_{m.name}(const uint8_t *body, {_c_struct(m)} *m)"


def _c_put(m: Message) -> str:
    owners = _c_owners(m)
    header = owners[0] if owners else "m->"
    lines = [f"    uint8_t *at = put_u32(body, {header}tick);", f"    at = put_u64(at, {header}t_us);"]
    if m.service is not None:
        subtype = str(m.subtype) if m.subtype is not None else "m->subtype"
        lines += [f"    at = put_u8(at, {m.service});", f"    at = put_u8(at, {subtype});"]
    lines += [_c_put_field(field, "m->") for field in m.fields]
    for record, owner in zip(m.records, owners, strict=True):
        lines += [_c_put_field(field, owner) for field in record.fields]
    lines = [*lines, "    return (size_t)(at - body);"] if _varies(m) else _last_call(lines)
    return _c_function(_c_put_head(m), lines)


def _c_get(m: Message) -> str:
    owners = _c_owners(m)
    header = owners[0] if owners else "m->"
    lines = [f"    const uint8_t *at = get_u32(body, &{header}tick);", f"    at = get_u64(at, &{header}t_us);"]
    if m.service is not None:
        lines.append("    at++;")
        lines.append("    at++;" if m.subtype is not None else "    at = get_u8(at, &m->subtype);")
    lines += [_c_get_field(field, "m->") for field in m.fields]
    for record, owner in zip(m.records, owners, strict=True):
        lines += [_c_get_field(field, owner) for field in record.fields]
    lines = _last_call(lines) if lines[-1] != "    at++;" else [*lines[:-2], "    (void)at;"]
    for record, owner in zip(m.records, owners, strict=True):
        if owner != header:
            lines += [f"    {owner}tick = {header}tick;", f"    {owner}t_us = {header}t_us;"]
        lines += _c_zero(record, owner)
    if _varies(m):
        lines = ["    if (!sensor_fits(body, size)) return false;", *lines, "    return true;"]
    return _c_function(_c_get_head(m), lines)


def _c_zero(record: Record, owner: str) -> list[str]:
    return [f"    for (size_t i = 0; i < {n}; i++) {owner}{name}[i] = 0;" for name, n in record.reserved]


def _c_put_parameters(params: Record) -> str:
    lines = _last_call([_c_put_field(field, "m->") for field in params.fields])
    return _c_function("void icd_put_parameters(uint8_t *at, const flight_params_t *m)", lines)


def _c_get_parameters(params: Record) -> str:
    lines = _last_call([_c_get_field(field, "m->") for field in params.fields]) + _c_zero(params, "m->")
    return _c_function("void icd_get_parameters(const uint8_t *at, flight_params_t *m)", lines)


def _c_function(head: str, lines: list[str]) -> str:
    return "\n".join([head, "{", *lines, "}", ""])


# ---- Python ------------------------------------------------------------------------------------


def _numpy_type(field: Field) -> str:
    if field.type == "text":
        return f'"S{field.count}"'
    base = "u1" if field.type == "u8" else ">" + field.type[0] + str(SIZE[field.type])
    return f'"{base}", ({field.count},)' if field.count else f'"{base}"'


def _python_dtype(fields: tuple[Field, ...]) -> list[str]:
    return ["    np.dtype([", *(f'        ("{f.name}", {_numpy_type(f)}),' for f in fields), "    ]),"]


def _python(d: Definition) -> str:
    out = [
        f'"""{MADE}"""',
        "",
        "# ruff: noqa",
        "from enum import IntEnum",
        "",
        "import numpy as np",
        "",
        "from firmware_bridge.icd.message import Message",
        "",
        f"ICD_HASH = 0x{d.hash:016X}",
        "",
    ]
    for name, table in {"apid": {k: (v, "") for k, v in d.apids.items()}, **d.enums}.items():
        out += ["", f"class {name.title().replace('_', '')}(IntEnum):"]
        out += [f"    {key.upper()} = {value}{f'  # {text}' if text else ''}" for key, (value, text) in table.items()]
        out.append("")
    for m in d.messages:
        out += ["", f"# {m.meaning}", f"{m.name.upper()} = Message("]
        out.append(f'    "{m.name}", {m.uplink}, 0x{m.apid:03X}, {m.service}, {m.subtype},')
        out += [*_python_dtype(tuple(field for field in m.body if not field.varies))]
        out += [
            *([f"    tail_bytes={m.size - sum(f.size for f in m.body if not f.varies)},"] if _varies(m) else []),
            ")",
        ]
    out += ["", f"MESSAGES = ({', '.join(m.name.upper() for m in d.messages)})", ""]
    out += ["# The parameter record on the wire.", "PARAMETERS = np.dtype(["]
    out += [f'    ("{f.name}", {_numpy_type(f)}),' for f in d.params.fields]
    out += ["])", ""]
    return "\n".join(out)


# ---- XTCE --------------------------------------------------------------------------------------

XTCE = "http://www.omg.org/spec/XTCE/20180204"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PRIMARY_HEADER = (
    ("VERSION", 3, "packet version number, 0"),
    ("TYPE", 1, "0 telemetry (downlink), 1 telecommand (uplink)"),
    ("SEC_HDR_FLG", 1, "secondary header present, 1"),
    ("PKT_APID", 11, "application process"),
    ("SEQ_FLGS", 2, "unsegmented, 3"),
    ("SRC_SEQ_CTR", 14, "sequence count of this APID and direction"),
    ("PKT_LEN", 16, "bytes after this field, less one"),
)


def _xtce(d: Definition) -> str:
    """Flat: one container for the headers, one for each message, arrays as one parameter an element."""
    Xml.register_namespace("xtce", XTCE)
    Xml.register_namespace("xsi", XSI)
    system = _element(None, "SpaceSystem", name=d.link["name"], shortDescription=MADE)
    system.set(f"{{{XSI}}}schemaLocation", f"{XTCE} https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd")
    _element(
        system, "Header", version=f"{d.link['version']}-{d.hash:016X}", date="2025-01-01", validationStatus="Working"
    )
    telemetry = _element(system, "TelemetryMetaData")
    types, parameters, containers = (
        _element(telemetry, name) for name in ("ParameterTypeSet", "ParameterSet", "ContainerSet")
    )
    made: set[str] = set()

    header = _element(containers, "SequenceContainer", name="CCSDSPacket", abstract="true")
    entries = _element(header, "EntryList")
    for name, bits, meaning in _PRIMARY_HEADER:
        _xtce_parameter(parameters, name, _xtce_integer(types, made, bits, "1"), meaning)
        _element(entries, "ParameterRefEntry", parameterRef=name)
    for field in d.messages[0].body[:2]:
        _xtce_parameter(parameters, field.name.upper(), _xtce_type(d, types, made, field), field.meaning)
        _element(entries, "ParameterRefEntry", parameterRef=field.name.upper())
    crc = "CRC-32 of all of the packet before it, as zlib's"
    _xtce_parameter(parameters, "CRC", _xtce_integer(types, made, 32, "1"), crc)
    services = _element(containers, "SequenceContainer", name="Services", abstract="true")
    _xtce_body(d, services, types, parameters, made, d.message("ping").body[2:4], "")
    _xtce_base(services, "CCSDSPacket", PKT_APID=d.apids["services"])
    for m in d.messages:
        container = _element(containers, "SequenceContainer", name=m.name.upper(), shortDescription=m.meaning)
        fields = m.body[2:] if m.service is None else m.body[4:]
        entries = _xtce_body(d, container, types, parameters, made, fields, f"{m.name.upper()}_")
        if _varies(m):
            _xtce_tail(types, parameters, entries, m)
        _element(entries, "ParameterRefEntry", parameterRef="CRC")
        criteria = {"TYPE": int(m.uplink), "PKT_APID": m.apid}
        if m.service is not None:
            criteria["SERVICE"] = m.service
        if m.subtype is not None:
            criteria["SUBTYPE"] = m.subtype
        _xtce_base(container, "CCSDSPacket" if m.service is None else "Services", **criteria)
    Xml.indent(system)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(system, encoding="unicode") + "\n"


def _element(parent: Xml.Element | None, tag: str, **attributes: str) -> Xml.Element:
    name = f"{{{XTCE}}}{tag}"
    return Xml.Element(name, attributes) if parent is None else Xml.SubElement(parent, name, attributes)


def _xtce_parameter(parameters: Xml.Element, name: str, kind: str, meaning: str) -> None:
    _element(parameters, "Parameter", name=name, parameterTypeRef=kind, shortDescription=meaning)


def _xtce_body(
    d: Definition,
    container: Xml.Element,
    types: Xml.Element,
    parameters: Xml.Element,
    made: set[str],
    fields: tuple[Field, ...],
    prefix: str,
) -> Xml.Element:
    entries = _element(container, "EntryList")
    for field in fields:
        if field.varies:
            continue
        name = prefix + field.name if prefix else field.name.upper()
        whole = not field.count or field.type == "text"
        for element in [name] if whole else [f"{name}_{i}" for i in range(field.count)]:
            _xtce_parameter(parameters, element, _xtce_type(d, types, made, field), field.meaning)
            _element(entries, "ParameterRefEntry", parameterRef=element)
    return entries


def _xtce_tail(types: Xml.Element, parameters: Xml.Element, entries: Xml.Element, m: Message) -> None:
    """The fields whose size varies, as the bytes that the packet's length leaves for them."""
    fixed = sum(field.size for field in m.body if not field.varies)
    kind = f"{m.name}_tail"
    size = _element(_element(_element(types, "BinaryParameterType", name=kind), "BinaryDataEncoding"), "SizeInBits")
    dynamic = _element(size, "DynamicValue")
    _element(dynamic, "ParameterInstanceRef", parameterRef="PKT_LEN", useCalibratedValue="false")
    _element(dynamic, "LinearAdjustment", slope="8", intercept=str(8 * (1 - fixed - CRC_BYTES)))
    names = ", then ".join(field.name for field in m.body if field.varies)
    _xtce_parameter(parameters, f"{m.name.upper()}_tail", kind, f"{names}: see the interface control document")
    _element(entries, "ParameterRefEntry", parameterRef=f"{m.name.upper()}_tail")


def _xtce_base(container: Xml.Element, base: str, **criteria: int) -> None:
    element = _element(container, "BaseContainer", containerRef=base)
    restricted = _element(_element(element, "RestrictionCriteria"), "ComparisonList")
    for name, value in criteria.items():
        _element(restricted, "Comparison", parameterRef=name, value=str(value))


def _xtce_type(d: Definition, types: Xml.Element, made: set[str], field: Field) -> str:
    if field.enum:
        return _xtce_enum(types, made, field.enum, d.enums[field.enum])
    if field.type == "text":
        return _xtce_text(types, made, field.count)
    if field.type[0] == "f":
        return _xtce_float(types, made, 8 * SIZE[field.type], field.unit)
    return _xtce_integer(types, made, 8 * SIZE[field.type], field.unit, signed=field.type[0] == "i")


def _xtce_name(kind: str, unit: str) -> str:
    return kind + (
        "" if unit == "1" else "_" + unit.replace("/", "p").replace("^", "").replace(".", "").replace(" ", "")
    )


def _xtce_begin(types: Xml.Element, made: set[str], name: str, tag: str, unit: str, **more: str) -> Xml.Element | None:
    if name in made:
        return None
    made.add(name)
    kind = _element(types, tag, name=name, **more)
    units = _element(kind, "UnitSet")
    if unit not in ("1", "bool"):
        _element(units, "Unit").text = unit
    return kind


def _xtce_integer(types: Xml.Element, made: set[str], bits: int, unit: str, signed: bool = False) -> str:
    name = _xtce_name(f"{'i' if signed else 'u'}{bits}", unit)
    more = {"signed": "true" if signed else "false", "sizeInBits": str(bits)}
    kind = _xtce_begin(types, made, name, "IntegerParameterType", unit, **more)
    if kind is not None:
        encoding = "twosComplement" if signed else "unsigned"
        _element(kind, "IntegerDataEncoding", sizeInBits=str(bits), encoding=encoding)
    return name


def _xtce_float(types: Xml.Element, made: set[str], bits: int, unit: str) -> str:
    name = _xtce_name(f"f{bits}", unit)
    kind = _xtce_begin(types, made, name, "FloatParameterType", unit, sizeInBits=str(bits))
    if kind is not None:
        _element(kind, "FloatDataEncoding", sizeInBits=str(bits), encoding="IEEE754_1985")
    return name


def _xtce_text(types: Xml.Element, made: set[str], count: int) -> str:
    name = f"text{count}"
    kind = _xtce_begin(types, made, name, "StringParameterType", "1")
    if kind is not None:
        size = _element(_element(kind, "StringDataEncoding", encoding="US-ASCII"), "SizeInBits")
        _element(_element(size, "Fixed"), "FixedValue").text = str(8 * count)
    return name


def _xtce_enum(types: Xml.Element, made: set[str], name: str, table: dict[str, tuple[int, str]]) -> str:
    kind = _xtce_begin(types, made, name, "EnumeratedParameterType", "1")
    if kind is not None:
        _element(kind, "IntegerDataEncoding", sizeInBits="8", encoding="unsigned")
        values = _element(kind, "EnumerationList")
        for key, (value, meaning) in table.items():
            _element(values, "Enumeration", value=str(value), label=key, shortDescription=meaning)
    return name


# ---- the page ----------------------------------------------------------------------------------


def _page(d: Definition) -> str:
    out = [
        "# Interface control document",
        "",
        f"*{MADE}*",
        "",
        f"{d.link['name']} link, version {d.link['version']}, ICD hash `{d.hash:016x}`. The hash covers every name, "
        "number, type, unit and order below, but not the prose.",
        "",
        "## Framing",
        "",
        f"`{d.link['framing']}`",
        "",
        "All numbers are big-endian; floating-point numbers are IEEE 754. The CRC-32 (IEEE 802.3, as zlib's) covers "
        "the packet from its first byte to the last of its payload. The sequence count runs separately for each "
        "APID and direction.",
        "",
        "| Primary header | Bits | Value |",
        "|---|---|---|",
        *(f"| {name} | {bits} | {meaning} |" for name, bits, meaning in _PRIMARY_HEADER),
        "",
        "## Messages",
        "",
        "| Message | Direction | APID | Service | Body, bytes | On the wire at most, bytes |",
        "|---|---|---|---|---|---|",
    ]
    for m in d.messages:
        out.append(
            f"| [{m.name.upper()}](#{m.name}) | {'uplink' if m.uplink else 'downlink'} | 0x{m.apid:03X} {m.apid_name} "
            f"| {_page_service(m)} | {m.size if not _varies(m) else f'{m.size_min} to {m.size}'} | {m.wire_bytes_max} |"
        )
    for m in d.messages:
        out += ["", f"### {m.name}", "", m.meaning, ""]
        out += _page_fields(m.body)
        if _varies(m):
            out.append(_PAGE_TAIL)
    out += [
        "",
        "## Parameter record",
        "",
        f"{d.params.size} bytes, sent in PARAMS.",
        "",
        *_page_fields(d.params.fields),
    ]
    out += ["", "## Tables of values", ""]
    for name, table in d.enums.items():
        out += ["", f"### {name}", "", "| Value | Name | Meaning |", "|---|---|---|"]
        out += [f"| {value} | {key} | {meaning} |" for key, (value, meaning) in table.items()]
    return "\n".join([*out, ""])


def _page_service(m: Message) -> str:
    if m.service is None:
        return ""
    return f"{m.service}.{'x' if m.subtype is None else m.subtype}"


def _page_fields(fields: tuple[Field, ...]) -> list[str]:
    out, at = ["| Offset | Type | Field | Unit | Meaning |", "|---|---|---|---|---|"], 0
    for f in fields:
        kind = f"{f.type}[{f.count}]" if f.count else f.type
        meaning = f.meaning + (f" ([{f.enum}](#{f.enum}))" if f.enum else "")
        out.append(f"| {at} | {kind} | `{f.name}` | {f.unit} | {meaning} |")
        at += f.size
    return out


_PAGE_TAIL = f"""
SENSOR is the one message whose length varies. `sparse` is a u32 mask of the elements that are not zero (bit 0 is
element 0), then 24 bits for each of them, lowest index first. `slots` is a u8 count of measurements, then each of
them in {SLOT_HEADER_BYTES} bytes and 8 bytes a value:

| Type | Field | Meaning |
|---|---|---|
| u8 | `instrument` | index into the instrument table |
| u8 | `kind` | what it measures, KIND_* |
| u8 | `flags` | bits of the kind's own |
| u8 | `count` | values that follow |
| u16 | `seq` | number of the measurement |
| i32 | `age_us` | frame `t_us` − `t_valid_us`, limited to the range; negative from the future |
| f64[count] | `z` | the values |
"""
