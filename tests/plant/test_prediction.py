"""The plant's orbit over a day: against an independent integrator and force model, and against NASA's ephemeris."""

import math
from dataclasses import replace
from pathlib import Path

import brahe
import erfa
import numpy as np
import pytest
from scipy.integrate import solve_ivp

import hil
from hil.ephemeris import Ephemeris
from hil.plant.config import EnvironmentConfig, load_atmosphere, load_gravity_field
from hil.plant.environment import pole_of_date
from hil.timescales import Epoch
from tests.plant.plants import EPOCH, FIELD, IDENTITY, J2, J3, J4, MU, RE, TARGET, ZONAL, plant

OEM = Path(hil.__file__).parent / "missions" / "iss_oem_2025-057.xml"
DAY_TT = 9188.0 + 69.184 / 86400.0
R0, V0 = np.array((2.366e5, -5.1674525e6, 4.4058223e6)), np.array((6356.77, -2604.83, -3386.20))


def radial_along_cross(r, v):
    x, z = r / np.linalg.norm(r), np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    return np.array([x, np.cross(z, x), z])


def test_a_day_is_within_a_metre_of_an_independent_code():
    """brahe's field and drag under SciPy's DOP853, the same force terms: EGM2008 to 8 x 8, drag in constant air."""
    model = brahe.GravityModel.from_model_type(brahe.GravityModelType.EGM2008_120)
    x, y, _ = pole_of_date(DAY_TT / 36525.0)
    cirs = erfa.c2ixys(x, y, erfa.s06(2451545.0, DAY_TT, x, y))
    pole = cirs[2]
    density = 5.0e-12
    area_over_mass = TARGET.area_m2 / TARGET.dry_mass_kg

    def force(t, state):
        fixed = erfa.rz(erfa.era00(2451545.0, 9188.0 + t / 86400.0), cirs.copy())
        r, v = state[:3], state[3:]
        air = v - np.cross(pole * 7.292115e-5, r)
        a = brahe.accel_gravity_spherical_harmonics(r, fixed, model, 8, 8)
        return np.concatenate([v, a - 0.5 * density * TARGET.cd * area_over_mass * np.linalg.norm(air) * air])

    truth = solve_ivp(force, (0.0, 86400.0), np.concatenate([R0, V0]), "DOP853", rtol=1e-12, atol=1e-7).y[:, -1]
    atmosphere = replace(
        load_atmosphere(), density_night_kgpm3=(density, density), bulge_amplitude=(0.0, 0.0), height_step_m=1e6
    )
    p = plant(replace(ZONAL, field=FIELD, atmosphere=atmosphere), step_s=1.0)
    p.set_target(R0, V0)
    p.run(86400, 1_000_000)
    assert np.linalg.norm(p.state("target")["r_eci_m"] - truth[:3]) < 0.1


def test_zonals_alone_at_the_flight_step_are_within_a_millimetre_an_orbit():
    model = brahe.GravityModel.from_model_type(brahe.GravityModelType.EGM2008_120)
    x, y, _ = pole_of_date(DAY_TT / 36525.0)
    fixed = erfa.c2ixys(x, y, erfa.s06(2451545.0, DAY_TT, x, y))

    def force(_, state):
        return np.concatenate([state[3:], brahe.accel_gravity_spherical_harmonics(state[:3], fixed, model, 4, 0)])

    truth = solve_ivp(force, (0.0, 5600.0), np.concatenate([R0, V0]), "DOP853", rtol=1e-13, atol=1e-7).y[:, -1]
    p = plant(ZONAL)
    p.set_target(R0, V0)
    p.run(56_000, 100_000)
    assert np.linalg.norm(p.state("target")["r_eci_m"] - truth[:3]) < 1e-3


@pytest.mark.parametrize(
    ("step_s", "degree", "limit_m"), [(10, 8, (50, 450, 60)), (1, 8, (50, 450, 60)), (10, 12, (20, 220, 15))]
)
def test_nasa_ephemeris_is_predicted_unfitted(step_s, degree, limit_m):
    """A day of NASA's ISS ephemeris from its first state: its own mass, area and drag coefficient, nothing adjusted.
    Limits: what each field leaves, and half as much again."""
    oem = Ephemeris.read(OEM)
    environment = EnvironmentConfig(
        EPOCH, MU, RE, J2, J3, J4, field=load_gravity_field(degree=degree), atmosphere=load_atmosphere()
    )
    station = replace(TARGET, dry_mass_kg=oem.mass_kg, cd=oem.drag_coefficient, area_m2=oem.drag_area_m2)
    p = plant(environment, target=station, step_s=float(step_s))
    assert oem.start == Epoch.of(EPOCH)
    p.set_target(*oem.state(oem.start))
    p.run(int(oem.stop - oem.start) // step_s, step_s * 1_000_000)
    r, v = (np.array(x) for x in oem.state(oem.stop))
    off_m = radial_along_cross(r, v) @ (p.state("target")["r_eci_m"] - r)
    assert (np.abs(off_m) <= limit_m).all(), off_m


def test_free_drift_is_that_of_clohessy_and_wiltshire():
    """Circular orbit of a sphere: closest approach of a drift known in closed form (Fehse 2003, section 3.3)."""
    p = plant()
    n = math.sqrt(MU / 6778137.0**3)
    # 3 km behind and 60 m below at rest in the rotating frame: drifts ahead in loops
    p.set_chaser_hill((-60.0, -3000.0, 20.0), (0.0, 0.0, 0.05), IDENTITY, (0.0, 0.0, 0.0))
    duration = 4 * 2 * math.pi / n
    t = np.linspace(0.0, duration, 400_001)
    x = -60.0 * (4 - 3 * np.cos(n * t))
    y = -3000.0 + 6 * -60.0 * (np.sin(n * t) - n * t)
    z = 20.0 * np.cos(n * t) + 0.05 / n * np.sin(n * t)
    expected = np.sqrt(x * x + y * y + z * z)
    (closest,), (when,) = p.passive_min_distances(np.array([p.drift()]), duration)
    # CW leaves out terms of second order: (3000 m)^2 / 6778 km = 1.3 m
    assert closest == pytest.approx(expected.min(), abs=2.0)
    assert when == pytest.approx(t[expected.argmin()], abs=60.0)  # a flat minimum


@pytest.mark.parametrize("start", [(25.0, -3500.0, 5.0), (-5.0, -290.0, 0.0), (-40.0, -1500.0, 30.0)])
def test_free_drift_in_large_steps_is_within_a_metre_of_small_ones(start):
    """Over four orbits in the full environment, the drag of both craft included."""
    environment = replace(ZONAL, field=FIELD, atmosphere=load_atmosphere())
    p = plant(environment)
    p.set_target(R0, V0)
    p.set_chaser_hill(start, (0.05, 0.0, 0.01), IDENTITY, (0.0, 0.0, 0.0))
    states = np.array([p.drift()])
    (coarse,), (t_coarse,) = p.passive_min_distances(states, 22_200.0, 30.0)
    (fine,), (t_fine,) = p.passive_min_distances(states, 22_200.0, 1.0)
    assert coarse == pytest.approx(fine, abs=1.0)
    assert 0.0 < fine < math.dist(start, (0.0, 0.0, 0.0))
    assert t_coarse == pytest.approx(t_fine, abs=5.0)


def test_free_drift_meets_the_plant_flown_without_thrust():
    environment = replace(ZONAL, field=FIELD, atmosphere=load_atmosphere())
    p = plant(environment)
    p.set_target(R0, V0)
    p.set_chaser_hill((-20.0, -600.0, 5.0), (0.0, 0.1, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    (closest,), (when,) = p.passive_min_distances(np.array([p.drift()]), 4000.0)
    flown = []
    for _ in range(400):
        p.run(100, 100_000)
        flown.append(np.linalg.norm(p.relative()[0]))
    assert closest == pytest.approx(min(flown), abs=0.2)
    assert when == pytest.approx(10.0 * (1 + int(np.argmin(flown))), abs=10.0)


def test_free_drift_refuses_what_it_cannot_read():
    p = plant()
    with pytest.raises(ValueError, match="states has 12 columns: expected 15"):
        p.passive_min_distances(np.zeros((2, 12)), 100.0)
    with pytest.raises(ValueError, match=r"duration_s is -1\.0"):
        p.passive_min_distances(np.zeros((2, 15)), -1.0)


def test_a_fast_pass_between_two_steps_is_found():
    """10 m/s past at 20 m, in the middle of a step of 30 s, at whose ends the craft are 100 m and 200 m apart."""
    p = plant(ZONAL)
    p.set_target(R0, V0)
    p.set_chaser_hill((0.0, -100.0, 20.0), (0.0, 10.0, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    (closest,), (when,) = p.passive_min_distances(np.array([p.drift()]), 30.0)
    assert closest == pytest.approx(20.0, abs=0.2) and when == pytest.approx(10.0, abs=0.3)
