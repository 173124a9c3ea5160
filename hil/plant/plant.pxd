"""Truth of every body: 6-DOF each in ECI, thrusters, ports, contact and capture."""

from libc.stdint cimport uint32_t, uint64_t

from hil.effectors.thrusters cimport ACTUATORS_MAX_THRUSTERS, pulse_t, thruster_t
from hil.plant.attitude cimport attitude_t
from hil.plant.clearance cimport nearest_t, outline_t, pair_t
from hil.plant.contact cimport contact_t, port_state_t, port_t
from hil.plant.dynamics cimport body_t
from hil.plant.docking cimport stack_t
from hil.plant.environment cimport environment_t
from hil.plant.passive cimport drift_state_t
from hil.plant.shapes cimport shape_t

cdef enum:
    PLANT_MAX_BODIES = 8
    PLANT_MAX_PORTS = 4
    PLANT_MAX_PAIRS = 28                # of 8 bodies
    PLANT_MAX_COLLISIONS = 16

# One cycle as the chaser's IMU would integrate it without error
ctypedef struct imu_truth_t:
    double dtheta_body_rad[3]           # integral of the body rate
    double dv_com_body_mps[3]           # integral of the non-gravitational specific force at the c.m.
    double w_start_body_radps[3]
    double w_end_body_radps[3]

# Where a body first left what the models hold for
ctypedef enum left_t:
    LEFT_NOTHING = 0
    LEFT_HEIGHTS = 1                    # value in m
    LEFT_ROTATION = 2                   # value in rad a step
    LEFT_IN_DRIFT = 3                   # a free drift for passive safety; value in m

# What changes slowly enough to be held over seconds
ctypedef struct slow_t:
    double a_mps2[3]                    # all of it, eci
    double felt_mps2[3]                 # what is not gravity, which an accelerometer senses

# What a step of chaser and target changes, to fly it again
ctypedef struct before_t:
    body_t chaser
    body_t target
    imu_truth_t imu
    double area_done_s[ACTUATORS_MAX_THRUSTERS]     # of the active thrusters, in their order
    double impulse_Ns[ACTUATORS_MAX_THRUSTERS]
    double propellant_kg[ACTUATORS_MAX_THRUSTERS]

# Where a body is and how it moves
ctypedef struct pose_t:
    double r_eci_m[3]
    double v_eci_mps[3]
    double q_body_from_eci[4]
    double w_body_radps[3]

# Two bodies touched where no port allows it
ctypedef struct collision_t:
    int a
    int b
    double t_s
    double point_body_m[3]              # in b's structural frame
    double speed_mps                    # of one surface against the other

cdef class Plant:
    cdef body_t bodies[PLANT_MAX_BODIES]
    cdef attitude_t attitudes[PLANT_MAX_BODIES]
    cdef port_t ports[PLANT_MAX_BODIES][PLANT_MAX_PORTS]
    cdef int n_ports[PLANT_MAX_BODIES]
    cdef slow_t slow[PLANT_MAX_BODIES]
    cdef int n_bodies, i_chaser, i_target
    cdef readonly tuple names                   # of the bodies, in their order
    cdef readonly tuple port_names              # of each body's ports
    cdef body_t* chaser                 # two of the bodies
    cdef body_t* target
    cdef port_t* chaser_port            # the ports that truth is about: the first of each, or those that touched
    cdef port_t* target_port
    cdef stack_t stack                  # both, while docked
    cdef slow_t slow_stack
    cdef readonly bint docked           # chaser and target are one rigid body
    cdef environment_t env
    cdef list tables                    # of other celestial bodies, which env points into
    cdef contact_t contact
    cdef bint touched                   # a port has touched in flight, and was captured or outside what captures
    cdef shape_t shapes[PLANT_MAX_BODIES]
    cdef outline_t outlines[PLANT_MAX_BODIES]
    cdef pose_t poses[PLANT_MAX_BODIES]         # at the start of the step
    cdef pair_t pairs[PLANT_MAX_PAIRS]
    cdef int n_pairs
    cdef pair_t* meeting                # chaser and target
    cdef bint looked                    # the pairs' clearances are known
    cdef collision_t collisions_[PLANT_MAX_COLLISIONS]   # the first ones
    cdef readonly int n_collisions
    cdef bint looks_always              # at every pair after every step; what is found is the same
    cdef imu_truth_t imu                # of the last cycle
    cdef thruster_t thrusters[ACTUATORS_MAX_THRUSTERS]
    cdef pulse_t pulses[ACTUATORS_MAX_THRUSTERS]
    cdef int active[ACTUATORS_MAX_THRUSTERS]    # thrusters with thrust in this cycle
    cdef int n_active
    cdef int n_thrusters
    cdef uint64_t t_us                  # since scenario start
    cdef double step_max_s
    cdef uint32_t dock_armed            # bit n: the mechanism on the chaser's port n captures
    cdef bint dock_release              # it lets go at the start of a cycle
    cdef uint64_t slow_due_us
    cdef double contact_reach_m         # between the centres of mass, beyond which no port can touch
    cdef double height_low_m            # every body stays between these, or leaves the range of a model
    cdef double height_high_m
    cdef int left_what                  # left_t, of the first time
    cdef int left_body
    cdef double left_value
    cdef double left_t_s

    # One control cycle: thrusters open at its start, each for its on-time (n_thrusters values)
    cdef void advance(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil
    cdef void port_state(self, port_state_t* out) noexcept nogil
    # Which of the chaser's ports truth is about
    cdef uint32_t chaser_port_index(self) noexcept nogil
    cdef void drift_state(self, drift_state_t* out) noexcept nogil
    cdef void _lit(self, drift_state_t* out) noexcept nogil
    # Chaser relative to target, c.m. to c.m., hill axes
    cdef void relative_hill(self, double* r_hill_m, double* v_hill_mps) noexcept nogil
    # 1 in full Sun, 0 in umbra
    cdef double sunlit_chaser(self) noexcept nogil
    # Shortest distance of the surfaces of chaser and target
    cdef double clearance_m(self) noexcept nogil
    cdef int index(self, name, what=*) except -1
    cdef int _of(self, name) except -1
    cdef int _port_index(self, int i, name) except -1
    cdef void _find_reach(self) noexcept
    cdef void _hold_slow(self, uint32_t cycle_us) noexcept nogil
    cdef void _slow(self, const body_t* body, slow_t* slow, double hold_s) noexcept nogil
    cdef void _watch(self, int i) noexcept nogil
    cdef void _leave(self, int what, int body, double value, double t_s) noexcept nogil
    cdef void _open_thrusters(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil
    cdef void _step(self, double t0_s, double h_s) noexcept nogil
    cdef void _bounce(self) noexcept nogil
    cdef void _part(self) noexcept nogil
    cdef void _keep(self, before_t* before) noexcept nogil
    cdef void _capture(self, const before_t* before, double t0_s, double s, double h_s) noexcept nogil
    cdef void _feel(self, const double* v_eci_mps) noexcept nogil
    cdef void _release(self) noexcept nogil
    cdef void _step_body(self, int i, double t0_s, double h_s) noexcept nogil
    cdef void _step_docked(self, double t0_s, double h_s) noexcept nogil
    cdef void _step_flown(self, body_t* body, const slow_t* slow, double t0_s, double h_s, const double* torque_body_Nm,
                          double* dtheta_body_rad, double* dv_body_mps) noexcept nogil
    cdef int _edges(self, double* edges_s, double t_a, double t_b) noexcept nogil
    cdef void _thrust(self, body_t* body, double t_a, double t_b, double* push_body_mps2, double* torque_body_Nm) noexcept nogil
    cdef double _check_contact(self, const before_t* before, double t_s, double h_s) noexcept nogil
    cdef bint _touched(self, const before_t* before, const port_t* port, const port_t* tport, double t_s,
                       double h_s) noexcept nogil
    cdef int _load_pairs(self, config) except -1
    cdef void _keep_poses(self) noexcept nogil
    cdef void _look_first(self) noexcept nogil
    cdef void _look_at_pairs(self, double t_s, double h_s) noexcept nogil
    cdef void _look(self, pair_t* pair, double moved_m, double t_s, double h_s) noexcept nogil
    cdef double _sweep(self, const pair_t* pair, nearest_t* found, double moved_m, double h_s) noexcept nogil
    cdef void _collide(self, pair_t* pair, const nearest_t* found, double s, double t_s, double h_s) noexcept nogil
    cdef void _at(self, body_t* out, int i, double s, double h_s) noexcept nogil
