"""What the target does that it should not."""

from libc.stdint cimport uint32_t, uint64_t

from hil.faults.window cimport sight_t, window_t
from hil.plant.plant cimport Plant

cdef enum:
    TARGET_FAULTS = 8

# The numbers of hil/faults/rows.py
cdef enum:
    FAULT_REBOOST = 0
    FAULT_ATTITUDE_DRIFT = 1
    FAULT_TUMBLE = 2

ctypedef struct target_fault_t:
    int kind
    window_t window
    double vector[3]                    # m/s2 in hill axes, or rad/s in the target's
    bint done
    uint32_t changed

cdef class TargetFaults:
    cdef readonly tuple faults
    cdef target_fault_t fault[TARGET_FAULTS]
    cdef int count

    cdef void look(self, const sight_t* sight) noexcept nogil
    cdef bint waits(self) noexcept nogil
    # What it does in the cycle that begins now
    cdef void act(self, Plant plant, uint64_t cycle_us) noexcept nogil
