"""`[[vehicle.shape]]`: the outer shape of a vehicle, of primitives in its structural body frame."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.schema import Quaternion, Vector

Size = Annotated[float, Ge(1.0e-3), Le(1.0e3)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Placed:
    """Where a primitive is: the place of its centre, and the turn to its own axes."""

    name: str
    position_body_m: Vector = (0.0, 0.0, 0.0)
    q_from_body: Quaternion = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Box(Placed):
    """A box, its edges along its own axes."""

    kind: Literal["box"]
    size_m: tuple[Size, Size, Size]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Cylinder(Placed):
    """A cylinder about its own x axis."""

    kind: Literal["cylinder"]
    radius_m: Size
    length_m: Size


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sphere(Placed):
    """A sphere."""

    kind: Literal["sphere"]
    radius_m: Size


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Cone(Placed):
    """A frustum about its own x axis, from its radius at the -x end to that at the +x end."""

    kind: Literal["cone"]
    radius_m: Size
    end_radius_m: Annotated[float, Ge(0.0), Le(1.0e3)]
    length_m: Size


SHAPES: dict[str, type[Placed]] = {"box": Box, "cylinder": Cylinder, "sphere": Sphere, "cone": Cone}
