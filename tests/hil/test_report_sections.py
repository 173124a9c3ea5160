"""Sections of other packages in the report of a run."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from hil import Log
from hil.report import page, sections
from hil.report.sections import Section


def mine(log: Log) -> Section:
    return Section("Plume <impingement>", f"<table><tr><td>{log.seed}</td></tr></table>", "Worst & best")


def silent(log: Log) -> None:
    return None


def failing(log: Log) -> Section:
    raise ArithmeticError("no plume")


def wrong(log: Log) -> str:
    return "text"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    names: list[str] = []

    def entries(group: str) -> list[EntryPoint]:
        assert group == "proxops.report"
        return [EntryPoint(name, f"{__name__}:{name}", group) for name in names]

    monkeypatch.setattr(sections, "entry_points", entries)
    monkeypatch.setattr(page.figures, "everything", lambda log: {})
    sections._offered.cache_clear()
    yield names
    sections._offered.cache_clear()


def test_a_section_stands_in_the_report(offered: list[str], contact_log: Log) -> None:
    offered += ["mine", "silent"]
    report = page.render(contact_log)
    assert "<h2>Plume &lt;impingement&gt;</h2>" in report and "Worst &amp; best" in report
    assert f"<table><tr><td>{contact_log.seed}</td></tr></table>" in report
    assert [section.heading for section in sections.own_sections(contact_log)] == ["Plume <impingement>"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("failing", "report section &#39;failing&#39;: no plume"),
        ("wrong", "expected a hil.report.sections.Section or None, got str"),
        ("missing", "cannot be loaded: "),
    ],
)
def test_a_section_that_fails_is_said_and_the_report_is_whole(
    offered: list[str], contact_log: Log, name: str, said: str
) -> None:
    offered += [name]
    report = page.render(contact_log)
    assert said in report and contact_log.digest in report
