"""Final phase: what the flight software says at the end, and no evidence of it."""

from __future__ import annotations

import pytest

from hil.requirements import met
from hil.requirements.final_phase import FinalPhase
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach


@pytest.mark.parametrize(("last", "passed"), [("s3", True), ("drift", False)])
def test_the_last_phase_is_one_of_those_named(last: str, passed: bool) -> None:
    scenario = Scenario.load("iss-vbar")
    truth, telemetry = straight_approach(20.0, 0.1)
    telemetry["phase"] = scenario.flight.phases.index(last)
    result = found(scenario, truth, telemetry, rows=(FinalPhase(name="at_end", phases=("s4", "s3")),))
    assert result["at_end"].passed is passed
    assert result["at_end"].words == "ended in phase s4 or s3"
    assert not met(result.values()), "the end of the mission takes more than telemetry"


def test_software_without_telemetry_ended_nowhere() -> None:
    scenario = Scenario.load("iss-vbar")
    truth, telemetry = straight_approach(20.0, 0.1)
    telemetry["t_us"] = 0
    first = scenario.flight.phases[0]
    assert not found(scenario, truth, telemetry, rows=(FinalPhase(name="at_end", phases=(first,)),))["at_end"].passed
