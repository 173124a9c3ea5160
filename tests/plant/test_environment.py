"""Pole, Sun, shadow, field and drag against independent codes and hand geometry."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import brahe
import erfa
import numpy as np
import pytest

from hil.plant.config import load_atmosphere, load_gravity_field
from hil.plant.environment import pole_of_date, sun_position_m
from tests.plant.plants import EPOCH, IDENTITY, RE, SPHERE, ZONAL, plant

ARCSEC = math.pi / 648000.0
J2000_TT = 2451545.0


@pytest.mark.parametrize("t_cy", [-0.2, 0.0, 0.1, 0.2515, 0.3, 0.45])
def test_pole_of_date_is_the_full_series_within_a_fifth_of_an_arcsecond(t_cy):
    x, y, _ = erfa.xys06a(J2000_TT, t_cy * 36525.0)
    pole = pole_of_date(t_cy)
    assert math.hypot(pole[0] - x, pole[1] - y) < 0.2 * ARCSEC
    assert np.linalg.norm(pole) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("t_cy", [0.0, 0.1003, 0.2515, 0.4321])
def test_sun_is_within_an_arcminute(t_cy):
    earth, _ = erfa.epv00(J2000_TT, t_cy * 36525.0)
    exact = -earth["p"] * 149597870700.0
    r = np.array(sun_position_m(t_cy))
    angle = math.acos(r @ exact / np.linalg.norm(r) / np.linalg.norm(exact))
    assert angle < 60 * ARCSEC
    assert np.linalg.norm(r) == pytest.approx(np.linalg.norm(exact), rel=2e-4, abs=0.0)


def test_field_table_is_the_published_model():
    model = brahe.GravityModel.from_model_type(brahe.GravityModelType.EGM2008_120)
    field = load_gravity_field(degree=12)
    assert field.mu_m3ps2 == model.gm
    assert field.re_m == model.radius
    for n, m in np.transpose(np.tril_indices(13))[3:]:  # from degree 2
        norm = math.sqrt((1 if m == 0 else 2) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m))
        c, s = model.get(n, m)
        assert field.c[n * (n + 1) // 2 + m] == pytest.approx(c * norm, rel=1e-14, abs=0.0)
        assert field.s[n * (n + 1) // 2 + m] == pytest.approx(s * norm, rel=1e-14, abs=1e-30)


def inertial_to_fixed(t_s):
    """Celestial to Earth-fixed without polar motion, UT1 = UTC, pole of the epoch; ERFA's own matrices."""
    tt = (EPOCH - datetime(2000, 1, 1, 12)).total_seconds() / 86400.0 + 69.184 / 86400.0
    x, y, _ = pole_of_date(tt / 36525.0)
    cirs = erfa.c2ixys(x, y, erfa.s06(J2000_TT, tt, x, y))
    return erfa.rz(erfa.era00(J2000_TT, tt + (t_s - 69.184) / 86400.0), cirs.copy())


@pytest.mark.parametrize("degree", [2, 4, 8, 12])
def test_gravity_is_that_of_an_independent_code(degree):
    model = brahe.GravityModel.from_model_type(brahe.GravityModelType.EGM2008_120)
    p = plant(replace(ZONAL, field=load_gravity_field(degree=degree)))
    rng = np.random.default_rng(5)
    fixed = inertial_to_fixed(0.0)
    for _ in range(20):
        u = rng.normal(size=3)
        r = 6.75e6 * u / np.linalg.norm(u)
        v = np.cross(r, (0.3, -0.2, 0.9)) * 1e-3
        p.set_target(r, v)
        expected = brahe.accel_gravity_spherical_harmonics(r, fixed, model, max(degree, 4), degree)
        if degree < 4:  # the plant's zonals always go to J4
            low = brahe.accel_gravity_spherical_harmonics(r, fixed, model, degree, 0)
            full = brahe.accel_gravity_spherical_harmonics(r, fixed, model, degree, degree)
            expected = full + brahe.accel_gravity_spherical_harmonics(r, fixed, model, 4, 0) - low
        assert p.accelerations()["gravity"] == pytest.approx(expected, abs=2e-12)


def test_drag_opposes_the_motion_through_the_turning_air():
    atmosphere = load_atmosphere()
    p = plant(replace(SPHERE, atmosphere=atmosphere))
    r, v = np.array((6778137.0, 0.0, 0.0)), np.array((0.0, 7000.0, 3000.0))
    p.set_target(r, v)
    rho = p.density_kgpm3()
    wind = np.cross(pole_of_date((9188.0 + 69.184 / 86400.0) / 36525.0), r) * 7.292115e-5
    air = v - wind
    expected = -0.5 * rho * 2.0 * 1800.0 / 4.0e5 * np.linalg.norm(air) * air
    assert p.accelerations()["drag"] == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert np.dot(p.accelerations()["drag"], v) < 0.0
    # with the whole air twice as dense
    q = plant(replace(SPHERE, atmosphere=atmosphere, density_factor=2.0))
    q.set_target(r, v)
    assert q.accelerations()["drag"] == pytest.approx(2 * expected, rel=1e-12, abs=0.0)


def test_density_follows_its_table_and_its_bulge():
    atmosphere = load_atmosphere()
    p = plant(replace(SPHERE, atmosphere=atmosphere))
    tt = (9188.0 + 69.184 / 86400.0) / 36525.0
    pole, sun = np.array(pole_of_date(tt)), np.array(sun_position_m(tt))
    sun /= np.linalg.norm(sun)
    along = sun @ pole
    east = np.cross(pole, sun)
    lag = math.radians(30.0)
    apex = along * pole + math.cos(lag) * (sun - along * pole) + math.sin(lag) * east
    for height_step, side in ((10, 1.0), (10, -1.0), (14, 1.0)):
        u = side * apex
        ground = RE * (1 - SPHERE.flattening * (u @ pole) ** 2)
        r = u * (ground + 300e3 + 10e3 * height_step)
        p.set_target(r, np.cross(pole, r) / 1e3)
        night = atmosphere.density_night_kgpm3[height_step]
        expected = night * (1 + atmosphere.bulge_amplitude[height_step]) if side > 0 else night
        assert p.density_kgpm3() == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_atmosphere_agrees_with_another_model_within_a_third():
    """NRLMSISE-00 (brahe) over a day's orbit at the same indices."""
    atmosphere = load_atmosphere()
    brahe.set_global_space_weather_provider(
        brahe.StaticSpaceWeatherProvider.from_values(
            3.0, atmosphere.ap, atmosphere.f107_sfu, atmosphere.f107_81day_sfu, 0
        )
    )
    brahe.set_global_eop_provider(brahe.StaticEOPProvider.from_zero())
    p = plant(replace(SPHERE, atmosphere=atmosphere))
    ratios = []
    for k in range(48):
        angle, t_s = 0.7 * k, 1800.0 * k
        u = np.array((math.cos(angle), math.sin(angle) * math.cos(0.9), math.sin(angle) * math.sin(0.9)))
        r = 6.795e6 * u
        p = plant(replace(SPHERE, epoch=EPOCH + timedelta(seconds=t_s), atmosphere=atmosphere))
        p.set_target(r, np.cross((0.0, -math.sin(0.9), math.cos(0.9)), r) * 1e-3)
        when = EPOCH + timedelta(seconds=t_s)
        epoch = brahe.Epoch.from_datetime(
            when.year, when.month, when.day, when.hour, when.minute, float(when.second), 0.0, brahe.TimeSystem.UTC
        )
        ratios.append(p.density_kgpm3() / brahe.density_nrlmsise00(epoch, inertial_to_fixed(t_s) @ r))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.15)
    assert 2 / 3 < min(ratios) < max(ratios) < 4 / 3


def test_shadow_from_full_sun_to_umbra():
    p = plant(SPHERE)
    sun = np.array(sun_position_m((9188.0 + 69.184 / 86400.0) / 36525.0))
    distance = np.linalg.norm(sun)
    toward = sun / distance
    across = np.cross(toward, (0.0, 0.0, 1.0))
    across /= np.linalg.norm(across)

    def sunlit(along_m, across_m):
        p.set_chaser(along_m * toward + across_m * across, (0.0, 0.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
        return p.sunlit()

    assert sunlit(7.0e6, 0.0) == 1.0
    assert sunlit(-7.0e6, 0.0) == 0.0
    # edges of umbra and penumbra at 2000 km behind the terminator plane: two common tangents of Sun and Earth
    behind = 2.0e6
    inner = math.asin((6.957e8 - RE) / distance)
    outer = math.asin((6.957e8 + RE) / distance)
    umbra = RE / math.cos(inner) - behind * math.tan(inner)
    penumbra = RE / math.cos(outer) + behind * math.tan(outer)
    assert sunlit(-behind, umbra - 50.0) == 0.0
    assert sunlit(-behind, umbra + 50.0) > 0.0
    assert sunlit(-behind, penumbra + 50.0) == 1.0
    assert sunlit(-behind, penumbra - 50.0) < 1.0
    crossing = [sunlit(-behind, y) for y in np.linspace(umbra, penumbra, 30)]
    assert crossing == sorted(crossing)
    assert sunlit(-behind, (umbra + penumbra) / 2) == pytest.approx(0.5, abs=0.01)
