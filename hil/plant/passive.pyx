"""Passive safety: how near two craft come in a free drift."""

from libc.stdint cimport uint64_t

from gnc.ccore cimport vec3_copy, vec3_dot, vec3_norm, vec3_sub
from hil.plant.dynamics cimport dynamics_translate
from hil.plant.environment cimport environment_height_m, environment_slow, environment_t, environment_update


cdef double _closest(const double* d0, const double* d1, const double* u0, const double* u1, double h, double* s_min) noexcept nogil:
    """Smallest |d| on the cubic Hermite of d over a step, by bisection of d . d'; the ends approach and recede."""
    cdef double d[3]
    cdef double u[3]
    cdef double s, s2, s3, lo = 0.0, hi = 1.0
    cdef int i, k
    for k in range(30):
        s = 0.5 * (lo + hi)
        s2 = s * s
        s3 = s2 * s
        for i in range(3):
            d[i] = ((2.0 * s3 - 3.0 * s2 + 1.0) * d0[i] + (3.0 * s2 - 2.0 * s3) * d1[i]
                    + h * ((s3 - 2.0 * s2 + s) * u0[i] + (s3 - s2) * u1[i]))
            u[i] = (6.0 * (s2 - s) / h * (d0[i] - d1[i])
                    + (3.0 * s2 - 4.0 * s + 1.0) * u0[i] + (3.0 * s2 - 2.0 * s) * u1[i])
        if vec3_dot(d, u) < 0.0:
            lo = s
        else:
            hi = s
    s_min[0] = s
    return vec3_norm(d)


cdef void _widen(double* low_m, double* high_m, double height_m) noexcept nogil:
    """The range with this height in it; what is not a number takes both ends with it."""
    if not low_m[0] <= height_m:
        low_m[0] = height_m
    if not height_m <= high_m[0]:
        high_m[0] = height_m


cdef double passive_min_distance_m(const environment_t* env, const drift_state_t* start, double duration_s,
                                   double step_s, double* t_min_s, double* low_m, double* high_m) noexcept nogil:
    cdef drift_state_t st = start[0]
    cdef environment_t e = env[0]
    cdef double a_c[3]
    cdef double a_t[3]
    cdef double drag[3]
    cdef double d0[3]
    cdef double d1[3]
    cdef double u0[3]
    cdef double u1[3]
    cdef double best, dist, h, s = 0.0, t
    cdef uint64_t t_us
    cdef int k, n = <int>(duration_s / step_s)
    if <double>n * step_s < duration_s:
        n += 1
    h = duration_s / <double>n
    e.sun_due_us = 0
    environment_update(&e, st.t_us)
    vec3_sub(d0, st.r_chaser_eci_m, st.r_target_eci_m)
    vec3_sub(u0, st.v_chaser_eci_mps, st.v_target_eci_mps)
    best = vec3_norm(d0)
    t_min_s[0] = 0.0
    for k in range(n):
        t = <double>k * h
        t_us = st.t_us + <uint64_t>(t * 1e6)
        if e.n_others > 0:
            environment_update(&e, t_us)
        environment_slow(a_c, drag, &e, t_us, h, st.cd_area_over_mass_chaser_m2pkg, st.radiation_area_over_mass_chaser_m2pkg,
                         st.r_chaser_eci_m, st.v_chaser_eci_mps)
        environment_slow(a_t, drag, &e, t_us, h, st.cd_area_over_mass_target_m2pkg, st.radiation_area_over_mass_target_m2pkg,
                         st.r_target_eci_m, st.v_target_eci_mps)
        dynamics_translate(st.r_chaser_eci_m, st.v_chaser_eci_mps, &e.gravity, a_c, h)
        dynamics_translate(st.r_target_eci_m, st.v_target_eci_mps, &e.gravity, a_t, h)
        _widen(low_m, high_m, environment_height_m(&e, st.r_chaser_eci_m))
        _widen(low_m, high_m, environment_height_m(&e, st.r_target_eci_m))
        vec3_sub(d1, st.r_chaser_eci_m, st.r_target_eci_m)
        vec3_sub(u1, st.v_chaser_eci_mps, st.v_target_eci_mps)
        dist = vec3_norm(d1)
        s = 1.0
        if vec3_dot(d0, u0) < 0.0 and vec3_dot(d1, u1) > 0.0:
            dist = _closest(d0, d1, u0, u1, h, &s)
        if dist < best:
            best = dist
            t_min_s[0] = t + s * h
        vec3_copy(d0, d1)
        vec3_copy(u0, u1)
    return best
