"""The journal of a campaign: read where nothing can be written."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.campaign.journal import CampaignError, Journal
from tests.unprivileged import environment, unprivileged

KILLED = """
import os, signal, sys
from hil.campaign.journal import Journal
journal = Journal(sys.argv[1])
journal.begin({"seed": "3"})
journal.add({"case": 0, "verdict": "PASS", "digest": None})
os.kill(os.getpid(), signal.SIGKILL)
"""
READ = """
import sys
from hil.campaign.journal import Journal
journal = Journal(sys.argv[1], read_only=True)
print(journal.identity(), journal.rows())
journal.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A journal whose writer was killed: its one case is still in the write-ahead log."""
    folder = tmp_path / "can only [be] read?"
    folder.mkdir()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder / "journal.sqlite")], env=environment())
    assert killed.returncode == -signal.SIGKILL and (folder / "journal.sqlite-wal").stat().st_size > 0
    yield folder / "journal.sqlite"
    folder.chmod(0o755)


@pytest.mark.parametrize("left", ["log and index", "log", "one file"])
def test_it_is_read_in_a_folder_that_cannot_be_written(path: Path, left: str) -> None:
    if left == "log":
        path.with_name("journal.sqlite-shm").unlink()
    if left == "one file":
        Journal(path).close()
    before = {p.name: p.read_bytes() for p in path.parent.iterdir() if not p.name.endswith("-shm")}
    path.parent.chmod(0o555)
    read = subprocess.run(
        unprivileged(sys.executable, "-c", READ, str(path)), capture_output=True, text=True, env=environment()
    )
    assert (read.returncode, read.stderr) == (0, "")
    assert read.stdout == "{'seed': '3'} [{'case': 0, 'digest': None, 'verdict': 'PASS'}]\n"
    assert {p.name: p.read_bytes() for p in path.parent.iterdir() if not p.name.endswith("-shm")} == before


def test_reading_leaves_nothing_behind(path: Path) -> None:
    Journal(path).close()
    journal = Journal(path, read_only=True)
    assert len(journal.rows()) == 1
    with pytest.raises(CampaignError, match="cannot be written"):
        journal.add({"case": 1, "verdict": "PASS", "digest": None})
    journal.close()
    assert [p.name for p in path.parent.iterdir()] == ["journal.sqlite"]


def test_reading_makes_no_journal(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="cannot be written: unable to open"):
        Journal(tmp_path / "none.sqlite", read_only=True)
    assert not list(tmp_path.iterdir())


def test_it_is_read_while_it_is_written(tmp_path: Path) -> None:
    writer = Journal(tmp_path / "journal.sqlite")
    writer.begin({"seed": "3"})
    for case in range(3):
        writer.add({"case": case, "verdict": "PASS", "digest": None})
        reader = Journal(tmp_path / "journal.sqlite", read_only=True)
        assert len(reader.rows()) == case + 1
        reader.close()
    writer.close()
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        assert db.execute("SELECT count(*) FROM cases").fetchone() == (3,)
