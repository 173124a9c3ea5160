"""The range that each model of the plant holds for, and what of a run lies outside it.

A run outside a range is refused, unless `[plant] beyond_validity` names the model. Heights are above the ellipsoid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, degrees, inf, pi
from typing import Literal, get_args

import numpy as np

from hil.plant.config import EnvironmentConfig, Vec3
from hil.timescales import Epoch

Model = Literal["density", "gravity", "pole", "sun", "shadow", "gnss", "rgnss"]
MODELS: tuple[Model, ...] = get_args(Model)

# Of the gravity parameter and radius of a tabulated field: tide systems and rounding differ by less
CONSTANTS_TOLERANCE = 1.0e-6
ORBIT_POINTS = 720


@dataclass(frozen=True)
class Validity:
    """What one model holds for; `because` says why, in a few words."""

    model: Model
    because: str
    height_m: tuple[float, float] = (-inf, inf)
    latitude_max_deg: float = 90.0
    dates: tuple[Epoch, Epoch] | None = None
    duration_max_s: float = inf
    separation_max_m: float = inf


@dataclass(frozen=True)
class Conditions:
    """What a run asks of the models: both orbits at start, its time, the distance between the craft."""

    height_m: tuple[float, float]
    latitude_max_deg: float
    start: Epoch
    duration_s: float
    separation_m: float


_SINCE, _UNTIL = Epoch.of(datetime(1972, 1, 1)), Epoch.of(datetime(2050, 1, 1))


def declared(environment: EnvironmentConfig) -> tuple[Validity, ...]:
    """The range of each model of this environment, and of the receivers whose errors are modelled with it."""
    found = [
        _gravity(environment),
        Validity("shadow", "the central body's disc is larger than the Sun's", (100.0e3, 1.0e9)),
        Validity("gnss", "below the satellites' service volume", (100.0e3, 3000.0e3)),
        Validity("rgnss", "errors in proportion to a short baseline", separation_max_m=50.0e3),
    ]
    series = [other for other in (*environment.others, environment.sun) if other.table is None]
    if series:
        found.insert(1, Validity("sun", "series to 0.6 arcmin", dates=(_SINCE, _UNTIL)))
    if environment.pole_eci is None:
        because = "series to 0.22 arcsec, held over a run"
        found.insert(1, Validity("pole", because, dates=(_SINCE, _UNTIL), duration_max_s=4.0 * 86400.0))
    air = environment.atmosphere
    if air is not None:
        top = air.height_0_m + air.height_step_m * (len(air.density_night_kgpm3) - 1)
        dates = [Epoch.of(datetime.combine(day, datetime.min.time())) for day in (air.valid_from, air.valid_to)]
        indices = f"{air.name}: F10.7 {air.f107_sfu:g} sfu, Ap {air.ap:g}"
        found.insert(0, Validity("density", indices, (air.height_0_m, top), air.latitude_max_deg, (dates[0], dates[1])))
    return tuple(found)


def _gravity(environment: EnvironmentConfig) -> Validity:
    if environment.pole_eci is not None:
        return Validity("gravity", "below the surface", (0.0, inf))
    if {"sun", "moon"} <= {other.name for other in environment.others}:
        return Validity("gravity", "Moon and Sun to 0.1 deg", (100.0e3, 1.0e8))
    return Validity("gravity", "Moon and Sun are left out", (100.0e3, 2000.0e3))


def conditions(
    environment: EnvironmentConfig, pole: Vec3, states: Sequence[tuple[Vec3, Vec3]], duration_s: float
) -> Conditions:
    """What a run asks of the models; states: position (m) and velocity (m/s) of each craft at start, eci.

    Raises ValueError for an orbit that is not closed.
    """
    spans = [_orbit_span(environment, np.array(pole), np.array(r), np.array(v)) for r, v in states]
    (first, _), (last, _) = states[0], states[-1]
    return Conditions(
        height_m=(min(low for low, _, _ in spans), max(high for _, high, _ in spans)),
        latitude_max_deg=max(latitude for _, _, latitude in spans),
        start=Epoch.of(environment.epoch),
        duration_s=duration_s,
        separation_m=float(np.linalg.norm(np.subtract(first, last))),
    )


def _orbit_span(
    environment: EnvironmentConfig, pole: np.ndarray, r: np.ndarray, v: np.ndarray
) -> tuple[float, float, float]:
    """Least and largest height (m), and largest latitude (deg), on the osculating orbit through a state."""
    mu, radius = environment.mu_m3ps2, float(np.linalg.norm(r))
    h = np.cross(r, v)
    shape = np.cross(v, h) / mu - r / radius
    eccentricity = float(np.linalg.norm(shape))
    if not eccentricity < 1.0:
        raise ValueError(f"orbit of eccentricity {eccentricity:.3g}: expected a closed one, below 1")
    along = shape / eccentricity if eccentricity > 1.0e-12 else r / radius
    across = np.cross(h, along) / np.linalg.norm(h)
    angle = np.linspace(0.0, 2.0 * pi, ORBIT_POINTS, endpoint=False)
    direction = np.outer(np.cos(angle), along) + np.outer(np.sin(angle), across)
    distance = (h @ h) / mu / (1.0 + eccentricity * np.cos(angle))
    sine = direction @ pole
    height = distance - environment.re_m * (1.0 - environment.flattening * sine * sine)
    return float(height.min()), float(height.max()), degrees(asin(min(1.0, float(np.abs(sine).max()))))


def outside(environment: EnvironmentConfig, asked: Conditions) -> dict[Model, str]:
    """The models that the run leaves, each with its values and their ranges in words."""
    found: dict[Model, str] = {}
    for valid in declared(environment):
        said = [f"{'; '.join(parts)} ({valid.because})"] if (parts := list(_said(valid, asked))) else []
        if valid.model == "gravity":
            said += _constants(environment)
        if said:
            found[valid.model] = "; ".join(said)
    return found


def _said(valid: Validity, asked: Conditions) -> Iterable[str]:
    low, high = valid.height_m
    if not low <= asked.height_m[0] <= asked.height_m[1] <= high:
        heights = " to ".join(f"{x / 1e3:.6g}" for x in asked.height_m)
        yield f"height {heights} km, holds from {low / 1e3:g} to {high / 1e3:g} km"
    if not asked.latitude_max_deg <= valid.latitude_max_deg:
        yield f"latitude up to {asked.latitude_max_deg:.4g} deg, holds to {valid.latitude_max_deg:g} deg"
    if valid.dates and not (valid.dates[0] <= asked.start and valid.dates[1] - asked.start >= asked.duration_s):
        first, last = (str(day).partition("T")[0] for day in valid.dates)
        yield f"epoch {asked.start} and {asked.duration_s:g} s on, holds from {first} to {last}"
    if not asked.duration_s <= valid.duration_max_s:
        yield f"duration {asked.duration_s:g} s, holds for {valid.duration_max_s:g} s"
    if not asked.separation_m <= valid.separation_max_m:
        yield f"distance {asked.separation_m / 1e3:.4g} km, holds to {valid.separation_max_m / 1e3:g} km"


def _constants(environment: EnvironmentConfig) -> Iterable[str]:
    """A tabulated field belongs to the gravity parameter and the radius that it was fitted with."""
    if environment.field is None:
        return
    for name in ("mu_m3ps2", "re_m"):
        value, fitted = getattr(environment, name), getattr(environment.field, name)
        if not abs(value / fitted - 1.0) <= CONSTANTS_TOLERANCE:
            yield f"{name} {value:.10g}, the field {environment.field.name} is of {fitted:.10g}"


def height_range_m(environment: EnvironmentConfig, beyond: Iterable[str]) -> tuple[float, float]:
    """Heights that every model holds for, but those flown beyond their range: a plant looks after these itself."""
    ranges = [valid.height_m for valid in declared(environment) if valid.model not in beyond]
    return max((low for low, _ in ranges), default=-inf), min((high for _, high in ranges), default=inf)


def left_at(environment: EnvironmentConfig, beyond: Iterable[str], height_m: float) -> tuple[Validity, ...]:
    """The models, but those flown beyond their range, that do not hold for a height."""
    return tuple(
        valid
        for valid in declared(environment)
        if valid.model not in beyond and not valid.height_m[0] <= height_m <= valid.height_m[1]
    )
