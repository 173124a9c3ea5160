"""The host's side of the protocol: identification, parameter upload, one answer for every sensor frame."""

from __future__ import annotations

import secrets
import time
import zlib
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from firmware_bridge.errors import (
    BoardLostError,
    ColdStartError,
    MismatchError,
    NoAnswerError,
    PortError,
    PortLostError,
    RefusedError,
)
from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message, RecordCodec
from firmware_bridge.resend_timer import ResendTimer
from firmware_bridge.serial_link import ByteLink
from firmware_bridge.wire import Packet, Wire, command_of, sensor_body
from gnc import flight
from gnc.build_id import core_build_id

FLIGHT_OK, FLIGHT_ERR_FRAME, FLIGHT_ERR_NOT_INIT = 0, -3, -4
CHUNK_BYTES = icd.PARAMS.body["data"].shape[0]
# Frames kept to be sent again: a board that resumes from the older copy of its checkpoint is one behind.
REMEMBERED = 8
BACKOFF_MOST = 8.0  # times the first wait
UNKNOWN = -1  # which sending of a request an answer belongs to
# A board that has started anew has performed them, whether or not its ACK arrived.
_RESTARTING = (icd.Function.RESET, icd.Function.HANG, icd.Function.SPOIL_CHECKPOINT)

_PARAMS = RecordCodec(flight.PARAMS, icd.PARAMETERS)


def _exchange_bytes(request: Message, answer: Message) -> int:
    """Bytes on the wire of a request and its answer: bodies, and header, CRC and framing of both."""
    return request.body.itemsize + answer.body.itemsize + 2 * 13


LOOP_BYTES = _exchange_bytes(icd.SENSOR, icd.COMMAND)


@dataclass(frozen=True)
class Identity:
    """Who answers: the fields of the HELLO message."""

    board: str
    icd_hash: str
    build_id: str
    params_crc32: int
    state: icd.BoardState
    boot_reason: icd.BootReason
    boot_count: int
    next_tick: int

    @classmethod
    def of(cls, body: bytes) -> Identity:
        """From the body of a HELLO. Raises MismatchError when it has values that this interface does not know."""
        m = icd.HELLO.decode(body)
        if int(m["state"]) not in list(icd.BoardState) or int(m["boot_reason"]) not in list(icd.BootReason):
            raise MismatchError(f"the board has ICD {int(m['icd_hash']):016x}, this is {icd.ICD_HASH:016x}")
        return cls(
            board=m["board"].decode("ascii", "replace"),
            icd_hash=f"{int(m['icd_hash']):016x}",
            build_id=f"{int(m['build_id']):016x}",
            params_crc32=int(m["params_crc32"]),
            state=icd.BoardState(int(m["state"])),
            boot_reason=icd.BootReason(int(m["boot_reason"])),
            boot_count=int(m["boot_count"]),
            next_tick=int(m["next_tick"]),
        )


@dataclass(frozen=True)
class Notice:
    """An unsolicited message of the board: a boot, an event or a text; `tick` is that of the frame being answered."""

    tick: int
    kind: str
    text: str


class Host:
    """Flies a board over a wire: `begin(params)`, then `step(sensors)` once a control cycle.

    Args:
        link: the wire. Its `baud`, if it has one, sets the first time-outs.
        build_id: of the flight core expected; this project's by default.
        allow_mismatch: fly a board built from another interface or core; `mismatches` says what differs.
        timeout_s: a board is lost when its answer is overdue by so long.
        boot_s: how long the first answer may take; opening the port resets many boards.
        reconnect_s: how long a port that went away may take to come back; 0 does not wait.
        notice: called with every Notice as it comes.
    """

    def __init__(
        self,
        link: ByteLink,
        *,
        build_id: str | None = None,
        allow_mismatch: bool = False,
        timeout_s: float = 5.0,
        boot_s: float = 5.0,
        reconnect_s: float = 5.0,
        notice: Callable[[Notice], None] | None = None,
    ):
        self.link = link
        self.wire = Wire()
        self.allow_mismatch = allow_mismatch
        self.timeout_s, self.boot_s, self.reconnect_s = timeout_s, boot_s, reconnect_s
        self.mismatches: tuple[str, ...] = ()
        self.identity: Identity | None = None
        self.notices: list[Notice] = []
        self.resends = self.late_answers = self.boots = self.reconnections = 0
        self.round_trip_s = array("d")
        self._build_id = build_id or core_build_id()
        self._notice = notice
        self._session = _new_session()
        self._arrived: deque[Packet] = deque()
        self._sent: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._params_crc32 = 0
        self._tick = 0
        self._timer = ResendTimer(getattr(link, "baud", None))
        self._asked_again = (-1, 0.0)  # the last tick sent twice, and the time to its first answer
        self._echo: Wire | None = None  # listens for this end's own frames
        self._echoed = False

    # ---- who is there ----

    def begin(self, params: np.void) -> Identity:
        """Begins a flight with these parameters, one record of gnc.flight.PARAMS; the board forgets any other.

        Raises NoAnswerError, MismatchError naming everything that differs, RefusedError naming what the board
        refused, and BoardLostError when it stops answering.
        """
        self._session = _new_session()
        self._identify(start=True)
        self._load(params)
        self.boots = 0  # those that follow are resets
        assert self.identity is not None
        return self.identity

    def connect(self) -> Identity:
        """Identifies the board without disturbing it. Raises NoAnswerError, MismatchError."""
        return self._identify(start=False)

    def _identify(self, *, start: bool) -> Identity:
        self.identity = identity = self._ask_identity(start, self.boot_s)
        self.mismatches = self._differences(identity)
        if self.mismatches and not self.allow_mismatch:
            raise MismatchError(
                f"{identity.board} on {self.link.name} {'; '.join(self.mismatches)}: "
                "build and load its firmware again, or fly it all the same with --allow-mismatch"
            )
        return identity

    def _differences(self, identity: Identity) -> tuple[str, ...]:
        expected = {"ICD": (identity.icd_hash, f"{icd.ICD_HASH:016x}"), "core": (identity.build_id, self._build_id)}
        return tuple(f"has {what} {has}, this is {is_}" for what, (has, is_) in expected.items() if has != is_)

    def _ask_identity(self, start: bool, timeout_s: float) -> Identity:
        request = icd.HELLO_REQUEST.encode(icd_hash=icd.ICD_HASH, session=self._session, start=start)
        heard = self.wire.counters.bytes_received
        sound = self.wire.counters.packets_received

        def which(packet: Packet) -> int | None:
            return UNKNOWN if packet.message is icd.HELLO and self._is_mine(packet) else None

        self._echo, self._echoed = Wire(listens_uplink=True), False
        try:
            packet = self._ask(icd.HELLO_REQUEST, request, icd.HELLO, which, timeout_s)
        finally:
            self._echo = None
        if packet is not None:
            return Identity.of(packet.body)
        heard = self.wire.counters.bytes_received - heard
        if self._echoed:
            raise NoAnswerError(
                f"port {self.link.name}: only what this computer sends comes back: a loop-back plug, TX connected "
                "to RX, or an adapter that echoes with no board behind it"
            )
        if heard and self.wire.counters.packets_received == sound:
            raise NoAnswerError(
                f"port {self.link.name}: {heard} bytes came in {timeout_s:g} s, and no packet among them: "
                "another baud rate, or a device that speaks something else"
            )
        raise NoAnswerError(
            f"port {self.link.name}: no answer in {timeout_s:g} s: is the board powered, "
            "running this firmware, and connected RX to TX at the same baud rate?"
        )

    # ---- parameters ----

    def _load(self, params: np.void) -> None:
        """Sends the flight parameters and checks that the board flies with these."""
        record = _PARAMS.put(params)
        self._params_crc32 = crc = zlib.crc32(record)
        offset = 0
        while offset < len(record):
            part = record[offset : offset + CHUNK_BYTES]
            data = np.frombuffer(part.ljust(CHUNK_BYTES, b"\0"), np.uint8)
            body = icd.PARAMS.encode(
                session=self._session,
                total_bytes=len(record),
                crc32=crc,
                offset=offset,
                used=len(part),
                data=data,
            )
            offset = self._taken(self._request(icd.PARAMS, body, "parameters"), params, offset + len(part))
        identity = self._ask_identity(False, self.timeout_s)
        if identity.params_crc32 != crc:
            raise RefusedError(
                f"{identity.board} on {self.link.name} has parameter digest {identity.params_crc32:08x}, "
                f"expected {crc:08x}"
            )
        self.identity = identity
        self._sent.clear()

    def _taken(self, answer: Packet, params: np.void, next_offset: int) -> int:
        """The offset to go on from after an answer to a part."""
        if answer.message is icd.ACK:
            return next_offset
        m = icd.NAK.decode(answer.body)
        reason, detail = int(m["reason"]), int(m["detail"])
        if reason == icd.NakReason.OFFSET:
            return detail
        if reason == icd.NakReason.PARAMETER and detail < len(flight.fields("params")):
            name = flight.fields("params")[detail].name
            raise RefusedError(f"the board on {self.link.name} refused flight parameter {name} = {params[name]}")
        raise RefusedError(f"the board on {self.link.name} refused the flight parameters: {_reason(reason, detail)}")

    # ---- the loop ----

    def step(self, sensors: np.void) -> tuple[np.void, np.void]:
        """One control cycle: a SENSOR_FRAME record in, a (COMMAND, TELEMETRY) pair of records out.

        A lost frame is asked for again, until timeout_s; the board answers a repeated tick from memory, so it
        never steps twice. Raises BoardLostError and RefusedError, naming port and tick; ColdStartError when the
        board has lost the flight's state and could begin another.
        """
        body = sensor_body(sensors)
        tick = self._tick = int.from_bytes(body[:4], "big")
        self._sent.append((tick, body))
        started, resends = time.monotonic(), self.resends
        command, telemetry = self._exchange(tick, started)
        took = time.monotonic() - started
        self.round_trip_s.append(took)
        if self.resends == resends:
            self._timer.measured(LOOP_BYTES, took)
        else:  # which sending was answered is not known until a second answer comes
            self._asked_again = tick, took
        return command, telemetry

    def _exchange(self, tick: int, started: float) -> tuple[np.void, np.void]:
        """Command and telemetry that answer the newest frame."""
        reconnections = self.reconnections
        first_wait_s = wait_s = self._timer.wait_s(LOOP_BYTES)
        give_up, ask_again = 0.0, started + wait_s
        self._send(icd.SENSOR, self._sent[-1][1])
        while True:
            packet = self._next(ask_again)
            if packet is not None and packet.message is icd.COMMAND:
                status, command, telemetry = command_of(packet.body)
                answered = int.from_bytes(packet.body[:4], "big")
                if answered == tick and status == FLIGHT_OK:
                    return command, telemetry
            now = time.monotonic()
            give_up = give_up or started + self._timer.give_up_s(LOOP_BYTES, self.timeout_s)
            if self.reconnections != reconnections:  # what was under way is lost, and the board's time starts anew
                reconnections = self.reconnections
                give_up = now + self._timer.give_up_s(LOOP_BYTES, self.timeout_s)
            elif now >= give_up:
                raise self._silent()
            frames = 1
            if packet is None:
                wait_s = min(2.0 * wait_s, BACKOFF_MOST * first_wait_s)
                self.resends += 1
                self._send_from(tick)
            elif packet.message is icd.COMMAND:
                if answered == tick:
                    frames = self._recover(tick, status)
                else:  # answers come in order: the one waited for is behind this one
                    self._came_late(answered)
                    wait_s = max(wait_s, self._timer.wait_s(LOOP_BYTES))
            elif self._is_boot(packet) and self.identity is not None:
                frames = self._resume(tick, self.identity)
            else:
                continue
            ask_again = min(max(ask_again, time.monotonic() + frames * wait_s), give_up)

    def _came_late(self, tick: int) -> None:
        """An answer to an earlier tick came: it was sent again too soon. Mere loss causes no such answers."""
        self.late_answers += 1
        asked_again, took_s = self._asked_again
        self._timer.late(LOOP_BYTES, took_s if tick == asked_again else 0.0)

    def _send_from(self, first: int) -> None:
        """Sends the remembered frames from a tick on."""
        for tick, body in self._sent:
            if tick >= first:
                self._send(icd.SENSOR, body)

    def _recover(self, tick: int, status: int) -> int:
        """The core refused the newest frame: it has not had the ones before, or it is not flying any more.

        Returns how many frames were sent again.
        """
        if status == FLIGHT_ERR_NOT_INIT:
            raise ColdStartError(f"{self._where()} has lost the flight: it started cold")
        if status != FLIGHT_ERR_FRAME:
            raise RefusedError(f"{self._where()} refused the frame (status {status})")
        identity = self._ask_identity(False, self.timeout_s)
        if identity.state == icd.BoardState.FLYING and identity.next_tick == tick:
            raise RefusedError(f"{self._where()} refused the frame: tick or time did not advance by one cycle")
        return self._resume(tick, identity)

    def _resume(self, tick: int, identity: Identity) -> int:
        """The board is where `identity` says: sends what it has not had. Returns how many frames that was."""
        if identity.state == icd.BoardState.COLD or identity.params_crc32 != self._params_crc32:
            raise ColdStartError(
                f"{self._where()} has lost the flight: it started cold ({identity.boot_reason.name.lower()})"
            )
        first = self._sent[0][0] if identity.state == icd.BoardState.READY else identity.next_tick
        if first > tick:  # it has had this frame: it answers from memory
            first = tick
        if first < self._sent[0][0]:
            raise BoardLostError(f"{self._where()} resumed at tick {first}, which is too long ago")
        self.resends += 1
        self._send_from(first)
        return tick - first + 1

    # ---- services ----

    def statistics(self) -> dict[str, dict[str, int]]:
        """The counters of both ends: {"board": …, "host": …}. Raises BoardLostError."""
        packet = self._ask(
            icd.STATISTICS_REQUEST,
            icd.STATISTICS_REQUEST.encode(),
            icd.STATISTICS,
            lambda p: UNKNOWN if p.message is icd.STATISTICS else None,
            self.timeout_s,
        )
        if packet is None:
            raise self._silent()
        record = icd.STATISTICS.decode(packet.body)
        names = [n for n in icd.STATISTICS.body.names or () if n not in ("tick", "t_us", "service", "subtype")]
        return {"board": {name: int(record[name]) for name in names}, "host": self.counters()}

    def counters(self) -> dict[str, int]:
        """The counters of this end."""
        return self.wire.counters.as_dict() | {
            "resends": self.resends,
            "late_answers": self.late_answers,
            "boots": self.boots,
            "reconnections": self.reconnections,
        }

    def ping(self, token: int = 0) -> float:
        """The round trip of a small packet, s. Raises BoardLostError."""
        started = time.perf_counter()
        body = icd.PING.encode(token=token)

        def which(packet: Packet) -> int | None:
            mine = packet.message is icd.PONG and icd.PONG.decode(packet.body)["token"] == token
            return UNKNOWN if mine else None

        if self._ask(icd.PING, body, icd.PONG, which, self.timeout_s) is None:
            raise self._silent()
        return time.perf_counter() - started

    def perform(self, function: icd.Function) -> None:
        """Asks the board for a function; returns once it has agreed. Raises RefusedError, BoardLostError."""
        body = icd.FUNCTION_REQUEST.encode(function=function)
        answer = self._request(icd.FUNCTION_REQUEST, body, function.name, restarts=function in _RESTARTING)
        if answer.message is icd.NAK:
            m = icd.NAK.decode(answer.body)
            raise RefusedError(
                f"{self._where()} refused {function.name}: {_reason(int(m['reason']), int(m['detail']))}"
            )

    def close(self) -> None:
        """Gives the port back."""
        self.link.close()

    # ---- packets ----

    def _send(self, message: Message, body: bytes) -> None:
        frame = self.wire.frame(message, body)
        try:
            self.link.write(frame)
        except PortLostError as error:
            self._reconnect(error)
            try:
                self.link.write(frame)
            except PortLostError as again:
                raise BoardLostError(f"{self._where()}: {again}") from None

    def _next(self, until: float) -> Packet | None:
        """The next packet; None if there is none by `until`, on time.monotonic(), or the port had to be opened again.

        Notices are taken on the way.
        """
        too_late = False
        while True:
            while self._arrived:
                packet = self._arrived.popleft()
                if not self._noticed(packet):
                    return packet
            if too_late:  # one last read was done; a device that sends without end must not block us
                return None
            left = until - time.monotonic()
            too_late = left <= 0.0
            try:
                data = self.link.read(max(left, 0.0))
            except PortLostError as error:
                self._reconnect(error)
                return None
            if data:
                self._arrived.extend(self.wire.feed(data))
                if self._echo is not None and self._echo.feed(data):
                    self._echoed = True

    def _reconnect(self, error: PortLostError) -> None:
        if self.reconnect_s <= 0.0:
            raise BoardLostError(f"{self._where()}: {error}") from None
        started = time.monotonic()
        try:
            self.link.reopen(self.reconnect_s)
        except PortError as why:
            waited = time.monotonic() - started >= self.reconnect_s
            outcome = f"It did not come back in {self.reconnect_s:g} s: {why}" if waited else f"It was given up: {why}"
            raise BoardLostError(f"{self._where()}: {error} {outcome}") from None
        self.reconnections += 1
        self.wire.forget_sequences()
        self._tell("port", f"{self.link.name} went away and came back")

    def _ask(
        self,
        message: Message,
        body: bytes,
        answer: Message,
        which: Callable[[Packet], int | None],
        timeout_s: float,
    ) -> Packet | None:
        """Sends a request repeatedly until its answer arrives; None if there is none in time.

        which: the sending that a packet answers, 0 being the first; UNKNOWN if it may be any, None if it answers none.
        """
        size, reconnections = _exchange_bytes(message, answer), self.reconnections
        first_wait_s = wait_s = self._timer.wait_s(size)
        sent: list[float] = []
        first = 0  # the sending that counts as the first: those before it cannot have been heard
        give_up = time.monotonic() + self._timer.give_up_s(size, timeout_s)
        while True:
            sent.append(time.monotonic())
            self._send(message, body)
            ask_again = min(time.monotonic() + wait_s, give_up)
            wait_s = min(2.0 * wait_s, BACKOFF_MOST * first_wait_s)
            while (packet := self._next(ask_again)) is not None:
                sending = which(packet)
                if sending is not None:
                    self._measure(size, sent, first, sending)
                    return packet
                if self._is_boot(packet):
                    first, wait_s = len(sent), first_wait_s
                    break
            if self.reconnections != reconnections:
                first, wait_s, reconnections = len(sent), first_wait_s, self.reconnections
                give_up = time.monotonic() + self._timer.give_up_s(size, timeout_s)
            if time.monotonic() >= give_up:
                return None

    def _measure(self, size: int, sent: list[float], first: int, sending: int) -> None:
        """Notes how long an answer took, as far as it is known which of the sendings it belongs to.

        The very first answer counts from the first sending: too long does no harm, and there is nothing else to go by.
        """
        if sending == UNKNOWN and (len(sent) - first == 1 or not self._timer.measured_any):
            sending = first
        if 0 <= sending < len(sent):
            self._timer.measured(size, time.monotonic() - sent[sending])

    def _request(self, message: Message, body: bytes, what: str, *, restarts: bool = False) -> Packet:
        """The ACK or NAK of a request, sent again until one comes. Raises BoardLostError.

        restarts: the request makes the board start anew, so that its HELLO will do as an answer. To ask again because
        only the ACK was lost would restart it twice.
        """
        first = (self.wire.last_sequence(message) + 1) & 0x3FFF

        def which(packet: Packet) -> int | None:
            if restarts and self._is_boot(packet):
                return UNKNOWN
            if packet.message not in (icd.ACK, icd.NAK):
                return None
            m = packet.message.decode(packet.body)
            age = (int(m["request_sequence"]) - first) & 0x3FFF
            return age if m["request_apid"] == message.apid and age < 0x2000 else None

        packet = self._ask(message, body, icd.ACK, which, self.timeout_s)
        if packet is None:
            raise BoardLostError(f"{self._where()} does not answer to {what} for {self.timeout_s:g} s")
        return packet

    def _noticed(self, packet: Packet) -> bool:
        """Handles unsolicited messages of the board."""
        if packet.message is icd.COMMAND:
            return False
        if packet.message is icd.TEXT:
            m = icd.TEXT.decode(packet.body)
            self._tell("text", m["text"].decode("ascii", "replace"))
        elif packet.message is icd.EVENT:
            m = icd.EVENT.decode(packet.body)
            self._tell("event", f"{_name(icd.Event, int(m['event']))} ({_signed(int(m['argument']))})")
        elif self._is_boot(packet):
            self.boots += 1
            self.identity = identity = Identity.of(packet.body)
            started = f"{identity.board} started ({identity.boot_reason.name.lower()}), {identity.state.name.lower()}"
            self._tell("boot", started)
            return False  # the caller must know
        else:
            return packet.message is icd.HELLO and not self._is_mine(packet)
        return True

    def _is_boot(self, packet: Packet) -> bool:
        """An unsolicited HELLO: the board has started."""
        return packet.message is icd.HELLO and bool(icd.HELLO.decode(packet.body)["session"] == 0)

    def _is_mine(self, packet: Packet) -> bool:
        return bool(icd.HELLO.decode(packet.body)["session"] == self._session)

    def _tell(self, kind: str, text: str) -> None:
        notice = Notice(self._tick, kind, text)
        self.notices.append(notice)
        if self._notice is not None:
            self._notice(notice)

    def _silent(self) -> BoardLostError:
        return BoardLostError(f"{self._where()} does not answer for {self.timeout_s:g} s")

    def _where(self) -> str:
        board = self.identity.board if self.identity is not None else "the board"
        return f"{board} on {self.link.name} at tick {self._tick}"


def _reason(reason: int, detail: int) -> str:
    return f"{_name(icd.NakReason, reason)} (detail {_signed(detail)})"


def _name(table: type[IntEnum], value: int) -> str:
    return table(value).name.lower() if value in list(table) else str(value)


def _signed(value: int) -> int:
    """A u32 that may carry a negative status."""
    return value - 2**32 if value >= 2**31 else value


def _new_session() -> int:
    return secrets.randbelow(2**32 - 1) + 1
