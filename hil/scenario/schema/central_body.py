"""`[central_body]`: what the vehicles orbit."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT

Zonal = Annotated[float, Ge(-0.1), Le(0.1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CentralBody:
    """The body that the vehicles orbit; default: the Earth (WGS 84, EGM96 zonals)."""

    mu_m3ps2: Annotated[float, Ge(1.0), Le(1.0e21)] = 3.986004418e14
    re_m: Annotated[float, Ge(10.0), Le(1.0e9)] = 6378137.0
    j2: Zonal = 1.08262668e-3
    j3: Zonal = -2.53265649e-6
    j4: Zonal = -1.61962159e-6
    flattening: Annotated[float, Ge(0.0), Le(0.5)] = 1.0 / 298.257223563
    rate_radps: Annotated[float, Ge(-1.0e-2), Le(1.0e-2)] = 7.292115e-5
