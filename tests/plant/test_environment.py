"""Pole, Sun, shadow, field and drag against independent codes and hand geometry."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import brahe
import erfa
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from hil.plant.config import MOON, SUN, CelestialBody, PositionTable, load_atmosphere, load_gravity_field
from hil.plant.environment import moon_position_m, pole_of_date, sun_position_m
from tests.plant.plants import CHASER, EPOCH, IDENTITY, RE, SPHERE, TARGET, ZONAL, plant

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


@pytest.mark.parametrize("t_cy", [0.0, 0.1003, 0.2515, 0.4321])
def test_moon_is_within_a_tenth_of_a_degree(t_cy):
    """Against ERFA's moon98 (Meeus 1998, ch. 47: 10 arcsec and 30 km)."""
    exact = erfa.moon98(J2000_TT, t_cy * 36525.0)["p"] * 149597870700.0
    r = np.array(moon_position_m(t_cy))
    angle = math.acos(r @ exact / np.linalg.norm(r) / np.linalg.norm(exact))
    assert angle < 360 * ARCSEC
    assert np.linalg.norm(r) == pytest.approx(np.linalg.norm(exact), abs=500e3)


# A geostationary satellite: 20 m2 and 1.5 of radiation coefficient on 1000 kg
GEO_M, TT_DAYS = 42164e3, 9188.0 + 69.184 / 86400.0
LIT = replace(TARGET, dry_mass_kg=1000.0, radiation_coefficient=1.5, radiation_area_m2=20.0)


def at_geo(environment, **options):
    p = plant(environment, target=LIT, **options)
    v = math.sqrt(SPHERE.mu_m3ps2 / GEO_M)
    p.set_target((GEO_M * math.cos(1.0), GEO_M * math.sin(1.0), 0.0), (-v * math.sin(1.0), v * math.cos(1.0), 0.0))
    return p


def independent(t_s, r, parts):
    """Sun from ERFA's epv00, Moon from its moon98, cannonball and cylinder of shadow; eci, m/s2."""
    days = TT_DAYS + t_s / 86400.0
    au = 149597870700.0
    sun = -erfa.epv00(J2000_TT, days)[0]["p"] * au
    moon = erfa.moon98(J2000_TT, days)["p"] * au
    a = np.zeros(3)
    for mu, s in ((1.32712440041e20, sun), (4.9028e12, moon)) if "others" in parts else ():
        d = s - r
        a += mu * (d / np.linalg.norm(d) ** 3 - s / np.linalg.norm(s) ** 3)
    if "light" in parts:
        d = r - sun
        behind = r @ sun < 0 and np.linalg.norm(np.cross(r, sun)) / np.linalg.norm(sun) < RE
        a += 0.0 if behind else 4.5398e-6 * 1.5 * 20.0 / 1000.0 * (au / np.linalg.norm(d)) ** 2 * d / np.linalg.norm(d)
    return a


@pytest.mark.parametrize("parts", [("others",), ("light",), ("others", "light")])
def test_a_day_in_geostationary_orbit_is_that_of_an_independent_integration(parts):
    environment = replace(SPHERE, others=(SUN, MOON) if "others" in parts else (), radiation_pressure="light" in parts)
    p, bare = at_geo(environment, step_s=10.0), at_geo(SPHERE, step_s=10.0)
    start = p.state("target")

    def force(t, y):
        r = y[:3]
        return np.concatenate([y[3:], -SPHERE.mu_m3ps2 * r / np.linalg.norm(r) ** 3 + independent(t, r, parts)])

    y = np.concatenate([start["r_eci_m"], start["v_eci_mps"]])
    truth = solve_ivp(force, (0.0, 86400.0), y, "DOP853", rtol=1e-12, atol=1e-5, max_step=600.0).y[:, -1]
    for flown in (p, bare):
        flown.run(8640, 10_000_000)
    missed = np.linalg.norm(np.subtract(bare.state("target")["r_eci_m"], truth[:3]))
    error = np.linalg.norm(np.subtract(p.state("target")["r_eci_m"], truth[:3]))
    assert error < 0.005 * missed
    if parts == ("others", "light"):
        assert 5e3 < missed < 30e3  # kilometres a day
    if "light" in parts:
        assert p.accelerations()["radiation"] == pytest.approx(
            independent(86400.0, np.array(p.state("target")["r_eci_m"]), ("light",)), rel=1e-3, abs=1e-12
        )


def test_accelerometer_feels_light_but_no_celestial_body():
    chaser = replace(CHASER, radiation_coefficient=1.5, radiation_area_m2=20.0, propellant_kg=0.0)
    environment = replace(SPHERE, others=(SUN, MOON), radiation_pressure=True)
    p = plant(environment, chaser=chaser)
    sun = np.array(sun_position_m(TT_DAYS / 36525.0))
    toward = sun / np.linalg.norm(sun)
    p.set_chaser(GEO_M * toward, np.cross((0.0, 0.0, 3e3), toward), IDENTITY, (0.0, 0.0, 0.0))
    p.run(2, 100_000)
    felt = -0.1 * 1361.0 / 299792458.0 * 0.03 * (149597870700.0 / np.linalg.norm(sun)) ** 2 * toward
    assert p.imu_truth()["dv_com_body_mps"] == pytest.approx(felt, rel=2e-3, abs=1e-12)
    p.set_chaser(-GEO_M * toward, np.cross((0.0, 0.0, 3e3), toward), IDENTITY, (0.0, 0.0, 0.0))
    p.run(2, 100_000)
    assert not any(p.imu_truth()["dv_com_body_mps"])


def test_free_drift_has_the_same_forces():
    environment = replace(SPHERE, others=(SUN, MOON), radiation_pressure=True)
    chaser = replace(CHASER, radiation_coefficient=1.5, radiation_area_m2=200.0)
    p = at_geo(environment, chaser=chaser)
    p.set_chaser_hill((0.0, -500.0, 0.0), (0.0, 0.002, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    (closest,), _ = p.passive_min_distances(np.array([p.drift()]), 20_000.0)
    flown = []
    for _ in range(200):
        p.run(10, 10_000_000)
        flown.append(np.linalg.norm(p.relative()[0]))
    assert closest == pytest.approx(min(flown), abs=0.05)
    bare = at_geo(SPHERE, chaser=chaser)
    bare.set_chaser_hill((0.0, -500.0, 0.0), (0.0, 0.002, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    assert abs(bare.passive_min_distances(np.array([bare.drift()]), 20_000.0)[0][0] - closest) > 1.0


# ---- other central bodies -----------------------------------------------------------------------

MOON_POLE = (0.0, -0.3987, 0.9171)


def lunar(**changes):
    """Figures of the Moon (GRAIL GL0900C, rounded)."""
    norm = math.hypot(*MOON_POLE)
    figures = {
        "mu_m3ps2": 4.9028e12, "re_m": 1738.0e3, "j2": 2.0323e-4, "j3": 8.4759e-6, "j4": -9.5919e-6, "flattening": 0.0,
        "rate_radps": 2.6617e-6, "pole_eci": tuple(x / norm for x in MOON_POLE), "rotation_rad": 0.3,
    }  # fmt: skip
    return replace(SPHERE, **(figures | changes))


def test_nodes_turn_about_the_pole_of_any_central_body():
    """Secular rate of the node under J2 (Vallado 2013, eq. 9-38), about the pole that is given."""
    p = plant(lunar(j3=0.0, j4=0.0), step_s=10.0)
    a, inclination = 1838e3, math.radians(50.0)
    pole = np.array(lunar().pole_eci)
    node = np.cross(pole, (1.0, 0.0, 0.0))
    node /= np.linalg.norm(node)
    across = np.cross(pole, node)
    v = math.sqrt(4.9028e12 / a)
    p.set_target(a * node, v * (math.cos(inclination) * across + math.sin(inclination) * pole))
    n = math.sqrt(4.9028e12 / a**3)
    t_s = 20 * 2 * math.pi / n
    p.run(int(t_s / 10.0), 10_000_000)
    state = p.state("target")
    h = np.cross(state["r_eci_m"], state["v_eci_mps"])
    now = np.cross(pole, h)
    turned = math.atan2(now @ across, now @ node)
    expected = -1.5 * n * 2.0323e-4 * (1738e3 / a) ** 2 * math.cos(inclination) * t_s
    assert turned == pytest.approx(expected, rel=0.02, abs=0.0)


def test_positions_come_from_tables_for_any_central_body():
    """The Earth seen from the Moon, in rows an hour apart, attracts as its series does."""
    seconds = 86400.0 * 36525.0
    rows = tuple(tuple(-x for x in moon_position_m(TT_DAYS / 36525.0 + 3600.0 * k / seconds)) for k in range(-1, 30))
    earth = CelestialBody("earth", 3.986004418e14, PositionTable(-3600.0, 3600.0, rows))
    p = plant(lunar(others=(earth,)), step_s=10.0)
    p.set_target((1838e3, 0.0, 0.0), (0.0, 1.0e3, 1.2e3))
    p.run(int(86400 / 10 * 0.9), 10_000_000)
    r = np.array(p.state("target")["r_eci_m"])
    p.run(1, 10_000_000)
    s = -np.array(moon_position_m(TT_DAYS / 36525.0 + (p.t_s - 10.0) / seconds))
    d = s - r
    expected = earth.mu_m3ps2 * (d / np.linalg.norm(d) ** 3 - s / np.linalg.norm(s) ** 3)
    assert p.accelerations()["others"] == pytest.approx(expected, rel=0.05, abs=0.02 * np.linalg.norm(expected))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pole_eci": (0.0, 0.0, 2.0)}, r"pole_eci is \(0\.0, 0\.0, 2\.0\): expected a unit vector"),
        ({"others": (CelestialBody("mars", 4.28e13),)}, r"environment\.mars has no table of positions: expected one"),
        ({"others": (replace(SUN, mu_m3ps2=0.0),)}, r"environment\.sun\.mu_m3ps2 is 0\.0: expected a positive number"),
        ({"others": (SUN,) * 5}, r"5 other bodies: expected at most 4"),
        (
            {"others": (replace(MOON, table=PositionTable(0.0, 60.0, ((1e8, 0.0, 0.0),) * 3)),)},
            r"moon\.table\.r_eci_m has shape \(3, 3\): expected 4 or more",
        ),
    ],
)
def test_what_is_no_environment_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        plant(replace(SPHERE, **changes))
