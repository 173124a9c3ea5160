"""Interleaved timing: in every round each contestant runs once, in turning order, on one core."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Median and interquartile range of repeated figures."""

    median: float
    q1: float
    q3: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        q1, median, q3 = statistics.quantiles(figures, n=4, method="inclusive")
        return cls(median, q1, q3)

    def text(self, form: str = ".3g") -> str:
        return f"{self.median:{form}} ({self.q1:{form}} … {self.q3:{form}})"


def pin() -> int:
    """Pins this process to the last core it may use, and says which."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


@contextmanager
def on(cores: Iterable[int]) -> Iterator[None]:
    """These cores for a while, then those of before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Spent:
    """What a piece of work cost. `others_cores` is how many cores the rest of the machine kept busy meanwhile."""

    wall_s: float
    cpu_s: float
    others_cores: float


def spent(work: Callable[[], Any]) -> tuple[Spent, Any]:
    """Cost of a piece of work and of every process it starts and waits for, and what it returns."""
    started, before, busy = time.perf_counter(), _processor_s(), _machine_s()
    result = work()
    wall, own = time.perf_counter() - started, _processor_s() - before
    return Spent(wall, own, max(0.0, _machine_s() - busy - own) / wall), result


def _processor_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _machine_s() -> float:
    """Seconds that all processors together have been busy since the system started (proc(5): user, nice, system)."""
    ticks = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def race(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Processor seconds of each contestant in each round, after one round that is not counted.

    On a quiet machine they are the wall clock's; on a busy one they leave out the time others had the core.
    """
    names = list(contestants)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds + 1):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            start = time.process_time()
            contestants[name]()
            elapsed = time.process_time() - start
            if i > 0:
                seconds[name].append(elapsed)
    return seconds


def ratio(slow: list[float], fast: list[float], work: float = 1.0) -> Spread:
    """Spread of slow over fast, taken round by round; `work` is what fast does for one of slow's."""
    return Spread.of([work * s / f for s, f in zip(slow, fast, strict=True)])


def machine(core: int) -> dict[str, str]:
    """What the figures were measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    packages = ", ".join(f"{p} {metadata.version(p)}" for p in ("numpy", "bsk", "filterpy"))
    return {
        "processor": f"{cpu}, {os.cpu_count()} cores, pinned to core {core}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": packages,
        "load average": f"{load} (1, 5, 15 min)",
    }
