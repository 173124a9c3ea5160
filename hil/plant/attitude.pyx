"""What a body does with its attitude, and the ideal torque that keeps it there."""

from gnc.ccore cimport mat3_mul_vec, quat_conj, quat_mul, vec3_add, vec3_cross
from hil.plant.dynamics cimport body_t


cdef class AttitudeMode:
    """A mode of attitude: `AttitudeMode(row, truth, frame)`.

    row: the model of `attitude` in `[[vehicle]]`. truth: takes such a row, and attitude error, rate and phase of its limit
    cycle as drawn for the run (body axes, radians) or None, and gives the plant's configuration, whose `mode` is the mode's
    name. frame: "lvlh" or "inertial" where the body holds an attitude in it, else empty.
    """

    def __init__(self, row, truth, str frame=""):
        self.row, self.truth, self.frame = row, truth, frame


cdef int attitude_load(attitude_t* attitude, config, str name) except -1:
    cdef AttitudeMode mode
    from hil.plant.attitudes import modes   # which imports this
    known = modes()
    if getattr(config, "mode", None) not in known:
        raise ValueError(f"{name} is {config!r}: expected a configuration of one of the modes {', '.join(known)}")
    mode = known[config.mode]
    attitude.reference, attitude.start, attitude.is_about_hill = mode.reference, mode.start, mode.is_about_hill
    return mode.load(attitude, config, name)


cdef bint attitude_start(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude, const body_t* body,
                         double t_s) noexcept nogil:
    cdef double alpha[3]
    if attitude.start != NULL:
        attitude.start(q_body_from_eci, w_body_radps, attitude, body)
    elif attitude.reference != NULL:
        attitude.reference(q_body_from_eci, w_body_radps, alpha, attitude, body, t_s)
    else:
        return False
    return True


cdef void attitude_torque(double* torque_body_Nm, const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil:
    """Feed-forward plus PD of unit damping."""
    cdef double q_ref[4]
    cdef double w_ref[3]
    cdef double alpha[3]
    cdef double q[4]
    cdef double h[3]
    cdef double sign, bw = attitude.bandwidth_radps
    cdef int i
    if attitude.reference == NULL:
        return
    attitude.reference(q_ref, w_ref, alpha, attitude, body, t_s)
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
