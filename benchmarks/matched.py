"""The case that both sides of the closed-loop benchmark fly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_PODS = ((1.6, 1.6), (-1.6, 1.6), (-1.6, -1.6), (1.6, -1.6))


def _thrusters() -> tuple[tuple[tuple[float, float, float], ...], tuple[tuple[float, float, float], ...]]:
    """24 thrusters: an axial and two lateral in each of eight pods; they span force and torque both ways."""
    positions, directions = [], []
    for x, axial in ((-3.6, 1.0), (3.6, -1.0)):
        for y, z in _PODS:
            for direction in (
                (axial, 0.0, 0.0),
                (0.0, -math.copysign(1.0, y), 0.0),
                (0.0, 0.0, -math.copysign(1.0, z)),
            ):
                positions.append((x, y, z))
                directions.append(direction)
    return tuple(positions), tuple(directions)


@dataclass(frozen=True)
class Case:
    """A chaser that holds a point behind a target in LEO. SI; inertias are principal, about the c.m."""

    mu_m3ps2: float = 3.986004418e14
    re_m: float = 6378137.0
    j2: float = 1.08262668e-3
    radius_m: float = 6795.0e3
    inclination_rad: float = math.radians(51.6)
    step_s: float = 0.1
    cycle_s: float = 0.1
    mass_kg: float = 19000.0
    inertia_kgm2: tuple[float, float, float] = (4.8e4, 1.92e5, 1.92e5)
    target_mass_kg: float = 454339.0
    target_inertia_kgm2: tuple[float, float, float] = (1.28e8, 1.07e8, 2.01e8)
    hold_hill_m: tuple[float, float, float] = (8.0, -288.0, 0.0)
    initial_rate_error_radps: tuple[float, float, float] = (1.0e-3, 2.0e-3, -1.0e-3)
    thrust_n: float = 216.0
    isp_s: float = 270.0
    min_on_s: float = 0.028
    attitude_kp_ps2: float = 0.04
    attitude_kd_ps: float = 0.28
    kp_ps2: float = 2.0e-4
    kd_ps: float = 0.03
    thruster_position_m: tuple[tuple[float, float, float], ...] = _thrusters()[0]
    thruster_direction: tuple[tuple[float, float, float], ...] = _thrusters()[1]

    @property
    def mean_motion_radps(self) -> float:
        return math.sqrt(self.mu_m3ps2 / self.radius_m**3)

    def target_state(self) -> tuple[np.ndarray, np.ndarray]:
        """Position and velocity, eci, of a circular orbit at its ascending node."""
        v = self.mean_motion_radps * self.radius_m
        c, s = math.cos(self.inclination_rad), math.sin(self.inclination_rad)
        return np.array([self.radius_m, 0.0, 0.0]), np.array([0.0, v * c, v * s])

    def chaser_state(self) -> tuple[np.ndarray, np.ndarray]:
        """The same for the chaser at its hold point, at rest in the hill frame."""
        r, v = self.target_state()
        axes = self.hill_axes(r, v)
        offset = axes.T @ np.array(self.hold_hill_m)
        rate = axes.T @ np.array([0.0, 0.0, self.mean_motion_radps])
        return r + offset, v + np.cross(rate, offset)

    @staticmethod
    def hill_axes(r: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Rows are the hill axes in eci."""
        x, z = r / np.linalg.norm(r), np.cross(r, v)
        z = z / np.linalg.norm(z)
        return np.array([x, np.cross(z, x), z])

    def sigma_body_eci(self, r: np.ndarray, v: np.ndarray) -> list[list[float]]:
        """Modified Rodrigues parameters of a body aligned with the hill frame."""
        c = self.hill_axes(r, v)
        w = math.sqrt(max(0.0, 1.0 + np.trace(c))) / 2.0
        xyz = np.array([c[1, 2] - c[2, 1], c[2, 0] - c[0, 2], c[0, 1] - c[1, 0]]) / (4.0 * w)
        return (xyz / (1.0 + w)).reshape(3, 1).tolist()


CASE = Case()
