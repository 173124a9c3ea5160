"""Results: the report that the command leaves, and what a user is told when there is none."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hil.campaign import Campaign, Keep, campaign
from hil.report import render_campaign
from tests.command_line import call, environment, proxops

SHORT = ("scenario.max_duration_s=20.0",)  # ends before contact: every case fails, quickly


def test_the_command_leaves_a_report_and_renders_it_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    asked = ("--required", "0.5", "--confidence", "0.9")
    arguments = ("campaign", "iss-contact", "--runs", "4", "--seed", "3", "--out", str(out), *asked)
    status, printed, _ = call(capsys, *arguments, "--json")
    summary = json.loads(printed)
    assert status == 0 and summary["runs_per_s"] > 0.0 and summary["met"] is True
    assert {"runs": 4, "failures": 0, "statement": "≥ 56.23 % at 90 % confidence"}.items() <= summary.items()
    kept = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert kept == {key: summary[key] for key in kept} and kept["digest"] == Campaign.open(out).digest
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "≥ 56.23 %" in page and ">shown<" in page
    for name in ("report.html", "report.json"):
        (out / name).unlink()
    assert call(capsys, "report", str(out)) == (0, f"{out / 'report.html'}\n", "")
    assert (out / "report.html").read_text(encoding="utf-8") == page
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == kept


@pytest.mark.parametrize(("accepted", "expected"), [(2, 1), (3, 0)])
def test_the_exit_status_is_of_the_failures_accepted(
    capsys: pytest.CaptureFixture[str], accepted: int, expected: int
) -> None:
    arguments = ("campaign", "iss-contact", "--runs", "3", "--set", SHORT[0], "--accept-failures", str(accepted))
    status, out, _ = call(capsys, *arguments)
    assert status == expected
    assert "3 failures in 3 runs: success ≥ 0.00 % at 95 % confidence" in out
    assert "not enough runs to show ≥ 99.73 % at 95 % confidence: with 3 failed, that takes 2,870 runs" in out


@pytest.mark.parametrize(("sampler", "approximate"), [("random", False), ("lhs", True)])
def test_a_statement_that_is_approximate_says_so(
    capsys: pytest.CaptureFixture[str], sampler: str, approximate: bool
) -> None:
    status, out, _ = call(capsys, "campaign", "iss-contact", "--runs", "1", "--set", SHORT[0], "--sampler", sampler)
    assert status == 1
    assert ("approximate: the lhs sampler does not draw cases independently" in out) is approximate


def test_a_report_of_no_whole_campaign_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    campaign("iss-contact", 2, overrides=SHORT, out=out, keep=Keep(0, 0, 0))
    path = out / "journal.sqlite"
    for damage, expected in (
        ("DELETE FROM cases WHERE number = 1", "1 of 2 cases flown: --resume flies the rest"),
        (
            "UPDATE cases SET record = replace(record, 'FAIL', 'PASS')",
            "the journal is corrupt: case 0 is not as it was",
        ),
        ("DROP TABLE cases", "the journal cannot be used: no such table"),
    ):
        with sqlite3.connect(path) as db:
            db.execute(damage)
        db.close()
        status, printed, err = call(capsys, "report", str(out))
        assert (status, printed) == (2, "") and err.count("\n") == 1 and expected in err, err


def test_a_report_that_finds_the_disk_full_is_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    campaign("iss-contact", 2, overrides=SHORT, out=out, keep=Keep(0, 0, 0))
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (34_000, 34_000))\n"
        + proxops("report", str(out))[-1]
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "report.html: cannot be written: File too large" in done.stderr
    assert not (out / "report.html").exists()


def test_a_report_that_finds_its_place_taken_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    campaign("iss-contact", 1, overrides=SHORT, out=out, keep=Keep(0, 0, 0))
    (out / "report.html").mkdir()
    status, printed, err = call(capsys, "report", str(out))
    assert (status, printed) == (2, "") and err.count("\n") == 1
    assert "report.html: cannot be written: Is a directory" in err


def test_models_flown_beyond_their_range_are_in_rows_summary_and_report() -> None:
    far = ["vehicle.cargo.orbit.distance_m=60000.0", "plant.beyond_validity=['rgnss']", "scenario.max_duration_s=1.0"]
    flown = campaign("iss-contact", 2, jobs=1, overrides=far)
    assert [row["beyond_validity"] for row in flown.rows] == ["rgnss", "rgnss"]
    summary = flown.summary()
    assert summary["beyond_validity"] == ["rgnss"]
    assert "Beyond the range of a model: rgnss." in render_campaign(flown, summary)
    inside = campaign("iss-contact", 1, jobs=1, overrides=far[2:])
    assert "beyond_validity" not in inside.rows[0] and inside.summary()["beyond_validity"] == []
