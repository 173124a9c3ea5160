"""What the boards of these tests share."""

import os
import subprocess
from pathlib import Path

import pytest

from firmware_bridge import boards

ROOT = Path(__file__).parents[2]
EMULATED = ("emulated:mps2-an500", "emulated:zynq-a9")
LINUX = ("linux", "linux:aarch64", "linux:armhf")


def need(name: str, *, run: bool = True) -> None:
    """Skips where a board's programs are missing; never in continuous integration, where that is an error."""
    missing = boards.missing_programs(name, run=run)
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"{name} needs {', '.join(missing)}")


def run_check(name: str, elf: Path, timeout_s: float = 60.0, *qemu_arguments: str) -> dict[str, int]:
    """What the check program prints, by name."""
    target = boards.target_of(name)
    if target.machine:
        command = ["qemu-system-arm", "-M", target.machine, "-kernel", str(elf), "-display", "none", "-monitor", "none"]
        command += ["-no-user-config", "-chardev", "stdio,id=u0,signal=off", "-serial", "chardev:u0", *qemu_arguments]
    else:
        command = [*([target.user_mode] if target.user_mode else []), str(elf), "-"]
    found: dict[str, int] = {}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                key, _, value = line.strip().partition(" ")
                found[key] = int(value) if value else 0
                if key == "end":
                    return found
        finally:
            process.terminate()
    raise AssertionError(f"{name}: no end, only {found}")
