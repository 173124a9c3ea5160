"""The report of a campaign, from a made-up table whose answers are known."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from hil import statistics
from hil.report import Campaign, render_campaign, summarise
from hil.scenario import Scenario
from tests.hil import campaigns


def campaign(rows: list[dict[str, Any]], planned: int | None = None, **changes: Any) -> Campaign:
    return Campaign(
        scenario=Scenario.load("iss-final"), source="my approach.toml", seed=7, planned=planned or len(rows), rows=rows,
        facts=[("table digest", "0123abcd")], **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made_up() -> Campaign:
    return campaign(campaigns.rows())


@pytest.fixture(scope="module")
def summary(made_up: Campaign) -> dict[str, Any]:
    return summarise(made_up)


@pytest.fixture(scope="module")
def page(made_up: Campaign, summary: dict[str, Any]) -> str:
    return render_campaign(made_up, summary)


def of(summary: dict[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any] = next(r for r in summary["requirements"] if r["name"] == name)
    return entry


def test_failures_and_what_they_support(summary: dict[str, Any]) -> None:
    assert (summary["runs"], summary["failures"], summary["errors"]) == (300, 3, 1)
    assert summary["failed"] == [campaigns.BROKEN, campaigns.TOO_FAR, campaigns.TOO_FAST]
    assert summary["statement"] == statistics.demonstrated(3, 300).statement
    assert summary["met"] is False and summary["runs_needed"] == 2870
    json.dumps(summary, allow_nan=False)


def test_each_requirement_counts_its_own_failures(summary: dict[str, Any]) -> None:
    """The broken case fails every one; the case without contact those of contact."""
    failures = {r["name"]: (r["failures"], r["runs"]) for r in summary["requirements"]}
    assert failures == {
        "captured": (2, 300), "contact_lateral_misalignment": (3, 300), "contact_closing_rate_min": (2, 300),
        "delta_v": (1, 300),
    }  # fmt: skip


def test_margin_is_bounded_by_an_order_statistic(made_up: Campaign) -> None:
    asked_less = summarise(campaign(list(made_up.rows), required=0.95))
    lateral = of(asked_less, "contact_lateral_misalignment")
    margins = sorted(
        -np.inf
        if not row["requirements"] or row["requirements"][1]["margin"] is None
        else row["requirements"][1]["margin"]
        for row in made_up.rows
    )
    assert lateral["margin_bound"] == margins[lateral["margin_order"] - 1] > 0.0
    assert statistics.runs_needed(0.95, 0.95, lateral["margin_order"] - 1) <= 300
    assert of(summarise(made_up), "delta_v")["margin_note"] == "takes 1,109 runs"
    assert of(asked_less, "captured")["margin_bound"] is None


def test_worst_cases_come_first_with_the_command_that_flies_them(summary: dict[str, Any]) -> None:
    assert [c["case"] for c in summary["worst"][:3]] == [campaigns.BROKEN, campaigns.TOO_FAR, campaigns.TOO_FAST]
    assert len(summary["worst"]) == 10 and all(c["verdict"] == "PASS" for c in summary["worst"][3:])
    assert summary["worst"][2]["command"] == f"proxops run 'my approach.toml' --seed 7 --case {campaigns.TOO_FAST}"
    relative = [c["weakest"]["margin"] / c["weakest"]["limit"] for c in summary["worst"][3:]]
    assert relative == sorted(relative)


def test_drivers_are_those_put_in(summary: dict[str, Any]) -> None:
    strongest = {name: entry["drivers"][0] for name, entry in summary["drivers"].items() if entry["drivers"]}
    lateral, delta_v = strongest["contact_lateral_misalignment"], strongest["delta_v"]
    assert (lateral["name"], lateral["effect"]) == ("camera_boresight_rad[x]", "size")
    assert (delta_v["name"], delta_v["effect"]) == ("mass_ratio", "value") and delta_v["rho"] > 0.9
    assert summary["drivers"]["delta_v"]["candidates"] == 1 + 3 + 12, "what never varies is no candidate"


def test_ellipses_of_both_planes_at_each_gate(summary: dict[str, Any]) -> None:
    assert [(e["gate"], e["plane"]) for e in summary["ellipses"]] == [
        ("S3", "R-bar"), ("S3", "H-bar"), ("S4", "R-bar"), ("S4", "H-bar"),
    ]  # fmt: skip
    first = summary["ellipses"][0]
    assert first["centre"] == pytest.approx([-288.0, -8.0], abs=0.5)
    assert first["semi_axes"] == pytest.approx([6.0, 1.5], rel=0.15)


def test_page_is_whole_and_needs_nothing_from_outside(page: str) -> None:
    outside = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!#)([^"\')\s>]+)', page)
    assert [target for target in outside if not target.startswith(("data:", "#"))] == []
    assert "<script" not in page and page.count("<svg") == 4 and "NOT SHOWN" in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)
    for text in ("3 in 300", "--seed 7 --case 17", "0123abcd", "state is not finite", "takes 2,870 runs"):
        assert text in page


def test_page_of_the_same_table_is_the_same(made_up: Campaign) -> None:
    few = list(made_up.rows[:30])
    assert render_campaign(campaign(few)) == render_campaign(campaign(few[::-1]))


def test_campaign_that_shows_what_was_asked(made_up: Campaign) -> None:
    good = [row | {"gates": {}} for row in made_up.rows if row["verdict"] == "PASS"][:60]
    assert ">SHOWN<" in render_campaign(campaign(good, required=0.95))
    part = render_campaign(campaign(good, planned=1000, required=0.95, sampler="lhs"))
    assert ">INCOMPLETE<" in part and ">SHOWN<" not in part and "approximate" in part


def test_smallest_campaigns(made_up: Campaign) -> None:
    broken = [made_up.rows[campaigns.BROKEN]]
    assert "<svg" not in render_campaign(campaign(broken))
    one = summarise(campaign([made_up.rows[0]]))
    assert one["runs"] == 1 and one["drivers"] == {} and one["ellipses"] == []
    assert "<svg" in render_campaign(campaign([made_up.rows[0]]))


def test_rows_that_are_no_campaign_are_refused(made_up: Campaign) -> None:
    with pytest.raises(ValueError, match="rows is empty"):
        summarise(campaign([], planned=1))
    with pytest.raises(ValueError, match="rows has case 3 twice"):
        summarise(campaign([made_up.rows[3], made_up.rows[3]]))
    with pytest.raises(ValueError, match="case 3: verdict must be PASS, FAIL or ERROR, got 'OK'"):
        summarise(campaign([dict(made_up.rows[3]) | {"verdict": "OK"}]))
