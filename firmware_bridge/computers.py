"""Flight computers by name: start the board where it is ours to start, open its port, speak with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from firmware_bridge.boards import EmulatedBoard, LinuxBoard, SerialBoard, open_board
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink

NOTICES_KEPT = 200
Board = EmulatedBoard | LinuxBoard | SerialBoard


class BoardComputer(RemoteFlight):
    """A board as flight computer that can say afterwards what it was and how its link did.

    board: the board, started; the rest is as for `RemoteFlight`.
    """

    def __init__(self, board: Board, link: SerialLink, **options: Any):
        super().__init__(link, **options)
        self.board, self._port = board, link

    def describe(self) -> dict[str, Any]:
        """Plain values for the log; asks the board nothing, so that it works when the board is gone.

        `mismatches`: in what the board was built otherwise than this ProxOps; empty when it was not.
        """
        host = self.host
        who = host.identity
        round_trip_us = np.sort(np.array(host.round_trip_s)) * 1.0e6
        return {
            "name": self.board.name,
            "board": who.board if who else None,
            "core": who.build_id if who else None,
            "icd": who.icd_hash if who else None,
            "mismatches": list(host.mismatches),
            "port": dict(self._port.settings),
            "link": host.counters(),
            "round_trip_us": {
                words: float(round_trip_us[int(share * (len(round_trip_us) - 1))]) if len(round_trip_us) else None
                for words, share in (("median", 0.5), ("p99", 0.99), ("max", 1.0))
            },
            "notices": [f"tick {n.tick}: {n.kind}: {n.text}" for n in host.notices[:NOTICES_KEPT]],
        }


@contextmanager
def open_computer(
    board: str | Board, *, allow_mismatch: bool = False, timeout_s: float = 5.0, reconnect_s: float = 5.0
) -> Iterator[BoardComputer]:
    """A board as flight computer, for as long as the block lasts.

    Args:
        board: a name that `firmware_bridge.boards.open_board` takes ("emulated", "linux:aarch64",
            "serial:/dev/ttyACM0@921600", "serial:usb:0403:6001"), or a board not yet started.
        allow_mismatch: fly a board built from another interface or core.
        timeout_s: a board that does not answer for so long is lost.
        reconnect_s: how long a port that went away may take to come back.

    Raises:
        BoardError: no such board, or what it takes to build or run it is missing.
        BridgeError: its port cannot be opened, nobody answers there, or it was built otherwise.
    """
    found = open_board(board) if isinstance(board, str) else board
    # there is nothing to start on a serial port, and opening it says best what is wrong with it
    running: AbstractContextManager[Any] = nullcontext() if isinstance(found, SerialBoard) else found
    with running, SerialLink(found.tty, found.baud) as link:
        yield BoardComputer(found, link, allow_mismatch=allow_mismatch, timeout_s=timeout_s, reconnect_s=reconnect_s)
