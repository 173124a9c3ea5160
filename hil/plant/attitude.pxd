"""Attitude that a body holds, and the ideal torque that keeps it there."""

from hil.plant.dynamics cimport craft_t

# Target attitude: truth follows this reference about LVLH
ctypedef struct target_hold_t:
    double q_tbody_from_hill_nominal[4]
    double bias_rad[3]                  # rotation vector, tbody axes
    double rate_amplitude_radps[3]      # of the limit cycle
    double sin_phase[3]
    double cos_phase[3]
    double limit_cycle_radps            # its angular frequency
    double bandwidth_radps              # of the ideal-torque controller

# Attitude, rate and acceleration that the hold follows at t_s
cdef void attitude_reference(double* q_tbody_from_eci, double* w_tbody_radps, double* alpha_tbody_radps2,
                             const target_hold_t* hold, const craft_t* target, double t_s) noexcept nogil
# Ideal torque that keeps the target on its reference, in its axes
cdef void attitude_hold_torque(double* torque_body_Nm, const target_hold_t* hold, const craft_t* target,
                               double t_s) noexcept nogil
