"""Ports seen from each other, and what a docking mechanism captures."""

from gnc.ccore cimport (
    elem_abs, elem_atan2, elem_sqrt, quat_conj, quat_irotate, quat_mul, quat_rotate, vec3_copy, vec3_cross, vec3_norm,
    vec3_sub,
)
from hil.plant.dynamics cimport body_t, dynamics_point_on

cdef double TWO_PI = 6.28318530717958647693


cdef void contact_port_state(port_state_t* out, const body_t* chaser, const port_t* port, const body_t* target,
                             const port_t* tport) noexcept nogil:
    cdef double q_tport_from_eci[4]
    cdef double q[4]
    cdef double q_docked[4]
    cdef double a[3]
    cdef double b[3]
    cdef double rel[3]
    cdef double v[3]
    cdef double w[3]
    cdef double roll, swing, twist
    cdef int i
    quat_mul(q_tport_from_eci, tport.q_port_from_body, target.q_body_from_eci)
    dynamics_point_on(a, chaser, port.position_body_m)
    dynamics_point_on(b, target, tport.position_body_m)
    vec3_sub(rel, a, b)
    # velocity of each port point, then their difference as seen in the turning tport frame
    vec3_sub(a, port.position_body_m, chaser.com_body_m)
    vec3_cross(a, chaser.w_body_radps, a)
    quat_irotate(a, chaser.q_body_from_eci, a)
    vec3_sub(b, tport.position_body_m, target.com_body_m)
    vec3_cross(b, target.w_body_radps, b)
    quat_irotate(b, target.q_body_from_eci, b)
    for i in range(3):
        v[i] = (chaser.v_eci_mps[i] - target.v_eci_mps[i]) + (a[i] - b[i])
    quat_irotate(w, target.q_body_from_eci, target.w_body_radps)
    vec3_cross(a, w, rel)
    vec3_sub(v, v, a)
    quat_rotate(out.r_port_tport_tport_m, q_tport_from_eci, rel)
    quat_rotate(out.v_port_tport_tport_mps, q_tport_from_eci, v)
    vec3_copy(rel, out.r_port_tport_tport_m)
    vec3_copy(v, out.v_port_tport_tport_mps)
    out.axial_m = rel[0]
    out.lateral_m = elem_sqrt(rel[1] * rel[1] + rel[2] * rel[2])
    out.closing_mps = -v[0]
    out.lateral_rate_mps = elem_sqrt(v[1] * v[1] + v[2] * v[2])
    out.corridor_rad = elem_atan2(out.lateral_m, out.axial_m)
    # rotation off the mated attitude, tport axes: twist about the docking axis, swing of it
    quat_mul(q, port.q_port_from_body, chaser.q_body_from_eci)
    quat_conj(q, q)
    quat_mul(q, q_tport_from_eci, q)
    quat_conj(q_docked, port.q_tport_from_port_docked)
    quat_mul(q, q, q_docked)
    swing = elem_sqrt(q[2] * q[2] + q[3] * q[3])
    twist = elem_sqrt(q[0] * q[0] + q[1] * q[1])
    out.pitch_yaw_rad = 2.0 * elem_atan2(swing, twist)
    roll = 2.0 * elem_atan2(q[1], q[0])
    out.roll_rad = roll - TWO_PI if roll > 0.5 * TWO_PI else (roll + TWO_PI if roll < -0.5 * TWO_PI else roll)
    quat_irotate(a, chaser.q_body_from_eci, chaser.w_body_radps)
    vec3_sub(a, a, w)
    quat_rotate(out.w_port_tport_tport_radps, q_tport_from_eci, a)
    vec3_copy(w, out.w_port_tport_tport_radps)
    out.pitch_yaw_rate_radps = elem_sqrt(w[1] * w[1] + w[2] * w[2])
    out.roll_rate_radps = w[0]
    vec3_sub(a, chaser.r_eci_m, target.r_eci_m)
    out.range_com_m = vec3_norm(a)


cdef bint contact_inside(const port_state_t* ps, const capture_envelope_t* e) noexcept nogil:
    return (e.closing_min_mps <= ps.closing_mps <= e.closing_max_mps
            and ps.lateral_m <= e.lateral_m and ps.lateral_rate_mps <= e.lateral_rate_mps
            and ps.pitch_yaw_rad <= e.pitch_yaw_rad and elem_abs(ps.roll_rad) <= e.roll_rad
            and ps.pitch_yaw_rate_radps <= e.pitch_yaw_rate_radps
            and elem_abs(ps.roll_rate_radps) <= e.roll_rate_radps)
