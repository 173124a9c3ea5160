"""The board's loop as a Linux process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import tty
from contextlib import suppress
from pathlib import Path

from firmware_bridge.boards.board import START_TIMEOUT_S, Managed, end
from firmware_bridge.boards.firmware import build
from firmware_bridge.boards.targets import BoardError, need, target_of


class LinuxBoard(Managed):
    """The board's loop as a Linux process on a pseudo-terminal, native or under QEMU user mode.

    elf: the firmware; built when not given.
    """

    def __init__(self, name: str = "linux", elf: Path | None = None):
        self.name = name
        self._target = target_of(name)
        if self._target.port != "linux":
            raise BoardError(f"board {name}: not a Linux one")
        self.elf = elf
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process. BoardError when a program is missing."""
        need(self.name, run=True)
        elf = self.elf or build(self.name)
        emulator = [self._target.user_mode] if self._target.user_mode else []
        board_end, self._line = os.openpty()  # ours stays open: the line does not hang up between two users
        tty.setraw(self._line)
        self.tty = os.ttyname(self._line)
        # A session of its own: it is stopped and killed with the board process that it has started.
        try:
            self._process = subprocess.Popen(
                [*emulator, str(elf), "-"], stdin=board_end, stdout=board_end, start_new_session=True
            )
        except OSError as error:  # as in a folder without the right to run programs
            self._close_line()
            raise BoardError(f"board {self.name}: {elf}: cannot be run: {error.strerror}") from None
        finally:
            os.close(board_end)

    @property
    def pid(self) -> int:
        """Process id of the board's power supply, so to say: the board itself is its child."""
        if self._process is None:
            raise BoardError(f"board {self.name}: not running")
        return self._process.pid

    def reset(self) -> None:
        """Ends the board as failing power does; it is back, with the memory that survives, when this returns."""
        before = self._board_pid()
        os.kill(self.pid, signal.SIGUSR1)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._board_pid() in {"", before}:
            if time.monotonic() > deadline:
                raise BoardError(f"board {self.name}: does not come back after a reset")
            time.sleep(0.001)

    def _board_pid(self) -> str:
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().strip()

    def pause(self) -> None:
        """SIGSTOP. The watchdog runs on: after two seconds of it the board resets."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and the terminal hangs up."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self._close_line()

    def stop(self) -> None:
        """Ends the process and closes its terminal."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGCONT)
            end(self._process)
            self._process = None
        self._close_line()
