"""A mistake in what the plant is built from is refused by name."""

import math
from dataclasses import replace

import pytest

from hil.plant.config import IDENTITY, TargetHoldConfig, load_atmosphere, load_gravity_field
from tests.plant.plants import AFT, CHASER, EMPTY, FIELD, SPHERE, plant


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step_s": 0.0}, r"step_s is 0\.0: expected > 0"),
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
        ({"chaser": replace(CHASER, propellant_kg=-1.0)}, r"chaser\.propellant_kg is -1\.0: expected >= 0"),
        ({"chaser": replace(CHASER, tank_body_m=(0.0, math.inf, 0.0))}, r"chaser\.tank_body_m\[1\] is inf"),
        (
            {"chaser": replace(CHASER, q_port_from_body=(1.0, 1.0, 0.0, 0.0))},
            r"chaser\.q_port_from_body .* unit quaternion",
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
        ({"thrusters": (replace(AFT, rise_s=-0.1),)}, r"thrusters\[0\]: rise_s -0\.1"),
        ({"thrusters": (AFT,) * 33}, "33 thrusters: expected at most 32"),
        ({"hold": TargetHoldConfig(IDENTITY, limit_cycle_radps=0.0)}, r"hold\.limit_cycle_radps is 0\.0"),
    ],
)
def test_bad_configuration_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        plant(**({"environment": EMPTY} | changes))


def test_bad_calls_are_refused_by_name():
    p = plant(EMPTY, thrusters=(AFT,))
    with pytest.raises(ValueError, match="on_us has 2 values: expected one a thruster, 1"):
        p.run(1, 100_000, [0, 0])
    with pytest.raises(ValueError, match="cycle_us is 0: expected > 0"):
        p.run(1, 0)
    with pytest.raises(ValueError, match="craft is 'station': expected 'chaser' or 'target'"):
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
