"""Your own flight software in place of the core: any object with `step(sensors) -> command`.

This one does a single thing: it reads the gyro and fires thrusters against the body rate left over
from the hand-over, so that the chaser stops turning. Run it: `python docs/examples/own_flight_software.py`.
"""

from __future__ import annotations

import numpy as np

from gnc.flight import Kind, measurements
from hil import Log, Scenario, fly

SCENARIO = Scenario.load("iss-contact", ["scenario.max_duration_s=120.0"])
CYCLE_S = SCENARIO.flight["cycle_s"]
GAIN = 0.3  # share of the angular momentum taken out each cycle


class RateDamper:
    """Fires the thrusters whose torque opposes the measured body rate; knows the nominal ship only."""

    def __init__(self, scenario: Scenario):
        thrusters = scenario.chaser.thrusters
        arms = np.array(thrusters.position_m) - np.array(scenario.chaser.com_body_m)
        self.torque_nm = thrusters.force_n * np.cross(arms, np.array(thrusters.direction))
        self.inertia_kgm2 = np.array(scenario.chaser.inertia_kgm2[:3])
        self.least_on_us = thrusters.min_on_s * 1e6

    def step(self, sensors: np.void) -> np.ndarray:
        """On-times in us, one a thruster, for the cycle that starts now."""
        on_us = np.zeros(len(self.torque_nm))
        imu = measurements(sensors, Kind.IMU)
        if len(imu) == 0:
            return on_us
        momentum = self.inertia_kgm2 * imu["dtheta_body_rad"][0] / CYCLE_S
        wanted_nms = -GAIN * momentum
        # the one thruster whose torque points most nearly the way that is wanted
        along = self.torque_nm @ wanted_nms / np.linalg.norm(self.torque_nm, axis=1)
        best = int(np.argmax(along))
        on_us[best] = 1e6 * np.linalg.norm(wanted_nms) / np.linalg.norm(self.torque_nm[best])
        return np.where(on_us >= self.least_on_us, np.minimum(on_us, 1e6 * CYCLE_S), 0.0)


def main() -> Log:
    """Flies it; a ship that only stops turning never docks, so the verdict is FAIL."""
    log = fly(SCENARIO, seed=4, flight=RateDamper(SCENARIO))
    rate = np.degrees(np.linalg.norm(log.truth["w_body_eci_body_radps"], axis=1))
    print(f"{log.verdict} ({log.ended}): body rate {rate[0]:.4f} deg/s at start, {rate[-1]:.4f} deg/s at the end,")
    print(f"{log.propellant_kg:.3f} kg of propellant")
    return log


if __name__ == "__main__":
    main()
