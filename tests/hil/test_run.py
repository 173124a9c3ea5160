"""Whole runs through the Python face: the core, a recorded log, and a user's own flight computer."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import Log, Scenario, ScenarioError, fly
from hil import prepare as prepare_module
from hil.loop import Chunk, Loop
from hil.prepare import prepare
from hil.report import render
from hil.run import FlightComputer
from hil.truth import TRUTH


class Idle:
    """The least a user's own flight software can be: every valve stays shut."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def step(self, sensors: np.void) -> Any:
        self.seen.append(int(sensors["tick"]))
        return np.zeros(28, np.uint32)


class Core:
    """The flight core again, driven from Python: the answer must be the same to the bit."""

    def __init__(self, params: Any, with_telemetry: bool = True):
        self.core, self.with_telemetry = flight.Flight(params), with_telemetry

    def step(self, sensors: np.void) -> Any:
        command, telemetry = self.core.step(sensors)
        return (command, telemetry) if self.with_telemetry else command


def test_the_shortest_scenario_docks(contact_log: Log) -> None:
    assert contact_log.verdict == "PASS", [r for r in contact_log.requirements if not r.passed]
    assert contact_log.ended == "contact" and contact_log.contact is not None
    assert contact_log.contact["captured"] == 1.0
    assert 0.0 < contact_log.delta_v_mps["total"] < 1.5 * contact_log.delta_v_mps["budget"]


def test_same_seed_same_digest_whether_or_not_it_is_logged(contact_log: Log) -> None:
    again = fly("iss-contact", seed=1)
    assert again.digest == contact_log.digest
    assert again.truth.tobytes() == contact_log.truth.tobytes()
    assert fly("iss-contact", seed=2).digest != contact_log.digest


def test_log_reads_back_as_it_was_flown(contact_log: Log, contact_folder: Path) -> None:
    back = Log.open(contact_folder)
    assert back.summary() == contact_log.summary()
    for name in ("sensors", "command", "telemetry", "truth", "params"):
        assert getattr(back, name).tobytes() == getattr(contact_log, name).tobytes(), name
    assert dict(back.scenario.flight) == dict(contact_log.scenario.flight)
    flown = Scenario.load(contact_folder / "scenario.toml")
    assert flown.document == contact_log.scenario.document


@pytest.mark.parametrize("with_telemetry", [True, False])
def test_the_core_behind_the_python_seam_flies_the_same(contact_log: Log, with_telemetry: bool) -> None:
    short = ["scenario.max_duration_s=30.0"]
    log = fly("iss-contact", seed=1, overrides=short, flight=Core(contact_log.params[0], with_telemetry))
    rows = len(log.truth)
    assert rows == 300
    assert log.command.tobytes() == contact_log.command[:rows].tobytes()
    assert log.truth.tobytes() == contact_log.truth[:rows].tobytes()
    if with_telemetry:
        assert log.telemetry.tobytes() == contact_log.telemetry[:rows].tobytes()


def test_recorded_sensors_drive_the_core_to_the_recorded_answer(contact_log: Log) -> None:
    core = flight.Flight(contact_log.params[0])
    for i in range(400):
        command, telemetry = core.step(contact_log.sensors[i])
        assert command == contact_log.command[i]
        assert telemetry.tobytes() == contact_log.telemetry[i].tobytes()


def test_a_users_own_flight_computer_is_judged_like_the_core() -> None:
    idle = Idle()
    log = fly("iss-contact", seed=1, flight=idle, overrides=["scenario.max_duration_s=60.0"])
    assert idle.seen == list(range(600))
    assert log.verdict == "FAIL" and log.ended == "time is up" and log.contact is None
    assert log.delta_v_mps["total"] == 0.0
    assert not log.command["thruster_on_us"].any()


@pytest.mark.parametrize(
    "bad", [np.zeros(40), [-1.0], [2.0**33], np.zeros((2, 2)), 3.0, None, ["a"], [[1, 2], [3]], [np.nan]]
)
def test_a_command_that_is_none_is_refused(bad: Any) -> None:
    class Broken:
        def step(self, sensors: np.void) -> Any:
            return bad

    broken: FlightComputer = Broken()
    log = fly("iss-contact", flight=broken, overrides=["scenario.max_duration_s=1.0"])
    assert log.verdict == "ERROR" and len(log.truth) == 0
    assert str(log.error).startswith("command at 0.0 s: expected a gnc.flight.COMMAND record or up to 32 on-times")


def test_an_aborted_run_ends_in_retreat_or_hold_without_contact() -> None:
    blind = 'fault=[{instrument="camera",kind="dropout",start_s=60.0}]'
    log = fly("iss-contact", seed=1, overrides=[blind, "scenario.max_duration_s=4000.0"])
    assert log.verdict == "FAIL" and log.contact is None
    assert (log.ended, log.ending) == ("aborted", "aborted: camera")
    assert flight.Reason(int(log.telemetry["abort_reason"][-1])) == flight.Reason.CAMERA


def test_where_an_aborted_run_ends_does_not_depend_on_who_looks_on_or_flies() -> None:
    blind = 'fault=[{instrument="camera",kind="dropout",start_s=60.0}]'
    overrides = [blind, "scenario.max_duration_s=4000.0"]
    alone = fly("iss-contact", seed=1, overrides=overrides)
    watched = fly("iss-contact", seed=1, overrides=overrides, progress=lambda t_s: None)
    from_python = fly("iss-contact", seed=1, overrides=overrides, flight=Core(alone.params[0]))
    for log in (watched, from_python):
        assert (log.ended, log.digest) == ("aborted", alone.digest)
    last_phase = np.flatnonzero(alone.telemetry["phase"] != alone.telemetry["phase"][-1])[-1] + 1
    first_look = -(-(last_phase + 1) // 100) * 100  # every 10 s
    assert len(alone.telemetry) == first_look + 6000


def test_a_run_in_used_memory_is_the_same_to_the_last_byte(contact_log: Log) -> None:
    frames = Chunk(round(contact_log.scenario.scenario.max_duration_s / 0.1))
    for name in ("sensors", "command", "telemetry", "truth"):
        getattr(frames, name).view(np.uint8)[:] = 0xA5
    again = fly("iss-contact", seed=1, frames=frames)
    for name in ("sensors", "command", "telemetry", "truth"):
        assert getattr(again, name).tobytes() == getattr(contact_log, name).tobytes(), name
        assert np.shares_memory(getattr(again, name), getattr(frames, name))
    with pytest.raises(ValueError, match=r"frames has 10 rows: expected \d+ for iss-contact"):
        fly("iss-contact", frames=Chunk(10))


def test_progress_is_reported_in_simulated_time() -> None:
    seen: list[float] = []
    fly("iss-contact", overrides=["scenario.max_duration_s=35.0"], progress=seen.append)
    assert seen == pytest.approx([10.0, 20.0, 30.0, 35.0], rel=1e-9, abs=0.0)


def test_summary_is_plain_json(contact_log: Log) -> None:
    import json

    summary = json.loads(json.dumps(contact_log.summary(), allow_nan=False))
    assert {"verdict", "requirements", "contact", "delta_v_mps", "propellant_kg", "duration_s", "realtime_factor",
            "digest", "seed", "versions"} <= set(summary)  # fmt: skip
    assert set(summary["requirements"][0]) >= {"name", "figure", "limit", "margin", "passed"}


def test_exception_in_flight_leaves_a_readable_incomplete_log(tmp_path: Path) -> None:
    class Fails(Idle):
        def step(self, sensors: np.void) -> Any:
            if sensors["tick"] == 250:
                raise KeyboardInterrupt
            return super().step(sensors)

    with pytest.raises(KeyboardInterrupt):
        fly("iss-contact", flight=Fails(), out=tmp_path / "out")
    log = Log.open(tmp_path / "out")
    assert log.verdict == "ERROR" and "cut short" in str(log.error)
    assert len(log.truth) == 250


def test_parameters_that_the_core_refuses_are_a_scenario_error_before_anything_is_written(tmp_path: Path) -> None:
    shorter_than_the_rise = ["effector.thrusters.min_on_s=0.005"]
    with pytest.raises(ScenarioError, match=r"^iss-contact\.toml: flight parameter thruster_min_on_s = \[0\.005 "):
        fly("iss-contact", overrides=shorter_than_the_rise, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_gates_are_where_a_phase_ended(contact_log: Log) -> None:
    phases = contact_log.scenario.flight.phases
    assert list(contact_log.gates()) == ["s4"], "the final approach ended in contact, and docked has not ended"
    last = np.flatnonzero(contact_log.telemetry["phase"] == phases.index("s4"))[-1]
    truth = contact_log.truth[last]
    assert contact_log.gates()["s4"] == [*truth["r_chaser_target_hill_m"], *truth["v_chaser_target_hill_mps"]]
    assert replace(contact_log, telemetry=np.zeros_like(contact_log.telemetry)).gates() == {}


# ---- truth that went wrong ----------------------------------------------------------------------


@pytest.mark.parametrize("software", [None, Idle()])
@pytest.mark.parametrize("rate_deg_s", [150.0, 1e200])
def test_a_craft_that_spins_beyond_the_integrator_is_an_error(
    monkeypatch: pytest.MonkeyPatch, software: Any, rate_deg_s: float
) -> None:
    """Its position stays a number for long, its attitude is one no more after a cycle."""

    def spun(*arguments: Any) -> Any:
        run = prepare(*arguments)
        chaser = run.plant.state("chaser")
        rate = (0.0, 0.0, rate_deg_s * np.pi / 180.0)
        run.plant.set_chaser(chaser["r_eci_m"], chaser["v_eci_mps"], chaser["q_body_from_eci"], rate)
        return run

    monkeypatch.setattr("hil.run.prepare", spun)
    log = fly("iss-contact", flight=software)
    assert log.verdict == "ERROR" and log.requirements == () and len(log.truth) == 1
    assert log.error is not None and "turns" in log.error and "the plant integrates up to 0.2 rad" in log.error


def test_every_value_of_the_truth_is_looked_at_in_every_cycle() -> None:
    """A value that is not finite, in any field of any row, ends the stretch there."""
    run = prepare(Scenario.load("iss-contact"), 1)
    for name in TRUTH.names:
        if TRUTH[name].base.kind != "f":
            continue
        for bad in (np.nan, np.inf, -np.inf):
            loop = Loop(run.plant, run.instruments, 0.1)
            chunk = Chunk(2)
            loop.sense(chunk, 0)
            loop.act(chunk, 0)
            assert not loop.lost
            value = np.atleast_1d(chunk.truth[name][0])
            value[-1] = bad
            chunk.truth[name][0] = value if TRUTH[name].shape else bad
            loop.act(chunk, 0)
            assert loop.lost, (name, bad)


def test_leaving_the_density_table_in_flight_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An Earth too light for the orbit, which preparation would refuse: both craft climb out of the table."""
    monkeypatch.setattr(prepare_module, "outside", lambda environment, asked: {})
    light = ["central_body.mu_m3ps2=3.7e14", "scenario.max_duration_s=900.0"]
    log = fly("iss-contact", overrides=light, flight=Idle())
    assert log.verdict == "ERROR" and log.ended == "error" and log.requirements == ()
    assert log.error is not None
    at = r"the (cargo|iss) at \d+\.\d s leaves the range of a model at a height of 500\.\d+ km: "
    assert re.fullmatch(at + "density, 300 to 500 km", log.error)
    assert 60.0 < log.duration_s < 900.0


def test_models_flown_beyond_their_range_are_said(tmp_path: Path) -> None:
    beyond = [
        "vehicle.cargo.orbit.distance_m=60000.0",
        "plant.beyond_validity=['rgnss']",
        "scenario.max_duration_s=2.0",
    ]
    log = fly("iss-contact", overrides=beyond, out=tmp_path)
    (line,) = log.beyond_validity
    assert line.startswith("rgnss: distance 60.0")
    assert log.summary()["beyond_validity"] == [line]
    assert Log.open(tmp_path).beyond_validity == (line,)
    assert f"Beyond the range of a model: {line}." in html.unescape(render(log))
    assert fly("iss-contact", overrides=["scenario.max_duration_s=1.0"]).summary()["beyond_validity"] == []


class Spinning:
    """Keeps one thruster open that is off the centre of mass."""

    def step(self, sensors: np.void) -> np.ndarray:
        on_us = np.zeros(flight.N_THRUSTERS, np.uint32)
        on_us[12] = 100_000
        return on_us


def test_a_craft_that_the_plant_cannot_follow_is_uncontrolled() -> None:
    log = fly("iss-contact", flight=lambda params: Spinning())
    assert (log.verdict, log.exit_status) == ("ERROR", 3) and "turns" in str(log.error)
    assert log.outcome is not None and log.outcome.outcome == "UNCONTROLLED" and log.error in log.outcome.reasons
