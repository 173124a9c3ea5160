"""A simulated null-modem cable with faults: drops, bit errors, duplicates, delays, truncation, babble.

`NullModem(board_tty, faults, seed)` stands between a host and a board: the host opens `tty`, a
pseudo-terminal, the board's own line is at the other end. The faults of the n-th frame in
each direction are drawn from the run's master seed, so two runs have the same faults; each is counted.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
import zlib
from collections import Counter, deque
from contextlib import suppress

import numpy as np

from firmware_bridge.faults import LinkFaults
from firmware_bridge.serial_link import SerialLink

BABBLE_MAX = 64


class Spoiler:
    """One direction of the cable, "uplink" or "downlink". `count` says how often each fault was injected."""

    def __init__(self, faults: LinkFaults, seed: int, direction: str, case: int = 0):
        self.faults = faults
        self.count: Counter[str] = Counter()
        stream = zlib.crc32(f"link.{direction}".encode())
        self._rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(case, stream))))
        self._held = b""

    def feed(self, data: bytes) -> list[tuple[float, bytes]]:
        """What comes out of what goes in: pieces, each with how long it is held up (s). A frame goes in at once."""
        *frames, self._held = (self._held + data).split(b"\0")
        return [piece for frame in frames if frame for piece in self._frame(b"\0" + frame + b"\0")]

    def _happens(self, fault: str) -> bool:
        # One draw for each fault and frame, whatever the others do: a fault added changes no other.
        happens = bool(self._rng.random() < getattr(self.faults, fault))
        if happens:
            self.count[fault] += 1
        return happens

    def _frame(self, frame: bytes) -> list[tuple[float, bytes]]:
        self.count["frames"] += 1
        drop, duplicate, delay, truncate, babble = (
            self._happens(fault) for fault in ("drop", "duplicate", "delay", "truncate", "babble")
        )
        where, noise = self._rng.integers(1, len(frame)), self._rng.bytes(BABBLE_MAX)
        frame = self._flip(frame)
        if truncate:
            frame = frame[:where]
        if duplicate:
            frame += frame
        if drop:
            frame = b""
        if babble:
            frame = noise[: 1 + int(where) % BABBLE_MAX] + frame
        return [(self.faults.delay_s if delay else 0.0, frame)]

    def _flip(self, frame: bytes) -> bytes:
        flips = int(self._rng.binomial(8 * len(frame), self.faults.bit_error))
        bits = self._rng.integers(0, 8 * len(frame), flips)
        self.count["bit_error"] += flips
        spoilt = bytearray(frame)
        for bit in bits:
            spoilt[bit // 8] ^= 1 << bit % 8
        return bytes(spoilt)


class NullModem:
    """The cable: give the host `tty` instead of the board's own. A context manager; stop it before the board.

    board_tty: where the board answers; seed, case: of the run. counts: of each fault injected, by direction.
    """

    def __init__(self, board_tty: str, faults: LinkFaults, seed: int, baud: int = 115200, case: int = 0):
        self.faults = faults
        self._board = SerialLink(board_tty, baud)
        self._spoilers = {way: Spoiler(faults, seed, way, case) for way in ("uplink", "downlink")}
        self._host, self._kept_open = os.openpty()  # the line does not hang up between two users
        tty.setraw(self._kept_open)
        self.tty = os.ttyname(self._kept_open)
        self._wake_up, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="null modem", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often each fault was injected: {"uplink": {"drop": …}, "downlink": …}."""
        return {direction: dict(spoiler.count) for direction, spoiler in self._spoilers.items()}

    def close(self) -> None:
        """Takes the cable away: both ends hang up."""
        if self._wake >= 0:
            os.write(self._wake, b"\0")
            self._thread.join()
            for descriptor in (self._wake, self._wake_up, self._kept_open):
                os.close(descriptor)
            self._wake = -1
            self._board.close()

    def __enter__(self) -> NullModem:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _run(self) -> None:
        with suppress(OSError):  # the board's end is gone
            self._pass_on()
        os.close(self._host)  # and with it the host's

    def _pass_on(self) -> None:
        board = self._board.fileno()
        ways = {self._host: ("uplink", board), board: ("downlink", self._host)}
        held: dict[str, deque[tuple[float, bytes]]] = {"uplink": deque(), "downlink": deque()}
        while True:
            left = _time_left([queue[0][0] for queue in held.values() if queue])
            ready = select.select([self._wake_up, *ways], [], [], left)[0]
            if self._wake_up in ready:
                return
            for source in ready:
                direction, _ = ways[source]
                data = os.read(source, 65536)
                if not data:
                    raise OSError
                for delay_s, piece in self._spoilers[direction].feed(data):
                    # A line keeps the order: what follows a frame held up waits behind it.
                    due = time.monotonic() + delay_s
                    held[direction].append((max(due, held[direction][-1][0]) if held[direction] else due, piece))
            for direction, sink in ways.values():
                while held[direction] and held[direction][0][0] <= time.monotonic():
                    _write(sink, held[direction].popleft()[1])


def _time_left(due: list[float]) -> float | None:
    return max(0.0, min(due) - time.monotonic()) if due else None


def _write(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [], 1.0)
