"""Faults of telecommands on their way."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t

from gnc.definitions cimport sensor_frame_t
from hil.faults.window cimport Declared

cdef enum:
    COMMAND_FAULTS = 16
    COMMANDS_UNDER_WAY = 64

# The numbers of hil/faults/rows.py
cdef enum:
    FAULT_LOST = 0
    FAULT_LATE = 1
    FAULT_REPEATED = 2
    FAULT_FORGED = 3

ctypedef struct under_way_t:
    uint64_t due_us
    uint16_t seq
    uint16_t opcode
    double arg[2]

ctypedef struct command_fault_t:
    int kind
    uint64_t delay_us
    uint16_t opcode
    double arg[2]
    bint done                           # in this time that it is in force

cdef class Commands(Declared):
    cdef command_fault_t fault[COMMAND_FAULTS]
    cdef under_way_t waiting[COMMANDS_UNDER_WAY]
    cdef int n_waiting
    cdef uint16_t seq                   # of the last one that arrived

    # What of the telecommand in a frame arrives
    cdef void deliver(self, sensor_frame_t* frame) noexcept nogil
    cdef void _hold(self, const sensor_frame_t* frame, uint64_t delay_us) noexcept nogil
