"""The interface of every board."""

from __future__ import annotations

import os
import subprocess
from types import TracebackType
from typing import Any, Protocol

from firmware_bridge.boards.targets import BoardError

DEFAULT_BAUD = 115_200
START_TIMEOUT_S = 20.0


class Board(Protocol):
    """A flight computer that can be started and stopped; a context manager that does both."""

    name: str
    tty: str  # path of the terminal it answers on, once started
    baud: int

    def start(self) -> None:
        """Brings the board up."""

    def stop(self) -> None:
        """Ends it; harmless when it is not running."""

    def reset(self) -> None:
        """Resets it as a power glitch or its reset line would: memory that survives a reset does."""

    def pause(self) -> None:
        """Pauses the board, including its clock."""

    def resume(self) -> None:
        """Resumes a paused board."""

    def kill(self) -> None:
        """Removes it without warning, line included: a pulled cable or a dead computer."""

    def __enter__(self) -> Board:
        """Starts the board."""

    def __exit__(self, *exception: object) -> None:
        """Stops the board."""


class Managed:
    """Starts on entry, stops on exit."""

    name: str
    tty = ""
    baud = DEFAULT_BAUD
    _line = -1

    def start(self) -> None:
        """Brings the board up."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends it; harmless when it is not running."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _close_line(self) -> None:
        if self._line >= 0:
            os.close(self._line)
            self._line = -1

    def _unsupported(self, what: str, instead: str) -> BoardError:
        return BoardError(f"board {self.name}: cannot {what}; {instead}")


def end(process: subprocess.Popen[Any]) -> None:
    """Terminates a process, and kills it when it does not end within two seconds; harmless when it has ended."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
