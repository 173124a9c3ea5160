"""Faults of link and board as a scenario declares them: injected, counted, reported; never ignored in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge import computers
from firmware_bridge.boards import BoardError
from firmware_bridge.computers import open_computer
from firmware_bridge.faults import KINDS, BoardFault, LinkFaults
from firmware_bridge.shim import NullModem
from hil import Log, Scenario, fly
from hil.cli.shared import EXIT
from hil.replay import replay
from hil.report import figures, render
from hil.scenario import ScenarioError
from tests.bridge import here
from tests.bridge.boards import recording
from tests.command_line import call

SHORT = "scenario.max_duration_s=30.0"
BAD_CABLE = ["link_faults.drop=0.05", "link_faults.babble=0.05", "link_faults.duplicate=0.05"]


def flown(seed: int, overrides: list[str], name: str = "linux", **options: Any) -> Log:
    """Flies a board with the faults that the scenario declares."""
    here.need(name)
    scenario = Scenario.load("iss-contact", [SHORT, *overrides])
    faults: Any = {"link_faults": scenario.link_faults, "board_faults": scenario.board_faults}
    with open_computer(name, seed=seed, **faults) as computer:
        return fly(scenario, seed, flight=computer, **options)


def board_fault(*faults: str) -> list[str]:
    return [f"board_fault=[{', '.join('{' + fault + '}' for fault in faults)}]"]


def test_the_cable_of_a_scenario_is_put_in_counted_and_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.need("linux")
    monkeypatch.setattr(figures, "everything", lambda log: {})
    arguments = [word for override in [SHORT, *BAD_CABLE] for word in ("--set", override)]
    status, out, err = call(capsys, "run", "iss-contact", "--on", "linux", *arguments, "--out", str(tmp_path / "out"))
    log = Log.open(tmp_path / "out")
    assert (err, status) == ("", EXIT[log.verdict])
    assert log.telemetry.tobytes() == recording().telemetry[:300].tobytes()
    computer = log.computer
    assert computer is not None
    for way, end in (("uplink", "board_link"), ("downlink", "link")):
        injected, counted = computer["cable"][way], computer[end]
        assert injected["drop"] > 3 and injected["babble"] > 3 and injected["duplicate"] > 3
        assert set(injected) == {"frames", "bit_error", "drop", "babble", "duplicate"} and injected["bit_error"] == 0
        # what was put on the wire is what the far end counts; a frame that babble spoils is not two of the same
        assert counted["cobs_errors"] + counted["length_errors"] + counted["crc_errors"] > 0
        assert counted["sequence_duplicates"] > 0
    assert computer["link"]["resends"] >= computer["cable"]["downlink"]["drop"]
    assert f"drop {computer['cable']['uplink']['drop']}" in out and "counted by the board: " in out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<h2>Link</h2>" in page and "<th>Link fault</th>" in page
    assert f'<td>drop</td><td class="n">{computer["cable"]["uplink"]["drop"]}</td>' in page


def test_the_cable_is_drawn_from_the_seed_and_the_case_of_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here.need("linux")
    drawn: list[tuple[Any, ...]] = []

    class Seen(NullModem):
        def __init__(self, *arguments: Any):
            drawn.append(arguments[1:])
            super().__init__(*arguments)

    monkeypatch.setattr(computers, "NullModem", Seen)
    arguments = ["--set", "scenario.max_duration_s=1.0", "--set", "link_faults.drop=0.01", "--seed", "7", "--case", "3"]
    assert call(capsys, "run", "iss-contact", "--on", "linux", *arguments)[2] == ""
    assert drawn == [(LinkFaults(drop=0.01), 7, 115200, 3)]


def test_a_run_without_faults_has_no_cable_in_between() -> None:
    log = flown(1, ["scenario.max_duration_s=2.0"])
    assert log.computer is not None and log.computer["cable"] is None and log.computer["board_faults"] == []
    assert log.computer["board_link"]["steps"] == 20
    assert "<th>Link fault</th>" not in render(log)


def test_faults_of_the_board_happen_when_the_scenario_says_and_cost_no_bit() -> None:
    log = flown(
        1, board_fault('t_s=5.0, kind="reset"', 't_s=10.0, kind="hang"', 't_s=20.0, kind="pause", duration_s=0.2')
    )
    assert log.telemetry.tobytes() == recording().telemetry[:300].tobytes()
    computer = log.computer
    assert computer is not None and computer["link"]["boots"] == 2
    assert computer["board_faults"] == [
        {"tick": 50, "kind": "reset"},
        {"tick": 100, "kind": "hang"},
        {"tick": 200, "kind": "pause"},
    ]
    boots = [notice for notice in computer["notices"] if ": boot: " in notice]
    assert boots[-2:] == [
        "tick 50: boot: linux started (reset), flying",
        "tick 100: boot: linux started (watchdog), flying",
    ]
    assert "reset before tick 50, hang before tick 100, pause before tick 200" in render(log)


@pytest.mark.parametrize("name", ["linux", here.EMULATED[0]])
def test_a_board_that_the_scenario_kills_ends_the_run_in_error_naming_port_and_tick(name: str, tmp_path: Path) -> None:
    log = flown(1, board_fault('t_s=7.0, kind="kill"'), name, out=tmp_path / "out")
    assert (log.verdict, len(log.telemetry)) == ("ERROR", 70)
    board = name.removeprefix("emulated:")
    assert log.error is not None and log.error.startswith(f"{board} on /dev/pts/") and "at tick 70: port" in log.error
    assert log.computer is not None and log.computer["board_link"] is None
    back = Log.open(tmp_path / "out")
    assert back.summary() == log.summary() and len(back.telemetry) == 70
    json.dumps(log.summary(), allow_nan=False)


@pytest.mark.parametrize(("name", "at_s", "duration_s"), [("linux", 250.0, 400.0), (here.EMULATED[0], 20.0, 60.0)])
def test_a_spoilt_checkpoint_is_announced_and_the_vehicle_retreats(
    name: str, at_s: float, duration_s: float, tmp_path: Path
) -> None:
    here.need(name)
    fault = board_fault(f't_s={at_s}, kind="spoil_checkpoint"')
    scenario = Scenario.load("iss-contact", [f"scenario.max_duration_s={duration_s}", *fault])
    with open_computer(name, board_faults=scenario.board_faults) as computer:
        log = fly(scenario, flight=computer, out=tmp_path / "out")
    tick = int(10 * at_s)
    assert (log.verdict, log.error, log.contact, log.cold_starts) == ("FAIL", None, None, [tick])
    assert log.telemetry[:tick].tobytes() == recording().telemetry[:tick].tobytes()
    assert log.computer is not None and log.computer["link"]["boots"] == 1
    notices = log.computer["notices"]
    assert f"tick {tick}: text: both copies of the checkpoint are spoilt: cold start" in notices
    assert any(notice.startswith(f"tick {tick}: boot: ") and notice.endswith("(reset), cold") for notice in notices)
    phases = [scenario.flight.phases[phase] for phase in log.telemetry["phase"]]
    assert set(phases[tick:]) <= {"retreat", "retreat-hold"} and "retreat" not in phases[:tick]
    distance_m = log.truth["r_port_tport_m"][:, 0]
    assert distance_m[-1] > distance_m[tick] + 1.0 and distance_m[tick:].min() > distance_m[tick] - 1.0
    met = {requirement.name: requirement.passed is not False for requirement in log.requirements}
    assert met["keep_out_sphere"] and met["closing_rate"] and met["corridor"]
    back = Log.open(tmp_path / "out")
    assert back.summary() == log.summary() and back.params.tobytes() == log.params.tobytes() and len(back.params) == 2
    assert replay(back).equal
    assert f"tick {tick:,}: parameters uploaded again, starting in the retreat phase" in render(back)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("link_faults.drop=0.01", "link_faults: drop = 0.01: expected a flight computer on a wire: --on linux"),
        ('board_fault=[{t_s=1.0, kind="reset"}]', "board_fault: reset at 1 s: expected a flight computer on a wire"),
    ],
)
def test_faults_that_nothing_would_inject_are_a_mistake(
    override: str, expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "out")]
    for command in (["run", "iss-contact"], ["campaign", "iss-contact", "--runs", "2"]):
        status, printed, err = call(capsys, *command, "--set", override, *out)
        assert (status, printed) == (2, "") and expected in err and err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    here.need("linux")
    with open_computer("linux") as sound, pytest.raises(ScenarioError, match="on a wire"):
        fly("iss-contact", overrides=[override], flight=sound)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("link_faults.dorp=0.01", "--set: link_faults.dorp = 0.01: unknown key in [link_faults]; did you mean drop?"),
        ("link_faults.drop=1.5", "link_faults.drop = 1.5: expected a number from 0 to 1"),
        ("link_faults.delay=nan", "link_faults.delay = nan: expected a number from 0 to 1"),
        ("link_faults.delay_ms=3.0", "link_faults.delay_ms = 3.0: wrong unit; expected"),
        ("board_fault=3", "board_fault: expected a list of tables, [[board_fault]]"),
        ('board_fault=[{t_s=1.0, kind="rest"}]', 'board_fault[0].kind = "rest": expected one of "reset", "hang"'),
        ('board_fault=[{t_s=-1.0, kind="reset"}]', "board_fault[0].t_s = -1.0: expected a number >= 0 (s)"),
        ('board_fault=[{t_s=1.0, kind="pause"}]', "board_fault[0].duration_s: expected for a pause, and for a pause"),
        ('board_fault=[{t_s=1.0, kind="pause", duration_s=0.0}]', "duration_s = 0.0: expected a number > 0 (s)"),
        ('board_fault=[{t_s=1.0, kind="kill", duration_s=1.0}]', "board_fault[0].duration_s = 1.0: expected for a"),
        (
            'board_fault=[{t_s=2.0, kind="reset"}, {t_s=1.0, kind="kill"}]',
            "board_fault: expected in order of time, found t_s = [2.0, 1.0]",
        ),
    ],
)
def test_mistakes_in_the_tables_are_named(override: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as told:
        Scenario.load("iss-contact", [override])
    assert expected in str(told.value) and "\n" not in str(told.value)


def test_the_tables_are_in_the_scenario_as_flown() -> None:
    scenario = Scenario.load("iss-contact", [*BAD_CABLE, *board_fault('t_s=1.5, kind="hang"')])
    again = Scenario.parse(scenario.to_toml(), scenario.source)
    assert again.link_faults == scenario.link_faults and again.board_faults == scenario.board_faults
    assert scenario.board_faults == (BoardFault(t_s=1.5, kind="hang"),)
    assert list(scenario.link_faults.declared()) == [k for k in KINDS if k in ("drop", "duplicate", "babble")]


@pytest.mark.parametrize(("kind", "instead"), [("kill", "pull its cable"), ("pause", "only emulated and Linux")])
def test_what_a_real_board_cannot_be_given_is_refused_before_the_flight(kind: Any, instead: str) -> None:
    fault = BoardFault(t_s=1.0, kind=kind, duration_s=1.0 if kind == "pause" else None)
    with pytest.raises(BoardError, match=instead), open_computer("serial:/dev/null", board_faults=[fault]):
        pass
