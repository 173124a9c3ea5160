"""Flight computers by name: starts the board if possible, opens its port, and communicates with it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np

from firmware_bridge.boards import BoardError, EmulatedBoard, LinuxBoard, SerialBoard, open_board
from firmware_bridge.errors import BoardLostError, BridgeError, ColdStartError
from firmware_bridge.faults import BoardFault, LinkFaults
from firmware_bridge.icd.generated import icd
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from firmware_bridge.shim import NullModem

NOTICES_KEPT = 200
Board = EmulatedBoard | LinuxBoard | SerialBoard


class BoardComputer(RemoteFlight):
    """A board as flight computer that describes itself and its link after the run.

    board: the board, started; cable: the simulated cable between it and `link`, if any; board_faults: the faults of the
    board in each run, in order of time; the rest is as for `RemoteFlight`.
    """

    def __init__(
        self,
        board: Board,
        link: SerialLink,
        cable: NullModem | None = None,
        board_faults: Sequence[BoardFault] = (),
        **options: Any,
    ):
        super().__init__(link, **options)
        self.board, self.board_faults = board, tuple(board_faults)
        self.link_faults = cable.faults if cable else LinkFaults()
        self._port, self._cable = link, cable
        self._to_come: deque[BoardFault] = deque()
        self._met: list[dict[str, Any]] = []
        self._timers: list[threading.Timer] = []
        self._lost = False

    def start(self, params: np.void) -> None:
        """Begins a run with these flight parameters, one record of gnc.flight.PARAMS."""
        self._to_come, self._met = deque(self.board_faults), []
        super().start(params)

    def step(self, sensors: np.void) -> tuple[np.void, np.void]:
        """One control cycle: a SENSOR_FRAME record in, COMMAND and TELEMETRY records out."""
        try:
            while self._to_come and int(sensors["t_us"]) >= int(self._to_come[0].t_s * 1.0e6 + 0.5):
                self._meet(self._to_come.popleft(), int(sensors["tick"]))
            return super().step(sensors)
        except (BridgeError, BoardError) as error:
            self._lost = not isinstance(error, ColdStartError)
            raise error if isinstance(error, BridgeError) else BoardLostError(str(error)) from error

    def _meet(self, fault: BoardFault, tick: int) -> None:
        """Injects the declared board faults, directly if the harness controls the board, otherwise over the link."""
        self._met.append({"tick": tick, "kind": fault.kind})
        if fault.kind == "kill":
            self.board.kill()
        elif fault.kind == "pause":
            self.board.pause()
            self._timers.append(threading.Timer(fault.duration_s or 0.0, self._resume))
            self._timers[-1].start()
        elif fault.kind == "reset" and not isinstance(self.board, SerialBoard):
            self.board.reset()
        else:
            self.host.perform(icd.Function[fault.kind.upper()])

    def _resume(self) -> None:
        with suppress(BoardError, ProcessLookupError):  # killed meanwhile
            self.board.resume()

    def close(self) -> None:
        """Gives the port back."""
        for timer in self._timers:
            timer.cancel()
            timer.join()
        super().close()

    def describe(self) -> dict[str, Any]:
        """Plain values for the log. A board that was lost is asked nothing.

        `mismatches`: in what the board was built otherwise than this ProxOps; empty when it was not. `link` and
        `board_link`: the counters of this end and of the board's. `cable`: how often each link fault was injected,
        by direction. `board_faults`: those met, with the tick of the frame that followed.
        """
        host, statistics = self.host, None
        if not self._lost:
            with suppress(BridgeError):
                statistics = host.statistics()["board"]
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
            "board_link": statistics,
            "cable": self._cable.counts if self._cable else None,
            "board_faults": self._met,
            "round_trip_us": {
                words: float(round_trip_us[int(share * (len(round_trip_us) - 1))]) if len(round_trip_us) else None
                for words, share in (("median", 0.5), ("p99", 0.99), ("max", 1.0))
            },
            "notices": [f"tick {n.tick}: {n.kind}: {n.text}" for n in host.notices[:NOTICES_KEPT]],
        }


@contextmanager
def open_computer(
    board: str | Board,
    *,
    allow_mismatch: bool = False,
    timeout_s: float = 5.0,
    reconnect_s: float = 5.0,
    link_faults: LinkFaults | None = None,
    board_faults: Sequence[BoardFault] = (),
    seed: int = 1,
    case: int = 0,
) -> Iterator[BoardComputer]:
    """A board as flight computer, for as long as the block lasts.

    Args:
        board: a name that `firmware_bridge.boards.open_board` takes ("emulated", "linux:aarch64",
            "serial:/dev/ttyACM0@921600", "serial:usb:0403:6001"), or a board not yet started.
        allow_mismatch: fly a board built from another interface or core.
        timeout_s: a board that does not answer for so long is lost.
        reconnect_s: how long a port that went away may take to come back.
        link_faults: what the cable to the board does to frames; without any declared, there is no cable in between.
        board_faults: what is done to the board in each run, in order of time.
        seed: master seed of the run, which the cable's draws are taken from.
        case: its number in a campaign.

    Raises:
        BoardError: no such board, what it takes to build or run it is missing, or a fault that it cannot be given.
        BridgeError: its port cannot be opened, nobody answers there, or it was built otherwise.
    """
    found = open_board(board) if isinstance(board, str) else board
    with ExitStack() as stack:
        if isinstance(found, SerialBoard):  # nothing to start, and opening its port gives the best error
            found.refuse(fault.kind for fault in board_faults)
        else:
            stack.enter_context(found)
        cable = None
        if link_faults is not None and link_faults.declared():
            cable = stack.enter_context(NullModem(found.tty, link_faults, seed, found.baud, case))
        link = stack.enter_context(SerialLink(cable.tty if cable else found.tty, found.baud))
        link.name = found.tty
        computer = BoardComputer(
            found,
            link,
            cable,
            board_faults,
            allow_mismatch=allow_mismatch,
            timeout_s=timeout_s,
            reconnect_s=reconnect_s,
        )
        yield stack.enter_context(computer)
