"""Air density of a scenario: the table for its date, computed once when the scenario is read."""

from __future__ import annotations

from datetime import date
from typing import Any

from hil.plant.density import HEIGHT_STEP_M, DensityError, source, tabulate
from hil.scenario.messages import Reader
from hil.scenario.schema.header import Header
from hil.scenario.schema.plant import Plant

OF_THE_DAY = "nrlmsis21"
MOST_HEIGHTS = 64


def settle_density(reader: Reader, document: dict[str, Any], header: Header, plant: Plant) -> bool:
    """The document with the table of `[plant.density]` where it has only the indices; whether it had.

    Raises ScenarioError.
    """
    air = plant.density
    if plant.atmosphere != OF_THE_DAY or air.night_kgpm3:
        return False
    count = int((air.highest_m - air.lowest_m) / HEIGHT_STEP_M + 0.5) + 1
    if not 2 <= count <= MOST_HEIGHTS:
        most = HEIGHT_STEP_M * (MOST_HEIGHTS - 1)
        expected = f"expected {HEIGHT_STEP_M:g} to {most:g} m above lowest_m = {air.lowest_m:g}"
        raise reader.fail("plant.density.highest_m", air.highest_m, expected)
    day = day_of(header)
    heights = [air.lowest_m + HEIGHT_STEP_M * k for k in range(count)]
    try:
        night, bulge, _ = tabulate(
            day, heights, air.latitude_max_deg, f107_sfu=air.f107_sfu, f107_81day_sfu=air.f107_81day_sfu, ap=air.ap
        )
    except DensityError as error:
        raise reader.fail("plant.atmosphere", plant.atmosphere, str(error)) from None
    table = {"night_kgpm3": night, "bulge_ratio": bulge, "source": source(day)}
    document["plant"] = {**document["plant"], "density": {**document["plant"].get("density", {}), **table}}
    return True


def day_of(header: Header) -> date:
    """The day, UTC, on which the scenario starts."""
    return date.fromisoformat(str(header.epoch)[:10])
