"""The core's mathematical kernels for Cython: the prototypes of gnc/core/{elementary,linalg,rotation,orbit}.h.

The contracts (ranges, frames, aliasing) stand in those headers.
"""

from libc.stddef cimport size_t

cdef extern from "math/elementary.h" nogil:
    const double ELEM_PI
    const double ELEM_TWO_PI
    double elem_sqrt(double x)
    double elem_abs(double x)
    double elem_min(double a, double b)
    double elem_max(double a, double b)
    bint elem_is_finite(double x)
    double elem_floor(double x)
    double elem_sin(double x)
    double elem_cos(double x)
    void elem_sincos(double x, double *s, double *c)
    double elem_tan(double x)
    double elem_asin(double x)
    double elem_acos(double x)
    double elem_atan2(double y, double x)
    double elem_exp(double x)
    double elem_log(double x)
    double elem_cbrt(double x)

cdef extern from "math/linalg.h" nogil:
    const size_t MAT_SOLVE_MAX
    void vec3_set(double *out, double x, double y, double z)
    void vec3_copy(double *out, const double *a)
    void vec3_add(double *out, const double *a, const double *b)
    void vec3_sub(double *out, const double *a, const double *b)
    void vec3_scale(double *out, double s, const double *a)
    void vec3_axpy(double *out, const double *a, double s, const double *b)
    double vec3_dot(const double *a, const double *b)
    double vec3_norm(const double *a)
    void vec3_cross(double *out, const double *a, const double *b)
    void mat3_mul_vec(double *out, const double *m, const double *v)
    void mat3_tmul_vec(double *out, const double *m, const double *v)
    void mat3_mul(double *out, const double *a, const double *b)
    void mat3_mul_t(double *out, const double *a, const double *b)
    void mat3_transpose(double *out, const double *a)
    bint mat3_inverse(double *out, const double *a)
    void mat3_skew(double *out, const double *a)
    bint mat_solve(size_t n, double *a, double *b)

cdef extern from "math/rotation.h" nogil:
    void quat_mul(double *out, const double *a, const double *b)
    void quat_conj(double *out, const double *q)
    void quat_normalize(double *q)
    void quat_rotate(double *out, const double *q, const double *v)
    void quat_irotate(double *out, const double *q, const double *v)
    void quat_to_dcm(double *out, const double *q)
    void quat_from_dcm(double *out, const double *c)
    void quat_from_rotvec(double *out, const double *rotvec)
    void quat_to_rotvec(double *out, const double *q)

cdef extern from "orbit/orbit.h" nogil:
    const double TWO_IMPULSE_MAX_CONDITION
    ctypedef struct gravity_t:
        double mu_m3ps2
        double j2
        double j3
        double j4
        double re_m
        double pole_eci[3]
    void orbit_gravity(double *a_eci_mps2, const gravity_t *g, const double *r_eci_m)
    bint orbit_hill_frame(double *dcm_hill_from_eci, double *w_hill_eci_hill_radps,
                          const double *r_target_eci_m, const double *v_target_eci_mps)
    bint orbit_relative_to_hill(double *r_hill_m, double *v_hill_mps,
                                const double *r_target_eci_m, const double *v_target_eci_mps,
                                const double *dr_eci_m, const double *dv_eci_mps)
    bint orbit_hill_to_relative(double *dr_eci_m, double *dv_eci_mps,
                                const double *r_target_eci_m, const double *v_target_eci_mps,
                                const double *r_hill_m, const double *v_hill_mps)
    double orbit_kepler_elliptic(double mean_anomaly_rad, double eccentricity)
    bint orbit_kepler_propagate(double *r1_m, double *v1_mps, const double *r0_m, const double *v0_mps,
                                double dt_s, double mu_m3ps2)
    void orbit_cw_stm(double *phi, double n_radps, double dt_s)
    void orbit_ya_stm(double *phi, double mu_m3ps2, double a_m, double e,
                      double theta0_rad, double theta1_rad, double dt_s)
    bint orbit_ya_stm_from_state(double *phi, const double *r_target_eci_m, const double *v_target_eci_mps,
                                 double dt_s, double mu_m3ps2)
    bint orbit_two_impulse(double *v0_plus_mps, double *v1_minus_mps, const double *phi,
                           const double *r0_m, const double *r1_m)
    void orbit_rk4_step(double *r_m, double *v_mps, const gravity_t *g, double dt_s)
