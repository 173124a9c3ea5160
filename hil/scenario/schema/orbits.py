"""Where a vehicle is at the start: `orbit` of `[[vehicle]]`, one model for each kind."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le, Lt
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT

Length = Annotated[float, Ge(-1.0e12), Le(1.0e12)]
Speed = Annotated[float, Ge(-1.0e6), Le(1.0e6)]
Position = tuple[Length, Length, Length]
Velocity = tuple[Speed, Speed, Speed]
Turn = Annotated[float, Ge(-360.0), Le(360.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Oem:
    """A CCSDS orbit ephemeris message, interpolated at the epoch."""

    kind: Literal["oem"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Opm:
    """The state in a CCSDS orbit parameter message, whose epoch must be that of the scenario."""

    kind: Literal["opm"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Tle:
    """A two-line element set, propagated to the epoch with SGP4."""

    kind: Literal["tle"]
    line1: str
    line2: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Omm:
    """A CCSDS orbit mean-elements message, propagated to the epoch with SGP4."""

    kind: Literal["omm"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Elements:
    """Osculating Keplerian elements at the epoch, about the central body, eci."""

    kind: Literal["elements"]
    semi_major_axis_m: Annotated[float, Ge(1.0e3), Le(1.0e12)]
    eccentricity: Annotated[float, Ge(0.0), Lt(1.0)]
    inclination_deg: Annotated[float, Ge(0.0), Le(180.0)]
    node_deg: Turn
    periapsis_deg: Turn
    true_anomaly_deg: Turn


@dataclass(frozen=True, kw_only=True, config=STRICT)
class State:
    """Position and velocity at the epoch, eci."""

    kind: Literal["state"]
    r_eci_m: Position
    v_eci_mps: Velocity
    source: str = ""  # what it was computed from, and with


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Relative:
    """Position and velocity of the centre of mass relative to another vehicle's, in the hill frame of that vehicle."""

    kind: Literal["relative"]
    to: str
    r_hill_m: Position
    v_hill_mps: Velocity = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Approach:
    """At rest in front of the target's port and facing it: distance along the port's axis, offset along hill x."""

    kind: Literal["approach"]
    distance_m: Annotated[float, Ge(1.0e-3), Le(1.0e6)]
    offset_x_m: Annotated[float, Ge(-1.0e5), Le(1.0e5)] = 0.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Docked:
    """Docked to the target. The ports default to the first of each vehicle."""

    kind: Literal["docked"]
    port: str = ""
    target_port: str = ""


Orbit = Oem | Opm | Tle | Omm | Elements | State | Relative | Approach | Docked
