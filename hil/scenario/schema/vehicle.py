"""`[[vehicle]]`: a spacecraft, its mass properties, ports, tanks and shapes, and where it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.plant.config import Mat3
from hil.scenario.schema.attitudes import Attitude
from hil.scenario.schema.orbits import Orbit
from hil.schema import Inertia, NonNegative, Quaternion, Vector


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Port:
    """A docking port, +x outward: its position, its axes, and those of the port that docks to it (`mate`).

    Within `radius_m` of its axis and `depth_m` of its plane the vehicles may touch.
    """

    name: str
    position_body_m: Vector
    q_port_from_body: Quaternion
    q_mate_from_port: Quaternion = (0.0, 0.0, 0.0, 1.0)
    radius_m: Annotated[float, Ge(0.01), Le(100.0)] = 1.0
    depth_m: Annotated[float, Ge(0.01), Le(100.0)] = 0.5


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Tank:
    """A tank and the mass of propellant in it, which is part of the vehicle's mass."""

    name: str
    position_body_m: Vector
    propellant_kg: NonNegative


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Vehicle:
    """A spacecraft; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz about the loaded centre of mass."""

    name: str
    title: str = ""
    mass_kg: Annotated[float, Ge(0.1), Le(1.0e7)]
    com_body_m: Vector = (0.0, 0.0, 0.0)
    inertia_kgm2: Inertia
    drag_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)] = 0.0
    drag_coefficient: Annotated[float, Ge(0.0), Le(100.0)] = 2.2
    radiation_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)] = 0.0
    radiation_coefficient: Annotated[float, Ge(0.0), Le(2.0)] = 1.0
    orbit: Orbit
    attitude: Attitude
    ports: Any = ()
    tanks: Any = ()
    shapes: Any = ()

    def port(self, name: str) -> Port:
        """The port of that name, the first for an empty one; one at the centre of mass where there are none.

        Raises KeyError for a name that no port has.
        """
        found: Mapping[str, Port] = {port.name: port for port in self.ports}
        if not found:
            return Port(name="", position_body_m=self.com_body_m, q_port_from_body=(1.0, 0.0, 0.0, 0.0))
        return found[name] if name else next(iter(found.values()))

    @property
    def tank_body_m(self) -> tuple[float, float, float]:
        """Where its propellant is: the centre of what all tanks hold, the centre of mass without any."""
        if len(self.tanks) == 1 or not self.propellant_kg:
            x, y, z = self.tanks[0].position_body_m if self.tanks else self.com_body_m
            return (x, y, z)
        total = self.propellant_kg
        x, y, z = (sum(t.propellant_kg * t.position_body_m[i] for t in self.tanks) / total for i in range(3))
        return (x, y, z)

    @property
    def propellant_kg(self) -> float:
        """What of its mass is propellant."""
        return float(sum(tank.propellant_kg for tank in self.tanks))


def inertia_matrix(six: Sequence[float]) -> Mat3:
    """Row-major matrix of the elements Ixx Iyy Izz Ixy Ixz Iyz."""
    xx, yy, zz, xy, xz, yz = six
    return (xx, xy, xz, xy, yy, yz, xz, yz, zz)
