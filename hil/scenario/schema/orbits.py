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
    """On a CCSDS orbit ephemeris message, interpolated at the epoch."""

    kind: Literal["oem"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Opm:
    """On the state of a CCSDS orbit parameter message, at its epoch the scenario's."""

    kind: Literal["opm"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Tle:
    """On a two-line element set, propagated to the epoch with SGP4."""

    kind: Literal["tle"]
    line1: str
    line2: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Omm:
    """On a CCSDS orbit mean-elements message, propagated to the epoch with SGP4."""

    kind: Literal["omm"]
    file: str


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Elements:
    """On osculating Keplerian elements at the epoch, about the central body, eci."""

    kind: Literal["elements"]
    semi_major_axis_m: Annotated[float, Ge(1.0e3), Le(1.0e12)]
    eccentricity: Annotated[float, Ge(0.0), Lt(1.0)]
    inclination_deg: Annotated[float, Ge(0.0), Le(180.0)]
    node_deg: Turn
    periapsis_deg: Turn
    true_anomaly_deg: Turn


@dataclass(frozen=True, kw_only=True, config=STRICT)
class State:
    """At a position and velocity at the epoch, eci."""

    kind: Literal["state"]
    r_eci_m: Position
    v_eci_mps: Velocity
    source: str = ""  # what it was computed from, and with


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Relative:
    """At a position and velocity of its centre of mass from another vehicle's, in that one's hill frame."""

    kind: Literal["relative"]
    to: str
    r_hill_m: Position
    v_hill_mps: Velocity = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Approach:
    """At rest before the target's port, port to port along its axis and off it along hill x, facing it."""

    kind: Literal["approach"]
    distance_m: Annotated[float, Ge(1.0e-3), Le(1.0e6)]
    offset_x_m: Annotated[float, Ge(-1.0e5), Le(1.0e5)] = 0.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Docked:
    """Docked to the target: its port of this name, the first if left out, to the target's."""

    kind: Literal["docked"]
    port: str = ""
    target_port: str = ""


Orbit = Oem | Opm | Tle | Omm | Elements | State | Relative | Approach | Docked
