# cython: boundscheck=False
# Every loop runs over arrays that _broadcast made of one length.
"""NumPy face of the flight core's mathematical kernels: the code that flies, over arrays.

Every array argument may carry leading dimensions, written `...` below; those of several arguments
broadcast. Numbers are converted to float64; strided input is copied; a wrong trailing shape, a
non-numeric or complex array is refused with a ValueError that names the argument. Results are new
C-contiguous float64 arrays, or floats where scalars come from scalars. Non-finite components come
out as NaN unless a function says that it refuses them. SI units and radians.

`hill` is the frame at the target's centre of mass: x radial out, y along-track, z orbit normal.
Quaternions are scalar first, Hamilton; q_b_from_a turns components in a into components in b.
"""

import numpy as np

from gnc.ccore cimport (
    MAT_SOLVE_MAX, elem_acos, elem_asin, elem_atan2, elem_cbrt, elem_cos, elem_exp, elem_floor, elem_log,
    elem_sin, elem_tan, gravity_t, mat3_inverse, mat3_mul, mat3_mul_t, mat3_skew, mat3_transpose,
    mat_solve, orbit_cw_stm, orbit_gravity, orbit_hill_frame, orbit_hill_to_relative, orbit_kepler_elliptic,
    orbit_kepler_propagate, orbit_relative_to_hill, orbit_rk4_step, orbit_two_impulse, orbit_ya_stm,
    orbit_ya_stm_from_state,
)
from gnc.ccore cimport quat_conj as _quat_conj
from gnc.ccore cimport quat_from_dcm as _quat_from_dcm
from gnc.ccore cimport quat_from_rotvec as _quat_from_rotvec
from gnc.ccore cimport quat_irotate as _quat_irotate
from gnc.ccore cimport quat_mul as _quat_mul
from gnc.ccore cimport quat_normalize as _quat_normalize
from gnc.ccore cimport quat_rotate as _quat_rotate
from gnc.ccore cimport quat_to_dcm as _quat_to_dcm
from gnc.ccore cimport quat_to_rotvec as _quat_to_rotvec

__all__ = [
    "acos", "asin", "atan2", "cbrt", "cos", "cw_propagate", "cw_stm", "exp", "floor", "gravity",
    "hill_frame", "hill_to_relative", "inverse", "kepler_propagate", "kepler_solve", "log", "matmul",
    "matmul_transposed", "quat_conj", "quat_from_dcm", "quat_from_rotvec", "quat_irotate", "quat_mul",
    "quat_normalize", "quat_rotate", "quat_to_dcm", "quat_to_rotvec", "relative_to_hill", "rk4_step",
    "sin", "skew", "solve", "tan", "transpose", "two_impulse", "ya_stm", "ya_stm_from_state",
]

ctypedef double (*scalar_map)(double) noexcept nogil
ctypedef void (*vector_map)(double *, const double *) noexcept nogil
ctypedef void (*vector_map_2)(double *, const double *, const double *) noexcept nogil


# ---- arguments ----

def _numbers(name, value):
    """`value` as a float64 array, refused unless it is real numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "iufb":
        raise ValueError(f"{name} holds {array.dtype}; expected real numbers")
    return array.astype(np.float64, copy=False)


def _with_tail(name, value, tail):
    """`value` as a float64 array whose last dimensions are `tail`."""
    array = _numbers(name, value)
    if array.shape[array.ndim - len(tail):] != tail or array.ndim < len(tail):
        expected = "(..., " + ", ".join(map(str, tail)) + ")"
        raise ValueError(f"{name} has shape {array.shape}; expected {expected}")
    return array


def _broadcast(*arguments):
    """The common leading shape of (name, value, tail) arguments, and each one as a contiguous (N, size) array."""
    arrays = [_with_tail(*argument) for argument in arguments]
    leads = [a.shape[: a.ndim - len(tail)] for a, (_, _, tail) in zip(arrays, arguments, strict=True)]
    try:
        lead = np.broadcast_shapes(*leads)
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for a, (name, _, _) in zip(arrays, arguments, strict=True))
        raise ValueError(f"leading shapes do not broadcast: {shapes}") from None
    flat = []
    for array, (_, _, tail) in zip(arrays, arguments, strict=True):
        size = int(np.prod(tail, dtype=np.int64))
        count = int(np.prod(lead, dtype=np.int64))
        flat.append(np.ascontiguousarray(np.broadcast_to(array, lead + tail)).reshape(count, size))
    return lead, flat


def _require(name, array, accepted, expected):
    """Refuses the first value of `array` that `accepted` does not mark."""
    if not np.all(accepted):
        index = int(np.flatnonzero(~np.ravel(accepted))[0])
        raise ValueError(f"{name} = {float(np.ravel(array)[index])} (element {index}); expected {expected}")


def _finite(name, array):
    _require(name, array, np.isfinite(array), "a finite number")


def _positive(name, value):
    number = float(value)
    if not (number > 0.0 and np.isfinite(number)):
        raise ValueError(f"{name} = {number!r}; expected a finite number above 0")
    return number


def _off_centre(positions):
    if not (positions != 0.0).any(axis=1).all():
        index = int(np.flatnonzero((positions == 0.0).all(axis=1))[0])
        raise ValueError(f"r_eci_m = [0, 0, 0] (position {index}); expected a position off the centre")


def _shaped(flat, lead, tail):
    array = flat.reshape(lead + tail)
    return array if array.ndim else float(array)


# ---- drivers ----

cdef object _map_scalars(scalar_map f, object name, object value):
    lead, (flat,) = _broadcast((name, value, ()))
    out_array = np.empty(flat.shape)
    cdef const double[:, ::1] x = flat
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i, 0] = f(x[i, 0])
    return _shaped(out_array, lead, ())


cdef object _map_vectors(vector_map f, object name, object value, tuple tail_in, tuple tail_out):
    lead, (flat,) = _broadcast((name, value, tail_in))
    out_array = np.empty((flat.shape[0], int(np.prod(tail_out))))
    cdef const double[:, ::1] a = flat
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(a.shape[0]):
            f(&out[i, 0], &a[i, 0])
    return _shaped(out_array, lead, tail_out)


cdef object _map_pairs(vector_map_2 f, tuple first, tuple second, tuple tail_out):
    lead, (flat_a, flat_b) = _broadcast(first, second)
    out_array = np.empty((flat_a.shape[0], int(np.prod(tail_out))))
    cdef const double[:, ::1] a = flat_a, b = flat_b
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(a.shape[0]):
            f(&out[i, 0], &a[i, 0], &b[i, 0])
    return _shaped(out_array, lead, tail_out)


# ---- elementary functions ----

def sin(x):
    """Sine of x, rad, any shape, within 1 ulp for |x| <= 2^20; NaN beyond. Source: docs/design/elementary.md."""
    return _map_scalars(elem_sin, "x", x)


def cos(x):
    """Cosine of x, rad, any shape, within 1 ulp for |x| <= 2^20; NaN beyond. Source: docs/design/elementary.md."""
    return _map_scalars(elem_cos, "x", x)


def tan(x):
    """Tangent of x, rad, any shape, within 1 ulp for |x| <= 2^20; NaN beyond. Source: docs/design/elementary.md."""
    return _map_scalars(elem_tan, "x", x)


def asin(x):
    """Arc sine of x in rad, any shape, within 1 ulp; NaN for |x| > 1. Source: docs/design/elementary.md."""
    return _map_scalars(elem_asin, "x", x)


def acos(x):
    """Arc cosine of x in rad, any shape, within 1 ulp; NaN for |x| > 1. Source: docs/design/elementary.md."""
    return _map_scalars(elem_acos, "x", x)


def exp(x):
    """e^x, any shape, within 1 ulp; 0 on underflow, inf on overflow. Source: docs/design/elementary.md."""
    return _map_scalars(elem_exp, "x", x)


def log(x):
    """Natural logarithm of x, any shape, within 1 ulp; NaN unless x > 0. Source: docs/design/elementary.md."""
    return _map_scalars(elem_log, "x", x)


def cbrt(x):
    """Cube root of x, any shape, within 1 ulp, of x's own sign. Source: docs/design/elementary.md."""
    return _map_scalars(elem_cbrt, "x", x)


def floor(x):
    """Largest integer not above x, any shape, exact. Source: docs/design/elementary.md."""
    return _map_scalars(elem_floor, "x", x)


def atan2(y, x):
    """Angle of the point (x, y) in rad, in (-pi, pi], within 1 ulp; broadcasts; atan2(0, 0) = 0.

    Source: docs/design/elementary.md.
    """
    lead, (flat_y, flat_x) = _broadcast(("y", y, ()), ("x", x, ()))
    out_array = np.empty(flat_y.shape)
    cdef const double[:, ::1] a = flat_y, b = flat_x
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(a.shape[0]):
            out[i, 0] = elem_atan2(a[i, 0], b[i, 0])
    return _shaped(out_array, lead, ())


# ---- small matrices ----

def matmul(a, b):
    """Products A B of (..., 3, 3) matrices."""
    return _map_pairs(mat3_mul, ("a", a, (3, 3)), ("b", b, (3, 3)), (3, 3))


def matmul_transposed(a, b):
    """Products A B^T of (..., 3, 3) matrices."""
    return _map_pairs(mat3_mul_t, ("a", a, (3, 3)), ("b", b, (3, 3)), (3, 3))


def transpose(a):
    """Transposes of (..., 3, 3) matrices."""
    return _map_vectors(mat3_transpose, "a", a, (3, 3), (3, 3))


def skew(a):
    """Matrices (..., 3, 3) [a]x of (..., 3) vectors, so that [a]x b = a x b."""
    return _map_vectors(mat3_skew, "a", a, (3,), (3, 3))


def inverse(a):
    """Inverses of (..., 3, 3) matrices by cofactors. ValueError: a determinant is zero or not finite."""
    lead, (flat,) = _broadcast(("a", a, (3, 3)))
    out_array = np.empty(flat.shape)
    cdef const double[:, ::1] m = flat
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(m.shape[0]):
            if not mat3_inverse(&out[i, 0], &m[i, 0]):
                bad = i
                break
    if bad >= 0:
        raise ValueError(f"a (matrix {bad}) has no inverse: its determinant is zero or not finite")
    return _shaped(out_array, lead, (3, 3))


def solve(a, b):
    """Solutions x (..., n) of A x = b, A (..., n, n), b (..., n), 1 <= n <= 6: LU with partial pivoting.

    ValueError: a pivot is zero or not finite.
    """
    b = _numbers("b", b)
    cdef size_t n = b.shape[b.ndim - 1] if b.ndim else 0
    if not 1 <= n <= MAT_SOLVE_MAX:
        raise ValueError(f"b has shape {b.shape}; expected (..., n), 1 <= n <= {MAT_SOLVE_MAX}")
    lead, (flat_a, flat_b) = _broadcast(("a", a, (n, n)), ("b", b, (n,)))
    work_array, out_array = flat_a.copy(), flat_b.copy()
    cdef double[:, ::1] work = work_array, out = out_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(work.shape[0]):
            if not mat_solve(n, &work[i, 0], &out[i, 0]):
                bad = i
                break
    if bad >= 0:
        raise ValueError(f"a (matrix {bad}) is singular or not finite")
    return _shaped(out_array, lead, (int(n),))


# ---- rotations ----

def quat_mul(a, b):
    """Hamilton products a (x) b of (..., 4) quaternions: q_c_from_a = q_c_from_b (x) q_b_from_a."""
    return _map_pairs(_quat_mul, ("a", a, (4,)), ("b", b, (4,)), (4,))


def quat_conj(q):
    """Conjugates of (..., 4) quaternions: q_a_from_b of a unit q_b_from_a."""
    return _map_vectors(_quat_conj, "q", q, (4,), (4,))


def quat_normalize(q):
    """Quaternions (..., 4) of unit length, sign kept. ValueError: one has zero or non-finite length."""
    lead, (flat,) = _broadcast(("q", q, (4,)))
    out_array = flat.copy()
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(out.shape[0]):
            _quat_normalize(&out[i, 0])
    wrong = ~np.isfinite(out_array).all(axis=1)
    if wrong.any():
        index = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"q = {flat[index].tolist()} (quaternion {index}) cannot be normalized: zero or non-finite")
    return _shaped(out_array, lead, (4,))


def quat_rotate(q_b_from_a, v_a):
    """Components v_b (..., 3) of vectors v_a (..., 3); q (..., 4) is taken as of unit length."""
    return _map_pairs(_quat_rotate, ("q_b_from_a", q_b_from_a, (4,)), ("v_a", v_a, (3,)), (3,))


def quat_irotate(q_b_from_a, v_b):
    """Components v_a (..., 3) of vectors v_b (..., 3); q (..., 4) is taken as of unit length."""
    return _map_pairs(_quat_irotate, ("q_b_from_a", q_b_from_a, (4,)), ("v_b", v_b, (3,)), (3,))


def quat_to_dcm(q_b_from_a):
    """Direction cosine matrices C (..., 3, 3), v_b = C v_a, of unit (..., 4) quaternions."""
    return _map_vectors(_quat_to_dcm, "q_b_from_a", q_b_from_a, (4,), (3, 3))


def quat_from_dcm(dcm_b_from_a):
    """Quaternions (..., 4) of (..., 3, 3) rotation matrices, v_b = C v_a; scalar part >= 0 (Shepperd 1978)."""
    return _map_vectors(_quat_from_dcm, "dcm_b_from_a", dcm_b_from_a, (3, 3), (4,))


def quat_from_rotvec(rotvec_rad):
    """q_new_from_old (..., 4) of a frame that turned by the vector angle (..., 3), rad, |angle| <= 2^21.

    The components of a fixed vector turn the other way.
    """
    return _map_vectors(_quat_from_rotvec, "rotvec_rad", rotvec_rad, (3,), (4,))


def quat_to_rotvec(q_new_from_old):
    """Vector angles (..., 3), rad, at most pi long, by which the frame turned: inverse of quat_from_rotvec."""
    return _map_vectors(_quat_to_rotvec, "q_new_from_old", q_new_from_old, (4,), (3,))


# ---- orbit ----

cdef int _gravity_model(gravity_t *g, object mu_m3ps2, object j2, object j3, object j4, object re_m,
                        object pole_eci) except -1:
    g.mu_m3ps2 = _positive("mu_m3ps2", mu_m3ps2)
    g.j2, g.j3, g.j4 = j2, j3, j4
    g.re_m = _positive("re_m", re_m)
    lead, (pole,) = _broadcast(("pole_eci", pole_eci, (3,)))
    if lead != ():
        raise ValueError(f"pole_eci has shape {lead + (3,)}; expected (3,)")
    cdef int i
    for i in range(3):
        g.pole_eci[i] = pole[0, i]
    cdef double length = g.pole_eci[0] ** 2 + g.pole_eci[1] ** 2 + g.pole_eci[2] ** 2
    if not -1e-9 < length - 1.0 < 1e-9:
        raise ValueError(f"pole_eci = {pole[0].tolist()}; expected a unit vector")
    return 0


def gravity(r_eci_m, *, mu_m3ps2, j2=0.0, j3=0.0, j4=0.0, re_m, pole_eci=(0.0, 0.0, 1.0)):
    """Accelerations (..., 3), m/s^2, at positions r_eci_m (..., 3): point mass and zonals J2..J4.

    j2, j3, j4 are the unnormalised zonal coefficients for the equatorial radius re_m, pole_eci (3,) the unit
    vector of the pole of date. ValueError: a position is zero or not finite, mu or re not positive, the pole
    not of unit length. Source: Vallado (2013), sec. 8.6; docs/design/orbit.md.
    """
    cdef gravity_t g
    _gravity_model(&g, mu_m3ps2, j2, j3, j4, re_m, pole_eci)
    lead, (flat,) = _broadcast(("r_eci_m", r_eci_m, (3,)))
    _finite("r_eci_m", flat)
    _off_centre(flat)
    out_array = np.empty(flat.shape)
    cdef const double[:, ::1] r = flat
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(r.shape[0]):
            orbit_gravity(&out[i, 0], &g, &r[i, 0])
    return _shaped(out_array, lead, (3,))


def rk4_step(r_eci_m, v_eci_mps, dt_s, *, mu_m3ps2, j2=0.0, j3=0.0, j4=0.0, re_m, pole_eci=(0.0, 0.0, 1.0), steps=1):
    """States (r, v), each (..., 3), after `steps` fixed steps of dt_s under `gravity`, classical Runge-Kutta 4.

    ValueError as `gravity`. Source: Hairer, Norsett and Wanner (1993), table II.1.2; docs/design/orbit.md.
    """
    cdef gravity_t g
    _gravity_model(&g, mu_m3ps2, j2, j3, j4, re_m, pole_eci)
    lead, (flat_r, flat_v) = _broadcast(("r_eci_m", r_eci_m, (3,)), ("v_eci_mps", v_eci_mps, (3,)))
    _finite("r_eci_m", flat_r)
    _finite("v_eci_mps", flat_v)
    _off_centre(flat_r)
    r_array, v_array = flat_r.copy(), flat_v.copy()
    cdef double[:, ::1] r = r_array, v = v_array
    cdef double h = dt_s
    cdef Py_ssize_t i, k, count = steps
    with nogil:
        for i in range(r.shape[0]):
            for k in range(count):
                orbit_rk4_step(&r[i, 0], &v[i, 0], &g, h)
    return _shaped(r_array, lead, (3,)), _shaped(v_array, lead, (3,))


_PARALLEL = "r_target_eci_m and v_target_eci_mps (state {}) span no orbit plane: zero, parallel or not finite"


def hill_frame(r_target_eci_m, v_target_eci_mps):
    """Rotation dcm_hill_from_eci (..., 3, 3) and rate w_hill_eci_hill_radps (..., 3) of the hill frame of a target.

    r (..., 3) in m and v (..., 3) in m/s, eci. The rate is the two-body one, [0, 0, h/r^2].
    ValueError: r and v are zero, parallel or not finite. Source: Vallado (2013), sec. 3.3.2 (RSW).
    """
    lead, (flat_r, flat_v) = _broadcast(
        ("r_target_eci_m", r_target_eci_m, (3,)), ("v_target_eci_mps", v_target_eci_mps, (3,)))
    dcm_array, w_array = np.empty((flat_r.shape[0], 9)), np.empty(flat_r.shape)
    cdef const double[:, ::1] r = flat_r, v = flat_v
    cdef double[:, ::1] dcm = dcm_array, w = w_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(r.shape[0]):
            if not orbit_hill_frame(&dcm[i, 0], &w[i, 0], &r[i, 0], &v[i, 0]):
                bad = i
                break
    if bad >= 0:
        raise ValueError(_PARALLEL.format(bad))
    return _shaped(dcm_array, lead, (3, 3)), _shaped(w_array, lead, (3,))


cdef object _convert_relative(bint to_hill, tuple arguments):
    lead, (flat_rt, flat_vt, flat_r, flat_v) = _broadcast(*arguments)
    r_array, v_array = np.empty(flat_r.shape), np.empty(flat_r.shape)
    cdef const double[:, ::1] rt = flat_rt, vt = flat_vt, r0 = flat_r, v0 = flat_v
    cdef double[:, ::1] r1 = r_array, v1 = v_array
    cdef Py_ssize_t i, bad = -1
    cdef bint ok
    with nogil:
        for i in range(rt.shape[0]):
            if to_hill:
                ok = orbit_relative_to_hill(&r1[i, 0], &v1[i, 0], &rt[i, 0], &vt[i, 0], &r0[i, 0], &v0[i, 0])
            else:
                ok = orbit_hill_to_relative(&r1[i, 0], &v1[i, 0], &rt[i, 0], &vt[i, 0], &r0[i, 0], &v0[i, 0])
            if not ok:
                bad = i
                break
    if bad >= 0:
        raise ValueError(_PARALLEL.format(bad))
    return _shaped(r_array, lead, (3,)), _shaped(v_array, lead, (3,))


def relative_to_hill(r_target_eci_m, v_target_eci_mps, dr_eci_m, dv_eci_mps):
    """Hill components r_hill_m, v_hill_mps (..., 3) of chaser minus target dr, dv (..., 3) in eci axes.

    v_hill is as seen in the rotating frame. ValueError: target r and v are zero, parallel or not finite.
    Source: transport theorem; docs/design/orbit.md.
    """
    return _convert_relative(True, (
        ("r_target_eci_m", r_target_eci_m, (3,)), ("v_target_eci_mps", v_target_eci_mps, (3,)),
        ("dr_eci_m", dr_eci_m, (3,)), ("dv_eci_mps", dv_eci_mps, (3,))))


def hill_to_relative(r_target_eci_m, v_target_eci_mps, r_hill_m, v_hill_mps):
    """Chaser minus target dr_eci_m, dv_eci_mps (..., 3) of hill components (..., 3): inverse of relative_to_hill.

    ValueError: target r and v are zero, parallel or not finite. Source: transport theorem; docs/design/orbit.md.
    """
    return _convert_relative(False, (
        ("r_target_eci_m", r_target_eci_m, (3,)), ("v_target_eci_mps", v_target_eci_mps, (3,)),
        ("r_hill_m", r_hill_m, (3,)), ("v_hill_mps", v_hill_mps, (3,))))


def kepler_solve(mean_anomaly_rad, eccentricity):
    """Eccentric anomaly E, rad, of M = E - e sin E, in the revolution of M; broadcasts.

    ValueError: M not finite, or e outside [0, 1). Source: docs/design/orbit.md.
    """
    lead, (flat_m, flat_e) = _broadcast(
        ("mean_anomaly_rad", mean_anomaly_rad, ()), ("eccentricity", eccentricity, ()))
    _finite("mean_anomaly_rad", flat_m)
    _require("eccentricity", flat_e, (flat_e >= 0.0) & (flat_e < 1.0), "0 <= e < 1")
    out_array = np.empty(flat_m.shape)
    cdef const double[:, ::1] m = flat_m, e = flat_e
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(m.shape[0]):
            out[i, 0] = orbit_kepler_elliptic(m[i, 0], e[i, 0])
    return _shaped(out_array, lead, ())


def kepler_propagate(r0_m, v0_mps, dt_s, mu_m3ps2):
    """Two-body states (r1_m, v1_mps), each (..., 3), a time dt_s (...) after r0, v0 (..., 3), inertial axes.

    Ellipse, parabola or hyperbola, either way in time. ValueError: a state is zero, rectilinear or not finite,
    dt not finite, mu not positive, or no convergence. Source: Battin (1999), sec. 4.5; docs/design/orbit.md.
    """
    cdef double mu = _positive("mu_m3ps2", mu_m3ps2)
    lead, (flat_r, flat_v, flat_t) = _broadcast(("r0_m", r0_m, (3,)), ("v0_mps", v0_mps, (3,)), ("dt_s", dt_s, ()))
    _finite("dt_s", flat_t)
    r_array, v_array = np.empty(flat_r.shape), np.empty(flat_r.shape)
    cdef const double[:, ::1] r0 = flat_r, v0 = flat_v, dt = flat_t
    cdef double[:, ::1] r1 = r_array, v1 = v_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(r0.shape[0]):
            if not orbit_kepler_propagate(&r1[i, 0], &v1[i, 0], &r0[i, 0], &v0[i, 0], dt[i, 0], mu):
                bad = i
                break
    if bad >= 0:
        raise ValueError(f"r0_m = {flat_r[bad].tolist()}, v0_mps = {flat_v[bad].tolist()} (state {bad}) over "
                         f"{flat_t[bad, 0]} s: zero, rectilinear, not finite or not converged")
    return _shaped(r_array, lead, (3,)), _shaped(v_array, lead, (3,))


# ---- relative motion ----

def cw_stm(n_radps, dt_s):
    """Clohessy-Wiltshire state transition matrices (..., 6, 6) of [r_hill_m, v_hill_mps]; arguments broadcast.

    n_radps is the target's mean motion; n = 0 is free motion. ValueError: n negative or not finite, dt not finite.
    Source: Clohessy and Wiltshire (1960); Curtis (2014), eq. 7.53.
    """
    lead, (flat_n, flat_t) = _broadcast(("n_radps", n_radps, ()), ("dt_s", dt_s, ()))
    _require("n_radps", flat_n, np.isfinite(flat_n) & (flat_n >= 0.0), "a finite mean motion, at least 0 rad/s")
    _finite("dt_s", flat_t)
    out_array = np.empty((flat_n.shape[0], 36))
    cdef const double[:, ::1] n = flat_n, dt = flat_t
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(n.shape[0]):
            orbit_cw_stm(&out[i, 0], n[i, 0], dt[i, 0])
    return _shaped(out_array, lead, (6, 6))


def cw_propagate(states_hill, n_radps, dt_s):
    """States [r_hill_m, v_hill_mps] (..., 6) a time dt_s later by Clohessy-Wiltshire, one n and dt for all.

    ValueError: as cw_stm. Source: as cw_stm.
    """
    lead, (flat,) = _broadcast(("states_hill", states_hill, (6,)))
    stm = cw_stm(float(n_radps), float(dt_s))
    out_array = np.empty(flat.shape)
    cdef const double[:, ::1] stm_view = stm, states = flat
    cdef double[:, ::1] out = out_array
    cdef double p[36]
    cdef const double *x
    cdef double *y
    cdef Py_ssize_t i
    for i in range(36):
        p[i] = stm_view[i // 6, i % 6]
    with nogil:
        for i in range(states.shape[0]):
            # the entries that are not zero by structure; an unknown y moves nothing but y
            x = &states[i, 0]
            y = &out[i, 0]
            y[0] = p[0] * x[0] + p[3] * x[3] + p[4] * x[4]
            y[1] = p[6] * x[0] + p[9] * x[3] + p[10] * x[4] + x[1]
            y[2] = p[14] * x[2] + p[17] * x[5]
            y[3] = p[18] * x[0] + p[21] * x[3] + p[22] * x[4]
            y[4] = p[24] * x[0] + p[27] * x[3] + p[28] * x[4]
            y[5] = p[32] * x[2] + p[35] * x[5]
    return _shaped(out_array, lead, (6,))


def ya_stm(mu_m3ps2, a_m, e, theta0_rad, theta1_rad, dt_s):
    """Yamanaka-Ankersen state transition matrices (..., 6, 6) of [r_hill_m, v_hill_mps], hill axes.

    a_m and e of the target's ellipse, its true anomalies theta0 and theta1 at start and end, and the flight
    time dt_s, taken as given: it is for the caller to keep the three consistent (ya_stm_from_state does).
    ValueError: a not positive, e outside [0, 1), an angle or time not finite.
    Source: Yamanaka and Ankersen (2002), eq. 82-84; axes: docs/design/orbit.md.
    """
    cdef double mu = _positive("mu_m3ps2", mu_m3ps2)
    lead, (flat_a, flat_e, flat_0, flat_1, flat_t) = _broadcast(
        ("a_m", a_m, ()), ("e", e, ()), ("theta0_rad", theta0_rad, ()), ("theta1_rad", theta1_rad, ()),
        ("dt_s", dt_s, ()))
    _require("a_m", flat_a, np.isfinite(flat_a) & (flat_a > 0.0), "a finite semi-major axis above 0 m")
    _require("e", flat_e, (flat_e >= 0.0) & (flat_e < 1.0), "0 <= e < 1")
    for name, flat in (("theta0_rad", flat_0), ("theta1_rad", flat_1)):
        _require(name, flat, np.abs(flat) <= 2.0**19, "an angle within 2^19 rad")
    _finite("dt_s", flat_t)
    out_array = np.empty((flat_a.shape[0], 36))
    cdef const double[:, ::1] a = flat_a, ecc = flat_e, t0 = flat_0, t1 = flat_1, dt = flat_t
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i
    with nogil:
        for i in range(a.shape[0]):
            orbit_ya_stm(&out[i, 0], mu, a[i, 0], ecc[i, 0], t0[i, 0], t1[i, 0], dt[i, 0])
    return _shaped(out_array, lead, (6, 6))


def ya_stm_from_state(r_target_eci_m, v_target_eci_mps, dt_s, mu_m3ps2):
    """Yamanaka-Ankersen state transition matrices (..., 6, 6) over dt_s (...) from the target's state (..., 3).

    Hill axes at both ends. ValueError: the target's orbit is no ellipse, mu not positive, dt not finite.
    Source: Yamanaka and Ankersen (2002), eq. 82-84; docs/design/orbit.md.
    """
    cdef double mu = _positive("mu_m3ps2", mu_m3ps2)
    lead, (flat_r, flat_v, flat_t) = _broadcast(
        ("r_target_eci_m", r_target_eci_m, (3,)), ("v_target_eci_mps", v_target_eci_mps, (3,)), ("dt_s", dt_s, ()))
    _finite("dt_s", flat_t)
    out_array = np.empty((flat_r.shape[0], 36))
    cdef const double[:, ::1] r = flat_r, v = flat_v, dt = flat_t
    cdef double[:, ::1] out = out_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(r.shape[0]):
            if not orbit_ya_stm_from_state(&out[i, 0], &r[i, 0], &v[i, 0], dt[i, 0], mu):
                bad = i
                break
    if bad >= 0:
        raise ValueError(f"r_target_eci_m = {flat_r[bad].tolist()}, v_target_eci_mps = {flat_v[bad].tolist()} "
                         f"(state {bad}); expected a state on an ellipse")
    return _shaped(out_array, lead, (6, 6))


def two_impulse(phi, r0_hill_m, r1_hill_m):
    """Velocities (v0_plus, v1_minus), each (..., 3) m/s, of the transfer from r0 to r1 (..., 3) in the time of phi.

    phi (..., 6, 6) is the state transition matrix (cw_stm, ya_stm); v0_plus is wanted just after the first
    impulse, v1_minus is met just before the second. ValueError: the position-velocity block of phi is singular.
    Source: Curtis (2014), sec. 7.5; docs/design/orbit.md.
    """
    lead, (flat_p, flat_0, flat_1) = _broadcast(
        ("phi", phi, (6, 6)), ("r0_hill_m", r0_hill_m, (3,)), ("r1_hill_m", r1_hill_m, (3,)))
    v0_array, v1_array = np.empty(flat_0.shape), np.empty(flat_0.shape)
    cdef const double[:, ::1] p = flat_p, r0 = flat_0, r1 = flat_1
    cdef double[:, ::1] v0 = v0_array, v1 = v1_array
    cdef Py_ssize_t i, bad = -1
    with nogil:
        for i in range(p.shape[0]):
            if not orbit_two_impulse(&v0[i, 0], &v1[i, 0], &p[i, 0], &r0[i, 0], &r1[i, 0]):
                bad = i
                break
    if bad >= 0:
        raise ValueError(f"phi (transfer {bad}) has a singular position-velocity block: "
                         "no finite velocity makes this transfer in this time; choose another")
    return _shaped(v0_array, lead, (3,)), _shaped(v1_array, lead, (3,))
