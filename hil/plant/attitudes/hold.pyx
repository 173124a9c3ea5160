"""What the two holds share: an attitude in a frame, with a bias and a slow limit cycle about it."""

from gnc.ccore cimport elem_sincos, quat_mul, quat_rotate, vec3_add, vec3_dot
from hil.plant.attitude cimport attitude_t
from hil.plant.loading cimport load_positive, load_quat, load_vec

from hil.plant.config import HOLD_ANGLE_MAX_RAD, Hold

ctypedef struct hold_t:
    double bias_rad[3]                  # rotation vector, body axes
    double rate_amplitude_radps[3]      # of the limit cycle
    double sin_phase[3]
    double cos_phase[3]
    double limit_cycle_radps            # its angular frequency


cdef void hold_reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2, const attitude_t* attitude,
                         const double* q_frame_from_eci, const double* w_frame_radps, double t_s) noexcept nogil:
    """The frame's nominal attitude, turned by theta = bias + limit cycle.

    Rate and acceleration to first order in theta; what that leaves out (theta * theta', 6e-6 rad/s at
    1 deg and 0.02 deg/s) the controller's feedback takes up.
    """
    cdef const hold_t* hold = <const hold_t*>&attitude.own[0]
    cdef double w_frame[3]
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
        w_body_radps[i] = rate * ci
        alpha_body_radps2[i] = -rate * om * si
    if q_frame_from_eci != NULL:
        quat_mul(q_body_from_eci, attitude.q_body_from_frame_nominal, q_frame_from_eci)
    else:
        for i in range(4):
            q_body_from_eci[i] = attitude.q_body_from_frame_nominal[i]
    # cosine and sine of the small half angle to fourth order
    t2 = vec3_dot(theta, theta)
    q[0] = 1.0 - t2 * (0.125 - t2 / 384.0)
    for i in range(3):
        q[i + 1] = -theta[i] * (0.5 - t2 / 48.0)
    quat_mul(q_body_from_eci, q, q_body_from_eci)
    quat_rotate(w_frame, attitude.q_body_from_frame_nominal, w_frame_radps)
    quat_rotate(w_frame, q, w_frame)
    vec3_add(w_body_radps, w_body_radps, w_frame)


cdef int hold_load(attitude_t* attitude, config, str name) except -1:
    cdef hold_t* hold = <hold_t*>&attitude.own[0]
    cdef double phase[3]
    cdef int i
    attitude.ends_at_capture = config.ends_at_capture
    load_quat(attitude.q_body_from_frame_nominal, config.q_body_from_frame, f"{name}.q_body_from_frame")
    load_vec(hold.bias_rad, config.bias_rad, 3, f"{name}.bias_rad")
    load_vec(hold.rate_amplitude_radps, config.rate_amplitude_radps, 3, f"{name}.rate_amplitude_radps")
    load_vec(phase, config.phase_rad, 3, f"{name}.phase_rad")
    for i in range(3):
        elem_sincos(phase[i], &hold.sin_phase[i], &hold.cos_phase[i])
    load_positive(config.limit_cycle_radps, f"{name}.limit_cycle_radps")
    load_positive(config.bandwidth_radps, f"{name}.bandwidth_radps")
    hold.limit_cycle_radps, attitude.bandwidth_radps = config.limit_cycle_radps, config.bandwidth_radps
    if not config.angle_max_rad <= HOLD_ANGLE_MAX_RAD:
        raise ValueError(f"{name}: bias and limit cycle turn the body by up to {config.angle_max_rad:.4g} rad: "
                         f"expected at most {HOLD_ANGLE_MAX_RAD:g} rad, the range of the attitude hold's small angles")
    return 0


def hold_of(row, q_body_from_frame, frame, drawn):
    """The plant's configuration of a row of a hold; drawn as for `hil.plant.attitude.AttitudeMode`."""
    bias, rate, phase = drawn or ((0.0, 0.0, 0.0),) * 3
    return Hold(
        q_body_from_frame, bias, rate, phase, limit_cycle_radps=row.limit_cycle_radps, frame=frame,
        ends_at_capture=row.ends_at_capture,
    )
