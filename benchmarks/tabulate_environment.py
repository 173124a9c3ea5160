"""Writes the truth plant's tables: gravity field and atmosphere. Needs brahe and pymsis (extra "dev").

    python benchmarks/tabulate_environment.py

The atmosphere is NRLMSIS 2.1 (Emmert et al. 2022) at the published solar and geomagnetic indices of
one day, reduced to what the plant evaluates: at each height the night density and the amplitude of a
day bulge of the shape cos^4(psi/2), psi from the bulge's apex, which trails the Sun by 30 deg in right
ascension (Montenbruck & Gill 2000, section 3.5.2). Both come from a least-squares match over the
globe between +-52 deg latitude to the model, not to any orbit.
"""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import brahe
import numpy as np

from hil.plant.density import BULGE_LAG_DEG, MEAN_DAYS, tabulate

TABLES = Path(__file__).resolve().parents[1] / "hil" / "plant" / "tables"
DEGREE = 12
HEIGHTS_KM = range(300, 510, 10)
LATITUDE_MAX_DEG = 52.0
# Published indices (space weather file of CelesTrak; F10.7 observed, Penticton; Ap, GFZ Potsdam)
DAY = "2025-02-26"
F107 = 190.1  # 2025-02-25, the day before, as the model asks
F107_81DAY = 179.6  # centred 81-day mean of 2025-02-26
AP = 14.0  # daily Ap of 2025-02-26
SUN_DECLINATION_DEG = -8.7  # 2025-02-26


def gravity() -> str:
    model = brahe.GravityModel.from_model_type(brahe.GravityModelType.EGM2008_120)
    c, s = [], []
    for n in range(DEGREE + 1):
        for m in range(n + 1):
            c_nm, s_nm = model.get(n, m)
            # unnormalised from fully normalised: sqrt((2 - delta_0m)(2n + 1)(n - m)!/(n + m)!)
            f = math.sqrt((1 if m == 0 else 2) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m))
            c.append(f"{c_nm * f:.15e}" if n > 1 else "0.0")
            s.append(f"{s_nm * f:.15e}" if n > 1 else "0.0")
    return "\n".join([
        "# Unnormalised spherical harmonics; term (n, m) at index n (n + 1) / 2 + m.",
        "# Written by benchmarks/tabulate_environment.py.",
        'name = "egm2008"',
        'source = "EGM2008 (Pavlis et al. 2012), tide free, to degree and order 12"',
        f"mu_m3ps2 = {model.gm!r}",
        f"re_m = {model.radius!r}",
        f"degree = {DEGREE}",
        "c = [", *(f"  {x}," for x in c), "]",
        "s = [", *(f"  {x}," for x in s), "]", "",
    ])  # fmt: skip


def atmosphere() -> str:
    night, bulge, rms = tabulate(
        date.fromisoformat(DAY), [1.0e3 * h for h in HEIGHTS_KM], LATITUDE_MAX_DEG, f107_sfu=F107,
        f107_81day_sfu=F107_81DAY, ap=AP, declination_deg=SUN_DECLINATION_DEG,
    )  # fmt: skip
    print("rms misfit to NRLMSIS 2.1, fraction of the mean:", np.round(rms, 3))
    return "\n".join([
        "# Night density and relative day bulge cos^4(psi/2). Written by benchmarks/tabulate_environment.py.",
        f'name = "nrlmsis21_{DAY}"',
        f'source = "NRLMSIS 2.1 (Emmert et al. 2022) at the published indices of {DAY}"',
        f"f107_sfu = {F107}                # observed F10.7 of the day before",
        f"f107_81day_sfu = {F107_81DAY}          # centred 81-day mean",
        f"ap = {AP}                       # daily Ap",
        f"height_0_m = {HEIGHTS_KM.start * 1e3}",
        f"height_step_m = {HEIGHTS_KM.step * 1e3}",
        f"bulge_lag_deg = {BULGE_LAG_DEG}            # Montenbruck & Gill 2000, section 3.5.2",
        f"latitude_max_deg = {LATITUDE_MAX_DEG}         # matched to the model up to there",
        f"valid_from = {np.datetime64(DAY) - MEAN_DAYS // 2}         # the {MEAN_DAYS} days of the mean",
        f"valid_to = {np.datetime64(DAY) + MEAN_DAYS // 2 + 1}",
        "density_night_kgpm3 = [", *(f"  {x:.6e}," for x in night), "]",
        "bulge_amplitude = [            # (day - night) / night", *(f"  {x:.6f}," for x in bulge), "]", "",
    ])  # fmt: skip


if __name__ == "__main__":
    (TABLES / "egm2008.toml").write_text(gravity())
    (TABLES / f"nrlmsis21_{DAY}.toml").write_text(atmosphere())
