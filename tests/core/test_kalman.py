"""The three-component Kalman update against NumPy, and what a refusal leaves alone."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import special_ortho_group

from tests.core.internals import Array, pointer

STATES_MAX = 18


def update(
    core: ctypes.CDLL, p: Array, h: Array, z: Array, r: Array, gate: float, estimated: int | None = None
) -> tuple[bool, Array, Array, float]:
    """Accepted, covariance, correction (ones where untouched) and NIS of kalman_update3; estimated: all states."""
    n = len(p) if estimated is None else estimated
    p, dx, nis = p.copy(), np.ones(len(p)), np.full(1, -1.0)
    accepted = core.kalman_update3(len(p), n, *(pointer(x) for x in (p, h, z, r, gate, dx, nis)))
    return accepted, p, dx, float(nis[0])


def problem(n: int, seed: int, spread: float = 3.0) -> tuple[Array, Array, Array, Array]:
    """P positive definite with eigenvalues over 2 spread decades, H, z and the variances R."""
    rng = np.random.default_rng(seed)
    axes = special_ortho_group.rvs(n, random_state=rng) if n > 1 else np.eye(1)
    p = (axes * 10.0 ** rng.uniform(-spread, spread, n)) @ axes.T
    return 0.5 * (p + p.T), rng.normal(size=(3, n)), rng.normal(size=3), 10.0 ** rng.uniform(-2.0, 2.0, 3)


@pytest.mark.parametrize("n", range(1, STATES_MAX + 1))
def test_update_is_the_textbook_update(core: ctypes.CDLL, n: int) -> None:
    """Gain, correction, covariance and NIS of Maybeck (1979), the covariance in Joseph's form."""
    for seed in range(20):
        p, h, z, r = problem(n, seed)
        s = h @ p @ h.T + np.diag(r)
        gain = p @ h.T @ np.linalg.inv(s)
        joseph = (np.eye(n) - gain @ h) @ p @ (np.eye(n) - gain @ h).T + gain @ np.diag(r) @ gain.T
        accepted, after, dx, nis = update(core, p, h, z, r, np.inf)
        assert accepted
        assert nis == pytest.approx(z @ np.linalg.solve(s, z), rel=1e-9, abs=0.0)
        sigma = np.sqrt(np.diag(p))
        assert (np.abs(after - joseph) < 1e-10 * np.outer(sigma, sigma)).all()
        assert (np.abs(dx - gain @ z) < 1e-9 * np.abs(gain) @ np.abs(z)).all()


@given(n=st.integers(2, STATES_MAX), considered=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_what_is_considered_counts_and_stays(core: ctypes.CDLL, n: int, considered: int, seed: int) -> None:
    """Schmidt (1966): the gain's rows of the considered states are zero, the covariance that of any gain (Joseph)."""
    estimated = max(1, n - considered)
    p, h, z, r = problem(n, seed, spread=1.0)
    gain = p @ h.T @ np.linalg.inv(h @ p @ h.T + np.diag(r))
    gain[estimated:] = 0.0
    joseph = (np.eye(n) - gain @ h) @ p @ (np.eye(n) - gain @ h).T + gain @ np.diag(r) @ gain.T
    accepted, after, dx, _ = update(core, p, h, z, r, np.inf, estimated)
    assert accepted
    assert (after[estimated:, estimated:] == p[estimated:, estimated:]).all()
    sigma = np.sqrt(np.diag(p))
    assert (np.abs(after - joseph) < 1e-10 * np.outer(sigma, sigma)).all()
    assert (np.abs(dx - gain @ z) < 1e-9 * np.abs(gain) @ np.abs(z))[:estimated].all()
    assert (dx[estimated:] == 1.0).all()


@given(n=st.integers(1, STATES_MAX), seed=st.integers(0, 10**6))
def test_covariance_stays_symmetric_positive_and_never_grows(core: ctypes.CDLL, n: int, seed: int) -> None:
    """Ten updates in a row: symmetric to the last bit, no eigenvalue below rounding, each at most its prior."""
    p, _, _, _ = problem(n, seed)
    size = np.linalg.norm(p, 2)
    for k in range(10):
        _, h, z, r = problem(n, seed + k + 1)
        accepted, after, _, _ = update(core, p, h, z, r, np.inf)
        assert accepted
        assert (after == after.T).all()
        assert np.linalg.eigvalsh(after).min() > -1e-13 * size
        assert np.linalg.eigvalsh(p - after).min() > -1e-12 * size
        p = after


@given(seed=st.integers(0, 10**6), factor=st.floats(1.0 + 1e-9, 1e6))
def test_beyond_its_gate_a_measurement_changes_nothing(core: ctypes.CDLL, seed: int, factor: float) -> None:
    p, h, z, r = problem(6, seed)
    _, _, _, nis = update(core, p, h, z, r, np.inf)
    accepted, after, dx, said = update(core, p, h, z, r, nis / factor)
    assert not accepted
    assert (after == p).all()
    assert (dx == 1.0).all()
    assert said == nis


def test_at_its_gate_a_measurement_is_taken(core: ctypes.CDLL) -> None:
    p, h, z, r = problem(6, 1)
    _, _, _, nis = update(core, p, h, z, r, np.inf)
    assert update(core, p, h, z, r, nis)[0]


@pytest.mark.parametrize(("what", "value"), [(w, v) for w in "zhr" for v in (np.nan, np.inf, -np.inf)][:-2])
def test_what_is_not_finite_is_refused(core: ctypes.CDLL, what: str, value: float) -> None:
    p, h, z, r = problem(6, 2)
    {"z": z, "h": h[1], "r": r}[what][1] = value
    accepted, after, dx, _ = update(core, p, h, z, r, 1e9)
    assert not accepted
    assert (after == p).all()
    assert (dx == 1.0).all()


def test_singular_innovation_covariance_is_refused(core: ctypes.CDLL) -> None:
    p, h, z, _ = problem(6, 3)
    h[2] = h[1]
    p[:] = np.eye(6)
    h[:, 1:] = 0.0
    assert not update(core, p, h, z, np.zeros(3), np.inf)[0]


def test_more_states_than_there_is_room_for_are_refused(core: ctypes.CDLL) -> None:
    for n, estimated in ((STATES_MAX + 1, STATES_MAX + 1), (4, 5)):
        accepted, after, dx, _ = update(core, np.eye(n), np.eye(3, n), np.ones(3), np.ones(3), np.inf, estimated)
        assert not accepted
        assert (after == np.eye(n)).all()
        assert (dx == 1.0).all()
