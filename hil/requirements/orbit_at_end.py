"""Orbit at the end: its heights, or its flight-path angle at a height."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.requirements.leaving import Floats
from hil.requirements.result import Measure, Requirement
from hil.requirements.row import Row
from hil.requirements.view import RAD_TO_DEG, View, apsides_m, range_m

Height = Annotated[float, Ge(-1.0e7), Le(1.0e9)]
FlightPath = Annotated[float, Ge(-90.0), Le(0.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OrbitAtEnd(Row):
    """Limits on the chaser's orbit at the end of the run: perigee, apogee, or flight-path angle at a height.

    Heights are above the equatorial radius; perigee and apogee those of the osculating orbit. The flight-path angle,
    negative downward, is that of the inertial velocity where the chaser first comes down through entry_height_m; if
    the run ends higher, where its osculating orbit does.
    """

    ends: ClassVar[bool] = True

    kind: Literal["orbit_at_end"] = "orbit_at_end"
    perigee_min_m: Height | None = None
    perigee_max_m: Height | None = None
    apogee_min_m: Height | None = None
    apogee_max_m: Height | None = None
    entry_height_m: Height | None = None
    flight_path_min_deg: FlightPath | None = None
    flight_path_max_deg: FlightPath | None = None

    def problem(self) -> tuple[str, str] | None:
        """A limit is given, and a height for the flight-path angle."""
        angles = self.flight_path_min_deg is not None or self.flight_path_max_deg is not None
        if angles != (self.entry_height_m is not None):
            return "entry_height_m", "expected together with flight_path_min_deg or flight_path_max_deg"
        return None if self._limits() else ("perigee_min_m", "expected a limit of perigee, apogee or flight path")

    def _limits(self) -> list[tuple[str, float, bool, Measure]]:
        """(quantity, limit, whether it is a lower one, what is judged)."""
        found = []
        for quantity, unit, words in (
            ("perigee", "m", "perigee height"),
            ("apogee", "m", "apogee height"),
            ("flight_path", "deg", "flight-path angle at entry"),
        ):
            for end, said in (("min", "minimum"), ("max", "maximum")):
                limit = getattr(self, f"{quantity}_{end}_{unit}")
                if limit is not None:
                    measure = Measure(f"{self.name}_{quantity}_{end}", unit, f"{words}, {said}")
                    found.append((quantity, limit, end == "min", measure))
        return found

    def measures(self) -> tuple[Measure, ...]:
        """One for each limit."""
        return tuple(measure for _, _, _, measure in self._limits())

    def evaluate(self, flight: View) -> list[Requirement]:
        """A flight that never comes down to the height has no flight-path angle there, and fails."""
        last = flight.truth[-1]
        mu, re_m = flight.scenario.central_body.mu_m3ps2, flight.scenario.central_body.re_m
        perigee, apogee = apsides_m(last["r_chaser_eci_m"], last["v_chaser_eci_mps"], mu)
        figures: dict[str, float | None] = {"perigee": perigee - re_m, "apogee": apogee - re_m}
        if self.entry_height_m is not None:
            figures["flight_path"] = self._flight_path_deg(flight, self.entry_height_m + re_m, mu)
        found = []
        for quantity, limit, lower, measure in self._limits():
            figure = figures[quantity]
            judged = measure.at_least if lower else measure.at_most
            found.append(measure.missed(limit) if figure is None else judged(figure, limit))
        return found

    def _flight_path_deg(self, flight: View, radius_m: float, mu: float) -> float | None:
        r, v = flight.truth["r_chaser_eci_m"], flight.truth["v_chaser_eci_mps"]
        radius = range_m(r)
        down = np.flatnonzero((radius[:-1] > radius_m) & (radius[1:] <= radius_m))
        if not down.size:
            return coming_down_deg(r[-1], v[-1], radius_m, mu)
        at = int(down[0])
        share = (radius[at] - radius_m) / (radius[at] - radius[at + 1])
        angles = [float(np.arcsin(r[i] @ v[i] / (radius[i] * np.linalg.norm(v[i])))) for i in (at, at + 1)]
        return RAD_TO_DEG * float(angles[0] + share * (angles[1] - angles[0]))


def coming_down_deg(r_m: Floats, v_mps: Floats, radius_m: float, mu: float) -> float | None:
    """Flight-path angle (deg, at most 0) where the osculating orbit comes down through a radius; None if it never does.

    From the energy and the angular momentum, which it keeps: cos = h / (r v).
    """
    low, high = apsides_m(r_m, v_mps, mu)
    if not low <= radius_m <= high:
        return None
    energy = 0.5 * float(v_mps @ v_mps) - mu / float(np.linalg.norm(r_m))
    h = float(np.linalg.norm(np.cross(r_m, v_mps)))
    cosine = h / (radius_m * float(np.sqrt(2.0 * (energy + mu / radius_m))))
    return -RAD_TO_DEG * float(np.arccos(min(1.0, cosine)))
