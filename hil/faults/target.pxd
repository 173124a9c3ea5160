"""What the target does that it should not."""

from libc.stdint cimport uint32_t, uint64_t

from hil.faults.window cimport Declared
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
    double vector[3]                    # m/s2 in hill axes, or rad/s in the target's
    bint done

cdef class TargetFaults(Declared):
    cdef target_fault_t fault[TARGET_FAULTS]

    # What it does in the cycle that begins now
    cdef void act(self, Plant plant, uint64_t cycle_us) noexcept nogil
