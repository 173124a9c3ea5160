"""Kernels against their NumPy counterparts: a filter over a record, CW propagation of many states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter

from benchmarks.timing import Spread, race, ratio
from gnc.filters import cw_position_filter
from gnc.kernels import cw_propagate, cw_stm

N_RADPS, DT_S = 1.13e-3, 1.0
SIGMA_M = np.array([0.4, 0.5, 0.3])
X0 = np.array([8.0, -250.0, 1.0, 0.0, 0.01, 0.0])
P0 = np.diag([25.0, 25.0, 25.0, 0.01, 0.01, 0.01])
Q = 1e-8 * np.block([[np.eye(3) / 3, np.eye(3) / 2], [np.eye(3) / 2, np.eye(3)]])
H = np.eye(3, 6)


@dataclass(frozen=True)
class KernelResult:
    """Seconds of both, how many times faster, and the largest relative difference of the results."""

    name: str
    peer: str
    peer_s: Spread
    proxops_s: Spread
    faster: Spread
    difference: float


def _record(count: int) -> np.ndarray:
    rng = np.random.default_rng(20250226)
    phi, root = cw_stm(N_RADPS, DT_S), np.linalg.cholesky(Q)
    x, z = X0.copy(), np.empty((count, 3))
    for k in range(count):
        x = phi @ x + root @ rng.standard_normal(6)
        z[k] = x[:3] + SIGMA_M * rng.standard_normal(3)
    return z


def _filterpy(z: np.ndarray) -> np.ndarray:
    """filterpy's extended filter as its own documentation drives it, one predict and update a measurement."""
    ekf = ExtendedKalmanFilter(dim_x=6, dim_z=3)
    ekf.x, ekf.P, ekf.Q, ekf.R, ekf.F = X0.copy(), P0.copy(), Q, np.diag(SIGMA_M**2), cw_stm(N_RADPS, DT_S)
    out = np.empty((len(z), 6))
    for k, measurement in enumerate(z):
        ekf.predict()
        ekf.update(measurement, lambda x: H, lambda x: x[:3])
        out[k] = ekf.x
    return out


def race_filter(rounds: int, count: int = 10_000) -> KernelResult:
    """6 states, 3 measured: CW dynamics and position, over `count` recorded measurements."""
    z = _record(count)
    ours = lambda: cw_position_filter(z, DT_S, N_RADPS, Q, SIGMA_M, X0, P0)[0]  # noqa: E731
    expected = _filterpy(z)
    np.testing.assert_allclose(ours(), expected, rtol=1e-7, atol=1e-9)
    difference = float(np.max(np.abs(ours() - expected) / np.maximum(np.abs(expected), 1.0)))
    seconds = race({"filterpy": lambda: _filterpy(z), "proxops": ours}, rounds)
    return KernelResult(
        f"EKF, 6 states, 3 measured, {count} measurements", "filterpy", Spread.of(seconds["filterpy"]),
        Spread.of(seconds["proxops"]), ratio(seconds["filterpy"], seconds["proxops"]), difference,
    )  # fmt: skip


def _numpy_shared(states: np.ndarray, dt_s: float) -> np.ndarray:
    """One transition for all states: a matrix product, which NumPy hands to BLAS."""
    return states @ _numpy_stm(np.array(dt_s)).T


def _numpy_stm(t: np.ndarray) -> np.ndarray:
    """CW transition for each time; shape (..., 6, 6)."""
    n = N_RADPS
    s, c = np.sin(n * t), np.cos(n * t)
    phi = np.zeros((*t.shape, 6, 6))
    phi[..., 0, 0], phi[..., 0, 3], phi[..., 0, 4] = 4 - 3 * c, s / n, 2 * (1 - c) / n
    phi[..., 1, 0], phi[..., 1, 1] = 6 * (s - n * t), 1.0
    phi[..., 1, 3], phi[..., 1, 4] = -2 * (1 - c) / n, (4 * s - 3 * n * t) / n
    phi[..., 2, 2], phi[..., 2, 5] = c, s / n
    phi[..., 3, 0], phi[..., 3, 3], phi[..., 3, 4] = 3 * n * s, c, 2 * s
    phi[..., 4, 0], phi[..., 4, 3], phi[..., 4, 4] = -6 * n * (1 - c), -2 * s, 4 * c - 3
    phi[..., 5, 2], phi[..., 5, 5] = -n * s, c
    return phi


def race_cw(rounds: int, count: int = 100_000) -> list[KernelResult]:
    """`count` states over one time step (NumPy: BLAS), and the transition matrices of `count` different times."""
    rng = np.random.default_rng(1)
    states = rng.standard_normal((count, 6)) * [100.0, 100.0, 100.0, 0.1, 0.1, 0.1]
    times = rng.uniform(0.0, 5000.0, count)
    cases = {
        f"CW propagation of {count} states": (
            lambda: _numpy_shared(states, 600.0),
            lambda: cw_propagate(states, N_RADPS, 600.0),
        ),
        f"CW transition matrices at {count} times": (lambda: _numpy_stm(times), lambda: cw_stm(N_RADPS, times)),
    }
    results = []
    for name, (theirs, ours) in cases.items():
        expected = theirs()
        difference = float(np.max(np.abs(ours() - expected) / np.maximum(np.abs(expected), 1.0)))
        if difference > 1e-9:
            raise AssertionError(f"{name}: the two differ by {difference:.3g}")
        seconds = race({"numpy": theirs, "proxops": ours}, rounds)
        results.append(
            KernelResult(
                name,
                "NumPy",
                Spread.of(seconds["numpy"]),
                Spread.of(seconds["proxops"]),
                ratio(seconds["numpy"], seconds["proxops"]),
                difference,
            )
        )
    return results
