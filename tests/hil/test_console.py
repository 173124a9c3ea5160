"""What is printed is text: neither markup nor the control of a terminal, on a terminal of any encoding."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from hil.cli.progress import CampaignProgress, FlightProgress
from hil.report.console import Terminal, styled
from hil.report.wording import visible
from tests.command_line import call
from tests.unprivileged import environment

HOSTILE = "x [/final] [red]y[/] :rocket: $a_b$"
SHORT = ["--set", "scenario.max_duration_s=2.0", "--set", f"scenario.title='{HOSTILE}'"]


class Raising:
    """Flight software whose error reads like markup."""

    def __init__(self, params: object):
        pass

    def step(self, sensors: object) -> None:
        raise OSError("no bus [/b] :rocket:")


def test_strings_are_printed_as_they_are() -> None:
    out = io.StringIO()
    console = Terminal(file=out, width=200)
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(styled((HOSTILE, "bold red")))
    console.print(table)
    console.print(HOSTILE, style="bold", soft_wrap=True)
    console.print(styled("a ", (HOSTILE, "red")), soft_wrap=True)
    assert out.getvalue().count(HOSTILE) == 6


def test_control_characters_are_shown_not_sent() -> None:
    assert visible("a\x1b[31mb\x07\x9b\u202e\udce4\tc\n–µ") == "a\\x1b[31mb\\x07\\x9b\\u202e\\udce4\tc\n–µ"
    out = io.StringIO()
    console = Terminal(file=out, width=80)
    console.print("\x1b[31m")
    console.print(styled(("\x1b[31m", "bold")))
    assert out.getvalue() == "\\x1b[31m\n\\x1b[31m\n"


@pytest.mark.parametrize(
    "command",
    [
        ["run", "iss-contact", *SHORT],
        ["campaign", "iss-contact", "--runs", "2", *SHORT],
        ["sweep", "iss-contact", "--param", "vehicle.cargo.mass_kg=18000,19000", *SHORT],
    ],
    ids=lambda command: command[0],
)
def test_titles_and_places_are_no_markup(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = tmp_path / "a[/b] :rocket:"
    status, printed, err = call(capsys, *command, "--out", str(out))
    assert err == "" and status in (0, 1)
    assert HOSTILE in printed and f"report: {out}/report.html" in printed
    assert "x [/final] [red]y[/] :rocket:" in (out / "report.html").read_text()
    if command[0] == "campaign":
        status, printed, err = call(capsys, "compare", str(out), str(out))
        assert (status, err) == (0, "") and "[/b] :rocket:" in printed


def test_error_texts_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, err = call(capsys, "run", "iss-contact", "--flight", f"{__name__}:Raising", *SHORT)
    assert (status, err) == (3, "") and "OSError: no bus [/b] :rocket:" in printed


def test_a_baseline_of_a_name_with_brackets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from hil import Scenario

    name = "scenario.name='a[/b]'"
    text = Scenario.load("iss-contact", ["scenario.max_duration_s=2.0", name]).to_toml()
    (tmp_path / "a[").mkdir()
    (tmp_path / "a[" / "b].toml").write_text(text)
    file = tmp_path / "base"
    assert call(capsys, "baseline", "save", str(tmp_path / "a[/b].toml"), "--out", str(file))[0] == 0
    status, printed, err = call(capsys, "baseline", "check", str(file))
    assert (status, err) == (0, "") and "a[/b], seed 1: identical" in printed


def test_names_in_a_progress_bar_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with CampaignProgress("a[/b]", 3, quiet=False) as campaign:
        campaign(1, 0, 3)
    with FlightProgress("a[/b]\x1b", 3.0, quiet=False) as flight:
        flight(1.0)
        assert flight._bar.tasks[0].description == "a[/b]\\x1b"


def test_a_terminal_without_the_characters(tmp_path: Path) -> None:
    script = (
        "import sys; from hil import cli;"
        "sys.argv = ['proxops', 'campaign', 'iss-contact', '--runs', '2', '--set', 'scenario.title=\"Größe 近\"',"
        f" '--out', {str(tmp_path / 'ä')!r}];"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", script],
        capture_output=True, env=environment(PYTHONIOENCODING="ascii", COLUMNS="120"), timeout=120,
    )  # fmt: skip
    assert done.stderr == b"" and done.returncode == 0
    printed = done.stdout.decode("ascii")
    assert "Gr\\xf6\\xdfe \\u8fd1, 2 runs" in printed and "success >= " in printed and "\\xe4/report.html" in printed
