"""The chaser's effectors as the loop drives them: a command in, valves and mechanisms out, with their faults."""

from libc.stdint cimport uint32_t

from gnc.definitions cimport command_t, sensor_frame_t
from hil.effectors.thrusters cimport ACTUATORS_MAX_THRUSTERS, thruster_t
from hil.faults.window cimport Declared, window_t
from hil.plant.plant cimport Plant

cdef enum:
    EFFECTOR_FAULTS = 64

# The numbers of hil/effectors/faults.py
cdef enum:
    FAULT_STUCK_ON = 0
    FAULT_STUCK_OFF = 1
    FAULT_LEAK = 2
    FAULT_WEAK = 3
    FAULT_SLOW = 4
    FAULT_SWAPPED = 5
    FAULT_STICTION = 6
    FAULT_NO_CAPTURE = 7
    FAULT_NO_RELEASE = 8
    FAULT_CAPTURES_UNARMED = 9
    FAULT_LETS_GO = 10

# A declared fault of thrusters first..last, in force in the cycles that begin while its window is open
ctypedef struct effector_fault_t:
    int kind
    int first
    int last
    int other                           # with which a harness is swapped
    double factor
    uint32_t min_on_us
    bint in_force

cdef class Effectors(Declared):
    cdef thruster_t sound[ACTUATORS_MAX_THRUSTERS]      # as they are without a fault
    cdef int valve[ACTUATORS_MAX_THRUSTERS]             # that each driver opens
    cdef effector_fault_t fault[EFFECTOR_FAULTS]
    cdef readonly uint32_t can_shut     # thrusters with an isolation valve, a bit each
    cdef readonly uint32_t shut         # those that are shut
    cdef readonly uint32_t armed        # bit n: the mechanism of the chaser's port n, as last commanded
    cdef bint fitted                    # `sound` has been taken from the plant
    cdef bint swapped, captures, captures_unarmed, releases, lets_go

    # Flies one cycle with a command
    cdef void act(self, Plant plant, const command_t* command, uint32_t cycle_us) noexcept nogil
    # What the valve drivers gave in the cycle that ends now
    cdef void read(self, Plant plant, sensor_frame_t* frame) noexcept nogil
    cdef void _set_faults(self, Plant plant) noexcept nogil
    cdef void _sound(self) noexcept nogil
    cdef void _spoil(self, Plant plant, const effector_fault_t* f, const window_t* w) noexcept nogil
    cdef bint _changes(self, Plant plant, const effector_fault_t* f, const command_t* command, uint32_t cycle_us) noexcept nogil
