"""Commands that permissions hold for, also where the tests run as root."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

OVERRIDES = "-dac_override,-dac_read_search"


def unprivileged(*command: str) -> list[str]:
    """The command such that what is not writable for its owner cannot be written; skips where that is impossible."""
    if os.geteuid() != 0:
        return list(command)
    if shutil.which("setpriv") is None:
        pytest.skip("root without setpriv: nothing is read-only")
    return ["setpriv", f"--inh-caps={OVERRIDES}", f"--bounding-set={OVERRIDES}", *command]


def proxops(*arguments: str) -> list[str]:
    """`proxops ARGUMENTS` without privileges."""
    argv = ["proxops", *arguments]
    script = f"import sys; sys.argv = {argv!r}; from hil import cli; cli.main()"
    return unprivileged(sys.executable, "-c", script)


def environment(**more: str) -> dict[str, str]:
    """This process's, with the modules that it finds."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)} | more
