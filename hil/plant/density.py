"""Tables of air density for a run's own day, of NRLMSIS 2.1 by pymsis, reduced to what the plant evaluates.

At each height the night density and the amplitude of a day bulge of the shape cos^4(psi/2), psi from the bulge's apex,
which trails the Sun by 30 deg in right ascension (Montenbruck & Gill 2000, section 3.5.2). Both are a least-squares
match to the model over the globe up to a latitude and over a day, not to any orbit. A table is made once, when a
scenario is read, and stored in it: runs read only the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import asin, degrees, hypot
from typing import Any

import numpy as np

from hil.plant.environment import sun_position_m
from hil.timescales import Epoch

HEIGHT_STEP_M = 10.0e3
BULGE_LAG_DEG = 30.0
MEAN_DAYS = 81  # of the solar index's mean: a table is taken to hold for these days
VERSION = 2.1


class DensityError(ValueError):
    """Why no table can be made: one line."""


def sun_declination_deg(day: date) -> float:
    """Of the Sun at noon of a day, about the equator of J2000."""
    noon = Epoch.parse(f"{day.isoformat()}T12:00:00")
    x, y, z = sun_position_m(noon.tt_since_j2000_us() / (86400e6 * 36525.0))
    return degrees(asin(z / hypot(x, y, z)))


def tabulate(
    day: date,
    heights_m: Sequence[float],
    latitude_max_deg: float,
    *,
    f107_sfu: float,
    f107_81day_sfu: float,
    ap: float,
    declination_deg: float | None = None,
) -> tuple[list[float], list[float], list[float]]:
    """Night densities (kg/m3), relative amplitudes of the bulge, and the match's error, at each height.

    day: of the indices, all that a day has; f107_sfu: of the day before, f107_81day_sfu: the mean of 81 days about it,
    ap: the day's. The error is the root mean square of what the shape leaves, as a fraction of the mean density.
    Raises DensityError when pymsis is not installed.
    """
    try:
        import pymsis
    except ImportError:
        raise DensityError("a table of densities needs the package pymsis: pip install pymsis") from None
    sun = np.radians(sun_declination_deg(day) if declination_deg is None else declination_deg)
    lat = np.arange(-latitude_max_deg, latitude_max_deg + 0.1, 8.0)
    lon = np.arange(-180.0, 180.0, 15.0)
    dates = np.datetime64(day.isoformat()) + np.arange(0, 24, 3) * np.timedelta64(1, "h")
    n = len(dates)
    hour_deg = (np.arange(0, 24, 3)[:, None] - 12.0) * 15.0 + lon[None, :]  # from the Sun's meridian
    d = np.radians(lat)[None, None, :]
    lagging = np.cos(np.radians(hour_deg - BULGE_LAG_DEG))[..., None]
    shape = ((1.0 + np.sin(d) * np.sin(sun) + np.cos(d) * np.cos(sun) * lagging) / 2.0) ** 2
    night, bulge, error = [], [], []
    for height_m in heights_m:
        out: Any = pymsis.calculate(
            dates, lon, lat, [height_m / 1.0e3], [f107_sfu] * n, [f107_81day_sfu] * n, [[ap] * 7] * n, version=VERSION
        )
        rho = out[..., 0, 0]  # kg/m3: date, lon, lat
        weight = np.broadcast_to(np.cos(d), rho.shape).ravel()
        a = np.stack([np.ones(rho.size), shape.ravel()], axis=1)
        (x, y), *_ = np.linalg.lstsq(a * weight[:, None], rho.ravel() * weight, rcond=None)
        night.append(float(x))
        bulge.append(float(y / x))
        error.append(float(np.sqrt(np.mean((rho - x - y * shape) ** 2)) / rho.mean()))
    return night, bulge, error


def source(day: date) -> str:
    """What a table was computed with."""
    from importlib.metadata import version

    return f"NRLMSIS {VERSION} (Emmert et al. 2022) by pymsis {version('pymsis')}, {day.isoformat()}"
