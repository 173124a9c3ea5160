"""The plainest host there can be: one board, one request at a time, in lockstep.

It shares nothing with the product's own link but the messages, so that a mistake there is not made twice.
"""

import os
import select
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message, byte_order
from gnc import flight as core
from gnc.build_id import core_build_id
from tests.bridge.plain_wire import sensor_body

RESEND_S = 2.0
GIVE_UP_S = 30.0
COMMAND_TO, COMMAND_FROM = byte_order(core.COMMAND, icd.COMMAND.body)
TELEMETRY_TO, TELEMETRY_FROM = byte_order(core.TELEMETRY, icd.COMMAND.body)


def cobs(data: bytes) -> bytes:
    out = bytearray()
    for part in (data + b"\0").split(b"\0")[:-1]:
        while len(part) >= 254:
            out += b"\xff" + part[:254]
            part = part[254:]
        out += bytes([len(part) + 1]) + part
    return bytes(out)


def uncobs(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1 : at + code]
        at += code
        if code < 255 and at < len(data):
            out += b"\0"
    return bytes(out)


class PlainHost:
    """Talks to the board on a terminal; a flight computer for `hil.run.fly` once `begin` has been called."""

    def __init__(self, line: str | int, session: int = 1):
        """line: path of a terminal, or an open descriptor, which it then owns."""
        self.session = session
        self._line = line if isinstance(line, int) else os.open(line, os.O_RDWR | os.O_NOCTTY)
        self._pending = b""
        self._sequence: dict[int, int] = {}
        self.hellos: list[np.void] = []  # those that nobody asked for: the board has started
        self.texts: list[str] = []
        self.resends = 0
        self.allow_mismatch = False
        self.before_step: Callable[[int], None] = lambda tick: None

    def close(self) -> None:
        os.close(self._line)

    def __enter__(self) -> "PlainHost":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def send(self, message: Message, body: bytes) -> None:
        sequence = self._sequence.get(message.apid, 0)
        self._sequence[message.apid] = (sequence + 1) % 0x4000
        header = (0x1800 | message.apid).to_bytes(2, "big") + (0xC000 | sequence).to_bytes(2, "big")
        packet = header + (len(body) + 3).to_bytes(2, "big") + body
        frame = b"\0" + cobs(packet + zlib.crc32(packet).to_bytes(4, "big")) + b"\0"
        while frame:
            frame = frame[os.write(self._line, frame) :]

    def receive(self, timeout_s: float) -> tuple[Message, np.void] | None:
        """The next sound packet, or None when there is none in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame, zero, rest = self._pending.partition(b"\0")
            if zero:
                self._pending = rest
                packet = uncobs(frame)
                if len(packet) > 10 and zlib.crc32(packet[:-4]) == int.from_bytes(packet[-4:], "big"):
                    return self._identify(packet)
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._line], [], [], left)[0]:
                return None
            arrived = os.read(self._line, 4096)
            if not arrived:
                raise ConnectionError("the line has been hung up")
            self._pending += arrived

    def _identify(self, packet: bytes) -> tuple[Message, np.void]:
        apid, body = int.from_bytes(packet[:2], "big") & 0x7FF, packet[6:-4]
        for message in icd.MESSAGES:
            if message.uplink or message.apid != apid or len(body) != message.body.itemsize:
                continue
            record = message.decode(body)
            if message.service in {None, int(record["service"]) if message.service is not None else None} and (
                message.subtype in {None, int(record["subtype"]) if message.subtype is not None else None}
            ):
                self._note(message, record)
                return message, record
        raise AssertionError(f"no message of this interface: APID {apid:#x}, {len(body)} bytes")

    def _note(self, message: Message, record: np.void) -> None:
        if message is icd.HELLO and record["session"] == 0:
            self.hellos.append(record)
        if message is icd.TEXT:
            self.texts.append(bytes(record["text"]).decode())

    def ask(self, message: Message, body: bytes, wanted: Callable[[Message, np.void], bool]) -> np.void:
        """Sends until the answer that is wanted comes; after a start of the board at once, else after a while."""
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            self.send(message, body)
            while (found := self.receive(RESEND_S)) is not None:
                if wanted(*found):
                    return found[1]
                if found[0] is icd.HELLO and found[1]["session"] == 0:
                    break
            self.resends += 1
        raise AssertionError(f"no answer to {message.name} in {GIVE_UP_S} s")

    def hello(self, *, start: bool = False) -> np.void:
        body = icd.HELLO_REQUEST.encode(icd_hash=icd.ICD_HASH, session=self.session, start=start)
        return self.ask(icd.HELLO_REQUEST, body, lambda m, r: m is icd.HELLO and r["session"] == self.session)

    def begin(self, params: Any) -> None:
        """Starts a session and sends the parameters."""
        hello = self.hello(start=True)
        assert hello["icd_hash"] == icd.ICD_HASH
        assert self.allow_mismatch or f"{int(hello['build_id']):016x}" == core_build_id()[:16]
        record = np.zeros((), icd.PARAMETERS)
        for name in icd.PARAMETERS.names or ():
            record[name] = np.asarray(params)[name]
        whole = record.tobytes()
        for offset in range(0, len(whole), 256):
            part = whole[offset : offset + 256]
            values = {"total_bytes": len(whole), "crc32": zlib.crc32(whole), "offset": offset, "used": len(part)}
            data = np.frombuffer(part.ljust(256, b"\0"), np.uint8)
            body = icd.PARAMS.encode(session=self.session, data=data, **values)
            self.ask(icd.PARAMS, body, lambda m, r: m is icd.ACK and r["request_apid"] == icd.PARAMS.apid)

    def function(self, function: icd.Function) -> None:
        self.ask(
            icd.FUNCTION_REQUEST,
            icd.FUNCTION_REQUEST.encode(function=function),
            lambda m, r: m is icd.ACK and r["request_apid"] == icd.FUNCTION_REQUEST.apid,
        )

    def statistics(self) -> np.void:
        return self.ask(icd.STATISTICS_REQUEST, icd.STATISTICS_REQUEST.encode(), lambda m, r: m is icd.STATISTICS)

    def body_of(self, frame: np.void) -> bytes:
        """The SENSOR message of a sensor frame."""
        return sensor_body(frame)

    def step(self, frame: np.void) -> tuple[np.void, np.void]:
        """One control cycle: a sensor frame there, command and telemetry back."""
        tick = int(frame["tick"])
        self.before_step(tick)
        answer = self.ask(icd.SENSOR, self.body_of(frame), lambda m, r: m is icd.COMMAND and r["tick"] == tick)
        assert answer["status"] == 0, f"tick {tick}: status {answer['status']}"
        raw = np.frombuffer(answer.tobytes(), np.uint8)
        command, telemetry = np.zeros(core.COMMAND.itemsize, np.uint8), np.zeros(core.TELEMETRY.itemsize, np.uint8)
        command[COMMAND_TO] = raw[COMMAND_FROM]
        telemetry[TELEMETRY_TO] = raw[TELEMETRY_FROM]
        return command.view(core.COMMAND)[0], telemetry.view(core.TELEMETRY)[0]
