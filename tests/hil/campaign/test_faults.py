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
    criticality_s,
    fault_campaign,
    faults_of,
    flown_in,
    phase_spans,
)
from hil.effectors import kinds as effector_kinds
from hil.instruments import kinds as instrument_kinds
from hil.scenario import Scenario
from tests.command_line import call

KINDS = ("camera.dropout", "commands.forged.inhibit", "dock.dropout")


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
        with_it = fault.put_into(scenario, 10.0)
        for one in with_it.faults:
            kind = one.instrument_kind or rows[one.instrument].kind
            assert one.problem(instrument_kinds()[kind]) is None, fault.name
        for acting in with_it.effector_faults:
            row = rows[acting.effector]
            assert acting.problem(effector_kinds()[row.kind], row) is None, fault.name
        assert all(other.problem() is None for other in with_it.other_faults), fault.name
        assert len(with_it.faults) + len(with_it.effector_faults) + len(with_it.other_faults) == 1
    kinds = {(dict(fault.keys).get("instrument"), dict(fault.keys)["kind"]) for fault in every}
    for row in scenario.instruments:
        assert all((row.name, kind) in kinds for kind in instrument_kinds()[row.kind].faults)


def test_phases_are_those_of_the_same_case_without_a_fault(scenario: Scenario) -> None:
    spans = phase_spans(Case(scenario.to_toml(), scenario.source, None, 3, 0))
    assert list(spans) == ["s4", "final", "docked"]
    assert spans["s4"][0] == 0.0 and spans["s4"][1] == spans["final"][0] and spans["final"][1] > 200.0


def test_phases_that_a_telecommand_leads_to_are_flown_as_well(scenario: Scenario) -> None:
    first = Case(scenario.to_toml(), scenario.source, None, 3, 0)
    cases = flown_in(first)
    assert list(cases) == ["s4", "final", "docked", "retreat", "retreat-hold", "cam", "drift"]
    final = phase_spans(first)["final"]
    for phase, command in (("retreat", "retreat"), ("drift", "abort")):
        (sent,) = cases[phase].scenario().telecommands
        assert sent.command == command and final[0] < sent.t_s < final[1]
        assert phase_spans(cases[phase])[phase][0] >= sent.t_s
    assert cases["final"] == first


def test_each_flight_has_its_outcome_and_what_it_took_to_see_it(flown: FaultCampaign) -> None:
    assert [(row["fault"], row["case"]) for row in flown.rows] == [
        (fault, case) for case in (0, 1) for fault in ("camera.dropout", "dock.dropout", "commands.forged.inhibit")
    ]
    by = {(row["fault"], row["case"]): row for row in flown.rows}
    lost = by["camera.dropout", 0]
    assert lost["outcome"] == "safe" and lost["injected"] and 0.0 < lost["detected_s"] < 20.0
    assert lost["phase_at_end"] == "retreat-hold" and lost["closest_m"] > 2.0
    stuck = by["commands.forged.inhibit", 0]
    assert stuck["outcome"] in ("collision", "breach", "uncontrolled") and stuck["reasons"]


def test_the_summary_counts_outcomes_and_says_how_to_fly_the_bad_ones_again(
    flown: FaultCampaign, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(json.dumps(flown.summary(), allow_nan=False))
    names = ("collision", "breach", "uncontrolled", "passive", "safe", "pass", "broke")
    assert found["runs"] == 6 and found["collisions"] == found["collision"]
    assert sum(found[name] for name in names) == 6
    cell = next(cell for cell in found["cells"] if cell["fault"] == "commands.forged.inhibit")
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
        capsys,
        "faults",
        "iss-contact",
        "--phases",
        "final",
        "--kinds",
        "gnss.dropout",
        "--jobs",
        "1",
        "--out",
        str(out),
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
    with pytest.raises(FaultCampaignError, match="from another mission, seed or core"):
        fault_campaign("iss-contact", scenario, 2, 4, phases=("final",), kinds=KINDS, jobs=1, journal=journal)


def test_continuous_faults_come_in_sizes_over_three_decades(scenario: Scenario) -> None:
    sized = {fault.name: dict(fault.keys) for fault in faults_of(scenario, ("small", "medium", "large"))}
    assert {fault.name for fault in faults_of(scenario)} == {name for name in sized if "@" not in name}
    small, large = sized["imu.bias.mps2@small"], sized["imu.bias.mps2@large"]
    assert large["error_mps2"][0] == pytest.approx(1000.0 * small["error_mps2"][0], rel=1e-12, abs=0.0)
    assert "camera.dropout@small" not in sized and sized["thrusters.leak.0@large"]["factor"] == 1.0
    assert sized["thrusters.weak.0@large"]["factor"] == 0.0 and 0.9 < sized["thrusters.weak.0@small"]["factor"] < 1.0
    assert sized["target.tumble@small"] != sized["target.tumble"] != sized["target.tumble@large"]
    for fault in faults_of(scenario, ("small", "large")):
        Scenario.parse(scenario.to_toml() + "\n[[fault]]\n" + _toml(fault.table(1.0)), fault.name)


def _toml(table: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())


def test_a_replay_has_the_size_and_what_was_set(scenario: Scenario) -> None:
    flown = FaultCampaign(scenario, "iss-contact", 3, 1, [], ("plant.step_s=0.05",))
    row = {"fault": "imu.bias.mps2@small", "phase": "final", "case": 2}
    assert flown.replay(row) == (
        "proxops faults iss-contact --set plant.step_s=0.05 --seed 3 --phases final --kinds imu.bias.mps2 --case 2 "
        "--sizes small"
    )


def test_a_fault_counts_only_if_something_is_other_than_without_it(scenario: Scenario) -> None:
    """A thruster that nothing commands in the time that is left, and a mechanism that has nothing to let go."""
    kinds = ("mechanism.no_release", "computer.missed", "commands.forged.retreat")
    found = fault_campaign("iss-contact", scenario, phases=("final",), kinds=kinds, jobs=1)
    assert {row["fault"]: row["injected"] for row in found.rows} == {
        "mechanism.no_release": False, "computer.missed": True, "commands.forged.retreat": True,
    }  # fmt: skip
    (forged,) = (row for row in found.rows if row["fault"] == "commands.forged.retreat")
    assert forged["outcome"] == "safe" and forged["phase_at_end"] == "retreat-hold"


def test_each_cell_says_how_long_it_takes_to_become_critical(flown: FaultCampaign, scenario: Scenario) -> None:
    """In the final approach a chaser without thrust is at the station after as long as the rest of the way takes."""
    case = Case(scenario.to_toml(), scenario.source, None, 3, 0)
    start_s, stop_s = phase_spans(case)["final"]
    middle = flown.rows[0]["start_s"]
    assert 0.5 * (stop_s - middle) < flown.rows[0]["criticality_s"] < 3.0 * (stop_s - start_s)
    assert criticality_s(case, stop_s + 3.0) == 0.0, "docked"
    assert all(cell["criticality_least_s"] > 0.0 for cell in flown.cells())


def test_a_flight_that_breaks_or_does_not_end_is_told(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = fault_campaign(
        "iss-contact", scenario, phases=("final",), kinds=("dock.dropout",), jobs=1, time_limit_s=0.001
    )
    assert slow.counts()["broke"] == 1 and "time limit of 0.001 s" in slow.rows[0]["reasons"][0]

    def fail(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("of a flight")

    monkeypatch.setattr("hil.campaign.faults.criticality_s", fail)
    broke = fault_campaign("iss-contact", scenario, phases=("final",), kinds=("dock.dropout",), jobs=1)
    assert broke.counts()["broke"] == 1 and broke.bad()[0]["reasons"] == ["ZeroDivisionError: of a flight"]
    json.dumps(broke.summary(), allow_nan=False)


def test_a_phase_or_a_fault_that_there_is_none_of_is_refused(scenario: Scenario) -> None:
    with pytest.raises(
        FaultCampaignError, match="--phases hop: expected phases that are flown: s4, final, docked, ret"
    ):
        fault_campaign("iss-contact", scenario, phases=("hop",), jobs=1)
    with pytest.raises(FaultCampaignError, match=r"--kinds lidar: expected a fault of this mission: camera\."):
        fault_campaign("iss-contact", scenario, kinds=("lidar",), jobs=1)
    with pytest.raises(FaultCampaignError, match="--sizes huge: expected of small, medium, large"):
        fault_campaign("iss-contact", scenario, sizes=("huge",), jobs=1)
    with pytest.raises(FaultCampaignError, match="--runs 0: expected 1 or more"):
        fault_campaign("iss-contact", scenario, 0, jobs=1)
