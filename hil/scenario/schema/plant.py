"""`[plant]`: the world as it is."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.plant.validity import Model


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Plant:
    """Truth environment and integration step."""

    step_s: Annotated[float, Ge(0.001), Le(1.0)]
    atmosphere: str  # a table of hil/plant/tables, or "none"
    field_degree: Annotated[int, Ge(0), Le(12)] = 0  # of the gravity field beyond J4; 0 leaves it out
    third_bodies: tuple[Literal["sun", "moon"], ...] = ()  # that attract
    radiation_pressure: bool = False
    beyond_validity: tuple[Model, ...] = ()  # models that may be flown outside the range they hold for
