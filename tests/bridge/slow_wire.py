"""Slow wires: one in memory with a clock of its own, which takes no time, and one of pseudo-terminals, which does."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections import deque
from contextlib import suppress
from pathlib import Path

from tests.bridge.boards import MemoryBoard

PIECE = 32  # bytes that arrive at once


class Clock:
    """Stands in for the module `time`: time passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic


class Direction:
    """One direction of a wire: what is put in comes out in pieces, each when its last byte is due."""

    def __init__(self) -> None:
        self.free = 0.0
        self.pieces: deque[tuple[float, bytes]] = deque()

    def put(self, data: bytes, now: float, byte_s: float, latency_s: float) -> None:
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            self.free = max(self.free, now) + len(piece) * byte_s
            self.pieces.append((self.free + latency_s, piece))

    @property
    def due(self) -> float:
        return self.pieces[0][0] if self.pieces else float("inf")


class SlowLink:
    """A `ByteLink` to a board in memory that carries `bytes_per_s` each way and takes `latency_s` more.

    baud: what its port claims. away_s: how long `reopen` takes once the port has gone.
    """

    name = "slow"

    def __init__(self, board: MemoryBoard, clock: Clock, bytes_per_s: float, baud: int | None, latency_s: float = 0.0):
        self.board, self.clock, self.baud = board, clock, baud
        self.byte_s, self.latency_s, self.away_s = 1.0 / bytes_per_s, latency_s, 0.0
        self._up, self._down = Direction(), Direction()
        board.read(0.0)  # it started long ago

    def write(self, data: bytes) -> None:
        self._up.put(data, self.clock.now, self.byte_s, self.latency_s)

    def read(self, timeout_s: float) -> bytes:
        until = self.clock.now + timeout_s
        while min(self._up.due, self._down.due) <= until:
            if self._down.due <= self._up.due:
                due, piece = self._down.pieces.popleft()
                self.clock.now = max(self.clock.now, due)
                return piece
            due, piece = self._up.pieces.popleft()
            self.clock.now = max(self.clock.now, due)
            self.board.write(piece)
            self._down.put(self.board.read(0.0), self.clock.now, self.byte_s, self.latency_s)
        self.clock.now = until
        return b""

    def reopen(self, timeout_s: float) -> None:
        self.clock.now += self.away_s
        self._up, self._down = Direction(), Direction()
        self.board.gone = False

    def close(self) -> None: ...


class SlowWire:
    """A wire of `bytes_per_s` between a board's terminal and a new one, whose name `link` is set to.

    A context manager that unplugs it at its end. board_tty: "" for a loop-back plug.
    """

    def __init__(self, board_tty: str, link: Path, bytes_per_s: float):
        self._byte_s = 1.0 / bytes_per_s
        self._host, near = os.openpty()
        tty.setraw(near)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(near))
        self._near = near
        self._board = os.open(board_tty, os.O_RDWR | os.O_NOCTTY) if board_tty else self._host
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> SlowWire:
        return self

    def __exit__(self, *error: object) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The new terminal hangs up, as when a cable is pulled; the board's stays open."""
        if not self._end.is_set():
            self._end.set()
            self._thread.join()
            for descriptor in {self._host, self._near, self._board}:
                os.close(descriptor)

    def _run(self) -> None:
        ways = {self._host: (self._board, Direction()), self._board: (self._host, Direction())}
        while not self._end.is_set():
            left = min(direction.due for _, direction in ways.values()) - time.monotonic()
            for source in select.select(list(ways), [], [], max(0.0, min(left, 0.02)))[0]:
                with suppress(OSError):
                    ways[source][1].put(os.read(source, 4096), time.monotonic(), self._byte_s, 0.0)
            for sink, direction in ways.values():
                while direction.due <= time.monotonic():
                    os.write(sink, direction.pieces.popleft()[1])
