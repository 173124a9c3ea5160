"""Each model says what it holds for; what lies outside is refused, or flown by an explicit key and said."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import erfa
import numpy as np
import pytest

from hil.plant.config import IDENTITY, EnvironmentConfig, Hold, load_atmosphere
from hil.plant.environment import pole_of_date, sun_position_m
from hil.plant.validity import MODELS, Conditions, conditions, declared, height_range_m, left_at, outside
from hil.timescales import Epoch
from tests.plant.plants import EPOCH, FIELD, LVLH, MU, RE, ZONAL, plant

EARTH = replace(ZONAL, field=FIELD, atmosphere=load_atmosphere())
ISS = Conditions((410e3, 425e3), 51.7, Epoch.of(EPOCH), 14400.0, 3500.0)


def test_every_model_declares_its_range_once() -> None:
    assert [valid.model for valid in declared(EARTH)] == list(MODELS)


def test_station_orbit_on_the_day_of_the_table_is_inside() -> None:
    assert outside(EARTH, ISS) == {}


@pytest.mark.parametrize(
    ("changes", "models", "said"),
    [
        (
            {"start": Epoch.of(datetime(2008, 3, 9))},
            ["density"],
            "epoch 2008-03-09T00:00:00 and 14400 s on, holds from 2025-01-17",
        ),
        ({"start": Epoch.of(datetime(2025, 4, 7, 23))}, ["density"], "to 2025-04-08"),
        ({"start": Epoch.of(datetime(2050, 1, 1))}, ["density", "pole", "sun"], "holds from 1972-01-01 to 2050-01-01"),
        ({"height_m": (250e3, 420e3)}, ["density"], "height 250 to 420 km, holds from 300 to 500 km"),
        ({"height_m": (90e3, 420e3)}, ["density", "gravity", "shadow", "gnss"], "holds from 100 to 2000 km"),
        ({"height_m": (35.7e6, 35.8e6)}, ["density", "gravity", "gnss"], "height 35700 to 35800 km"),
        ({"latitude_max_deg": 82.0}, ["density"], "latitude up to 82 deg, holds to 52 deg"),
        ({"duration_s": 5.0 * 86400.0}, ["pole"], "duration 432000 s, holds for 345600 s"),
        ({"separation_m": 60e3}, ["rgnss"], "distance 60 km, holds to 50 km"),
    ],
)
def test_what_lies_outside_names_model_value_and_range(changes: Any, models: list[str], said: str) -> None:
    found = outside(EARTH, replace(ISS, **changes))
    assert list(found) == models
    assert any(said in words for words in found.values())


def test_height_that_is_not_a_number_is_outside_everything() -> None:
    assert set(outside(EARTH, replace(ISS, height_m=(math.nan, math.nan)))) == set(MODELS)


def test_field_goes_with_the_constants_it_was_fitted_with() -> None:
    assert outside(replace(EARTH, mu_m3ps2=3.986004418e14, re_m=6378137.0), ISS) == {}
    found = outside(replace(EARTH, mu_m3ps2=3.98e14), ISS)
    assert found == {"gravity": "mu_m3ps2 3.98e+14, the field egm2008 is of 3.986004415e+14"}
    assert outside(replace(EARTH, mu_m3ps2=3.98e14, field=None), ISS) == {}


def test_without_an_atmosphere_there_is_no_density_to_leave() -> None:
    assert (
        outside(
            replace(EARTH, atmosphere=None), replace(ISS, latitude_max_deg=82.0, start=Epoch.of(datetime(2008, 3, 9)))
        )
        == {}
    )


def test_conditions_are_those_of_the_whole_osculating_orbit() -> None:
    """An ellipse of 300 by 900 km inclined by 60 deg, seen at its perigee; heights along the orbit by hand."""
    perigee, apogee, inclination = RE + 300e3, RE + 900e3, math.radians(60.0)
    speed = math.sqrt(MU * (2.0 / perigee - 2.0 / (perigee + apogee)))
    r, v = (perigee, 0.0, 0.0), (0.0, speed * math.cos(inclination), speed * math.sin(inclination))
    found = conditions(ZONAL, (0.0, 0.0, 1.0), [(r, v), ((perigee, 100.0, 0.0), v)], 60.0)
    assert found.height_m == pytest.approx((300e3, 900e3), abs=2e3)
    assert found.latitude_max_deg == pytest.approx(60.0, abs=0.01)
    assert found.separation_m == pytest.approx(100.0, rel=1e-6, abs=0.0)
    with pytest.raises(ValueError, match=r"orbit of eccentricity 1\.\d+: expected a closed one"):
        conditions(ZONAL, (0.0, 0.0, 1.0), [(r, (0.0, 1.5 * speed, 0.0))] * 2, 60.0)


def test_epoch_with_a_zone_is_utc() -> None:
    states = [((RE + 400e3, 0.0, 0.0), (0.0, 7670.0, 0.0))] * 2
    told = datetime.fromisoformat("2025-02-26T12:00:00+00:00")
    assert conditions(replace(ZONAL, epoch=told), (0.0, 0.0, 1.0), states, 60.0).start == Epoch.of(EPOCH)


def test_table_holds_for_the_days_of_its_mean() -> None:
    air = load_atmosphere()
    day = date(2025, 2, 26)
    assert (day - air.valid_from).days == 40 and (air.valid_to - day - timedelta(days=1)).days == 40


def test_pole_and_sun_are_as_good_as_they_say_over_their_dates() -> None:
    by_model = {valid.model: valid for valid in declared(EARTH)}
    assert by_model["pole"].dates == by_model["sun"].dates
    first, last = ((day.tt_since_j2000_us() / (86400e6 * 36525.0)) for day in by_model["sun"].dates or ())
    for t_cy in np.linspace(first, last, 1500):
        x, y, _ = erfa.xys06a(2451545.0, t_cy * 36525.0)
        pole, earth = pole_of_date(t_cy), erfa.epv00(2451545.0, t_cy * 36525.0)[0]
        assert math.hypot(pole[0] - x, pole[1] - y) < 0.22 * math.pi / 648000.0
        sun, exact = np.array(sun_position_m(t_cy)), -earth["p"]
        sine = np.linalg.norm(np.cross(sun, exact)) / np.linalg.norm(sun) / np.linalg.norm(exact)
        assert sine < math.radians(0.6 / 60.0)


def test_shadow_is_a_fraction_over_its_heights() -> None:
    (shadow,) = (valid for valid in declared(EARTH) if valid.model == "shadow")
    sun = np.array(sun_position_m((9188.0 + 69.184 / 86400.0) / 36525.0))
    toward = sun / np.linalg.norm(sun)
    across = np.cross(toward, (0.0, 0.0, 1.0))
    across /= np.linalg.norm(across)
    p = plant(EARTH)
    for height in (shadow.height_m[0], 400e3, 36e6, shadow.height_m[1]):
        seen = []
        for angle in np.linspace(0.0, math.pi, 2000):
            r = (RE + height) * (-math.cos(angle) * toward + math.sin(angle) * across)
            p.set_chaser(r, (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
            seen.append(p.sunlit())
        assert seen[0] == 0.0 and seen[-1] == 1.0
        assert np.all(np.diff(seen) >= -1e-9)


# ---- in flight ----------------------------------------------------------------------------------


def lowered(environment: EnvironmentConfig = EARTH, **changes: Any) -> Any:
    return plant(environment, height_range_m=height_range_m(environment, ()), **changes)


def test_plant_says_nothing_inside_the_ranges() -> None:
    p = lowered()
    p.run(100, 100_000)
    assert p.left() is None


@pytest.mark.parametrize(("height_m", "inside"), [(299e3, False), (301e3, True), (499e3, True), (501e3, False)])
def test_plant_notices_a_height_outside_its_density(height_m: float, inside: bool) -> None:
    p = lowered()
    r = RE + height_m
    p.set_chaser((r, 0.0, 0.0), (0.0, math.sqrt(MU / r), 0.0), IDENTITY, (0.0, 0.0, 0.0))
    p.run(1, 100_000)
    if inside:
        assert p.left() is None
    else:
        left = p.left()
        assert (left["what"], left["craft"], left["t_s"]) == ("height", "chaser", 0.0)
        assert left["value"] == pytest.approx(height_m, abs=100.0)
        assert [valid.model for valid in left_at(EARTH, (), left["value"])] == ["density"]
        assert left_at(EARTH, ("density",), left["value"]) == ()


def test_plant_notices_when_an_orbit_decays_out_of_the_table() -> None:
    p = lowered()
    r = RE + 300.5e3
    p.set_target((r, 0.0, 0.0), (0.0, math.sqrt(MU / r) - 5.0, 0.0))
    p.run(10, 100_000)
    assert p.left() is None
    p.run(6000, 100_000)
    left = p.left()
    assert left["craft"] == "target" and 2.0 < left["t_s"] < 601.0
    assert left["value"] == pytest.approx(300e3, abs=200.0)


def test_models_flown_beyond_their_range_are_not_looked_after() -> None:
    assert height_range_m(EARTH, ()) == (300e3, 500e3)
    assert height_range_m(EARTH, ("density",)) == (100e3, 2000e3)
    assert height_range_m(EARTH, ("density", "gravity", "gnss")) == (100e3, 1e9)
    assert height_range_m(EARTH, MODELS) == (-math.inf, math.inf)


def test_plant_notices_a_craft_that_turns_too_far_in_a_step() -> None:
    p = lowered()
    p.set_chaser((RE + 400e3, 0.0, 0.0), (0.0, 7670.0, 0.0), IDENTITY, (0.0, 3.0, 0.0))
    p.run(1, 100_000)
    assert p.left() == {
        "what": "rotation",
        "craft": "chaser",
        "value": pytest.approx(0.3, rel=1e-6, abs=0.0),
        "t_s": 0.0,
    }


def test_turning_slower_keeps_the_attitude_within_ten_milliradians_an_hour() -> None:
    p = plant(step_s=0.1)
    rate = 1.9
    p.set_chaser((RE + 400e3, 0.0, 0.0), (0.0, 7670.0, 0.0), IDENTITY, (0.0, 0.0, rate))
    p.run(36000, 100_000)
    q = p.state("chaser")["q_body_from_eci"]
    angle = -2.0 * math.atan2(q[3], q[0])
    assert math.remainder(angle - rate * 3600.0, 2.0 * math.pi) == pytest.approx(0.0, abs=0.01)


def test_free_drift_that_leaves_the_table_is_noticed() -> None:
    p = lowered()
    r = RE + 305e3
    p.set_target((r, 0.0, 0.0), (0.0, math.sqrt(MU / r) - 20.0, 0.0))
    p.set_chaser((r, 50.0, 0.0), (0.0, math.sqrt(MU / r) - 20.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    drift = np.array([p.drift()])
    p.passive_min_distances(drift, 120.0)
    assert p.left() is None
    p.passive_min_distances(drift, 5000.0)
    assert p.left()["what"] == "drift" and p.left()["value"] < 300e3


def test_pair_that_closes_fast_is_still_seen_at_the_port() -> None:
    """At a step of 1 s a chaser at 60 m/s crosses the port's plane between two steps."""
    from tests.plant.plants import CAPTURE

    p = plant(step_s=1.0, capture=CAPTURE, hold=Hold(LVLH))
    p.set_chaser_hill((0.0, -30.0 - 2.0 - 55.0, 0.0), (0.0, 60.0, 0.0), LVLH, (0.0, 0.0, 0.0))
    p.run(2, 1_000_000)
    assert p.contact_record()["status"] == 2
