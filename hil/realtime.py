"""Real-time pacing: when each cycle starts, whether its answer arrived in time, and the resulting statistics.

Cycle k is due at t0 + k T on the monotonic clock, and its command must arrive before the next cycle is due. A later
command is never applied: all valves stay shut in that cycle, and it is counted as a miss.
"""

from __future__ import annotations

import gc
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from hil.pacing import MonotonicClock, lock_memory, unlock_memory

Overrun = Literal["count", "catchup", "abort"]
FIFO_PRIORITY = 50
# 1-2-5 steps from 1 us to 10 s
EDGES_US = (*(m * 10**k for k in range(7) for m in (1, 2, 5)), 10_000_000)


class Clock(Protocol):
    """A clock: `hil.pacing.MonotonicClock`, or one of a test."""

    def now_ns(self) -> int:
        """Time now."""

    def sleep_until_ns(self, t_ns: int) -> None:
        """Returns at or after an absolute time."""


class Pacer:
    """The schedule of one run and its timing record.

    Args:
        cycle_s: control cycle (s).
        cycles_max: cycles of the longest run.
        overrun: what happens after a missed deadline, besides shutting the valves for that cycle. "count": shift the
            schedule to the late answer, so one delay is one miss and the run takes longer. "catchup": keep the
            schedule; cycles that are already due follow immediately, and each whose deadline has passed is a miss.
            "abort": end the run with verdict ERROR.
        grace_s: misses within this time of the start do not abort the run and are not recovered, because the first
            cycles of a flight computer are its slowest. They are counted separately.
        clock: the clock.

    Raises ValueError for an unknown policy or an invalid grace period.
    """

    def __init__(
        self,
        cycle_s: float,
        cycles_max: int,
        overrun: Overrun = "count",
        grace_s: float = 1.0,
        clock: Clock | None = None,
    ):
        if overrun not in get_args(Overrun):
            raise ValueError(f"overrun {overrun!r}: expected one of {', '.join(get_args(Overrun))}")
        if not 0.0 <= grace_s < 1.0e6:
            raise ValueError(f"grace_s = {grace_s}: expected 0 to 1e6 s")
        self.overrun, self.grace_s, self.clock = overrun, grace_s, clock or MonotonicClock()
        self.misses: list[dict[str, Any]] = []
        self._cycle_ns = int(cycle_s * 1.0e9 + 0.5)
        self._grace_ns = int(grace_s * 1.0e9 + 0.5)
        self._wake_ns = np.zeros(cycles_max, np.int64)
        self._response_ns = np.zeros(cycles_max, np.int64)
        self._cycle = self._slept = 0
        self._due_ns = self._start_ns = self._slipped_ns = 0
        self._behind = self._missed = False

    @property
    def aborted(self) -> bool:
        """True after a miss has ended the run."""
        return self.overrun == "abort" and self._missed and not self.misses[-1]["in_grace"]

    def wait(self) -> None:
        """Returns when the next cycle starts."""
        now_ns = self.clock.now_ns()
        if self._cycle == 0:
            self._due_ns = now_ns
        else:
            self._due_ns += self._cycle_ns
            if self._missed and now_ns > self._due_ns and (self.overrun != "catchup" or self.misses[-1]["in_grace"]):
                self._slipped_ns += now_ns - self._due_ns
                self._due_ns = now_ns
        self._behind = now_ns > self._due_ns
        if now_ns < self._due_ns:
            self.clock.sleep_until_ns(self._due_ns)
            self._wake_ns[self._slept] = self.clock.now_ns() - self._due_ns
            self._slept += 1
        self._start_ns = self.clock.now_ns()

    def answered(self, tick: int) -> bool:
        """Records the arrival of this cycle's command; False if it is too late to be applied."""
        now_ns = self.clock.now_ns()
        response_ns, late_ns = now_ns - self._start_ns, now_ns - self._due_ns - self._cycle_ns
        self._response_ns[self._cycle] = response_ns
        self._missed = late_ns > 0
        if self._missed:
            slow = response_ns > self._cycle_ns
            self.misses.append({
                "tick": tick,
                "late_us": late_ns / 1000,
                "response_us": response_ns / 1000,
                "start_late_us": (self._start_ns - self._due_ns) / 1000,
                "cause": "flight computer" if slow else "backlog" if self._behind else "host",
                "in_grace": self._cycle * self._cycle_ns < self._grace_ns,
            })  # fmt: skip
        self._cycle += 1
        return not self._missed

    def summary(self, settings: dict[str, str]) -> dict[str, Any]:
        """Plain values for the log.

        `misses` lists tick, lateness, response time and late start (us) and the cause of each: the
        flight computer took longer than a cycle, the backlog of an earlier miss, or the host, which
        started the cycle late. `slipped_s`: total shift of the schedule. settings: of the process.
        """
        in_grace = sum(miss["in_grace"] for miss in self.misses)
        return {
            "overrun": self.overrun,
            "grace_s": self.grace_s,
            "cycles": self._cycle,
            "missed": len(self.misses) - in_grace,
            "missed_in_grace": in_grace,
            "misses": self.misses,
            "slipped_s": self._slipped_ns * 1.0e-9,
            "settings": settings,
            "wake_us": latencies(self._wake_ns[: self._slept]),
            "response_us": latencies(self._response_ns[: self._cycle]),
        }


def latencies(samples_ns: NDArray[np.int64]) -> dict[str, Any]:
    """Count, minimum, median, 99th and 99.9th percentile and maximum of latencies (us), and their histogram.

    `counts[k]` samples lie from `edges_us[k]` to `edges_us[k + 1]`; the first bin includes smaller
    values, the last one larger values.
    """
    us = np.sort(samples_ns) / 1000.0
    found: dict[str, Any] = {"count": len(us)}
    for name, share in (("min", 0.0), ("median", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)):
        # nearest rank: an observed value
        found[name] = float(us[max(0, int(np.ceil(share * len(us))) - 1)]) if len(us) else None
    inside = np.clip(us, EDGES_US[0], np.nextafter(EDGES_US[-1], 0.0))
    return found | {"edges_us": list(EDGES_US), "counts": np.histogram(inside, EDGES_US)[0].tolist()}


@contextmanager
def realtime_process() -> Iterator[dict[str, str]]:
    """Requests real-time settings of the system for the duration of the block.

    SCHED_FIFO for this thread (not for what it starts), all memory locked, existing objects
    excluded from garbage collection. Yields what was granted, and the reason for what was not.
    """
    settings = {"kernel": platform.platform(), "clock": "CLOCK_MONOTONIC, absolute"}
    before = None
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(FIFO_PRIORITY))
        settings["scheduler"] = f"SCHED_FIFO, priority {FIFO_PRIORITY}"
    except (OSError, AttributeError) as error:
        before = None
        settings["scheduler"] = (
            f"as found; SCHED_FIFO refused: {getattr(error, 'strerror', None) or 'not on this system'}"
        )
    try:
        lock_memory()
        settings["memory"] = "locked"
    except OSError as error:
        settings["memory"] = f"not locked: {error.strerror}"
    gc.collect()
    gc.freeze()
    settings["garbage collection"] = "existing objects frozen"
    try:
        yield settings
    finally:
        gc.unfreeze()
        unlock_memory()
        if before is not None:
            try:
                os.sched_setscheduler(0, *before)
            except PermissionError:  # a process that may only raise its priority cannot clear the flag again
                os.sched_setscheduler(0, before[0] | os.SCHED_RESET_ON_FORK, before[1])
