"""The data of a run that requirements are judged on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from gnc import kernels
from hil.plant.environment import sun_position_m
from hil.requirements.leaving import Floats, Mask, leaving

if TYPE_CHECKING:
    from hil.requirements.row import Row
    from hil.scenario import Scenario

    Kind = TypeVar("Kind", bound=Row)

Frames = NDArray[np.void]
PassiveMinimum = Callable[[Floats, float], tuple[list[float], list[float]]]
"""Smallest distance (m) and its time (s) of free drifts from states of shape (n, 15) over a duration in s, as
`hil.plant.plant.Plant.passive_min_distances`."""

RAD_TO_DEG = 57.29577951308232
CENTURY_S = 36525.0 * 86400.0


@dataclass(frozen=True, kw_only=True)
class View:
    """One run as a requirement sees it.

    truth (hil.truth.TRUTH) and telemetry (gnc.flight.TELEMETRY) have one row per control cycle, and at least one.
    Telemetry never decides what is judged.
    rows: the requirements it is judged by. contact: the plant's contact record; collisions: one record for each
    time that the craft touched elsewhere than port to port.
    """

    scenario: Scenario
    rows: tuple[Row, ...]
    truth: Frames
    telemetry: Frames
    contact: Mapping[str, Any]
    drift: PassiveMinimum
    collisions: tuple[Mapping[str, Any], ...] = ()

    def rows_of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """The requirements of one kind."""
        return tuple(row for row in self.rows if isinstance(row, kind))

    @cached_property
    def cycle_s(self) -> float:
        """The control cycle."""
        return float(self.scenario.flight["cycle_s"])

    @cached_property
    def rows_before_contact(self) -> int:
        """How many rows of the truth are from before the first contact."""
        if self.contact["status"] == 0:
            return len(self.truth)
        return int(np.searchsorted(self.truth["t_us"], self.contact["t_s"] * 1.0e6, side="right"))

    @cached_property
    def approach(self) -> Frames:
        """The truth before the first contact."""
        return self.truth[: self.rows_before_contact]

    @cached_property
    def range_port_m(self) -> Floats:
        """Distance from port to port in each row of the approach."""
        return range_m(self.approach["r_port_tport_m"])

    @cached_property
    def range_com_m(self) -> Floats:
        """Distance between the centres of mass in each row of the approach."""
        return range_m(self.approach["r_chaser_target_hill_m"])

    def _any(self, of: Callable[[Row], Mask | None]) -> Mask:
        """The rows of the approach that any requirement marks."""
        found = np.zeros(self.rows_before_contact, bool)
        for row in self.rows:
            if (marked := of(row)) is not None:
                found |= marked
        return found

    @cached_property
    def permitted(self) -> Mask:
        """The rows of the approach in which the chaser may be inside a keep-out zone: in a corridor."""
        return self._any(lambda row: row.permits(self.approach))

    @cached_property
    def guarded(self) -> Mask:
        """The rows of the approach in which the chaser is inside a zone that a requirement guards."""
        return self._any(lambda row: row.guards(self.approach))

    @cached_property
    def coast_m(self) -> float:
        """Distance by which the chaser may still close during an abort; 0 if no requirement states it."""
        return max((float(getattr(row, "coast_m", 0.0)) for row in self.rows), default=0.0)

    @cached_property
    def leaving(self) -> Mask:
        """The rows of the approach in which the chaser has aborted and is leaving."""
        entered = self.permitted & (self.approach["contact_status"] == 0)
        return leaving(self.guarded, entered, self.range_com_m, self.contact["status"] != 0, self.coast_m)

    def _vehicle(self, part: Literal["chaser", "target"]) -> Any:
        scenario: Any = self.scenario
        return scenario.vehicles[getattr(scenario.scenario, part)]

    def shape_of(self, part: Literal["chaser", "target"]) -> tuple[Any, ...]:
        """The primitives of a craft's outer shape, `[[vehicle.shape]]`; none where the mission gives it no shape."""
        return tuple(self._vehicle(part).shapes)

    def com_of(self, part: Literal["chaser", "target"]) -> Floats:
        """The centre of mass of a craft in its structural frame, shape (3,)."""
        return np.array(self._vehicle(part).com_body_m)

    def chaser_in_tbody_m(self, rows: NDArray[np.intp]) -> Floats:
        """The chaser's centre of mass in the target's structural frame at rows of the truth, shape (n, 3)."""
        at = self.truth[rows]
        away = at["r_chaser_eci_m"] - at["r_target_eci_m"]
        turn = np.ascontiguousarray(at["q_tbody_from_eci"])
        return np.asarray(kernels.quat_rotate(turn, np.ascontiguousarray(away)) + self.com_of("target"))

    @cached_property
    def clearance_m(self) -> Floats:
        """Distance between the outer shapes of the craft in each row of the approach, as the plant found it."""
        return np.asarray(self.approach["clearance_m"])

    def sun_eci(self, rows: NDArray[np.intp]) -> Floats:
        """Unit vectors to the Sun at rows of the truth, eci, shape (n, 3)."""
        start_s = 1.0e-6 * self.scenario.scenario.epoch.tt_since_j2000_us()
        at_s = start_s + 1.0e-6 * self.truth["t_us"][rows]
        away = np.array([sun_position_m(float(t)) for t in at_s / CENTURY_S]).reshape(-1, 3)
        return np.asarray(away / np.linalg.norm(away, axis=1)[:, None])

    @cached_property
    def mean_motion_radps(self) -> float:
        """Mean motion of the target's osculating orbit at start (vis-viva)."""
        return mean_motion_radps(self.scenario, self.truth)

    @cached_property
    def orbit_period_s(self) -> float:
        """Period of the target's osculating orbit at start."""
        return 2.0 * pi / self.mean_motion_radps


def mean_motion_radps(scenario: Scenario, truth: Frames) -> float:
    """Mean motion of the target's osculating orbit in the first row of the truth (vis-viva)."""
    r = float(np.linalg.norm(truth["r_target_eci_m"][0]))
    v = float(np.linalg.norm(truth["v_target_eci_mps"][0]))
    mu = scenario.central_body.mu_m3ps2
    a = 1.0 / (2.0 / r - v * v / mu)
    return sqrt(mu / (a * a * a))


def apsides_m(r_m: Floats, v_mps: Floats, mu: float) -> tuple[float, float]:
    """Smallest and largest radius of the osculating orbit; the largest is infinite where it is open."""
    radius, speed2 = float(np.linalg.norm(r_m)), float(v_mps @ v_mps)
    a = 1.0 / (2.0 / radius - speed2 / mu)
    h2 = float(np.sum(np.cross(r_m, v_mps) ** 2))
    e = float(np.sqrt(max(0.0, 1.0 - h2 / (mu * a))))
    return h2 / mu / (1.0 + e), a * (1.0 + e) if a > 0.0 else float("inf")


def range_m(r: Floats) -> Floats:
    """Lengths of vectors, shape (n,) from (n, 3)."""
    return np.asarray(np.linalg.norm(r, axis=1))
