"""Boards: build their firmware, start and stop them, reset them.

`open_board` takes the name that the user gives:

| name | board |
|---|---|
| `emulated`, `emulated:mps2-an500` | Cortex-M7 in QEMU |
| `emulated:zynq-a9` | Cortex-A9 in QEMU |
| `linux`, `linux:aarch64`, `linux:armhf` | the same loop as a Linux process, native or under QEMU user mode |
| `serial:PORT[@BAUD]` | a real board on a serial port |

A started board answers on `board.tty`, the path of a terminal to open like any serial port.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import termios
import threading
import time
import tty
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from firmware_bridge.serial_link import BAUD_LEAST, BAUD_MOST, expected_baud

SOURCES = Path(str(resources.files(__package__))) / "board"
DEFAULT_BAUD = 115_200
START_TIMEOUT_S = 20.0
LOCK_NAME = "lock"


class BoardError(RuntimeError):
    """A board, or what it takes to build or run it, is not there; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """What one kind of board is built with and runs on."""

    name: str
    port: str  # folder below board/ports
    cross: str = ""  # prefix of the compiler
    machine: str = ""  # QEMU's name of the board
    user_mode: str = ""  # QEMU's program for a foreign Linux process


TARGETS = {
    target.name: target
    for target in (
        Target("emulated:mps2-an500", "mps2_an500", "arm-none-eabi-", machine="mps2-an500"),
        Target("emulated:zynq-a9", "zynq_a9", "arm-none-eabi-", machine="xilinx-zynq-a9"),
        Target("linux", "linux"),
        Target("linux:aarch64", "linux", "aarch64-linux-gnu-", user_mode="qemu-aarch64"),
        Target("linux:armhf", "linux", "arm-linux-gnueabihf-", user_mode="qemu-arm"),
        Target("stm32h7-nucleo", "stm32h7_nucleo", "arm-none-eabi-"),
    )
}
ALIASES = {"emulated": "emulated:mps2-an500"}
# Which Debian packages bring a program.
PACKAGES = {
    "make": "make",
    "cc": "gcc",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "arm-linux-gnueabihf-gcc": "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-aarch64": "qemu-user",
    "qemu-arm": "qemu-user",
}


def target_of(name: str) -> Target:
    """The target of a name; BoardError, naming those there are, for any other."""
    found = TARGETS.get(ALIASES.get(name, name))
    if found is None:
        raise BoardError(f"board {name!r}: expected one of {', '.join([*ALIASES, *TARGETS])} or serial:PORT[@BAUD]")
    return found


def missing_programs(name: str, *, run: bool = True) -> list[str]:
    """The programs that building (and running) a board needs and this computer lacks."""
    target = target_of(name)
    needed = ["make", f"{target.cross}gcc" if target.cross else "cc"]
    if run:
        needed += ["qemu-system-arm"] if target.machine else [target.user_mode] if target.user_mode else []
    return [program for program in needed if shutil.which(program) is None]


def _need(name: str, *, run: bool) -> None:
    missing = missing_programs(name, run=run)
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        raise BoardError(
            f"board {name}: {', '.join(missing)} not found; on Debian: "
            f"apt-get install --no-install-recommends {packages}"
        )


def _build_folder(target: Target) -> Path:
    """The first place that can be written: beside the sources of a checkout, the user's cache, a temporary folder.

    Outside the checkout it is named for where the sources are: two installations share no objects. Raises BoardError.
    """
    root, name = SOURCES.parents[1], target.name.replace(":", "-")
    own = f"{name}-{zlib.crc32(str(root).encode()):08x}"
    places = [root / "build" / "board" / name] if (root / "pyproject.toml").exists() else []
    places += [base / "proxops" / "board" / own for base in _caches()]
    refused = []
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with (place / LOCK_NAME).open("a"):
                return place
        except OSError as error:
            refused.append(f"{place} ({error.strerror})")
    try:
        return own_temporary_folder() / own
    except OSError as error:
        refused.append(str(error.strerror))
    raise BoardError(
        f"board {target.name}: no folder to build in: {', '.join(refused)}; "
        "expected XDG_CACHE_HOME or TMPDIR to name one"
    )


def _caches() -> Iterator[Path]:
    """Of the XDG base directories, where a relative path counts for nothing; a user may have no home."""
    home = os.environ.get("HOME")
    if home is None:
        with suppress(RuntimeError):
            home = str(Path("~").expanduser())
    for named in (os.environ.get("XDG_CACHE_HOME"), f"{home}/.cache" if home else None):
        if named and Path(named).is_absolute():
            yield Path(named)
            return


def own_temporary_folder() -> Path:
    """This user's own, which survives the process but nobody else can put programs into. Raises OSError."""
    place = Path(tempfile.gettempdir()) / f"proxops-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, f"{place} is not this user's alone")
    return place


def _link_sources(folder: Path, core: Path, recording: Path | None) -> Path:
    """Names for what is built from inside the folder where it is built, so that make sees no path with a space."""
    links = {entry.name: entry for entry in SOURCES.iterdir()}
    links |= {"core": core, "link": SOURCES.parent / "link"}
    if recording is not None:
        links[recording.name] = recording
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    for name, target in links.items():
        link = sources / name
        if not link.is_symlink() or link.readlink() != target.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(target.resolve())
    return sources


def build(
    name: str,
    program: str = "proxops",
    *,
    folder: Path | None = None,
    core: Path | None = None,
    recording: Path | None = None,
    defines: Sequence[str] = (),
    opt: str = "-O2",
) -> Path:
    """Builds a board's program and returns its ELF file; compiles only what changed.

    Args:
        name: a name of `TARGETS` or `ALIASES`.
        program: "proxops", the firmware, or "check" (see board/check.c).
        folder: where to build; one for each target by default.
        core: another copy of the flight core's sources.
        recording: the recorded flight that "check" replays.
        defines: further preprocessor definitions, "NAME" or "NAME=VALUE".
        opt: optimisation flags.

    Raises:
        BoardError: a program is missing, or the compiler refused.
    """
    target = target_of(name)
    _need(name, run=False)
    folder = folder.resolve() if folder else _build_folder(target)
    elf = folder / (f"{program}-{recording.stem}.elf" if recording else f"{program}.elf")
    command = [
        "make",
        "-s",
        f"../{elf.name}",
        f"PORT={target.port}",
        "BUILD=..",
        "CORE=core",
        "LINK=link",
        f"OPT={opt}",
    ]
    command += [f"CROSS={target.cross}"] if target.cross else []
    command += [f"RECORDING={recording.name}"] if recording else []
    command += ["DEFINES=" + " ".join(f"-D{define}" for define in defines)] if defines else []
    environment = _clean_environment() | {"TMPDIR": str(folder)}  # the compiler's, whatever the system has
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK_NAME).open("a") as lock:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            sources = _link_sources(folder, core or SOURCES.parents[1] / "gnc" / "core", recording)
            made = subprocess.run(command, cwd=sources, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise BoardError(f"board {name}: {folder}: cannot be written: {error.strerror}") from None
    if made.returncode != 0:
        raise BoardError(f"board {name}: the firmware does not build:\n{made.stderr.strip()}")
    return elf


def run_check(name: str, elf: Path, *, qemu_arguments: Sequence[str] = (), timeout_s: float = 60.0) -> dict[str, int]:
    """Runs the check program of an emulated or Linux board and returns what it prints, by name.

    Raises:
        BoardError: it did not come to its end in time.
    """
    target = target_of(name)
    _need(name, run=True)
    if target.machine:
        command = [*_qemu(target, elf), "-chardev", "stdio,id=u0,signal=off", *qemu_arguments]
    else:
        command = [*([target.user_mode] if target.user_mode else []), str(elf), "-"]
    found: dict[str, int] = {}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        timer = threading.Timer(timeout_s, process.kill)
        timer.start()
        try:
            for line in process.stdout:
                key, _, value = line.strip().partition(" ")
                found[key] = int(value) if value else 0
                if key == "end":
                    return found
        finally:
            timer.cancel()
            _end(process)
        why = process.stderr.read().strip()
    raise BoardError(f"board {name}: the check program did not come to its end within {timeout_s:g} s: {found} {why}")


def _qemu(target: Target, elf: Path) -> list[str]:
    """QEMU with a firmware whose UART is the character device u0."""
    command = ["qemu-system-arm", "-M", target.machine, "-kernel", str(elf), "-display", "none", "-monitor", "none"]
    return [*command, "-no-user-config", "-serial", "chardev:u0"]


def _clean_environment() -> dict[str, str]:
    """Without what an outer make or the user's own flags would change in the firmware."""
    foreign = ("CC", "CFLAGS", "CROSS", "CORE", "BUILD", "OPT", "ARCH", "DEFINES", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    return {key: value for key, value in os.environ.items() if key not in foreign}


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
        """Holds the board still, clock and all."""

    def resume(self) -> None:
        """Lets a held board go on."""

    def kill(self) -> None:
        """Takes it away without a word, line and all: a cable pulled, a computer dead."""

    def __enter__(self) -> Board:
        """Starts the board."""

    def __exit__(self, *exception: object) -> None:
        """Stops the board."""


class _Managed:
    """Starts on entry, stops on exit."""

    name: str
    tty = ""
    baud = DEFAULT_BAUD
    _line = -1

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
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


class EmulatedBoard(_Managed):
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
        _need(self.name, run=True)
        elf = self.elf or build(self.name)
        _check_elf(self.name, elf)  # QEMU would run the bytes of any file
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="proxops-")
        except OSError as error:
            raise BoardError(f"board {self.name}: {error.strerror}: expected TMPDIR to name one") from None
        control = Path(self._folder.name, "qmp")
        command = [*_qemu(self._target, elf), "-S", "-chardev", "pty,id=u0"]
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
            _end(self._process)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class LinuxBoard(_Managed):
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
        _need(self.name, run=True)
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
            _end(self._process)
            self._process = None
        self._close_line()


class SerialBoard(_Managed):
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
        """BoardError: the harness has no hand on its reset line."""
        raise self._unsupported("reset it", "press its reset button, or send the reset function over the link")

    def pause(self) -> None:
        """BoardError: a real computer cannot be held still."""
        raise self._unsupported("pause it", "only emulated and Linux boards can be")

    def resume(self) -> None:
        """BoardError: it cannot have been paused."""
        raise self._unsupported("resume it", "only emulated and Linux boards can be")

    def refuse(self, kinds: Iterable[str]) -> None:
        """BoardError when one of these kinds of fault takes a hand that the harness does not have."""
        for kind in kinds:
            if kind in ("pause", "kill"):
                getattr(self, kind)()

    def kill(self) -> None:
        """BoardError: the cable is out of the harness's reach."""
        raise self._unsupported("take it away", "pull its cable")


def open_board(name: str) -> EmulatedBoard | LinuxBoard | SerialBoard:
    """The board of a name, not yet started. BoardError for a name that is none."""
    if name.startswith("serial:"):
        port, at, baud = name.removeprefix("serial:").partition("@")
        if not port or (at and not re.fullmatch(r"-?[0-9]{1,20}", baud)):
            raise BoardError(f"board {name!r}: expected serial:PORT or serial:PORT@BAUD, as serial:/dev/ttyACM0@921600")
        return SerialBoard(port, int(baud) if baud else DEFAULT_BAUD)
    target = target_of(name)
    if target.machine:
        return EmulatedBoard(name)
    if target.port == "linux":
        return LinuxBoard(name)
    raise BoardError(f"board {name}: can be built but not run here; flash it and use serial:PORT")


class Qmp:
    """QEMU's machine protocol: JSON, one object a line, over a Unix socket."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(START_TIMEOUT_S)
        self._lines = self._socket.makefile("r")
        self.events: list[str] = []  # names of those seen, in order
        try:
            self._connect(path)
            self._receive()  # the greeting
            self.command("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def _connect(self, path: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                return self._socket.connect(str(path))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise BoardError(f"QEMU's control socket {path}: {error}") from error
                time.sleep(0.01)

    def command(self, name: str, **arguments: Any) -> Any:
        """Runs a command and returns what it answers. BoardError when QEMU refuses it or is gone."""
        try:
            self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
            while True:
                answer = self._receive()
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise BoardError(f"QEMU refused {name}: {answer['error']['desc']}")
        except OSError as error:
            raise BoardError(f"QEMU is gone: {error}") from error

    def wait_for(self, event: str, timeout_s: float) -> bool:
        """True once an event of that name has come (since the start); False when it does not in time."""
        deadline = time.monotonic() + timeout_s
        while event not in self.events:
            if time.monotonic() > deadline:
                return False
            self.command("query-status")
            time.sleep(0.02)
        return True

    def _receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise BoardError("QEMU is gone")
        answer: dict[str, Any] = json.loads(line)
        if "event" in answer:
            self.events.append(answer["event"])
        return answer

    def close(self) -> None:
        """Closes the socket; QEMU runs on."""
        self._lines.close()
        self._socket.close()


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


def _end(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
