"""How near two bodies' shapes are, and when they touch where they must not."""

from hil.plant.contact cimport port_t
from hil.plant.dynamics cimport body_t
from hil.plant.shapes cimport shape_t

# One body as its neighbours see it
ctypedef struct outline_t:
    const body_t* body
    const shape_t* shape
    const port_t* ports
    int n_ports
    double reach_m                      # of the shape from the centre of mass

# Where a body is in another's frame, and how fast its outermost point moves there as it turns
ctypedef struct motion_t:
    double r_m[3]
    double turning_mps

# Two bodies, from one look at their shapes to the next
ctypedef struct pair_t:
    int a                               # numbers of the bodies
    int b
    bint solid                          # both have shapes
    bint may_dock                       # contact inside the envelopes of both ports is none to be counted
    bint touching
    double clearance_m                  # shortest distance at the last look
    double free_m                       # the same but for what lies inside the ports' envelopes
    double moved_m                      # how much nearer the two can have come since, as a bound
    motion_t motion                     # of a in b's frame, after the last step

ctypedef struct nearest_t:
    double clearance_m
    double free_m
    double point_eci_m[3]               # where free_m is

# Shortest distance of two bodies' surface points from the other's shape, both ways
cdef void clearance_look(nearest_t* out, const outline_t* a, const outline_t* b, bint may_dock) noexcept nogil
cdef void clearance_motion(motion_t* out, const outline_t* a, const outline_t* b) noexcept nogil
# Speed of b's material against a's at a point
cdef double clearance_speed_mps(const outline_t* a, const outline_t* b, const double* point_eci_m) noexcept nogil
