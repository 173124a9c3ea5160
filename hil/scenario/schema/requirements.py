"""`[requirements]`: what a run must meet."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Requirements:
    """Limits the log is checked against, on truth."""

    contact_closing_rate_min_mps: NonNegative
    contact_closing_rate_max_mps: Positive
    contact_lateral_rate_mps: Positive
    contact_pitch_yaw_rate_deg_s: Positive
    contact_roll_rate_deg_s: Positive
    contact_lateral_misalignment_m: Positive
    contact_pitch_yaw_misalignment_deg: Annotated[float, Gt(0.0), Le(180.0)]
    contact_roll_misalignment_deg: Annotated[float, Gt(0.0), Le(180.0)]
    corridor_half_angle_deg: Annotated[float, Ge(0.01), Lt(90.0)]
    corridor_range_m: Positive
    closing_rate_floor_mps: Positive
    closing_rate_base_mps: NonNegative
    closing_rate_slope_ps: NonNegative
    closing_rate_range_m: Positive
    keep_out_radius_m: Positive
    avoidance_coast_m: NonNegative
    passive_safety_orbits: Annotated[float, Ge(0.0), Le(100.0)]
    passive_safety_from_phase: str
    passive_safety_to_phase: str
    passive_safety_interval_s: Positive
    passive_safety_burn_interval_s: Positive
    delta_v_budget_factor: Positive
