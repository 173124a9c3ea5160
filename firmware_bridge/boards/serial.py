"""Real boards on a serial port."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from firmware_bridge.boards.board import DEFAULT_BAUD, Managed
from firmware_bridge.boards.targets import BoardError
from firmware_bridge.serial_link import BAUD_LEAST, BAUD_MOST, expected_baud


class SerialBoard(Managed):
    """A real board on a serial port. It is powered and reset by hand."""

    def __init__(self, tty: str, baud: int = DEFAULT_BAUD):
        if not BAUD_LEAST <= baud <= BAUD_MOST:
            raise BoardError(f"board serial:{tty}: {expected_baud(baud)}")
        self.name = f"serial:{tty}"
        self.tty = tty
        self.baud = baud

    def start(self) -> None:
        """Checks that the port is a terminal. BoardError when it is not there or is something else."""
        path = Path(self.tty)
        if not path.exists():
            raise BoardError(f"port {self.tty}: not there; `proxops ports` lists those that are")
        if not path.is_char_device():
            raise BoardError(f"port {self.tty}: not a serial port")

    def stop(self) -> None:
        """Leaves the board as it is."""

    def reset(self) -> None:
        """BoardError: the harness does not control its reset line."""
        raise self._unsupported("reset it", "press its reset button, or send the reset function over the link")

    def pause(self) -> None:
        """BoardError: a real computer cannot be paused."""
        raise self._unsupported("pause it", "only emulated and Linux boards can be")

    def resume(self) -> None:
        """BoardError: it cannot have been paused."""
        raise self._unsupported("resume it", "only emulated and Linux boards can be")

    def refuse(self, kinds: Iterable[str]) -> None:
        """BoardError if one of these faults needs control that the harness does not have."""
        for kind in kinds:
            if kind in ("pause", "kill"):
                getattr(self, kind)()

    def kill(self) -> None:
        """BoardError: the harness does not control the cable."""
        raise self._unsupported("take it away", "pull its cable")
