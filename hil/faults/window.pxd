"""When a fault is in force, in compiled code."""

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    DECLARED_MAX = 64                   # faults of one thing in a run

cdef enum:
    BEGINS_AT = 0                       # a time
    BEGINS_IN_PHASE = 1
    BEGINS_AT_CONTACT = 2
    BEGINS_AT_CAPTURE = 3
    BEGINS_WITHIN = 4                   # a distance of the ports

# What a fault may begin with
ctypedef struct sight_t:
    uint64_t t_us
    int phase                           # of the flight software, -1: none was told
    bint contact
    bint captured
    double range_m                      # from port to port

ctypedef struct window_t:
    int begins
    int phase
    double within_m
    uint64_t after_us
    uint64_t length_us
    uint64_t start_us                   # UINT64_MAX until it has begun
    uint64_t end_us
    uint64_t period_us                  # of an intermittent fault; 0: throughout
    uint64_t on_us                      # the part of each period in which it is in force
    double ramp_s                       # over which it grows; 0: at once

# From a row with the keys of `hil.faults.timing.Timing`; phases: the names of the flight's phases in their order
cdef int window_set(window_t* w, object row, object phases) except -1
# Start and end (s), None for what has not begun or does not end
cdef object window_times(const window_t* w)
# Begins it when what it waits for is there
cdef void window_look(window_t* w, const sight_t* sight) noexcept nogil

cdef inline bint window_waits(const window_t* w) noexcept nogil:
    return w.begins != BEGINS_AT

cdef inline bint window_open(const window_t* w, uint64_t t_us) noexcept nogil:
    if not w.start_us <= t_us < w.end_us:
        return False
    return w.period_us == 0 or (t_us - w.start_us) % w.period_us < w.on_us

# How much of itself a fault is at a time at which it is in force, 0 to 1
cdef inline double window_weight(const window_t* w, uint64_t t_us) noexcept nogil:
    cdef double weight
    if w.ramp_s == 0.0:
        return 1.0
    weight = 1.0e-6 * <double>(t_us - w.start_us) / w.ramp_s
    return weight if weight < 1.0 else 1.0


# The faults that a run declares of one thing
cdef class Declared:
    cdef readonly tuple faults          # in order
    cdef str key                        # of their rows, which names the thing
    cdef window_t window[DECLARED_MAX]
    cdef uint32_t changed[DECLARED_MAX] # how many times it made a difference
    cdef int count

    cdef _admit(self, object faults, int most, str whose, str key)
    # Begins the faults that wait for what is seen
    cdef void look(self, const sight_t* sight) noexcept nogil
    cdef bint waits(self) noexcept nogil
