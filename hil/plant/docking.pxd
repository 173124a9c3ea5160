"""Two docked bodies as one rigid body, and the springs that part them."""

from hil.plant.contact cimport port_t
from hil.plant.dynamics cimport body_t

ctypedef struct stack_t:
    body_t body                         # of both, in the target's structural frame
    double q_body_from_tbody[4]         # the chaser's structure in the target's, fixed while docked
    double r_body_tbody_m[3]            # origin of its frame there

# Fixes the chaser where it is, and gives both the motion that conserves linear and angular momentum
cdef void docking_join(stack_t* stack, body_t* chaser, body_t* target) noexcept nogil
# Puts the chaser, port on port as mated, on the target, and joins them
cdef void docking_mate(stack_t* stack, body_t* chaser, const port_t* port, body_t* target, const port_t* tport) noexcept nogil
# Mass properties and motion of the stack from those of its two bodies
cdef void docking_merge(stack_t* stack, const body_t* chaser, const body_t* target) noexcept nogil
# States of both bodies from the stack's
cdef void docking_carry(const stack_t* stack, body_t* chaser, body_t* target) noexcept nogil
# Centre of mass of the stack in the chaser's structural frame
cdef void docking_com_body(double* com_body_m, const stack_t* stack) noexcept nogil
# Parts them along the target port's axis at the relative speed release_mps, equal and opposite impulses at that port
cdef void docking_release(body_t* chaser, body_t* target, const port_t* tport, double release_mps) noexcept nogil
