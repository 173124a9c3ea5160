"""The host's serial port: opened exclusively, read in bulk, and reopened after it disappeared."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import time
from pathlib import Path
from typing import Protocol

import serial
from serial.tools import list_ports

from firmware_bridge.errors import PortError, PortLostError
from firmware_bridge.resend_timer import BITS_A_BYTE

READ_MAX = 65536
REOPEN_POLL_S = 0.05
WRITE_S = 2.0
DRIVER_BUFFER = 4096  # bytes; Linux reports room for more only when less than 256 are left in it
# The slowest rate that terminals know, and more than any UART does.
BAUD_LEAST, BAUD_MOST = 50, 50_000_000


class ByteLink(Protocol):
    """What a host needs of a wire."""

    name: str

    def write(self, data: bytes) -> None:
        """Sends all of it. Raises PortLostError."""

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting for at most timeout_s; nothing when nothing has. Raises PortLostError."""

    def reopen(self, timeout_s: float) -> None:
        """Opens the port again once it is there. Raises PortError when it is not in time."""

    def close(self) -> None:
        """Gives the port back."""


class SerialLink:
    """A serial port: `SerialLink("/dev/serial/by-id/...", 115200)`, or "usb:VID:PID[:SERIAL]" in hexadecimal.

    The port is opened exclusively, and in low-latency mode where its driver has one; `settings` says
    what was achieved. Raises PortError with what to do when it cannot be opened.
    """

    def __init__(self, port: str, baud: int = 115200):
        if not BAUD_LEAST <= baud <= BAUD_MOST:
            raise PortError(f"port {port}: {expected_baud(baud)}")
        self.name = self._path = port
        self.baud = baud
        self.settings: dict[str, str | int | bool] = {}
        self._serial: serial.Serial | None = None
        self._open()

    def __enter__(self) -> SerialLink:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self) -> None:
        path = resolve(self._path)
        try:
            opened = serial.Serial(path, self.baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:
            raise PortError(_why_not(self.name, path, self.baud, error)) from None
        self._serial = opened
        self._opened_as = _what_stands_at(path)
        self._fd: int = opened.fileno()
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._fd, select.POLLIN)
        self._writable.register(self._fd, select.POLLOUT)
        self.settings = {
            "port": self.name,
            "device": os.path.realpath(path),
            "baud": self.baud,
            "exclusive": True,
            "low_latency": _low_latency(opened),
        }

    def fileno(self) -> int:
        """The port's descriptor."""
        return self._fd

    def write(self, data: bytes) -> None:
        """Sends all of it. Raises PortLostError, also when the port takes no more bytes for WRITE_S.

        That time counts from when the driver's buffer should have been sent.
        """
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                if not self._writable.poll(1000.0 * (WRITE_S + BITS_A_BYTE * DRIVER_BUFFER / self.baud)):
                    raise PortLostError(f"port {self.name} takes no more bytes: is the board still running?") from None
            except OSError as error:
                raise self._lost(error) from None

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting for at most timeout_s; nothing when nothing has. Raises PortLostError."""
        try:
            if not self._readable.poll(max(0.0, timeout_s) * 1000.0):
                return b""
            data = os.read(self._fd, READ_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from None
        if not data:  # readable, and nothing to read: the other end is gone
            raise self._lost(None)
        return data

    def reopen(self, timeout_s: float) -> None:
        """Opens the port again once it is there. Raises PortError when it is not in time.

        A pseudo-terminal never comes back, because its number may already belong to another process. A link to
        one counts as back once it points to a new one.
        """
        self.close()
        terminal = str(self.settings["device"])
        gone = terminal if terminal.startswith("/dev/pts/") else None
        if gone and Path(self._path).absolute() == Path(gone):
            raise PortError(f"port {self.name}: a pseudo-terminal does not come back")
        give_up = time.monotonic() + timeout_s
        while True:
            try:
                if gone and _what_stands_at(resolve(self._path)) == self._opened_as:
                    raise PortError(f"port {self.name}: still a link to {gone}, which does not come back")
                return self._open()
            except PortError:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(REOPEN_POLL_S)

    def close(self) -> None:
        """Gives the port back."""
        if self._serial is not None:
            with contextlib.suppress(OSError):  # gone already
                self._serial.close()
            self._serial, self._fd = None, -1

    def _lost(self, error: OSError | None) -> PortLostError:
        why = error.strerror if error is not None else "the other end is closed"
        return PortLostError(f"port {self.name} went away ({why}): is the board still connected and powered?")


def expected_baud(baud: int) -> str:
    """What is wrong with a baud rate outside the limits."""
    return f"{baud} baud: expected {BAUD_LEAST} to {BAUD_MOST}, such as 115200"


def _what_stands_at(path: str) -> tuple[str, tuple[int, int] | None]:
    """The device that a path leads to, and which link leads there, if any: a new one is told from the old."""
    try:
        found = os.lstat(path)
    except OSError:
        return "", None
    return os.path.realpath(path), (found.st_ino, found.st_ctime_ns) if stat.S_ISLNK(found.st_mode) else None


def resolve(port: str) -> str:
    """The device of a port given by path or as "usb:VID:PID[:SERIAL]". Raises PortError unless there is one."""
    if not port.startswith("usb:"):
        return port
    wanted = port.split(":")[1:]
    try:
        vid, pid = int(wanted[0], 16), int(wanted[1], 16)
    except (ValueError, IndexError):
        raise PortError(f"port {port}: expected usb:VID:PID or usb:VID:PID:SERIAL, numbers in hexadecimal") from None
    found = [
        p for p in list_ports.comports() if (p.vid, p.pid) == (vid, pid) and wanted[2:] in ([], [p.serial_number or ""])
    ]
    if len(found) != 1:
        several = ": " + ", ".join(f"{p.device} ({p.serial_number})" for p in found) if found else ""
        hint = "give its serial number too" if found else "is the board connected? `proxops ports` lists what is"
        raise PortError(f"port {port}: {len(found)} such USB devices{several}: {hint}")
    return str(found[0].device)


def _low_latency(opened: serial.Serial) -> bool | str:
    """Asks the driver for low latency (FTDI's default timer is 16 ms): True, or why not."""
    try:
        opened.set_low_latency_mode(True)
    except (AttributeError, NotImplementedError):
        return "not on this platform"
    except (OSError, ValueError) as error:
        return f"not with this driver: {error}"
    return True


def _why_not(name: str, path: str, baud: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.ENOENT:
        return f"port {name}: there is no such device: `proxops ports` lists what is connected"
    if number == errno.EACCES:
        return f"port {name}: not allowed: add yourself to the group that owns it ({_group(path)}) and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
        return f"port {name}: another program has it open: close that program, or find it with `fuser {path}`"
    if number in (errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP) or "\0" in path:
        return f"port {name}: no device can have this name"
    if isinstance(error, ValueError):
        return f"port {name}: {baud} baud: the port does not do this rate; 115200 is the usual one"
    if number in (errno.ENOTTY, errno.EISDIR, errno.ENODEV) or Path(path).is_file() or Path(path).is_dir():
        return f"port {name}: not a serial port"
    if "ioctl" in text or "Could not configure" in text:
        return f"port {name}: not a serial port"
    return f"port {name}: cannot be opened: {text}"


def _group(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "dialout"
