"""Two campaign folders side by side on the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hil.campaign import Keep, campaign
from hil.report import compare
from hil.report.comparison import render_comparison
from tests.command_line import call
from tests.hil import campaigns
from tests.hil.test_pages_in_a_browser import assert_drawn
from tests.unprivileged import environment, proxops


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Campaigns as they are, once more, and with a camera of twice the noise."""
    made = tmp_path_factory.mktemp("two")
    noisy = ["instrument.camera.sigma_los_deg=0.2"]
    for name, overrides in (("as-is", []), ("again", []), ("noisy", noisy)):
        campaign("iss-contact", 20, 3, overrides=overrides, out=made / name, keep=Keep(0, 0, 0))
    return made


def test_the_same_campaign_twice_does_not_differ(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "compare", str(folder / "as-is"), str(folder / "again"))
    assert (status, err) == (0, "")
    assert "cases paired: one master seed" in out and out.rstrip().endswith("no significant difference at 95 %")


def test_folders_that_can_only_be_read(folder: Path) -> None:
    two = [folder / "as-is", folder / "again"]
    for one in two:
        one.chmod(0o555)
    try:
        done = subprocess.run(proxops("compare", *map(str, two)), capture_output=True, text=True, env=environment())
    finally:
        for one in two:
            one.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "") and "no significant difference" in done.stdout


def test_what_differs_is_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "two.html"
    two = (str(folder / "as-is"), str(folder / "noisy"))
    status, out, _ = call(capsys, "compare", *two, "--out", str(page))
    assert status == 1 and f"report: {page}" in out
    last = next(line for line in out.splitlines() if line.startswith("differ significantly at 95 %: "))
    assert "velocity change, attitude included" in last and "captured" not in last
    assert "Differ significantly: " in page.read_text() and page.read_text().count("<svg") == 1
    status, out, err = call(capsys, "compare", *two, "--json", "--confidence", "0.9999")
    found = json.loads(out)
    assert err == "" and found["confidence"] == 0.9999 and found["paired"] is True
    spent = next(entry for entry in found["requirements"] if entry["name"] == "delta_v")
    assert spent["runs"] == [20, 20] and spent["figure"]["median_b"] > spent["figure"]["median_a"]
    assert status == (1 if any(entry["significant"] for entry in found["requirements"]) else 0)


def test_a_run_and_a_campaign_do_not_compare(
    folder: Path, contact_folder: Path, contact_log: object, capsys: pytest.CaptureFixture[str]
) -> None:
    for two in ((folder / "as-is", contact_folder), (contact_folder, folder / "as-is")):
        status, out, err = call(capsys, "compare", *map(str, two))
        assert (status, out) == (2, "") and err.count("\n") == 1
        assert (
            f"{folder / 'as-is'} is a campaign, but {contact_folder} is not: expected two campaigns or two runs" in err
        )
    status, _, err = call(capsys, "compare", str(contact_folder), str(contact_folder), "--out", "x.html")
    assert status == 2 and "--out x.html: expected with two campaigns" in err


def test_a_campaign_that_was_not_flown_whole_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.sqlite").write_bytes((folder / "as-is" / "journal.sqlite").read_bytes()[:8192])
    status, out, err = call(capsys, "compare", str(folder / "as-is"), str(tmp_path))
    assert (status, out) == (2, "") and err.count("\n") == 1 and "journal.sqlite" in err


def test_report_in_a_browser(tmp_path: Path) -> None:
    a, b = campaigns.campaign(campaigns.rows(120)), campaigns.campaign(campaigns.rows(90, seed=8))
    page = render_comparison(a, b, compare(a, b), ("before", "after"))
    assert_drawn(page, tmp_path, 1)
