"""Campaigns: the same table whoever flies it, nothing lost by a kill, and one line for every mistake."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil import Log, ScenarioError, fly
from hil.campaign import Campaign, Keep, campaign, cases, flying
from hil.campaign.journal import CampaignError, Journal
from hil.campaign.sampling import GROUPS
from tests.command_line import call, environment, proxops
from tests.hil.own_software import GIVES_UP, giving_up, passive

SHORT = ("scenario.max_duration_s=20.0",)  # ends before contact: every case fails, quickly
RUNS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("campaign") / "out"


@pytest.fixture(scope="module")
def flown(folder: Path) -> Campaign:
    return campaign("iss-contact", RUNS, seed=3, jobs=1, out=folder)


# ---- the same table -----------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [{"jobs": 2}, {"jobs": 5}, {"jobs": 2, "pool": "processes"}], ids=str)
def test_the_table_is_the_same_whoever_flies_it(flown: Campaign, workers: dict[str, Any]) -> None:
    again = campaign("iss-contact", RUNS, seed=3, **workers)
    assert again.digest == flown.digest and again.rows == flown.rows


def test_another_master_seed_or_scenario_is_another_table(flown: Campaign) -> None:
    digests = {campaign("iss-contact", 2, seed=seed, overrides=SHORT).digest for seed in (3, 4)}
    assert len(digests | {flown.digest}) == 3


def test_a_case_is_the_run_of_that_number(flown: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    log = fly("iss-contact", seed=3, case=4)
    found = flown.rows[4]
    assert found["digest"] == log.digest and found["verdict"] == log.verdict == "PASS"
    assert found["dispersed.com_body_m.1"] == log.dispersed["com_body_m"][1]
    for requirement in log.requirements:
        if requirement.passed is None:
            assert f"requirement.{requirement.name}.margin" not in found
            continue
        assert found[f"requirement.{requirement.name}.margin"] == requirement.margin
    command = flown.replay(4).split()
    assert command[0] == "proxops"
    status, out, _ = call(capsys, *command[1:], "--json")
    assert status == 0 and json.loads(out)["digest"] == found["digest"]


@pytest.mark.parametrize(("sampler", "runs"), [("lhs", 5), ("sobol", 4), ("saltelli", 2 * (len(GROUPS) + 2))])
def test_a_case_of_any_sampler_is_the_run_that_its_command_flies(
    sampler: Any, runs: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = campaign(
        "iss-contact", runs, seed=3, overrides=SHORT, sampler=sampler, out=tmp_path / "c", keep=Keep(0, 0, 1)
    )
    assert found.digest == campaign("iss-contact", runs, seed=3, overrides=SHORT, sampler=sampler, jobs=3).digest
    assert Campaign.open(tmp_path / "c").replay(3) == found.replay(3) and found.summary()["sampler"] == sampler
    last = runs - 1
    status, out, _ = call(capsys, *found.replay(last).split()[1:], "--out", str(tmp_path / "run"), "--json")
    assert status == 1 and json.loads(out)["digest"] == found.rows[last]["digest"]
    assert Log.open(tmp_path / "run").sampling.sampler == sampler
    assert found.rows[last]["digest"] != fly("iss-contact", seed=3, case=last, overrides=SHORT).digest


def test_cases_draw_independently(flown: Campaign) -> None:
    columns = flown.columns()
    drawn = [name for name in columns if name.startswith("dispersed.") and len(set(columns[name])) < RUNS]
    assert not drawn
    assert columns["case"].tolist() == list(range(RUNS)) and columns["verdict"] == ["PASS"] * RUNS


# ---- what is left -------------------------------------------------------------------------------


def test_the_folder_holds_the_campaign(flown: Campaign, folder: Path) -> None:
    back = Campaign.open(folder)
    assert back.rows == flown.rows and back.digest == flown.digest and back.replay(1) == flown.replay(1)
    assert {"journal.sqlite", "cases.parquet", "scenario.toml", "runs"} == {p.name for p in folder.iterdir()}


def test_the_table_in_parquet_is_the_journal(flown: Campaign, folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(folder / "cases.parquet")
    assert table.schema.metadata[b"digest"] == flown.digest.encode()
    assert [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()] == [
        {k: v for k, v in row.items() if v is not None} for row in flown.rows
    ]


def test_logs_of_the_worst_and_the_sampled_cases_are_kept(flown: Campaign, folder: Path) -> None:
    worst = [case["case"] for case in flown.summary()["worst"][:3]]
    assert {path.name for path in flown.kept} == {f"case-{n:06d}" for n in {0, *worst}}
    for path in flown.kept:
        log = Log.open(path)
        assert log.digest == flown.rows[log.case]["digest"]


# ---- flight software in Python ------------------------------------------------------------------


def test_software_in_python_flies_in_processes_and_threads_alike() -> None:
    by_processes = campaign("iss-contact", 3, overrides=SHORT, flight=passive, jobs=2)
    by_threads = campaign("iss-contact", 3, overrides=SHORT, flight=passive, jobs=2, pool="threads")
    assert by_processes.digest == by_threads.digest
    assert all(row["delta_v_mps.total"] == 0.0 for row in by_processes.rows)


def test_software_is_named_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("iss-contact", "--set", SHORT[0], "--flight", "tests.hil.own_software:passive", "--json")
    status, out, _ = call(capsys, "campaign", *arguments, "--runs", "2", "--jobs", "1")
    found = json.loads(out)
    assert status == 1 and found["digest"] == campaign("iss-contact", 2, overrides=SHORT, flight=passive).digest
    command = found["failed"][1]["command"]
    assert command.startswith(
        "proxops run iss-contact --set scenario.max_duration_s=20.0 --flight tests.hil.own_software:passive"
    )
    status, out, _ = call(capsys, *command.split()[1:], "--json")
    assert status == 1 and json.loads(out)["delta_v_mps"]["total"] == 0.0


def test_software_that_raises_is_a_failed_case_and_not_the_end() -> None:
    found = campaign("iss-contact", 2, overrides=SHORT, flight=giving_up, jobs=1, pool="threads")
    assert [row["verdict"] for row in found.rows] == ["ERROR", "ERROR"]
    assert found.rows[1]["error"] == GIVES_UP
    assert "dispersed.mass_ratio" in found.rows[1]


# ---- kill and resume ----------------------------------------------------------------------------


def kill_and_resume(out: Path, runs: int, after_s: float) -> dict[str, Any]:
    """Starts a campaign, kills it that long after its journal appeared, and resumes it."""
    arguments = ("campaign", "iss-contact", "--runs", str(runs), "--seed", "3", "--jobs", "2", "--out", str(out))
    started = subprocess.Popen(proxops(*arguments, "--json"), env=environment(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60.0
    while not (out / "journal.sqlite").exists():
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(after_s)
    started.send_signal(signal.SIGKILL)
    started.wait()
    command = proxops(*arguments, "--json", "--resume")
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@pytest.mark.parametrize("repetition", range(2))
def test_a_killed_campaign_resumes_to_the_same_table(tmp_path: Path, flown: Campaign, repetition: int) -> None:
    after_s = random.Random(repetition).uniform(0.0, 0.5)
    assert kill_and_resume(tmp_path / "out", RUNS, after_s)["digest"] == flown.digest


@pytest.mark.long
@pytest.mark.parametrize("repetition", range(2, 10))
def test_a_killed_campaign_resumes_to_the_same_table_each_time(
    tmp_path: Path, flown: Campaign, repetition: int
) -> None:
    test_a_killed_campaign_resumes_to_the_same_table(tmp_path, flown, repetition)


def test_resuming_flies_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(BaseException):
        pass

    def stop(done: int, failures: int, runs: int) -> None:
        if done == 2:
            raise Stop

    out, seen = tmp_path / "out", []
    with pytest.raises(Stop):
        campaign("iss-contact", 5, overrides=SHORT, out=out, jobs=1, progress=stop)
    with pytest.raises(CampaignError, match=r"2 of 5 cases flown"):
        Campaign.open(out)
    real = flying.fly_case
    monkeypatch.setattr(flying, "fly_case", lambda case: (seen.append(case.number), real(case))[1])
    resumed = campaign("iss-contact", 5, overrides=SHORT, out=out, jobs=1, resume=True)
    assert sorted(seen) == [2, 3, 4]
    assert resumed.digest == campaign("iss-contact", 5, overrides=SHORT).digest


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "no runs": (["--runs", "0"], "runs = 0: expected a whole number from 1"),
    "no jobs": (["--runs", "2", "--jobs", "0"], "jobs = 0: expected 1 or more"),
    "place": (["--runs", "2", "--out", "/proc/nowhere/out"], "/proc/nowhere/out: cannot be written"),
    "required": (["--runs", "2", "--required", "1"], "required = 1.0: expected more than 0 and less than 1"),
    "confidence": (["--runs", "2", "--confidence", "95"], "confidence = 95.0: expected more than 0 and less than 1"),
    "accepted": (["--runs", "2", "--accept-failures", "-1"], "accepted = -1: expected 0 or more failures"),
    "sobol": (
        ["--runs", "12", "--sampler", "sobol"],
        "runs = 12: a Sobol' sample is balanced for a power of two: 8 or 16",
    ),
    "saltelli": (["--runs", "100", "--sampler", "saltelli"], "runs = 100: the saltelli sampler flies n x"),
    "no module": (["--runs", "2", "--flight", "nowhere:Mine"], "--flight nowhere:Mine: expected MODULE:FACTORY"),
    "no factory": (["--runs", "2", "--flight", "json"], "--flight json: expected MODULE:FACTORY that can be imported"),
    "no software": (["--runs", "2", "--flight", "math:pi"], "--flight math:pi: expected a class or a function"),
    "sigma": (["--runs", "2", "--set", "dispersions.com_m=-1.0"], "com_m = -1.0: expected a number from 0 to 10 (m)"),
    "resume what": (["--runs", "2", "--resume"], "expected the folder of the campaign as --out"),
    "vehicle": (
        ["--runs", "2", "--set", "vehicle.cargo.tank.main.position_body_m=[-90.0, 0.0, 0.0]"],
        "expected the inertia of a real body",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(capsys: pytest.CaptureFixture[str], mistake: str) -> None:
    arguments, expected = MISTAKES[mistake]
    status, out, err = call(capsys, "campaign", "iss-contact", *arguments)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("proxops: ") and expected in err


def test_an_unreachable_scheduler_is_one_line_and_exit_status_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("hil.workers.SCHEDULER_TIMEOUT_S", 0.5)
    status, out, err = call(capsys, "campaign", "iss-contact", "--runs", "2", "--dask", "tcp://127.0.0.1:1")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("proxops: scheduler tcp://127.0.0.1:1: cannot be reached")


def test_a_draw_that_cannot_fly_ends_the_campaign_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cases.fly

    def refused(*arguments: Any, **named: Any) -> Log:
        if named["case"] == 1:
            raise ScenarioError("iss-contact.toml: mass is negative")
        return real(*arguments, **named)

    monkeypatch.setattr(cases, "fly", refused)
    with pytest.raises(ScenarioError, match=r"^case 1: iss-contact\.toml: mass is negative$"):
        campaign("iss-contact", 3, overrides=SHORT, jobs=1)


@pytest.mark.parametrize("damage", ["header", "pages", "record", "another database", "no database"])
def test_a_corrupt_journal_is_named(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "out"
    campaign("iss-contact", 3, overrides=SHORT, out=out, keep=Keep(0, 0, 0))
    path = out / "journal.sqlite"
    content = bytearray(path.read_bytes())
    if damage == "record":
        with sqlite3.connect(path) as db:
            db.execute("UPDATE cases SET record = replace(record, 'FAIL', 'PASS') WHERE number = 1")
        db.close()
    elif damage == "another database":
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE letters (text TEXT)")
        db.close()
    elif damage == "no database":
        path.write_text("precious " * 1000)
    else:
        start = 0 if damage == "header" else 4096
        content[start : start + 2000] = np.random.default_rng(1).bytes(2000)
        path.write_bytes(content)
    expected = "not the journal of a campaign" if damage == "another database" else "the journal is corrupt"
    with pytest.raises(CampaignError, match=rf"journal\.sqlite: {expected}"):
        campaign("iss-contact", 3, overrides=SHORT, out=out, resume=True, keep=Keep(0, 0, 0))


def test_a_full_disk_is_one_line_and_loses_nothing_that_was_flown(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("campaign", "iss-contact", "--runs", "40", "--out", str(out), "--set", SHORT[0])
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n" + proxops(*arguments)[-1]
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "make room and use --resume" in done.stderr
    journal = Journal(out / "journal.sqlite")
    kept = len(journal.rows())
    journal.close()
    assert 0 < kept < 40
    resumed = campaign("iss-contact", 40, overrides=SHORT, out=out, resume=True, keep=Keep(0, 0, 0))
    assert resumed.runs == len(resumed.rows) == 40
