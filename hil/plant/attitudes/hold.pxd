"""What the two holds share: an attitude in a frame, with a bias and a slow limit cycle about it."""

from hil.plant.attitude cimport attitude_t

# Attitude, rate and acceleration at t_s, from those of the frame: its attitude, and its rate in its own axes
cdef void hold_reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2, const attitude_t* attitude,
                         const double* q_frame_from_eci, const double* w_frame_radps, double t_s) noexcept nogil
cdef int hold_load(attitude_t* attitude, config, str name) except -1
