"""Truth of chaser and target: 6-DOF each in ECI. Conventions in dynamics.pxd and contact.pxd, models in docs/design/plant.md.

The chaser's step is split at every edge of every thruster's profile, so that
in each piece the thrust is one linear function of time; the force used in a piece is its exact mean,
a difference of the profile's antiderivative. The impulse delivered is therefore the declared one
whatever the step.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from gnc.ccore cimport (
    elem_asin, orbit_gravity, orbit_hill_frame, orbit_hill_to_relative, orbit_relative_to_hill, quat_conj, quat_from_dcm,
    quat_irotate, quat_mul, quat_rotate, vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_dot, vec3_norm, vec3_scale,
    vec3_set, vec3_sub,
)
from hil.actuators cimport ACTUATORS_MAX_THRUSTERS, actuators_area_s, actuators_open, pulse_t, thruster_t
from hil.plant.attitude cimport attitude_hold_torque, attitude_reference
from hil.plant.contact cimport (
    CONTACT_CAPTURED, CONTACT_FAILED, CONTACT_NONE, contact_inside, contact_port_state, port_state_t,
)
from hil.plant.dynamics cimport (
    craft_t, dynamics_between, dynamics_gravity_gradient, dynamics_mass_properties, dynamics_mean_push, dynamics_rotate,
    dynamics_translate,
)
from hil.plant.environment cimport (
    environment_density_kgpm3, environment_height_m, environment_slow, environment_sunlit, environment_update,
)
from hil.plant.loading cimport (
    as_tuple, load_at_least_zero, load_craft, load_environment, load_hold, load_positive, load_quat, load_thruster, load_vec,
)
from hil.plant.passive cimport drift_state_t, passive_min_distance_m

import numpy as np

from hil.plant.config import CaptureConfig, PlantConfig

cdef double G0_MPS2 = 9.80665               # standard gravity (CGPM 1901), defines the specific impulse
cdef uint64_t SLOW_HOLD_US = 2000000
# What Runge-Kutta 4 turns a craft in a step: 0.2 rad leave 2e-7 rad of error
cdef double ROTATION_MAX_RAD = 0.2
# A pair that closes faster than this may pass between two looks at the ports
cdef double CLOSING_MAX_MPS = 100.0
cdef enum:
    MAX_EDGES = 3 * ACTUATORS_MAX_THRUSTERS + 2
    CONTACT_BISECTIONS = 50


cdef class Plant:
    """Truth of chaser and target; built from a `PlantConfig`.

    Set the initial states with `set_target` and `set_chaser_hill` (or `set_chaser`) before the first cycle.
    From Python, `run` flies cycles; the closed loop calls `advance` without the GIL.
    """

    def __init__(self, config: PlantConfig):
        cdef int i
        if len(config.thrusters) > ACTUATORS_MAX_THRUSTERS:
            raise ValueError(f"{len(config.thrusters)} thrusters: expected at most {ACTUATORS_MAX_THRUSTERS}")
        load_positive(config.step_s, "step_s")
        self.step_max_s = config.step_s
        self.height_low_m, self.height_high_m = config.height_range_m
        load_environment(&self.env, config.environment)
        load_craft(&self.chaser, config.chaser, "chaser")
        load_craft(&self.target, config.target, "target")
        self.n_thrusters = len(config.thrusters)
        for i in range(self.n_thrusters):
            load_thruster(&self.thrusters[i], config.thrusters[i], i)
        load_hold(&self.hold, config.hold)
        self._load_capture(config.capture)
        load_quat(self.q_tport_from_port_docked, config.q_tport_from_port_docked, "q_tport_from_port_docked")

    def _load_capture(self, capture: CaptureConfig | None):
        cdef double arm = 0.0
        cdef double d[3]
        c = capture if capture is not None else CaptureConfig(*([0.0] * 8), touch_lateral_m=0.0)
        for name, value in vars(c).items():
            load_at_least_zero(value, f"capture.{name}")
        self.envelope.closing_min_mps = c.closing_min_mps
        self.envelope.closing_max_mps = c.closing_max_mps
        self.envelope.lateral_m = c.lateral_m
        self.envelope.lateral_rate_mps = c.lateral_rate_mps
        self.envelope.pitch_yaw_rad = c.pitch_yaw_rad
        self.envelope.roll_rad = c.roll_rad
        self.envelope.pitch_yaw_rate_radps = c.pitch_yaw_rate_radps
        self.envelope.roll_rate_radps = c.roll_rate_radps
        self.envelope.touch_lateral_m = c.touch_lateral_m
        vec3_sub(d, self.chaser.port_body_m, self.chaser.com_body_m)
        arm += vec3_norm(d)
        vec3_sub(d, self.target.port_body_m, self.target.com_body_m)
        arm += vec3_norm(d)
        arm += c.touch_lateral_m + CLOSING_MAX_MPS * self.step_max_s
        self.contact_reach_m = arm if capture is not None else 0.0

    # ---- time stepping ----

    cdef void advance(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil:
        cdef double cycle_s = <double>cycle_us * 1e-6
        cdef double propellant = self.chaser.propellant_kg, h, hold_s
        cdef int k, n = 1
        environment_update(&self.env, self.t_us)
        if self.t_us >= self.slow_due_us:
            self.slow_due_us = self.t_us + (cycle_us if cycle_us > SLOW_HOLD_US else SLOW_HOLD_US)
            hold_s = <double>(self.slow_due_us - self.t_us) * 1e-6
            environment_slow(self.a_slow_chaser_mps2, self.drag_chaser_mps2, &self.env, self.t_us, hold_s,
                             self.chaser.cd * self.chaser.area_m2 / self.chaser.mass_kg,
                             self.chaser.r_eci_m, self.chaser.v_eci_mps)
            environment_slow(self.a_slow_target_mps2, self.imu.dtheta_body_rad, &self.env, self.t_us, hold_s,
                             self.target.cd * self.target.area_m2 / self.target.mass_kg,
                             self.target.r_eci_m, self.target.v_eci_mps)
            self._watch(&self.chaser)
            self._watch(&self.target)
        vec3_set(self.imu.dtheta_body_rad, 0.0, 0.0, 0.0)
        vec3_set(self.imu.dv_com_body_mps, 0.0, 0.0, 0.0)
        vec3_copy(self.imu.w_start_body_radps, self.chaser.w_body_radps)
        self._open_thrusters(thruster_on_us, cycle_us)
        while <double>n * self.step_max_s < cycle_s * (1.0 - 1e-9):
            n += 1
        h = cycle_s / <double>n
        for k in range(n):
            self._step(<double>k * h, h)
        if self.chaser.propellant_kg != propellant:
            dynamics_mass_properties(&self.chaser)
        vec3_copy(self.imu.w_end_body_radps, self.chaser.w_body_radps)
        self.t_us += cycle_us

    cdef void _watch(self, const craft_t* craft) noexcept nogil:
        """Notes a craft that leaves what the models hold for."""
        cdef double height = environment_height_m(&self.env, craft.r_eci_m)
        cdef double turned = vec3_norm(craft.w_body_radps) * self.step_max_s
        if not self.height_low_m <= height <= self.height_high_m:
            self._leave(LEFT_HEIGHTS, craft == &self.target, height, <double>self.t_us * 1e-6)
        if not turned <= ROTATION_MAX_RAD:
            self._leave(LEFT_ROTATION, craft == &self.target, turned, <double>self.t_us * 1e-6)

    cdef void _leave(self, int what, bint by_target, double value, double t_s) noexcept nogil:
        if self.left_what == LEFT_NOTHING:
            self.left_what, self.left_by_target, self.left_value, self.left_t_s = what, by_target, value, t_s

    cdef void _open_thrusters(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil:
        cdef int i
        self.n_active = 0
        for i in range(self.n_thrusters):
            if thruster_on_us[i] == 0 and self.thrusters[i].level == 0.0 and not self.thrusters[i].stuck_on:
                self.thrusters[i].open_at_cycle_end = False
                self.thrusters[i].driven_us = 0
                continue
            if actuators_open(&self.pulses[i], &self.thrusters[i], thruster_on_us[i], cycle_us):
                self.active[self.n_active] = i
                self.n_active += 1

    cdef void _step(self, double t0_s, double h_s) noexcept nogil:
        cdef double t_s = <double>self.t_us * 1e-6 + t0_s
        cdef double torque[3]
        cdef double hold[3]
        cdef double apart[3]
        cdef craft_t chaser_0
        cdef craft_t target_0
        cdef bint near = False
        if self.contact_reach_m > 0.0 and self.contact.status == CONTACT_NONE:
            vec3_sub(apart, self.chaser.r_eci_m, self.target.r_eci_m)
            near = vec3_dot(apart, apart) < self.contact_reach_m * self.contact_reach_m
            if near:
                memcpy(&chaser_0, &self.chaser, sizeof(craft_t))
                memcpy(&target_0, &self.target, sizeof(craft_t))
        dynamics_gravity_gradient(torque, &self.target, self.env.gravity.mu_m3ps2, h_s)
        attitude_hold_torque(hold, &self.hold, &self.target, t_s)
        vec3_add(torque, torque, hold)
        dynamics_translate(self.target.r_eci_m, self.target.v_eci_mps, &self.env.gravity, self.a_slow_target_mps2, h_s)
        dynamics_rotate(&self.target, torque, h_s, NULL)
        dynamics_gravity_gradient(torque, &self.chaser, self.env.gravity.mu_m3ps2, h_s)
        self._step_chaser(t0_s, h_s, torque)
        if near:
            self._check_contact(&chaser_0, &target_0, t_s, h_s)
        if self.contact.status == CONTACT_CAPTURED:
            self._carry_captured()

    cdef void _step_chaser(self, double t0_s, double h_s, const double* torque_body_Nm) noexcept nogil:
        """The chaser's step: the coasting arc in one, attitude and thrust in pieces between the edges of the thrust.

        Adding the thrust's motion to the coasting arc leaves out the change of gravity over the thrust's
        displacement within the step: 3e-10 m/s a step at 0.2 m/s2 and 0.1 s.
        """
        cdef double edges[MAX_EDGES]
        cdef double push[3]
        cdef double torque[3]
        cdef double dr[3]
        cdef double dv[3]
        cdef double q[4]
        cdef double w[3]
        cdef double a[3]
        cdef double t_a, t_b, h
        cdef int i, e, n
        quat_rotate(push, self.chaser.q_body_from_eci, self.drag_chaser_mps2)
        vec3_axpy(self.imu.dv_com_body_mps, self.imu.dv_com_body_mps, h_s, push)
        dynamics_translate(self.chaser.r_eci_m, self.chaser.v_eci_mps, &self.env.gravity, self.a_slow_chaser_mps2, h_s)
        if self.n_active == 0:
            dynamics_rotate(&self.chaser, torque_body_Nm, h_s, self.imu.dtheta_body_rad)
            return
        n = self._edges(edges, t0_s, t0_s + h_s)
        vec3_set(dr, 0.0, 0.0, 0.0)
        vec3_set(dv, 0.0, 0.0, 0.0)
        t_a = t0_s
        for e in range(n):
            t_b = edges[e]
            vec3_copy(torque, torque_body_Nm)
            self._thrust(t_a, t_b, push, torque)
            h = t_b - t_a
            vec3_axpy(self.imu.dv_com_body_mps, self.imu.dv_com_body_mps, h, push)
            vec3_copy(w, self.chaser.w_body_radps)
            for i in range(4):
                q[i] = self.chaser.q_body_from_eci[i]
            dynamics_rotate(&self.chaser, torque, h, self.imu.dtheta_body_rad)
            dynamics_mean_push(a, push, q, w, self.chaser.w_body_radps, h)
            for i in range(3):
                dr[i] += h * (dv[i] + 0.5 * h * a[i])
                dv[i] += h * a[i]
            t_a = t_b
        vec3_add(self.chaser.r_eci_m, self.chaser.r_eci_m, dr)
        vec3_add(self.chaser.v_eci_mps, self.chaser.v_eci_mps, dv)

    cdef int _edges(self, double* edges_s, double t_a, double t_b) noexcept nogil:
        """Instants in (t_a, t_b] at which any thruster's profile changes its slope, ascending, t_b last; their number."""
        cdef double edge
        cdef int i, j, k, m, e, n = 0
        for k in range(self.n_active):
            i = self.active[k]
            for e in range(3):
                edge = (self.pulses[i].t_peak_s if e == 0 else
                        self.pulses[i].t_off_s if e == 1 else self.pulses[i].t_end_s)
                if edge <= t_a or edge >= t_b:
                    continue
                j = n
                while j > 0 and edges_s[j - 1] > edge:
                    j -= 1
                if j > 0 and edges_s[j - 1] == edge:
                    continue
                for m in range(n, j, -1):
                    edges_s[m] = edges_s[m - 1]
                edges_s[j] = edge
                n += 1
        edges_s[n] = t_b
        return n + 1

    cdef void _thrust(self, double t_a, double t_b, double* push_body_mps2, double* torque_body_Nm) noexcept nogil:
        """Mean thrust of the piece (t_a, t_b), exact from the profiles.

        Sets the specific force, adds to the torque, spends propellant and keeps the accounts.
        """
        cdef double arm[3]
        cdef double force[3]
        cdef double area, impulse, propellant, spent = 0.0, per_s = 1.0 / (t_b - t_a)
        cdef thruster_t* th
        cdef int i, k
        vec3_set(force, 0.0, 0.0, 0.0)
        for k in range(self.n_active):
            i = self.active[k]
            if t_a >= self.pulses[i].t_end_s:
                continue
            th = &self.thrusters[i]
            area = actuators_area_s(&self.pulses[i], t_b)
            impulse = th.thrust_n * (area - self.pulses[i].area_done_s)
            self.pulses[i].area_done_s = area
            propellant = impulse / (th.isp_s * G0_MPS2)
            if impulse <= 0.0 or spent + propellant > self.chaser.propellant_kg:    # or the tank is empty
                continue
            spent += propellant
            th.impulse_Ns += impulse
            th.propellant_kg += propellant
            if self.contact.status == CONTACT_CAPTURED:
                continue
            vec3_axpy(force, force, impulse * per_s, th.direction_body)
            vec3_sub(arm, th.position_body_m, self.chaser.com_body_m)
            vec3_cross(arm, arm, th.direction_body)
            vec3_axpy(torque_body_Nm, torque_body_Nm, impulse * per_s, arm)
        # the mass at the middle of the piece
        vec3_scale(push_body_mps2, 1.0 / (self.chaser.mass_kg - 0.5 * spent), force)
        self.chaser.mass_kg -= spent
        self.chaser.propellant_kg -= spent

    # ---- ports and contact ----

    cdef void port_state(self, port_state_t* out) noexcept nogil:
        contact_port_state(out, &self.chaser, &self.target, self.q_tport_from_port_docked)

    cdef void _check_contact(self, const craft_t* chaser_0, const craft_t* target_0, double t_s, double h_s) noexcept nogil:
        """First crossing of the docking plane inside touch_lateral_m in this step: measured, then captured or not."""
        cdef port_state_t ps
        cdef craft_t chaser
        cdef craft_t target
        cdef double lo = 0.0, hi = 1.0, mid
        cdef double q[4]
        cdef int k
        contact_port_state(&ps, &self.chaser, &self.target, self.q_tport_from_port_docked)
        if not (ps.axial_m <= 0.0 and ps.lateral_m <= self.envelope.touch_lateral_m):
            return
        contact_port_state(&ps, chaser_0, target_0, self.q_tport_from_port_docked)
        if not ps.axial_m > 0.0:
            return
        for k in range(CONTACT_BISECTIONS):
            mid = 0.5 * (lo + hi)
            dynamics_between(&chaser, chaser_0, &self.chaser, mid, h_s)
            dynamics_between(&target, target_0, &self.target, mid, h_s)
            contact_port_state(&ps, &chaser, &target, self.q_tport_from_port_docked)
            if ps.axial_m > 0.0:
                lo = mid
            else:
                hi = mid
        self.contact.t_s = t_s + hi * h_s
        self.contact.state = ps
        if not self.dock_armed or not contact_inside(&ps, &self.envelope):
            self.contact.status = CONTACT_FAILED
            return
        self.contact.status = CONTACT_CAPTURED
        vec3_sub(q, chaser.r_eci_m, target.r_eci_m)
        quat_rotate(self.r_chaser_target_tbody_m, target.q_body_from_eci, q)
        quat_conj(q, target.q_body_from_eci)
        quat_mul(self.q_body_from_tbody, chaser.q_body_from_eci, q)

    cdef void _carry_captured(self) noexcept nogil:
        """Chaser rigid with the target as at capture; the IMU senses the velocity this imposes."""
        cdef double arm[3]
        cdef double v[3]
        cdef double dv[3]
        quat_irotate(arm, self.target.q_body_from_eci, self.r_chaser_target_tbody_m)
        vec3_cross(v, self.target.w_body_radps, self.r_chaser_target_tbody_m)
        quat_irotate(v, self.target.q_body_from_eci, v)
        vec3_add(v, v, self.target.v_eci_mps)
        vec3_sub(dv, v, self.chaser.v_eci_mps)
        vec3_add(self.chaser.r_eci_m, self.target.r_eci_m, arm)
        vec3_copy(self.chaser.v_eci_mps, v)
        quat_mul(self.chaser.q_body_from_eci, self.q_body_from_tbody, self.target.q_body_from_eci)
        quat_rotate(self.chaser.w_body_radps, self.q_body_from_tbody, self.target.w_body_radps)
        quat_rotate(dv, self.chaser.q_body_from_eci, dv)
        vec3_add(self.imu.dv_com_body_mps, self.imu.dv_com_body_mps, dv)

    # ---- what others ask for ----

    cdef void relative_hill(self, double* r_hill_m, double* v_hill_mps) noexcept nogil:
        cdef double dr[3]
        cdef double dv[3]
        vec3_sub(dr, self.chaser.r_eci_m, self.target.r_eci_m)
        vec3_sub(dv, self.chaser.v_eci_mps, self.target.v_eci_mps)
        orbit_relative_to_hill(r_hill_m, v_hill_mps, self.target.r_eci_m, self.target.v_eci_mps, dr, dv)

    cdef void drift_state(self, drift_state_t* out) noexcept nogil:
        out.t_us = self.t_us
        vec3_copy(out.r_chaser_eci_m, self.chaser.r_eci_m)
        vec3_copy(out.v_chaser_eci_mps, self.chaser.v_eci_mps)
        vec3_copy(out.r_target_eci_m, self.target.r_eci_m)
        vec3_copy(out.v_target_eci_mps, self.target.v_eci_mps)
        out.cd_area_over_mass_chaser_m2pkg = self.chaser.cd * self.chaser.area_m2 / self.chaser.mass_kg
        out.cd_area_over_mass_target_m2pkg = self.target.cd * self.target.area_m2 / self.target.mass_kg

    cdef double sunlit_chaser(self) noexcept nogil:
        return environment_sunlit(&self.env, self.chaser.r_eci_m)

    # ---- Python: initial states, flying, looking ----

    def set_target(self, r_eci_m, v_eci_mps):
        """Put the target at (r, v) in ECI, 3 floats each, on its attitude reference."""
        cdef double dcm[9]
        cdef double w[3]
        cdef double alpha[3]
        load_vec(self.target.r_eci_m, r_eci_m, 3, "r_eci_m")
        load_vec(self.target.v_eci_mps, v_eci_mps, 3, "v_eci_mps")
        if not orbit_hill_frame(dcm, w, self.target.r_eci_m, self.target.v_eci_mps):
            raise ValueError(f"target state r={r_eci_m} m, v={v_eci_mps} m/s spans no orbit plane")
        attitude_reference(self.target.q_body_from_eci, self.target.w_body_radps, alpha, &self.hold, &self.target,
                        <double>self.t_us * 1e-6)
        self.slow_due_us = 0

    def set_chaser(self, r_eci_m, v_eci_mps, q_body_from_eci, w_body_radps):
        """Put the chaser's c.m. at (r, v) in ECI with its attitude and body rate with respect to ECI."""
        load_vec(self.chaser.r_eci_m, r_eci_m, 3, "r_eci_m")
        load_vec(self.chaser.v_eci_mps, v_eci_mps, 3, "v_eci_mps")
        load_quat(self.chaser.q_body_from_eci, q_body_from_eci, "q_body_from_eci")
        load_vec(self.chaser.w_body_radps, w_body_radps, 3, "w_body_radps")
        self.slow_due_us = 0

    def set_chaser_hill(self, r_hill_m, v_hill_mps, q_body_from_hill, w_body_hill_body_radps, datum="com"):
        """Put the chaser relative to the target, which must be set first.

        r_hill_m, v_hill_mps: position and velocity in the rotating hill frame, 3 floats each.
        datum "com": r is from c.m. to c.m. "port": r is of the chaser's port from the target's port in
        the target's nominal LVLH attitude; the velocity is the c.m.'s either way.
        q_body_from_hill, w_body_hill_body_radps: attitude and rate with respect to hill.
        """
        cdef double r[3]
        cdef double v[3]
        cdef double q[4]
        cdef double w[3]
        cdef double dcm[9]
        cdef double w_hill[3]
        cdef double q_hill[4]
        cdef double dr[3]
        cdef double dv[3]
        cdef double arm[3]
        load_vec(r, r_hill_m, 3, "r_hill_m")
        load_vec(v, v_hill_mps, 3, "v_hill_mps")
        load_quat(q, q_body_from_hill, "q_body_from_hill")
        load_vec(w, w_body_hill_body_radps, 3, "w_body_hill_body_radps")
        if datum not in ("com", "port"):
            raise ValueError(f"datum is {datum!r}: expected 'com' or 'port'")
        if not orbit_hill_frame(dcm, w_hill, self.target.r_eci_m, self.target.v_eci_mps):
            raise ValueError("the target's state must be set before the chaser's relative state")
        if datum == "port":
            vec3_sub(arm, self.target.port_body_m, self.target.com_body_m)
            quat_irotate(arm, self.hold.q_tbody_from_hill_nominal, arm)
            vec3_add(r, r, arm)
            vec3_sub(arm, self.chaser.port_body_m, self.chaser.com_body_m)
            quat_irotate(arm, q, arm)
            vec3_sub(r, r, arm)
        if not orbit_hill_to_relative(dr, dv, self.target.r_eci_m, self.target.v_eci_mps, r, v):
            raise ValueError("the target's state spans no orbit plane")
        vec3_add(self.chaser.r_eci_m, self.target.r_eci_m, dr)
        vec3_add(self.chaser.v_eci_mps, self.target.v_eci_mps, dv)
        quat_from_dcm(q_hill, dcm)
        quat_mul(self.chaser.q_body_from_eci, q, q_hill)
        quat_rotate(w_hill, q, w_hill)
        vec3_add(self.chaser.w_body_radps, w, w_hill)
        self.slow_due_us = 0

    def set_thruster_fault(self, int index, stuck_on=False, stuck_off=False):
        """Fault a thruster from now on, or clear its faults."""
        if not 0 <= index < self.n_thrusters:
            raise ValueError(f"thruster {index}: expected 0..{self.n_thrusters - 1}")
        self.thrusters[index].stuck_on = stuck_on
        self.thrusters[index].stuck_off = stuck_off

    def arm_dock(self, armed=True):
        """Arm or disarm the docking mechanism; it captures only when armed."""
        self.dock_armed = armed

    def run(self, int cycles, int cycle_us, on_us=None):
        """Fly `cycles` control cycles of cycle_us each; on_us: on-time in us a thruster, the same in every cycle."""
        cdef uint32_t on[ACTUATORS_MAX_THRUSTERS]
        cdef int i
        if cycle_us <= 0:
            raise ValueError(f"cycle_us is {cycle_us}: expected > 0")
        values = [0] * self.n_thrusters if on_us is None else list(on_us)
        if len(values) != self.n_thrusters:
            raise ValueError(f"on_us has {len(values)} values: expected one a thruster, {self.n_thrusters}")
        for i in range(self.n_thrusters):
            on[i] = values[i]
        with nogil:
            for i in range(cycles):
                self.advance(on, cycle_us)

    @property
    def t_s(self):
        """Time since scenario start."""
        return <double>self.t_us * 1e-6

    @property
    def pole_eci(self):
        """The Earth's pole of date, a unit vector."""
        return as_tuple(self.env.gravity.pole_eci, 3)

    def state(self, craft):
        """State and mass properties of "chaser" or "target" as a dict of tuples and floats; names carry units."""
        cdef craft_t* c = &self.chaser
        if craft not in ("chaser", "target"):
            raise ValueError(f"craft is {craft!r}: expected 'chaser' or 'target'")
        if craft == "target":
            c = &self.target
        return {
            "r_eci_m": as_tuple(c.r_eci_m, 3), "v_eci_mps": as_tuple(c.v_eci_mps, 3),
            "q_body_from_eci": as_tuple(c.q_body_from_eci, 4), "w_body_radps": as_tuple(c.w_body_radps, 3),
            "mass_kg": c.mass_kg, "com_body_m": as_tuple(c.com_body_m, 3),
            "inertia_body_kgm2": as_tuple(c.inertia_body_kgm2, 9), "propellant_kg": c.propellant_kg,
        }

    def relative(self):
        """Chaser relative to target, c.m. to c.m.: (r_hill_m, v_hill_mps), velocity in the rotating frame."""
        cdef double r[3]
        cdef double v[3]
        self.relative_hill(r, v)
        return as_tuple(r, 3), as_tuple(v, 3)

    def port(self):
        """The chaser's port seen from the target's port, a dict; fields as in `port_state_t`."""
        cdef port_state_t ps
        self.port_state(&ps)
        return ps

    def contact_record(self):
        """{"status", "t_s", "state"}; status 0 none, 1 captured, 2 touched outside the envelope."""
        return self.contact

    def left(self):
        """Where a craft first left what the models hold for; None while both are inside.

        {"what": "height", "rotation" or "drift" (a height in a free drift), "craft", "value" (m, rad a step, m), "t_s"}
        """
        if self.left_what == LEFT_NOTHING:
            return None
        return {
            "what": ("height", "rotation", "drift")[self.left_what - 1],
            "craft": "target" if self.left_by_target else "chaser",
            "value": self.left_value, "t_s": self.left_t_s,
        }

    def imu_truth(self):
        """What an ideal IMU integrated over the last cycle, a dict; fields as in `imu_truth_t`."""
        return self.imu

    def thruster(self, int index):
        """Configuration, state and accounts of one thruster, a dict; fields as in `thruster_t`."""
        if not 0 <= index < self.n_thrusters:
            raise ValueError(f"thruster {index}: expected 0..{self.n_thrusters - 1}")
        return self.thrusters[index]

    def density_kgpm3(self, craft="target"):
        """Air density at the craft, "chaser" or "target"."""
        if craft == "target":
            return environment_density_kgpm3(&self.env, self.target.r_eci_m)
        return environment_density_kgpm3(&self.env, self.chaser.r_eci_m)

    def accelerations(self, craft="target"):
        """What accelerates a craft now, ECI, m/s2: {"gravity", "drag"}, zonals and field together."""
        cdef craft_t* c = &self.target
        cdef double g[3]
        cdef double slow[3]
        cdef double drag[3]
        if craft == "chaser":
            c = &self.chaser
        environment_update(&self.env, self.t_us)
        orbit_gravity(g, &self.env.gravity, c.r_eci_m)
        environment_slow(slow, drag, &self.env, self.t_us, 0.0, c.cd * c.area_m2 / c.mass_kg, c.r_eci_m, c.v_eci_mps)
        vec3_add(g, g, slow)
        vec3_sub(g, g, drag)
        return {"gravity": as_tuple(g, 3), "drag": as_tuple(drag, 3)}

    def sunlit(self):
        """Fraction of the Sun's disc the chaser sees."""
        environment_update(&self.env, self.t_us)
        return self.sunlit_chaser()

    def hold_error_rad(self):
        """Angle between the target's attitude and the reference its hold follows."""
        cdef double q[4]
        cdef double w[3]
        cdef double a[3]
        cdef double c[4]
        attitude_reference(q, w, a, &self.hold, &self.target, <double>self.t_us * 1e-6)
        quat_conj(c, self.target.q_body_from_eci)
        quat_mul(q, q, c)
        return 2.0 * elem_asin(vec3_norm(&q[1]))

    def drift(self):
        """State a free drift starts from, one row for `passive_min_distances`."""
        cdef drift_state_t d
        self.drift_state(&d)
        return (d.t_us * 1e-6, *as_tuple(d.r_chaser_eci_m, 3), *as_tuple(d.v_chaser_eci_mps, 3),
                *as_tuple(d.r_target_eci_m, 3), *as_tuple(d.v_target_eci_mps, 3),
                d.cd_area_over_mass_chaser_m2pkg, d.cd_area_over_mass_target_m2pkg)

    def passive_min_distances(self, const double[:, ::1] states, double duration_s, double step_s=30.0):
        """Free drift of both craft, all thrust lost, from each row of `states` (n, 15), as `drift` gives them.

        Returns (min_distance_m, t_min_s), two lists of n floats: the smallest distance between the
        centres of mass and when it occurs, from the start of the drift. Same forces as the plant;
        `left` says when a drift leaves the heights that the models hold for.
        """
        cdef double low, high
        cdef Py_ssize_t i
        cdef int k
        cdef drift_state_t d
        if states.shape[1] != 15:
            raise ValueError(f"states has {states.shape[1]} columns: expected 15")
        if not (duration_s > 0.0 and step_s > 0.0):
            raise ValueError(f"duration_s is {duration_s}, step_s is {step_s}: expected both > 0")
        found = np.empty((2, states.shape[0]))
        cdef double[:, ::1] out = found
        with nogil:
            for i in range(states.shape[0]):
                d.t_us = <uint64_t>(states[i, 0] * 1e6 + 0.5)
                for k in range(3):
                    d.r_chaser_eci_m[k] = states[i, 1 + k]
                    d.v_chaser_eci_mps[k] = states[i, 4 + k]
                    d.r_target_eci_m[k] = states[i, 7 + k]
                    d.v_target_eci_mps[k] = states[i, 10 + k]
                d.cd_area_over_mass_chaser_m2pkg = states[i, 13]
                d.cd_area_over_mass_target_m2pkg = states[i, 14]
                low, high = self.height_low_m, self.height_high_m
                out[0, i] = passive_min_distance_m(&self.env, &d, duration_s, step_s, &out[1, i], &low, &high)
                if not self.height_low_m <= low:
                    self._leave(LEFT_IN_DRIFT, False, low, states[i, 0])
                if not high <= self.height_high_m:
                    self._leave(LEFT_IN_DRIFT, False, high, states[i, 0])
        return found[0].tolist(), found[1].tolist()
