"""`python -m benchmarks.seeds SCENARIO FIRST LAST`: flies every seed of a range and prints, for each
requirement, how many passed, the worst margin and the spread of its figure. Exit status 1 when a run fails.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from hil import fly


def fly_one(job: tuple[str, int, tuple[str, ...]]) -> dict[str, Any]:
    """Verdict and requirements of one run, small enough to send between processes."""
    name, seed, overrides = job
    from hil import Scenario

    log = fly(Scenario.load(name, overrides), seed=seed)
    return {
        "seed": seed,
        "verdict": log.verdict,
        "digest": log.digest,
        "requirements": [r.as_dict() for r in log.requirements],
    }


def table(runs: list[dict[str, Any]]) -> str:
    """One line a requirement: passed runs, worst margin with its seed, and the spread of the figure."""
    head = f"{'requirement':36s} {'unit':6s} {'passed':>9s} {'worst margin':>13s} {'seed':>6s} {'limit':>10s}"
    lines = [head + f" {'min':>10s} {'mean':>10s} {'max':>10s} {'sigma':>10s}"]
    for k, first in enumerate(runs[0]["requirements"]):
        rows = [run["requirements"][k] for run in runs]
        passed = sum(row["passed"] for row in rows)
        start = f"{first['name']:36s} {first['unit']:6s} {passed:4d}/{len(rows):<4d}"
        measured = [(row["margin"], row["figure"], run["seed"]) for row, run in zip(rows, runs, strict=True)
                    if row["figure"] is not None and row["margin"] is not None]  # fmt: skip
        if not measured:
            lines.append(f"{start} {'none arose':>13s}")
            continue
        margin, _, seed = min(measured)
        figures = np.array([m[1] for m in measured])
        lines.append(
            f"{start} {margin:13.4g} {seed:6d} {first['limit']:10.4g} {figures.min():10.4g} {figures.mean():10.4g}"
            f" {figures.max():10.4g} {figures.std():10.2g}"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeds", description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a scenario value")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="also write every run's requirements to this file")
    options = parser.parse_args()
    if not 0 <= options.first <= options.last:
        parser.error(f"seeds {options.first} to {options.last}: expected 0 <= FIRST <= LAST")
    jobs = [(options.scenario, seed, tuple(options.set)) for seed in range(options.first, options.last + 1)]
    with ProcessPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(fly_one, jobs, chunksize=4))
    print(table(runs))
    failed = [run["seed"] for run in runs if run["verdict"] != "PASS"]
    print(f"{len(runs) - len(failed)} of {len(runs)} runs of {options.scenario} passed every requirement")
    if failed:
        print("failed seeds:", *failed)
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
