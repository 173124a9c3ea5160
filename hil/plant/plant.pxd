"""Truth of chaser and target: 6-DOF each in ECI, thrusters, ports, contact and capture.

Quaternions are scalar first; `q_body_from_eci` maps ECI components to body components. Rates are
of the body with respect to ECI in body axes. Positions on a craft are in its structural body frame
(origin fixed to the structure); torques and inertias are about the centre of mass.
Port frames: +x along the docking axis, pointing outward. Two ports are mated when their origins
coincide and q_tport_from_port has its declared docked value (x axes opposed; usually z axes aligned).
"""

from libc.stdint cimport uint32_t, uint64_t

from hil.actuators cimport ACTUATORS_MAX_THRUSTERS, pulse_t, thruster_t
from hil.plant.environment cimport environment_t

ctypedef struct craft_t:
    # state
    double r_eci_m[3]               # of the centre of mass
    double v_eci_mps[3]
    double q_body_from_eci[4]
    double w_body_radps[3]
    # mass properties, kept up to date as propellant leaves
    double mass_kg
    double com_body_m[3]
    double inertia_body_kgm2[9]     # about the centre of mass
    double inertia_inverse[9]
    double propellant_kg
    double dry_mass_kg
    double dry_com_body_m[3]
    double dry_inertia_body_kgm2[9] # about the dry centre of mass
    double tank_body_m[3]           # propellant is a point mass here
    # aerodynamics (a sphere)
    double cd
    double area_m2
    # docking port
    double port_body_m[3]
    double q_port_from_body[4]

# The chaser's port seen from the target's port
ctypedef struct port_state_t:
    double r_port_tport_tport_m[3]      # chaser port relative to target port, tport axes
    double v_port_tport_tport_mps[3]    # as seen in the rotating tport frame
    double axial_m                      # x of the above: range port to port along the docking axis
    double lateral_m                    # off the docking axis
    double closing_mps                  # -d(axial)/dt
    double lateral_rate_mps
    double corridor_rad                 # angle off the docking axis at the target port, 0..pi
    double pitch_yaw_rad                # between the opposed x axes (vector sum)
    double roll_rad                     # of the chaser about tport x, -pi..pi
    double w_port_tport_tport_radps[3]  # chaser's rate relative to the target, tport axes
    double pitch_yaw_rate_radps
    double roll_rate_radps              # signed, about tport x
    double range_com_m                  # centre of mass to centre of mass

ctypedef enum contact_status_t:
    CONTACT_NONE = 0
    CONTACT_CAPTURED = 1                # inside the capture envelope: held rigid from here on
    CONTACT_FAILED = 2                  # touched outside the envelope

ctypedef struct contact_t:
    int status                          # contact_status_t
    double t_s                          # since scenario start, interpolated
    port_state_t state                  # at t_s

# Largest values at which the mechanism captures
ctypedef struct capture_envelope_t:
    double closing_min_mps
    double closing_max_mps
    double lateral_m
    double lateral_rate_mps
    double pitch_yaw_rad
    double roll_rad
    double pitch_yaw_rate_radps
    double roll_rate_radps
    double touch_lateral_m              # crossing the docking plane farther off axis than this is no touch

# Target attitude: truth follows this reference about LVLH
ctypedef struct target_hold_t:
    double q_tbody_from_hill_nominal[4]
    double bias_rad[3]                  # rotation vector, tbody axes
    double rate_amplitude_radps[3]      # of the limit cycle
    double sin_phase[3]
    double cos_phase[3]
    double limit_cycle_radps            # its angular frequency
    double bandwidth_radps              # of the ideal-torque controller

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

# What a free drift starts from
ctypedef struct drift_state_t:
    uint64_t t_us
    double r_chaser_eci_m[3]
    double v_chaser_eci_mps[3]
    double r_target_eci_m[3]
    double v_target_eci_mps[3]
    double cd_area_over_mass_chaser_m2pkg
    double cd_area_over_mass_target_m2pkg

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
    cdef void _hold_torque(self, double t_s, double* torque_body_Nm) noexcept nogil
    cdef void _check_contact(self, const craft_t* chaser_0, const craft_t* target_0, double t_s, double h_s) noexcept nogil
    cdef void _carry_captured(self) noexcept nogil
    cdef void _port_state_of(self, const craft_t* chaser, const craft_t* target, port_state_t* out) noexcept nogil

# Smallest distance between the centres of mass in a free drift (gravity and drag on both).
# Returns metres; *t_min_s is its time from the start of the drift. *low_m and *high_m move out to the heights of both.
cdef double passive_min_distance_m(const environment_t* env, const drift_state_t* start, double duration_s,
                                   double step_s, double* t_min_s, double* low_m, double* high_m) noexcept nogil
