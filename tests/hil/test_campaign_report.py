"""The report of a campaign, from a made-up table whose answers are known."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from hil import Log
from hil.campaign import lincov, statistics
from hil.report import compare, render_campaign, summarise
from hil.report.campaign import worst_first
from hil.requirements import Catalogue
from tests.hil import campaigns
from tests.hil.campaigns import Made, campaign


@pytest.fixture(scope="module")
def made_up() -> Made:
    return campaign(campaigns.rows())


@pytest.fixture(scope="module")
def summary(made_up: Made) -> dict[str, Any]:
    return summarise(made_up)


@pytest.fixture(scope="module")
def page(made_up: Made, summary: dict[str, Any]) -> str:
    return render_campaign(made_up, summary)


def of(summary: dict[str, Any], name: str) -> dict[str, Any]:
    entry: dict[str, Any] = next(r for r in summary["requirements"] if r["name"] == name)
    return entry


def test_failures_and_what_they_support(summary: dict[str, Any]) -> None:
    assert (summary["runs"], summary["failures"], summary["errors"]) == (300, 3, 1)
    assert [c["case"] for c in summary["failed"]] == [campaigns.BROKEN, campaigns.TOO_FAR, campaigns.TOO_FAST]
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


def test_margin_is_bounded_by_an_order_statistic(made_up: Made, summary: dict[str, Any]) -> None:
    asked_less = summarise(made_up, required=0.95)
    lateral = of(asked_less, "contact_lateral_misalignment")
    found = [row.get("requirement.contact_lateral_misalignment.margin") for row in made_up.rows]
    margins = sorted(-np.inf if margin is None else margin for margin in found)
    assert lateral["margin_bound"] == margins[lateral["margin_order"] - 1] > 0.0
    assert statistics.runs_needed(0.95, 0.95, lateral["margin_order"] - 1) <= 300
    assert of(summary, "delta_v")["margin_note"] == "takes 1,109 runs"
    assert of(asked_less, "captured")["margin_bound"] is None


def test_requirements_stand_in_the_order_and_units_of_a_run(summary: dict[str, Any], contact_log: Log) -> None:
    assert [r["name"] for r in summary["requirements"]] == [
        "captured", "contact_closing_rate_min", "contact_lateral_misalignment", "delta_v",
    ]  # fmt: skip
    names = [r.name for r in contact_log.requirements]
    named = Catalogue.of(contact_log.scenario)
    assert [named.unit(name) for name in names] == [r.unit for r in contact_log.requirements]
    assert sorted(names, key=named.order) == names
    assert [entry["words"] for entry in summary["requirements"][:2]] == ["captured", "closing rate at contact, minimum"]


def test_worst_cases_come_first_with_the_command_that_flies_them(made_up: Made, summary: dict[str, Any]) -> None:
    assert [c["case"] for c in summary["worst"][:3]] == [campaigns.BROKEN, campaigns.TOO_FAR, campaigns.TOO_FAST]
    assert len(summary["worst"]) == 10 and all(c["verdict"] == "PASS" for c in summary["worst"][3:])
    assert summary["worst"][2]["command"] == f"proxops run 'my approach.toml' --seed 7 --case {campaigns.TOO_FAST}"
    sigmas = [c["sigmas"] for c in summary["worst"][3:]]
    assert sigmas == sorted(sigmas) and sigmas[0] > 0.0
    assert worst_first(made_up)[:10] == [c["case"] for c in summary["worst"]]


def test_margins_are_ranked_by_their_spread_and_not_by_their_size(made_up: Made) -> None:
    """A requirement that every case keeps by 1 % and never nears says nothing of which case is worst."""
    always = {"figure": 101.0, "limit": 100.0, "margin": 1.0, "passed": True}
    rows = [row | {f"requirement.free_drift.{k}": v for k, v in always.items()} for row in made_up.rows]
    worst = summarise(campaign(rows))["worst"][3:]
    assert [c["case"] for c in worst] == [c["case"] for c in summarise(made_up)["worst"][3:]]


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
    assert first["semi_axes"] == pytest.approx([6.0, 1.5], rel=0.15, abs=0.0)


def test_page_is_whole_and_needs_nothing_from_outside(page: str) -> None:
    outside = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!#)([^"\')\s>]+)', page)
    assert [target for target in outside if not target.startswith(("data:", "#"))] == []
    assert "<script" not in page and page.count("<svg") == 4
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)
    for text in (
        ">FAIL<",
        ">not enough runs<",
        "3 in 300",
        "--seed 7 --case 17",
        "0123abcd",
        "state is not finite",
        "needs 2,870 runs",
    ):
        assert text in page


def test_page_of_the_same_table_is_the_same(made_up: Made) -> None:
    few = list(made_up.rows[:30])
    assert render_campaign(campaign(few)) == render_campaign(campaign(few[::-1]))


def test_an_instrument_of_any_name_has_its_row_of_consistency(made_up: Made) -> None:
    seen = {"consistency.s3.nis.wide lidar.mean": 1.0, "consistency.s3.nis.wide lidar.count": 40}
    few = campaign([row | seen for row in made_up.rows[:30]])
    assert "NIS, wide lidar" in render_campaign(few)


def test_campaign_that_shows_what_was_asked(made_up: Made) -> None:
    good = campaign([row for row in made_up.rows if row["verdict"] == "PASS"][:60])
    page = render_campaign(good, summarise(good, required=0.95))
    assert 'verdict PASS">PASS<' in page and ">shown<" in page
    more = campaign(good.rows, 1000)
    part = render_campaign(more, summarise(more, required=0.95, sampler="lhs"))
    assert ">INCOMPLETE<" in part and "verdict PASS" not in part and "approximate" in part


def test_the_verdict_is_of_the_failures_accepted(made_up: Made) -> None:
    for accepted, verdict in ((0, "FAIL"), (2, "FAIL"), (3, "PASS")):
        found = summarise(made_up, accepted=accepted)
        assert found["verdict"] == verdict and found["met"] is False


def test_smallest_campaigns(made_up: Made) -> None:
    broken = [made_up.rows[campaigns.BROKEN]]
    assert "<svg" not in render_campaign(campaign(broken))
    one = summarise(campaign([made_up.rows[0]]))
    assert one["runs"] == 1 and one["drivers"] == {} and one["ellipses"] == []
    assert "<svg" in render_campaign(campaign([made_up.rows[0]]))


def test_two_campaigns_of_the_same_world_differ_in_nothing(made_up: Made) -> None:
    other = campaign(campaigns.rows(250, seed=6))
    found = compare(made_up, other)
    assert [r["name"] for r in found["requirements"]] == [
        "mission", "captured", "contact_closing_rate_min", "contact_lateral_misalignment", "delta_v",
    ]  # fmt: skip
    assert found["requirements"][0]["failures"] == [3, 3] and found["requirements"][0]["runs"] == [300, 250]
    assert not any(r["significant"] for r in found["requirements"]) and found["paired"] is False
    json.dumps(found, allow_nan=False)


def test_what_changed_between_two_campaigns_is_named(made_up: Made) -> None:
    """Every tenth case of B fails to be captured, and B spends a little more."""
    rows = [dict(row) for row in campaigns.rows(300, seed=6)]
    for row in rows:
        if row["verdict"] == "PASS":
            row["requirement.delta_v.figure"] += 0.5
            if row["case"] % 10 == 0:
                row |= {"verdict": "FAIL", "requirement.captured.passed": False}
    found = {r["name"]: r for r in compare(made_up, campaign(rows))["requirements"]}
    assert [name for name, r in found.items() if r["significant"]] == ["mission", "captured", "delta_v"]
    assert found["mission"]["difference"]["interval"]["low"] > 0.0
    assert found["captured"]["failures"] == [2, 32] and found["captured"]["difference"]["p"] < 1e-6
    assert found["delta_v"]["figure"]["superiority"] > 0.6 and "figure" not in found["captured"]


def test_the_variance_is_shared_out_among_the_groups() -> None:
    made = campaigns.saltelli()
    found = summarise(made, sampler="saltelli")
    delta_v = {index["name"]: index for index in found["sobol"]["delta_v"]}
    assert [index["name"] for index in found["sobol"]["delta_v"]][:2] == ["mass properties", "camera"]
    for name, share in (("mass properties", 0.8), ("camera", 0.2), ("noise", 0.0)):
        for kind in ("first", "total"):
            interval = delta_v[name][f"{kind}_interval"]
            assert interval["low"] - 0.1 <= share <= interval["high"] + 0.1, (name, kind)
    product = {index["name"]: index for index in found["sobol"]["contact_lateral_misalignment"]}
    assert product["camera"]["total"] > 0.6 > product["camera"]["first"] + 0.2, "an interaction"
    assert "captured" not in found["sobol"], "what does not vary has no shares"
    page = render_campaign(made, found)
    assert "What causes the variance" in page and "share draws" in page
    assert summarise(made)["sobol"] == {}


def test_statements_of_a_saltelli_design_count_independent_cases_only() -> None:
    found = summarise(campaigns.saltelli(), sampler="saltelli")
    assert (found["runs"], found["counted"], found["failures"], found["verdict"]) == (416, 64, 1, "FAIL")
    assert found["statement"] == statistics.demonstrated(0, 64).statement
    assert of(found, "delta_v")["runs"] == 64 and of(found, "delta_v")["failures"] == 0


def test_cases_of_one_master_seed_are_pairs(made_up: Made) -> None:
    """A little more spent in every case: hidden by the spread between cases, not by that of the pairs."""
    rows = [dict(row) for row in made_up.rows]
    for row in rows:
        if "requirement.delta_v.figure" in row:
            row["requirement.delta_v.figure"] += 0.02 + 0.001 * (row["case"] % 7)
    spent = {
        seed: {r["name"]: r for r in compare(made_up, replace(campaign(rows), seed=seed))["requirements"]}["delta_v"]
        for seed in (made_up.seed, made_up.seed + 1)
    }
    paired, apart = spent[made_up.seed], spent[made_up.seed + 1]
    assert paired["significant"] and paired["figure"]["superiority"] == 1.0 and paired["figure"]["pairs"] == 299
    assert not apart["significant"] and 0.5 < apart["figure"]["superiority"] < 0.52


def test_only_independent_cases_of_a_design_are_compared() -> None:
    found = compare(campaigns.saltelli(), campaigns.saltelli(), samplers=("saltelli", "saltelli"))
    assert found["paired"] and found["requirements"][0]["runs"] == [64, 64]
    one = campaign(campaigns.rows(50))
    assert compare(one, one)["paired"] and not compare(one, one, samplers=("lhs", "random"))["paired"]


def test_rows_that_are_no_campaign_are_refused(made_up: Made) -> None:
    with pytest.raises(ValueError, match="rows is empty"):
        summarise(campaign([], 1))
    with pytest.raises(ValueError, match="rows has case 3 twice"):
        summarise(campaign([made_up.rows[3], made_up.rows[3]]))
    with pytest.raises(ValueError, match="case 3: verdict must be PASS, FAIL or ERROR, got 'OK'"):
        summarise(campaign([dict(made_up.rows[3]) | {"verdict": "OK"}]))


def test_prediction_stands_beside_the_samples(made_up: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def beside(*_: Any) -> list[lincov.Compared]:
        return [
            lincov.Compared("s3", "x", 300, 0.08, 0.075, 0.086, 0.07, 1.14, True, True),
            lincov.Compared("s4", "z", 298, 0.04, 0.036, 0.043, 0.025, 1.6, False, True),
            lincov.Compared("s4", "y", 298, 0.04, 0.036, 0.043, 0.08, 0.5, False, False),
        ]

    without = summarise(made_up)
    assert without["linear_covariance"] == []
    monkeypatch.setattr(lincov, "compare", beside)
    found = summarise(made_up)
    assert [c["ratio"] for c in found["linear_covariance"]] == [1.14, 1.6, 0.5]
    page = render_campaign(made_up, found)
    assert page.count("at the edge of its dead band") == 1 and page.count("not explained by a dead band") == 1
    assert "Linear covariance" in page and "Linear covariance" not in render_campaign(made_up, without)
