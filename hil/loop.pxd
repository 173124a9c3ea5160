"""The closed loop: the only module that wires plant, instruments and flight computer together."""

from libc.stdint cimport uint32_t, uint64_t

from gnc.flight cimport Flight, command_t, sensor_frame_t, telemetry_t
from hil.plant.plant cimport Plant
from hil.effectors.effector cimport Effectors
from hil.faults.commands cimport Commands
from hil.faults.computer cimport Computer
from hil.faults.target cimport TargetFaults
from hil.instruments.instrument cimport Instruments
from hil.truth cimport truth_t

ctypedef struct telecommand_t:
    uint64_t t_us
    int opcode
    double arg[2]

cdef class Loop:
    cdef readonly Plant plant
    cdef readonly Instruments instruments
    cdef readonly Effectors effectors
    cdef readonly Computer computer     # its faults and those of the next two; None: there are none
    cdef readonly Commands commands
    cdef readonly TargetFaults target_faults
    cdef bint waits                     # a fault waits for something to begin with
    cdef int phase                      # that telemetry told last; -1: none yet
    cdef Flight flight
    cdef uint32_t tick
    cdef uint64_t cycle_us
    cdef telecommand_t[::1] telecommands
    cdef int telecommand_count, telecommands_sent
    cdef uint64_t contact_us            # time contact was first seen; 0 before
    cdef uint64_t after_contact_us      # the run goes on for this long after contact
    cdef uint64_t fired_us              # end of the last cycle in which a thruster gave thrust
    cdef uint32_t look_cycles           # telemetry is looked at every so many cycles; 0 never
    cdef uint32_t last_phases           # bit n: from phase n nothing follows
    cdef uint64_t broken_off_after_us   # spent in such a phase ends the run
    cdef uint64_t in_last_since_us      # time such a phase was first seen; 0 while in another
    cdef readonly bint broken_off       # True once that time has passed
    cdef readonly bint lost             # truth is not finite, or a craft has left what the plant's models hold for
    cdef double dv_before_body_mps[3]
    cdef readonly int status            # of the last flight_step

    cdef void _look(self, const truth_t* truth) noexcept nogil
    cdef int _step(self, sensor_frame_t* frame, command_t* command, telemetry_t* telemetry) noexcept nogil
    cdef void _sense(self, sensor_frame_t* frame, truth_t* truth) noexcept nogil
    cdef void _act(self, const command_t* command) noexcept nogil
    cdef void _observe(self, truth_t* truth) noexcept nogil
    cdef bint _finished(self) noexcept nogil
    cdef bint _over(self, const telemetry_t* telemetry, const truth_t* truth) noexcept nogil
    cdef int _run(self, int count, sensor_frame_t* frames, command_t* commands, telemetry_t* telemetry,
                  truth_t* truth) noexcept nogil
