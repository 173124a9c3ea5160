"""Truth of chaser and target: 6-DOF each in ECI, thrusters, ports, contact and capture."""

from libc.stdint cimport uint32_t, uint64_t

from hil.actuators cimport ACTUATORS_MAX_THRUSTERS, pulse_t, thruster_t
from hil.plant.attitude cimport target_hold_t
from hil.plant.contact cimport capture_envelope_t, contact_t, port_state_t
from hil.plant.dynamics cimport craft_t
from hil.plant.environment cimport environment_t
from hil.plant.passive cimport drift_state_t

# One cycle as the chaser's IMU would integrate it without error
ctypedef struct imu_truth_t:
    double dtheta_body_rad[3]           # integral of the body rate
    double dv_com_body_mps[3]           # integral of the non-gravitational specific force at the c.m.
    double w_start_body_radps[3]
    double w_end_body_radps[3]

# Where a craft first left what the models hold for
ctypedef enum left_t:
    LEFT_NOTHING = 0
    LEFT_HEIGHTS = 1                    # value in m
    LEFT_ROTATION = 2                   # value in rad a step
    LEFT_IN_DRIFT = 3                   # a free drift for passive safety; value in m

cdef class Plant:
    cdef craft_t chaser
    cdef craft_t target
    cdef environment_t env
    cdef target_hold_t hold
    cdef capture_envelope_t envelope
    cdef contact_t contact
    cdef imu_truth_t imu                # of the last cycle
    cdef thruster_t thrusters[ACTUATORS_MAX_THRUSTERS]
    cdef pulse_t pulses[ACTUATORS_MAX_THRUSTERS]
    cdef int active[ACTUATORS_MAX_THRUSTERS]    # thrusters with thrust in this cycle
    cdef int n_active
    cdef int n_thrusters
    cdef uint64_t t_us                  # since scenario start
    cdef double step_max_s
    cdef double q_tport_from_port_docked[4]     # when perfectly mated
    cdef bint dock_armed                # the mechanism captures only when armed
    cdef double a_slow_chaser_mps2[3]   # held over slow_hold: field beyond J2..J4 and drag, eci
    cdef double a_slow_target_mps2[3]
    cdef double drag_chaser_mps2[3]     # the drag in it, which the accelerometer senses
    cdef uint64_t slow_due_us
    cdef double contact_reach_m         # between the centres of mass, beyond which no contact is possible
    cdef double height_low_m            # both craft stay between these, or leave the range of a model
    cdef double height_high_m
    cdef int left_what                  # left_t, of the first time
    cdef bint left_by_target
    cdef double left_value
    cdef double left_t_s
    cdef double r_chaser_target_tbody_m[3]      # frozen at capture
    cdef double q_body_from_tbody[4]            # frozen at capture

    # One control cycle: thrusters open at its start, each for its on-time (n_thrusters values)
    cdef void advance(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil
    cdef void port_state(self, port_state_t* out) noexcept nogil
    cdef void drift_state(self, drift_state_t* out) noexcept nogil
    # Chaser relative to target, c.m. to c.m., hill axes
    cdef void relative_hill(self, double* r_hill_m, double* v_hill_mps) noexcept nogil
    # 1 in full Sun, 0 in umbra
    cdef double sunlit_chaser(self) noexcept nogil
    cdef void _watch(self, const craft_t* craft) noexcept nogil
    cdef void _leave(self, int what, bint by_target, double value, double t_s) noexcept nogil
    cdef void _open_thrusters(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil
    cdef void _step(self, double t0_s, double h_s) noexcept nogil
    cdef void _step_chaser(self, double t0_s, double h_s, const double* torque_body_Nm) noexcept nogil
    cdef int _edges(self, double* edges_s, double t_a, double t_b) noexcept nogil
    cdef void _thrust(self, double t_a, double t_b, double* push_body_mps2, double* torque_body_Nm) noexcept nogil
    cdef void _check_contact(self, const craft_t* chaser_0, const craft_t* target_0, double t_s, double h_s) noexcept nogil
    cdef void _carry_captured(self) noexcept nogil
