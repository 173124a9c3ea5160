"""Three inertial units: one that is wrong is voted down at once and lost; without any, valves and star tracker tell."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gnc.flight import SENSOR_FRAME, Instrument, Kind, add_measurement
from tests.core.internals import CYCLE_US, Core, scenario_params

UNITS = (0, 6, 7)
DT = CYCLE_US * 1e-6
NOISE = np.array([4.6e-7] * 3 + [1.6e-5] * 3)  # of a cycle's increments, as the cargo ship's units have it
OFFSETS = {0: [1e-7, 0, 0, 1e-4, 0, 0], 6: [-1e-7, 0, 0, 0, -1e-4, 0], 7: [0, 1e-7, 0, 0, 0, 1e-4]}
TRUTH = np.array([1e-4, -2e-4, 5e-5, 0.0, 0.0, 0.0])


class Units:
    """A flight in the final approach's table that hears three units, and nothing else."""

    def __init__(self, core: ctypes.CDLL, seed: int = 5) -> None:
        self.c, self.tick, self.rng = Core(core, scenario_params("iss-contact", start_phase=4)), -1, None
        self.rng = np.random.default_rng(seed)
        self.told: Any = None

    def frame(self, readings: dict[int, NDArray[Any]], applied_us: Any = 0) -> NDArray[Any]:
        frame = np.zeros(1, SENSOR_FRAME)
        frame["t_us"], frame["tick"] = self.tick * CYCLE_US, self.tick
        frame["thruster_applied_us"][0] = applied_us
        for unit, z in readings.items():
            add_measurement(
                frame[0], Kind.IMU, instrument=unit, seq=self.tick % 2**16, t_valid_us=frame["t_us"][0],
                dtheta_body_rad=z[:3], dv_body_mps=z[3:],
            )  # fmt: skip
        return frame

    def step(self, truth: Any = TRUTH, applied_us: Any = 0, **wrong: Any) -> None:
        """One cycle. wrong: what a unit reads, by its number as `u6`; a function of what it should; None: nothing."""
        self.tick += 1
        readings = {}
        for unit in UNITS:
            z = np.asarray(truth, float) + OFFSETS[unit] + NOISE * self.rng.normal(size=6)
            change = wrong.get(f"u{unit}", lambda z: z)
            if change is not None:
                readings[unit] = change(z)
        status, _, self.told = self.c.step(self.frame(readings, applied_us))
        assert status == 0

    def fly(self, seconds: float, **wrong: Any) -> None:
        for _ in range(round(seconds / DT)):
            self.step(**wrong)

    def state(self, unit: int) -> int:
        return int(self.told["instrument_state"][unit])

    @property
    def rate(self) -> NDArray[Any]:
        return np.asarray(self.c["attitude.w_body_radps"])


WRONG: dict[str, Any] = {
    "stuck": lambda z: np.zeros(6),
    "reversed": lambda z: -z,
    "biased gyro": lambda z: np.add(z, [2e-5, 0, 0, 0, 0, 0]),
    "biased accelerometer": lambda z: np.add(z, [0, 0, 0, 5e-4, 0, 0]),
    "wild": lambda z: np.add(z, [0, 0, 0, 2.0, 0, 0]),
    "not a number": lambda z: z * np.nan,
    "silent": None,
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("why", WRONG)
def test_one_wrong_unit_changes_no_rate_by_more_than_noise_and_is_lost(core: ctypes.CDLL, why: str, unit: int) -> None:
    units, sound = Units(core), Units(core)
    units.fly(70.0)
    sound.fly(70.0)
    for _ in range(100):
        units.step(**{f"u{unit}": WRONG[why]})
        sound.step()
        assert units.rate == pytest.approx(sound.rate, abs=2e-5)
        assert units.c["relative.accel_bias_mps2"] == pytest.approx(sound.c["relative.accel_bias_mps2"], abs=2e-4)
    others = [u for u in UNITS if u != unit]
    assert units.state(unit) & Instrument.LOST
    assert not any(units.state(u) & Instrument.LOST for u in others)
    # and once it is right again for long enough it is heard again
    units.fly(9.0)
    assert bool(units.state(unit) & Instrument.LOST)
    units.fly(2.0)
    assert not units.state(unit) & Instrument.LOST


def test_of_the_last_two_the_one_that_the_valves_speak_for_is_believed(core: ctypes.CDLL) -> None:
    """Gyro and accelerometer of either unit wrong in turn: the other is taken, whichever is first in the table."""
    for bad in (0, 7):
        units = Units(core)
        units.fly(70.0, u6=None)
        before = units.rate.copy()
        units.fly(2.0, **{"u6": None, f"u{bad}": lambda z: np.add(z, [3e-4, 0, 0, 1e-3, 0, 0])})
        assert units.rate == pytest.approx(before, abs=3e-5)
        assert units.state(bad) & Instrument.LOST
        assert not units.state(7 - bad) & Instrument.LOST


def test_a_thruster_that_fires_uncommanded_is_no_bad_unit(core: ctypes.CDLL) -> None:
    """All three feel it, no valve reports it: nothing is lost, and the rate follows."""
    units = Units(core)
    units.fly(70.0)
    push = np.add(TRUTH, [2e-4, 0, 0, 1.1e-3, 0, 0])
    for _ in range(50):
        units.step(truth=push)
    assert not any(units.state(u) & Instrument.LOST for u in UNITS)
    assert units.rate[0] == pytest.approx(3e-3, abs=3e-5)


def test_a_wild_sample_of_all_units_is_refused_and_the_next_taken(core: ctypes.CDLL) -> None:
    """What no thruster can do is an error even where all agree, as far from the target as ports cannot touch."""
    units = Units(core)
    units.c.params.record["init_r_hill_m"] = [0.0, -300.0, 0.0]
    units = Units(core)
    units.fly(70.0)
    units.c["solution.r_port_tport_m"] = [250.0, 0.0, 0.0]
    before = units.rate.copy()
    jump = {f"u{u}": lambda z: np.add(z, [0.5, 0, 0, 2.0, 0, 0]) for u in UNITS}
    units.step(**jump)
    assert units.rate == pytest.approx(before, abs=1e-4)
    units.step()
    assert bool(units.c["imu.gyro_taken"][0]) and bool(units.c["imu.accel_taken"][0])


def test_without_any_gyro_the_valves_turn_the_rate(core: ctypes.CDLL) -> None:
    """One thruster's report changes rate and velocity by its torque and force; the filter then estimates the rate."""
    units = Units(core)
    units.fly(70.0)
    p = units.c.params.record
    none = {f"u{u}": None for u in UNITS}
    before, applied = units.rate.copy(), np.zeros(32, np.uint32)
    applied[13] = 50_000
    units.step(applied_us=applied, **none)
    force = p["thruster_force_n"][13] * p["thruster_dir_body"][3 * 13 : 3 * 13 + 3]
    torque = np.cross(p["thruster_body_m"][3 * 13 : 3 * 13 + 3] - p["com_body_m"], force)
    gained = np.linalg.solve(p["inertia_body_kgm2"].reshape(3, 3), 0.05 * torque)
    assert units.rate - before == pytest.approx(gained, abs=1e-12)
    assert np.linalg.norm(units.c["relative.sensed_eci_mps"]) == pytest.approx(
        np.linalg.norm(0.05 * force) / float(p["mass_kg"]), rel=1e-9, abs=0.0
    )
