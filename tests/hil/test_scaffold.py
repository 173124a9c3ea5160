"""`proxops new`: its templates work as they are, and what cannot be written is refused before anything is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gnc import modules
from hil import Scenario, cli, fly, scaffold
from hil.cli.new import KINDS
from tests.command_line import call, environment


def installed(folder: Path, *packages: Path) -> dict[str, str]:
    """An environment in which packages are installed, entry points included."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    done = subprocess.run([*pip, *map(str, packages)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = environment()
    return found | {"PYTHONPATH": f"{folder}{os.pathsep}{found['PYTHONPATH']}"}


def test_a_new_requirement_passes_its_own_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "new", "requirement", "turn_rate", "--dir", str(tmp_path))
    assert (status, out, err) == (0, f"{tmp_path / 'turn_rate'}\n", "")
    flown = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    where = installed(tmp_path / "site", tmp_path / "turn_rate")
    done = subprocess.run(flown, cwd=tmp_path / "turn_rate", env=where, capture_output=True, text=True)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_new_vehicle_flies_a_new_mission(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, name in (("vehicle", "tug-2"), ("mission", "visit")):
        status, out, err = call(capsys, "new", kind, name, "--dir", str(tmp_path))
        assert (status, out, err) == (0, f"{tmp_path / name}.toml\n", "")
    status, out, err = call(capsys, "check", str(tmp_path / "visit.toml"))
    assert status == 0 and out.startswith("visit: a valid scenario"), out + err
    assert fly(Scenario.load(tmp_path / "visit.toml"), seed=1).verdict == "PASS"

    mission = (tmp_path / "visit.toml").read_text()
    (tmp_path / "tugged.toml").write_text(mission.replace('file = "cargo"', 'file = "tug-2"'))
    log = fly(Scenario.load(tmp_path / "tugged.toml"), seed=1)
    assert log.verdict == "PASS" and log.scenario.chaser.mass_kg == 12000.0


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("requirement", "Turn-Rate", "expected a name of at most 30 lower-case letters, digits and _, a letter first"),
        ("requirement", "../up", "expected a name of at most 30 "),
        ("requirement", "x" * 31, "expected a name of at most 30 "),
        ("requirement", "docking", "there is a requirement of that name already"),
        ("requirement", "lambda", "a word of Python or C; expected another name"),
        ("requirement", "switch", "a word of Python or C; expected another name"),
        ("requirement", "json", "there is a Python module of that name already; expected another name"),
        ("vehicle", "iss", "there is a vehicle of that name already"),
        ("mission", "iss-vbar", "there is a mission of that name already"),
        ("mission", "-x", "expected a name of at most 30 lower-case letters, digits, - and _, a letter first"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(
    kind: str, name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, "new", kind, "--dir", str(tmp_path), "--", name)
    assert (status, out) == (2, "") and err.startswith(f"proxops: new {kind} {name}: {said}") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_number_is_the_first_that_no_part_beside_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers of laws and of monitors are counted apart."""
    given = []
    for kind, name, *more in (
        ("law", "sway"), ("law", "dodge"), ("monitor", "spin"), ("law", "weave", "--id", "200"), ("law", "roll"),
    ):  # fmt: skip
        assert call(capsys, "new", kind, name, "--dir", str(tmp_path), *more)[0] == 0
        (row,) = modules.find([tmp_path / name])
        given.append((row.type, row.name, row.id))
    assert given == [
        ("law", "sway", 128), ("law", "dodge", 129), ("monitor", "spin", 128), ("law", "weave", 200),
        ("law", "roll", 130),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        ("law", "127", "--id 127: expected a number from 128 to 255"),
        ("instrument", "256", "--id 256: expected a number from 128 to 255"),
        ("law", "130", "--id 130: taken by a law of "),
        ("requirement", "130", "--id 130: expected of instrument, law, monitor only"),
    ],
)
def test_a_number_that_cannot_be_used_is_refused(
    kind: str, number: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, "new", "law", "sway", "--dir", str(tmp_path), "--id", "130")[0] == 0
    status, out, err = call(capsys, "new", kind, "other", "--dir", str(tmp_path), "--id", number)
    assert (status, out) == (2, "") and err.startswith(f"proxops: new {kind} other: {said}") and err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["sway"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--modules", "empty"], "expected a folder with C files"),
        (["--modules", "one", "--modules", "two"], "law_other: id = 128: taken by law_sway of "),
    ],
)
def test_modules_that_cannot_be_built_are_refused_before_anything_is(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "one", "two"):
        (tmp_path / folder).mkdir()
    for folder, name in (("one", "sway"), ("two", "other")):
        (tmp_path / folder / f"{name}.c").write_text(f"const law_t law_{name} = {{.id = 128}};\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a build was started"))
    status, out, err = call(capsys, "build", *arguments)
    assert (status, out) == (2, "") and said in err and err.count("\n") == 1


@pytest.mark.parametrize(("kind", "path"), [("requirement", "quietest"), ("mission", "quietest.toml")])
def test_what_is_there_is_not_overwritten(
    kind: str, path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / path).write_text("quietest")
    status, out, err = call(capsys, "new", kind, "quietest", "--dir", str(tmp_path))
    assert (status, out, err) == (2, "", f"proxops: {tmp_path / path}: there already; nothing was overwritten\n")
    assert (tmp_path / path).read_text() == "quietest" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("kind", ["requirement", "vehicle"])
def test_a_disk_that_is_full_leaves_nothing_half_written(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def full(path: Path, *arguments: object, **options: object) -> None:
        written.append(path)
        if kind == "vehicle" or len(written) == 2:
            raise OSError(28, "No space left on device")
        path.touch()

    monkeypatch.setattr(Path, "write_text", full)
    status, out, err = call(capsys, "new", kind, "quietest", "--dir", str(tmp_path))
    assert (status, out) == (2, "") and err.endswith("cannot be written: No space left on device\n")
    assert written and list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    status, out, err = call(capsys, "new", "vehicle", "quietest", "--dir", str(tmp_path / "file" / "below"))
    assert (status, out) == (2, "") and err.count("\n") == 1 and "cannot be written: Not a directory" in err


def test_the_command_line_offers_every_kind() -> None:
    assert tuple(scaffold.PARTS) == KINDS and "new" in cli.cli.commands
