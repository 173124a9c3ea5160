"""Stages of the flight core that are replaced in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gnc.flight import Flight, FlightError, Law
from hil import Scenario, fly
from hil.baseline import BaselineError, Kept
from hil.prepare import prepare
from tests.core.internals import blank_frame, slots

SHORT = Scenario.load("iss-contact", ["scenario.max_duration_s=100.0"])


class Forward:
    """Runs the core's own stage, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *frames: Any) -> None:
        self.calls += 1
        frames[-1]()


@pytest.mark.parametrize("stage", ["navigate", "guide", "decide", "control"])
def test_a_stage_that_forwards_gives_the_native_digest(stage: str) -> None:
    forward = Forward()
    log = fly(SHORT, 1, **{stage: forward})  # type: ignore[arg-type]
    assert log.digest == fly(SHORT, 1).digest
    assert forward.calls >= len(log.telemetry)
    assert log.custom and log.computer is not None
    told = log.computer["stages"][stage]
    assert told["name"].endswith("test_stages.Forward") and len(told["source"]) == 64
    with pytest.raises(BaselineError, match="a stage of the flight core was replaced"):
        Kept.of(log, "iss-contact", (), "")


def test_a_replaced_guidance_steers() -> None:
    """Two metres above the reference of the core's own."""

    def higher(solution: Any, intent: Any, reference: Any, progress: Any, native: Callable[[], None]) -> None:
        native()
        if intent["law"] == Law.HOLD and not intent["begins"]:
            reference["error_r_m"] -= [2.0, 0.0, 0.0]

    plain, log = fly(SHORT, 1), fly(SHORT, 1, guide=higher)
    assert log.digest != plain.digest
    held = log.telemetry["law"] == Law.HOLD
    gone_up = log.truth["r_chaser_target_hill_m"][held, 0][-1] - plain.truth["r_chaser_target_hill_m"][held, 0][-1]
    assert gone_up > 0.5


def test_what_a_stage_writes_is_checked() -> None:
    def not_a_number(solution: Any, intent: Any, reference: Any, progress: Any, native: Callable[[], None]) -> None:
        native()
        reference["error_r_m"][1] = np.nan

    def too_long(*frames: Any) -> None:
        frames[-1]()
        frames[4]["thruster_on_us"][0] = 100_001

    def raises(*frames: Any) -> None:
        raise RuntimeError("of my own")

    params = prepare(SHORT, 1).params
    for stages in ({"guide": not_a_number}, {"control": too_long}, {"decide": raises}):
        with pytest.raises(FlightError, match="a stage that replaces the core's own failed"):
            Flight(params, **stages).step(slots(blank_frame())[0])
    log = fly(SHORT, 1, decide=raises)
    assert log.verdict == "ERROR" and "of my own" in (log.error or "")


def test_a_stage_needs_the_core_of_this_process_and_a_callable() -> None:
    with pytest.raises(ValueError, match="guide: expected without a flight computer of your own"):
        fly(SHORT, 1, flight=Flight, guide=Forward())
    with pytest.raises(TypeError, match="guide: expected a callable, got int"):
        Flight(prepare(SHORT, 1).params, guide=3)  # type: ignore[arg-type]
