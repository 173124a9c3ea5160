"""Attitude that a body holds, and the ideal torque that keeps it there."""

from gnc.ccore cimport (
    elem_sincos, mat3_mul_vec, orbit_hill_frame, quat_conj, quat_from_dcm, quat_mul, quat_rotate, vec3_add, vec3_cross,
    vec3_dot,
)
from hil.plant.dynamics cimport craft_t


cdef void attitude_reference(double* q_tbody_from_eci, double* w_tbody_radps, double* alpha_tbody_radps2,
                          const target_hold_t* hold, const craft_t* target, double t_s) noexcept nogil:
    """Attitude, rate and acceleration the target's hold follows: LVLH, turned by theta = bias + limit cycle.

    Rate and acceleration to first order in theta; what that leaves out (theta * theta', 6e-6 rad/s at
    1 deg and 0.02 deg/s) the controller's feedback takes up.
    """
    cdef double dcm[9]
    cdef double w_hill[3]
    cdef double theta[3]
    cdef double q[4]
    cdef double s, c, si, ci, rate, t2, om = hold.limit_cycle_radps
    cdef int i
    elem_sincos(om * t_s, &s, &c)
    for i in range(3):
        si = s * hold.cos_phase[i] + c * hold.sin_phase[i]
        ci = c * hold.cos_phase[i] - s * hold.sin_phase[i]
        rate = hold.rate_amplitude_radps[i]
        theta[i] = hold.bias_rad[i] + rate / om * si
        w_tbody_radps[i] = rate * ci
        alpha_tbody_radps2[i] = -rate * om * si
    orbit_hill_frame(dcm, w_hill, target.r_eci_m, target.v_eci_mps)
    quat_from_dcm(q_tbody_from_eci, dcm)
    quat_mul(q_tbody_from_eci, hold.q_tbody_from_hill_nominal, q_tbody_from_eci)
    # cosine and sine of the small half angle to fourth order
    t2 = vec3_dot(theta, theta)
    q[0] = 1.0 - t2 * (0.125 - t2 / 384.0)
    for i in range(3):
        q[i + 1] = -theta[i] * (0.5 - t2 / 48.0)
    quat_mul(q_tbody_from_eci, q, q_tbody_from_eci)
    quat_rotate(w_hill, hold.q_tbody_from_hill_nominal, w_hill)
    quat_rotate(w_hill, q, w_hill)
    vec3_add(w_tbody_radps, w_tbody_radps, w_hill)


cdef void attitude_hold_torque(double* torque_body_Nm, const target_hold_t* hold, const craft_t* target, double t_s) noexcept nogil:
    """Ideal torque that keeps the target on its reference: feed-forward plus PD of unit damping."""
    cdef double q_ref[4]
    cdef double w_ref[3]
    cdef double alpha[3]
    cdef double q[4]
    cdef double h[3]
    cdef double sign, bw = hold.bandwidth_radps
    cdef int i
    attitude_reference(q_ref, w_ref, alpha, hold, target, t_s)
    # rotation from the attitude held to the reference, small: its vector part is -delta/2
    quat_conj(q, target.q_body_from_eci)
    quat_mul(q, q_ref, q)
    sign = -2.0 if q[0] >= 0.0 else 2.0
    for i in range(3):
        alpha[i] += bw * (bw * sign * q[i + 1] + 2.0 * (w_ref[i] - target.w_body_radps[i]))
    mat3_mul_vec(torque_body_Nm, target.inertia_body_kgm2, alpha)
    mat3_mul_vec(h, target.inertia_body_kgm2, target.w_body_radps)
    vec3_cross(h, target.w_body_radps, h)
    vec3_add(torque_body_Nm, torque_body_Nm, h)
