"""What all instruments share: truth as they see it, the times they measure at, their noise, their faults, their slot.

The loop holds an array of `instrument_t`, each with the function and the state of its kind.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from gnc.definitions cimport measurement_t, sensor_frame_t
from hil.faults.window cimport sight_t, window_t
from hil.noise cimport stream_t
from hil.plant.plant cimport Plant, imu_truth_t

cdef enum:
    INSTRUMENTS_MAX = 12
    INSTRUMENT_HISTORY = 32             # cycles that a measurement may be late by, and one
    INSTRUMENT_FAULTS = 16

# The numbers of hil/instruments/faults.py
cdef enum:
    FAULT_DROPOUT = 0
    FAULT_BIAS = 1
    FAULT_FREEZE = 2
    FAULT_STUCK = 3
    FAULT_LATENCY = 4
    FAULT_ZERO = 5
    FAULT_NAN = 6
    FAULT_RAMP = 7
    FAULT_SCALE = 8
    FAULT_NOISE = 9
    FAULT_WILD = 10
    FAULT_FROZEN_TIME = 11
    FAULT_SWAPPED_AXES = 12
    FAULT_FALSE_RETURN = 13
    FAULT_STALE = 14
    FAULT_FALSE_CONTACT = 15
    FAULT_FALSE_CAPTURE = 16

# Truth of one moment, kept for measurements that arrive late
ctypedef struct moment_t:
    uint64_t t_us
    double r_chaser_eci_m[3]
    double v_chaser_eci_mps[3]
    double r_target_eci_m[3]
    double v_target_eci_mps[3]
    double q_body_from_eci[4]
    double q_tbody_from_eci[4]
    double w_body_radps[3]
    double w_tbody_radps[3]
    double com_body_m[3]
    double com_tbody_m[3]
    double cycle_s
    imu_truth_t imu                     # of the cycle that ends at t_us
    int contact_status
    uint32_t contact_port               # of the chaser's, that contact is about

# A declared fault, in force while its window is open at the time of validity
ctypedef struct fault_t:
    int kind
    window_t window
    double error[6]                     # SI and radians; of a false return its values
    double factor
    uint64_t delay_us
    int component
    stream_t stream                     # of added noise
    bint begun                          # it has been in force
    double held                         # value that is stuck
    uint64_t held_us                    # time that is frozen
    uint32_t changed                    # frames that would have been others without it

ctypedef struct instrument_t

# Writes count, flags and values of a measurement of truth m, with the six numbers of an error (NULL: none) in it, as
# the kind's `errors` say. False: there is nothing to measure.
ctypedef bint (*measure_t)(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil

ctypedef struct instrument_t:
    measure_t measure
    void* state                         # of the kind
    size_t state_size
    uint8_t kind                        # KIND_*
    uint8_t number                      # in the flight's table of instruments
    bint over_cycle                     # measures over the cycle that ended: nothing at the start
    uint64_t period_us                  # 0: every cycle
    uint64_t latency_us
    double dropout_probability
    uint16_t seq
    stream_t stream                     # its noise
    int held                            # values that a freeze holds
    int scaled                          # values that a scale factor multiplies
    int swapped[2][2]                   # values that change places when axes are swapped; both 0: none
    double last[8]                      # what it gave last
    uint8_t last_flags
    measurement_t last_whole            # and under which number and time, where a fault is declared
    bint given                          # it has given one
    fault_t faults[INSTRUMENT_FAULTS]
    int fault_count
    bint failed                         # its model raised an exception

cdef class Instrument:
    cdef instrument_t it
    cdef void* spare_state              # for what the instrument would have measured without a fault
    cdef readonly str name
    cdef readonly tuple faults          # declared, in order
    # Sets what is common to all kinds; `state` lives as long as this object
    cdef int _fit(self, object fitted, measure_t measure, void* state, size_t state_size, int held, int scaled) except -1
    # Two values that change places when axes are swapped
    cdef void _swaps(self, int pair, int first, int second)
    cdef int _open(self, stream_t* stream, object fitted, str source) except -1

cdef class Instruments:
    cdef readonly tuple fitted          # of Instrument, in the order of their numbers
    cdef instrument_t* array[INSTRUMENTS_MAX]
    cdef void* spare[INSTRUMENTS_MAX]
    cdef int count
    # Begins the faults that wait for what is seen
    cdef void look(self, const sight_t* sight) noexcept nogil
    cdef bint waits(self) noexcept nogil
    cdef moment_t history[INSTRUMENT_HISTORY]
    cdef uint32_t next_moment
    cdef const moment_t* now
    cdef bint failed                    # one of them

    # Fills the frame of the cycle that starts at the plant's present time
    cdef void sample(self, Plant plant, uint32_t tick, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil
    cdef const moment_t* _remember(self, Plant plant, uint64_t cycle_us) noexcept nogil
    cdef const moment_t* _moment(self, uint64_t t_us) noexcept nogil
    cdef bint _measured_with_faults(self, int i, uint64_t t_us, measurement_t* z) noexcept nogil
    cdef bint _measured(self, instrument_t* it, uint64_t t_us, const fault_t* without, measurement_t* z) noexcept nogil

# Copies `count` numbers; ValueError for any other count
cdef int take(double* out, object values, int count) except -1
# A point of a craft from its centre of mass, eci axes, and its rate as the craft turns
cdef void arm_of(double* arm_eci_m, double* rate_eci_mps, const double* point_m, const double* com_m,
                 const double* q_body_from_eci, const double* w_body_radps) noexcept nogil
