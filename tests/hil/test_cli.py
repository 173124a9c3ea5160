"""The command line: what it prints, what it leaves, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from hil import Log
from tests.command_line import call
from tests.unprivileged import environment, proxops


def test_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "list")
    assert status == 0
    assert {line.split()[0] for line in out.splitlines()} >= {"iss-vbar", "iss-final", "iss-contact"}


def test_check_reads_and_flies_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, err = call(capsys, "check", "iss-vbar")
    assert (status, err) == (0, "") and out.startswith("iss-vbar: a valid scenario")
    assert not list(tmp_path.iterdir())


def in_2035(folder: Path) -> Path:
    """The NASA ephemeris moved on by ten years, and a scenario that flies on it."""
    there = Path(str(resources.files("hil") / "missions"))
    states = (there / "iss_oem_2025-057.xml").read_text(encoding="utf-8")
    (folder / "later.xml").write_text(states.replace("2025-", "2035-"), encoding="utf-8")
    header = 'schema = 2\n[scenario]\nname = "later"\nextends = "iss-contact"\nepoch_utc = 2035-02-26T13:00:00Z\n'
    tables = '[vehicle.iss.orbit]\nfile = "later.xml"\n[plant]\natmosphere = "none"\n'
    (folder / "later.toml").write_text(header + tables, encoding="utf-8")
    return folder / "later.toml"


def test_check_notes_once_that_later_leap_seconds_are_not_known(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """pytest turns any warning of a library into an error here."""
    status, out, err = call(capsys, "check", str(in_2035(tmp_path)))
    assert (status, err) == (0, "")
    first, note, *graph = out.splitlines()
    assert not [line for line in graph if line.startswith("note")]
    assert first.endswith("2035-02-26T13:00:00 UTC")
    assert note.startswith("note: 2035-02-26T13:00:00 UTC is after ") and "leap seconds" in note
    assert call(capsys, "run", str(tmp_path / "later.toml"), "--json")[0::2] == (0, "")


def test_epoch_with_an_offset_flies_as_its_utc(capsys: pytest.CaptureFixture[str], contact_log: Log) -> None:
    epoch = "scenario.epoch_utc=2025-02-26T15:00:00+02:00"
    status, out, err = call(capsys, "run", "iss-contact", "--set", epoch, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["digest"] == contact_log.digest


def test_run_json_prints_exactly_one_object(capsys: pytest.CaptureFixture[str], contact_log: Log) -> None:
    status, out, err = call(capsys, "run", "iss-contact", "--json")
    summary = json.loads(out)
    assert (status, err, summary["verdict"]) == (0, "", "PASS")
    assert summary["digest"] == contact_log.digest


def test_run_leaves_log_scenario_and_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out_dir = tmp_path / "a" / "run"
    status, out, _ = call(capsys, "run", "iss-contact", "--out", str(out_dir))
    assert status == 0 and out.rstrip().endswith("PASS")
    assert "lateral misalignment at contact" in out
    assert sorted(p.name for p in out_dir.iterdir()) == ["log.h5", "report.html", "scenario.toml"]
    first = (out_dir / "report.html").read_text()
    (out_dir / "report.html").unlink()
    status, out, _ = call(capsys, "report", str(out_dir))
    assert status == 0 and (out_dir / "report.html").read_text() == first


def test_run_without_report_leaves_what_it_is_rendered_from(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = call(capsys, "run", "iss-contact", "--no-report", "--out", str(tmp_path / "run"))
    assert status == 0 and f"log: {tmp_path / 'run' / 'log.h5'}\n" in out and "report:" not in out
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["log.h5", "scenario.toml"]
    status, out, _ = call(capsys, "report", str(tmp_path / "run"))
    assert status == 0 and (tmp_path / "run" / "report.html").exists()


def test_a_failed_requirement_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    limit = "requirement.docking.lateral_misalignment_m=1e-6"
    status, out, _ = call(capsys, "run", "iss-contact", "--set", limit)
    assert status == 1 and out.rstrip().endswith("FAIL")


@pytest.mark.parametrize("seed", [2**31, 2**64 - 1])
def test_any_64_bit_seed_flies(capsys: pytest.CaptureFixture[str], tmp_path: Path, seed: int) -> None:
    short = ["--set", "scenario.max_duration_s=2.0", "--seed", str(seed)]
    status, out, err = call(capsys, "run", "iss-contact", *short, "--out", str(tmp_path / "run"), "--json")
    assert (status, err, json.loads(out)["seed"]) == (1, "", seed)
    assert Log.open(tmp_path / "run").seed == seed
    assert f"{seed}, case 0" in (tmp_path / "run" / "report.html").read_text()
    many = ["--runs", "4", "--sampler", "lhs", "--out", str(tmp_path / "campaign")]
    status, out, err = call(capsys, "campaign", "iss-contact", *short, *many, "--json")
    assert (status, err, json.loads(out)["seed"]) == (1, "", seed)
    status, out, _ = call(capsys, "report", str(tmp_path / "campaign"))
    assert status == 0 and f"--seed {seed} --case" in (tmp_path / "campaign" / "report.html").read_text()
    status, out, _ = call(
        capsys, "sweep", "iss-contact", *short, "--param", "vehicle.cargo.mass_kg=18000:19000:2", "--json"
    )
    assert json.loads(out)["seed"] == seed
    kept = str(tmp_path / "flights.baseline")
    assert call(capsys, "baseline", "save", "iss-contact", *short, "--out", kept)[0] == 0
    status, out, _ = call(capsys, "baseline", "check", kept)
    assert (status, f"seed {seed}" in out) == (0, True)


MISTAKES = {
    "seed of 65 bits": (["campaign", "iss-contact", "--runs", "1", "--seed", str(2**64)], "is not in the range"),
    "seeds of 65 bits": (
        ["baseline", "save", "iss-contact", "--seed", f"1,{2**64}", "--out", "x"],
        "expected seeds from 0",
    ),
    "case of 65 bits": (["run", "iss-contact", "--case", str(2**64)], "is not in the range"),
    "unknown scenario": (["run", "iss-vbr"], "did you mean iss-vbar?"),
    "missing file": (["run", "nowhere.toml"], "nowhere.toml: no such scenario file"),
    "unknown key": (["run", "iss-contact", "--set", "vehicle.cargo.mas_kg=3"], "did you mean mass_kg?"),
    "wrong unit": (
        ["check", "iss-contact", "--set", "vehicle.cargo.orbit.distance_km=3"],
        "expected m: write distance_m",
    ),
    "wrong type": (["check", "iss-contact", "--set", "vehicle.cargo.mass_kg='x'"], "expected a number from 0.1"),
    "NaN": (["run", "iss-contact", "--set", "plant.step_s=nan"], "plant.step_s = nan"),
    "negative mass": (["run", "iss-contact", "--set", "vehicle.cargo.mass_kg=-1.0"], "vehicle.cargo.mass_kg = -1.0"),
    "epoch": (["check", "iss-contact", "--set", "scenario.epoch_utc=2030-01-01T00:00:00"], "outside the ephemeris"),
    "no ephemeris": (
        ["check", "iss-contact", "--set", "vehicle.iss.orbit.file=no.xml"],
        "no.xml: cannot read the ephemeris",
    ),
    "negative seed": (["run", "iss-contact", "--seed", "-1"], "-1 is not in the range"),
    "unknown option": (["run", "iss-contact", "--speed"], "No such option"),
    "unknown computer": (["run", "iss-contact", "--on", "mars"], "'mars': expected one of emulated"),
    "lhs of how many": (["run", "iss-contact", "--sampler", "lhs"], "sampler lhs: expected the number of runs"),
    "runs of no use": (["run", "iss-contact", "--runs", "9"], "--runs 9: not used by sampler random"),
    "no such case": (["run", "iss-contact", "--sampler", "lhs", "--runs", "9", "--case", "9"], "case = 9: the lhs"),
    "two computers": (["run", "iss-contact", "--flight", "a:b", "--on", "linux"], "cannot be combined with --on linux"),
    "unknown command": (["fly"], "No such command 'fly'"),
    "no log": (["report", "nowhere"], "no log there"),
    "place": (["run", "iss-contact", "--out", "/proc/nowhere/out"], "cannot be written"),
    "long place": (["run", "iss-contact", "--out", "n" * 300], "cannot be written: File name too long"),
    "long file": (["report", "n" * 300], "File name too long"),
    "long campaign": (["campaign", "iss-contact", "--runs", "1", "--out", "n" * 300], "File name too long"),
    "limit not a number": (["run", "iss-contact", "--time-limit", "nan"], "nan is not in the range"),
    "limit beyond timers": (["run", "iss-contact", "--time-limit", "1e30"], "is not in the range"),
    "grace not a number": (["run", "iss-contact", "--mode", "realtime", "--grace", "nan"], "nan is not in the range"),
    "grace without end": (["run", "iss-contact", "--mode", "realtime", "--grace", "inf"], "inf is not in the range"),
    "confidence not a number": (["compare", "x", "y", "--confidence", "nan"], "nan is not in the range"),
    "bits": (
        ["check", "iss-contact", "--set", f"vehicle.cargo.mass_kg={hex(2**20000)}"],
        "a number of 20001 bits: expected",
    ),
    "digits": (["check", "iss-contact", "--set", f"vehicle.cargo.mass_kg={'9' * 5000}"], "expected a number from 0.1"),
    "depth": (["check", "iss-contact", "--set", f"vehicle.cargo.mass_kg={'[' * 5000}"], "expected a number from 0.1"),
    "degrees": (["check", "iss-contact", "--set", f"flight.init_sigma_attitude_deg={10**400}"], "to 57.2958 deg"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(capsys: pytest.CaptureFixture[str], mistake: str) -> None:
    arguments, expected = MISTAKES[mistake]
    status, out, err = call(capsys, *arguments)
    assert status == 2 and out == ""
    assert err.count("\n") == 1 and err.startswith("proxops: ") and expected in err


def test_a_folder_with_something_in_it_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "log.h5").write_text("precious")
    status, _, err = call(capsys, "run", "iss-contact", "--out", str(tmp_path))
    assert status == 2 and "not an empty folder" in err
    assert [p.name for p in tmp_path.iterdir()] == ["log.h5"]
    assert (tmp_path / "log.h5").read_text() == "precious"


def test_force_replaces_an_earlier_run_and_nothing_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    short = ["run", "iss-contact", "--set", "scenario.max_duration_s=2.0", "--no-report", "--out", str(tmp_path)]
    call(capsys, *short, "--seed", "1")
    (tmp_path / "report.html").write_text("of the earlier run")
    assert call(capsys, *short, "--seed", "2")[0] == 2 and Log.open(tmp_path).seed == 1
    assert call(capsys, *short, "--seed", "2", "--force")[0] != 2
    assert Log.open(tmp_path).seed == 2 and not (tmp_path / "report.html").exists()
    (tmp_path / "notes.txt").write_text("precious")
    status, _, err = call(capsys, *short, "--seed", "3", "--force")
    assert status == 2 and "notes.txt is not part of an earlier result" in err and err.count("\n") == 1
    assert Log.open(tmp_path).seed == 2 and (tmp_path / "notes.txt").read_text() == "precious"


def test_a_full_disk_is_one_line_exit_status_2_and_keeps_what_was_flushed(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "from hil import cli\n"
        f"sys.argv = ['proxops', 'run', 'iss-contact', '--out', {str(tmp_path / 'out')!r}]\n"
        "cli.main()\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "cannot be written" in done.stderr
    assert "cycles before are kept" in done.stderr
    log = Log.open(tmp_path / "out")
    assert log.verdict == "ERROR" and log.ended == "cut short" and len(log.truth) % 100 == 0 < len(log.truth)


def test_an_interrupted_run_is_exit_status_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import hil.run

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hil.run, "_fly", interrupted)
    status, _, err = call(capsys, "run", "iss-contact", "--out", str(tmp_path / "out"))
    assert status == 130 and err.strip().endswith("interrupted")


def test_a_run_that_breaks_is_exit_status_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import hil.run

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the plant fell over")

    monkeypatch.setattr(hil.run, "_fly", broken)
    status, _, err = call(capsys, "run", "iss-contact")
    assert status == 3 and "the run broke: the plant fell over" in err


def test_the_command_line_imports_nothing_heavy_before_it_is_needed() -> None:
    script = (
        "import sys, hil.cli, hil.report.wording;"
        "print({'matplotlib', 'rich', 'numpy', 'scipy', 'jinja2', 'h5py'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment())
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("home", ["/dev/null/none", "relative", None])
def test_a_run_without_a_home(tmp_path: Path, home: str | None) -> None:
    arguments = ("run", "iss-contact", "--set", "scenario.max_duration_s=2.0", "--out", str(tmp_path / "out"))
    places = environment(TMPDIR=str(tmp_path / "temporary"), XDG_CACHE_HOME="cache", XDG_CONFIG_HOME="configuration")
    places.pop("MPLCONFIGDIR", None)
    places.pop("HOME", None)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "here").mkdir()
    done = subprocess.run(
        proxops(*arguments), cwd=tmp_path / "here", capture_output=True, text=True,
        env=places | ({} if home is None else {"HOME": home}),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "") and (tmp_path / "out" / "report.html").exists()
    assert not list((tmp_path / "here").glob("c*"))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("check", "iss-contact"), 0),
        (("run", "iss-contact", "--out", "here"), 2),
        (("run", "iss-contact", "--flight", "a:b"), 2),
        (("campaign", "iss-contact", "--runs", "1", "--out", "here"), 2),
    ],
)
def test_a_current_folder_that_is_gone(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    run = "import os, sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]); os.execvp(sys.argv[2], sys.argv[2:])"
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", run, str(tmp_path / "gone"), *proxops(*arguments)],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    expected = "proxops: the current folder no longer exists: change to one that does\n" if status else ""
    assert (done.returncode, done.stderr) == (status, expected)


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "none"])
def test_the_backend_of_a_notebook_draws_no_report(tmp_path: Path, backend: str) -> None:
    arguments = ("run", "iss-contact", "--set", "scenario.max_duration_s=2.0", "--out", str(tmp_path / "out"))
    done = subprocess.run(
        proxops(*arguments), capture_output=True, text=True, env=environment() | {"MPLBACKEND": backend}
    )
    assert (done.returncode, done.stderr) == (1, "") and (tmp_path / "out" / "report.html").exists()
