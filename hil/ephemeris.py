"""Target states from a CCSDS Orbit Ephemeris Message (CCSDS 502.0-B), XML or KVN.

Interpolation is done here in plain floats, so that a run's initial state does not depend on the version of any
numerical library. Coverage is what the states cover, on their actual epochs (the START_TIME and STOP_TIME of the
metadata may promise more), within USEABLE_START_TIME and USEABLE_STOP_TIME. States outside the useable span are
there for interpolation only.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hil.oem import OemError, OemSegment
from hil.oem import read as read_oem
from hil.timescales import SYSTEMS, Epoch

Vec3 = tuple[float, float, float]

# Hermite interpolation on this many states, position and velocity. On a smooth orbit at 240 s spacing its
# error is below a micrometre; what is left on a real one, about 0.1 m, is the field's short waves, which
# states 1800 km apart do not show (found by leaving states out: 1.1 m at 480 s, 3.1 m at 720 s).
POINTS = 6
LONGEST_STEP_S = 900.0
INTERPOLATION_ERROR_MAX_M = 10.0
SPAN_KEYS = ("START_TIME", "STOP_TIME", "USEABLE_START_TIME", "USEABLE_STOP_TIME")
# Frame bias, mean equator and equinox of J2000 against GCRF (IERS Conventions 2010, eq. 5.33 and table 5.2 notes)
_ARCSEC = 3.141592653589793 / 648000.0
_XI0, _ETA0, _DA0 = -0.0166170 * _ARCSEC, -0.0068192 * _ARCSEC, -0.01460 * _ARCSEC


class EphemerisError(ValueError):
    """A mistake in an ephemeris file: one line with the file, the item and what was expected."""


@dataclass(frozen=True)
class Segment:
    """A continuous series of states, useable from `start` to `stop`; seconds are from the first state's epoch."""

    epoch: Epoch
    t_s: tuple[float, ...]
    r_m: tuple[Vec3, ...]
    v_mps: tuple[Vec3, ...]
    start: Epoch
    stop: Epoch

    def __str__(self) -> str:
        return f"{self.start} to {self.stop}"


@dataclass(frozen=True)
class Ephemeris:
    """States of one object in ECI (GCRF), and what its file says of mass and drag (None where it does not)."""

    path: str
    object_name: str
    segments: tuple[Segment, ...]
    mass_kg: float | None
    drag_area_m2: float | None
    drag_coefficient: float | None

    @classmethod
    def read(cls, path: str | Path) -> Ephemeris:
        """Read an OEM. Raises EphemerisError when it is missing, malformed, or in a frame or time scale not known."""
        path = Path(path)
        try:
            message = read_oem(path)
        except OSError as error:
            raise EphemerisError(f"{path}: cannot read the ephemeris: {error.strerror}") from None
        except OemError as error:
            raise EphemerisError(f"{path}: not a CCSDS orbit ephemeris message: {error}") from None
        segments = tuple(_segment(path, s) for s in message.segments)
        return cls(
            path=str(path),
            object_name=message.segments[0].metadata["OBJECT_NAME"],
            segments=tuple(sorted(segments, key=lambda s: (s.start, s.stop))),
            mass_kg=_comment(path, message.comments, "MASS"),
            drag_area_m2=_comment(path, message.comments, "DRAG_AREA"),
            drag_coefficient=_comment(path, message.comments, "DRAG_COEFF"),
        )

    @property
    def start(self) -> Epoch:
        """First epoch covered."""
        return self.segments[0].start

    @property
    def stop(self) -> Epoch:
        """Last epoch covered."""
        return max(s.stop for s in self.segments)

    def state(self, when: Epoch | datetime) -> tuple[Vec3, Vec3]:
        """Position (m) and velocity (m/s) in ECI at an epoch; a datetime is UTC where it has no time zone.

        Where two segments meet, the later one answers. Raises EphemerisError outside the coverage, in a gap
        between states, and where segments overlap, because which one is valid there is not known.
        """
        epoch = Epoch.of(when)
        inside = [s for s in self.segments if s.start <= epoch <= s.stop]
        if not inside:
            covered = " and ".join(map(str, self.segments))
            raise EphemerisError(f"{self.path}: epoch {epoch} is outside the ephemeris: its states cover {covered} UTC")
        *earlier, segment = inside
        if any(s.stop > epoch or segment.start < epoch for s in earlier):
            raise EphemerisError(
                f"{self.path}: epoch {epoch} is in segments that overlap, {' and '.join(map(str, inside))} UTC: "
                f"expected USEABLE_START_TIME and USEABLE_STOP_TIME that leave one of them"
            )
        t = epoch - segment.epoch
        times = segment.t_s
        after = min(max(bisect_right(times, t), 1), len(times) - 1)
        if times[after] - times[after - 1] > LONGEST_STEP_S:
            raise EphemerisError(
                f"{self.path}: epoch {epoch} falls into a gap of {times[after] - times[after - 1]:g} s "
                f"between states: expected at most {LONGEST_STEP_S:g} s"
            )
        first = min(max(after - POINTS // 2, 0), max(len(times) - POINTS, 0))
        window = slice(first, first + POINTS)
        error_m = hermite_error_m(t, times[window], segment.r_m[window], segment.v_mps[window])
        if not error_m <= INTERPOLATION_ERROR_MAX_M:
            raise EphemerisError(
                f"{self.path}: epoch {epoch}: interpolation between its {len(times[window])} states in reach is off by "
                f"about {error_m:.3g} m: expected at most {INTERPOLATION_ERROR_MAX_M:g} m, that is more states about it"
            )
        return hermite(t, times[window], segment.r_m[window], segment.v_mps[window])


def hermite(t: float, times: tuple[float, ...], r: tuple[Vec3, ...], v: tuple[Vec3, ...]) -> tuple[Vec3, Vec3]:
    """Hermite interpolation of position on positions and velocities, and its derivative.

    Lagrange form (Hildebrand 1974, section 8.2): sum of (1 - 2 (t - t_i) l_i'(t_i)) l_i^2 r_i + (t - t_i) l_i^2 v_i.
    """
    position, velocity = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    for i, ti in enumerate(times):
        basis, slope, slope_at_node = 1.0, 0.0, 0.0
        for j, tj in enumerate(times):
            if j == i:
                continue
            slope = slope * ((t - tj) / (ti - tj)) + basis / (ti - tj)
            basis *= (t - tj) / (ti - tj)
            slope_at_node += 1.0 / (ti - tj)
        dt = t - ti
        a, b = (1.0 - 2.0 * dt * slope_at_node) * basis * basis, dt * basis * basis
        da = -2.0 * slope_at_node * basis * basis + (1.0 - 2.0 * dt * slope_at_node) * 2.0 * basis * slope
        db = basis * basis + 2.0 * dt * basis * slope
        for k in range(3):
            position[k] += a * r[i][k] + b * v[i][k]
            velocity[k] += da * r[i][k] + db * v[i][k]
    return (position[0], position[1], position[2]), (velocity[0], velocity[1], velocity[2])


def hermite_error_m(t: float, times: tuple[float, ...], r: tuple[Vec3, ...], v: tuple[Vec3, ...]) -> float:
    """Size of the position error of `hermite` on an orbit that turns at the fastest rate of these states.

    Remainder of Hermite interpolation (Hildebrand 1974, section 8.2), f^(2n) / (2n)! times the product of
    (t - t_i)^2, with the derivative of a circle, |r| (|v| / |r|)^(2n).
    """
    radii = [math.hypot(*x) for x in r]
    rate = max(math.hypot(*x) / radius for x, radius in zip(v, radii, strict=True))
    return max(radii) * math.prod((rate * (t - ti)) ** 2 for ti in times) / math.factorial(2 * len(times))


def _segment(path: Path, segment: OemSegment) -> Segment:
    metadata = segment.metadata
    frame, system = metadata["REF_FRAME"].upper(), metadata["TIME_SYSTEM"].upper()
    if frame not in ("EME2000", "J2000", "GCRF", "ICRF"):
        raise EphemerisError(f"{path}: REF_FRAME is {frame}: expected EME2000, J2000, GCRF or ICRF")
    if metadata["CENTER_NAME"].upper() != "EARTH":
        raise EphemerisError(f"{path}: CENTER_NAME is {metadata['CENTER_NAME']}: expected EARTH")
    if system not in SYSTEMS:
        raise EphemerisError(f"{path}: TIME_SYSTEM is {system}: expected one of {', '.join(SYSTEMS)}")
    if len(segment.states) < 2:
        raise EphemerisError(f"{path}: a segment with {len(segment.states)} states: expected at least 2")
    rows: list[tuple[Epoch, Vec3, Vec3]] = []
    for text, values in segment.states:
        epoch = _epoch(path, "state", text, system)
        if rows and epoch <= rows[-1][0]:
            raise EphemerisError(f"{path}: state at {text} follows one at {rows[-1][0]} UTC: expected ascending epochs")
        if not all(map(math.isfinite, values)):
            raise EphemerisError(f"{path}: state at {text} is {values} (km, km/s): expected finite numbers")
        rows.append((epoch, eci_m(frame, values[:3]), eci_m(frame, values[3:])))
    first = rows[0][0]
    start, stop = _useable(path, metadata, system, first, rows[-1][0])
    return Segment(
        epoch=first,
        t_s=tuple(epoch - first for epoch, _, _ in rows),
        r_m=tuple(r for _, r, _ in rows),
        v_mps=tuple(v for _, _, v in rows),
        start=start,
        stop=stop,
    )


def _useable(path: Path, metadata: dict[str, str], system: str, first: Epoch, last: Epoch) -> tuple[Epoch, Epoch]:
    """The part of the states' span that the metadata allow; each end of the useable span is optional."""
    times = {key: _epoch(path, key, metadata[key], system) for key in SPAN_KEYS if key in metadata}
    for opens, closes in (SPAN_KEYS[:2], SPAN_KEYS[2:]):
        if opens in times and closes in times and times[opens] > times[closes]:
            expected = f"expected {closes} = {metadata[closes]} or earlier"
            raise EphemerisError(f"{path}: {opens} is {metadata[opens]}: {expected}")
    start, stop = max(times.get("USEABLE_START_TIME", first), first), min(times.get("USEABLE_STOP_TIME", last), last)
    if start > stop:
        expected = f"expected a useable span that covers states of the segment, {first} to {last} UTC"
        given = " and ".join(f"{key} = {metadata[key]}" for key in SPAN_KEYS[2:] if key in times)
        raise EphemerisError(f"{path}: {given}: {expected}")
    return start, stop


def _epoch(path: Path, name: str, text: str, system: str) -> Epoch:
    try:
        return Epoch.parse(text, system)
    except ValueError as error:
        raise EphemerisError(f"{path}: epoch of {name} is {text}, TIME_SYSTEM {system}: {error}") from None


def eci_m(frame: str, values_km: Sequence[float]) -> Vec3:
    """Kilometres in the file's frame to metres in GCRF."""
    x, y, z = (value * 1000.0 for value in values_km)
    if frame in ("GCRF", "ICRF"):
        return x, y, z
    return x - _DA0 * y + _XI0 * z, y + _DA0 * x + _ETA0 * z, z - _XI0 * x - _ETA0 * y


def _comment(path: Path, comments: Iterable[str], key: str) -> float | None:
    """A positive number that the file's comments give as KEY=value; the first one counts."""
    match = next(filter(None, (re.match(rf"{key}\s*=\s*(\S+)", comment) for comment in comments)), None)
    if match is None:
        return None
    try:
        value = float(match[1])
    except ValueError:
        value = float("nan")
    if not value > 0.0:
        raise EphemerisError(f"{path}: comment {key} is {match[1]}: expected a positive number")
    return value
