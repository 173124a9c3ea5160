"""Burns, detected from true thrust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from gnc import kernels
from hil.requirements.leaving import Floats, Mask
from hil.requirements.view import View, apsides_m

BURN_WINDOW_S = 10.0
BURN_LEAST_MPS = 0.05  # of the burns that a log lists


@dataclass(frozen=True)
class Burn:
    """Rows start to stop - 1 of the truth: from the first cycle in which propellant flowed to the state as it ended."""

    start: int
    stop: int


def fired(flight: View) -> Mask:
    """The rows of the truth in whose cycle just ended propellant flowed."""
    mass = flight.truth["mass_kg"]
    found = np.zeros(len(mass), bool)
    found[1:] = mass[1:] < mass[:-1]
    return found


def burns_of(flight: View, dv_mps: float) -> list[Burn]:
    """The burns of the approach, in the order of time.

    A burn is where all forces but gravity change the velocity by dv_mps or more within `BURN_WINDOW_S`; it ends with
    the last cycle in which propellant flowed.
    """
    rows = flight.rows_before_contact
    flowed = fired(flight)[:rows]
    total = np.cumsum(np.where(flowed[:, None], flight.truth["dv_body_mps"][:rows], 0.0), axis=0)
    window = max(1, round(BURN_WINDOW_S / flight.cycle_s))
    gained = total.copy()
    gained[window:] -= total[:-window]
    hot = np.flatnonzero(np.linalg.norm(gained, axis=1) >= dv_mps)
    if not hot.size:
        return []
    starts = hot[np.flatnonzero(np.diff(hot, prepend=-2) > 1)]
    stops = hot[np.flatnonzero(np.diff(hot, append=rows + 1) > 1)]
    found: list[Burn] = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        first = max(0, start - window + 1, found[-1].stop if found else 0)
        flowing = first + np.flatnonzero(flowed[first : stop + 1])
        if flowing.size:
            found.append(Burn(int(flowing[0]), int(flowing[-1]) + 1))
    return found


def burning(flight: View, burns: Sequence[Burn]) -> Mask:
    """The rows of the approach inside any of the burns."""
    found = np.zeros(flight.rows_before_contact, bool)
    for burn in burns:
        found[burn.start : burn.stop] = True
    return found


def dv_hill_mps(flight: View, burn: Burn) -> Floats:
    """What a burn changed the velocity by, in hill axes of the target as it began, shape (3,)."""
    part = flight.truth[burn.start : burn.stop]
    turn = np.ascontiguousarray(part["q_body_from_eci"])
    dv_eci = kernels.quat_irotate(turn, np.ascontiguousarray(part["dv_body_mps"])).sum(axis=0)
    r, v = part["r_target_eci_m"][0], part["v_target_eci_mps"][0]
    radial, normal = r / np.linalg.norm(r), np.cross(r, v)
    normal /= np.linalg.norm(normal)
    return np.asarray(np.array([radial, np.cross(normal, radial), normal]) @ dv_eci)


def burn_table(flight: View) -> tuple[dict[str, Any], ...]:
    """The burns of a run with the chaser's orbit before and after each, as a log keeps them.

    Of each: start_s, stop_s, dv_mps, dv_hill_mps, and the heights of perigee and apogee above the equatorial radius
    before and after it (m), None of an open orbit.
    """
    earth, found = flight.scenario.central_body, []
    for burn in burns_of(flight, BURN_LEAST_MPS):
        dv = dv_hill_mps(flight, burn)
        row: dict[str, Any] = {
            "start_s": 1.0e-6 * float(flight.truth["t_us"][max(0, burn.start - 1)]),
            "stop_s": 1.0e-6 * float(flight.truth["t_us"][burn.stop - 1]),
            "dv_mps": float(np.linalg.norm(dv)), "dv_hill_mps": dv.tolist(),
        }  # fmt: skip
        for when, at in (("before", max(0, burn.start - 1)), ("after", burn.stop - 1)):
            r, v = flight.truth["r_chaser_eci_m"][at], flight.truth["v_chaser_eci_mps"][at]
            for name, radius in zip(("perigee", "apogee"), apsides_m(r, v, earth.mu_m3ps2), strict=True):
                row[f"{name}_{when}_m"] = radius - earth.re_m if isfinite(radius) else None
        found.append(row)
    return tuple(found)
