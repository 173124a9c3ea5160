"""Target states from a CCSDS Orbit Ephemeris Message (CCSDS 502.0-B), XML or KVN.

The `oem` library reads the file; interpolation is done here in plain floats, so that a run's initial
state does not depend on the version of any numerical library. Coverage is what the states cover,
on their actual epochs: the START_TIME and STOP_TIME of the metadata may promise more.
"""

from __future__ import annotations

import math
import re
import tempfile
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Vec3 = tuple[float, float, float]

# Hermite interpolation on this many states, position and velocity. On a smooth orbit at 240 s spacing its
# error is below a micrometre; what is left on a real one, about 0.1 m, is the field's short waves, which
# states 1800 km apart do not show (found by leaving states out: 1.1 m at 480 s, 3.1 m at 720 s).
POINTS = 6
LONGEST_STEP_S = 900.0
# Frame bias, mean equator and equinox of J2000 against GCRF (IERS Conventions 2010, eq. 5.33 and table 5.2 notes)
_ARCSEC = 3.141592653589793 / 648000.0
_XI0, _ETA0, _DA0 = -0.0166170 * _ARCSEC, -0.0068192 * _ARCSEC, -0.01460 * _ARCSEC


class EphemerisError(ValueError):
    """A mistake about an ephemeris file: one line naming the file, the thing and what was expected."""


@dataclass(frozen=True)
class Segment:
    """One run of states without a break; seconds are from the first epoch."""

    epoch: datetime
    t_s: tuple[float, ...]
    r_m: tuple[Vec3, ...]
    v_mps: tuple[Vec3, ...]

    @property
    def stop(self) -> datetime:
        """Epoch of the last state."""
        return self.epoch + timedelta(microseconds=round(self.t_s[-1] * 1e6))


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
        """Read an OEM. Raises EphemerisError when it is missing, malformed or in a frame that is not supported."""
        path = Path(path)
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise EphemerisError(f"{path}: cannot read the ephemeris: {error}") from None
        message = _parse(path, text)
        segments = tuple(_segment(path, s) for s in message)
        if not segments:
            raise EphemerisError(f"{path}: no segment with states: expected at least one")
        return cls(
            path=str(path),
            object_name=str(message.segments[0].metadata["OBJECT_NAME"]),
            segments=tuple(sorted(segments, key=lambda s: s.epoch)),
            mass_kg=_comment(path, text, "MASS"),
            drag_area_m2=_comment(path, text, "DRAG_AREA"),
            drag_coefficient=_comment(path, text, "DRAG_COEFF"),
        )

    @property
    def start(self) -> datetime:
        """First epoch covered (UTC, naive)."""
        return self.segments[0].epoch

    @property
    def stop(self) -> datetime:
        """Last epoch covered (UTC, naive)."""
        return max(s.stop for s in self.segments)

    def state(self, epoch: datetime) -> tuple[Vec3, Vec3]:
        """Position (m) and velocity (m/s) in ECI at a UTC epoch.

        Where two segments meet, the later one answers. Raises EphemerisError outside the coverage.
        """
        if epoch.tzinfo is not None:
            epoch = epoch.astimezone(UTC).replace(tzinfo=None)
        inside = [s for s in self.segments if s.epoch <= epoch <= s.stop]
        if not inside:
            covered = " and ".join(f"{s.epoch.isoformat()} to {s.stop.isoformat()}" for s in self.segments)
            raise EphemerisError(
                f"{self.path}: epoch {epoch.isoformat()} is outside the ephemeris: its states cover {covered} UTC"
            )
        segment = inside[-1]
        t = (epoch - segment.epoch) // timedelta(microseconds=1) / 1e6
        times = segment.t_s
        after = min(max(bisect_right(times, t), 1), len(times) - 1)
        if times[after] - times[after - 1] > LONGEST_STEP_S:
            raise EphemerisError(
                f"{self.path}: epoch {epoch.isoformat()} falls into a gap of {times[after] - times[after - 1]:g} s "
                f"between states: expected at most {LONGEST_STEP_S:g} s"
            )
        first = min(max(after - POINTS // 2, 0), max(len(times) - POINTS, 0))
        window = slice(first, first + POINTS)
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


def _parse(path: Path, text: str) -> Any:
    """The file as the library reads it, which refuses epochs that do not ascend; an NDM's wrapping comes off first."""
    from defusedxml import ElementTree  # as slow to import as what follows
    from oem import OrbitEphemerisMessage

    try:
        if not text.lstrip().startswith("<"):
            return OrbitEphemerisMessage.open(path)
        root = ElementTree.fromstring(text.encode())
        messages = [e for e in root.iter() if e.tag.rpartition("}")[-1] == "oem"]
        if len(messages) != 1:
            raise EphemerisError(f"{path}: {len(messages)} orbit ephemeris messages: expected one")
        with tempfile.TemporaryDirectory() as folder:
            bare = Path(folder) / "message.xml"
            bare.write_bytes(ElementTree.tostring(messages[0], encoding="utf-8", xml_declaration=True))
            return OrbitEphemerisMessage.open(bare)
    except EphemerisError:
        raise
    except Exception as error:  # the library raises what its parsers happen to raise
        raise EphemerisError(f"{path}: not a CCSDS orbit ephemeris message: {error}") from None


def _segment(path: Path, segment: Any) -> Segment:
    frame = str(segment.metadata["REF_FRAME"]).upper()
    if frame not in ("EME2000", "J2000", "GCRF", "ICRF"):
        raise EphemerisError(f"{path}: REF_FRAME is {frame}: expected EME2000, J2000, GCRF or ICRF")
    if str(segment.metadata["CENTER_NAME"]).upper() != "EARTH":
        raise EphemerisError(f"{path}: CENTER_NAME is {segment.metadata['CENTER_NAME']}: expected EARTH")
    rows: list[tuple[datetime, Vec3, Vec3]] = []
    for state in segment.states:
        epoch = state.epoch.utc.datetime
        r, v = (_eci_m(frame, x) for x in (state.position, state.velocity))
        if not all(math.isfinite(x) for x in (*r, *v)):
            raise EphemerisError(f"{path}: state at {epoch.isoformat()} is {(*r, *v)}: expected finite numbers")
        rows.append((epoch, r, v))
    if len(rows) < 2:
        raise EphemerisError(f"{path}: a segment with {len(rows)} states: expected at least 2")
    start = rows[0][0]
    return Segment(
        epoch=start,
        t_s=tuple((epoch - start) // timedelta(microseconds=1) / 1e6 for epoch, _, _ in rows),
        r_m=tuple(r for _, r, _ in rows),
        v_mps=tuple(v for _, _, v in rows),
    )


def _eci_m(frame: str, values_km: Any) -> Vec3:
    """Kilometres in the file's frame to metres in GCRF."""
    x, y, z = (float(value) * 1000.0 for value in values_km)
    if frame in ("GCRF", "ICRF"):
        return x, y, z
    return x - _DA0 * y + _XI0 * z, y + _DA0 * x + _ETA0 * z, z - _XI0 * x - _ETA0 * y


def _comment(path: Path, text: str, key: str) -> float | None:
    """A positive number that the file's comments give as KEY=value."""
    match = re.search(rf"COMMENT[>\s]\s*{key}\s*=\s*([^\s<]+)", text)
    if match is None:
        return None
    try:
        value = float(match[1])
    except ValueError:
        value = float("nan")
    if not value > 0.0:
        raise EphemerisError(f"{path}: comment {key} is {match[1]}: expected a positive number")
    return value
