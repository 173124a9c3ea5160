"""Reader of CCSDS Orbit Ephemeris Messages (CCSDS 502.0-B, versions 1.0 to 3.0), KVN or XML.

It gives what the file says: keywords and epochs as text, states as numbers in the file's own units and frame.
hil/ephemeris.py decides what they mean. Covariances and accelerations are skipped.
"""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSIONS = ("1.0", "2.0", "3.0")
HEADER_KEYS = ("CCSDS_OEM_VERS", "CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID")
REQUIRED_KEYS = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
METADATA_KEYS = (
    *REQUIRED_KEYS, "REF_FRAME_EPOCH", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION",
    "INTERPOLATION_DEGREE",
)  # fmt: skip
# Components of a state and the unit that the standard fixes for each
COMPONENTS = {"X": "km", "Y": "km", "Z": "km", "X_DOT": "km/s", "Y_DOT": "km/s", "Z_DOT": "km/s"}
ACCELERATION = ("X_DDOT", "Y_DDOT", "Z_DDOT")
_PAIR = re.compile(r"([A-Z0-9_]+)\s*=\s*(.*)")


class OemError(ValueError):
    """Why a file is not a readable message: one line that names the line or element, but not the file."""


@dataclass(frozen=True)
class OemSegment:
    """Metadata by keyword, and states: the epoch's text with position (km) and velocity (km/s)."""

    metadata: dict[str, str] = field(default_factory=dict)
    states: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)


@dataclass(frozen=True)
class OemMessage:
    """A message: all its comments in the order of the file, and its segments."""

    comments: list[str] = field(default_factory=list)
    segments: list[OemSegment] = field(default_factory=list)


def read(path: Path) -> OemMessage:
    """Read a message. Raises OSError when the file cannot be read and OemError when it is not a valid message."""
    content = path.read_bytes()
    # the first character whatever the byte order: XML declares its own encoding
    if content.lstrip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n").startswith(b"<"):
        message = _read_xml(content)
    else:
        message = _read_kvn(_kvn_text(content))
    if not message.segments:
        raise OemError("no segment with states: expected at least one")
    for number, segment in enumerate(message.segments, 1):
        for key in REQUIRED_KEYS:
            if not segment.metadata.get(key):
                raise OemError(f"segment {number}: {key} is missing")
    return message


def _check_version(version: str | None) -> None:
    if version not in VERSIONS:
        raise OemError(f"CCSDS_OEM_VERS is {version}: expected {', '.join(VERSIONS[:-1])} or {VERSIONS[-1]}")


def _put(values: dict[str, str], key: str, value: str, known: tuple[str, ...]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        raise OemError(f"{key} = {value}: unknown keyword" + (f"; did you mean {near[0]}?" if near else ""))
    if key in values:
        raise OemError(f"{key} = {value}: given twice")
    values[key] = value


def _number(text: str, name: str) -> float:
    try:
        return float(text.replace("_", "?"))  # Python's own 1_000 is not CCSDS's
    except ValueError:
        raise OemError(f"{name} is {text!r}: expected a number") from None


# ---- KVN ----------------------------------------------------------------------------------------


def _kvn_text(content: bytes) -> str:
    """KVN is ASCII, but free text in comments may be anything."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def _read_kvn(text: str) -> OemMessage:
    message = OemMessage()
    header: dict[str, str] = {}
    section, number = "header", 0
    try:
        for line in map(str.strip, text.splitlines()):
            number += 1
            if line.startswith("COMMENT"):
                message.comments.append(line.removeprefix("COMMENT").strip())
            elif line:
                section = _read_kvn_line(message, header, section, line)
        if section in _ENDS:
            raise OemError(f"expected {_ENDS[section]}, found the end of the file")
    except OemError as error:
        raise OemError(f"line {number}: {error}") from None
    return message


# What ends a section that must not be the last one
_ENDS = {"header": "META_START", "metadata": "META_STOP", "covariance": "COVARIANCE_STOP"}


def _read_kvn_line(message: OemMessage, header: dict[str, str], section: str, line: str) -> str:
    """Takes in one line of a section; returns the section that the next line is in."""
    if line == "META_START" and section in ("header", "data"):
        _check_version(header.get("CCSDS_OEM_VERS"))
        message.segments.append(OemSegment())
        return "metadata"
    if section == "data" and line == "COVARIANCE_START":
        return "covariance"
    if line == _ENDS.get(section):
        return "data"
    if section == "header":
        _put(header, *_pair(line), HEADER_KEYS)
    elif section == "metadata":
        _put(message.segments[-1].metadata, *_pair(line), METADATA_KEYS)
    elif section == "data":
        epoch, *values = line.split()
        if len(values) not in (6, 9):
            raise OemError(f"found {len(values)} values after the epoch: expected 6 or 9 numbers")
        numbers = [_number(value, name) for name, value in zip((*COMPONENTS, *ACCELERATION), values, strict=False)]
        message.segments[-1].states.append((epoch, tuple(numbers[:6])))
    return section


def _pair(line: str) -> tuple[str, str]:
    match = _PAIR.fullmatch(line)
    if match is None:
        raise OemError(f"{line[:60]!r}: expected KEYWORD = value")
    return match[1], match[2].strip()


# ---- XML ----------------------------------------------------------------------------------------


def _read_xml(content: bytes) -> OemMessage:
    """The one message of a file, alone or within an NDM; whatever the namespace of its elements."""
    from defusedxml import DefusedXmlException, ElementTree

    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise OemError(f"not well-formed XML: {error}") from None
    messages = [element for element in root.iter() if _tag(element) == "oem"]
    if len(messages) != 1:
        raise OemError(f"{len(messages)} orbit ephemeris messages: expected one")
    _check_version(messages[0].get("version"))
    message = OemMessage(comments=[_text(e) for e in messages[0].iter() if _tag(e) == "COMMENT"])
    for header in _children(messages[0], "header"):
        keys: dict[str, str] = {}
        for element in header:
            if _tag(element) != "COMMENT":
                _put(keys, _tag(element), _text(element), HEADER_KEYS[1:])
    for number, element in enumerate((e for e in messages[0].iter() if _tag(e) == "segment"), 1):
        try:
            message.segments.append(_read_xml_segment(element))
        except OemError as error:
            raise OemError(f"segment {number}: {error}") from None
    return message


def _read_xml_segment(element: Any) -> OemSegment:
    segment = OemSegment()
    for metadata in _children(element, "metadata"):
        for entry in metadata:
            if _tag(entry) != "COMMENT":
                _put(segment.metadata, _tag(entry), _text(entry), METADATA_KEYS)
    for data in _children(element, "data"):
        for number, vector in enumerate(_children(data, "stateVector"), 1):
            parts = {_tag(entry): entry for entry in vector}
            for key in ("EPOCH", *COMPONENTS):
                if key not in parts:
                    raise OemError(f"state {number}: {key} is missing")
            for key, unit in COMPONENTS.items():
                if (given := parts[key].get("units", unit)) != unit:
                    raise OemError(f"state {number}: {key} is in {given}: expected {unit}")
            values = tuple(_number(_text(parts[key]), f"state {number}: {key}") for key in COMPONENTS)
            segment.states.append((_text(parts["EPOCH"]), values))
    return segment


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[-1]


def _text(element: Any) -> str:
    return (element.text or "").strip()


def _children(element: Any, tag: str) -> Iterator[Any]:
    return (child for child in element if _tag(child) == tag)
