"""Small linear algebra against NumPy's."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gnc import kernels

Array = NDArray[np.float64]
matrices = hnp.arrays(np.float64, (3, 3), elements=st.floats(-1e3, 1e3))
vectors = hnp.arrays(np.float64, 3, elements=st.floats(-1e6, 1e6))


@given(matrices, matrices)
def test_products_agree_with_numpy(a: Array, b: Array) -> None:
    bound = 1e-15 * (np.abs(a) @ np.abs(b)).max() + 1e-300
    np.testing.assert_allclose(kernels.matmul(a, b), a @ b, rtol=0, atol=bound)
    bound = 1e-15 * (np.abs(a) @ np.abs(b.T)).max() + 1e-300
    np.testing.assert_allclose(kernels.matmul_transposed(a, b), a @ b.T, rtol=0, atol=bound)
    assert np.array_equal(kernels.transpose(a), a.T)


@given(vectors, vectors)
def test_skew_is_the_cross_product(a: Array, b: Array) -> None:
    bound = 1e-15 * np.abs(a).max() * np.abs(b).max() + 1e-300
    np.testing.assert_allclose(kernels.skew(a) @ b, np.cross(a, b), rtol=0, atol=bound)
    assert np.array_equal(kernels.skew(a), -kernels.skew(a).T)


def test_inverse_times_matrix_is_identity() -> None:
    a = np.random.default_rng(1).normal(size=(2000, 3, 3))
    inverse = kernels.inverse(a)
    # the cofactor form's backward error grows with the condition number
    condition = np.linalg.norm(a, axis=(1, 2)) * np.linalg.norm(inverse, axis=(1, 2))
    residual = np.abs(inverse @ a - np.eye(3)).max(axis=(1, 2))
    assert (residual <= 1e-15 * condition**2).all()
    np.testing.assert_allclose(inverse[condition < 50], np.linalg.inv(a[condition < 50]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "bad", [np.zeros((3, 3)), np.diag([1.0, np.nan, 1.0]), np.diag([1e200, 1e200, 1.0]), np.ones((3, 3))]
)
def test_inverse_refuses_singular_and_non_finite(bad: Array) -> None:
    with pytest.raises(ValueError, match=r"a \(matrix 1\) has no inverse"):
        kernels.inverse(np.array([np.eye(3), bad]))


@pytest.mark.parametrize("n", range(1, 7))
def test_solve_agrees_with_numpy(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(300, n, n)), rng.normal(size=(300, n))
    a[::3, 0, 0] = 0.0 if n > 1 else 1.0  # without pivoting these fail
    expected = np.linalg.solve(a, b[..., None])[..., 0]
    bound = 1e-14 * np.linalg.cond(a)[:, None] * np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(kernels.solve(a, b) - expected) <= bound).all()


def test_solve_pivots_for_size_not_for_zero_only() -> None:
    solution = kernels.solve([[1e-20, 1.0], [1.0, 1.0]], [1.0, 2.0])
    np.testing.assert_allclose(solution, [1.0, 1.0], rtol=1e-15)


def test_solve_refuses_what_it_cannot_solve() -> None:
    with pytest.raises(ValueError, match=r"a \(matrix 0\) is singular"):
        kernels.solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 1.0])
    with pytest.raises(ValueError, match=r"a \(matrix 0\) is singular or not finite"):
        kernels.solve([[np.inf, 2.0], [2.0, 4.0]], [1.0, 1.0])
    with pytest.raises(ValueError, match=r"b has shape \(7,\); expected \(\.\.\., n\), 1 <= n <= 6"):
        kernels.solve(np.eye(7), np.ones(7))
    with pytest.raises(ValueError, match=r"a has shape \(2, 3\); expected \(\.\.\., 3, 3\)"):
        kernels.solve(np.ones((2, 3)), np.ones(3))


def test_inverse_leaves_its_output_untouched_when_there_is_none(core: ctypes.CDLL) -> None:
    out, singular = np.full(9, 7.0), np.ones(9)
    assert not core.mat3_inverse(ctypes.c_void_p(out.ctypes.data), ctypes.c_void_p(singular.ctypes.data))
    assert (out == 7.0).all()


@pytest.mark.parametrize("n", [0, 7])
def test_solve_refuses_a_size_out_of_range(core: ctypes.CDLL, n: int) -> None:
    a, b = np.eye(7), np.ones(7)
    pointers = (ctypes.c_void_p(x.ctypes.data) for x in (a, b))
    assert not core.mat_solve(ctypes.c_size_t(n), *pointers)
