"""Real-time pacing: which cycles miss their deadline, what each policy makes of it, what is recorded.

Misses are made by a clock that only moves when it is told to, so that every figure is exact; the
system's own clock is asserted loosely.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import Log, fly
from hil.pacing import MonotonicClock
from hil.realtime import Pacer, latencies, realtime_process
from hil.replay import replay
from hil.report import figures, render

MS = 1_000_000
SHORT = ["scenario.max_duration_s=30.0"]


class FakeClock:
    """Time passes in sleep, by `late_ns` more at the sleeps of `stalls`, and when somebody spends it."""

    def __init__(self, stalls: dict[int, int] | None = None):
        self.t_ns, self.sleeps, self.stalls = 7_000 * MS, 0, stalls or {}

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until_ns(self, t_ns: int) -> None:
        assert t_ns > self.t_ns, "slept although the time had come"
        self.t_ns = t_ns + self.stalls.get(self.sleeps, 0)
        self.sleeps += 1


class Late:
    """The flight core, which takes 3 ms a cycle and longer at given ticks (ms)."""

    def __init__(self, params: np.void, clock: FakeClock, late_ms: dict[int, int]):
        self.core, self.clock, self.late_ms = flight.Flight(params), clock, late_ms

    def step(self, sensors: np.void) -> Any:
        self.clock.t_ns += self.late_ms.get(int(sensors["tick"]), 3) * MS
        return self.core.step(sensors)


def flown(log: Log, late_ms: dict[int, int], stalls: dict[int, int] | None = None, **options: Any) -> Log:
    clock = FakeClock(stalls)
    computer = Late(log.params[0], clock, late_ms)
    return fly("iss-contact", overrides=SHORT, flight=computer, mode="realtime", clock=clock, **options)


def ticks(log: Log) -> list[int]:
    assert log.realtime is not None
    return [miss["tick"] for miss in log.realtime["misses"]]


@pytest.mark.parametrize("overrun", ["count", "catchup", "abort"])
def test_on_time_is_the_same_flight_as_lockstep(contact_log: Log, overrun: Any) -> None:
    log = flown(contact_log, {}, overrun=overrun)
    assert log.telemetry.tobytes() == contact_log.telemetry[:300].tobytes()
    assert log.truth.tobytes() == contact_log.truth[:300].tobytes()
    assert log.realtime is not None and contact_log.realtime is None
    assert (log.realtime["missed"], log.realtime["cycles"], log.realtime["slipped_s"]) == (0, 300, 0.0)
    assert log.realtime["response_us"]["median"] == log.realtime["response_us"]["max"] == 3000.0
    assert log.realtime["wake_us"]["max"] == 0.0 and log.realtime["wake_us"]["count"] == 299


def test_count_makes_one_delay_one_miss_and_puts_the_schedule_back(contact_log: Log) -> None:
    log = flown(contact_log, {40: 350, 90: 101, 150: 100})
    assert ticks(log) == [40, 90]
    assert log.realtime is not None
    assert log.realtime["misses"][0] == {
        "tick": 40, "late_us": 250_000.0, "response_us": 350_000.0, "start_late_us": 0.0,
        "cause": "flight computer", "in_grace": False,
    }  # fmt: skip
    assert log.realtime["slipped_s"] == pytest.approx(0.251, rel=1e-9, abs=0.0)


def test_catchup_keeps_the_schedule_and_counts_each_deadline_passed(contact_log: Log) -> None:
    log = flown(contact_log, {40: 350}, overrun="catchup")
    assert log.realtime is not None and log.realtime["slipped_s"] == 0.0
    assert [(m["tick"], m["late_us"] / 1000, m["cause"]) for m in log.realtime["misses"]] == [
        (40, 250.0, "flight computer"), (41, 153.0, "backlog"), (42, 56.0, "backlog"),
    ]  # fmt: skip
    # due at 4.3 s, answered at 4.359 s; the schedule is met again from the next on
    assert log.realtime["wake_us"]["count"] == 299 - 3


def test_a_host_that_wakes_late_is_blamed_itself(contact_log: Log) -> None:
    log = flown(contact_log, {}, stalls={59: 98 * MS, 99: 90 * MS})
    assert log.realtime is not None
    (miss,) = log.realtime["misses"]
    assert (miss["tick"], miss["cause"], miss["late_us"], miss["start_late_us"]) == (60, "host", 1000.0, 98_000.0)
    assert log.realtime["wake_us"]["max"] == 98_000.0


def test_a_missed_cycle_flies_with_every_valve_shut_and_the_vehicle_stays_safe(contact_log: Log) -> None:
    firing = [
        int(tick) for tick in np.flatnonzero(contact_log.command["thruster_on_us"][:290].any(axis=1)) if tick > 10
    ]
    late = dict.fromkeys(firing[:2], 130)
    log = flown(contact_log, late)
    assert ticks(log) == firing[:2]
    for tick in firing[:2]:
        assert not log.command["thruster_on_us"][tick].any() and log.command["mechanism"][tick] == 0
        assert log.command["tick"][tick] == tick and log.command["t_us"][tick] == log.sensors["t_us"][tick]
        assert log.truth["propellant_kg"][tick + 1] == log.truth["propellant_kg"][tick]
        assert log.telemetry["tick"][tick] == tick
    assert log.telemetry.tobytes() != contact_log.telemetry[:300].tobytes()
    found = replay(log)
    assert found.equal and found.missed == 2


def in_bursts(seed: int, cycles: int, on: float, off: float) -> list[int]:
    """Ticks in bursts of `on` cycles, `off` between them, on average."""
    rng, found, at = np.random.default_rng(seed), list[int](), 0
    while at < cycles:
        at += int(rng.geometric(1.0 / off))
        found += range(at, at + (burst := int(rng.geometric(1.0 / on))))
        at += burst
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize(("on", "off"), [(1.0, 1.0), (10.0, 10.0 * 0.3 / 0.7)], ids=["every second", "seven in ten"])
def test_a_final_approach_keeps_its_limits_with_many_late_commands(seed: int, on: float, off: float) -> None:
    clock = FakeClock()
    late = dict.fromkeys(in_bursts(seed, 20_000, on, off), 101)
    log = fly("iss-contact", seed, flight=lambda params: Late(params, clock, late), mode="realtime", clock=clock)
    assert log.realtime is not None and log.realtime["missed"] > 0.45 * len(log.sensors)
    met = {requirement.name: requirement.passed is not False for requirement in log.requirements}
    assert log.contact is not None and all(met.values()), met


def test_abort_ends_in_error_at_the_tick_and_leaves_a_whole_log(
    contact_log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "everything", lambda log: {})
    log = flown(contact_log, {40: 350}, overrun="abort", out=tmp_path / "out")
    assert (log.verdict, log.ended) == ("ERROR", "error")
    assert log.error == "deadline of tick 40 missed by 250.000 ms (flight computer): aborted"
    back = Log.open(tmp_path / "out")
    assert len(back.telemetry) == 41 and back.summary() == log.summary()
    assert "deadline of tick 40" in render(back)


@pytest.mark.parametrize("overrun", ["abort", "catchup"])
def test_misses_in_the_start_up_grace_are_counted_apart_and_forgiven(contact_log: Log, overrun: Any) -> None:
    log = flown(contact_log, {0: 900, 9: 200}, overrun=overrun, grace_s=1.0)
    assert log.realtime is not None and log.verdict != "ERROR"
    assert (log.realtime["missed"], log.realtime["missed_in_grace"]) == (0, 2)
    assert log.realtime["slipped_s"] == pytest.approx(0.8 + 0.1, rel=1e-9, abs=0.0)
    assert flown(contact_log, {9: 200}, overrun="abort", grace_s=0.9).verdict == "ERROR"


def test_report_has_the_section_for_real_time_only(contact_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log = flown(contact_log, {40: 350})
    page = render(log)
    assert "<h2>Real time</h2>" in page and "<h2>Missed deadlines</h2>" in page and "flight computer</td>" in page
    assert "SCHED_" in page and page.count("<svg") == 9
    json.dumps(log.summary(), allow_nan=False)
    monkeypatch.setattr(figures, "everything", lambda log: {})
    assert "<h2>Real time</h2>" not in render(contact_log)
    assert "<h2>Missed deadlines</h2>" not in render(flown(contact_log, {}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "fast"}, "mode 'fast': expected lockstep or realtime"),
        ({"mode": "realtime", "overrun": "skip"}, "overrun 'skip': expected one of count, catchup, abort"),
        ({"mode": "realtime", "grace_s": -1.0}, r"grace_s = -1\.0: expected 0 to"),
        ({"mode": "realtime", "grace_s": float("nan")}, "grace_s = nan: expected 0 to"),
    ],
)
def test_a_mode_or_policy_that_is_none_is_refused(options: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        fly("iss-contact", overrides=SHORT, out=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_latencies_are_figures_that_were_seen() -> None:
    found = latencies(np.arange(1, 1001)[::-1] * 1000)
    assert [found[key] for key in ("count", "min", "median", "p99", "p999", "max")] == [1000, 1, 500, 990, 999, 1000]
    edges, counts = found["edges_us"], found["counts"]
    assert sum(counts) == 1000 and counts[edges.index(100)] == 100 and counts[edges.index(1000)] == 1
    beyond = latencies(np.array([0, 60_000_000_000]))
    assert beyond["counts"][0] == beyond["counts"][-1] == 1
    assert latencies(np.zeros(0, np.int64))["median"] is None


# ---- the system's own clock ---------------------------------------------------------------------


def test_sleep_is_until_an_absolute_time_and_never_short() -> None:
    clock = MonotonicClock()
    start = clock.now_ns()
    for k in range(1, 51):
        clock.sleep_until_ns(start + 2 * MS * k)
        assert clock.now_ns() >= start + 2 * MS * k
    clock.sleep_until_ns(start)
    with pytest.raises(ValueError, match="expected 0 or more"):
        clock.sleep_until_ns(-1)


def test_a_signal_neither_shortens_a_sleep_nor_is_lost() -> None:
    seen: list[int] = []
    clock = MonotonicClock()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        start = clock.now_ns()
        threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        clock.sleep_until_ns(start + 60 * MS)
        assert clock.now_ns() >= start + 60 * MS and seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_the_core_keeps_ten_hertz_with_the_systems_clock() -> None:
    log = fly("iss-contact", overrides=["scenario.max_duration_s=2.0"], mode="realtime")
    kept = log.realtime
    assert kept is not None and kept["cycles"] == 20 and kept["wake_us"]["count"] + kept["missed"] >= 18
    assert kept["wake_us"]["min"] >= 0.0 and kept["wake_us"]["median"] < 20_000.0
    assert kept["response_us"]["median"] < 50_000.0
    assert log.wall_s["flight"] >= 1.9
    assert {"scheduler", "memory", "kernel", "clock"} <= set(kept["settings"])


def test_process_is_as_before_afterwards() -> None:
    before = os.sched_getscheduler(0)
    with realtime_process() as settings:
        granted = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
        assert granted == settings["scheduler"].startswith("SCHED_FIFO,")
    assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == before


def test_what_the_system_refuses_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr("hil.realtime.lock_memory", refuse)
    with realtime_process() as settings:
        assert settings["scheduler"] == "as found; SCHED_FIFO refused: Operation not permitted"
        assert settings["memory"] == "not locked: Operation not permitted"


def test_pacer_measures_from_the_schedule_not_from_the_last_cycle() -> None:
    clock = FakeClock(dict.fromkeys(range(100), 2 * MS))
    pacer = Pacer(0.01, 100, clock=clock)
    start = clock.t_ns
    for tick in range(50):
        pacer.wait()
        clock.t_ns += 5 * MS
        assert pacer.answered(tick)
    assert clock.t_ns == start + 49 * 10 * MS + 2 * MS + 5 * MS
