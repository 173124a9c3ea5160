"""The kinds of board, and the programs that building and running each of them takes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass


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


def need(name: str, *, run: bool) -> None:
    """BoardError, with the packages to install, when a program is missing that building (and running) a board takes."""
    missing = missing_programs(name, run=run)
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        raise BoardError(
            f"board {name}: {', '.join(missing)} not found; on Debian: "
            f"apt-get install --no-install-recommends {packages}"
        )
