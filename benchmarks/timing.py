"""Interleaved timing: in every round each contestant runs once, in turning order, on one core."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


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
