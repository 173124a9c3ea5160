"""What the boards of these tests share."""

import os
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
