"""What the truth plant is built from. All figures are truth: dispersions already applied."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from math import hypot, inf
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import numpy as np

from hil.timescales import Epoch

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]
Mat3 = tuple[float, float, float, float, float, float, float, float, float]
IDENTITY: Quat = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class GravityField:
    """Spherical harmonics, unnormalised; term (n, m) at index n (n + 1) / 2 + m."""

    name: str
    source: str
    mu_m3ps2: float
    re_m: float
    degree: int
    c: tuple[float, ...]
    s: tuple[float, ...]


@dataclass(frozen=True)
class Atmosphere:
    """Density on a height grid: night value and relative day bulge, cos^4 of half the angle to the bulge.

    It holds for the heights of the grid, up to `latitude_max_deg` and from the day `valid_from` up to `valid_to`.
    """

    name: str
    source: str
    f107_sfu: float
    f107_81day_sfu: float
    ap: float
    height_0_m: float
    height_step_m: float
    density_night_kgpm3: tuple[float, ...]
    bulge_amplitude: tuple[float, ...]
    bulge_lag_rad: float
    latitude_max_deg: float
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class PositionTable:
    """Positions at equal steps from `start_s` after the scenario's start, from the central body's centre, ECI axes."""

    start_s: float
    step_s: float
    r_eci_m: tuple[Vec3, ...]


@dataclass(frozen=True)
class CelestialBody:
    """Another celestial body; without a table, "sun" and "moon" are where a series puts them, seen from the Earth."""

    name: str
    mu_m3ps2: float
    table: PositionTable | None = None


SUN = CelestialBody("sun", 1.32712440041279419e20)  # DE440
MOON = CelestialBody("moon", 4.902800118e12)  # DE440


@dataclass(frozen=True)
class EnvironmentConfig:
    """A central body, the Earth where nothing else is said, and what else acts there.

    `field` supplies everything beyond J2..J4; without it gravity is its zonals. `epoch` is the instant at t = 0; a
    datetime is UTC where it has no time zone. `pole_eci` and `rotation_rad`, None for the Earth's own, are the body's
    axis and how far its fixed axes have turned about it at t = 0, from the celestial intermediate origin. `others`
    attract; `sun` gives light and shadow whether it attracts or not, and its pressure with `radiation_pressure`.
    """

    epoch: Epoch | datetime
    mu_m3ps2: float
    re_m: float
    j2: float
    j3: float
    j4: float
    field: GravityField | None = None
    atmosphere: Atmosphere | None = None
    density_factor: float = 1.0
    flattening: float = 1.0 / 298.257223563  # WGS 84
    rate_radps: float = 7.292115e-5  # WGS 84
    pole_eci: Vec3 | None = None
    rotation_rad: float | None = None
    others: tuple[CelestialBody, ...] = ()
    sun: CelestialBody = SUN
    radiation_pressure: bool = False


@dataclass(frozen=True)
class ThrusterConfig:
    """One thruster. `direction_body` is the unit force on the craft, misalignment included."""

    position_body_m: Vec3
    direction_body: Vec3
    thrust_n: float
    isp_s: float
    rise_s: float
    decay_s: float
    min_on_s: float
    valve_tick_us: int = 1


@dataclass(frozen=True)
class CaptureConfig:
    """Largest contact conditions at which the mechanism captures; `touch_lateral_m` bounds what counts as contact."""

    closing_min_mps: float
    closing_max_mps: float
    lateral_m: float
    lateral_rate_mps: float
    pitch_yaw_rad: float
    roll_rad: float
    pitch_yaw_rate_radps: float
    roll_rate_radps: float
    touch_lateral_m: float = 5.0


@dataclass(frozen=True)
class PortConfig:
    """A docking interface of a body; port +x is the docking axis, outward.

    `capture` is the mechanism on it, which only a chaser's port needs, with the mated attitude
    `q_tport_from_port_docked` and the relative speed `release_mps` that its springs give when it lets go. Chaser and
    target may touch inside the envelopes of a port of each: a cylinder about its origin, `radius_m` wide and `depth_m`
    to either side.
    """

    position_body_m: Vec3
    q_port_from_body: Quat = IDENTITY
    name: str = "port"
    capture: CaptureConfig | None = None
    q_tport_from_port_docked: Quat = (0.0, 0.0, 0.0, 1.0)
    release_mps: float = 0.0
    radius_m: float = 1.0
    depth_m: float = 0.5


@dataclass(frozen=True)
class Flown:
    """Attitude that nothing but thrusters and the gravity gradient turn."""

    mode: ClassVar[str] = "flown"


# Largest angle of the hold's series of the half angle (quaternion norm to 6e-9) and of its rate to first order
HOLD_ANGLE_MAX_RAD = 0.2


@dataclass(frozen=True)
class Hold:
    """Attitude held in a frame, "lvlh" or "inertial": nominal, plus a constant bias, plus a slow limit cycle.

    `ends_at_capture`: whether the body's own control is off once another is docked to it.
    """

    q_body_from_frame: Quat
    bias_rad: Vec3 = (0.0, 0.0, 0.0)
    rate_amplitude_radps: Vec3 = (0.0, 0.0, 0.0)
    phase_rad: Vec3 = (0.0, 0.0, 0.0)
    limit_cycle_radps: float = 0.02
    bandwidth_radps: float = 0.5
    frame: Literal["lvlh", "inertial"] = "lvlh"
    ends_at_capture: bool = False

    @property
    def mode(self) -> str:
        """The mode of attitude, one of `hil.plant.attitudes.OWN`."""
        return f"{self.frame}_hold"

    @property
    def angle_max_rad(self) -> float:
        """Bound of the angle between the nominal attitude and the one held: bias and full swing on all axes at once."""
        pairs = zip(self.bias_rad, self.rate_amplitude_radps, strict=True)
        return hypot(*(abs(bias) + abs(rate) / self.limit_cycle_radps for bias, rate in pairs))


@dataclass(frozen=True)
class BodyConfig:
    """Mass properties without propellant, aerodynamics, ports, thrusters, attitude; positions in the structural frame.

    `area_m2` and `cd` are those of a sphere in the wind, `radiation_area_m2` and `radiation_coefficient` (1 absorbs, 2
    reflects back) of one in sunlight.
    """

    dry_mass_kg: float
    dry_com_body_m: Vec3
    dry_inertia_body_kgm2: Mat3
    propellant_kg: float = 0.0
    tank_body_m: Vec3 = (0.0, 0.0, 0.0)
    cd: float = 0.0
    area_m2: float = 0.0
    name: str = "body"
    ports: tuple[PortConfig, ...] = ()
    thrusters: tuple[ThrusterConfig, ...] = ()
    attitude: Any = Flown()  # the configuration of a mode of hil.plant.attitudes
    radiation_coefficient: float = 0.0
    radiation_area_m2: float = 0.0
    shape: tuple[
        Any, ...
    ] = ()  # rows of [[vehicle.shape]], their union; without one it is a point that touches nothing

    @classmethod
    def from_loaded(
        cls,
        mass_kg: float,
        com_body_m: Vec3,
        inertia_body_kgm2: Mat3,
        propellant_kg: float,
        tank_body_m: Vec3,
        **rest: Any,
    ) -> BodyConfig:
        """The same body given by its loaded mass (propellant included), c.m. and inertia about that c.m."""
        dry = mass_kg - propellant_kg
        if not dry > 0.0:
            raise ValueError(f"propellant_kg is {propellant_kg}: expected less than the craft's mass, {mass_kg} kg")
        x, y, z = ((mass_kg * c - propellant_kg * t) / dry for c, t in zip(com_body_m, tank_body_m, strict=True))
        from_dry = _point_inertia(dry, (x - com_body_m[0], y - com_body_m[1], z - com_body_m[2]))
        tx, ty, tz = (t - c for c, t in zip(com_body_m, tank_body_m, strict=True))
        from_tank = _point_inertia(propellant_kg, (tx, ty, tz))
        inertia = cast(Mat3, tuple(i - a - b for i, a, b in zip(inertia_body_kgm2, from_dry, from_tank, strict=True)))
        return cls(dry, (x, y, z), inertia, propellant_kg, tank_body_m, **rest)


def _point_inertia(mass_kg: float, r_m: Vec3) -> Mat3:
    """Inertia of a point mass at r_m about the origin, row-major."""
    x, y, z = r_m
    m = mass_kg
    return (
        m * (y * y + z * z), -m * x * y, -m * x * z,
        -m * x * y, m * (x * x + z * z), -m * y * z,
        -m * x * z, -m * y * z, m * (x * x + y * y),
    )  # fmt: skip


# Of the largest principal moment: what rounding may leave of a rod's or a plate's equality
_INERTIA_TOLERANCE = 1.0e-9


def inertia_problem(inertia_kgm2: Mat3) -> str | None:
    """Why no body can have this inertia tensor (row-major, symmetric); None when one can.

    Principal moments are positive, and none exceeds the sum of the other two (Goldstein 2002, section 5.3).
    """
    low, middle, high = (float(x) for x in np.linalg.eigvalsh(np.reshape(inertia_kgm2, (3, 3))))
    if low > 0.0 and high - (low + middle) <= _INERTIA_TOLERANCE * high:
        return None
    return (
        f"principal moments {low:.6g}, {middle:.6g} and {high:.6g} kg m^2: expected the inertia of a real body, "
        "each positive and none larger than the sum of the others"
    )


@dataclass(frozen=True)
class PlantConfig:
    """Everything `Plant` needs but the initial states; `chaser` and `target` are names of two of the bodies.

    `chaser_port` and `target_port`, the first of each where left out, are those that truth is about until others touch.
    """

    environment: EnvironmentConfig
    bodies: tuple[BodyConfig, ...]
    chaser: str = "chaser"
    target: str = "target"
    chaser_port: str = ""
    target_port: str = ""
    step_s: float = 0.1
    height_range_m: tuple[float, float] = (-inf, inf)  # above the ellipsoid; `Plant.left` says when a body leaves it


_TABLES = Path(__file__).with_name("tables")


def load_gravity_field(name: str = "egm2008", degree: int = 8) -> GravityField:
    """A tabulated field, cut at `degree`."""
    table = _load_table(name)
    if not 2 <= degree <= table["degree"]:
        raise ValueError(f"gravity field degree is {degree}: expected 2..{table['degree']} for {name}")
    terms = (degree + 1) * (degree + 2) // 2
    return GravityField(
        name, table["source"], table["mu_m3ps2"], table["re_m"], degree,
        tuple(table["c"][:terms]), tuple(table["s"][:terms]),
    )  # fmt: skip


def load_atmosphere(name: str = "nrlmsis21_2025-02-26") -> Atmosphere:
    """A tabulated atmosphere."""
    table = _load_table(name)
    return Atmosphere(
        name, table["source"], table["f107_sfu"], table["f107_81day_sfu"], table["ap"],
        table["height_0_m"], table["height_step_m"],
        tuple(table["density_night_kgpm3"]), tuple(table["bulge_amplitude"]),
        table["bulge_lag_deg"] * (3.141592653589793 / 180.0), table["latitude_max_deg"], table["valid_from"],
        table["valid_to"],
    )  # fmt: skip


@cache
def _load_table(name: str) -> dict[str, Any]:
    known = sorted(p.stem for p in _TABLES.glob("*.toml"))
    if name not in known:
        raise ValueError(f"table {name!r}: expected one of {', '.join(known)}")
    return tomllib.loads((_TABLES / f"{name}.toml").read_text())
