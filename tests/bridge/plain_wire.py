"""The wire in plain Python: what firmware_bridge.wire and link/link.c are compared with, sharing no code with them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
from cobs import cobs

from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message
from firmware_bridge.wire import Counters, Packet
from gnc.flight import SENSOR_FRAME

PRIMARY_BYTES, SERVICE_AT, CRC_BYTES = 6, 12, 4
_PRIMARY, _CRC = struct.Struct(">HHH"), struct.Struct(">I")
PACKET_MAX = PRIMARY_BYTES + max(m.body.itemsize + m.tail_bytes for m in icd.MESSAGES) + CRC_BYTES
# Whatever is longer cannot be a packet, however it is encoded: a code of 255 is the only one that adds no zero.
HELD_MAX = 2 * PACKET_MAX


_HEADER = struct.Struct(">IQddHH")
_SLOT = struct.Struct(">BBBBHi")
AGE_MIN, AGE_MAX = -(2**31), 2**31 - 1


def sensor_body(frame: np.void) -> bytes:
    """The body of the SENSOR of a sensor frame."""
    body = _HEADER.pack(frame["tick"], frame["t_us"], *frame["tc_arg"], frame["tc_seq"], frame["tc_opcode"])
    on_us = [int(x) for x in frame["thruster_applied_us"]]
    body += struct.pack(">I", sum(1 << i for i, x in enumerate(on_us) if x))
    body += b"".join(min(x, 0xFFFFFF).to_bytes(3, "big") for x in on_us if x)
    body += bytes([frame["slot_count"]])
    for slot in frame["slot"][: frame["slot_count"]]:
        age = max(AGE_MIN, min(AGE_MAX, int(frame["t_us"]) - int(slot["t_valid_us"])))
        kind = (slot["instrument"], slot["kind"], slot["flags"], slot["count"], slot["seq"])
        body += _SLOT.pack(*kind, age) + slot["z"][: slot["count"]].astype(">f8").tobytes()
    return body


def sensor_frame(body: bytes) -> np.void:
    """The sensor frame of the body of a SENSOR."""
    frame = np.zeros(1, SENSOR_FRAME)[0]
    frame["tick"], frame["t_us"], *arguments, frame["tc_seq"], frame["tc_opcode"] = _HEADER.unpack_from(body)
    frame["tc_arg"] = arguments
    mask, at = int.from_bytes(body[_HEADER.size : _HEADER.size + 4], "big"), _HEADER.size + 4
    for i in range(32):
        if mask >> i & 1:
            frame["thruster_applied_us"][i] = int.from_bytes(body[at : at + 3], "big")
            at += 3
    frame["slot_count"], at = body[at], at + 1
    for slot in frame["slot"][: frame["slot_count"]]:
        *kind, age = _SLOT.unpack_from(body, at)
        slot["instrument"], slot["kind"], slot["flags"], slot["count"], slot["seq"] = kind
        slot["t_valid_us"] = (int(frame["t_us"]) - age) % 2**64
        at += _SLOT.size
        slot["z"][: slot["count"]] = np.frombuffer(body, ">f8", slot["count"], at)
        at += 8 * int(slot["count"])
    return frame


def tail_fits(body: bytes) -> bool:
    """Whether a body has the size that the parts of a SENSOR say it has."""
    at = _HEADER.size
    if len(body) < at + 5:
        return False
    at += 4 + 3 * int.from_bytes(body[at : at + 4], "big").bit_count()
    if at >= len(body) or body[at] > SENSOR_FRAME["slot"].shape[0]:
        return False
    slots, at = body[at], at + 1
    for _ in range(slots):
        if at + _SLOT.size > len(body) or body[at + 3] > 8:
            return False
        at += _SLOT.size + 8 * body[at + 3]
    return at == len(body)


class Counting(SimpleNamespace):
    """Counters that count."""

    def __init__(self) -> None:
        super().__init__(**{field.name: 0 for field in fields(Counters)})

    def as_dict(self) -> dict[str, int]:
        return dict(vars(self))


class PlainWire:
    """One end: `frame` makes a frame of a message, `feed` takes what arrived and returns the sound packets in it.

    listens_uplink: True for a board's end, which takes what hosts send.
    """

    def __init__(self, *, listens_uplink: bool = False):
        self.counters = Counting()
        self._held = b""
        self._overrun = False
        self._next: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._word = 0x1800 if listens_uplink else 0x0800  # version 0, type, secondary header present
        self._messages: dict[int, list[Message]] = {}
        for message in icd.MESSAGES:
            if message.uplink is listens_uplink:
                self._messages.setdefault(message.apid, []).append(message)

    def frame(self, message: Message, body: bytes) -> bytes:
        """The frame of a message. Its sequence count is one more than that of the one before on its APID."""
        sequence = self._next.get(message.apid, 0)
        self._next[message.apid] = (sequence + 1) & 0x3FFF
        word = (0x1800 if message.uplink else 0x0800) | message.apid
        packet = _PRIMARY.pack(word, 0xC000 | sequence, len(body) + CRC_BYTES - 1) + body
        made: bytes = b"\0" + cobs.encode(packet + _CRC.pack(zlib.crc32(packet))) + b"\0"
        self.counters.packets_sent += 1
        self.counters.bytes_sent += len(made)
        return made

    def last_sequence(self, message: Message) -> int:
        """The sequence count of the packet sent last on the message's APID."""
        return (self._next.get(message.apid, 0) - 1) & 0x3FFF

    def forget_sequences(self) -> None:
        """The other side has started anew: its sequence counts begin anywhere."""
        self._last.clear()

    def feed(self, data: bytes) -> list[Packet]:
        """Takes what arrived, in pieces of any size; returns the sound packets that it completed."""
        self.counters.bytes_received += len(data)
        first, *rest = data.split(b"\0")
        frames = [self._held + first, *rest]
        self._held = frames.pop()
        found = []
        for frame in frames:
            if self._overrun or len(frame) > HELD_MAX:
                self.counters.overrun_errors += 1
                self._overrun = False
            elif frame and (packet := self._accept(frame)) is not None:
                found.append(packet)
        if len(self._held) > HELD_MAX:
            self._overrun, self._held = True, b""
        return found

    def _accept(self, frame: bytes) -> Packet | None:
        """Checks what lies between two delimiters."""
        counters = self.counters
        try:
            packet = cobs.decode(frame)
        except cobs.DecodeError:
            if _decoded_size(frame) > PACKET_MAX:
                counters.overrun_errors += 1
            else:
                counters.cobs_errors += 1
            return None
        size = len(packet)
        if size > PACKET_MAX:
            counters.overrun_errors += 1
            return None
        if size < PRIMARY_BYTES + CRC_BYTES:
            counters.length_errors += 1
            return None
        word, sequence, last = _PRIMARY.unpack_from(packet)
        if size != PRIMARY_BYTES + last + 1:
            counters.length_errors += 1
            return None
        if zlib.crc32(packet[:-CRC_BYTES]) != _CRC.unpack_from(packet, size - CRC_BYTES)[0]:
            counters.crc_errors += 1
            return None
        body = packet[PRIMARY_BYTES:-CRC_BYTES]
        if word & 0xF800 != self._word or sequence & 0xC000 != 0xC000:
            counters.apid_errors += 1
            return None
        message = self._identify(word & 0x07FF, body)
        if message is None:
            return None
        counters.packets_received += 1
        sequence &= 0x3FFF
        if message is icd.HELLO and not icd.HELLO.decode(body)["session"]:  # unasked: the board has started anew
            self.forget_sequences()
        self._count_sequence(message.apid, sequence)
        return Packet(message, sequence, body)

    def _identify(self, apid: int, body: bytes) -> Message | None:
        """The message a body is; None, and counted, when there is none such or it has another size."""
        for message in self._messages.get(apid, ()):
            named = body[SERVICE_AT : SERVICE_AT + 2] if message.service is not None else b""
            if len(named) == 2 and (named[0] != message.service or message.subtype not in (None, named[1])):
                continue
            if len(body) == message.body.itemsize if message is not icd.SENSOR else tail_fits(body):
                return message
            self.counters.length_errors += 1
            return None
        self.counters.apid_errors += 1
        return None

    def _count_sequence(self, apid: int, sequence: int) -> None:
        last = self._last.get(apid)
        ahead = 1 if last is None else (sequence - last) & 0x3FFF
        if ahead == 0:
            self.counters.sequence_duplicates += 1
        elif ahead > 0x1FFF:
            self.counters.sequence_reordered += 1
            return
        else:
            self.counters.sequence_gaps += ahead - 1
        self._last[apid] = sequence


def _decoded_size(frame: bytes) -> int:
    """How many bytes a decoder that goes on to the end takes out of a frame, broken off or not."""
    at, size = 0, 0
    while at < len(frame):
        code = frame[at]
        size += min(code - 1, len(frame) - at - 1)
        at += code
        size += code != 255 and at < len(frame)
    return size
