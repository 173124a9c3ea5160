"""What an instrument sees of a body's outer shape: points of its surface, and the mean of those in view."""

from hil.instruments.instrument cimport moment_t
from hil.plant.shapes cimport SHAPE_MAX_POINTS, shape_t

ctypedef struct surface_t:
    shape_t shape
    double normal_body[SHAPE_MAX_POINTS][3]     # outward, of each of the shape's points

# The surface of solids as `[[vehicle.shape]]` has them
cdef int surface_load(surface_t* s, solids, str name) except -1
# Mean of the points of the surface that are in view from a point outside, in a cone about an axis, each weighted by the cosine of its incidence,
# as a facet of the same area is by what it shows. False: none is in view. Structural frame.
cdef bint surface_centre(const surface_t* s, const double* from_body_m, const double* axis_body, double cos_half_view,
                         double* centre_body_m) noexcept nogil
# Whether nothing of the shape lies between a point of it, or outside, and one outside
cdef bint surface_clear(const surface_t* s, const double* point_body_m, const double* from_body_m) noexcept nogil
# From where on the target's structure, and along which axis, an instrument with its boresight along its own x looks; and its axes from eci
cdef void surface_look(const moment_t* m, const double* position_body_m, const double* q_instrument_from_body, double* from_tbody_m,
                       double* axis_tbody, double* q_instrument_from_eci) noexcept nogil
# A point of the target from there, in the instrument's axes
cdef void surface_sight(const moment_t* m, const double* from_tbody_m, const double* point_tbody_m, const double* q_instrument_from_eci,
                        double* d_instrument_m) noexcept nogil
