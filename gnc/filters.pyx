"""Whole filter runs in one call: the core's Kalman algebra over recorded measurements."""

import numpy as np

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from gnc.ccore cimport orbit_cw_stm

cdef extern from "math/filter.h" nogil:
    enum:
        BLOCK_ESTIMATED
        FILTER_STATES
    ctypedef struct filter_t:
        pass
    ctypedef struct observation_t:
        double z[8]
        double r[8]
    void filter_layout(filter_t *f, size_t count, const uint8_t *use)
    void observation_start(observation_t *o, size_t components)
    void observation_see(observation_t *o, const filter_t *f, size_t row, size_t rows, size_t block, double scale,
                         const double *m)
    bint filter_update(const filter_t *f, double *p, const observation_t *o, double gate, double *dx, double *nis)

__all__ = ["cw_position_filter"]

cdef enum:
    N = 6


cdef void _predict(double *x, double *p, const double *phi, const double *q) noexcept nogil:
    """x = Phi x, P = Phi P Phi' + Q (Maybeck 1979, eq. 5-36, 5-37); P stays symmetric to the bit."""
    cdef double y[N]
    cdef double t[N * N]
    cdef double s
    cdef Py_ssize_t i, j, k
    for i in range(N):
        s = 0.0
        for k in range(N):
            s += phi[i * N + k] * x[k]
        y[i] = s
        for j in range(N):
            s = 0.0
            for k in range(N):
                s += phi[i * N + k] * p[k * N + j]
            t[i * N + j] = s
    for i in range(N):
        x[i] = y[i]
        for j in range(i, N):
            s = q[i * N + j]
            for k in range(N):
                s += t[i * N + k] * phi[j * N + k]
            p[i * N + j] = s
            p[j * N + i] = s


def _array(str name, value, tuple shape):
    array = np.ascontiguousarray(value, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}: expected {shape}")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} has an element that is not finite")
    return array


def cw_position_filter(measurements_m, double dt_s, double n_radps, q, sigma_m, x0, p0, double gate=np.inf):
    """Extended Kalman filter on Clohessy-Wiltshire motion, over recorded relative positions.

    For each measurement: predict by dt_s, then update unless it is outside the gate.

    Args:
        measurements_m: chaser relative to target, hill axes, m; shape (N, 3).
        dt_s: time between measurements, s; the first is dt_s after x0.
        n_radps: mean motion of the target, rad/s.
        q: process noise covariance of one step, shape (6, 6), symmetric, m and m/s.
        sigma_m: measurement noise, 1 sigma an axis, m; shape (3,), positive.
        x0: state [r_hill, v_hill] at start, m and m/s; shape (6,).
        p0: its covariance, shape (6, 6), symmetric.
        gate: largest normalised innovation squared accepted, chi-square with 3 degrees of freedom.

    Returns:
        (x, nis, p): states after each measurement, shape (N, 6); normalised innovations squared,
        shape (N,); covariance after the last, shape (6, 6).

    Raises:
        ValueError: a wrong shape, an element that is not finite, a time or noise that is not positive.

    Source: Clohessy and Wiltshire 1960; Maybeck 1979, eq. 5-36..5-43.
    """
    z_array = np.ascontiguousarray(measurements_m, dtype=np.float64)
    z_array = _array("measurements_m", z_array, (z_array.shape[0] if z_array.ndim else 0, 3))
    if not (dt_s > 0.0 and n_radps > 0.0 and dt_s < np.inf and n_radps < np.inf):
        raise ValueError(f"dt_s = {dt_s!r}, n_radps = {n_radps!r}: expected positive finite numbers")
    sigma_array = _array("sigma_m", sigma_m, (3,))
    if not np.all(sigma_array > 0.0):
        raise ValueError(f"sigma_m = {sigma_array.tolist()}: expected positive numbers")
    count = z_array.shape[0]
    x_out, nis_out, p_out = np.empty((count, N)), np.empty(count), np.array(_array("p0", p0, (N, N)))
    cdef const double[:, ::1] z = z_array
    cdef const double[:, ::1] noise = _array("q", q, (N, N))
    cdef const double[::1] start = _array("x0", x0, (N,))
    cdef const double[::1] sigma = sigma_array
    cdef double[:, ::1] xs = x_out
    cdef double[::1] nis = nis_out
    cdef double[:, ::1] p = p_out
    cdef double phi[N * N]
    cdef double x[N]
    cdef double dx[FILTER_STATES]
    cdef filter_t f
    cdef observation_t o
    cdef uint8_t* use = [BLOCK_ESTIMATED, BLOCK_ESTIMATED]
    cdef Py_ssize_t i, k
    with nogil:
        orbit_cw_stm(phi, n_radps, dt_s)
        filter_layout(&f, 2, use)
        observation_start(&o, 3)
        observation_see(&o, &f, 0, 3, 0, 1.0, NULL)
        for i in range(N):
            x[i] = start[i]
        for i in range(3):
            o.r[i] = sigma[i] * sigma[i]
        for k in range(z.shape[0]):
            _predict(x, &p[0, 0], phi, &noise[0, 0])
            for i in range(3):
                o.z[i] = z[k, i] - x[i]
            if filter_update(&f, &p[0, 0], &o, gate, dx, &nis[k]):
                for i in range(N):
                    x[i] += dx[i]
            for i in range(N):
                xs[k, i] = x[i]
    return x_out, nis_out, p_out
