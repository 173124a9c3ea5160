"""`python -m benchmarks.campaign_scaling`: runs per second of a campaign on one thread, two threads and two processes.

Each is flown in turn, round by round. The rate is that of the cases after the first of each worker, so that neither
the start of a process nor the first touch of its memory counts. Beside the rate by the clock stands the one that
quiet processors would give: what the kernel says each worker waited for a processor (schedstat) is taken out, what
it waited for a lock or for the disk is not.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from benchmarks.timing import Spread, ratio, spent
from hil.campaign import Keep, campaign

NAME, SEED, RUNS = "iss-vbar", 1, 24
NOTHING_KEPT = Keep(failed=0, worst=0, sampled=0)
WAYS: dict[str, tuple[int, Literal["threads", "processes"]]] = {
    "1 thread": (1, "threads"),
    "2 threads": (2, "threads"),
    "2 processes": (2, "processes"),
}


class _Watch:
    """Notes, as each case comes back, when that was and how long each worker has run and waited for a processor."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.waited: list[dict[str, tuple[int, int]]] = []

    def __call__(self, done: int, failures: int, runs: int) -> None:
        self.moments.append(perf_counter())
        self.waited.append(_schedstat())

    def rates(self, jobs: int) -> tuple[float, float]:
        """Cases a second after the first of each worker: by the clock, and on processors that nobody else wanted."""
        first, last = jobs - 1, len(self.moments) - 1
        cases, elapsed = last - first, self.moments[last] - self.moments[first]
        before, after = self.waited[first], self.waited[last]
        spans = {worker: after[worker][0] - before.get(worker, (0, 0))[0] for worker in after}
        workers = sorted(spans, key=lambda worker: -spans[worker])[:jobs]  # the others keep the journal
        waits = [1e-9 * (after[worker][1] - before.get(worker, (0, 0))[1]) for worker in workers]
        return cases / elapsed, cases / (elapsed - sum(waits) / jobs)


def _schedstat() -> dict[str, tuple[int, int]]:
    """Of every thread of this process and of its children: nanoseconds run, and waited for a processor."""
    own = Path("/proc/self/task")
    tasks = list(own.iterdir())
    for task in list(tasks):
        for child in (task / "children").read_text().split():
            tasks.extend(Path("/proc", child, "task").iterdir())
    found = {}
    for task in tasks:
        try:
            ran, waited, _ = (task / "schedstat").read_text().split()
        except FileNotFoundError:  # it has just ended
            continue
        found[task.name] = (int(ran), int(waited))
    return found


def measure(rounds: int, runs: int = RUNS) -> dict[str, Any]:
    """Flies the campaign in every way `rounds` times, in turning order."""
    names = list(WAYS)
    clock: dict[str, list[float]] = {name: [] for name in names}
    quiet: dict[str, list[float]] = {name: [] for name in names}
    others, digests = [], set()
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            jobs, pool = WAYS[name]
            watch = _Watch()
            with tempfile.TemporaryDirectory() as folder:
                fly = partial(
                    campaign, NAME, runs, SEED, jobs=jobs, pool=pool, out=Path(folder, "c"), keep=NOTHING_KEPT
                )
                cost, flown = spent(partial(fly, progress=watch))
            by_clock, on_quiet = watch.rates(jobs)
            clock[name].append(by_clock)
            quiet[name].append(on_quiet)
            others.append(cost.others_cores)
            digests.add(flown.digest)
    if len(digests) != 1:
        raise AssertionError(f"the same campaign came out with {len(digests)} digests: {digests}")
    rows = [
        {
            "name": name,
            "runs_per_s": dataclasses.asdict(Spread.of(clock[name])),
            "times": dataclasses.asdict(ratio(clock[name], clock["1 thread"])),
            "quiet_runs_per_s": dataclasses.asdict(Spread.of(quiet[name])),
            "quiet_times": dataclasses.asdict(ratio(quiet[name], quiet["1 thread"])),
        }
        for name in names
    ]
    return {
        "scenario": NAME,
        "runs": runs,
        "rounds": rounds,
        "cores": len(os.sched_getaffinity(0)),
        "others_cores": Spread.of(others).median,
        "rows": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign_scaling", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the race (default 5, at least 2)")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"cases of each campaign (default {RUNS}, at least 4)")
    options = parser.parse_args()
    if options.rounds < 2 or options.runs < 4:
        parser.error("expected at least 2 rounds and 4 cases")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two workers need two processors")
    from benchmarks.tables import tables

    print(tables({"scaling": measure(options.rounds, options.runs)}))


if __name__ == "__main__":
    main()
