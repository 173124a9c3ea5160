"""Views for a rendezvous of two vehicles: chaser, target, and the instruments of the chaser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hil.plant.attitudes import frame_held
from hil.scenario.schema.orbits import Oem
from hil.scenario.schema.vehicle import Port, Vehicle

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    ephemeris: str
    mass_kg: float
    drag_area_m2: float
    drag_coefficient: float
    inertia_kgm2: tuple[float, ...]
    port_tbody_m: Vector
    q_tport_from_tbody: Quaternion
    gnss_antenna_tbody_m: Vector
    q_tbody_from_hill: Quaternion
    hold_limit_cycle_radps: float


@dataclass(frozen=True, kw_only=True)
class Chaser:
    """The chaser; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    mass_kg: float
    propellant_kg: float
    com_body_m: Vector
    tank_body_m: Vector
    inertia_kgm2: tuple[float, ...]
    drag_area_m2: float
    drag_coefficient: float
    port_body_m: Vector
    q_port_from_body: Quaternion
    q_tport_from_port: Quaternion
    thrusters: Any


@dataclass(frozen=True, kw_only=True)
class Sensors:
    """The first instrument of each kind; None where the chaser carries none."""

    imu: Any
    star: Any
    gnss: Any
    rgnss: Any
    camera: Any


class Thruster(NamedTuple):
    """One thruster of the chaser, and which of its groups it is of."""

    position_m: Vector
    direction: Vector
    force_n: float
    isp_s: float
    min_on_s: float
    rise_s: float
    decay_s: float
    group: int


def thrusters_of(groups: Iterable[Any]) -> tuple[Thruster, ...]:
    """Each thruster of the groups, numbered through in the order of the rows."""
    return tuple(
        Thruster(position, direction, t.force_n, t.isp_s, t.min_on_s, t.rise_s, t.decay_s, group)
        for group, t in enumerate(groups)
        for position, direction in zip(t.position_m, t.direction, strict=False)
    )


def target_of(vehicle: Vehicle, port: Port, antenna_tbody_m: Vector) -> Target:
    """The target, with the port that is docked to."""
    attitude, orbit = vehicle.attitude, vehicle.orbit
    return Target(
        ephemeris=orbit.file if isinstance(orbit, Oem) else "",
        mass_kg=vehicle.mass_kg, drag_area_m2=vehicle.drag_area_m2, drag_coefficient=vehicle.drag_coefficient,
        inertia_kgm2=vehicle.inertia_kgm2, port_tbody_m=port.position_body_m, q_tport_from_tbody=port.q_port_from_body,
        gnss_antenna_tbody_m=antenna_tbody_m,
        q_tbody_from_hill=attitude.q_body_from_hill if frame_held(attitude) == "lvlh" else (1.0, 0.0, 0.0, 0.0),
        hold_limit_cycle_radps=attitude.limit_cycle_radps if frame_held(attitude) == "lvlh" else 1.0,
    )  # fmt: skip


def chaser_of(vehicle: Vehicle, port: Port, thrusters: Any) -> Chaser:
    """The chaser, with the port that it docks with."""
    return Chaser(
        mass_kg=vehicle.mass_kg, propellant_kg=vehicle.propellant_kg, com_body_m=vehicle.com_body_m,
        tank_body_m=vehicle.tank_body_m, inertia_kgm2=vehicle.inertia_kgm2,
        drag_area_m2=vehicle.drag_area_m2, drag_coefficient=vehicle.drag_coefficient, port_body_m=port.position_body_m,
        q_port_from_body=port.q_port_from_body, q_tport_from_port=port.q_mate_from_port, thrusters=thrusters,
    )  # fmt: skip


def first(rows: Iterable[Any], kind: str) -> Any:
    """The first row of a kind; None when there is none."""
    return next((row for row in rows if row.kind == kind), None)
