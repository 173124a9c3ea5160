"""Points of a body's surface that are in view: they face the instrument, and no part of the body hides them.

The points are the plant's, of about equal area each. What is hidden is found by steps of the distance from the shape
along the line of sight (Hart 1996), which never step over it.
"""

from libc.string cimport memset

from gnc.ccore cimport (
    quat_irotate, quat_mul, quat_rotate, vec3_add, vec3_axpy, vec3_dot, vec3_norm, vec3_scale, vec3_set, vec3_sub,
)
from hil.plant.shapes cimport load_shape, shape_distance_m

cdef double SKIN_M = 1.0e-3         # lines of sight begin this far outside the surface
cdef double NEAR_M = 1.0e-4         # and end where they come as near to it
cdef double STEP_M = 1.0e-5         # of the differences that a normal is made of
cdef int STEPS = 100
cdef double FAR = 1.0e300           # however far the shape is
cdef double[3] BORESIGHT = [1.0, 0.0, 0.0]


cdef int surface_load(surface_t* s, solids, str name) except -1:
    cdef double point[3]
    cdef double normal[3]
    cdef double ahead, size
    cdef int i, k
    memset(s, 0, sizeof(surface_t))
    load_shape(&s.shape, solids, name)
    for i in range(s.shape.n_points):
        for k in range(3):
            for j in range(3):
                point[j] = s.shape.points_body_m[i][j]
            point[k] += STEP_M
            ahead = shape_distance_m(&s.shape, point, FAR)
            point[k] -= 2.0 * STEP_M
            normal[k] = ahead - shape_distance_m(&s.shape, point, FAR)
        size = vec3_norm(normal)
        if not size > 0.0:      # a point of an edge between two solids: it faces nobody
            vec3_set(normal, 0.0, 0.0, 0.0)
            size = 1.0
        vec3_scale(s.normal_body[i], 1.0 / size, normal)
    return 0


cdef bint surface_clear(const surface_t* s, const double* point_body_m, const double* from_body_m) noexcept nogil:
    cdef double along[3]
    cdef double at[3]
    cdef double reach, gone = SKIN_M, distance
    cdef int k
    vec3_sub(along, from_body_m, point_body_m)
    reach = vec3_norm(along)
    vec3_scale(along, 1.0 / reach, along)
    for k in range(STEPS):
        if gone >= reach:
            return True
        vec3_axpy(at, point_body_m, gone, along)
        distance = shape_distance_m(&s.shape, at, reach)
        if distance < NEAR_M:
            return False
        gone += distance
    return False


cdef bint surface_centre(const surface_t* s, const double* from_body_m, const double* axis_body, double cos_half_view,
                         double* centre_body_m) noexcept nogil:
    cdef double away[3]
    cdef double point[3]
    cdef double weight, distance, total = 0.0
    cdef int i
    vec3_set(centre_body_m, 0.0, 0.0, 0.0)
    for i in range(s.shape.n_points):
        vec3_sub(away, from_body_m, s.shape.points_body_m[i])
        distance = vec3_norm(away)
        weight = vec3_dot(away, s.normal_body[i]) / distance
        if weight <= 0.0 or -vec3_dot(away, axis_body) < cos_half_view * distance:
            continue
        if s.shape.n_solids > 1:
            vec3_axpy(point, s.shape.points_body_m[i], SKIN_M, s.normal_body[i])
            if not surface_clear(s, point, from_body_m):
                continue
        total += weight
        vec3_axpy(centre_body_m, centre_body_m, weight, s.shape.points_body_m[i])
    if total <= 0.0:
        return False
    vec3_scale(centre_body_m, 1.0 / total, centre_body_m)
    return True


cdef class Surface:
    """The surface of a shape, for tests: `Surface(solids)`, rows of `[[vehicle.shape]]`."""

    cdef surface_t surface

    def __init__(self, solids):
        surface_load(&self.surface, solids, "shape")

    def centre(self, from_body_m, axis_body, cos_half_view=-1.0):
        """What is seen of it from a point, three numbers in m, structural frame; None when nothing is in view.

        axis_body: unit vector that the instrument looks along; cos_half_view: cosine of half its field of view.
        """
        cdef double point[3]
        cdef double axis[3]
        cdef double centre[3]
        for i in range(3):
            point[i], axis[i] = from_body_m[i], axis_body[i]
        if not surface_centre(&self.surface, point, axis, cos_half_view, centre):
            return None
        return (centre[0], centre[1], centre[2])


cdef void surface_look(const moment_t* m, const double* position_body_m, const double* q_instrument_from_body, double* from_tbody_m,
                       double* axis_tbody, double* q_instrument_from_eci) noexcept nogil:
    cdef double lever[3]
    cdef double d[3]
    vec3_sub(lever, position_body_m, m.com_body_m)
    quat_irotate(lever, m.q_body_from_eci, lever)
    vec3_sub(d, m.r_chaser_eci_m, m.r_target_eci_m)
    vec3_add(d, d, lever)               # from the target's c.m. to the instrument, eci
    quat_rotate(from_tbody_m, m.q_tbody_from_eci, d)
    vec3_add(from_tbody_m, from_tbody_m, m.com_tbody_m)
    quat_mul(q_instrument_from_eci, q_instrument_from_body, m.q_body_from_eci)
    quat_irotate(axis_tbody, q_instrument_from_eci, BORESIGHT)
    quat_rotate(axis_tbody, m.q_tbody_from_eci, axis_tbody)


cdef void surface_sight(const moment_t* m, const double* from_tbody_m, const double* point_tbody_m, const double* q_instrument_from_eci,
                        double* d_instrument_m) noexcept nogil:
    vec3_sub(d_instrument_m, point_tbody_m, from_tbody_m)
    quat_irotate(d_instrument_m, m.q_tbody_from_eci, d_instrument_m)
    quat_rotate(d_instrument_m, q_instrument_from_eci, d_instrument_m)
