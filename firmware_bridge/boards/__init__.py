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

import re

from firmware_bridge.boards.board import DEFAULT_BAUD, START_TIMEOUT_S, Board
from firmware_bridge.boards.check import run_check
from firmware_bridge.boards.emulated import EmulatedBoard
from firmware_bridge.boards.firmware import SOURCES, build, own_temporary_folder
from firmware_bridge.boards.linux import LinuxBoard
from firmware_bridge.boards.qmp import Qmp
from firmware_bridge.boards.serial import SerialBoard
from firmware_bridge.boards.targets import ALIASES, PACKAGES, TARGETS, BoardError, Target, missing_programs, target_of

__all__ = [
    "ALIASES",
    "DEFAULT_BAUD",
    "PACKAGES",
    "SOURCES",
    "START_TIMEOUT_S",
    "TARGETS",
    "Board",
    "BoardError",
    "EmulatedBoard",
    "LinuxBoard",
    "Qmp",
    "SerialBoard",
    "Target",
    "build",
    "missing_programs",
    "open_board",
    "own_temporary_folder",
    "run_check",
    "target_of",
]


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
