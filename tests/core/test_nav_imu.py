"""The IMU's increments: each taken once, in its own cycle, counted when refused; the step goes on without them."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.core.internals import CYCLE_US, Core, blank_frame, scenario_params, with_imu

IMU = 0  # its place in the table
TURN, PUSH = np.array([1e-3, -2e-3, 3e-3]), np.array([0.01, 0.02, -0.03])


def increments(tick: int, **changes: Any) -> NDArray[Any]:
    frame = with_imu(blank_frame(tick), TURN, PUSH)
    for name, value in changes.items():
        frame[f"imu_{name}"] = value
    return frame


def flying(core: ctypes.CDLL) -> Core:
    """Two cycles flown, a thruster still decaying: rate and push are sensed."""
    c = Core(core, scenario_params("iss-contact"))
    c.step(blank_frame(0))
    c.step(increments(1))
    c["progress.fired"] = True
    return c


def rejects(told: Any) -> int:
    return int(told["instrument_rejects"][IMU])


def taken(c: Core) -> tuple[bool, bool]:
    return bool(c["imu.gyro_taken"][0]), bool(c["imu.accel_taken"][0])


def test_increments_of_each_cycle_are_taken_and_nothing_is_counted(core: ctypes.CDLL) -> None:
    c = Core(core, scenario_params("iss-contact"))
    for tick in range(50):
        _, _, told = c.step(increments(tick, seq=(65_500 + tick) % 2**16))  # the number wraps
        assert taken(c) == (True, True)
        assert rejects(told) == 0
    assert c["imu.track.accepted_us"][0] == 49 * CYCLE_US


def test_the_first_number_may_be_any(core: ctypes.CDLL) -> None:
    for seq in (0, 1, 65_535):
        c = Core(core, scenario_params("iss-contact"))
        c.step(increments(0, seq=seq))
        assert taken(c) == (True, True)


REFUSED: dict[str, dict[str, Any]] = {
    "a number already used": {"seq": 1},
    "of the cycle before": {"t_valid_us": CYCLE_US},
    "of long ago": {"t_valid_us": 0},
    "from the future": {"t_valid_us": 2 * CYCLE_US + 1},
    "neither half in range": {"dtheta_body_rad": np.inf, "dv_body_mps": np.nan},
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_is_counted_and_the_step_is_that_without_an_imu(core: ctypes.CDLL, why: str) -> None:
    c, without = flying(core), flying(core)
    _, command, told = c.step(increments(2, **REFUSED[why]))
    _, expected, told_without = without.step(blank_frame(2))
    assert taken(c) == (False, False)
    assert (rejects(told), rejects(told_without)) == (1, 0)
    assert command == expected
    told["instrument_rejects"][IMU] = 0
    assert told == told_without
    c.step(increments(3))
    assert taken(c) == (True, True)


def test_a_repeated_number_turns_the_attitude_once(core: ctypes.CDLL) -> None:
    """The same increments again: what was sensed is not added again, and the rate turns on as before."""
    c = flying(core)
    c.step(increments(2))
    assert c["relative.sensed_eci_mps"].any()
    rate = c["attitude.w_body_radps"].copy()
    c["progress.fired"] = True
    c.step(increments(3, seq=2, dtheta_body_rad=-TURN))
    assert not c["relative.sensed_eci_mps"].any()
    assert (c["attitude.w_body_radps"] == rate).all()


@pytest.mark.parametrize("field", ["dtheta_body_rad", "dv_body_mps"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300])
def test_one_bad_half_is_counted_and_the_other_taken(core: ctypes.CDLL, field: str, value: float) -> None:
    c = flying(core)
    _, _, told = c.step(increments(2, **{field: [0.0, value, 0.0]}))
    assert taken(c) == (field == "dv_body_mps", field == "dtheta_body_rad")
    assert rejects(told) == 1


def test_increments_that_end_anywhere_in_the_cycle_are_of_it(core: ctypes.CDLL) -> None:
    for late_us, expected in ((0, True), (CYCLE_US - 1, True), (CYCLE_US, False)):
        c = flying(core)
        c.step(increments(2, t_valid_us=2 * CYCLE_US - late_us))
        assert taken(c) == (expected, expected)


def test_a_restarted_count_is_taken_at_once(core: ctypes.CDLL) -> None:
    c = flying(core)
    c.step(increments(2, seq=40_000))
    _, _, told = c.step(increments(3, seq=0))
    assert taken(c) == (True, True)
    assert rejects(told) == 0


def test_a_missing_measurement_is_none_refused(core: ctypes.CDLL) -> None:
    c = flying(core)
    _, _, told = c.step(increments(2, valid=0, dtheta_body_rad=np.nan))
    assert taken(c) == (False, False)
    assert rejects(told) == 0


def test_the_count_stays_at_its_largest(core: ctypes.CDLL) -> None:
    c = flying(core)
    c["imu.track.rejects"] = 2**16 - 1
    _, _, told = c.step(increments(2, seq=1))
    assert rejects(told) == 2**16 - 1
