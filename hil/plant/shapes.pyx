"""Outer shapes of bodies. Distances are exact outside (Quilez, "3D distance functions"); a union's is the smallest."""

from gnc.ccore cimport (
    elem_abs, elem_floor, elem_sincos, elem_sqrt, mat3_mul_vec, mat3_tmul_vec, quat_to_dcm, vec3_add, vec3_norm, vec3_set,
    vec3_sub,
)
from hil.plant.loading cimport load_at_least_zero, load_positive, load_quat, load_vec

cdef double TWO_PI = 6.28318530717958647693
# Spacings of surface points that are tried, from coarse to fine
cdef double FINER = 0.97
cdef int TRIES = 400


cdef double _solid_distance_m(const solid_t* s, const double* p) noexcept nogil:
    """From a point in the solid's frame."""
    cdef double x, y, z, rho, radius, k, b, c, d2, e2
    if s.kind == SOLID_SPHERE:
        return vec3_norm(p) - s.size_m[0]
    if s.kind == SOLID_BOX:
        x, y, z = elem_abs(p[0]) - s.size_m[0], elem_abs(p[1]) - s.size_m[1], elem_abs(p[2]) - s.size_m[2]
        rho = x if x > y else y
        rho = rho if rho > z else z
        if rho <= 0.0:
            return rho
        x, y, z = x if x > 0.0 else 0.0, y if y > 0.0 else 0.0, z if z > 0.0 else 0.0
        return elem_sqrt(x * x + y * y + z * z)
    rho = elem_sqrt(p[1] * p[1] + p[2] * p[2])
    if s.kind == SOLID_CYLINDER:
        x, y = elem_abs(p[0]) - s.size_m[1], rho - s.size_m[0]
        if x <= 0.0 and y <= 0.0:
            return x if x > y else y
        x, y = x if x > 0.0 else 0.0, y if y > 0.0 else 0.0
        return elem_sqrt(x * x + y * y)
    # cone: the nearer of its caps and its flank
    radius = s.size_m[0] if p[0] < 0.0 else s.size_m[1]
    x = elem_abs(p[0]) - s.size_m[2]
    y = rho - (rho if rho < radius else radius)
    d2 = x * x + y * y
    b, c = s.size_m[1] - s.size_m[0], 2.0 * s.size_m[2]
    k = ((s.size_m[1] - rho) * b + (s.size_m[2] - p[0]) * c) / (b * b + c * c)
    k = 0.0 if k < 0.0 else (1.0 if k > 1.0 else k)
    y, z = rho - s.size_m[1] + b * k, p[0] - s.size_m[2] + c * k
    e2 = y * y + z * z
    d2 = d2 if d2 < e2 else e2
    return -elem_sqrt(d2) if y < 0.0 and x < 0.0 else elem_sqrt(d2)


cdef double shape_distance_m(const shape_t* shape, const double* point_body_m, double most_m) noexcept nogil:
    cdef double p[3]
    cdef double best = most_m, d, reach
    cdef const solid_t* s
    cdef int k
    for k in range(shape.n_solids):
        s = &shape.solids[k]
        vec3_sub(p, point_body_m, s.centre_body_m)
        reach = best + s.bound_m
        if reach < 0.0 or p[0] * p[0] + p[1] * p[1] + p[2] * p[2] >= reach * reach:
            continue    # the sphere about it is farther away than what was found
        mat3_mul_vec(p, s.solid_from_body, p)
        d = _solid_distance_m(s, p)
        if d < best:
            best = d
    return best


cdef double shape_reach_m(const shape_t* shape, const double* from_body_m) noexcept nogil:
    cdef double d[3]
    cdef double far, farthest = 0.0
    cdef int k
    for k in range(shape.n_solids):
        vec3_sub(d, shape.solids[k].centre_body_m, from_body_m)
        far = vec3_norm(d) + shape.solids[k].bound_m
        farthest = far if far > farthest else farthest
    return farthest


# ---- configuration --------------------------------------------------------------------------

cdef int load_shape(shape_t* shape, solids, str name) except -1:
    cdef double q[4]
    cdef solid_t* s
    cdef int k
    if len(solids) > SHAPE_MAX_SOLIDS:
        raise ValueError(f"{name} has {len(solids)} solids: expected at most {SHAPE_MAX_SOLIDS}")
    shape.n_solids, shape.n_points, shape.cover_m = len(solids), 0, 0.0
    for k, solid in enumerate(solids):
        s = &shape.solids[k]
        of = f"{name}.{solid.name}"
        load_vec(s.centre_body_m, solid.position_body_m, 3, f"{of}.position_body_m")
        load_quat(q, solid.q_from_body, f"{of}.q_from_body")
        quat_to_dcm(s.solid_from_body, q)
        if solid.kind == "box":
            s.kind = SOLID_BOX
            load_vec(s.size_m, solid.size_m, 3, f"{of}.size_m")
            for i in range(3):
                load_positive(s.size_m[i], f"{of}.size_m[{i}]")
                s.size_m[i] *= 0.5
            s.bound_m = vec3_norm(s.size_m)
        elif solid.kind == "cylinder":
            s.kind = SOLID_CYLINDER
            load_positive(solid.radius_m, f"{of}.radius_m")
            load_positive(solid.length_m, f"{of}.length_m")
            vec3_set(s.size_m, solid.radius_m, 0.5 * solid.length_m, 0.0)
            s.bound_m = vec3_norm(s.size_m)
        elif solid.kind == "sphere":
            s.kind = SOLID_SPHERE
            load_positive(solid.radius_m, f"{of}.radius_m")
            vec3_set(s.size_m, solid.radius_m, 0.0, 0.0)
            s.bound_m = solid.radius_m
        elif solid.kind == "cone":
            s.kind = SOLID_CONE
            load_at_least_zero(solid.radius_m, f"{of}.radius_m")
            load_at_least_zero(solid.end_radius_m, f"{of}.end_radius_m")
            load_positive(solid.radius_m + solid.end_radius_m, f"{of}: sum of its radii")
            load_positive(solid.length_m, f"{of}.length_m")
            vec3_set(s.size_m, solid.radius_m, solid.end_radius_m, 0.5 * solid.length_m)
            wide = max(solid.radius_m, solid.end_radius_m)
            s.bound_m = elem_sqrt(wide * wide + s.size_m[2] * s.size_m[2])
        else:
            raise ValueError(f"{of}.kind is {solid.kind!r}: expected box, cylinder, cone or sphere")
    if solids:
        _cover(shape, name)
    return 0


cdef int _cover(shape_t* shape, str name) except -1:
    """The finest points that fit."""
    cdef double spacing = 0.0
    cdef int tries, k
    for k in range(shape.n_solids):
        spacing = max(spacing, 2.0 * shape.solids[k].bound_m)
    best = None
    for tries in range(TRIES):
        points, cover = _points_at(shape, spacing)
        if sum(map(len, points)) > SHAPE_MAX_POINTS:
            if best is None:
                raise ValueError(f"{name} needs {sum(map(len, points))} points at the least: expected at most "
                                 f"{SHAPE_MAX_POINTS}, with fewer solids")
            break
        best = points, cover
        spacing *= FINER
    points, shape.cover_m = best
    for k, of_solid in enumerate(points):
        shape.solids[k].first_point = shape.n_points
        for point in of_solid:
            for i in range(3):
                shape.points_body_m[shape.n_points][i] = point[i]
            shape.n_points += 1
    return 0


cdef tuple _points_at(shape_t* shape, double spacing):
    """Points of each solid, body axes, at most about this far apart, and the largest distance of the surface from one.

    A point that lies deeper in another solid than that is not on the surface and covers nothing of it.
    """
    cdef double p[3]
    cdef int k, m
    cdef solid_t* s
    found, cover = [], 0.0
    for k in range(shape.n_solids):
        grid, reach = _grid(&shape.solids[k], spacing)
        cover = max(cover, reach)
        outside = []
        for point in grid:
            for m in range(3):
                p[m] = point[m]
            mat3_tmul_vec(p, shape.solids[k].solid_from_body, p)
            vec3_add(p, p, shape.solids[k].centre_body_m)
            if not _buried(shape, k, p, reach):
                outside.append((p[0], p[1], p[2]))
        found.append(outside)
    return found, cover


cdef bint _buried(const shape_t* shape, int k, const double* point_body_m, double depth) noexcept nogil:
    cdef double p[3]
    cdef int m
    for m in range(shape.n_solids):
        if m != k:
            vec3_sub(p, point_body_m, shape.solids[m].centre_body_m)
            mat3_mul_vec(p, shape.solids[m].solid_from_body, p)
            if _solid_distance_m(&shape.solids[m], p) < -depth:
                return True
    return False


cdef int _parts(double length, double spacing, int least):
    cdef double parts = length / spacing
    cdef int n = <int>elem_floor(parts)
    return max(n + (1 if parts > n else 0), least)


cdef tuple _grid(const solid_t* s, double spacing):
    """Points on the surface, the solid's frame; half the largest diagonal of the cells between them, measured along it."""
    cdef int i, j, k
    points = []
    if s.kind == SOLID_BOX:
        n = [_parts(2.0 * s.size_m[i], spacing, 1) for i in range(3)]
        for i in range(n[0] + 1):
            for j in range(n[1] + 1):
                for k in range(n[2] + 1):
                    if i in (0, n[0]) or j in (0, n[1]) or k in (0, n[2]):
                        points.append(((2.0 * i / n[0] - 1.0) * s.size_m[0], (2.0 * j / n[1] - 1.0) * s.size_m[1],
                                       (2.0 * k / n[2] - 1.0) * s.size_m[2]))
        edges = sorted([2.0 * s.size_m[i] / n[i] for i in range(3)])
        return points, 0.5 * elem_sqrt(edges[1] * edges[1] + edges[2] * edges[2])
    rings, cover = [], 0.0
    if s.kind == SOLID_SPHERE:
        n_rows = _parts(0.5 * TWO_PI * s.size_m[0], spacing, 2)
        rings = [(-s.size_m[0] * c, s.size_m[0] * si) for si, c in map(_sincos, [0.5 * TWO_PI * i / n_rows for i in range(n_rows + 1)])]
        cover = _cells(rings, 0.5 * TWO_PI * s.size_m[0] / n_rows, spacing)
    else:
        back, front = s.size_m[0], s.size_m[0 if s.kind == SOLID_CYLINDER else 1]
        half = s.size_m[1 if s.kind == SOLID_CYLINDER else 2]
        slant = elem_sqrt(4.0 * half * half + (front - back) * (front - back))
        n_flank = _parts(slant, spacing, 1)
        flank = [(-half + 2.0 * half * i / n_flank, back + (front - back) * i / n_flank) for i in range(n_flank + 1)]
        cover = _cells(flank, slant / n_flank, spacing)
        rings = flank
        for x, radius in ((-half, back), (half, front)):
            n_cap = _parts(radius, spacing, 1)
            cap = [(x, radius * i / n_cap) for i in range(n_cap + 1)]
            cover = max(cover, _cells(cap, radius / n_cap, spacing))
            rings += cap[:n_cap] if radius > 0.0 else []
    for x, radius in rings:
        n_round = _round(radius, spacing)
        points += [(x, radius * c, radius * si) for si, c in map(_sincos, [TWO_PI * i / n_round for i in range(n_round)])]
    return points, cover


cdef int _round(double radius, double spacing):
    """Points on a ring."""
    return 1 if radius <= 0.0 else _parts(TWO_PI * radius, spacing, 6)


cdef double _cells(rings, double row, double spacing):
    """Largest distance from a point of rings that are `row` apart along the surface.

    It is at most half a row from a ring, and along that half an arc from a point; the arc may be wider off the ring.
    """
    cdef double arc = 0.0, radius
    for _, radius in rings:
        if radius > 0.0:
            arc = max(arc, TWO_PI * (radius + 0.25 * row) / _round(radius, spacing))
    return elem_sqrt(0.25 * row * row + 0.25 * arc * arc)


def _sincos(double angle):
    cdef double s, c
    elem_sincos(angle, &s, &c)
    return s, c
