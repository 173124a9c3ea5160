"""The filter engine against NumPy: its offsets, its update, its time update, and what a refusal leaves alone."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, special_ortho_group

from tests.core.internals import Array, pointer

STATES_MAX, COMPONENTS_MAX = 24, 8
BLOCKS = STATES_MAX // 3
SIZES = range(3, STATES_MAX + 1, 3)


def update(
    core: ctypes.CDLL, p: Array, h: Array, z: Array, r: Array, gate: float, estimated: int | None = None
) -> tuple[bool, Array, Array, float]:
    """Accepted, covariance, correction (ones where untouched) and NIS of filter_update; estimated: all states."""
    n = len(p) if estimated is None else estimated
    p, dx, nis = p.copy(), np.ones(STATES_MAX), np.full(1, -1.0)
    accepted = core.internals_filter_update(
        len(p), n, len(z), *(pointer(x) for x in (p, np.ascontiguousarray(h), z, r, gate, dx, nis))
    )
    return accepted, p, dx[: len(p)], float(nis[0])


def problem(n: int, seed: int, spread: float = 3.0, m: int = 3) -> tuple[Array, Array, Array, Array]:
    """P positive definite with eigenvalues over 2 spread decades, H, z and the variances R of m components."""
    rng = np.random.default_rng(seed)
    axes = special_ortho_group.rvs(n, random_state=rng)
    p = (axes * 10.0 ** rng.uniform(-spread, spread, n)) @ axes.T
    return 0.5 * (p + p.T), rng.normal(size=(m, n)), rng.normal(size=m), 10.0 ** rng.uniform(-2.0, 2.0, m)


@pytest.mark.parametrize("m", range(1, COMPONENTS_MAX + 1))
@pytest.mark.parametrize("n", SIZES)
def test_update_is_the_textbook_update(core: ctypes.CDLL, n: int, m: int) -> None:
    """One component after the other gives the gain, correction, covariance and NIS of all at once (Maybeck 1979), the
    covariance in Joseph's form."""
    for seed in range(5):
        p, h, z, r = problem(n, seed, m=m)
        s = h @ p @ h.T + np.diag(r)
        gain = p @ h.T @ np.linalg.inv(s)
        joseph = (np.eye(n) - gain @ h) @ p @ (np.eye(n) - gain @ h).T + gain @ np.diag(r) @ gain.T
        accepted, after, dx, nis = update(core, p, h, z, r, np.inf)
        assert accepted
        assert nis == pytest.approx(z @ np.linalg.solve(s, z), rel=1e-8, abs=0.0)
        sigma = np.sqrt(np.diag(p))
        assert (np.abs(after - joseph) < 1e-10 * np.outer(sigma, sigma)).all()
        assert (np.abs(dx - gain @ z) < 1e-9 * np.abs(gain) @ np.abs(z)).all()


@given(n=st.sampled_from(SIZES[1:]), considered=st.sampled_from([3, 6]), seed=st.integers(0, 10**6))
def test_what_is_considered_counts_and_stays(core: ctypes.CDLL, n: int, considered: int, seed: int) -> None:
    """Schmidt (1966): the gain's rows of the considered states are zero, the covariance that of any gain (Joseph)."""
    estimated = max(3, n - considered)
    p, h, z, r = problem(n, seed, spread=1.0, m=6)
    gain = p @ h.T @ np.linalg.inv(h @ p @ h.T + np.diag(r))
    gain[estimated:] = 0.0
    joseph = (np.eye(n) - gain @ h) @ p @ (np.eye(n) - gain @ h).T + gain @ np.diag(r) @ gain.T
    accepted, after, dx, _ = update(core, p, h, z, r, np.inf, estimated)
    assert accepted
    assert (after[estimated:, estimated:] == p[estimated:, estimated:]).all()
    sigma = np.sqrt(np.diag(p))
    assert (np.abs(after - joseph) < 1e-10 * np.outer(sigma, sigma)).all()
    assert (np.abs(dx - gain @ z) < 1e-9 * np.abs(gain) @ np.abs(z))[:estimated].all()
    assert (dx[estimated:] == 0.0).all()


@given(n=st.sampled_from(SIZES), seed=st.integers(0, 10**6))
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


def test_components_without_a_variance_are_refused(core: ctypes.CDLL) -> None:
    """The second sees what the first has just measured without noise."""
    p, h, z, _ = problem(6, 3)
    p[:] = np.eye(6)
    h[:, 1:] = 0.0
    h[:, 0] = 1.0
    assert not update(core, p, h, z, np.zeros(3), np.inf)[0]


def test_a_precise_measurement_of_a_loose_state_leaves_a_positive_covariance(core: ctypes.CDLL) -> None:
    """Twelve decades of sigma and more: rounding alone would leave a variance that is zero or less."""
    p, h, r = np.eye(6) * 1e12, np.zeros((2, 6)), np.array([1e-12, 1e-12])
    h[0, 0] = h[1, 1] = 1.0
    p[0, 1] = p[1, 0] = 0.999999e12
    for _ in range(5):
        accepted, p, _, _ = update(core, p, h, np.zeros(2), r, np.inf)
        assert accepted
        assert (np.diag(p) > 0.0).all()
        assert np.linalg.eigvalsh(p).min() > -1e-4


# ---- the table of offsets ----


def layout(core: ctypes.CDLL, use: list[int]) -> tuple[list[int], int, int]:
    table = np.zeros(BLOCKS + 3, np.uint8)
    core.filter_layout(pointer(table), len(use), pointer(np.array(use, np.uint8)))
    return table[: BLOCKS + 1].tolist(), int(table[BLOCKS + 1]), int(table[BLOCKS + 2])


def test_estimated_blocks_come_first_and_absent_ones_take_no_rows(core: ctypes.CDLL) -> None:
    at, states, estimated = layout(core, [1, 2, 0, 1, 1, 2])
    assert (at[:6], states, estimated) == ([0, 9, 255, 3, 6, 12], 15, 9)
    assert at[6:] == [255, 255, 255]
    assert layout(core, []) == ([255] * 9, 0, 0)
    assert layout(core, [1] * 8)[1:] == (24, 24)


# ---- time ----


@pytest.mark.parametrize("use", [[1, 1, 1, 1, 1, 2], [1, 1, 0, 0, 1, 0], [1, 1, 1, 1, 0, 2], [2, 2, 1, 1, 1, 1]])
def test_the_covariance_moves_by_the_whole_transition(core: ctypes.CDLL, use: list[int]) -> None:
    """Motions of two blocks and of one, of matrices and of numbers, the blocks between them, and one that stays."""
    at, n, _ = layout(core, use)
    rng = np.random.default_rng(3)
    m, scales = rng.normal(size=(3, 3)), rng.normal(size=3)
    rows = {b: slice(at[b], at[b] + 3) for b in range(6) if at[b] != 255}
    phi, eye = np.eye(n), np.eye(3)
    terms = {
        (0, 0): eye + 0.5 * m, (0, 1): scales[0] * eye, (1, 0): -0.6 * m,
        (2, 2): scales[2] * eye, (2, 3): 0.9 * eye, (3, 2): scales[0] * eye, (3, 3): -0.4 * eye,
        (4, 4): 0.7 * eye,
    }  # fmt: skip
    for (a, b), term in terms.items():
        if a in rows and b in rows:
            phi[rows[a], rows[b]] = term
    p = problem(n, 5)[0]
    moved = p.copy()
    core.internals_filter_propagate(
        len(use), *(pointer(x) for x in (np.array(use, np.uint8), moved, np.ascontiguousarray(m), scales))
    )
    exact = phi @ p @ phi.T
    assert (moved == moved.T).all()
    assert moved == pytest.approx(exact, rel=1e-12, abs=1e-12 * np.abs(exact).max())


# ---- the gate ----


@pytest.mark.parametrize("gate_3", [11.3, 16.3, 25.0])
@pytest.mark.parametrize("components", range(1, COMPONENTS_MAX + 1))
def test_every_gate_refuses_as_many_good_measurements(core: ctypes.CDLL, gate_3: float, components: int) -> None:
    chance = chi2.sf(gate_3, 3)
    gate = core.filter_gate(ctypes.c_double(gate_3), components)
    assert gate == pytest.approx(chi2.isf(chance, components), rel=0.02 if components > 1 else 0.05, abs=0.0)
    if components == 3:
        assert gate == pytest.approx(gate_3, rel=1e-12, abs=0.0)
