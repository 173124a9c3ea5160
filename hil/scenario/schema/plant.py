"""`[plant]`: the world as it is."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.plant.validity import Model

Height = Annotated[float, Ge(100.0e3), Le(1000.0e3)]
Densities = Annotated[tuple[Annotated[float, Gt(0.0), Le(1.0)], ...], MaxLen(64)]
Bulges = Annotated[tuple[Annotated[float, Ge(-1.0), Le(1.0e3)], ...], MaxLen(64)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Density:
    """Air density on the day of the run (`atmosphere = "nrlmsis21"`): space weather indices and range of the table.

    The scenario as flown contains the table itself: night densities and day bulges every 10 km from the lowest height.
    """

    f107_sfu: Annotated[float, Ge(50.0), Le(500.0)] = 150.0  # of the day before, observed
    f107_81day_sfu: Annotated[float, Ge(50.0), Le(500.0)] = 150.0  # mean of 81 days about it
    ap: Annotated[float, Ge(0.0), Le(400.0)] = 15.0  # of the day
    lowest_m: Height = 200.0e3
    highest_m: Height = 700.0e3
    latitude_max_deg: Annotated[float, Ge(1.0), Le(90.0)] = 90.0
    source: str = ""
    night_kgpm3: Densities = ()
    bulge_ratio: Bulges = ()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Plant:
    """Truth environment and integration step."""

    step_s: Annotated[float, Ge(0.001), Le(1.0)]
    atmosphere: str  # a table of hil/plant/tables, "nrlmsis21" for one of [plant.density], or "none"
    density: Density = Density()
    field_degree: Annotated[int, Ge(0), Le(12)] = 0  # of the gravity field beyond J4; 0 leaves it out
    third_bodies: tuple[Literal["sun", "moon"], ...] = ()  # that attract
    radiation_pressure: bool = False
    beyond_validity: tuple[Model, ...] = ()  # models that may be flown outside the range they hold for
