"""What a body does with its attitude, and the ideal torque that keeps it there. A mode is a row: hil/plant/attitudes."""

from hil.plant.dynamics cimport body_t

cdef enum:
    ATTITUDE_OWN = 16

cdef struct attitude_t

# Attitude, rate and acceleration that a body follows at t_s
ctypedef void (*reference_t)(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2,
                             const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil
# Attitude and rate that a body starts with
ctypedef void (*start_t)(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude,
                         const body_t* body) noexcept nogil
# Checks a configuration and writes what the mode's functions read. Raises ValueError with the name of what is wrong
ctypedef int (*load_t)(attitude_t* attitude, config, str name) except -1

cdef struct attitude_t:
    reference_t reference               # NULL: thrusters and the gravity gradient turn the body, nothing else
    start_t start                       # NULL: as the reference says, or as the body is placed
    bint is_about_hill                  # the nominal attitude is one in the hill frame
    bint ends_at_capture
    double q_body_from_frame_nominal[4]
    double bandwidth_radps              # of the ideal-torque controller
    double own[ATTITUDE_OWN]            # what the mode's own functions read

cdef class AttitudeMode:
    cdef reference_t reference
    cdef start_t start
    cdef load_t load
    cdef bint is_about_hill
    cdef readonly object row
    cdef readonly object truth
    cdef readonly str frame

# From the configuration of a body's attitude
cdef int attitude_load(attitude_t* attitude, config, str name) except -1
# Attitude and rate with which a body starts at t_s; False: as it is placed
cdef bint attitude_start(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude, const body_t* body,
                         double t_s) noexcept nogil
# Adds the ideal torque that keeps a body on its reference, in its axes; nothing when it holds none
cdef void attitude_torque(double* torque_body_Nm, const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil
