"""Scenario files: TOML in, one validated and frozen `Scenario` out.

Every key ends in its unit. A file may extend another (`[scenario] extends`): tables merge key by
key, and a table `[flight.phase.NAME]` overrides fields of the phase of that name. The keys of
`[flight]` are the flight core's own parameters (gnc/core/flight.h): names, ranges and units come
from its descriptors. docs/scenario.md describes the format.
"""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from functools import cache
from importlib import resources
from itertools import product
from math import sqrt
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import ValidationError
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from firmware_bridge.faults import STRICT, BoardFault, LinkFaults
from gnc import flight as core
from hil.distributions import (
    DEVIATE_MAX,
    KINDS,
    QUANTITIES,
    Correlated,
    Distribution,
    Normal,
    Quantity,
    cholesky,
    element,
)
from hil.plant.config import HOLD_ANGLE_MAX_RAD, CraftConfig, Mat3, inertia_problem
from hil.plant.validity import Model
from hil.timescales import Epoch

DEG = 3.14159265358979323846 / 180.0
EXTENDS_MAX = 8

# Ranges of what no model bounds: none of its values overflows in a run
Positive = Annotated[float, Ge(1.0e-9), Le(1.0e9)]
NonNegative = Annotated[float, Ge(0.0), Le(1.0e9)]
Fraction = Annotated[float, Ge(0.0), Le(1.0)]
Angle = Annotated[float, Ge(0.0), Le(180.0)]
Component = Annotated[float, Ge(-1.0), Le(1.0)]
Place = Annotated[float, Ge(-100.0), Le(100.0)]
Vector = tuple[Place, Place, Place]
Offset = Annotated[float, Ge(-1.0e6), Le(1.0e6)]
Bias = tuple[Offset, Offset, Offset]
Quaternion = tuple[Component, Component, Component, Component]
Moment = Annotated[float, Ge(1.0e-6), Le(1.0e12)]
Product = Annotated[float, Ge(-1.0e12), Le(1.0e12)]
Inertia = tuple[Moment, Moment, Moment, Product, Product, Product]
Mass = Annotated[float, Ge(0.1), Le(1.0e6)]

# Unit suffixes of keys, longest first, and the units they stand for
UNITS = {
    "mps_per_sqrt_s": "m/s^1.5", "deg_per_sqrt_h": "deg/h^0.5", "deg_per_h15": "deg/h^1.5", "deg_per_h": "deg/h",
    "rad2ps3": "rad^2/s^3", "radps05": "rad/s^0.5", "radps15": "rad/s^1.5", "m2ps3": "m^2/s^3", "m3ps2": "m^3/s^2",
    "arcsec": "arcsec", "radps": "rad/s", "deg_s": "deg/s", "mps2": "m/s^2", "kgm2": "kg m^2", "ps2": "1/s^2",
    "mps": "m/s", "deg": "deg", "rad": "rad", "ppm": "ppm", "sfu": "sfu", "orbits": "orbits", "ratio": "ratio",
    "m2": "m^2", "kg": "kg", "ps": "1/s", "m": "m", "s": "s", "n": "N",
}  # fmt: skip
# What people write by mistake, beside the units above
OTHER_SUFFIXES = (
    "degps", "kmps", "cmps", "hours", "min", "km2", "km", "cm", "mm", "ft", "lb",
    "us", "ms", "g", "t", "h", "kn",
)  # fmt: skip


class ScenarioError(ValueError):
    """A mistake in a scenario: one line naming file, key, value and what was expected."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Plant:
    """Truth environment and integration step."""

    step_s: Annotated[float, Ge(0.001), Le(1.0)]
    mu_m3ps2: Annotated[float, Ge(1.0e14), Le(1.0e15)]
    re_m: Annotated[float, Ge(6.0e6), Le(7.0e6)]
    j2: Annotated[float, Ge(0.0), Le(0.01)]
    j3: Annotated[float, Ge(-0.001), Le(0.001)]
    j4: Annotated[float, Ge(-0.001), Le(0.001)]
    atmosphere: str  # a table of hil/plant/tables, or "none"
    field_degree: Annotated[int, Ge(0), Le(12)] = 0  # of the gravity field beyond J4; 0 leaves it out
    beyond_validity: tuple[Model, ...] = ()  # models that may be flown outside the range they hold for


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Target:
    """The other spacecraft; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    ephemeris: str
    mass_kg: Annotated[float, Ge(0.1), Le(1.0e7)]
    drag_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)]
    drag_coefficient: Annotated[float, Ge(0.0), Le(100.0)]
    inertia_kgm2: Inertia
    port_tbody_m: Vector
    q_tport_from_tbody: Quaternion
    gnss_antenna_tbody_m: Vector
    q_tbody_from_hill: Quaternion
    hold_limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Thrusters:
    """Thrusters of one class: places and directions of the force, structural body frame."""

    force_n: Annotated[float, Ge(1.0e-6), Le(1.0e5)]
    isp_s: Annotated[float, Ge(1.0), Le(1.0e4)]
    min_on_s: Annotated[float, Ge(1.0e-4), Le(1.0)]
    rise_s: Annotated[float, Ge(0.0), Le(0.2)]
    decay_s: Annotated[float, Ge(0.0), Le(0.2)]
    position_m: Annotated[tuple[Vector, ...], MinLen(1), MaxLen(core.N_THRUSTERS)]
    direction: Annotated[tuple[tuple[Component, Component, Component], ...], MinLen(1), MaxLen(core.N_THRUSTERS)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Chaser:
    """The craft that is flown; inertia as tensor elements Ixx Iyy Izz Ixy Ixz Iyz."""

    mass_kg: Mass
    propellant_kg: NonNegative
    com_body_m: Vector
    tank_body_m: Vector
    inertia_kgm2: Inertia
    drag_area_m2: Annotated[float, Ge(0.0), Le(1.0e5)]
    drag_coefficient: Annotated[float, Ge(0.0), Le(100.0)]
    port_body_m: Vector
    q_port_from_body: Quaternion
    q_tport_from_port: Quaternion
    thrusters: Thrusters


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Imu:
    """Gyro and accelerometer."""

    position_body_m: Vector
    gyro_arw_deg_per_sqrt_h: Annotated[float, Ge(0.0), Le(1.0e4)]
    gyro_bias_deg_per_h: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    gyro_rrw_deg_per_h15: Annotated[float, Ge(0.0), Le(1.0e4)]
    accelerometer_bias_mps2: Annotated[float, Ge(0.0), Le(10.0)] | Distribution
    accelerometer_noise_mps_per_sqrt_s: Annotated[float, Ge(0.0), Le(10.0)]
    scale_factor_ppm: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    misalignment_deg: Angle | Distribution


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Star:
    """Star tracker, boresight along star x."""

    q_star_from_body: Quaternion
    period_s: Positive
    latency_s: NonNegative
    sigma_cross_arcsec: NonNegative
    sigma_roll_arcsec: NonNegative
    misalignment_deg: Angle | Distribution


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Gnss:
    """Absolute GNSS receiver of the chaser."""

    antenna_body_m: Vector
    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Rgnss:
    """Relative GNSS between the antennas of both craft."""

    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative
    bias_sigma_m: NonNegative
    bias_tau_s: Positive
    growth_m: Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Camera:
    """Docking camera, boresight along camera x."""

    position_body_m: Vector
    q_camera_from_body: Quaternion
    period_s: Positive
    latency_s: NonNegative
    max_range_m: Positive
    pose_range_m: NonNegative
    field_of_view_deg: Annotated[float, Ge(0.01), Lt(180.0)]
    sigma_range_ratio: NonNegative
    sigma_range_floor_m: NonNegative
    sigma_los_deg: Angle
    sigma_pose_deg: Angle
    pose_reference_m: Positive
    boresight_deg: Angle | Distribution
    dropout_probability: Fraction


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Sensors:
    """What the chaser measures with."""

    imu: Imu
    star: Star
    gnss: Gnss
    rgnss: Rgnss
    camera: Camera


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Dispersions:
    """How each truth value and uploaded error is drawn.

    A number is 3 sigma of a normal distribution, each axis; 0 draws nothing. A table with a `kind` is any
    other distribution, in the unit of the key (`hil.distributions`).
    """

    initial_position_m: Annotated[float, Ge(0.0), Le(1.0e3)] | Distribution
    initial_velocity_mps: Annotated[float, Ge(0.0), Le(1.0)] | Distribution
    initial_attitude_deg: Angle | Distribution
    initial_rate_deg_s: Annotated[float, Ge(0.0), Le(100.0)] | Distribution
    mass_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution
    com_m: Annotated[float, Ge(0.0), Le(10.0)] | Distribution
    inertia_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution
    thruster_force_ratio: Annotated[float, Ge(0.0), Le(0.5)] | Distribution
    thruster_direction_deg: Annotated[float, Ge(0.0), Le(30.0)] | Distribution
    density_factor: Annotated[float, Ge(1.0), Le(100.0)] | Distribution
    target_attitude_deg: Angle | Distribution
    target_rate_deg_s: Annotated[float, Ge(0.0), Le(10.0)] | Distribution
    upload_target_position_m: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    upload_target_velocity_mps: Annotated[float, Ge(0.0), Le(100.0)] | Distribution
    handover_position_m: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    handover_velocity_mps: Annotated[float, Ge(0.0), Le(100.0)] | Distribution
    handover_attitude_deg: Angle | Distribution
    correlated: tuple[Correlated, ...] = ()


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Initial:
    """The point the chaser holds at start, port to port along the approach axis."""

    distance_m: Annotated[float, Ge(1.0e-3), Le(1.0e6)]
    offset_x_m: Annotated[float, Ge(-1.0e5), Le(1.0e5)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Contact:
    """What the docking mechanism captures."""

    capture_lateral_m: Positive
    capture_closing_min_mps: NonNegative
    capture_closing_max_mps: Positive
    capture_angle_deg: Angle


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Requirements:
    """Limits the log is checked against, on truth."""

    contact_closing_rate_min_mps: NonNegative
    contact_closing_rate_max_mps: Positive
    contact_lateral_rate_mps: Positive
    contact_pitch_yaw_rate_deg_s: Positive
    contact_roll_rate_deg_s: Positive
    contact_lateral_misalignment_m: Positive
    contact_pitch_yaw_misalignment_deg: Annotated[float, Gt(0.0), Le(180.0)]
    contact_roll_misalignment_deg: Annotated[float, Gt(0.0), Le(180.0)]
    corridor_half_angle_deg: Annotated[float, Ge(0.01), Lt(90.0)]
    corridor_range_m: Positive
    closing_rate_floor_mps: Positive
    closing_rate_base_mps: NonNegative
    closing_rate_slope_ps: NonNegative
    closing_rate_range_m: Positive
    keep_out_radius_m: Positive
    avoidance_coast_m: NonNegative
    passive_safety_orbits: Annotated[float, Ge(0.0), Le(100.0)]
    passive_safety_from_phase: str
    passive_safety_to_phase: str
    passive_safety_interval_s: Positive
    passive_safety_burn_interval_s: Positive
    delta_v_budget_factor: Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Fault:
    """A declared sensor fault: a list `[[fault]]`, in force for start_s <= time of validity < end_s.

    `bias_m` shifts gnss, rgnss (eci) or the port the camera sees (camera axes), `bias_deg` turns the star
    tracker (body axes), `bias_deg_s` drifts the gyro (body axes).
    """

    sensor: Literal["imu", "star", "gnss", "rgnss", "camera"]
    kind: Literal["dropout", "bias", "freeze"]
    start_s: NonNegative
    end_s: Positive = 1.0e6
    bias_m: Bias | None = None
    bias_deg: Bias | None = None
    bias_deg_s: Bias | None = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Telecommand:
    """A telecommand from the ground: a list `[[telecommand]]`; delivered in the first cycle from t_s on."""

    t_s: NonNegative
    command: Literal["go", "hold", "resume", "retreat", "abort", "free_drift"]
    arg: tuple[Product, Product] = (0.0, 0.0)

    @property
    def opcode(self) -> int:
        """Its number in the sensor frame."""
        return int(core.Telecommand[self.command.upper()])


# The one key a bias of each sensor is given by
BIAS_KEYS = {"imu": "bias_deg_s", "star": "bias_deg", "gnss": "bias_m", "rgnss": "bias_m", "camera": "bias_m"}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Header:
    """What is flown, and when."""

    name: str
    title: str
    epoch_utc: str
    max_duration_s: Annotated[float, Gt(0.0), Le(1.0e6)]

    @property
    def epoch(self) -> Epoch:
        """The instant at which a run starts; `epoch_utc` is as written, with an offset perhaps."""
        return Epoch.parse(self.epoch_utc)


class FlightTable(Mapping[str, Any]):
    """The core's design parameters by their name in `gnc.flight.PARAMS`, in SI and radians.

    `phases` are the names of the mission phases; each `phase_*` value has one element a phase.
    """

    def __init__(self, values: Mapping[str, Any], phases: tuple[str, ...]):
        self._values = MappingProxyType(dict(values))
        self.phases = phases

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def phase(self, name: str, parameter: str) -> Any:
        """The value of `phase_<parameter>` for the phase of that name."""
        return self._values[f"phase_{parameter}"][self.phases.index(name)]

    def phase_name(self, number: int) -> str:
        """The name of the phase that telemetry gives by its number; "phase 250" if there is none."""
        return self.phases[number] if 0 <= number < len(self.phases) else f"phase {number}"


# Parameters the set-up fills: what the flight knows of the vehicles, and what is uploaded or handed over
# fmt: off
VEHICLE_PARAMETERS = frozenset({
    "mu_m3ps2", "re_m", "j2", "pole_eci", "mass_kg", "com_body_m", "inertia_body_kgm2", "port_body_m",
    "q_port_from_body", "imu_body_m", "gnss_body_m", "q_star_from_body", "camera_body_m", "q_camera_from_body",
    "thruster_min_on_s", "thruster_rise_s", "thruster_decay_s", "thruster_body_m", "thruster_dir_body",
    "thruster_force_n", "tport_tbody_m", "q_tport_from_tbody", "q_tport_from_port", "tgnss_tbody_m",
    "q_tbody_from_hill", "thruster_count", "phase_count", "param_reserved",
})
UPLOADED_PARAMETERS = frozenset({
    "target_r_eci_m", "target_v_eci_mps", "target_sigma_r_m", "target_sigma_v_mps", "init_r_hill_m",
    "init_v_hill_mps", "init_sigma_r_m", "init_sigma_v_mps", "init_q_body_from_eci",
})
# fmt: on


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Scenario:
    """One validated scenario. `document` is the merged file as flown, `source` and `path` where it is from."""

    scenario: Header
    plant: Plant
    target: Target
    chaser: Chaser
    sensors: Sensors
    dispersions: Dispersions
    initial: Initial
    contact: Contact
    requirements: Requirements
    link_faults: LinkFaults = LinkFaults()
    board_faults: tuple[BoardFault, ...] = ()
    faults: tuple[Fault, ...] = ()
    telecommands: tuple[Telecommand, ...] = ()
    flight: Any
    document: Any
    source: str
    path: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @classmethod
    def load(cls, name: str | Path, overrides: Iterable[str] = ()) -> Scenario:
        """The packaged scenario of that name, or the file at that path.

        overrides: "dotted.key=value" with the value written as in the file, e.g.
        "dispersions.mass_ratio=0.0" or "flight.phase.s3.duration_s=600.0".
        Raises ScenarioError with one line that names file, key, value and what was expected.
        """
        path = _find(name)
        layers = _read_layers(path)
        layers.append(("--set", _parse_overrides(overrides)))
        return _build(layers, str(path))

    @staticmethod
    def names() -> tuple[str, ...]:
        """The packaged scenarios."""
        return tuple(sorted(p.name.removesuffix(".toml") for p in _packaged().iterdir() if p.name.endswith(".toml")))

    @property
    def folder(self) -> Path:
        """Where the files that the scenario names are looked for: beside it, else among the packaged ones."""
        beside = Path(self.path).parent
        return beside if (beside / self.target.ephemeris).is_file() else Path(str(_packaged()))

    @classmethod
    def parse(cls, text: str, source: str, overrides: Iterable[str] = ()) -> Scenario:
        """A scenario from its text, e.g. the one in a log; errors name it `source`."""
        try:
            document = read_toml(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(f"{source}: not valid TOML: {error}") from None
        _name_phases(source, document)
        return _build([(source, document), ("--set", _parse_overrides(overrides))], str(_packaged() / source))

    def to_toml(self) -> str:
        """The scenario as flown, one self-contained file."""
        import tomli_w

        document = dict(self.document)
        flight = dict(document["flight"])
        flight["phase"] = [{"name": name, **table} for name, table in flight["phase"].items()]
        return tomli_w.dumps(document | {"flight": flight})


# ---- reading ------------------------------------------------------------------------------------


def _packaged() -> Any:
    return resources.files("hil") / "scenarios"


def _find(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if not path.is_file():
            raise ScenarioError(f"{path}: no such scenario file")
        return path
    if str(name) not in Scenario.names():
        near = _nearest(str(name), Scenario.names())
        raise ScenarioError(f"{name}: no scenario of that name{near or '; there are ' + ', '.join(Scenario.names())}")
    return Path(str(_packaged() / f"{name}.toml"))


def read_toml(text: str) -> dict[str, Any]:
    """A document of TOML. Raises tomllib.TOMLDecodeError for whatever the parser refuses, depth and digits included."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except ValueError as error:  # more digits than Python reads
        raise tomllib.TOMLDecodeError(str(error).partition(":")[0]) from None


def says_scenario(path: Path) -> bool:
    """Whether a file says that it is a scenario, right or wrong.

    It has a table [scenario], or another table of a scenario with a key of that table; if it is not TOML, a line
    that opens [scenario]. Raises OSError when it cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError:
        return re.search(r"^[ \t]*\[[ \t]*scenario\b", text, re.MULTILINE) is not None
    if isinstance(document.get("scenario"), dict):
        return True
    tables = ((cls, document.get(name)) for name, cls in _hints(Scenario).items() if is_dataclass(cls))
    return any(
        isinstance(table, dict) and not table.keys().isdisjoint(f.name for f in fields(cls)) for cls, table in tables
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        document = read_toml(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: not valid TOML: {error}") from None
    header = document.get("scenario")
    if isinstance(header, dict) and isinstance(header.get("epoch_utc"), datetime):
        header["epoch_utc"] = header["epoch_utc"].isoformat()  # a TOML date-time is as good as a text
    return document


Layer = tuple[str, dict[str, Any]]


def _read_layers(path: Path) -> list[Layer]:
    """The file and what it extends, base first."""
    layers: list[Layer] = []
    while True:
        document = _read(path)
        _name_phases(path.name, document)
        layers.insert(0, (path.name, document))
        header = document.get("scenario")
        base = header.pop("extends", None) if isinstance(header, dict) else None
        if base is None:
            return layers
        if not isinstance(base, str) or len(layers) >= EXTENDS_MAX:
            expected = f"at most {EXTENDS_MAX} files in a row" if isinstance(base, str) else "the name of a scenario"
            raise ScenarioError(f"{path.name}: scenario.extends = {_show(base)}: expected {expected}")
        beside = path.parent / f"{base}.toml"
        path = beside if beside.is_file() else _find(base if not base.endswith(".toml") else path.parent / base)


def _name_phases(file: str, document: dict[str, Any]) -> None:
    """Turns the list `[[flight.phase]]` into a table of phases by name."""
    flight = document.get("flight")
    if not isinstance(flight, dict) or not isinstance(flight.get("phase"), list):
        return
    phases: dict[str, Any] = {}
    for at, phase in enumerate(flight["phase"]):
        name = phase.pop("name", None) if isinstance(phase, dict) else None
        if not isinstance(name, str):
            raise ScenarioError(f"{file}: flight.phase[{at}]: expected a table with a name")
        if name in phases:
            raise ScenarioError(f"{file}: flight.phase[{at}].name = {_show(name)}: there are two of that name")
        phases[name] = phase
    flight["phase"] = phases


def _parse_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise ScenarioError(f"--set {override}: expected key=value, for instance plant.step_s=0.05")
        try:
            value = read_toml(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        if isinstance(value, date | time):
            value = value.isoformat() if isinstance(value, datetime) else text.strip()  # times are texts in a scenario
        table = document
        for part in parts[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ScenarioError(f"--set {override}: {part} is not a table")
        table[parts[-1]] = value
    return document


def _merge(base: dict[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """`top` over `base`, table by table; an angle replaces the same angle in the other unit.

    A table that says its kind is a distribution, one value.
    """
    merged = dict(base)
    for key, value in top.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict) and "kind" not in value:
            merged[key] = _merge(merged[key], value)
        else:
            if key not in merged:
                merged.pop(_other_angle_unit(key), None)
            merged[key] = value
    return merged


def _other_angle_unit(key: str) -> str:
    for degrees, radians in (("_deg_s", "_radps"), ("_deg", "_rad")):
        if key.endswith(degrees):
            return key.removesuffix(degrees) + radians
        if key.endswith(radians):
            return key.removesuffix(radians) + degrees
    return ""


# ---- errors -------------------------------------------------------------------------------------


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, (dict, tuple, list)):
        text = str(_thaw(value))
        return text if len(text) <= 60 else text[:57] + "..."
    return str(value)


def _thaw(value: Any) -> Any:
    return [_thaw(v) for v in value] if isinstance(value, (list, tuple)) else value


def _nearest(key: str, valid: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(valid), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _split_unit(key: str) -> tuple[str, str]:
    """A key's stem and its unit suffix ("" when it has none)."""
    for suffix in sorted((*UNITS, *OTHER_SUFFIXES), key=len, reverse=True):
        if key.endswith(f"_{suffix}"):
            return key.removesuffix(f"_{suffix}"), suffix
    return key, ""


def unit_of(key: str) -> str:
    """The unit a key's suffix stands for; "" for a bare number or a text."""
    return UNITS.get(_split_unit(key)[1], "")


class _Reader:
    """Reports mistakes with the layer of the file they came from."""

    def __init__(self, layers: list[Layer]):
        self.layers = layers

    def file_of(self, path: str) -> str:
        for file, document in reversed(self.layers):
            node: Any = document
            for part in re.sub(r"\[\d+\]", "", path).split("."):
                if isinstance(node, list):
                    break
                node = node.get(part, MISSING) if isinstance(node, dict) else MISSING
            if node is not MISSING:
                return file
        return self.layers[-2][0]

    def fail(self, path: str, value: Any, expected: str) -> ScenarioError:
        shown = "" if value is MISSING else f" = {_show(value)}"
        return ScenarioError(f"{self.file_of(path)}: {path}{shown}: {expected}")

    def unknown(self, path: str, valid: Iterable[str], value: Any) -> ScenarioError:
        table, _, key = path.rpartition(".")
        valid = list(valid)
        stem = _split_unit(key)[0]
        same = [v for v in valid if _split_unit(v)[0] == stem]
        if same:
            units = " or ".join(unit_of(v) or "no unit" for v in same)
            return self.fail(path, value, f"wrong unit; expected {units}: write {' or '.join(same)}")
        where = f"[{table}]" if table else "a scenario"
        return self.fail(path, value, f"unknown key in {where}{_nearest(key, valid)}")


def expectation(hint: Any, unit: str) -> str:
    """What a field accepts, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        words = expectation(arguments[0], unit)
        return f"{words}, or a distribution" if _may_be_distribution(hint) else words
    if origin is Annotated:
        return _range_in_words(arguments[0], arguments[1:], unit)
    if origin is tuple:
        inner = expectation(arguments[0], unit)
        return f"a list, each of {inner}" if arguments[-1] is Ellipsis else f"{len(arguments)} numbers, each {inner}"
    if origin is Literal:
        return "one of " + ", ".join(_show(a) for a in arguments)
    names = {float: "a finite number", int: "a whole number", str: "a text", bool: "true or false"}
    return names.get(hint, str(hint)) + (f" ({unit})" if unit and hint is float else "")


def _range_in_words(base: Any, constraints: tuple[Any, ...], unit: str) -> str:
    lo = next((f"{c.ge:g}" for c in constraints if isinstance(c, Ge)), None)
    above = next((f"{c.gt:g}" for c in constraints if isinstance(c, Gt)), None)
    hi = next((f"{c.le:g}" for c in constraints if isinstance(c, Le)), None)
    below = next((f"{c.lt:g}" for c in constraints if isinstance(c, Lt)), None)
    most = next((c.max_length for c in constraints if isinstance(c, MaxLen)), None)
    if most is not None:
        return f"a list of 1 to {most}, each {expectation(get_args(base)[0], unit)}"
    bounds = ((">=", lo), (">", above), ("<=", hi), ("<", below))
    text = " and ".join(f"{sign} {bound}" for sign, bound in bounds if bound)
    text = f"a number from {lo} to {hi}" if lo and hi else f"a number {text}"
    return text + (f" ({unit})" if unit else "")


# ---- validating ---------------------------------------------------------------------------------


def _freeze(value: Any) -> Any:
    return tuple(_freeze(v) for v in value) if isinstance(value, list) else value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _section(reader: _Reader, cls: Any, table: Any, path: str) -> Any:
    """One table of the file as an instance of its dataclass."""
    if not isinstance(table, dict):
        raise reader.fail(path, table, "expected a table")
    hints = _hints(cls)
    known = {f.name: f for f in fields(cls)}
    for key, value in table.items():
        if key not in known:
            raise reader.unknown(f"{path}.{key}", known, value)
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in table:
            values[name] = _value(reader, hints[name], table[name], f"{path}.{name}")
        elif is_required(field):
            raise reader.fail(f"{path}.{name}", MISSING, f"missing; expected {expectation(hints[name], unit_of(name))}")
    try:
        return cls(**values)
    except ValidationError as error:
        raise _explain(reader, hints, table, path, error) from None


def _value(reader: _Reader, hint: Any, value: Any, path: str) -> Any:
    if is_dataclass(hint):
        return _section(reader, hint, value, path)
    if isinstance(value, dict) and _may_be_distribution(hint):
        kind, kinds = value.get("kind"), ", ".join(map(_show, KINDS))
        if kind is None:
            raise reader.fail(path, value, f"a distribution needs its kind: expected one of {kinds}")
        if not isinstance(kind, str) or kind not in KINDS:
            raise reader.fail(f"{path}.kind", kind, f"expected one of {kinds}")
        return _section(reader, KINDS[kind], value, path)
    if hint == tuple[Correlated, ...]:
        return tuple(_read_list(reader, Correlated, path, value))
    return _freeze(value)


def _may_be_distribution(hint: Any) -> bool:
    return Normal in get_args(hint)


def is_required(field: Any) -> bool:
    """Whether a field of a section has no default."""
    default = field.default.is_required() if isinstance(field.default, FieldInfo) else field.default is MISSING
    return bool(default)


def _explain(
    reader: _Reader, hints: dict[str, Any], table: dict[str, Any], path: str, error: ValidationError
) -> ScenarioError:
    """The first thing pydantic found, in the words of this project."""
    first = error.errors()[0]
    name, *indices = first["loc"]
    value, hint = table[str(name)], hints[str(name)]
    at = f"{path}.{name}"
    for index in indices:
        if not isinstance(index, int) or not isinstance(value, list) or index >= len(value):
            break
        value, at = value[index], f"{at}[{index}]"
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        hint = get_args(inner)[0]
    return reader.fail(at, value, f"expected {expectation(hint, unit_of(str(name)))}")


def _build(layers: list[Layer], path: str) -> Scenario:
    document: dict[str, Any] = {}
    reader = _Reader(layers)
    sections = {name: hint for name, hint in _hints(Scenario).items() if is_dataclass(hint)}
    others = ("flight", "fault", "board_fault", "telecommand")
    for file, layer in layers:
        _check_phase_names(reader, document, layer, file)
        document = _merge(document, layer)
    for key, value in document.items():
        if key not in sections and key not in others:
            raise reader.unknown(key, [*sections, *others], value if not isinstance(value, dict) else MISSING)
    for key in (*(name for name, cls in sections.items() if any(map(is_required, fields(cls)))), "flight"):
        if key not in document:
            raise reader.fail(key, MISSING, "missing table")
    parts = {name: _section(reader, cls, document.get(name, {}), name) for name, cls in sections.items()}
    table = _read_flight(reader, document["flight"])
    scenario = Scenario(
        **parts,
        faults=tuple(_read_list(reader, Fault, "fault", document.get("fault", []))),
        board_faults=tuple(_read_list(reader, BoardFault, "board_fault", document.get("board_fault", []))),
        telecommands=tuple(_read_list(reader, Telecommand, "telecommand", document.get("telecommand", []))),
        flight=table,
        document=MappingProxyType(document),
        source=layers[-2][0],
        path=path,
    )
    _check_consistency(reader, scenario)
    return scenario


def _read_list(reader: _Reader, cls: Any, name: str, tables: Any) -> list[Any]:
    if not isinstance(tables, list):
        raise reader.fail(name, MISSING, f"expected a list of tables, [[{name}]]")
    return [_section(reader, cls, table, f"{name}[{at}]") for at, table in enumerate(tables)]


def _check_fault(reader: _Reader, path: str, fault: Fault) -> None:
    expected = BIAS_KEYS[fault.sensor] if fault.kind == "bias" else None
    for key in sorted(set(BIAS_KEYS.values())):
        value = getattr(fault, key)
        if (value is not None) != (key == expected):
            wanted = f"expected for a {fault.kind} of {fault.sensor}: {expected or 'no bias'}"
            raise reader.fail(f"{path}.{key}", MISSING if value is None else value, wanted)
    if fault.end_s <= fault.start_s:
        raise reader.fail(f"{path}.end_s", fault.end_s, f"expected more than start_s = {fault.start_s}")


def _check_board_faults(reader: _Reader, faults: tuple[BoardFault, ...]) -> None:
    for at, fault in enumerate(faults):
        if (fault.duration_s is not None) != (fault.kind == "pause"):
            wanted = "expected for a pause, and for a pause only"
            raise reader.fail(f"board_fault[{at}].duration_s", fault.duration_s or MISSING, wanted)
    _check_order(reader, "board_fault", faults)


def _check_order(reader: _Reader, name: str, events: tuple[BoardFault, ...] | tuple[Telecommand, ...]) -> None:
    times = [event.t_s for event in events]
    if times != sorted(times):
        raise reader.fail(name, MISSING, f"expected in order of time, found t_s = {times}")


def _check_phase_names(reader: _Reader, base: dict[str, Any], layer: dict[str, Any], file: str) -> None:
    """A layer may override phases of its base, not bring new ones by a misspelt name."""
    known = base.get("flight", {}).get("phase", {})
    flight = layer.get("flight", {})
    phases = flight.get("phase", {}) if isinstance(flight, dict) else {}
    if known and isinstance(phases, dict):
        for name in phases:
            if name not in known:
                raise ScenarioError(f"{file}: flight.phase.{name}: no phase of that name{_nearest(name, known)}")


def _check_consistency(reader: _Reader, s: Scenario) -> None:
    """What one key alone cannot show."""
    _check_epoch(reader, s)
    _check_timing(reader, s)
    for at, fault in enumerate(s.faults):
        _check_fault(reader, f"fault[{at}]", fault)
    _check_order(reader, "telecommand", s.telecommands)
    _check_board_faults(reader, s.board_faults)
    _check_quaternions(reader, s.document, "")
    _check_distributions(reader, s)
    for at, together in enumerate(s.dispersions.correlated):
        _check_correlated(reader, f"dispersions.correlated[{at}]", s, together)
    chaser, thrusters = s.chaser, s.chaser.thrusters
    if chaser.propellant_kg >= chaser.mass_kg:
        expected = f"expected less than chaser.mass_kg = {chaser.mass_kg} (kg)"
        raise reader.fail("chaser.propellant_kg", chaser.propellant_kg, expected)
    if len(thrusters.direction) != len(thrusters.position_m):
        expected = (
            f"expected one for each of the {len(thrusters.position_m)} positions, found {len(thrusters.direction)}"
        )
        raise reader.fail("chaser.thrusters.direction", MISSING, expected)
    for i, (x, y, z) in enumerate(thrusters.direction):
        if abs(x * x + y * y + z * z - 1.0) > 1.0e-9:
            raise reader.fail(f"chaser.thrusters.direction[{i}]", (x, y, z), "expected a unit vector")
    _check_hold(reader, s)
    most = _largest_force_n(thrusters)
    if s.flight["force_max_n"] > most:
        expected = f"expected at most {most:.6g} N, the largest force that the thrusters give together"
        raise reader.fail("flight.force_max_n", s.flight["force_max_n"], expected)
    for craft in ("target", "chaser"):
        _check_inertia(reader, f"{craft}.inertia_kgm2", getattr(s, craft).inertia_kgm2)
    for table, lo, hi in (
        ("contact", "capture_closing_min_mps", "capture_closing_max_mps"),
        ("requirements", "contact_closing_rate_min_mps", "contact_closing_rate_max_mps"),
    ):
        low, high = getattr(getattr(s, table), lo), getattr(getattr(s, table), hi)
        if low >= high:
            raise reader.fail(f"{table}.{lo}", low, f"expected less than {table}.{hi} = {high}")
    for key in ("passive_safety_from_phase", "passive_safety_to_phase"):
        name = getattr(s.requirements, key)
        if name not in s.flight.phases:
            expected = f"expected the name of a phase: {', '.join(s.flight.phases)}"
            raise reader.fail(f"requirements.{key}", name, expected)
    _check_draws(reader, s)


CYCLES_MAX = 10_000_000


def _check_timing(reader: _Reader, s: Scenario) -> None:
    """What is not a whole number of control cycles would never fall due."""
    cycle_s, max_age_s = s.flight["cycle_s"], s.flight["measurement_max_age_s"]
    if abs(cycle_s * 1.0e6 - round(cycle_s * 1.0e6)) > 1.0e-6:
        raise reader.fail("flight.cycle_s", cycle_s, "expected a whole number of microseconds")
    if not cycle_s <= s.scenario.max_duration_s <= CYCLES_MAX * cycle_s:
        expected = f"expected 1 to {CYCLES_MAX:,} control cycles, {cycle_s:g} to {CYCLES_MAX * cycle_s:g} s"
        raise reader.fail("scenario.max_duration_s", s.scenario.max_duration_s, expected)
    for name in ("star", "gnss", "rgnss", "camera"):
        sensor = getattr(s.sensors, name)
        for key in ("period_s", "latency_s"):
            value = getattr(sensor, key)
            cycles, least = value / cycle_s, 1 if key == "period_s" else 0
            if abs(cycles - round(cycles)) > 1.0e-9 * max(1.0, cycles) or round(cycles) < least:
                expected = f"expected a whole number of control cycles, flight.cycle_s = {cycle_s}"
                raise reader.fail(f"sensors.{name}.{key}", value, expected)
        if round(sensor.latency_s / cycle_s) > core.LATE_CYCLES_MAX:
            expected = (
                f"expected at most {core.LATE_CYCLES_MAX} control cycles, {core.LATE_CYCLES_MAX * cycle_s:g} s: the "
                "flight core no longer knows where it was before"
            )
            raise reader.fail(f"sensors.{name}.latency_s", sensor.latency_s, expected)
        if round(sensor.latency_s * 1.0e6) > int(max_age_s * 1.0e6):
            expected = f"expected at most flight.measurement_max_age_s = {max_age_s}: every measurement would be stale"
            raise reader.fail(f"sensors.{name}.latency_s", sensor.latency_s, expected)


def _largest_force_n(thrusters: Thrusters) -> float:
    """The largest force of any set of thrusters that fire together: from each axis up to a set that is its own best."""
    forces = thrusters.force_n * np.array(thrusters.direction)
    largest = 0.0
    for start in product((-1.0, 0.0, 1.0), repeat=3):
        total, size = np.array(start), 0.0
        while True:
            total = forces[forces @ total > 0.0].sum(axis=0)
            if not (reached := float(np.linalg.norm(total))) > size:
                break
            size = reached
        largest = max(largest, size)
    return largest


def _check_epoch(reader: _Reader, s: Scenario) -> None:
    try:
        _ = s.scenario.epoch
    except ValueError as error:
        raise reader.fail("scenario.epoch_utc", s.scenario.epoch_utc, str(error)) from None


def _check_quaternions(reader: _Reader, table: Mapping[str, Any], path: str) -> None:
    for key, value in table.items():
        at = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            _check_quaternions(reader, value, at)
        elif re.match(r"q_\w+_from_", key) and abs(sum(c * c for c in value) - 1.0) > 1.0e-9:
            raise reader.fail(at, value, "expected a unit quaternion, scalar first")


def inertia_matrix(six: Sequence[float]) -> Mat3:
    """Row-major matrix of the elements Ixx Iyy Izz Ixy Ixz Iyz."""
    xx, yy, zz, xy, xz, yz = six
    return (xx, xy, xz, xy, yy, yz, xz, yz, zz)


def _check_inertia(reader: _Reader, path: str, inertia: tuple[float, ...]) -> None:
    if problem := inertia_problem(inertia_matrix(inertia)):
        raise reader.fail(path, inertia, problem)


def _check_hold(reader: _Reader, s: Scenario) -> None:
    """The target's attitude hold is modelled for small angles: bias and limit cycle, the largest that are drawn."""
    reach = {key: _largest(s, key) * DEG for key in ("target_attitude_deg", "target_rate_deg_s")}
    angle = sqrt(3.0) * (reach["target_attitude_deg"] + reach["target_rate_deg_s"] / s.target.hold_limit_cycle_radps)
    if not angle <= HOLD_ANGLE_MAX_RAD:
        cycle = f"target_rate_deg_s and target.hold_limit_cycle_radps = {s.target.hold_limit_cycle_radps:g}"
        expected = (
            f"with {cycle} the target turns by up to {angle / DEG:.4g} deg: expected at most "
            f"{HOLD_ANGLE_MAX_RAD / DEG:.4g} deg, the range of its attitude hold"
        )
        raise reader.fail("dispersions.target_attitude_deg", MISSING, expected)


# ---- dispersions --------------------------------------------------------------------------------


def declared(s: Scenario, quantity: Quantity) -> float | Distribution:
    """What the scenario says of a quantity: 3 sigma, or a distribution, in the unit of its key."""
    found: Any = s
    for part in quantity.key.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


def _most(quantity: Quantity) -> float:
    """The largest size that the key of a quantity may have."""
    section, _, key = quantity.key.rpartition(".")
    owner = {"dispersions": Dispersions, "sensors.imu": Imu, "sensors.star": Star, "sensors.camera": Camera}[section]
    number = get_args(_hints(owner)[key])[0]
    return next((float(c.le) for c in get_args(number) if isinstance(c, Le)), float("inf"))  # type: ignore[arg-type]


def _check_distributions(reader: _Reader, s: Scenario) -> None:
    thrusters = len(s.chaser.thrusters.position_m)
    for quantity in QUANTITIES:
        found = declared(s, quantity) if quantity.key else 0.0
        if isinstance(found, float):
            continue
        count, most = quantity.elements(thrusters), _most(quantity)
        if problem := found.problem(count):
            key, expected = problem
            raise reader.fail(f"{quantity.key}.{key}", getattr(found, key), expected)
        factor = quantity.field == "density_factor"
        if factor and isinstance(found, Normal):
            raise reader.fail(f"{quantity.key}.kind", found.kind, "expected a distribution of positive factors")
        low, high = found.reach(count)
        least = 1.0 / most if factor else -most
        if low < least or high > most:
            unit = unit_of(quantity.key)
            expected = f"expected values from {least:g} to {most:g}" + (f" ({unit})" if unit else "")
            raise reader.fail(quantity.key, MISSING, f"reaches from {low:g} to {high:g}: {expected}")


def _check_correlated(reader: _Reader, path: str, s: Scenario, together: Correlated) -> None:
    by_key = {q.key.removeprefix("dispersions."): q for q in QUANTITIES if q.key.startswith("dispersions.")}
    earlier = [key for other in s.dispersions.correlated for key in other.of]
    count = 0
    for at, key in enumerate(together.of):
        if key not in by_key or key == "density_factor":
            near = _nearest(key, by_key)
            raise reader.fail(f"{path}.of[{at}]", key, f"expected a key of [dispersions] that is normal{near}")
        if earlier.count(key) > 1:
            raise reader.fail(f"{path}.of[{at}]", key, "expected once: it can be drawn with others only once")
        if not isinstance(declared(s, by_key[key]), (float, Normal)):
            raise reader.fail(f"{path}.of[{at}]", key, 'expected a normal distribution, 3 sigma or kind = "normal"')
        count += by_key[key].elements(len(s.chaser.thrusters.position_m))
    if (together.covariance is None) == (together.correlation is None):
        raise reader.fail(path, MISSING, "expected either covariance or correlation")
    name = "covariance" if together.covariance is not None else "correlation"
    _check_matrix(reader, f"{path}.{name}", getattr(together, name), count, together)
    for at, (key, variance) in enumerate(_variances(s, together)):
        most = _most(by_key[key])
        if 9.0 * variance > most * most:
            expected = f"expected at most {most * most / 9.0:g}: 3 sigma of {key} are at most {most:g}"
            raise reader.fail(f"{path}.covariance[{at}][{at}]", variance, expected)


def _check_matrix(
    reader: _Reader, path: str, matrix: tuple[tuple[float, ...], ...], count: int, together: Correlated
) -> None:
    """Of the right shape, symmetric, with ones on the diagonal of a correlation, and positive definite."""
    of = " + ".join(together.of)
    if len(matrix) != count or any(len(row) != count for row in matrix):
        shape = (
            f"{len(matrix)} x {len(matrix[0])}" if len({len(row) for row in matrix}) == 1 else "rows of many lengths"
        )
        raise reader.fail(path, MISSING, f"expected {count} x {count} numbers, those of {of}; found {shape}")
    for i in range(count):
        for j in range(i):
            if matrix[i][j] != matrix[j][i]:
                expected = f"expected a symmetric matrix: [{j}][{i}] is {matrix[j][i]:g}"
                raise reader.fail(f"{path}[{i}][{j}]", matrix[i][j], expected)
        if together.correlation is not None and matrix[i][i] != 1.0:
            raise reader.fail(f"{path}[{i}][{i}]", matrix[i][i], "expected 1 on the diagonal of a correlation")
    try:
        cholesky(matrix)
    except (ValueError, ZeroDivisionError):
        least = float(np.linalg.eigvalsh(np.array(matrix))[0])
        expected = f"expected a positive definite matrix: its smallest eigenvalue is {least:.3g}"
        raise reader.fail(path, MISSING, expected) from None


def _variances(s: Scenario, together: Correlated) -> Iterator[tuple[str, float]]:
    """The diagonal of a covariance, each element with the key it is of; nothing of a correlation."""
    counts = {q.key: q.elements(len(s.chaser.thrusters.position_m)) for q in QUANTITIES}
    owners = [key for key in together.of for _ in range(counts[f"dispersions.{key}"])]
    for at, row in enumerate(together.covariance or ()):
        yield owners[at], row[at]


def _largest(s: Scenario, key: str) -> float:
    """The largest size of any value drawn for a key of [dispersions], in its unit."""
    quantity = next(quantity for quantity in QUANTITIES if quantity.key == f"dispersions.{key}")
    count, found = quantity.elements(len(s.chaser.thrusters.position_m)), declared(s, quantity)
    if not isinstance(found, float | Normal):
        return max(map(abs, found.reach(count)))
    normal = found if isinstance(found, Normal) else Normal(kind="normal", sigma=found / 3.0)
    sigma = max(element(normal.sigma, i) for i in range(count))
    for together in s.dispersions.correlated:
        sigma = max([sigma, *(sqrt(variance) for owner, variance in _variances(s, together) if owner == key)])
    return max(abs(element(normal.mean, i)) for i in range(count)) + DEVIATE_MAX * sigma


def _check_draws(reader: _Reader, s: Scenario) -> None:
    """No draw makes a vehicle that cannot be, or a state that the flight core does not take."""
    chaser, initial = s.chaser, s.initial
    mass, force = _largest(s, "mass_ratio"), _largest(s, "thruster_force_ratio")
    if chaser.mass_kg * (1.0 - mass) <= chaser.propellant_kg:
        expected = f"{_DRAWN.format(mass)}: expected more than chaser.propellant_kg = {chaser.propellant_kg} to be left"
        raise reader.fail("dispersions.mass_ratio", s.dispersions.mass_ratio, expected)
    if force >= 1.0:
        expected = f"{_DRAWN.format(force)}: expected less than 1"
        raise reader.fail("dispersions.thruster_force_ratio", s.dispersions.thruster_force_ratio, expected)
    _check_tank(reader, s, mass)
    apart = sum(_largest(s, key) for key in ("initial_position_m", "handover_position_m", "com_m"))
    apart += initial.distance_m + abs(initial.offset_x_m) + RELATIVE_ARMS_M
    if apart > RELATIVE_MAX_M:
        expected = f"expected at most {RELATIVE_MAX_M:g} m together with offset_x_m and what is drawn, found {apart:g}"
        raise reader.fail("initial.distance_m", initial.distance_m, expected)


# Of the flight core's init_r_hill_m, and the port's and the antenna's arms on both craft
RELATIVE_MAX_M, RELATIVE_ARMS_M = 1.0e6, 1000.0
_DRAWN = "a draw may reach {:.3g}"


def _check_tank(reader: _Reader, s: Scenario, mass_ratio: float) -> None:
    """The structure, without the propellant, is a body whatever mass and centre of mass are drawn.

    That needs no more than the corners: the moment matrix left, Sigma - mu a aT, is concave in the tank's arm a.
    """
    chaser, reach = s.chaser, _largest(s, "com_m")
    for signs in product((-1.0, 1.0), repeat=3):
        x, y, z = (c + sign * reach for c, sign in zip(chaser.com_body_m, signs, strict=True))
        dry = CraftConfig.from_loaded(
            chaser.mass_kg * (1.0 - mass_ratio), (x, y, z), inertia_matrix(chaser.inertia_kgm2), chaser.propellant_kg,
            chaser.tank_body_m, cd=0.0, area_m2=0.0, port_body_m=chaser.port_body_m,
            q_port_from_body=chaser.q_port_from_body,
        )  # fmt: skip
        if problem := inertia_problem(dry.dry_inertia_body_kgm2):
            expected = f"with chaser.propellant_kg = {chaser.propellant_kg} there, the structure is left with {problem}"
            raise reader.fail("chaser.tank_body_m", chaser.tank_body_m, expected)


# ---- [flight] -----------------------------------------------------------------------------------


def _file_keys(parameter: core.Field) -> tuple[str, ...]:
    """How a parameter may be written in a file."""
    name = parameter.name.removeprefix("phase_") if parameter.count == core.N_PHASES else parameter.name
    return tuple(key for key in (name, _other_angle_unit(name)) if key)


@cache
def flight_keys() -> tuple[dict[str, core.Field], dict[str, core.Field]]:
    """The keys of `[flight]` and of `[[flight.phase]]`, each with the core's parameter behind it."""
    scalars: dict[str, core.Field] = {}
    phases: dict[str, core.Field] = {}
    for parameter in core.fields("params"):
        if parameter.name in VEHICLE_PARAMETERS | UPLOADED_PARAMETERS:
            continue
        is_phase = parameter.name.startswith("phase_")
        for key in _file_keys(parameter):
            (phases if is_phase else scalars)[key] = parameter
    return scalars, phases


def _read_flight(reader: _Reader, table: Any) -> FlightTable:
    if not isinstance(table, dict) or not isinstance(table.get("phase"), dict) or not table["phase"]:
        raise reader.fail("flight.phase", MISSING, "missing; expected the list of mission phases")
    scalars, phase_keys = flight_keys()
    names = tuple(table["phase"])
    if len(names) > core.N_PHASES:
        raise reader.fail("flight.phase", MISSING, f"expected at most {core.N_PHASES} phases, found {len(names)}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "phase":
            continue
        if key not in scalars:
            _refuse_filled(reader, key)
            raise reader.unknown(f"flight.{key}", scalars, value)
        parameter = scalars[key]
        if parameter.name in values:
            raise reader.fail(f"flight.{key}", value, f"given twice, also as {_other_angle_unit(key)}")
        values[parameter.name] = _parameter(reader, f"flight.{key}", value, parameter, names)
    for parameter in scalars.values():
        if parameter.name not in values:
            expected = f"{parameter.meaning}, {_parameter_range(parameter, parameter.name)}"
            raise reader.fail(f"flight.{parameter.name}", MISSING, f"missing; {expected}")
    columns: dict[str, list[Any]] = {
        parameter.name: [0.0 if parameter.type == "<f8" else 0] * len(names) for parameter in phase_keys.values()
    }
    for row, (name, phase) in enumerate(table["phase"].items()):
        _read_phase(reader, f"flight.phase.{name}", phase, row, names, columns)
    return FlightTable(values | {k: tuple(v) for k, v in columns.items()}, names)


def _refuse_filled(reader: _Reader, key: str) -> None:
    if key in VEHICLE_PARAMETERS:
        expected = "not set here: flight knows the vehicles from [plant], [target], [chaser] and [sensors]"
        raise reader.fail(f"flight.{key}", MISSING, expected)
    if key in UPLOADED_PARAMETERS:
        raise reader.fail(f"flight.{key}", MISSING, "not set here: uploaded at start, with the errors of [dispersions]")


def _read_phase(
    reader: _Reader, path: str, phase: Any, row: int, names: tuple[str, ...], columns: dict[str, list[Any]]
) -> None:
    phase_keys = flight_keys()[1]
    if not isinstance(phase, dict):
        raise reader.fail(path, phase, "expected a table")
    columns["phase_next"][row] = columns["phase_abort"][row] = row
    seen: set[str] = set()
    for key, value in phase.items():
        if key not in phase_keys:
            raise reader.unknown(f"{path}.{key}", [*phase_keys, "name"], value)
        parameter = phase_keys[key]
        if parameter.name in seen:
            raise reader.fail(f"{path}.{key}", value, f"given twice, also as {_other_angle_unit(key)}")
        seen.add(parameter.name)
        columns[parameter.name][row] = _parameter(reader, f"{path}.{key}", value, parameter, names)
    if "law" not in phase:
        raise reader.fail(f"{path}.law", MISSING, f"missing; expected one of {', '.join(_LAWS)}")


_LAWS = {law.name.lower(): int(law) for law in core.Law}
_USES = {use.name.lower(): int(use) for use in core.Uses if use.name}


def _parameter(reader: _Reader, path: str, value: Any, parameter: core.Field, names: tuple[str, ...]) -> Any:
    """A value of the file as the core's parameter holds it."""
    name, key = parameter.name, path.rpartition(".")[2]
    if name == "phase_law":
        return _choice(reader, path, value, _LAWS)
    if name in ("phase_next", "phase_abort") or name.endswith("_phase"):
        return _choice(reader, path, value, {n: i for i, n in enumerate(names)})
    if name == "phase_uses":
        if not isinstance(value, list):
            raise reader.fail(path, value, f"expected a list of {', '.join(_USES)}")
        bits = 0
        for item in value:
            bits |= _choice(reader, path, item, _USES)
        return bits
    if parameter.unit == "bool":
        if not isinstance(value, bool):
            raise reader.fail(path, value, "expected true or false")
        return int(value)
    if parameter.count in (0, core.N_PHASES):
        return _number(reader, path, value, parameter, key)
    if not isinstance(value, list) or len(value) != parameter.count:
        raise reader.fail(path, value, f"expected {parameter.count} numbers, {_parameter_range(parameter, key)} each")
    return tuple(_number(reader, f"{path}[{i}]", v, parameter, key) for i, v in enumerate(value))


def _choice(reader: _Reader, path: str, value: Any, choices: Mapping[str, int]) -> int:
    if not isinstance(value, str) or value not in choices:
        near = _nearest(value, choices) if isinstance(value, str) else ""
        raise reader.fail(path, value, f"expected one of {', '.join(choices)}{near}")
    return choices[value]


def _in_degrees(parameter: core.Field, key: str) -> bool:
    return key not in (parameter.name, parameter.name.removeprefix("phase_"))


def _number(reader: _Reader, path: str, value: Any, parameter: core.Field, key: str) -> float | int:
    whole = parameter.type != "<f8"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "whole number" if whole else "number"
        raise reader.fail(path, value, f"expected a {kind}, {_parameter_range(parameter, key)}")
    if abs(value) > sys.float_info.max:  # a whole number may be too large for any float
        raise reader.fail(path, value, f"expected {_parameter_range(parameter, key)}")
    si = value * DEG if _in_degrees(parameter, key) else value
    if not parameter.lo <= si <= parameter.hi:
        raise reader.fail(path, value, f"expected {_parameter_range(parameter, key)}")
    return si if whole else float(si)


def _parameter_range(parameter: core.Field, key: str) -> str:
    if _in_degrees(parameter, key):
        return f"{parameter.lo / DEG:g} to {parameter.hi / DEG:g} {unit_of(key)}"
    return f"{parameter.lo:g} to {parameter.hi:g}" + (f" {parameter.unit}" if parameter.unit != "1" else "")
