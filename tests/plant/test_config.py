"""A mistake in what the plant is built from is refused by name."""

import math
from dataclasses import replace

import pytest

from hil.plant.config import HOLD_ANGLE_MAX_RAD, IDENTITY, Hold, PortConfig, load_atmosphere, load_gravity_field
from tests.plant.plants import AFT, CAPTURE, CHASER, EMPTY, FIELD, LVLH, SPHERE, TARGET, plant


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step_s": 0.0}, r"step_s is 0\.0: expected a positive number"),
        (
            {"environment": replace(SPHERE, mu_m3ps2=-1.0)},
            r"environment\.mu_m3ps2 is -1\.0: expected a positive number",
        ),
        ({"environment": replace(SPHERE, density_factor=math.nan)}, r"environment\.density_factor is nan"),
        ({"environment": replace(SPHERE, field=replace(FIELD, degree=40))}, r"field\.degree is 40: expected 2\.\.12"),
        (
            {"environment": replace(SPHERE, atmosphere=replace(load_atmosphere(), bulge_amplitude=(1.0,)))},
            "21 densities and 1 bulge amplitudes",
        ),
        ({"chaser": replace(CHASER, dry_mass_kg=0.0)}, r"chaser\.dry_mass_kg is 0\.0"),
        (
            {"chaser": replace(CHASER, propellant_kg=-1.0)},
            r"chaser\.propellant_kg is -1\.0: expected a finite number >= 0",
        ),
        ({"chaser": replace(CHASER, tank_body_m=(0.0, math.inf, 0.0))}, r"chaser\.tank_body_m\[1\] is inf"),
        (
            {"chaser": replace(CHASER, ports=(PortConfig((2.0, 0.0, 0.0), (1.0, 1.0, 0.0, 0.0)),))},
            r"chaser\.port\.q_port_from_body .* unit quaternion",
        ),
        (
            {"chaser": replace(CHASER, dry_inertia_body_kgm2=(1.0, 0.5, 0, 0, 1.0, 0, 0, 0, 1.0))},
            r"chaser\.dry_inertia_body_kgm2 .* expected symmetric",
        ),
        ({"chaser": replace(CHASER, cd=-2.0)}, r"chaser\.cd is -2\.0"),
        (
            {"thrusters": (replace(AFT, direction_body=(1.0, 1.0, 0.0)),)},
            r"thrusters\[0\]\.direction_body .* unit vector",
        ),
        ({"thrusters": (AFT, replace(AFT, thrust_n=0.0))}, r"thrusters\[1\]\.thrust_n is 0\.0"),
        (
            {"thrusters": (replace(AFT, rise_s=-0.1),)},
            r"thrusters\[0\]\.rise_s is -0\.1: expected a finite number >= 0",
        ),
        ({"thrusters": (AFT,) * 33}, "33 thrusters: expected at most 32"),
        ({"hold": Hold(IDENTITY, limit_cycle_radps=0.0)}, r"target\.attitude\.limit_cycle_radps is 0\.0"),
        ({"step_s": math.inf}, r"step_s is inf: expected a positive number"),
        ({"environment": replace(SPHERE, j2=math.nan)}, r"environment\.j2\[0\] is nan: expected a finite number"),
        ({"environment": replace(SPHERE, rate_radps=math.inf)}, r"environment\.rate_radps\[0\] is inf"),
        (
            {"environment": replace(SPHERE, field=replace(FIELD, c=(math.nan, *FIELD.c[1:])))},
            r"environment\.field\.c\[0\] is nan: expected a finite number",
        ),
        (
            {"environment": replace(SPHERE, atmosphere=replace(load_atmosphere(), height_step_m=0.0))},
            r"environment\.atmosphere\.height_step_m is 0\.0: expected a positive number",
        ),
        (
            {"environment": replace(SPHERE, atmosphere=replace(load_atmosphere(), density_night_kgpm3=(0.0,) * 21))},
            r"environment\.atmosphere\.density_night_kgpm3\[0\] is 0\.0: expected a positive number",
        ),
        ({"chaser": replace(CHASER, dry_mass_kg=math.inf)}, r"chaser\.dry_mass_kg is inf"),
        ({"chaser": replace(CHASER, propellant_kg=math.inf)}, r"chaser\.propellant_kg is inf"),
        ({"chaser": replace(CHASER, dry_com_body_m=(math.nan, 0.0, 0.0))}, r"chaser\.dry_com_body_m\[0\] is nan"),
        ({"chaser": replace(CHASER, area_m2=math.inf)}, r"chaser\.area_m2 is inf: expected a finite number >= 0"),
        ({"target": replace(TARGET, cd=math.nan)}, r"target\.cd is nan: expected a finite number >= 0"),
        ({"thrusters": (replace(AFT, min_on_s=math.inf),)}, r"thrusters\[0\]\.min_on_s is inf"),
        ({"thrusters": (replace(AFT, thrust_n=math.inf),)}, r"thrusters\[0\]\.thrust_n is inf"),
        (
            {"capture": replace(CAPTURE, lateral_m=math.nan)},
            r"chaser\.port\.capture\.lateral_m is nan: expected a finite number",
        ),
        (
            {"hold": Hold(IDENTITY, bias_rad=(1.7, 0.0, 0.0))},
            r"turn the body by up to 1\.7 rad: expected",
        ),
        (
            {"hold": Hold(IDENTITY, rate_amplitude_radps=(0.01, 0.0, 0.0), limit_cycle_radps=1e-6)},
            r"turn the body by up to 1e\+04 rad: expected at most 0\.2 rad",
        ),
    ],
)
def test_bad_configuration_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        plant(**({"environment": EMPTY} | changes))


@pytest.mark.parametrize("craft", ["chaser", "target"])
@pytest.mark.parametrize(
    ("inertia", "moments"),
    [
        ((1.0, 0, 0, 0, 1.0, 0, 0, 0, 2.5), r"1, 1 and 2\.5"),  # more about z than mass anywhere can give
        ((2.0, 1.6, 0, 1.6, 2.0, 0, 0, 0, 2.0), r"0\.4, 2 and 3\.6"),  # the diagonal alone would do
        ((1.0, 2.0, 0, 2.0, 1.0, 0, 0, 0, 1.0), r"-1, 1 and 3"),
        ((0.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0), r"0, 1 and 1"),
        ((-1.0, 0, 0, 0, -1.0, 0, 0, 0, -1.0), r"-1, -1 and -1"),
    ],
)
def test_inertia_that_no_body_has_is_refused(craft, inertia, moments):
    body = replace({"chaser": CHASER, "target": TARGET}[craft], dry_inertia_body_kgm2=inertia)
    with pytest.raises(ValueError, match=rf"{craft}\.dry_inertia_body_kgm2, without propellant, has .* {moments} kg"):
        plant(EMPTY, **{craft: body})


def test_inertia_of_a_thin_plate_is_taken():
    plate = replace(CHASER, dry_inertia_body_kgm2=(0.1, 0.02, 0, 0.02, 0.2, 0, 0, 0, 0.1 + 0.2))
    plant(EMPTY, chaser=plate)


def test_hold_keeps_a_unit_quaternion_up_to_the_edge_of_its_range():
    side = HOLD_ANGLE_MAX_RAD / math.sqrt(3.0) * (1.0 - 1e-9)
    q = plant(hold=Hold(LVLH, bias_rad=(side, -side, side))).state("target")["q_body_from_eci"]
    assert math.hypot(*q) == pytest.approx(1.0, abs=1e-8)


def test_bad_calls_are_refused_by_name():
    p = plant(EMPTY, thrusters=(AFT,))
    with pytest.raises(ValueError, match="on_us has 2 values: expected one a thruster, 1"):
        p.run(1, 100_000, [0, 0])
    with pytest.raises(ValueError, match="cycle_us is 0: expected > 0"):
        p.run(1, 0)
    with pytest.raises(ValueError, match="body is 'station': expected one of chaser, target"):
        p.state("station")
    with pytest.raises(ValueError, match=r"thruster 1: expected 0\.\.0"):
        p.thruster(1)
    with pytest.raises(ValueError, match="datum is 'nose': expected 'com' or 'port'"):
        p.set_chaser_hill((0, 0, 0), (0, 0, 0), IDENTITY, (0, 0, 0), datum="nose")
    with pytest.raises(ValueError, match="spans no orbit plane"):
        p.set_target((7e6, 0.0, 0.0), (1.0, 0.0, 0.0))
    with pytest.raises(ValueError, match=r"r_eci_m has 2 values: expected 3"):
        p.set_target((7e6, 0.0), (1.0, 0.0, 0.0))


def test_tables_are_found_by_name():
    assert load_gravity_field(degree=4).degree == 4
    with pytest.raises(ValueError, match=r"table 'egm': expected one of egm2008, nrlmsis21_2025-02-26"):
        load_gravity_field("egm")
    with pytest.raises(ValueError, match=r"gravity field degree is 13: expected 2\.\.12"):
        load_gravity_field(degree=13)
