"""What `make` runs, with an interpreter that only notes what it was asked for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.quality.out_of_tree import ROOT

PYTHON = """#!/bin/sh
echo "$@" >> asked
case "$*" in *build_ext*) test ! -e broken ;; esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "setup.py"):
        shutil.copy2(ROOT / name, tmp_path)
    for folder in ("gnc", "hil", "firmware_bridge", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "gnc/flight.pyx").touch()
    python = tmp_path / ".venv/bin/python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    (tmp_path / ".venv/.python").touch()
    return tmp_path


def make(clone: Path, *targets: str) -> tuple[int, list[str]]:
    """Exit status, and what the interpreter was asked for."""
    (clone / "asked").write_text("")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", *targets], cwd=clone, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    return done.returncode, (clone / "asked").read_text().splitlines()


def change(clone: Path, name: str) -> None:
    """The file becomes newer than any other, without a wait."""
    for path in clone.rglob("*"):
        earlier = path.stat().st_mtime - 100
        os.utime(path, (earlier, earlier))
    (clone / name).touch()


def test_build_after_a_failed_compile_does_not_install_again(clone: Path) -> None:
    status, asked = make(clone, "build")
    assert status == 0
    assert [a for a in asked if "--editable" in a]
    assert make(clone, "build") == (0, [])

    change(clone, "gnc/flight.pyx")
    (clone / "broken").touch()
    compile_changed = ["setup.py -q build_ext --inplace"]
    assert make(clone, "build") == (2, compile_changed)
    assert make(clone, "build") == (2, compile_changed)
    (clone / "broken").unlink()
    assert make(clone, "build") == (0, compile_changed)
    assert make(clone, "build") == (0, [])


def test_build_after_a_failed_first_compile_does_not_install_again(clone: Path) -> None:
    (clone / "broken").touch()
    assert make(clone, "build")[0] == 2
    (clone / "broken").unlink()
    assert make(clone, "build") == (0, ["setup.py -q build_ext --inplace"])


def test_changed_requirements_are_installed(clone: Path) -> None:
    assert make(clone, "build")[0] == 0
    change(clone, "pyproject.toml")
    status, asked = make(clone, "build")
    assert status == 0
    assert [a for a in asked if "-r /dev/stdin" in a]
    assert [a for a in asked if "--editable" in a]
