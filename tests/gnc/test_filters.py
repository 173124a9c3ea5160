"""gnc/filters.pyx against an independent filter, and its consistency."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import chi2

from gnc.filters import cw_position_filter

N_RADPS, DT_S, SIGMA_M = 1.13e-3, 1.0, np.array([0.4, 0.5, 0.3])
PSD = 1e-8


def dynamics() -> tuple[np.ndarray, np.ndarray]:
    """State transition over DT_S by the matrix exponential, and white acceleration noise over it."""
    n, a = N_RADPS, np.zeros((6, 6))
    a[:3, 3:] = np.eye(3)
    a[3, 0], a[3, 4], a[4, 3], a[5, 2] = 3 * n * n, 2 * n, -2 * n, -n * n
    t = DT_S
    q = PSD * np.block([[np.eye(3) * t**3 / 3, np.eye(3) * t**2 / 2], [np.eye(3) * t**2 / 2, np.eye(3) * t]])
    return expm(a * t), q


X0 = np.array([8.0, -250.0, 1.0, 0.0, 0.01, 0.0])
P0 = np.diag([25.0, 25.0, 25.0, 0.01, 0.01, 0.01])


def record(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """True states and measured positions, shapes (count, 6) and (count, 3)."""
    rng = np.random.default_rng(seed)
    phi, q = dynamics()
    root = np.linalg.cholesky(q)
    x = X0 + np.sqrt(np.diag(P0)) * rng.standard_normal(6)
    truth = np.empty((count, 6))
    for k in range(count):
        x = phi @ x + root @ rng.standard_normal(6)
        truth[k] = x
    return truth, truth[:, :3] + SIGMA_M * rng.standard_normal((count, 3))


def reference(z: np.ndarray, gate: float = np.inf) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same filter in NumPy, in Joseph's form."""
    phi, q = dynamics()
    h, r = np.eye(3, 6), np.diag(SIGMA_M**2)
    x, p, xs, nis = X0, P0, [], []
    for m in z:
        x, p = phi @ x, phi @ p @ phi.T + q
        s, y = h @ p @ h.T + r, m - h @ x
        nis.append(y @ np.linalg.solve(s, y))
        if nis[-1] <= gate:
            k = np.linalg.solve(s, h @ p).T
            x, left = x + k @ y, np.eye(6) - k @ h
            p = left @ p @ left.T + k @ r @ k.T
        xs.append(x)
    return np.array(xs), np.array(nis), p


def run(z: np.ndarray, **changes: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    arguments = {
        "measurements_m": z, "dt_s": DT_S, "n_radps": N_RADPS, "q": dynamics()[1], "sigma_m": SIGMA_M,
        "x0": X0, "p0": P0,
    }  # fmt: skip
    return cw_position_filter(**(arguments | changes))


@pytest.mark.parametrize("gate", [np.inf, 9.0])
def test_same_numbers_as_joseph_form(gate: float) -> None:
    _, z = record(400, 1)
    z[200] += 50.0
    for found, expected in zip(run(z, gate=gate), reference(z, gate), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_covariance_is_symmetric_to_the_bit_and_input_is_left_alone() -> None:
    p0 = P0.copy()
    p = run(record(50, 2)[1], p0=p0)[2]
    assert np.array_equal(p, p.T)
    assert np.array_equal(p0, P0)


def test_filter_is_consistent() -> None:
    """NEES and NIS of 60 runs of 200 measurements inside their two-sided 99.9 % bounds."""
    nees, nis = 0.0, 0.0
    for seed in range(60):
        truth, z = record(200, seed)
        xs, run_nis, p = run(z)
        error = xs[-1] - truth[-1]
        nees += error @ np.linalg.solve(p, error)
        nis += run_nis.sum()
    assert chi2.ppf(0.0005, 60 * 6) < nees < chi2.ppf(0.9995, 60 * 6)
    assert chi2.ppf(0.0005, 60 * 600) < nis < chi2.ppf(0.9995, 60 * 600)


def test_no_measurements_give_no_states() -> None:
    xs, nis, p = run(np.empty((0, 3)))
    assert (xs.shape, nis.shape) == ((0, 6), (0,))
    assert np.array_equal(p, P0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("measurements_m", np.zeros((4, 2))),
        ("measurements_m", np.full((4, 3), np.nan)),
        ("measurements_m", 1.0),
        ("sigma_m", [0.1, 0.0, 0.1]),
        ("q", np.zeros((5, 5))),
        ("x0", np.zeros(5)),
        ("dt_s", 0.0),
        ("n_radps", np.nan),
    ],
)
def test_bad_arguments_are_named(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        run(np.zeros((4, 3)), **{name: value})
