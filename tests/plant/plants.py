"""Plants for the tests: small, round numbers, one place."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import Any

from hil.plant.config import (
    BodyConfig,
    CaptureConfig,
    EnvironmentConfig,
    Hold,
    PlantConfig,
    PortConfig,
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

CHASER = BodyConfig(
    name="chaser",
    dry_mass_kg=1000.0, dry_com_body_m=(0.0, 0.0, 0.0), dry_inertia_body_kgm2=(800.0, 0, 0, 0, 1000.0, 0, 0, 0, 1200.0),
    propellant_kg=100.0, tank_body_m=(0.0, 0.0, 0.0), cd=2.0, area_m2=10.0,
    ports=(PortConfig((2.0, 0.0, 0.0)),),
)  # fmt: skip
TARGET = BodyConfig(
    name="target",
    dry_mass_kg=4.0e5, dry_com_body_m=(0.0, 0.0, 0.0), dry_inertia_body_kgm2=(1.28e8, 0, 0, 0, 1.07e8, 0, 0, 0, 2.01e8),
    propellant_kg=0.0, tank_body_m=(0.0, 0.0, 0.0), cd=2.0, area_m2=1800.0,
    ports=(PortConfig((-30.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),), attitude=Hold(LVLH),
)  # fmt: skip
AFT = ThrusterConfig(
    position_body_m=(-2.0, 0.0, 0.0), direction_body=(1.0, 0.0, 0.0), thrust_n=200.0, isp_s=270.0,
    rise_s=0.010, decay_s=0.012, min_on_s=0.0,
)  # fmt: skip
CAPTURE = CaptureConfig(0.01, 0.35, 0.34, 0.10, math.radians(10), math.radians(10), 0.02, 0.02, touch_lateral_m=1.0)


def plant(
    environment: EnvironmentConfig = SPHERE,
    *,
    chaser: BodyConfig = CHASER,
    target: BodyConfig = TARGET,
    thrusters: tuple[ThrusterConfig, ...] = (),
    capture: CaptureConfig | None = None,
    hold: Hold | None = None,
    others: tuple[BodyConfig, ...] = (),
    **changes: Any,
) -> Plant:
    """A plant on a 400 km circular equatorial orbit, chaser with the target unless placed."""
    port = replace(chaser.ports[0], capture=capture or chaser.ports[0].capture)
    chaser = replace(chaser, ports=(port, *chaser.ports[1:]), thrusters=thrusters or chaser.thrusters)
    target = replace(target, attitude=hold or target.attitude)
    made = Plant(PlantConfig(environment, (chaser, target, *others), **changes))
    r = 6778137.0
    v = math.sqrt(MU / r)
    made.set_target((r, 0.0, 0.0), (0.0, v, 0.0))
    made.set_chaser((r, 0.0, 0.0), (0.0, v, 0.0), IDENTITY, (0.0, 0.0, 0.0))
    return made
