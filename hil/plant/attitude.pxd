"""Attitude that a body holds, and the ideal torque that keeps it there."""

from hil.plant.dynamics cimport body_t

ctypedef enum attitude_mode_t:
    ATTITUDE_FLOWN = 0                  # thrusters and the gravity gradient turn it, nothing else
    ATTITUDE_LVLH = 1
    ATTITUDE_INERTIAL = 2
    ATTITUDE_TUMBLE = 3                 # free, from its start

# What a body does with its attitude: a hold's truth follows a reference about its frame, LVLH or ECI
ctypedef struct attitude_t:
    int mode                            # attitude_mode_t
    bint ends_at_capture
    double q_body_from_frame_nominal[4] # of a tumble at its start, from hill
    double w_start_body_radps[3]        # of a tumble
    double bias_rad[3]                  # rotation vector, body axes
    double rate_amplitude_radps[3]      # of the limit cycle
    double sin_phase[3]
    double cos_phase[3]
    double limit_cycle_radps            # its angular frequency
    double bandwidth_radps              # of the ideal-torque controller

# Attitude, rate and acceleration that a hold follows at t_s
cdef void attitude_reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2,
                             const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil
# Attitude and rate with which a body that is not flown starts at t_s
cdef void attitude_start(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude, const body_t* body,
                         double t_s) noexcept nogil
# Adds the ideal torque that keeps a body on its reference, in its axes; nothing when it holds none
cdef void attitude_torque(double* torque_body_Nm, const attitude_t* attitude, const body_t* body, double t_s) noexcept nogil
