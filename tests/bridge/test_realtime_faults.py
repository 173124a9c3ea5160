"""Late frames in real time: counted, never applied to a later cycle, and the vehicle stays safe.

The clock of the harness runs FASTER times as fast as the system's, and so does the whole flight: a cycle of 100 ms
takes 5 ms. The cable's delays are those of the system's clock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from firmware_bridge.computers import BoardComputer, open_computer
from hil import Log, Scenario, fly
from hil.pacing import MonotonicClock
from hil.replay import replay
from tests.bridge import here

FASTER = 20
DELAYS = {"delay": 0.006, "delay_s": 0.6}  # at 10 Hz; six cycles and longer than the host waits before it asks again
CABLES: dict[str, dict[str, float]] = {
    "delays": DELAYS,
    "drops": {"drop": 0.004},
    "babble": {"babble": 0.02},
    "all of them": {**DELAYS, "drop": 0.002, "babble": 0.01, "duplicate": 0.01, "truncate": 0.001, "bit_error": 1.0e-7},
}


class FasterClock(MonotonicClock):
    """Time that passes `faster` times as fast."""

    def __init__(self, faster: int):
        self.faster = faster

    def now_ns(self) -> int:
        return self.faster * super().now_ns()

    def sleep_until_ns(self, t_ns: int) -> None:
        super().sleep_until_ns(-(-t_ns // self.faster))


def flown(cable: str, seed: int, overrun: Any, faster: int) -> Log:
    """Flies the Linux board in real time through a cable that holds frames up, loses and spoils them."""
    here.need("linux")
    faults = CABLES[cable] | ({"delay_s": CABLES[cable]["delay_s"] / faster} if "delay_s" in CABLES[cable] else {})
    scenario = Scenario.load("iss-contact", [f"link_faults.{name}={rate!r}" for name, rate in faults.items()])
    with open_computer("linux", link_faults=scenario.link_faults, seed=seed) as computer:
        loaded = Loaded(computer)
        log = fly(scenario, seed, flight=loaded, mode="realtime", overrun=overrun, clock=FasterClock(faster))
    assert log.computer is not None
    log.computer["injected"] = loaded.since(log.computer["cable"])
    return log


class Loaded:
    """A computer that remembers what its cable had injected when the flight began: what is lost of the loading of
    parameters is asked for again as well, and is no cycle's."""

    def __init__(self, computer: BoardComputer):
        self._computer = computer
        self._before: dict[str, dict[str, int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._computer, name)

    def start(self, params: np.void) -> None:
        self._computer.start(params)
        self._before = self._computer.describe()["cable"]

    def since(self, counts: dict[str, dict[str, int]]) -> list[dict[str, int]]:
        return [
            {kind: n - self._before[way].get(kind, 0) for kind, n in kinds.items()} for way, kinds in counts.items()
        ]


# Longer than any fault of these cables shuts the valves in a row. At FASTER times the speed a host that is busy
# elsewhere for 0.15 s does so too, and a final approach without thrust for many seconds is nothing flight can save.
OUTAGE_CYCLES = 30


def longest_outage(log: Log) -> int:
    """The most cycles in a row that flew with every valve shut because their commands were late."""
    assert log.realtime is not None
    late = np.zeros(len(log.sensors) + 1, int)
    late[[miss["tick"] for miss in log.realtime["misses"]]] = 1
    kept = np.flatnonzero(late == 0)
    return int(np.diff(kept, prepend=-1).max()) - 1


def assert_safe(log: Log) -> None:
    """Docked inside the limits, held or retreated; never collided, too fast or where it must not be."""
    if (outage := longest_outage(log)) > OUTAGE_CYCLES:
        print(f"safety not judged: the host kept {outage} cycles in a row from their commands")
        return
    found = {requirement.name: requirement for requirement in log.requirements}
    assert found["keep_out_sphere"].passed is not False and found["closing_rate"].passed
    if log.contact is None:
        assert log.ended in ("aborted", "final phase held", "time is up")
        return
    outside = [
        name for name, requirement in found.items() if name.startswith("contact_") and requirement.passed is False
    ]
    assert outside == []
    assert log.realtime is not None
    missed = {miss["tick"] for miss in log.realtime["misses"]}
    touched = int(log.contact["t_s"] / 0.1)
    # the mechanism is armed by the command: it cannot capture in a cycle whose command came late
    assert log.contact["captured"] or missed & {touched - 1, touched, touched + 1}


def assert_late_frames_are_counted_and_not_applied(log: Log) -> None:
    kept, computer = log.realtime, log.computer
    assert kept is not None and computer is not None
    injected = computer["injected"]
    lost = sum(way.get(kind, 0) for way in injected for kind in ("drop", "truncate"))
    held_up = sum(way.get("delay", 0) for way in injected)
    assert kept["cycles"] == len(log.sensors)
    assert len(kept["misses"]) == kept["missed"] + kept["missed_in_grace"]
    # each frame held up, and each asked for again, came after its cycle; those of the end may not have been needed
    assert len(kept["misses"]) >= 0.5 * (lost + held_up)
    assert computer["link"]["resends"] >= lost > 0 or lost == 0
    if held_up:  # what was sent twice is answered twice: the second answer comes in a later cycle
        assert computer["link"]["late_answers"] > 0
    found = replay(log)
    assert found.equal and found.missed == len(kept["misses"])
    assert (log.command["tick"] == log.sensors["tick"]).all()
    for miss in kept["misses"]:
        assert not log.command["thruster_on_us"][miss["tick"]].any()


@pytest.mark.parametrize(("seed", "overrun"), [(1, "catchup"), (2, "count")])
def test_a_flight_through_a_bad_cable_in_real_time_is_safe(seed: int, overrun: Any) -> None:
    log = flown("all of them", seed, overrun, FASTER)
    assert_late_frames_are_counted_and_not_applied(log)
    assert_safe(log)
    assert log.computer is not None and log.realtime is not None
    print(log.verdict, log.ended, log.realtime["missed"], log.computer["cable"], log.computer["link"])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("cable", CABLES)
def test_flights_through_bad_cables_in_real_time_are_safe(cable: str, seed: int) -> None:
    log = flown(cable, seed, ("catchup", "count")[seed % 2], FASTER)
    assert_late_frames_are_counted_and_not_applied(log)
    assert_safe(log)


@pytest.mark.long
def test_a_flight_through_a_bad_cable_at_ten_hertz_is_safe() -> None:
    log = flown("all of them", 1, "catchup", 1)
    assert_late_frames_are_counted_and_not_applied(log)
    assert_safe(log)
