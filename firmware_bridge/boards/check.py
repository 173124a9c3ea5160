"""Runs the check program, which proves a board's arithmetic without a link (see board/check.c)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.boards.board import end
from firmware_bridge.boards.emulated import qemu
from firmware_bridge.boards.targets import BoardError, need, target_of


def run_check(name: str, elf: Path, *, qemu_arguments: Sequence[str] = (), timeout_s: float = 60.0) -> dict[str, int]:
    """Runs the check program of an emulated or Linux board and returns what it prints, by name.

    Raises:
        BoardError: it did not come to its end in time.
    """
    target = target_of(name)
    need(name, run=True)
    if target.machine:
        command = [*qemu(target, elf), "-chardev", "stdio,id=u0,signal=off", *qemu_arguments]
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
            end(process)
        why = process.stderr.read().strip()
    raise BoardError(f"board {name}: the check program did not come to its end within {timeout_s:g} s: {found} {why}")
