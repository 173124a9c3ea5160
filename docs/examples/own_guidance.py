"""A stage of the flight core replaced in Python: guidance that makes the chaser wait beside its hold point.

The other stages stay the core's own (docs/design/stages.md). Run it: `python docs/examples/own_guidance.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gnc.flight import Law
from hil import Log, Scenario, fly

SCENARIO = Scenario.load("iss-contact", ["scenario.max_duration_s=300.0", "phase.s4.duration_s=1000.0"])
ASIDE_HILL_M = np.array([0.0, 0.0, 1.0])  # out of the orbit's plane


class WaitAside:
    """The core's own reference, moved aside over the first minute of a hold."""

    def __call__(
        self, solution: np.void, intent: np.void, reference: np.void, progress: np.void, native: Callable[[], None]
    ) -> None:
        """One cycle. `native()` runs the core's own guidance on the same frames; what is written then replaces it."""
        native()
        if intent["begins"] or intent["law"] != Law.HOLD:
            return
        in_phase_s = 1e-6 * (float(solution["t_us"]) - float(intent["entry_us"]))
        aside = ASIDE_HILL_M * min(1.0, in_phase_s / 60.0)
        reference["r_hill_m"] += aside
        reference["error_r_m"] -= aside  # estimate minus reference, what control works on


def main() -> Log:
    """Flies it; a ship that waits does not dock, so the verdict is FAIL."""
    log = fly(SCENARIO, seed=1, guide=WaitAside())
    across_m = log.truth["r_chaser_target_hill_m"][:, 2]
    moved_m = across_m[-300:].mean() - across_m[0]
    print(f"{log.verdict} ({log.ended}): {moved_m:.2f} m aside, guided by {log.computer['stages']['guide']['name']}")
    return log


if __name__ == "__main__":
    main()
