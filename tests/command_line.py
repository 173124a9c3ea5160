"""The command line as a user types it, in this process."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from hil import cli


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `proxops ARGUMENTS`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["proxops", *arguments])
        try:
            cli.main()
            status: Any = 0
        except SystemExit as stop:
            status = stop.code or 0
    out, err = capsys.readouterr()
    return status, out, err


def environment() -> dict[str, str]:
    """The variables with which another process finds what this one does."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def proxops(*arguments: str) -> list[str]:
    """`proxops ARGUMENTS` as a process of its own."""
    argv = ["proxops", *arguments]
    return [sys.executable, "-P", "-c", f"import sys; sys.argv = {argv!r}; from hil import cli; cli.main()"]
