"""Outer shapes of bodies: unions of boxes, cylinders, cones and spheres, with exact distances and points on the surface.

A solid's own frame has its origin at the centre; axes of revolution are +x. Distances are positive outside.
"""

cdef enum:
    SHAPE_MAX_SOLIDS = 32
    SHAPE_MAX_POINTS = 256

ctypedef enum solid_kind_t:
    SOLID_BOX = 0
    SOLID_CYLINDER = 1
    SOLID_SPHERE = 2
    SOLID_CONE = 3

ctypedef struct solid_t:
    int kind                            # solid_kind_t
    double size_m[3]                    # half edges; radius, half length; radius; radii at -x and +x, half length
    double centre_body_m[3]
    double solid_from_body[9]
    double bound_m                      # of a sphere about the centre
    int first_point                     # its points of the shape's, up to the next solid's first

ctypedef struct shape_t:
    int n_solids                        # 0: a point at the centre of mass
    solid_t solids[SHAPE_MAX_SOLIDS]
    int n_points
    double points_body_m[SHAPE_MAX_POINTS][3]
    double cover_m                      # no point of the surface is farther from one of these: largest undetected penetration

# To the outer shape from a point of the structural frame; inside it the distance to the nearest solid's surface. What is
# farther than `most_m` is not looked at: then that
cdef double shape_distance_m(const shape_t* shape, const double* point_body_m, double most_m) noexcept nogil
# Largest distance of the shape from a point of the structural frame, as a bound
cdef double shape_reach_m(const shape_t* shape, const double* from_body_m) noexcept nogil
cdef int load_shape(shape_t* shape, solids, str name) except -1
