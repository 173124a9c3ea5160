"""The report: everything in one file, from the log alone."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gnc import flight
from hil import Log
from hil.report import render
from hil.report.figures import drawing, phase_spans, thin
from hil.report.wording import number


@pytest.fixture(scope="module")
def page(contact_log: Log) -> str:
    return render(contact_log)


def test_report_needs_nothing_from_outside(page: str) -> None:
    outside = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!#)([^"\')\s>]+)', page)
    assert [target for target in outside if not target.startswith(("data:", "#"))] == []
    assert "<script" not in page


def test_a_monitor_without_a_reason_of_its_own_gives_its_name(contact_log: Log) -> None:
    told = contact_log.telemetry.copy()
    told["abort_reason"][100:] = flight.Reason.MONITOR + flight.Monitor.DISAGREEMENT
    assert dataclasses.replace(contact_log, telemetry=told).ending.endswith("aborted before: disagreement")


def test_telemetry_out_of_range_is_reported_as_it_was_told(contact_log: Log) -> None:
    """A log of a flight computer that answers nonsense can still be read; each value in turn has a fault of its own."""
    told = contact_log.telemetry.copy()
    told["phase"][100:200] = 250
    told["abort_reason"][100:200] = 200
    told["r_chaser_target_hill_m"][100:110] = np.inf
    told["v_chaser_target_hill_mps"][100:110] = 1.0e300
    told["sigma_r_hill_m"][300:] = np.nan
    told["q_body_from_eci"][400:410] = np.nan
    told["attitude_error_rad"][100:110, 0] = np.inf
    log = dataclasses.replace(contact_log, telemetry=told)
    page = render(log)
    assert "phase 250" in page and "phase 250" in log.gates()
    assert "unknown reason 200" in page
    assert page.count("<svg") == 8


def test_report_is_well_formed(page: str) -> None:
    class Balance(HTMLParser):
        open: list[str]

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "br", "link"):
                self.stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.stack.pop() == tag

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

        stack: list[str] = []  # noqa: RUF012

    parser = Balance()
    parser.feed(page)
    assert parser.stack == []


def test_report_says_what_was_found(page: str, contact_log: Log) -> None:
    assert contact_log.digest in page
    assert f'<div class="verdict {contact_log.verdict}">' in page
    for requirement in contact_log.requirements:
        assert number(requirement.limit) in page
    for heading in ("Requirements", "Contact", "Approach", "Corridor", "Navigation", "Attitude", "Thrusters",
                    "Velocity change", "Control margins", "Drawn for this run"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") == 8
    spans = phase_spans(contact_log)
    assert len(spans) > 1 and all(span[2] in page for span in spans)


def test_report_of_the_same_log_is_the_same(page: str, contact_log: Log) -> None:
    assert render(contact_log) == page


def test_report_does_without_what_takes_long_to_import(contact_folder: Path, contact_log: Log) -> None:
    """python-control and its margins on a grid took two thirds of a report's processor time."""
    script = (
        "import sys; from hil import Log; from hil.report import render; render(Log.open(sys.argv[1]));"
        "print('control' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(contact_folder)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "False\n"


def test_report_without_telemetry_leaves_navigation_out(contact_log: Log) -> None:
    blind = dataclasses.replace(contact_log, telemetry=np.zeros_like(contact_log.telemetry))
    page = render(blind)
    assert "<h2>Navigation</h2>" not in page and "<h2>Approach</h2>" in page


def test_report_of_a_log_cut_before_its_first_row(contact_log: Log) -> None:
    empty = {name: getattr(contact_log, name)[:0] for name in ("sensors", "command", "telemetry", "truth")}
    page = render(
        dataclasses.replace(
            contact_log, **empty, verdict="ERROR", error="cut short", requirements=(), contact=None, delta_v_mps={}
        )
    )
    assert "cut short" in page and page.count("<svg") == 1, "the mission's graph alone"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (float("nan"), "–"), (0.0, "0"), (0.0757, "0.0757"), (3.3456, "3.35"), (12345.6, "12,346"),
        (-0.5, "-0.500"), (1.0e-6, "1.00e-06"), (9.999, "10.0"), (99.96, "100"),
    ],
)  # fmt: skip
def test_numbers_have_three_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_thinned_curve_keeps_its_extremes() -> None:
    t = np.arange(100_000.0)
    y = np.sin(t / 700.0)
    y[54_321], y[77_777] = 5.0, -5.0
    few_t, few_y = thin(t, y, 500)
    assert len(few_t) <= 1001 and few_y.max() == 5.0 and few_y.min() == -5.0
    assert (np.diff(few_t) >= 0.0).all() and few_t[-1] == t[-1]


@pytest.mark.filterwarnings("error")
def test_names_in_plots_are_no_mathematics() -> None:
    hostile = "$\\frac{a_b$ <i>&"
    with drawing(4.0, 3.0) as (figure, out):
        axes = figure.subplots()
        axes.plot([1.0, 2000.0], [1.0, 2.0], label=hostile)
        axes.set_xscale("log")
        axes.set_title(hostile)
        axes.set_ylabel("近 $x$")
        axes.set_yticks([1.0, 2.0], labels=[hostile, "y"])
        axes.annotate(hostile, (1.0, 1.0))
        axes.legend()
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", out[0])
    assert drawn.count(hostile.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) == 4
    assert {"近 $x$", "1", "10", "100", "1000"} <= set(drawn)


def test_names_in_a_page_are_no_html(contact_log: Log) -> None:
    hostile = "<script>alert(1)</script>"
    scenario = dataclasses.replace(
        contact_log.scenario, scenario=dataclasses.replace(contact_log.scenario.scenario, title=hostile)
    )
    page = render(dataclasses.replace(contact_log, scenario=scenario, error=hostile))
    assert hostile not in page and page.count("&lt;script&gt;") == 2
