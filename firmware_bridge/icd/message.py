"""What a message is to Python: its place on the wire and its body as a big-endian NumPy record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Message:
    """One kind of packet. `body` is the dtype of what lies between primary header and CRC-32, without padding.

    tail_bytes: the most that may follow it in a message whose length varies; 0 for all but SENSOR.
    """

    name: str
    uplink: bool
    apid: int
    service: int | None
    subtype: int | None
    body: np.dtype[np.void]
    tail_bytes: int = 0

    def encode(self, **values: Any) -> bytes:
        """The body with these values; fields not named are zero. Raises ValueError for a field it has not."""
        record = np.zeros((), self.body)
        if self.service is not None:
            record["service"] = self.service
            record["subtype"] = self.subtype or 0
        for name, value in values.items():
            if name not in (self.body.names or ()):
                raise ValueError(f"message {self.name} has no field {name!r}")
            record[name] = value
        return record.tobytes()

    def decode(self, body: bytes) -> np.void:
        """The record of the body, or of its part of fixed length. Raises ValueError when it has another size."""
        if not 0 <= len(body) - self.body.itemsize <= self.tail_bytes:
            raise ValueError(f"message {self.name}: {len(body)} bytes: expected {self.body.itemsize}")
        record: np.void = np.frombuffer(body, self.body, 1)[0]
        return record


def byte_order(native: np.dtype[np.void], body: np.dtype[np.void]) -> tuple[np.ndarray, np.ndarray]:
    """Where each byte of a core record is found in a body: two index arrays, `record[to] = body[from]`.

    Serialising a packed record big-endian is a permutation of its bytes; fields that only one of the two has stay
    out. A record of records takes each of its parts from the same body.
    """
    to: list[int] = []
    origin: list[int] = []
    for name in native.names or ():
        kind, at = _place(native, name)
        if kind.names is not None:
            part_to, part_from = byte_order(kind, body)
            to += [at + byte for byte in part_to]
            origin += list(part_from)
        elif name in (body.names or ()):
            wire_kind, wire_at = _place(body, name)
            if _shape(kind) != _shape(wire_kind):
                raise ValueError(f"field {name}: {kind} in the core, {wire_kind} on the wire")
            width = kind.base.itemsize
            swapped = kind.base.newbyteorder("=") != wire_kind.base and width > 1
            for byte in range(kind.itemsize):
                to.append(at + byte)
                origin.append(wire_at + (byte - byte % width + width - 1 - byte % width if swapped else byte))
    return np.array(to, np.intp), np.array(origin, np.intp)


def _shape(kind: np.dtype[Any]) -> tuple[Any, ...]:
    return kind.shape, kind.base.itemsize, kind.base.kind


def _place(record: np.dtype[np.void], name: str) -> tuple[np.dtype[Any], int]:
    assert record.fields is not None
    kind, at = record.fields[name][:2]
    return kind, at


class RecordCodec:
    """Puts a record of the flight core into a message's body, and takes it out."""

    def __init__(self, record: np.dtype[np.void], body: np.dtype[np.void]):
        self._record = record
        record_at, body_at = byte_order(record, body)
        # Bytes that the other side has not come from a zero after its end.
        self._body_from = np.full(body.itemsize, record.itemsize)
        self._body_from[body_at] = record_at
        self._record_from = np.full(record.itemsize, body.itemsize)
        self._record_from[record_at] = body_at

    def put(self, record: np.void) -> bytes:
        """The body; what of it is not in the record is zero."""
        return np.frombuffer(record.tobytes() + b"\0", np.uint8).take(self._body_from).tobytes()

    def get(self, body: bytes) -> np.void:
        """The record; what of it is not in the body is zero."""
        raw = np.frombuffer(body + b"\0", np.uint8).take(self._record_from).tobytes()
        record: np.void = np.frombuffer(raw, self._record)[0]
        return record
