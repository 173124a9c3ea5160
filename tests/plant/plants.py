"""Plants for the tests: small, round numbers, one place."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import Any

from hil.plant.config import (
    CaptureConfig,
    CraftConfig,
    EnvironmentConfig,
    PlantConfig,
    TargetHoldConfig,
    ThrusterConfig,
    load_gravity_field,
)
from hil.plant.plant import Plant

EPOCH = datetime(2025, 2, 26, 12)
FIELD = load_gravity_field(degree=8)
MU, RE = FIELD.mu_m3ps2, FIELD.re_m
J2, J3, J4 = -FIELD.c[3], -FIELD.c[6], -FIELD.c[10]
G0 = 9.80665
IDENTITY = (1.0, 0.0, 0.0, 0.0)
LVLH = (0.5, 0.5, 0.5, -0.5)  # body x along-track, body z to nadir

SPHERE = EnvironmentConfig(EPOCH, MU, RE, 0.0, 0.0, 0.0)
ZONAL = replace(SPHERE, j2=J2, j3=J3, j4=J4)
# so weak an attraction that motion is straight
EMPTY = replace(SPHERE, mu_m3ps2=1e-6)

CHASER = CraftConfig(
    dry_mass_kg=1000.0, dry_com_body_m=(0.0, 0.0, 0.0), dry_inertia_body_kgm2=(800.0, 0, 0, 0, 1000.0, 0, 0, 0, 1200.0),
    propellant_kg=100.0, tank_body_m=(0.0, 0.0, 0.0), cd=2.0, area_m2=10.0,
    port_body_m=(2.0, 0.0, 0.0), q_port_from_body=IDENTITY,
)  # fmt: skip
TARGET = CraftConfig(
    dry_mass_kg=4.0e5, dry_com_body_m=(0.0, 0.0, 0.0), dry_inertia_body_kgm2=(1.28e8, 0, 0, 0, 1.07e8, 0, 0, 0, 2.01e8),
    propellant_kg=0.0, tank_body_m=(0.0, 0.0, 0.0), cd=2.0, area_m2=1800.0,
    port_body_m=(-30.0, 0.0, 0.0), q_port_from_body=(0.0, 0.0, 0.0, 1.0),
)  # fmt: skip
AFT = ThrusterConfig(
    position_body_m=(-2.0, 0.0, 0.0), direction_body=(1.0, 0.0, 0.0), thrust_n=200.0, isp_s=270.0,
    rise_s=0.010, decay_s=0.012, min_on_s=0.0,
)  # fmt: skip
CAPTURE = CaptureConfig(0.01, 0.35, 0.34, 0.10, math.radians(10), math.radians(10), 0.02, 0.02, touch_lateral_m=1.0)


def plant(environment: EnvironmentConfig = SPHERE, **changes: Any) -> Plant:
    """A plant on a 400 km circular equatorial orbit, chaser with the target unless placed."""
    config = PlantConfig(environment, CHASER, TARGET, hold=TargetHoldConfig(LVLH))
    made = Plant(replace(config, **changes))
    r = 6778137.0
    v = math.sqrt(MU / r)
    made.set_target((r, 0.0, 0.0), (0.0, v, 0.0))
    made.set_chaser((r, 0.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    return made
