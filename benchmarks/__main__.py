"""`python -m benchmarks`: races ProxOps against its peers in one run and prints the ratios.

Figures go to runs/benchmarks.json; `--write-docs` renders them to docs/benchmarks.md as well.
"""

from __future__ import annotations

import os

# One core for everybody: a pinned process with several BLAS threads would hold NumPy back.
os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import argparse
import dataclasses
import json
from pathlib import Path

from benchmarks import timing

SECTIONS = ("loop", "impulse", "kernels", "scenario", "monte_carlo", "scaling", "link")
OUT = Path("runs/benchmarks.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SECTIONS, action="append", help="run this section alone (may be repeated)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each race (default 15, at least 2)")
    parser.add_argument("--write-docs", action="store_true", help="render the figures to docs/benchmarks.md")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error(f"--rounds {options.rounds}: expected at least 2, a spread needs them")
    chosen = options.only or SECTIONS
    if options.write_docs and set(chosen) != set(SECTIONS):
        parser.error("--write-docs needs every section: leave --only out")
    every = os.sched_getaffinity(0)
    core = timing.pin()
    figures: dict[str, object] = {"machine": timing.machine(core), "rounds": options.rounds}
    if "loop" in chosen:
        from benchmarks import loop

        figures["loop"] = [dataclasses.asdict(r) for r in loop.measure(options.rounds)]
    if "impulse" in chosen:
        from benchmarks import impulse

        figures["impulse"] = impulse.measure()
    if "kernels" in chosen:
        from benchmarks import kernels

        races = [kernels.race_filter(max(3, options.rounds // 3)), *kernels.race_cw(options.rounds)]
        figures["kernels"] = [dataclasses.asdict(r) for r in races]
    if "scenario" in chosen:
        from benchmarks import scenario

        figures["scenario"] = scenario.measure(max(3, options.rounds // 3))
    if "monte_carlo" in chosen:
        from benchmarks import monte_carlo

        with timing.on(every):
            figures["monte_carlo"] = monte_carlo.measure(max(3, options.rounds // 3))
    if "scaling" in chosen:
        from benchmarks import campaign_scaling

        with timing.on(every):
            figures["scaling"] = campaign_scaling.measure(max(3, options.rounds // 3))
    if "link" in chosen:
        from benchmarks import board_link

        with timing.on(every):
            figures["link"] = board_link.measure(max(3, options.rounds // 3))

    from benchmarks.tables import page, tables

    print(tables(figures))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"figures: {OUT}")
    if options.write_docs:
        Path("docs/benchmarks.md").write_text(page(figures))
        print("page: docs/benchmarks.md")


if __name__ == "__main__":
    main()
