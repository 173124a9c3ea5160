"""`[sensors]`: what the chaser measures with."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from annotated_types import Ge, Le, Lt
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.distributions import Distribution
from hil.instruments import kinds
from hil.instruments.rows import Row
from hil.schema import Angle, Fraction, NonNegative, Positive, Quaternion, Vector


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Imu:
    """Gyro and accelerometer."""

    position_body_m: Vector
    gyro_arw_deg_per_sqrt_h: Annotated[float, Ge(0.0), Le(1.0e4)]
    gyro_bias_deg_per_h: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    gyro_rrw_deg_per_h15: Annotated[float, Ge(0.0), Le(1.0e4)]
    accelerometer_bias_mps2: Annotated[float, Ge(0.0), Le(10.0)] | Distribution
    accelerometer_noise_mps_per_sqrt_s: Annotated[float, Ge(0.0), Le(10.0)]
    scale_factor_ppm: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    misalignment_deg: Angle | Distribution


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Star:
    """Star tracker, boresight along star x."""

    q_star_from_body: Quaternion
    period_s: Positive
    latency_s: NonNegative
    sigma_cross_arcsec: NonNegative
    sigma_roll_arcsec: NonNegative
    misalignment_deg: Angle | Distribution


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Gnss:
    """Absolute GNSS receiver of the chaser."""

    antenna_body_m: Vector
    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Rgnss:
    """Relative GNSS between the antennas of both craft."""

    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative
    bias_sigma_m: NonNegative
    bias_tau_s: Positive
    growth_m: Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Camera:
    """Docking camera, boresight along camera x."""

    position_body_m: Vector
    q_camera_from_body: Quaternion
    period_s: Positive
    latency_s: NonNegative
    max_range_m: Positive
    pose_range_m: NonNegative
    field_of_view_deg: Annotated[float, Ge(0.01), Lt(180.0)]
    sigma_range_ratio: NonNegative
    sigma_range_floor_m: NonNegative
    sigma_los_deg: Angle
    sigma_pose_deg: Angle
    pose_reference_m: Positive
    boresight_deg: Angle | Distribution
    dropout_probability: Fraction


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sensors:
    """What the chaser measures with."""

    imu: Imu
    star: Star
    gnss: Gnss
    rgnss: Rgnss
    camera: Camera

    def rows(self, target_antenna_tbody_m: tuple[float, float, float]) -> tuple[Row, ...]:
        """A row for each instrument, in the order of their numbers."""
        antenna = {"position_body_m": self.gnss.antenna_body_m}
        given: dict[str, dict[str, Any]] = {
            "imu": {}, "star": {}, "gnss": antenna,
            "rgnss": antenna | {"target_antenna_tbody_m": target_antenna_tbody_m}, "camera": {},
        }  # fmt: skip
        renamed = {"q_star_from_body": "q_from_body", "q_camera_from_body": "q_from_body"}
        found: list[Row] = []
        for name, more in given.items():
            table = getattr(self, name)
            values = {renamed.get(f.name, f.name): getattr(table, f.name) for f in fields(table)} | more
            values.pop("antenna_body_m", None)
            found.append(kinds()[name].row(name=name, kind=name, **values))
        return (*found, kinds()["dock"].row(name="dock", kind="dock"))
