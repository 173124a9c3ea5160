"""Boards in QEMU."""

from __future__ import annotations

import os
import re
import select
import subprocess
import tempfile
import termios
import time
import tty
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from firmware_bridge.boards.board import START_TIMEOUT_S, Managed, end
from firmware_bridge.boards.firmware import build
from firmware_bridge.boards.qmp import Qmp
from firmware_bridge.boards.targets import ALIASES, BoardError, Target, need, target_of


class EmulatedBoard(Managed):
    """A board in QEMU: its UART is a pseudo-terminal, its power and reset are QMP commands.

    elf: the firmware; built when not given. qemu_arguments: further ones.
    """

    def __init__(self, name: str, elf: Path | None = None, qemu_arguments: Iterable[str] = ()):
        self.name = ALIASES.get(name, name)
        self._target = target_of(name)
        if not self._target.machine:
            raise BoardError(f"board {name}: not an emulated one")
        self.elf = elf
        self.qemu_arguments = list(qemu_arguments)
        self._process: subprocess.Popen[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Boots the firmware. BoardError when QEMU is missing or does not come up."""
        need(self.name, run=True)
        elf = self.elf or build(self.name)
        _check_elf(self.name, elf)  # QEMU would run the bytes of any file
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="proxops-")
        except OSError as error:
            raise BoardError(f"board {self.name}: {error.strerror}: expected TMPDIR to name one") from None
        control = Path(self._folder.name, "qmp")
        command = [*qemu(self._target, elf), "-S", "-chardev", "pty,id=u0"]
        socket_path = str(control).replace(",", ",,")  # as QEMU writes a comma
        command += ["-qmp", f"unix:{socket_path},server=on,wait=off", *self.qemu_arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._guard = _guard(self._process.pid, self._folder.name)
        try:
            self.tty = self._wait_for_tty()
            # QEMU polls once a second whether the terminal is open, hence: first open it, and keep it open, then run.
            self._line = _open_raw(self.tty)
            self._qmp = Qmp(control)
            self._qmp.command("cont")
        except BaseException:
            self.stop()
            raise

    def _wait_for_tty(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        printed, deadline = "", time.monotonic() + START_TIMEOUT_S
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._process.stdout], [], [], left)[0]:
                break
            line = self._process.stdout.readline()
            printed += line
            if found := re.search(r"char device redirected to (\S+)", line):
                return found[1]
            if not line:
                break
        raise BoardError(f"board {self.name}: QEMU did not start: {printed.strip() or 'it said nothing'}")

    @property
    def qmp(self) -> Qmp:
        """QEMU's control channel, for commands beyond those of a board."""
        if self._qmp is None:
            raise BoardError(f"board {self.name}: not running")
        return self._qmp

    @property
    def pid(self) -> int:
        """Process id of QEMU."""
        if self._process is None:
            raise BoardError(f"board {self.name}: not running")
        return self._process.pid

    def reset(self) -> None:
        """Pulls the emulated reset line."""
        self.qmp.command("system_reset")

    def pause(self) -> None:
        """Stops the emulated clock and processor."""
        self.qmp.command("stop")

    def resume(self) -> None:
        """Lets them run on."""
        self.qmp.command("cont")

    def kill(self) -> None:
        """SIGKILL: the terminal hangs up."""
        self._close_line()
        self._dismiss_guard()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _dismiss_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None

    def stop(self) -> None:
        """Ends QEMU and closes its terminal."""
        self._close_line()
        self._dismiss_guard()
        if self._qmp is not None:
            with suppress(BoardError):
                self._qmp.command("quit")
            self._qmp.close()
            self._qmp = None
        if self._process is not None:
            end(self._process)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def qemu(target: Target, elf: Path) -> list[str]:
    """QEMU with a firmware whose UART is the character device u0."""
    command = ["qemu-system-arm", "-M", target.machine, "-kernel", str(elf), "-display", "none", "-monitor", "none"]
    return [*command, "-no-user-config", "-serial", "chardev:u0"]


def _check_elf(name: str, elf: Path) -> None:
    try:
        with elf.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BoardError(f"board {name}: firmware {elf}: {error.strerror}") from error
    if magic != b"\x7fELF":
        raise BoardError(f"board {name}: firmware {elf}: not an ELF file")


def _guard(pid: int, folder: str) -> subprocess.Popen[bytes]:
    """Ends a process and removes its folder once this process is dead, however it died: a pipe between them closes.

    A shell, not PR_SET_PDEATHSIG: that one fires when the thread which started the process ends.
    """
    script = 'read -r _; kill -KILL "$0"; rm -rf "$1"'
    return subprocess.Popen(["sh", "-c", script, str(pid), folder], stdin=subprocess.PIPE, start_new_session=True)


def _open_raw(path: str) -> int:
    line = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    tty.setraw(line, termios.TCSANOW)
    return line
