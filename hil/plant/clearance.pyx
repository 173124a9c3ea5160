"""How near two bodies' shapes are. Only points are compared with shapes: what is missed is at most `shape_t.cover_m` deep."""

from gnc.ccore cimport (
    mat3_mul_vec, quat_conj, quat_irotate, quat_mul, quat_rotate, quat_to_dcm, vec3_add, vec3_cross, vec3_dot, vec3_norm, vec3_set,
    vec3_sub,
)
from hil.plant.shapes cimport SHAPE_MAX_SOLIDS, shape_distance_m

cdef double FAR = 1.0e300


cdef bint _in_envelope(const outline_t* o, const double* point_body_m) noexcept nogil:
    """Whether a point lies where one of the body's ports may be touched."""
    cdef double p[3]
    cdef int k
    for k in range(o.n_ports):
        vec3_sub(p, point_body_m, o.ports[k].position_body_m)
        quat_rotate(p, o.ports[k].q_port_from_body, p)
        if (-o.ports[k].depth_m <= p[0] <= o.ports[k].depth_m
                and p[1] * p[1] + p[2] * p[2] <= o.ports[k].radius_m * o.ports[k].radius_m):
            return True
    return False


cdef void _points_against(nearest_t* out, const outline_t* a, const outline_t* b, bint may_dock) noexcept nogil:
    """a's points against b's shape, where they are nearer than what is known."""
    cdef double q[4]
    cdef double turn[9]
    cdef double shift[3]
    cdef double p[3]
    cdef double least[SHAPE_MAX_SOLIDS]
    cdef double d
    cdef int k, m, order, first, last, n = a.shape.n_solids, nearest = 0
    # a's structural frame in b's: p_b = turn p_a + shift
    quat_conj(q, a.body.q_body_from_eci)
    quat_mul(q, b.body.q_body_from_eci, q)
    quat_to_dcm(turn, q)
    vec3_sub(shift, a.body.r_eci_m, b.body.r_eci_m)
    quat_rotate(shift, b.body.q_body_from_eci, shift)
    vec3_add(shift, shift, b.body.com_body_m)
    mat3_mul_vec(p, turn, a.body.com_body_m)
    vec3_sub(shift, shift, p)
    for k in range(n):
        mat3_mul_vec(p, turn, a.shape.solids[k].centre_body_m)
        vec3_add(p, p, shift)
        least[k] = shape_distance_m(b.shape, p, FAR) - a.shape.solids[k].bound_m
        if least[k] < least[nearest]:
            nearest = k
    for order in range(n + 1):
        # the nearest solid first, so that most others need no look
        k = nearest if order == 0 else order - 1
        if (order > 0 and k == nearest) or least[k] >= out.free_m:
            continue
        first = a.shape.solids[k].first_point
        last = a.shape.solids[k + 1].first_point if k + 1 < n else a.shape.n_points
        for m in range(first, last):
            mat3_mul_vec(p, turn, a.shape.points_body_m[m])
            vec3_add(p, p, shift)
            d = shape_distance_m(b.shape, p, out.free_m)
            if d < out.clearance_m:
                out.clearance_m = d
            if d < out.free_m and not (may_dock and _in_envelope(b, p) and _in_envelope(a, a.shape.points_body_m[m])):
                out.free_m = d
                vec3_sub(p, p, b.body.com_body_m)
                quat_irotate(p, b.body.q_body_from_eci, p)
                vec3_add(out.point_eci_m, b.body.r_eci_m, p)


cdef void clearance_look(nearest_t* out, const outline_t* a, const outline_t* b, bint may_dock) noexcept nogil:
    cdef double d[3]
    out.clearance_m = out.free_m = FAR
    vec3_set(out.point_eci_m, 0.0, 0.0, 0.0)
    if a.shape.n_solids > 0 and b.shape.n_solids > 0:
        _points_against(out, a, b, may_dock)
        _points_against(out, b, a, may_dock)
        return
    # a body without a shape is a point
    vec3_sub(d, a.body.r_eci_m, b.body.r_eci_m)
    if a.shape.n_solids > 0:
        quat_rotate(d, a.body.q_body_from_eci, d)
        vec3_sub(d, a.body.com_body_m, d)
        out.clearance_m = shape_distance_m(a.shape, d, FAR)
    elif b.shape.n_solids > 0:
        quat_rotate(d, b.body.q_body_from_eci, d)
        vec3_add(d, b.body.com_body_m, d)
        out.clearance_m = shape_distance_m(b.shape, d, FAR)
    else:
        out.clearance_m = vec3_norm(d)


cdef void _velocity_at(double* v_eci_mps, const body_t* body, const double* point_eci_m) noexcept nogil:
    cdef double arm[3]
    cdef double w[3]
    vec3_sub(arm, point_eci_m, body.r_eci_m)
    quat_irotate(w, body.q_body_from_eci, body.w_body_radps)
    vec3_cross(v_eci_mps, w, arm)
    vec3_add(v_eci_mps, v_eci_mps, body.v_eci_mps)


cdef double clearance_speed_mps(const outline_t* a, const outline_t* b, const double* point_eci_m) noexcept nogil:
    cdef double va[3]
    cdef double vb[3]
    _velocity_at(va, a.body, point_eci_m)
    _velocity_at(vb, b.body, point_eci_m)
    vec3_sub(va, va, vb)
    return vec3_norm(va)


cdef void clearance_motion(motion_t* out, const outline_t* a, const outline_t* b) noexcept nogil:
    cdef double w[3]
    vec3_sub(out.r_m, a.body.r_eci_m, b.body.r_eci_m)
    quat_rotate(out.r_m, b.body.q_body_from_eci, out.r_m)
    out.turning_mps = 0.0
    if a.reach_m > 0.0:
        quat_irotate(w, a.body.q_body_from_eci, a.body.w_body_radps)
        quat_rotate(w, b.body.q_body_from_eci, w)
        vec3_sub(w, w, b.body.w_body_radps)
        out.turning_mps = vec3_norm(w) * a.reach_m
