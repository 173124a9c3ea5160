"""Boards held to the wall clock: each miss counted and explained, a stop of the board seen as the misses it is.

No test asserts that nothing was late: the host may be busy. What is asserted is that the record is true, held
against a witness with its own readings of the clock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from firmware_bridge.boards import EmulatedBoard
from firmware_bridge.computers import BoardComputer, open_computer
from hil import Log, fly
from hil.pacing import MonotonicClock
from hil.replay import replay
from tests.bridge import here

M7 = here.EMULATED[0]
MS = 1_000_000
CYCLE_NS = 100 * MS
HELD_NS = 350 * MS
FROM_START = "flight.quiet_start_s=0.0"  # thrusters may fire at once
FIRES = 34  # and the command of this tick then does


class Clock(MonotonicClock):
    """The system's clock, and what it was asked to sleep until."""

    def __init__(self) -> None:
        super().__init__()
        self.until_ns: list[int] = []

    def sleep_until_ns(self, t_ns: int) -> None:
        self.until_ns.append(t_ns)
        super().sleep_until_ns(t_ns)


@dataclass
class Witness:
    """A flight computer seen from outside: when each frame went in and when its answer was there."""

    computer: BoardComputer
    clock: Clock
    called_ns: list[int] = field(default_factory=list)
    answered_ns: list[int] = field(default_factory=list)
    # Before which tick, and how long after its frame is due, the board is held still; when that was.
    hold: tuple[int, int] | None = None
    stopped_ns: int = 0
    resumed_ns: int = 0

    def __post_init__(self) -> None:
        self.start, self.describe = self.computer.start, self.computer.describe
        self._helper = threading.Thread(target=self._hold_later)

    def step(self, sensors: np.void) -> Any:
        self.called_ns.append(self.clock.now_ns())
        if self.hold and int(sensors["tick"]) == self.hold[0]:
            if self.hold[1] == 0:  # before the frame is sent
                self._stop()
            self._helper.start()
        answer = self.computer.step(sensors)
        self.answered_ns.append(self.clock.now_ns())
        return answer

    def _stop(self) -> None:
        self.computer.board.pause()
        self.stopped_ns = self.clock.now_ns()

    def _hold_later(self) -> None:
        clock = MonotonicClock()
        assert self.hold is not None
        if self.hold[1] > 0:
            clock.sleep_until_ns(self.called_ns[-1] + self.hold[1])
            self._stop()
        clock.sleep_until_ns(self.stopped_ns + HELD_NS)
        self.resumed_ns = self.clock.now_ns()
        self.computer.board.resume()


def flown(duration_s: float, overrun: Any, hold: tuple[int, int] | None = None) -> tuple[Log, Witness]:
    """Flies the Cortex-M7 at 10 Hz with no grace at the start."""
    here.need(M7)
    clock = Clock()
    with open_computer(M7) as computer:
        assert isinstance(computer.board, EmulatedBoard)
        witness = Witness(computer, clock, hold=hold)
        log = fly("iss-contact", overrides=[FROM_START, f"scenario.max_duration_s={duration_s}"], flight=witness,
                  mode="realtime", overrun=overrun, grace_s=0.0, clock=clock)  # fmt: skip
        if hold:
            witness._helper.join()
    assert_accounted(log, witness)
    return log, witness


def misses(log: Log) -> dict[int, dict[str, Any]]:
    assert log.realtime is not None
    return {miss["tick"]: miss for miss in log.realtime["misses"]}


def assert_accounted(log: Log, witness: Witness) -> None:
    """Every cycle was flown; the figures of every miss agree with each other, its cause, the witness and the log."""
    kept, missed = log.realtime, misses(log)
    assert kept is not None and kept["cycles"] == len(log.sensors) == len(witness.answered_ns)
    assert kept["missed"] == len(kept["misses"]) == len(missed) and kept["missed_in_grace"] == 0
    assert list(missed) == sorted(missed)
    assert kept["response_us"]["count"] == kept["cycles"] == sum(kept["response_us"]["counts"])
    assert kept["wake_us"]["count"] == len(witness.clock.until_ns) == sum(kept["wake_us"]["counts"])
    for tick, miss in missed.items():
        assert miss["late_us"] > 0.0
        assert miss["start_late_us"] + miss["response_us"] - CYCLE_NS / 1000 == pytest.approx(
            miss["late_us"], rel=1e-9, abs=0.0
        )
        if miss["response_us"] > CYCLE_NS / 1000:
            assert miss["cause"] == "flight computer"
        else:
            behind = kept["overrun"] == "catchup" and tick - 1 in missed
            assert miss["cause"] == ("backlog" if behind else "host") and miss["start_late_us"] > 0.0
        took_us = (witness.answered_ns[tick] - witness.called_ns[tick]) / 1000
        assert took_us <= miss["response_us"]
        assert not log.command["thruster_on_us"][tick].any() and log.command["mechanism"][tick] == 0
        if tick + 1 < len(log.truth):  # and no valve opened in truth
            assert log.truth["propellant_kg"][tick + 1] == log.truth["propellant_kg"][tick]
    # what was applied is what the core makes of these frames, cycle by cycle: no answer went to another cycle
    found = replay(log)
    assert found.equal and found.missed == len(missed)


def assert_never_slipped(log: Log, witness: Witness) -> list[int]:
    """The schedule is start + n T to the nanosecond, from the first cycle to the last; returns when each was due."""
    assert log.realtime is not None and log.realtime["slipped_s"] == 0.0
    until_ns = witness.clock.until_ns
    cycles = len(log.sensors)
    assert {(t_ns - until_ns[0]) % CYCLE_NS for t_ns in until_ns} == {0}
    start_ns = until_ns[0] - CYCLE_NS * next(k for k in range(1, cycles) if witness.called_ns[k] >= until_ns[0])
    due_ns = [start_ns + k * CYCLE_NS for k in range(cycles)]
    assert set(until_ns) <= set(due_ns) and until_ns == sorted(set(until_ns))
    assert all(called >= due for called, due in zip(witness.called_ns, due_ns, strict=True))
    if witness.answered_ns[-2] < due_ns[-1] - CYCLE_NS // 2:  # then the last cycle was slept for
        assert until_ns[-1] == due_ns[-1]
    # an answer that came just in time may have been noticed just too late
    assert {k for k in range(cycles) if witness.answered_ns[k] > due_ns[k] + CYCLE_NS} <= set(misses(log))
    return due_ns


@pytest.mark.parametrize("duration_s", [30.0, pytest.param(300.0, marks=pytest.mark.long)])
def test_ten_hertz_on_the_emulated_board_each_miss_counted_and_explained(duration_s: float) -> None:
    log, witness = flown(duration_s, "catchup")
    assert log.realtime is not None and log.realtime["cycles"] == round(10 * duration_s)
    due_ns = assert_never_slipped(log, witness)
    assert due_ns[-1] - due_ns[0] == (round(10 * duration_s) - 1) * CYCLE_NS
    assert log.computer is not None and log.computer["board_link"]["steps"] == log.realtime["cycles"]
    print(f"{duration_s:g} s: {log.realtime['missed']} missed", [*misses(log).values()], log.realtime["response_us"])


@pytest.mark.parametrize("after_ns", [0, 30 * MS, 70 * MS])
def test_a_stop_of_350_ms_is_exactly_the_deadlines_it_covers(after_ns: int) -> None:
    """Held from `after_ns` into the cycle: what had no answer then and fell due before the board went on."""
    at = FIRES - 1
    log, witness = flown(0.1 * at + 1.5, "catchup", hold=(at, after_ns))
    due_ns = assert_never_slipped(log, witness)
    held_ns = witness.resumed_ns - witness.stopped_ns
    assert held_ns >= HELD_NS
    covered = [
        tick for tick, due in enumerate(due_ns)
        if witness.answered_ns[tick] > witness.stopped_ns and due + CYCLE_NS <= witness.resumed_ns
    ]  # fmt: skip
    first = next(k for k, answered_ns in enumerate(witness.answered_ns) if answered_ns > witness.stopped_ns)
    assert covered == list(range(first, first + len(covered))) and first >= at
    # three or four deadlines lie in 350 ms, and the first of them may be that of a cycle already answered
    assert held_ns // CYCLE_NS - 1 <= len(covered) <= held_ns // CYCLE_NS + 1
    # the backlog is worked off at once: those that follow are late only as long as that takes
    recovered = next(k for k in range(first, len(due_ns)) if witness.answered_ns[k] <= due_ns[k] + CYCLE_NS)
    in_backlog = [k for k in range(covered[-1] + 1, recovered) if witness.called_ns[k] > due_ns[k]]
    near = {k for k in misses(log) if first <= k < recovered}
    assert near == {*covered, *in_backlog}
    assert misses(log)[covered[0]]["cause"] == "flight computer"
    print(after_ns / MS, "ms into tick", at, "held", held_ns / MS, "ms, missed", misses(log))


def test_a_stop_of_350_ms_is_one_miss_where_the_schedule_is_put_back() -> None:
    at = FIRES
    software = fly("iss-contact", overrides=[FROM_START, "scenario.max_duration_s=4.0"])
    assert software.command["thruster_on_us"][at].any()
    log, witness = flown(0.1 * at + 1.5, "count", hold=(at, 0))
    missed = misses(log)
    assert missed[at]["cause"] == "flight computer" and missed[at]["late_us"] >= (HELD_NS - CYCLE_NS) / 1000
    took_ns = np.array(witness.answered_ns) - np.array(witness.called_ns)
    for tick in set(missed) - {at}:  # of a busy host's own making
        assert took_ns[tick] > CYCLE_NS // 2 or missed[tick]["cause"] == "host"
    assert log.realtime is not None and log.realtime["slipped_s"] >= missed[at]["late_us"] * 1.0e-6
    assert not log.command["thruster_on_us"][at].any()
    print("missed", missed)
