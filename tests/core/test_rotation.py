"""Quaternions against SciPy's Rotation, and the identities that fix their convention."""

import ctypes
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gnc import kernels

Array = NDArray[np.float64]
unit = st.floats(-1, 1)
quaternions = (
    hnp.arrays(np.float64, 4, elements=unit).filter(lambda q: np.linalg.norm(q) > 1e-3).map(kernels.quat_normalize)
)
vectors = hnp.arrays(np.float64, 3, elements=st.floats(-1e6, 1e6))


def scipy_of(q_b_from_a: Array) -> Rotation:
    """SciPy's rotation that maps components in a to components in b (scalar last there)."""
    return Rotation.from_quat(np.roll(q_b_from_a, -1, axis=-1))


@given(quaternions, quaternions, vectors)
def test_rotate_agrees_with_scipy(p: Array, q: Array, v: Array) -> None:
    scale = 1e-14 * (1 + np.linalg.norm(v))
    np.testing.assert_allclose(kernels.quat_rotate(q, v), scipy_of(q).apply(v), rtol=0, atol=scale)
    np.testing.assert_allclose(kernels.quat_to_dcm(q) @ v, scipy_of(q).apply(v), rtol=0, atol=scale)
    both = (scipy_of(p) * scipy_of(q)).apply(v)
    np.testing.assert_allclose(kernels.quat_rotate(kernels.quat_mul(p, q), v), both, rtol=0, atol=scale)


@given(quaternions, vectors)
def test_irotate_and_conjugate_undo_rotate(q: Array, v: Array) -> None:
    scale = 1e-14 * (1 + np.linalg.norm(v))
    turned = kernels.quat_rotate(q, v)
    np.testing.assert_allclose(kernels.quat_irotate(q, turned), v, rtol=0, atol=scale)
    np.testing.assert_allclose(kernels.quat_rotate(kernels.quat_conj(q), turned), v, rtol=0, atol=scale)
    np.testing.assert_allclose(kernels.quat_mul(kernels.quat_conj(q), q), [1, 0, 0, 0], rtol=0, atol=1e-15)


def test_multiplication_is_hamiltons() -> None:
    one, i, j, k = np.eye(4)
    assert np.array_equal(kernels.quat_mul(i, j), k)
    assert np.array_equal(kernels.quat_mul(j, k), i)
    assert np.array_equal(kernels.quat_mul(k, i), j)
    assert np.array_equal(kernels.quat_mul(i, i), -one)


@given(quaternions)
def test_dcm_round_trip_and_orthonormality(q: Array) -> None:
    c = kernels.quat_to_dcm(q)
    np.testing.assert_allclose(c @ c.T, np.eye(3), rtol=0, atol=4e-15)
    assert np.linalg.det(c) == pytest.approx(1.0, abs=4e-15)
    back = kernels.quat_from_dcm(c)
    assert back[0] >= 0.0
    np.testing.assert_allclose(back, q if np.dot(back, q) > 0 else -q, rtol=0, atol=4e-15)


@pytest.mark.parametrize("largest", range(4))
def test_quaternion_of_each_branch_of_the_dcm(largest: int) -> None:
    rng = np.random.default_rng(largest)
    q = 0.1 * rng.normal(size=(500, 4))
    q[:, largest] = 1.0
    q = kernels.quat_normalize(q)
    back = kernels.quat_from_dcm(kernels.quat_to_dcm(q))
    sign = np.sign(np.sum(back * q, axis=1, keepdims=True))
    np.testing.assert_allclose(back * sign, q, rtol=0, atol=2e-15)


angles = st.floats(0, math.pi) | st.floats(-18, math.log10(math.pi)).map(lambda x: float(10**x))


@given(hnp.arrays(np.float64, 3, elements=unit).filter(lambda v: np.linalg.norm(v) > 1e-3), angles)
def test_rotvec_turns_the_frame(axis: Array, angle: float) -> None:
    rotvec = axis * (angle / np.linalg.norm(axis))
    q = kernels.quat_from_rotvec(rotvec)
    assert np.linalg.norm(q) == pytest.approx(1.0, abs=4e-16)
    # SciPy's rotation vector turns the vector; a frame that turns leaves it behind
    np.testing.assert_allclose(q, np.roll(Rotation.from_rotvec(-rotvec).as_quat(), 1), rtol=0, atol=1e-15)
    back = kernels.quat_to_rotvec(q)
    if angle < 3.14:
        np.testing.assert_allclose(back, rotvec, rtol=0, atol=1e-15 * max(1, 3 * angle) * angle + 1e-300)
    np.testing.assert_allclose(kernels.quat_to_rotvec(-q), back, rtol=0, atol=2e-15)


def test_rotvec_series_meets_the_closed_form() -> None:
    """The half-angle series hands over at |rotvec| = 0.02."""
    angle = 0.02 * (1 + np.linspace(-1e-3, 1e-3, 201))
    q = kernels.quat_from_rotvec(angle[:, None] * np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(q[:, 0], np.cos(angle / 2), rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(q[:, 3], -np.sin(angle / 2), rtol=3e-16)


def test_rotvec_of_tiny_and_zero_angles() -> None:
    for size in (0.0, 1e-320, 1e-200, 1e-20):
        q = kernels.quat_from_rotvec([0.0, size, 0.0])
        assert q[0] == 1.0
        np.testing.assert_allclose(kernels.quat_to_rotvec(q), [0.0, size, 0.0], rtol=1e-15, atol=5e-324)
    np.testing.assert_allclose(np.abs(kernels.quat_to_rotvec([0.0, 1.0, 0.0, 0.0])), [math.pi, 0, 0])


def test_body_rate_integrates_from_the_left() -> None:
    """q(t + dt) = quat_from_rotvec(w dt) (x) q(t): dC/dt = -[w]x C for the rate w of b, in b."""
    q = kernels.quat_normalize([0.3, -0.5, 0.7, 0.2])
    w, dt = np.array([0.2, -0.1, 0.4]), 1e-6
    ahead = kernels.quat_to_dcm(kernels.quat_mul(kernels.quat_from_rotvec(w * dt), q))
    behind = kernels.quat_to_dcm(kernels.quat_mul(kernels.quat_from_rotvec(-w * dt), q))
    expected = -kernels.skew(w) @ kernels.quat_to_dcm(q)
    np.testing.assert_allclose((ahead - behind) / (2 * dt), expected, rtol=0, atol=1e-9)


def test_normalize_keeps_the_sign_and_refuses_zero() -> None:
    np.testing.assert_allclose(kernels.quat_normalize([-3.0, 0.0, 4.0, 0.0]), [-0.6, 0.0, 0.8, 0.0], rtol=1e-15)
    with pytest.raises(ValueError, match=r"q = \[0\.0, 0\.0, 0\.0, 0\.0\] \(quaternion 1\) cannot be normalized"):
        kernels.quat_normalize([[1.0, 0, 0, 0], [0.0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("name", "expected"), [("quat_rotate", kernels.quat_rotate), ("quat_irotate", kernels.quat_irotate)]
)
def test_rotations_may_write_onto_the_vector(core: ctypes.CDLL, name: str, expected: Callable[..., Array]) -> None:
    q, v = kernels.quat_normalize([0.3, -0.5, 0.7, 0.2]), np.array([1.0, -2.0, 3.0])
    aliased = v.copy()
    getattr(core, name)(*(ctypes.c_void_p(a.ctypes.data) for a in (aliased, q, aliased)))
    assert np.array_equal(aliased, expected(q, v))


def test_products_may_write_onto_either_factor(core: ctypes.CDLL) -> None:
    a, b = np.array([0.3, -0.5, 0.7, 0.2]), np.array([0.1, 0.8, -0.4, 0.6])
    for which in (0, 1):
        factors = [a.copy(), b.copy()]
        core.quat_mul(*(ctypes.c_void_p(x.ctypes.data) for x in (factors[which], *factors)))
        assert np.array_equal(factors[which], kernels.quat_mul(a, b))
    q = a.copy()
    core.quat_conj(ctypes.c_void_p(q.ctypes.data), ctypes.c_void_p(q.ctypes.data))
    assert np.array_equal(q, kernels.quat_conj(a))
