"""`python -m benchmarks.board_cost`: what the core costs on the emulated Cortex-M7, against the committed figures.

Instructions a flight_step over the first part of a whole approach, and an exchange (frame decoded, core stepped, state
kept, answer encoded) over its beginning, counted by the emulator's clock (256 ns of it are one instruction); the
stack's high water, and the firmware's flash and RAM. A count stands in for time when two builds are compared; it is
neither cycles nor a worst-case execution time. Ends with status 1 when a figure has grown by more than 2 %, or, since
compilers differ, by more than 25 % under another one than the committed figures are of; `--write` commits to new ones.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import tomli_w

from firmware_bridge import boards, wire
from hil.run import fly

BOARD = "emulated:mps2-an500"
COMMITTED = Path(__file__).with_suffix(".toml")
CYCLES = 45_000  # what the board's PSRAM holds; the hops are in it
GROWTH_MAX, OTHER_COMPILER_MAX = 0.02, 0.25
NS_PER_INSTRUCTION = 256  # QEMU: -icount shift=8
RUN_MAX_S = 600.0  # on a computer that is busy with other work


def compiler() -> str:
    """The first line of what the cross compiler says of itself."""
    command = ["arm-none-eabi-gcc", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def sections(elf: Path) -> dict[str, int]:
    """Bytes of each section of a firmware."""
    command = ["arm-none-eabi-size", "-A", str(elf)]
    rows = [
        line.split() for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    ]
    return {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[0].startswith(".")}


def recorded(name: str, content: bytes) -> Path:
    """A recording for the check program, in one place for all processes: they share the builds that it goes into."""
    path = Path(__file__).parents[1] / "build" / "board" / f"{name}.bin"
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = path.with_suffix(f".{os.getpid()}")
        mine.write_bytes(content)
        mine.replace(path)
    return path


def measure() -> dict[str, int | float | str]:
    """Builds the firmware and the check program and returns the figures by name."""
    flown = fly("iss-vbar", 1)
    recording = recorded("iss-vbar", wire.recording(flown.params[0], flown.sensors[:CYCLES]))
    firmware = boards.build(BOARD)
    check = boards.build(BOARD, "check", recording=recording)
    found = boards.run_check(BOARD, check, qemu_arguments=("-icount", "shift=8,sleep=off"), timeout_s=RUN_MAX_S)
    if found.get("frames") != CYCLES or {"refused_at", "unanswered_at"} & set(found):
        raise RuntimeError(f"the recording was not flown: {found}")
    size = sections(firmware)
    per_us = 1000.0 / NS_PER_INSTRUCTION
    return {
        "board": BOARD,
        "compiler": compiler(),
        "cycles": CYCLES,
        "flight_step_instructions_mean": round(found["total_us"] * per_us / CYCLES, 1),
        "flight_step_instructions_worst": round(found["worst_us"] * per_us),
        "exchange_instructions_mean": round(found["exchange_total_us"] * per_us / found["exchanges"], 1),
        "exchange_instructions_worst": round(found["exchange_worst_us"] * per_us),
        "stack_high_water_bytes": found["stack"],
        "flash_bytes": size[".text"] + size.get(".ARM.exidx", 0) + size[".data"],
        "ram_bytes": size[".data"] + size[".bss"] + size[".noinit"] + size[".stack"],
    }


def grown(now: dict[str, int | float | str], before: dict[str, int | float | str]) -> list[str]:
    """One line for each figure that has grown too much, or was never committed, and what to do about it."""
    same = now["compiler"] == before["compiler"]
    most = GROWTH_MAX if same else OTHER_COMPILER_MAX
    lines = [f"{name}: not among the committed figures" for name in now if name not in before]
    lines += [
        f"{name}: {value:g} is {value / old - 1.0:+.1%} of the committed {old:g}"
        for name, value in now.items()
        if isinstance(value, int | float) and isinstance(old := before.get(name), int | float)
        if value > old * (1.0 + most)
    ]
    if lines:
        of = "" if same else f" They are of {before['compiler']}, this is {now['compiler']}."
        lines.append(f"At most {most:+.0%}.{of} `python -m benchmarks.board_cost --write` commits to these; say why.")
    return lines


def committed() -> dict[str, int | float | str]:
    """The figures in the file beside this one."""
    return tomllib.loads(COMMITTED.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.board_cost", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--write", action="store_true", help=f"write the figures to {COMMITTED.name}")
    options = parser.parse_args()
    now = measure()
    before = committed() if COMMITTED.exists() else {}
    for name, value in now.items():
        print(f"{name:32} {value!s:>60} {before.get(name, '')!s:>60}")
    if options.write:
        COMMITTED.write_text(tomli_w.dumps(now))
    elif lines := grown(now, before):
        sys.exit("\n".join(lines))


if __name__ == "__main__":
    main()
