"""The matched closed loop raced: ProxOps against Basilisk with the same case."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.basilisk_loop import BasiliskLoop
from benchmarks.matched import CASE
from benchmarks.proxops_loop import ProxopsLoop
from benchmarks.timing import Spread, race, ratio

BASILISK_S, PROXOPS_S = 20.0, 1000.0


@dataclass(frozen=True)
class LoopResult:
    """Real-time factors of both and their ratio; ratios are taken round by round."""

    name: str
    basilisk_realtime: Spread
    proxops_realtime: Spread
    faster: Spread


def _realtime(simulated_s: float, seconds: list[float]) -> Spread:
    return Spread.of([simulated_s / s for s in seconds])


def measure(rounds: int) -> list[LoopResult]:
    """Races the whole loop (two ways of mapping on Basilisk's side) and the dynamics alone."""
    both, torque, free = BasiliskLoop(), BasiliskLoop(force_too=False), BasiliskLoop(control=False)
    ours, drift = ProxopsLoop(CASE), ProxopsLoop(CASE, control=False)
    seconds = race(
        {
            "both": lambda: both.run(BASILISK_S),
            "ours": lambda: ours.run(PROXOPS_S),
            "torque": lambda: torque.run(BASILISK_S),
            "free": lambda: free.run(BASILISK_S),
            "drift": lambda: drift.run(PROXOPS_S),
        },
        rounds,
    )
    for loop in (both, ours):
        if loop.attitude_error_rad() > 0.02 or abs(loop.range_m() - 288.11) > 20.0:
            raise AssertionError(
                f"{type(loop).__name__} does not hold: {loop.attitude_error_rad():.3g} rad, {loop.range_m():.6g} m"
            )
    pairs = {
        "closed loop, force and torque on 24 thrusters": ("both", "ours"),
        "closed loop, Basilisk maps torque alone": ("torque", "ours"),
        "dynamics alone, thrusters shut": ("free", "drift"),
    }
    work = PROXOPS_S / BASILISK_S
    return [
        LoopResult(
            name,
            _realtime(BASILISK_S, seconds[theirs]),
            _realtime(PROXOPS_S, seconds[mine]),
            ratio(seconds[theirs], seconds[mine], work),
        )
        for name, (theirs, mine) in pairs.items()
    ]
