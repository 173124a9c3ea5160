"""`[target]` and `[chaser]`, where the chaser starts, and what the docking mechanism captures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.plant.config import Mat3
from hil.schema import Angle, Component, Inertia, Mass, NonNegative, Positive, Quaternion, Vector


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Target:
    """The other spacecraft; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    ephemeris: str
    mass_kg: Annotated[float, Ge(0.1), Le(1.0e7)]
    drag_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)]
    drag_coefficient: Annotated[float, Ge(0.0), Le(100.0)]
    inertia_kgm2: Inertia
    port_tbody_m: Vector
    q_tport_from_tbody: Quaternion
    gnss_antenna_tbody_m: Vector
    q_tbody_from_hill: Quaternion
    hold_limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Thrusters:
    """Thrusters of one class: places and directions of the force, structural body frame."""

    force_n: Annotated[float, Ge(1.0e-6), Le(1.0e5)]
    isp_s: Annotated[float, Ge(1.0), Le(1.0e4)]
    min_on_s: Annotated[float, Ge(1.0e-4), Le(1.0)]
    rise_s: Annotated[float, Ge(0.0), Le(0.2)]
    decay_s: Annotated[float, Ge(0.0), Le(0.2)]
    position_m: Annotated[tuple[Vector, ...], MinLen(1), MaxLen(core.N_THRUSTERS)]
    direction: Annotated[tuple[tuple[Component, Component, Component], ...], MinLen(1), MaxLen(core.N_THRUSTERS)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Chaser:
    """The craft that is flown; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    mass_kg: Mass
    propellant_kg: NonNegative
    com_body_m: Vector
    tank_body_m: Vector
    inertia_kgm2: Inertia
    drag_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)]
    drag_coefficient: Annotated[float, Ge(0.0), Le(100.0)]
    port_body_m: Vector
    q_port_from_body: Quaternion
    q_tport_from_port: Quaternion
    thrusters: Thrusters


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Initial:
    """The point the chaser holds at start, port to port along the approach axis."""

    distance_m: Annotated[float, Ge(1.0e-3), Le(1.0e6)]
    offset_x_m: Annotated[float, Ge(-1.0e5), Le(1.0e5)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Contact:
    """What the docking mechanism captures."""

    capture_lateral_m: Positive
    capture_closing_min_mps: NonNegative
    capture_closing_max_mps: Positive
    capture_angle_deg: Angle


def inertia_matrix(six: Sequence[float]) -> Mat3:
    """Row-major matrix of the elements Ixx Iyy Izz Ixy Ixz Iyz."""
    xx, yy, zz, xy, xz, yz = six
    return (xx, xy, xz, xy, yy, yz, xz, yz, zz)
