"""Tables of the run's own day: against NRLMSIS itself, against the shipped table, and as a scenario has them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pymsis
import pytest

from hil import Scenario, ScenarioError
from hil.dispersion import sample
from hil.plant.config import load_atmosphere
from hil.plant.density import sun_declination_deg, tabulate
from hil.prepare import check, plant_config

SHIPPED = load_atmosphere()
OF_THE_DAY = [
    'plant.atmosphere="nrlmsis21"', "plant.density.f107_sfu=190.1", "plant.density.f107_81day_sfu=179.6",
    "plant.density.ap=14.0", "plant.density.lowest_m=400000.0", "plant.density.highest_m=420000.0",
    "plant.density.latitude_max_deg=52.0",
]  # fmt: skip


def test_the_shipped_table_is_that_of_its_day():
    night, bulge, error = tabulate(
        date(2025, 2, 26), [300.0e3, 400.0e3, 500.0e3], 52.0, f107_sfu=190.1, f107_81day_sfu=179.6, ap=14.0
    )
    assert night == pytest.approx(SHIPPED.density_night_kgpm3[::10], rel=1e-4, abs=0.0)
    assert bulge == pytest.approx(SHIPPED.bulge_amplitude[::10], rel=1e-3, abs=0.0)
    assert max(error) < 0.25


def test_another_days_table_is_near_the_model_there():
    """Quiet Sun, polar orbit, other season: the mean over the globe is the model's."""
    day = date(2019, 7, 1)
    night, bulge, error = tabulate(day, [550.0e3], 90.0, f107_sfu=67.0, f107_81day_sfu=67.0, ap=4.0)
    dates = np.datetime64(day.isoformat()) + np.array((0, 6, 12, 18)) * np.timedelta64(1, "h")
    lat, lon = np.arange(-85.0, 86.0, 10.0), np.arange(-180.0, 180.0, 20.0)
    rho = pymsis.calculate(dates, lon, lat, [550.0], [67.0] * 4, [67.0] * 4, [[4.0] * 7] * 4, version=2.1)[..., 0, 0]
    mean = np.average(rho.mean(axis=(0, 1)), weights=np.cos(np.radians(lat)))
    assert night[0] * (1.0 + bulge[0] / 3.0) == pytest.approx(mean, rel=0.1, abs=0.0)
    assert night[0] < 0.1 * SHIPPED.density_night_kgpm3[20]
    assert error[0] < 0.5


@pytest.mark.parametrize(("day", "expected"), [(date(2025, 3, 20), 0.0), (date(2025, 6, 21), 23.44)])
def test_declination_of_the_sun(day, expected):
    assert sun_declination_deg(day) == pytest.approx(expected, abs=0.3)


def test_a_scenario_as_flown_has_the_table(monkeypatch):
    flown = Scenario.load("iss-contact", OF_THE_DAY)
    assert len(flown.plant.density.night_kgpm3) == len(flown.plant.density.bulge_ratio) == 3
    assert "pymsis" in flown.plant.density.source and "2025-02-26" in flown.plant.density.source
    monkeypatch.delattr(pymsis, "calculate")  # whoever reads it needs no model
    again = Scenario.parse(flown.to_toml(), "flown.toml")
    assert again.plant == flown.plant
    air = plant_config(again, sample(again, 1)).environment.atmosphere
    expected = replace(SHIPPED, density_night_kgpm3=SHIPPED.density_night_kgpm3[10:13])
    assert air.density_night_kgpm3 == pytest.approx(expected.density_night_kgpm3, rel=1e-4, abs=0.0)
    assert (air.height_0_m, air.height_step_m, air.latitude_max_deg) == (400.0e3, 10.0e3, 52.0)
    assert (air.valid_from, air.valid_to) == (SHIPPED.valid_from, SHIPPED.valid_to)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "plant.density.highest_m=400000.0",
            r"highest_m = 400000\.0: expected 10000 to 630000 m above",
        ),
        ("plant.density.f107_sfu=20.0", r"plant\.density\.f107_sfu = 20\.0: expected a number from 50 to 500"),
        ('plant.atmosphere="nrlmsis"', r'plant\.atmosphere = "nrlmsis": expected "none", "nrlmsis21" or the name'),
    ],
)
def test_a_density_that_is_none_is_refused(change, said):
    with pytest.raises(ScenarioError, match=said):
        check(Scenario.load("iss-contact", [*OF_THE_DAY, change]))
