"""Files are written whole or not at all, and never cost the one that was there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hil.files import replacing, write_text
from tests.unprivileged import environment, unprivileged


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def write_half(path: Path) -> None:
    with replacing(path) as partial:
        partial.write_text("half of it")
        raise OSError("full")


def test_a_failure_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("before")
    with pytest.raises(OSError, match="full"):
        write_half(path)
    assert path.read_text() == "before" and names(tmp_path) == ["report.html"]
    write_text(path, "after")
    assert path.read_text() == "after" and names(tmp_path) == ["report.html"]


def test_a_link_stays_one_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    write_text(link, "text")
    assert link.is_symlink() and (tmp_path / "file").read_text() == "text"
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True) as cat:
        write_text(tmp_path / "pipe", "text")
        assert cat.stdout is not None and cat.stdout.read() == "text"
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "baseline"
    path.write_text("precious")
    path.chmod(0o444)
    script = "import sys; from pathlib import Path; from hil.files import write_text; write_text(Path(sys.argv[1]), '')"
    done = subprocess.run(
        unprivileged(sys.executable, "-c", script, str(path)), capture_output=True, text=True, env=environment()
    )
    assert done.stderr.splitlines()[-1].startswith("PermissionError") and path.read_text() == "precious"


def test_what_utf_8_has_no_code_for_is_spelled_out(tmp_path: Path) -> None:
    write_text(tmp_path / "page", "approach \udce4")  # a byte of a file's name that is not UTF-8
    assert (tmp_path / "page").read_text() == "approach \\udce4"
