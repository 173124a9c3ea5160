"""The flight computer with its faults, between the loop and the flight core."""

from libc.stdint cimport int32_t, uint32_t, uint64_t

from gnc.flight cimport Flight, command_t, sensor_frame_t, telemetry_t
from hil.faults.window cimport Declared
from hil.noise cimport stream_t

cdef enum:
    COMPUTER_FAULTS = 16

# The numbers of hil/faults/rows.py
cdef enum:
    FAULT_MISSED = 0
    FAULT_HANG = 1
    FAULT_RESET = 2
    FAULT_COLD_RESET = 3
    FAULT_CLOCK_STEP = 4
    FAULT_BIT_FLIP = 5

ctypedef struct computer_fault_t:
    int kind
    uint64_t step_us                    # of the clock, modulo 2^64: it may go back
    int frame                           # of the state, with the byte in it and the bits that may flip; -1: anywhere
    uint32_t first
    uint32_t bits
    int bit                             # of these; -1: drawn
    int count
    bint done                           # in this time that it is in force
    stream_t stream

cdef class Computer(Declared):
    cdef computer_fault_t fault[COMPUTER_FAULTS]
    cdef readonly bint cold             # it has lost its state: the next cycle needs a new flight core
    cdef readonly uint32_t refused      # frames that the core refused

    # What its clock makes of a frame
    cdef void tell(self, sensor_frame_t* frame) noexcept nogil
    # One cycle from t_us on; mechanism: as last commanded. A status that is not FLIGHT_OK ends the run
    cdef int32_t step(self, Flight flight, uint64_t t_us, uint64_t cycle_us, uint32_t mechanism,
                      const sensor_frame_t* frame, command_t* command, telemetry_t* telemetry) noexcept nogil
    cdef uint32_t _flip(self, Flight flight, computer_fault_t* f) noexcept nogil
