"""Faults of the flight computer: each takes effect, in its time, and none ends the run."""

from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil.faults.rows import ComputerFault, place_of
from hil.run import fly
from hil.scenario import ScenarioError
from tests.hil.faults.flown import flown, with_faults

COMPUTER = {"computer": "flight"}


def upset(kind: str, seconds: float = 30.0, **more: Any) -> Any:
    return flown(COMPUTER | {"kind": kind, "start_s": 20.0} | more, seconds=seconds)


@pytest.fixture(scope="module")
def sound() -> Any:
    return flown(seconds=30.0)


@pytest.mark.parametrize("kind", ["missed", "hang", "reset"])
def test_while_it_is_down_no_valve_opens_and_no_telemetry_comes(kind: str, sound: Any) -> None:
    log = upset(kind, duration_s=0.5)
    down = slice(200, 205)
    assert log.error is None and len(log.truth) == 300 and log.faults[0]["changed"] == 5
    assert (log.telemetry["tick"][down] == 0).all() and (log.command["thruster_on_us"][down] == 0).all()
    assert (log.command["tick"] == np.arange(300)).all()
    assert log.telemetry[:200].tobytes() == sound.telemetry[:200].tobytes()


def test_a_cold_reset_starts_anew_in_the_phase_of_recovery() -> None:
    log = upset("cold_reset", duration_s=1.0)
    phase = log.scenario.flight.phases.index("retreat")
    assert log.cold_starts == [210] and len(log.params) == 2 and log.params[1]["start_phase"] == phase
    assert (log.telemetry["phase"][210:] == phase).all() and (log.telemetry["tick"][200:210] == 0).all()
    assert (log.telemetry["tick"][210:] == np.arange(210, 300)).all()


def test_a_step_of_the_clock_is_in_the_frames(sound: Any) -> None:
    log = upset("clock_step", step_s=-0.05, duration_s=2.0)
    off = log.sensors["t_us"].astype(np.int64) - sound.sensors["t_us"].astype(np.int64)
    assert (off[200:220] == -50_000).all() and not off[:200].any() and not off[220:].any()
    assert (log.truth["t_us"] == sound.truth["t_us"]).all() and log.faults[0]["changed"] == 20


def test_a_named_bit_flips_once() -> None:
    log = upset("bit_flip", field="intent.previous_phase", bit=1)
    phase = log.telemetry["previous_phase"].astype(int)
    assert log.faults[0]["changed"] == 1 and (phase[200:] == phase[199] ^ 2).all()


def test_random_bits_are_those_of_the_seed() -> None:
    scenario = with_faults(
        COMPUTER | {"kind": "bit_flip", "start_s": 20.0, "count": 400}, overrides=("scenario.max_duration_s=25.0",)
    )
    one, same, other = (fly(scenario, seed) for seed in (1, 1, 2))
    assert one.digest == same.digest and one.faults[0]["changed"] == 400
    assert one.telemetry[200:].tobytes() != flown(seconds=25.0).telemetry[200:].tobytes()
    assert other.digest != one.digest


def test_what_the_core_refuses_is_answered_by_all_off() -> None:
    log = upset("bit_flip", field="params.cycle_s")
    assert log.error is None and len(log.truth) == 300


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "sulk"}, 'kind = "sulk": expected a fault that the flight computer can have: missed, hang, reset'),
        ({"kind": "hang"}, "duration_s: missing; expected for hang"),
        ({"kind": "clock_step"}, "step_s: missing; expected for clock_step"),
        ({"kind": "missed", "step_s": 1.0}, "step_s = 1.0: not a key of missed"),
        ({"kind": "bit_flip", "field": "intent.fase"}, "field = .*expected a field of intent: t_us, entry_us"),
        ({"kind": "bit_flip", "field": "intent.phase", "bit": 8}, "bit = 8: expected 0 to 7"),
        ({"kind": "bit_flip", "field": "solution.r_hill_m"}, r"expected solution.r_hill_m\[0\] to \[2\]"),
        ({"kind": "bit_flip", "bit": 3}, "bit = 3: expected with a field only"),
    ],
)
def test_what_it_cannot_have_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        with_faults(COMPUTER | {"start_s": 1.0} | more)


def test_another_flight_computer_is_refused() -> None:
    class Silent:
        def step(self, sensors: Any) -> Any:
            return np.zeros((), flight.COMMAND)

    with pytest.raises(ScenarioError, match="missed from 1 s: expected the flight core in this process, in lockstep"):
        fly(with_faults(COMPUTER | {"kind": "missed", "start_s": 1.0}), flight=Silent())


def test_every_named_field_has_a_place() -> None:
    frame, first, bits = place_of("solution.r_hill_m[1]")
    offset = dict(flight.SOLUTION.fields or {})["r_hill_m"][1]
    assert (frame, first, bits) == ("solution", offset + 8, 64)
    assert set(ComputerFault.KINDS) == {"missed", "hang", "reset", "cold_reset", "clock_step", "bit_flip"}
