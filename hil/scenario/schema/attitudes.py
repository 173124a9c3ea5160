"""How a vehicle turns: `attitude` of `[[vehicle]]`, one model for each mode."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.schema import Quaternion

Rate = Annotated[float, Ge(-100.0), Le(100.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Flown:
    """Controlled by the flight software through the effectors.

    It starts with the given attitude, or else with that in which it will dock.
    """

    mode: Literal["flown"]
    q_body_from_hill: Quaternion | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LvlhHold:
    """Holds an attitude in the hill frame, with a slow limit cycle about it.

    `ends_at_capture`: whether its attitude control is switched off when another vehicle docks.
    """

    mode: Literal["lvlh_hold"]
    q_body_from_hill: Quaternion
    limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)]
    ends_at_capture: bool = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class InertialHold:
    """Holds an attitude in the inertial frame, with a slow limit cycle about it."""

    mode: Literal["inertial_hold"]
    q_body_from_eci: Quaternion
    limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)] = 0.02
    ends_at_capture: bool = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FreeTumble:
    """Tumbles as a free rigid body, with nutation and gravity gradient, from an initial attitude and rate.

    The rate is inertial, in body axes.
    """

    mode: Literal["free_tumble"]
    q_body_from_hill: Quaternion = (1.0, 0.0, 0.0, 0.0)
    rate_body_deg_s: tuple[Rate, Rate, Rate]


Attitude = Flown | LvlhHold | InertialHold | FreeTumble
