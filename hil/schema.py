"""Types of scenario keys: ranges of values, and the units in their names."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from firmware_bridge.faults import STRICT as STRICT  # of every model of a row

DEG = 3.14159265358979323846 / 180.0

# Ranges for values that no model limits; they cannot overflow in a run
Positive = Annotated[float, Ge(1.0e-9), Le(1.0e9)]
NonNegative = Annotated[float, Ge(0.0), Le(1.0e9)]
Fraction = Annotated[float, Ge(0.0), Le(1.0)]
Angle = Annotated[float, Ge(0.0), Le(180.0)]
Component = Annotated[float, Ge(-1.0), Le(1.0)]
Place = Annotated[float, Ge(-100.0), Le(100.0)]
Vector = tuple[Place, Place, Place]
Offset = Annotated[float, Ge(-1.0e6), Le(1.0e6)]
Bias = tuple[Offset, Offset, Offset]
Quaternion = tuple[Component, Component, Component, Component]
Moment = Annotated[float, Ge(1.0e-6), Le(1.0e12)]
Product = Annotated[float, Ge(-1.0e12), Le(1.0e12)]
Inertia = tuple[Moment, Moment, Moment, Product, Product, Product]
Mass = Annotated[float, Ge(0.1), Le(1.0e6)]

# Unit suffixes of keys, longest first, and the units they stand for
UNITS = {
    "mps_per_sqrt_s": "m/s^1.5", "deg_per_sqrt_h": "deg/h^0.5", "deg_per_h15": "deg/h^1.5", "deg_per_h": "deg/h",
    "rad2ps3": "rad^2/s^3", "radps05": "rad/s^0.5", "radps15": "rad/s^1.5", "m2ps3": "m^2/s^3", "m3ps2": "m^3/s^2",
    "arcsec": "arcsec", "radps": "rad/s", "deg_s": "deg/s", "mps2": "m/s^2", "kgm2": "kg m^2", "ps2": "1/s^2",
    "mps": "m/s", "deg": "deg", "rad": "rad", "ppm": "ppm", "sfu": "sfu", "orbits": "orbits", "ratio": "ratio",
    "kgpm3": "kg/m^3", "m2": "m^2", "kg": "kg", "ps": "1/s", "m": "m", "s": "s", "n": "N",
}  # fmt: skip
# Common mistakes, besides the units above
OTHER_SUFFIXES = (
    "degps", "kmps", "cmps", "hours", "min", "km2", "km", "cm", "mm", "ft", "lb",
    "us", "ms", "g", "t", "h", "kn",
)  # fmt: skip


def split_unit(key: str) -> tuple[str, str]:
    """A key's stem and its unit suffix ("" when it has none)."""
    for suffix in sorted((*UNITS, *OTHER_SUFFIXES), key=len, reverse=True):
        if key.endswith(f"_{suffix}"):
            return key.removesuffix(f"_{suffix}"), suffix
    return key, ""


def unit_of(key: str) -> str:
    """The unit of a key's suffix; "" for a pure number or a string."""
    return UNITS.get(split_unit(key)[1], "")


def other_angle_unit(key: str) -> str:
    """The key of the same angle in the other unit; empty if it is not an angle."""
    for degrees, radians in (("_deg_s", "_radps"), ("_deg", "_rad")):
        if key.endswith(degrees):
            return key.removesuffix(degrees) + radians
        if key.endswith(radians):
            return key.removesuffix(radians) + degrees
    return ""
