"""Attitude that a body holds, and the ideal torque that keeps it there."""

from gnc.ccore cimport (
    elem_sincos, mat3_mul_vec, orbit_hill_frame, quat_conj, quat_from_dcm, quat_mul, quat_rotate, vec3_add, vec3_copy,
    vec3_cross, vec3_dot, vec3_set,
)
from hil.plant.dynamics cimport body_t


cdef void attitude_reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2,
                             const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil:
    """The frame's nominal attitude, turned by theta = bias + limit cycle.

    Rate and acceleration to first order in theta; what that leaves out (theta * theta', 6e-6 rad/s at
    1 deg and 0.02 deg/s) the controller's feedback takes up.
    """
    cdef double dcm[9]
    cdef double w_frame[3]
    cdef double theta[3]
    cdef double q[4]
    cdef double s, c, si, ci, rate, t2, om = attitude.limit_cycle_radps
    cdef int i
    elem_sincos(om * t_s, &s, &c)
    for i in range(3):
        si = s * attitude.cos_phase[i] + c * attitude.sin_phase[i]
        ci = c * attitude.cos_phase[i] - s * attitude.sin_phase[i]
        rate = attitude.rate_amplitude_radps[i]
        theta[i] = attitude.bias_rad[i] + rate / om * si
        w_body_radps[i] = rate * ci
        alpha_body_radps2[i] = -rate * om * si
    if attitude.mode == ATTITUDE_LVLH:
        orbit_hill_frame(dcm, w_frame, body.r_eci_m, body.v_eci_mps)
        quat_from_dcm(q_body_from_eci, dcm)
        quat_mul(q_body_from_eci, attitude.q_body_from_frame_nominal, q_body_from_eci)
    else:
        vec3_set(w_frame, 0.0, 0.0, 0.0)
        for i in range(4):
            q_body_from_eci[i] = attitude.q_body_from_frame_nominal[i]
    # cosine and sine of the small half angle to fourth order
    t2 = vec3_dot(theta, theta)
    q[0] = 1.0 - t2 * (0.125 - t2 / 384.0)
    for i in range(3):
        q[i + 1] = -theta[i] * (0.5 - t2 / 48.0)
    quat_mul(q_body_from_eci, q, q_body_from_eci)
    quat_rotate(w_frame, attitude.q_body_from_frame_nominal, w_frame)
    quat_rotate(w_frame, q, w_frame)
    vec3_add(w_body_radps, w_body_radps, w_frame)


cdef void attitude_start(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude, const body_t* body,
                         double t_s) noexcept nogil:
    cdef double dcm[9]
    cdef double w_hill[3]
    cdef double alpha[3]
    if attitude.mode != ATTITUDE_TUMBLE:
        attitude_reference(q_body_from_eci, w_body_radps, alpha, attitude, body, t_s)
        return
    orbit_hill_frame(dcm, w_hill, body.r_eci_m, body.v_eci_mps)
    quat_from_dcm(q_body_from_eci, dcm)
    quat_mul(q_body_from_eci, attitude.q_body_from_frame_nominal, q_body_from_eci)
    vec3_copy(w_body_radps, attitude.w_start_body_radps)


cdef void attitude_torque(double* torque_body_Nm, const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil:
    """Feed-forward plus PD of unit damping."""
    cdef double q_ref[4]
    cdef double w_ref[3]
    cdef double alpha[3]
    cdef double q[4]
    cdef double h[3]
    cdef double sign, bw = attitude.bandwidth_radps
    cdef int i
    if attitude.mode == ATTITUDE_FLOWN or attitude.mode == ATTITUDE_TUMBLE:
        return
    attitude_reference(q_ref, w_ref, alpha, attitude, body, t_s)
    # rotation from the attitude held to the reference, small: its vector part is -delta/2
    quat_conj(q, body.q_body_from_eci)
    quat_mul(q, q_ref, q)
    sign = -2.0 if q[0] >= 0.0 else 2.0
    for i in range(3):
        alpha[i] += bw * (bw * sign * q[i + 1] + 2.0 * (w_ref[i] - body.w_body_radps[i]))
    mat3_mul_vec(q_ref, body.inertia_body_kgm2, alpha)
    mat3_mul_vec(h, body.inertia_body_kgm2, body.w_body_radps)
    vec3_cross(h, body.w_body_radps, h)
    vec3_add(h, q_ref, h)
    vec3_add(torque_body_Nm, torque_body_Nm, h)
