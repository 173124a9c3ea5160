"""`python -m benchmarks.monte_carlo`: campaigns raced against Basilisk's own Monte Carlo controller.

Both fly the same number of runs of the nearest equal scenario on the same number of workers, in turns:
a chaser holds a point 288 m behind the target for about an orbit, its draws the same as far as the
controller knows them. What each side computes is set side by side in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from Basilisk.utilities.MonteCarlo.Controller import Controller
from Basilisk.utilities.MonteCarlo.Dispersions import (
    InertiaTensorDispersion,
    NormalDispersion,
    NormalVectorCartDispersion,
)

from benchmarks.basilisk_loop import BasiliskLoop
from benchmarks.matched import CASE, Case
from benchmarks.timing import Spent, Spread, ratio, spent
from hil.campaign import Campaign, Keep, campaign
from hil.log import ERROR
from hil.scenario import DEG, Scenario

RUNS, DURATION_S, SEED = 8, 5580.0, 1
WHOLE = "iss-vbar"
HELD = "iss-final"
KEEP_OUT_M = 200.0  # of its requirement keep_out_sphere
OVERRIDES = (
    f"scenario.max_duration_s={DURATION_S}",
    "phase.s3.duration_s=1.0e5",
    "central_body.j3=0.0",
    "central_body.j4=0.0",
    "plant.field_degree=0",
    'plant.atmosphere="none"',
    "effector.thrusters.rise_s=0.0",
    "effector.thrusters.decay_s=0.0",
    "requirement.passive_safety.orbits=0.0",
)
NOTHING_KEPT = Keep(failed=0, worst=0, sampled=0)  # none of these runs docks: nothing of them is flown again


# ---- Basilisk's side ----------------------------------------------------------------------------


@cache
def _held() -> Scenario:
    return Scenario.load(HELD, OVERRIDES)


@cache
def _case() -> Case:
    """The case of the loop benchmark with the scenario's thrusters."""
    own = _held().chaser.thrusters
    placed = {"thruster_position_m": own.position_m, "thruster_direction": own.direction}
    return dataclasses.replace(CASE, thrust_n=own.force_n, **placed)


class Flown(BasiliskLoop):
    """A simulation of the campaign: it holds its point by a state with navigation errors, and truth is recorded."""

    def __init__(self) -> None:
        super().__init__(_case(), held=True)
        believed = _held().flight.instruments
        sigmas = (
            believed["rgnss"]["sigma_r_m"], believed["rgnss"]["sigma_v_mps"], believed["star"]["sigma_cross_rad"],
            believed["imu"]["gyro_bias_sigma_radps"], 0.0, 0.0,
        )  # fmt: skip
        for nav in self.navs.values():
            sigma = np.repeat(sigmas, 3)  # position, velocity, attitude, rate, sun, velocity change: three axes each
            nav.PMatrix = np.diag(sigma).tolist()
            nav.walkBounds = (3.0 * sigma).reshape(-1, 1).tolist()
            nav.crossTrans = nav.crossAtt = False
        self.truth = [self.record(craft.scStateOutMsg) for craft in (self.chaser, self.target)]
        self.on_times = self.record(self.thrusters.cmdsInMsg)


def create() -> Flown:
    """One simulation, its parameters still nominal."""
    return Flown()


def execute(loop: Flown) -> None:
    """Flies a simulation, checks what was recorded, and adds its row to the table."""
    loop.run(DURATION_S)
    ranges = np.linalg.norm(loop.truth[0].r_CN_N - loop.truth[1].r_CN_N, axis=1)
    row = {
        "range_m": loop.range_m(),
        "range_min_m": float(ranges.min()),
        "attitude_error_rad": loop.attitude_error_rad(),
        "rate_max_radps": float(np.linalg.norm(loop.truth[0].omega_BN_B, axis=1).max()),
        "on_s": float(np.sum(loop.on_times.OnTimeRequest)),
        "mass_kg": loop.chaser.hub.mHub,
    }
    with open(os.environ["MONTE_CARLO_ROWS"], "a", encoding="ascii") as rows:  # noqa: PTH123
        rows.write(json.dumps(row) + "\n")


def _flat(vector: Any) -> list[float]:
    return [float(x) for x in np.ravel(vector)]


def _dispersions() -> list[Any]:
    """The scenario's draws that have a counterpart in the simulation; 3 sigma there, 1 sigma here."""
    d, hub, case = _held().dispersions, create().chaser.hub, _case()

    def vector(name: str, three_sigma: float) -> NormalVectorCartDispersion:
        return NormalVectorCartDispersion(f"chaser.hub.{name}", _flat(getattr(hub, name)), [three_sigma / 3.0] * 3)

    found = [
        vector("r_CN_NInit", d.initial_position_m),
        vector("v_CN_NInit", d.initial_velocity_mps),
        vector("sigma_BNInit", d.initial_attitude_deg * DEG / 4.0),
        vector("omega_BN_BInit", d.initial_rate_deg_s * DEG),
        vector("r_BcB_B", d.com_m),
        NormalDispersion("chaser.hub.mHub", case.mass_kg, d.mass_ratio / 3.0 * case.mass_kg),
    ]
    least, ratio_sigma = min(case.inertia_kgm2), d.inertia_ratio / 3.0
    found.append(InertiaTensorDispersion("chaser.hub.IHubPntBc_B", ratio_sigma * least, [-least, least], ratio_sigma))
    for i, direction in enumerate(case.thruster_direction):
        # Along a body axis, each: a turn leaves that component and moves the other two. (The controller's own
        # NormalThrusterUnitDirectionVectorDispersion fails under NumPy 2.4.)
        force_sigma_n = d.thruster_force_ratio / 3.0 * case.thrust_n
        turned = [d.thruster_direction_deg * DEG / 3.0 * (1.0 - abs(x)) for x in direction]
        found += [
            NormalDispersion(f"thruster_configs[{i}].MaxThrust", case.thrust_n, force_sigma_n),
            NormalVectorCartDispersion(f"thruster_configs[{i}].thrDir_B", list(direction), turned),
        ]
    return found


def fly_basilisk(runs: int, workers: int, folder: Path) -> list[dict[str, float]]:
    """A Monte Carlo campaign of the controller; its rows."""
    table = folder / "rows.jsonl"
    os.environ["MONTE_CARLO_ROWS"] = str(table)  # workers are forked: they inherit it
    table.unlink(missing_ok=True)
    controller = Controller()
    controller.setSimulationFunction(create)
    controller.setExecutionFunction(execute)
    controller.setExecutionCount(runs)
    controller.setThreadCount(workers)
    controller.setShouldDisperseSeeds(True)
    controller.setShowProgressBar(False)
    controller.setVerbose(False)
    for dispersion in _dispersions():
        controller.addDispersion(dispersion)
    failed = controller.executeSimulations()
    rows = [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []
    if failed or len(rows) != runs:
        raise AssertionError(f"Basilisk flew {len(rows)} of {runs} runs; failed: {failed}")
    if len({row["mass_kg"] for row in rows}) != runs:
        raise AssertionError("Basilisk's draws reach no simulation: masses are equal")
    for row in rows:
        away = abs(row["range_m"] - math.hypot(*CASE.hold_hill_m)) > 20.0
        if away or row["attitude_error_rad"] > 0.02 or row["range_min_m"] < KEEP_OUT_M:
            raise AssertionError(f"Basilisk does not hold: {row}")
    return rows


# ---- ProxOps' side ------------------------------------------------------------------------------


def fly_held(runs: int, workers: int, folder: Path) -> Campaign:
    """The campaign of the matched scenario."""
    flown = campaign(HELD, runs, SEED, jobs=workers, overrides=OVERRIDES, out=folder / "held", keep=NOTHING_KEPT)
    for row in flown.rows:
        if row["verdict"] == ERROR or row["requirement.keep_out_sphere.figure"] < 268.0:
            raise AssertionError(f"ProxOps does not hold: {row}")
    return flown


def fly_whole(runs: int, workers: int, folder: Path) -> Campaign:
    """A campaign of whole approaches, every check on."""
    flown = campaign(WHOLE, runs, SEED, jobs=workers, out=folder / "whole", keep=NOTHING_KEPT)
    if flown.failed:
        raise AssertionError(f"{WHOLE}, seed {SEED}: cases {flown.failed} failed")
    return flown


# ---- the race -----------------------------------------------------------------------------------


def measure(rounds: int, runs: int = RUNS, workers: int = 2) -> dict[str, Any]:
    """Races the campaigns in turning order, after one round that is not counted."""
    contestants: dict[str, Callable[[int, int, Path], Any]] = {
        "basilisk": fly_basilisk, "held": fly_held, "whole": fly_whole,
    }  # fmt: skip
    found: dict[str, list[Spent]] = {name: [] for name in contestants}
    names, simulated_s = list(contestants), {}
    for i in range(rounds + 1):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            with tempfile.TemporaryDirectory() as folder:
                cost, flown = spent(partial(contestants[name], runs, workers, Path(folder)))
            simulated_s[name] = sum(r["duration_s"] for r in flown.rows) if name != "basilisk" else runs * DURATION_S
            if i:
                found[name].append(cost)
    cpu = {name: [cost.cpu_s for cost in costs] for name, costs in found.items()}
    wall = {name: [cost.wall_s for cost in costs] for name, costs in found.items()}

    def row(name: str, mine: str) -> dict[str, Any]:
        work = simulated_s[mine] / simulated_s["basilisk"]  # a simulated second of theirs against one of ours
        figures = {
            "basilisk_cpu_s": Spread.of([s / runs for s in cpu["basilisk"]]),
            "proxops_cpu_s": Spread.of([s / runs for s in cpu[mine]]),
            "basilisk_runs_per_s": Spread.of([runs / s for s in wall["basilisk"]]),
            "proxops_runs_per_s": Spread.of([runs / s for s in wall[mine]]),
            "faster_cpu": ratio(cpu["basilisk"], cpu[mine], work),
            "faster_wall": ratio(wall["basilisk"], wall[mine], work),
        }
        return {"name": name, "simulated_s": simulated_s[mine] / runs} | {
            key: dataclasses.asdict(value) for key, value in figures.items()
        }

    return {
        "runs": runs,
        "workers": workers,
        "duration_s": DURATION_S,
        "rounds": rounds,
        "others_cores": Spread.of([cost.others_cores for costs in found.values() for cost in costs]).median,
        "rows": [
            row("the matched scenario", "held"),
            row(f"whole {WHOLE}, every check on; ratio per simulated second", "whole"),
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monte_carlo", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the race (default 5, at least 2)")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of each campaign (default {RUNS})")
    parser.add_argument("--workers", type=int, default=2, help="processes there, threads here (default 2)")
    options = parser.parse_args()
    if options.rounds < 2 or options.runs < 2 or options.workers < 1:
        parser.error("expected at least 2 rounds, 2 runs and 1 worker")
    from benchmarks.tables import tables

    print(tables({"monte_carlo": measure(options.rounds, options.runs, options.workers)}))


if __name__ == "__main__":
    main()
