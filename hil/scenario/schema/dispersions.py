"""`[dispersions]`: how truth and what is uploaded differ from run to run."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.distributions import Correlated, Distribution
from hil.schema import Angle


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Dispersions:
    """How each true value and each uploaded error is drawn.

    A number is 3 sigma of a normal distribution, each axis; 0 draws nothing. A table with a `kind` is any
    other distribution, in the unit of the key (`hil.distributions`).
    """

    initial_position_m: Annotated[float, Ge(0.0), Le(1.0e3)] | Distribution = 0.0
    initial_velocity_mps: Annotated[float, Ge(0.0), Le(1.0)] | Distribution = 0.0
    initial_attitude_deg: Angle | Distribution = 0.0
    initial_rate_deg_s: Annotated[float, Ge(0.0), Le(100.0)] | Distribution = 0.0
    mass_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution = 0.0
    com_m: Annotated[float, Ge(0.0), Le(10.0)] | Distribution = 0.0
    inertia_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution = 0.0
    thruster_force_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution = 0.0
    thruster_direction_deg: Annotated[float, Ge(0.0), Le(30.0)] | Distribution = 0.0
    density_factor: Annotated[float, Ge(1.0), Le(100.0)] | Distribution = 1.0
    target_attitude_deg: Angle | Distribution = 0.0
    target_rate_deg_s: Annotated[float, Ge(0.0), Le(10.0)] | Distribution = 0.0
    upload_target_position_m: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution = 0.0
    upload_target_velocity_mps: Annotated[float, Ge(0.0), Le(100.0)] | Distribution = 0.0
    handover_position_m: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution = 0.0
    handover_velocity_mps: Annotated[float, Ge(0.0), Le(100.0)] | Distribution = 0.0
    handover_attitude_deg: Angle | Distribution = 0.0
    correlated: tuple[Correlated, ...] = ()
