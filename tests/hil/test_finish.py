"""Completing a log whose last step failed."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from hil import Log
from hil.finish import FinishError, finish
from hil.recorder import FRAMES, LogFile
from tests.command_line import call

OF_THE_MOMENT = {"realtime_factor", "wall_s"}


@pytest.fixture
def folder(contact_log: Log, contact_folder: Path, tmp_path: Path) -> Path:
    """A whole flight without its summary."""
    return without_summary(contact_folder, tmp_path / "out")


def without_summary(recorded: Path, folder: Path, rows: int | None = None) -> Path:
    folder.mkdir()
    shutil.copy(recorded / "log.h5", folder)
    with h5py.File(folder / "log.h5", "r+") as file:
        file["summary"].resize((0,))
        for name in FRAMES:
            file[name].resize((rows or len(file[name]),))
    return folder


def test_what_was_flown_is_judged_as_it_was(contact_log: Log, folder: Path) -> None:
    assert Log.open(folder).verdict == "ERROR"
    finished = finish(folder)
    expected = contact_log.summary()
    assert {k: v for k, v in finished.summary().items() if k not in OF_THE_MOMENT} == {
        k: v for k, v in expected.items() if k not in OF_THE_MOMENT
    }
    assert LogFile(folder).complete and finished.contact is not None
    for name in FRAMES:
        assert getattr(finished, name).tobytes() == getattr(contact_log, name).tobytes(), name
    assert [p.name for p in folder.iterdir()] == ["log.h5"]


def test_a_run_that_was_cut_short_is_left_as_it_is(contact_log: Log, contact_folder: Path, tmp_path: Path) -> None:
    folder = without_summary(contact_folder, tmp_path / "out", rows=300)
    before = (folder / "log.h5").read_bytes()
    with pytest.raises(FinishError, match=r"cut short after 300 cycles.*proxops run iss-contact --seed 1 --case 0"):
        finish(folder)
    assert (folder / "log.h5").read_bytes() == before and len(list(folder.iterdir())) == 1


def test_a_flight_of_another_version_is_left_as_it_is(contact_log: Log, folder: Path) -> None:
    with h5py.File(folder / "log.h5", "r+") as file:
        truth = file["truth"][:]
        truth["propellant_kg"][5] += 1.0
        file["truth"][:] = truth
    before = (folder / "log.h5").read_bytes()
    with pytest.raises(FinishError, match="truth of this ProxOps differ from those recorded by"):
        finish(folder)
    assert (folder / "log.h5").read_bytes() == before and len(list(folder.iterdir())) == 1


def test_command(capsys: pytest.CaptureFixture[str], contact_log: Log, folder: Path) -> None:
    status, out, err = call(capsys, "finish", str(folder))
    assert (status, err) == (0, "") and out.splitlines()[-1] == "PASS"
    assert sorted(p.name for p in folder.iterdir()) == ["log.h5", "report.html"]
    status, out, _ = call(capsys, "finish", str(folder))
    assert status == 0 and out.splitlines()[-1] == "PASS"
