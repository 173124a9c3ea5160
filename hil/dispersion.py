"""What a run draws before it starts: truth that differs from nominal, and errors of what is uploaded.

Each quantity has a noise stream of its own, named after it, so that adding one changes no other
draw. Only + - * / sqrt and the core's elementary functions: the same draw on every machine.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from gnc import kernels
from hil.noise import Stream
from hil.scenario import DEG, Scenario

TWO_PI = 6.28318530717958647693
HOUR_S = 3600.0

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Dispersed:
    """Everything drawn for one run, SI and radians.

    Ratios are relative errors (0 is nominal), angles are rotation vectors in the axes of the frame
    turned, thruster values have one element a thruster.
    """

    initial_position_hill_m: Vector
    initial_velocity_hill_mps: Vector
    initial_attitude_body_rad: Vector
    initial_rate_body_radps: Vector
    mass_ratio: float
    com_body_m: Vector
    inertia_ratio: tuple[float, ...]
    thruster_force_ratio: tuple[float, ...]
    thruster_direction_rad: tuple[Vector, ...]
    density_factor: float
    target_attitude_tbody_rad: Vector
    target_rate_amplitude_radps: Vector
    target_phase_rad: Vector
    upload_target_position_eci_m: Vector
    upload_target_velocity_eci_mps: Vector
    handover_position_hill_m: Vector
    handover_velocity_hill_mps: Vector
    handover_attitude_body_rad: Vector
    gyro_bias_radps: Vector
    gyro_scale: Vector
    accelerometer_bias_mps2: Vector
    accelerometer_scale: Vector
    imu_misalignment_rad: Vector
    star_misalignment_rad: Vector
    camera_boresight_rad: Vector

    def as_dict(self) -> dict[str, Any]:
        """Names and values, for the log."""
        return asdict(self)


class _Draws:
    """Draws of one run; `three_sigma` values in, zero-mean normals out."""

    def __init__(self, seed: int, case: int):
        self.seed, self.case = seed, case

    def stream(self, name: str) -> Stream:
        return Stream(self.seed, self.case, f"dispersion.{name}")

    def normals(self, name: str, three_sigma: float, count: int) -> tuple[float, ...]:
        stream = self.stream(name)
        return tuple(three_sigma / 3.0 * stream.normal() for _ in range(count))

    def vector(self, name: str, three_sigma: float) -> Vector:
        x, y, z = self.normals(name, three_sigma, 3)
        return (x, y, z)

    def vectors(self, name: str, three_sigma: float, count: int) -> tuple[Vector, ...]:
        stream, sigma = self.stream(name), three_sigma / 3.0
        return tuple((sigma * stream.normal(), sigma * stream.normal(), sigma * stream.normal()) for _ in range(count))

    def phases(self, name: str) -> Vector:
        stream = self.stream(name)
        return (TWO_PI * stream.uniform(), TWO_PI * stream.uniform(), TWO_PI * stream.uniform())


def sample(scenario: Scenario, seed: int, case: int = 0) -> Dispersed:
    """Draws every dispersed value of `scenario` under the master seed `seed`, campaign case `case`."""
    d, imu, count = scenario.dispersions, scenario.sensors.imu, len(scenario.chaser.thrusters.position_m)
    draw = _Draws(seed, case)
    (density,) = draw.normals("density_factor", kernels.log(d.density_factor), 1)
    return Dispersed(
        initial_position_hill_m=draw.vector("initial_position", d.initial_position_m),
        initial_velocity_hill_mps=draw.vector("initial_velocity", d.initial_velocity_mps),
        initial_attitude_body_rad=draw.vector("initial_attitude", d.initial_attitude_deg * DEG),
        initial_rate_body_radps=draw.vector("initial_rate", d.initial_rate_deg_s * DEG),
        mass_ratio=draw.normals("mass", d.mass_ratio, 1)[0],
        com_body_m=draw.vector("com", d.com_m),
        inertia_ratio=draw.normals("inertia", d.inertia_ratio, 6),
        thruster_force_ratio=draw.normals("thruster_force", d.thruster_force_ratio, count),
        thruster_direction_rad=draw.vectors("thruster_direction", d.thruster_direction_deg * DEG, count),
        density_factor=kernels.exp(density),
        target_attitude_tbody_rad=draw.vector("target_attitude", d.target_attitude_deg * DEG),
        target_rate_amplitude_radps=draw.vector("target_rate", d.target_rate_deg_s * DEG),
        target_phase_rad=draw.phases("target_phase"),
        upload_target_position_eci_m=draw.vector("upload_target_position", d.upload_target_position_m),
        upload_target_velocity_eci_mps=draw.vector("upload_target_velocity", d.upload_target_velocity_mps),
        handover_position_hill_m=draw.vector("handover_position", d.handover_position_m),
        handover_velocity_hill_mps=draw.vector("handover_velocity", d.handover_velocity_mps),
        handover_attitude_body_rad=draw.vector("handover_attitude", d.handover_attitude_deg * DEG),
        gyro_bias_radps=draw.vector("gyro_bias", imu.gyro_bias_deg_per_h * DEG / HOUR_S),
        gyro_scale=draw.vector("gyro_scale", imu.scale_factor_ppm * 1.0e-6),
        accelerometer_bias_mps2=draw.vector("accelerometer_bias", imu.accelerometer_bias_mps2),
        accelerometer_scale=draw.vector("accelerometer_scale", imu.scale_factor_ppm * 1.0e-6),
        imu_misalignment_rad=draw.vector("imu_misalignment", imu.misalignment_deg * DEG),
        star_misalignment_rad=draw.vector("star_misalignment", scenario.sensors.star.misalignment_deg * DEG),
        camera_boresight_rad=draw.vector("camera_boresight", scenario.sensors.camera.boresight_deg * DEG),
    )
