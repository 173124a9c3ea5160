"""Two docked bodies as one rigid body, and the springs that part them. Derivations in docs/design/plant.md."""

from gnc.ccore cimport (
    mat3_inverse, mat3_mul, mat3_mul_vec, mat3_transpose, quat_conj, quat_irotate, quat_mul, quat_normalize,
    quat_rotate, quat_to_dcm, vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_dot, vec3_scale, vec3_set, vec3_sub,
)
from hil.plant.dynamics cimport dynamics_point_on


cdef void docking_join(stack_t* stack, body_t* chaser, body_t* target) noexcept nogil:
    cdef double q[4]
    cdef double r[3]
    quat_conj(q, target.q_body_from_eci)
    quat_mul(stack.q_body_from_tbody, chaser.q_body_from_eci, q)
    quat_normalize(stack.q_body_from_tbody)
    vec3_sub(r, chaser.r_eci_m, target.r_eci_m)
    quat_rotate(r, target.q_body_from_eci, r)
    vec3_add(r, r, target.com_body_m)
    quat_irotate(stack.r_body_tbody_m, stack.q_body_from_tbody, chaser.com_body_m)
    vec3_sub(stack.r_body_tbody_m, r, stack.r_body_tbody_m)
    docking_merge(stack, chaser, target)
    docking_carry(stack, chaser, target)


cdef void docking_mate(stack_t* stack, body_t* chaser, const port_t* port, body_t* target, const port_t* tport) noexcept nogil:
    cdef double q[4]
    cdef double r[3]
    cdef double v[3]
    # body <- port <- tport <- tbody
    quat_conj(q, port.q_tport_from_port_docked)
    quat_mul(q, q, tport.q_port_from_body)
    quat_conj(stack.q_body_from_tbody, port.q_port_from_body)
    quat_mul(q, stack.q_body_from_tbody, q)
    quat_normalize(q)
    quat_mul(chaser.q_body_from_eci, q, target.q_body_from_eci)
    quat_rotate(chaser.w_body_radps, q, target.w_body_radps)
    # chaser's c.m. from the target's, tbody axes
    vec3_sub(r, chaser.com_body_m, port.position_body_m)
    quat_irotate(r, q, r)
    vec3_add(r, r, tport.position_body_m)
    vec3_sub(r, r, target.com_body_m)
    vec3_cross(v, target.w_body_radps, r)
    quat_irotate(r, target.q_body_from_eci, r)
    quat_irotate(v, target.q_body_from_eci, v)
    vec3_add(chaser.r_eci_m, target.r_eci_m, r)
    vec3_add(chaser.v_eci_mps, target.v_eci_mps, v)
    docking_join(stack, chaser, target)


cdef void _inertia_at(double* inertia, double mass_kg, const double* d) noexcept nogil:
    """Adds that of a point mass at d about the origin."""
    cdef double d2 = vec3_dot(d, d)
    cdef int i, j
    for i in range(3):
        for j in range(3):
            inertia[3 * i + j] += mass_kg * ((d2 if i == j else 0.0) - d[i] * d[j])


cdef void _momentum_about(double* h_tbody, const body_t* part, const body_t* whole, const double* q_body_from_tbody) noexcept nogil:
    """Adds a part's angular momentum about the whole's centre of mass, in the whole's axes."""
    cdef double h[3]
    cdef double d[3]
    cdef double u[3]
    mat3_mul_vec(h, part.inertia_body_kgm2, part.w_body_radps)
    if q_body_from_tbody != NULL:
        quat_irotate(h, q_body_from_tbody, h)
    vec3_add(h_tbody, h_tbody, h)
    vec3_sub(d, part.r_eci_m, whole.r_eci_m)
    vec3_sub(u, part.v_eci_mps, whole.v_eci_mps)
    vec3_cross(h, d, u)
    quat_rotate(h, whole.q_body_from_eci, h)
    vec3_axpy(h_tbody, h_tbody, part.mass_kg, h)


cdef void docking_merge(stack_t* stack, const body_t* chaser, const body_t* target) noexcept nogil:
    cdef body_t* s = &stack.body
    cdef double com[3]
    cdef double d[3]
    cdef double h[3]
    cdef double turn[9]
    cdef double back[9]
    cdef double part[9]
    cdef double m_c = chaser.mass_kg, m_t = target.mass_kg, m
    cdef int i
    m = m_c + m_t
    s.mass_kg = m
    quat_irotate(com, stack.q_body_from_tbody, chaser.com_body_m)
    vec3_add(com, com, stack.r_body_tbody_m)
    for i in range(3):
        s.com_body_m[i] = (m_t * target.com_body_m[i] + m_c * com[i]) / m
        s.r_eci_m[i] = target.r_eci_m[i] + m_c / m * (chaser.r_eci_m[i] - target.r_eci_m[i])
        s.v_eci_mps[i] = target.v_eci_mps[i] + m_c / m * (chaser.v_eci_mps[i] - target.v_eci_mps[i])
    for i in range(4):
        s.q_body_from_eci[i] = target.q_body_from_eci[i]
    # the chaser's inertia in tbody axes: C^T J C
    quat_to_dcm(turn, stack.q_body_from_tbody)
    mat3_mul(part, chaser.inertia_body_kgm2, turn)
    mat3_transpose(back, turn)
    mat3_mul(s.inertia_body_kgm2, back, part)
    for i in range(9):
        s.inertia_body_kgm2[i] += target.inertia_body_kgm2[i]
    vec3_sub(d, com, s.com_body_m)
    _inertia_at(s.inertia_body_kgm2, m_c, d)
    vec3_sub(d, target.com_body_m, s.com_body_m)
    _inertia_at(s.inertia_body_kgm2, m_t, d)
    mat3_inverse(s.inertia_inverse, s.inertia_body_kgm2)
    vec3_set(h, 0.0, 0.0, 0.0)
    _momentum_about(h, chaser, s, stack.q_body_from_tbody)
    _momentum_about(h, target, s, NULL)
    mat3_mul_vec(s.w_body_radps, s.inertia_inverse, h)
    # what air and light push: the sum of both areas
    s.cd, s.area_m2 = 1.0, chaser.cd * chaser.area_m2 + target.cd * target.area_m2
    s.radiation_coefficient = 1.0
    s.radiation_area_m2 = (chaser.radiation_coefficient * chaser.radiation_area_m2
                           + target.radiation_coefficient * target.radiation_area_m2)


cdef void _carry(body_t* part, const body_t* whole, const double* com_tbody_m) noexcept nogil:
    """Position and velocity of a part whose centre of mass is there."""
    cdef double d[3]
    cdef double v[3]
    vec3_sub(d, com_tbody_m, whole.com_body_m)
    vec3_cross(v, whole.w_body_radps, d)
    quat_irotate(d, whole.q_body_from_eci, d)
    quat_irotate(v, whole.q_body_from_eci, v)
    vec3_add(part.r_eci_m, whole.r_eci_m, d)
    vec3_add(part.v_eci_mps, whole.v_eci_mps, v)


cdef void docking_carry(const stack_t* stack, body_t* chaser, body_t* target) noexcept nogil:
    cdef double com[3]
    cdef int i
    quat_irotate(com, stack.q_body_from_tbody, chaser.com_body_m)
    vec3_add(com, com, stack.r_body_tbody_m)
    _carry(chaser, &stack.body, com)
    _carry(target, &stack.body, target.com_body_m)
    for i in range(4):
        target.q_body_from_eci[i] = stack.body.q_body_from_eci[i]
    vec3_copy(target.w_body_radps, stack.body.w_body_radps)
    quat_mul(chaser.q_body_from_eci, stack.q_body_from_tbody, stack.body.q_body_from_eci)
    quat_rotate(chaser.w_body_radps, stack.q_body_from_tbody, stack.body.w_body_radps)


cdef void docking_com_body(double* com_body_m, const stack_t* stack) noexcept nogil:
    vec3_sub(com_body_m, stack.body.com_body_m, stack.r_body_tbody_m)
    quat_rotate(com_body_m, stack.q_body_from_tbody, com_body_m)


cdef double _kick(body_t* body, const double* point_eci_m, const double* push_eci, double impulse_Ns) noexcept nogil:
    """What a unit impulse along push at a point adds to the point's speed along it (1/kg); gives the impulse."""
    cdef double arm[3]
    cdef double n[3]
    cdef double turn[3]
    cdef double dw[3]
    cdef double at_point[3]
    vec3_sub(arm, point_eci_m, body.r_eci_m)
    quat_rotate(arm, body.q_body_from_eci, arm)
    quat_rotate(n, body.q_body_from_eci, push_eci)
    vec3_cross(turn, arm, n)
    mat3_mul_vec(dw, body.inertia_inverse, turn)
    vec3_cross(at_point, dw, arm)
    vec3_axpy(body.w_body_radps, body.w_body_radps, impulse_Ns, dw)
    vec3_axpy(body.v_eci_mps, body.v_eci_mps, impulse_Ns / body.mass_kg, push_eci)
    return 1.0 / body.mass_kg + vec3_dot(at_point, n)


cdef void docking_release(body_t* chaser, body_t* target, const port_t* tport, double release_mps) noexcept nogil:
    cdef double axis[3]
    cdef double point[3]
    cdef double impulse
    cdef int i
    for i in range(3):
        axis[i] = 1.0 if i == 0 else 0.0
    quat_irotate(axis, tport.q_port_from_body, axis)
    quat_irotate(axis, target.q_body_from_eci, axis)
    dynamics_point_on(point, target, tport.position_body_m)
    impulse = release_mps / (_kick(chaser, point, axis, 0.0) + _kick(target, point, axis, 0.0))
    _kick(chaser, point, axis, impulse)
    vec3_scale(axis, -1.0, axis)
    _kick(target, point, axis, impulse)
