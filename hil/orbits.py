"""Where vehicles are at the scenario's epoch, eci (GCRF), for each kind of `[vehicle.orbit]`.

Elements of SGP4 are propagated once, when a scenario is read: the scenario as flown has the state (`settled`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import erfa
import numpy as np
from defusedxml import ElementTree

from gnc import kernels
from hil.ephemeris import Ephemeris, EphemerisError, Vec3, eci_m
from hil.schema import DEG
from hil.timescales import Epoch

State = tuple[Vec3, Vec3]
SGP4_SPAN_S = 30.0 * 86400.0  # elements are fitted to days: error grows by kilometres a day
EPOCH_TOLERANCE_S = 1.0e-6
OPM_STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")


class OrbitError(ValueError):
    """A mistake about an orbit: one line that names the thing and what was expected."""


@cache
def read_ephemeris(path: Path) -> Ephemeris:
    """The ephemeris in a file, read once a process."""
    return Ephemeris.read(path)


def from_elements(orbit: Any, mu_m3ps2: float) -> State:
    """State of osculating Keplerian elements (Vallado 2013, algorithm 10: perifocal axes turned to eci)."""
    e, p = orbit.eccentricity, orbit.semi_major_axis_m * (1.0 - orbit.eccentricity**2)
    sin = {key: kernels.sin(getattr(orbit, key) * DEG) for key in ANGLES}
    cos = {key: kernels.cos(getattr(orbit, key) * DEG) for key in ANGLES}
    node, inclination, periapsis, anomaly = ANGLES
    r = p / (1.0 + e * cos[anomaly])
    speed = sqrt(mu_m3ps2 / p)
    so, co, si, ci, sw, cw = sin[node], cos[node], sin[inclination], cos[inclination], sin[periapsis], cos[periapsis]
    towards = (co * cw - so * sw * ci, so * cw + co * sw * ci, sw * si)
    along = (-co * sw - so * cw * ci, -so * sw + co * cw * ci, cw * si)
    a, b, c, d = r * cos[anomaly], r * sin[anomaly], -speed * sin[anomaly], speed * (e + cos[anomaly])
    return _sum(a, towards, b, along), _sum(c, towards, d, along)


ANGLES = ("node_deg", "inclination_deg", "periapsis_deg", "true_anomaly_deg")


def _sum(a: float, x: Vec3, b: float, y: Vec3) -> Vec3:
    return (a * x[0] + b * y[0], a * x[1] + b * y[1], a * x[2] + b * y[2])


def from_relative(reference: State, r_hill_m: Vec3, v_hill_mps: Vec3) -> State:
    """State at a place in another one's hill frame, velocity as seen in that turning frame."""
    r, v = kernels.hill_to_relative(*map(np.array, (*reference, r_hill_m, v_hill_mps)))
    return _added(reference[0], r), _added(reference[1], v)


def _added(a: Vec3, b: Any) -> Vec3:
    x, y, z = (float(p + q) for p, q in zip(a, b, strict=True))
    return (x, y, z)


# ---- CCSDS messages and SGP4 --------------------------------------------------------------------


def from_opm(path: Path, epoch: Epoch) -> State:
    """State of an orbit parameter message (CCSDS 502.0-B), whose epoch must be `epoch`. Raises OrbitError."""
    keys = _keywords(path)
    if keys.get("CENTER_NAME", "EARTH").upper() != "EARTH":
        raise OrbitError(f"{path}: CENTER_NAME is {keys['CENTER_NAME']}: expected EARTH")
    try:
        at = Epoch.parse(keys["EPOCH"], keys.get("TIME_SYSTEM", "UTC"))
        values = [float(keys[key]) for key in OPM_STATE]
        r, v = (eci_m(keys["REF_FRAME"], values[i : i + 3]) for i in (0, 3))
    except KeyError as error:
        raise OrbitError(f"{path}: {error.args[0]} is missing or not known") from None
    except ValueError as error:
        raise OrbitError(f"{path}: {error}") from None
    if abs(at - epoch) > EPOCH_TOLERANCE_S:
        raise OrbitError(f"{path}: state of {at} UTC: expected one of the scenario's epoch, {epoch} UTC")
    return r, v


def _keywords(path: Path) -> dict[str, str]:
    """Keywords of a message with one object, KVN or XML; units in brackets are dropped."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OrbitError(f"{path}: cannot read the message: {error}") from None
    if text.lstrip().startswith("<"):
        try:
            elements = ElementTree.fromstring(text).iter()
        except ElementTree.ParseError as error:
            raise OrbitError(f"{path}: not XML: {error}") from None
        pairs = [(e.tag.rpartition("}")[2], (e.text or "").strip()) for e in elements]
    else:
        pairs = re.findall(r"^\s*([A-Z0-9_]+)\s*=\s*(.*?)\s*$", text, re.MULTILINE)
    return {key: re.sub(r"\s*\[[^]]*\]$", "", value) for key, value in pairs if value}


def from_tle(line1: str, line2: str, epoch: Epoch) -> State:
    """State of a two-line element set at an epoch, by SGP4. Raises OrbitError."""
    sgp4 = _sgp4()
    for number, line in ((1, line1), (2, line2)):
        if not re.fullmatch(rf"{number} .{{61,67}}", line):
            raise OrbitError(f"line{number} is {line!r}: not line {number} of a two-line element set")
    try:
        satellite = sgp4.api.Satrec.twoline2rv(line1, line2)
    except ValueError as error:
        raise OrbitError(f"not a two-line element set: {error}") from None
    return _propagated(satellite, epoch)


def from_omm(path: Path, epoch: Epoch) -> State:
    """State of an orbit mean-elements message for SGP4 at an epoch. Raises OrbitError."""
    sgp4 = _sgp4()
    keys = _keywords(path)
    satellite = sgp4.api.Satrec()
    try:
        sgp4.omm.initialize(satellite, keys)
    except (KeyError, ValueError) as error:
        raise OrbitError(f"{path}: not an orbit mean-elements message for SGP4: {error}") from None
    return _propagated(satellite, epoch)


def _sgp4() -> Any:
    try:
        import sgp4.api
        import sgp4.omm
    except ImportError:
        raise OrbitError("elements for SGP4 need the package sgp4: pip install sgp4") from None
    return sgp4


def sgp4_version() -> str:
    """The installed version of sgp4, as a scenario as flown says it."""
    from importlib.metadata import version

    return version("sgp4")


def _propagated(satellite: Any, epoch: Epoch) -> State:
    jd, fraction = _julian_date(epoch)
    away_s = ((jd - satellite.jdsatepoch) + (fraction - satellite.jdsatepochF)) * 86400.0
    if abs(away_s) > SGP4_SPAN_S:
        expected = f"expected at most {SGP4_SPAN_S / 86400.0:g} days"
        raise OrbitError(f"elements are {abs(away_s) / 86400.0:.1f} days from the epoch {epoch} UTC: {expected}")
    status, r_km, v_kmps = satellite.sgp4(jd, fraction)
    if status:
        raise OrbitError(f"SGP4 gives no state at {epoch} UTC: error {status}")
    turn = _gcrf_from_teme(epoch)
    r, v = turn @ np.array(r_km) * 1.0e3, turn @ np.array(v_kmps) * 1.0e3
    return (float(r[0]), float(r[1]), float(r[2])), (float(v[0]), float(v[1]), float(v[2]))


def _julian_date(epoch: Epoch) -> tuple[float, float]:
    days = epoch.utc_since_j2000_us() / 86400.0e6
    return 2451545.0 + float(np.floor(days)), float(days - np.floor(days))


def _gcrf_from_teme(epoch: Epoch) -> Any:
    """True equator and mean equinox of date, of SGP4, to GCRF: equation of the equinoxes, then nutation and precession
    of 1976/80 (Vallado 2013, section 3.7.4). The frame bias of 0.02 arcsec is far below the elements' own error.
    """
    tt = epoch.tt_since_j2000_us() / 86400.0e6
    of_date = erfa.pnm80(2451545.0, tt)
    return of_date.T @ erfa.rz(-erfa.eqeq94(2451545.0, tt), np.eye(3))


# ---- in a scenario ------------------------------------------------------------------------------


def settled(orbit: Mapping[str, Any], find: Callable[[str], Path], epoch: Epoch) -> dict[str, Any]:
    """An orbit of a document, with elements of SGP4 as the state that they give at the epoch. Raises OrbitError."""
    kind = orbit.get("kind")
    if kind == "tle" and all(isinstance(orbit.get(key), str) for key in ("line1", "line2")):
        r, v = from_tle(orbit["line1"], orbit["line2"], epoch)
        source = f"{orbit['line1']} / {orbit['line2']}"
    elif kind == "omm" and isinstance(orbit.get("file"), str):
        r, v = from_omm(find(orbit["file"]), epoch)
        source = orbit["file"]
    else:
        return dict(orbit)
    return {"kind": "state", "r_eci_m": list(r), "v_eci_mps": list(v), "source": f"{source}, sgp4 {sgp4_version()}"}


def start_states(
    vehicles: Mapping[str, Any], epoch: Epoch, mu_m3ps2: float, find: Callable[[str], Path]
) -> dict[str, State]:
    """States at the epoch of all vehicles that have one of their own. Raises OrbitError, EphemerisError.

    vehicles: rows by name; those that start before a port or docked to one have none. find: where a file is that an
    orbit names.
    """
    found: dict[str, State] = {}

    def state(name: str, asked: tuple[str, ...]) -> State:
        if name in asked:
            raise OrbitError(f"vehicle.{name}.orbit: relative to itself, by way of {' and '.join(asked)}")
        if name not in found:
            found[name] = _state(vehicles[name].orbit, lambda other: state(other, (*asked, name)))
        return found[name]

    def _state(orbit: Any, of: Any) -> State:
        if orbit.kind == "oem":
            return read_ephemeris(find(orbit.file)).state(epoch)
        if orbit.kind == "opm":
            return from_opm(find(orbit.file), epoch)
        if orbit.kind == "elements":
            return from_elements(orbit, mu_m3ps2)
        if orbit.kind == "state":
            return orbit.r_eci_m, orbit.v_eci_mps
        if orbit.kind != "relative":
            raise OrbitError(f'an orbit of kind "{orbit.kind}": expected one that gives a state')
        if orbit.to not in vehicles:
            raise OrbitError(f'orbit.to = "{orbit.to}": expected the name of a vehicle: {", ".join(vehicles)}')
        return from_relative(of(orbit.to), orbit.r_hill_m, orbit.v_hill_mps)

    for name, vehicle in vehicles.items():
        if vehicle.orbit.kind not in ("approach", "docked"):
            state(name, ())
    return found


__all__ = ["EphemerisError", "OrbitError", "from_elements", "from_omm", "from_opm", "from_relative", "from_tle",
           "read_ephemeris", "settled", "start_states"]  # fmt: skip
