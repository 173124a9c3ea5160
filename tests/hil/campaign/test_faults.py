"""Fault campaigns: every fault in every phase, what became of each flight, and how to fly one again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from hil.campaign.cases import Case
from hil.campaign.faults import (
    FaultCampaign,
    FaultCampaignError,
    fault_campaign,
    faults_of,
    phase_spans,
)
from hil.effectors import kinds as effector_kinds
from hil.instruments import kinds as instrument_kinds
from hil.scenario import Scenario
from tests.command_line import call

KINDS = ("camera.dropout", "thrusters.stuck_on.0", "dock.dropout")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-contact")


@pytest.fixture(scope="module")
def flown(scenario: Scenario) -> FaultCampaign:
    return fault_campaign("iss-contact", scenario, 2, 3, phases=("final",), kinds=KINDS, jobs=2)


def test_every_fault_is_a_valid_row_and_has_a_name_of_its_own(scenario: Scenario) -> None:
    every = faults_of(scenario)
    assert len({fault.name for fault in every}) == len(every) > 100
    rows = {row.name: row for row in (*scenario.instruments, *scenario.effectors)}
    for fault in every:
        instruments, effectors = fault.rows(10.0)
        for one in instruments:
            assert one.problem(instrument_kinds()[rows[one.instrument].kind]) is None, fault.name
        for other in effectors:
            row = rows[other.effector]
            assert other.problem(effector_kinds()[row.kind], row) is None, fault.name
    kinds = {(dict(fault.keys).get("instrument"), dict(fault.keys)["kind"]) for fault in every}
    for row in scenario.instruments:
        assert all((row.name, kind) in kinds for kind in instrument_kinds()[row.kind].faults)


def test_phases_are_those_of_the_same_case_without_a_fault(scenario: Scenario) -> None:
    spans = phase_spans(Case(scenario.to_toml(), scenario.source, None, 3, 0))
    assert list(spans) == ["s4", "final", "docked"]
    assert spans["s4"][0] == 0.0 and spans["s4"][1] == spans["final"][0] and spans["final"][1] > 200.0


def test_each_flight_has_its_outcome_and_what_it_took_to_see_it(flown: FaultCampaign) -> None:
    assert [(row["fault"], row["case"]) for row in flown.rows] == [
        (fault, case) for case in (0, 1) for fault in ("camera.dropout", "dock.dropout", "thrusters.stuck_on.0")
    ]
    by = {(row["fault"], row["case"]): row for row in flown.rows}
    lost = by["camera.dropout", 0]
    assert lost["outcome"] == "safe" and lost["injected"] and 0.0 < lost["detected_s"] < 20.0
    assert lost["phase_at_end"] == "retreat-hold" and lost["closest_m"] > 2.0
    stuck = by["thrusters.stuck_on.0", 0]
    assert stuck["outcome"] in ("collision", "breach", "uncontrolled") and stuck["reasons"]


def test_the_summary_counts_outcomes_and_says_how_to_fly_the_bad_ones_again(
    flown: FaultCampaign, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(json.dumps(flown.summary(), allow_nan=False))
    assert found["runs"] == 6 and found["collisions"] == found["collision"]
    assert sum(found[name] for name in ("collision", "breach", "uncontrolled", "passive", "safe", "pass", "error")) == 6
    cell = next(cell for cell in found["cells"] if cell["fault"] == "thrusters.stuck_on.0")
    assert (cell["runs"], cell["bad"], cell["phase"]) == (2, 2, "final")
    assert cell["bad_probability"]["low"] > 0.1 and "≥ 0" in cell["not_bad"]
    again = shlex.split(found["bad"][-1]["replay"])
    assert again[:3] == ["proxops", "faults", "iss-contact"]
    status, out, _ = call(capsys, *again[1:], "--json")
    (same,) = json.loads(out)["bad"]
    assert status == 1 and {k: v for k, v in same.items() if k != "replay"} == {
        k: v for k, v in found["bad"][-1].items() if k != "replay"
    }


def test_the_command_leaves_its_summary(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "faults"
    status, text, _ = call(
        capsys, "faults", "iss-contact", "--phases", "final", "--kinds", "dock", "--jobs", "1", "--out", str(out)
    )
    assert status == 0 and text.rstrip().endswith("of 1")
    assert json.loads((out / "faults.json").read_text())["runs"] == 1


def test_a_campaign_that_was_interrupted_goes_on(
    flown: FaultCampaign, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, seen = tmp_path / "flights.jsonl", list[int]()

    def interrupt(done: int, of: int) -> None:
        seen.append(done)
        if len(seen) == 4:
            raise KeyboardInterrupt

    def go_on(**more: Any) -> FaultCampaign:
        return fault_campaign(
            "iss-contact", scenario, 2, 3, phases=("final",), kinds=KINDS, jobs=1, journal=journal, **more
        )

    with pytest.raises(KeyboardInterrupt):
        go_on(progress=interrupt)
    with journal.open("a") as file:
        file.write('{"fault": "cut sh')
    seen.clear()
    assert go_on(progress=lambda done, of: seen.append(done)).rows == json.loads(json.dumps(flown.rows))
    assert seen == [5, 6]
    with pytest.raises(FaultCampaignError, match="of another mission, seed or core"):
        fault_campaign("iss-contact", scenario, 2, 4, phases=("final",), kinds=KINDS, jobs=1, journal=journal)


def test_a_phase_or_a_fault_that_there_is_none_of_is_refused(scenario: Scenario) -> None:
    with pytest.raises(FaultCampaignError, match="--phases hop: expected phases that are flown: s4, final, docked"):
        fault_campaign("iss-contact", scenario, phases=("hop",), jobs=1)
    with pytest.raises(FaultCampaignError, match=r"--kinds lidar: expected a fault of this mission: camera\."):
        fault_campaign("iss-contact", scenario, kinds=("lidar",), jobs=1)
    with pytest.raises(FaultCampaignError, match="--runs 0: expected 1 or more"):
        fault_campaign("iss-contact", scenario, 0, jobs=1)
