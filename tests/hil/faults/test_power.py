"""Power strings: what one feeds is off together, and nothing else."""

from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil.faults.power import strings
from hil.scenario import ScenarioError
from tests.hil.faults.flown import flown, with_faults

FED = ("instrument.camera.power_string=y", "instrument.star.power_string=x", "effector.mechanism.power_string=y")
THRUSTERS = ("effector.thrusters.power_strings=[" + ",".join(f"'{'xy'[i % 2]}'" for i in range(28)) + "]",)
OFF = {"power_string": "y", "kind": "off", "start_s": 10.0}
OVERRIDES = tuple(o.replace("=y", "='y'").replace("=x", "='x'") for o in FED) + THRUSTERS


def test_what_a_string_feeds_drops_together() -> None:
    log = flown(OFF, seconds=30.0, overrides=OVERRIDES)
    seen = flight.measurements(log.sensors, flight.Kind.CAMERA)["t_valid_us"]
    assert seen.size and (seen < 10_000_000).all()
    assert flight.measurements(log.sensors, flight.Kind.STAR)["t_valid_us"].max() > 29_000_000
    names = {(f.get("instrument") or f.get("effector"), f["kind"]) for f in log.faults}
    assert names == {
        ("camera", "dropout"), ("thrusters", "stuck_off"), ("mechanism", "no_capture"), ("mechanism", "no_release"),
    }  # fmt: skip
    assert sum(f["kind"] == "stuck_off" for f in log.faults) == 14
    odd = log.sensors["thruster_applied_us"][:, 1:28:2]
    assert odd.any(), "the drivers go on: what is dead is behind them"


def test_a_thruster_without_power_gives_no_thrust() -> None:
    every = ("effector.thrusters.power_string='y'",)
    log = flown(OFF, seconds=30.0, overrides=every)
    mass = log.truth["mass_kg"]
    assert mass[101] < mass[0] and np.ptp(mass[102:]) == 0.0


def test_strings_are_told_from_the_rows() -> None:
    scenario = with_faults(overrides=OVERRIDES)
    assert strings(scenario.instruments, scenario.effectors) == ("a", "x", "d", "b", "y", "c")


@pytest.mark.parametrize(
    ("row", "overrides", "said"),
    [
        (OFF | {"power_string": "z"}, OVERRIDES, 'power_string = "z": expected one of "a", "x"'),
        (OFF | {"kind": "flicker"}, OVERRIDES, 'kind = "flicker": expected a fault that a power string can have: off'),
        (OFF, ("effector.thrusters.power_strings=['x']",), "power_strings: expected one for each of the 28 positions"),
    ],
)
def test_what_does_not_fit_is_refused(row: dict[str, Any], overrides: tuple[str, ...], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        with_faults(row, overrides=overrides)
