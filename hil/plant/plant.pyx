"""Truth of chaser and target: 6-DOF each in ECI. Conventions in plant.pxd, models in docs/design/plant.md.

Classical Runge-Kutta 4. The chaser's step is split at every edge of every thruster's profile, so that
in each piece the thrust is one linear function of time; the force used in a piece is its exact mean,
a difference of the profile's antiderivative. The impulse delivered is therefore the declared one
whatever the step.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from gnc.ccore cimport (
    elem_abs, elem_asin, elem_atan2, elem_log, elem_sincos, elem_sqrt, gravity_t, mat3_inverse, mat3_mul_vec,
    orbit_gravity, orbit_hill_frame, orbit_hill_to_relative, orbit_relative_to_hill, quat_conj, quat_from_dcm,
    quat_irotate, quat_mul, quat_normalize, quat_rotate, vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_dot,
    vec3_norm, vec3_scale, vec3_set, vec3_sub,
)
from hil.actuators cimport ACTUATORS_MAX_THRUSTERS, actuators_area_s, actuators_open, pulse_t, thruster_t
from hil.plant.environment cimport (
    ENVIRONMENT_MAX_DEGREE, ENVIRONMENT_MAX_HEIGHTS, environment_density_kgpm3, environment_height_m, environment_slow, environment_sunlit,
    environment_t, environment_update,
)

import numpy as np

from hil.plant.config import HOLD_ANGLE_MAX_RAD, IDENTITY, CaptureConfig, CraftConfig, PlantConfig, inertia_problem
from hil.plant.environment import pole_of_date
from hil.timescales import Epoch

cdef double G0_MPS2 = 9.80665               # standard gravity (CGPM 1901), defines the specific impulse
cdef double TWO_PI = 6.28318530717958647693
cdef uint64_t SLOW_HOLD_US = 2000000
# What Runge-Kutta 4 turns a craft in a step: 0.2 rad leave 2e-7 rad of error
cdef double ROTATION_MAX_RAD = 0.2
# A pair that closes faster than this may pass between two looks at the ports
cdef double CLOSING_MAX_MPS = 100.0
cdef enum:
    MAX_EDGES = 3 * ACTUATORS_MAX_THRUSTERS + 2
    CONTACT_BISECTIONS = 50


# ---- one craft ------------------------------------------------------------------------------

cdef void _angular_acceleration(double* out, const craft_t* craft, const double* w, const double* torque) noexcept nogil:
    """Euler's equation for a rigid body."""
    cdef double h[3]
    cdef double gyro[3]
    mat3_mul_vec(h, craft.inertia_body_kgm2, w)
    vec3_cross(gyro, w, h)
    vec3_sub(gyro, torque, gyro)
    mat3_mul_vec(out, craft.inertia_inverse, gyro)


cdef inline void _quat_rate(double* out, const double* q, const double* w) noexcept nogil:
    """Rate of q_body_from_eci for body rate w: -1/2 [0, w] (x) q."""
    out[0] = 0.5 * (w[0] * q[1] + w[1] * q[2] + w[2] * q[3])
    out[1] = -0.5 * (w[0] * q[0] + w[1] * q[3] - w[2] * q[2])
    out[2] = -0.5 * (w[1] * q[0] + w[2] * q[1] - w[0] * q[3])
    out[3] = -0.5 * (w[2] * q[0] + w[0] * q[2] - w[1] * q[1])


cdef inline void _quat_axpy(double* out, const double* q, double s, const double* d) noexcept nogil:
    out[0] = q[0] + s * d[0]
    out[1] = q[1] + s * d[1]
    out[2] = q[2] + s * d[2]
    out[3] = q[3] + s * d[3]


cdef void _translate(double* r_eci_m, double* v_eci_mps, const gravity_t* gravity, const double* a_slow_mps2,
                     double h) noexcept nogil:
    """One step of classical Runge-Kutta 4 of position and velocity, the slow forces held."""
    cdef double k1[3]
    cdef double k2[3]
    cdef double k3[3]
    cdef double k4[3]
    cdef double x[3]
    cdef int i
    orbit_gravity(k1, gravity, r_eci_m)
    for i in range(3):
        k1[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + 0.5 * h * v_eci_mps[i]
    orbit_gravity(k2, gravity, x)
    for i in range(3):
        k2[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + 0.5 * h * (v_eci_mps[i] + 0.5 * h * k1[i])
    orbit_gravity(k3, gravity, x)
    for i in range(3):
        k3[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + h * (v_eci_mps[i] + 0.5 * h * k2[i])
    orbit_gravity(k4, gravity, x)
    for i in range(3):
        k4[i] += a_slow_mps2[i]
        r_eci_m[i] += h * (v_eci_mps[i] + h / 6.0 * (k1[i] + k2[i] + k3[i]))
        v_eci_mps[i] += h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i])


cdef void _rotate(craft_t* craft, const double* torque_body_Nm, double h, double* dtheta_body_rad) noexcept nogil:
    """One step of classical Runge-Kutta 4 of attitude and body rate, the torque held in body axes.

    dtheta_body_rad gains the integral of the body rate; it may be NULL.
    """
    cdef double w[3]
    cdef double q[4]
    cdef double kw[4][3]
    cdef double kq[4][4]
    cdef double stage_s, wk, f, sixth = h / 6.0
    cdef int i, k
    vec3_copy(w, craft.w_body_radps)
    for i in range(4):
        q[i] = craft.q_body_from_eci[i]
    for k in range(4):
        _angular_acceleration(kw[k], craft, w, torque_body_Nm)
        _quat_rate(kq[k], q, w)
        if dtheta_body_rad != NULL:
            wk = sixth if k == 0 or k == 3 else 2.0 * sixth
            vec3_axpy(dtheta_body_rad, dtheta_body_rad, wk, w)
        if k < 3:
            stage_s = h if k == 2 else 0.5 * h
            vec3_axpy(w, craft.w_body_radps, stage_s, kw[k])
            _quat_axpy(q, craft.q_body_from_eci, stage_s, kq[k])
    for i in range(3):
        craft.w_body_radps[i] += sixth * (kw[0][i] + 2.0 * (kw[1][i] + kw[2][i]) + kw[3][i])
    for i in range(4):
        q[i] = craft.q_body_from_eci[i] + sixth * (kq[0][i] + 2.0 * (kq[1][i] + kq[2][i]) + kq[3][i])
    # the norm has drifted by O(h^5): one Newton step of 1/sqrt brings it back
    f = 0.5 * (3.0 - (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]))
    for i in range(4):
        craft.q_body_from_eci[i] = f * q[i]


cdef void _mean_push(double* a_eci_mps2, const double* push_body_mps2, const double* q_body_from_eci,
                     const double* w_a, const double* w_b, double h) noexcept nogil:
    """Mean over h of an acceleration fixed in a body that starts at this attitude and turns at w_a .. w_b.

    Second order in the angle turned: what is left out is below (w h)^3 / 24 of the acceleration.
    """
    cdef double w[3]
    cdef double d[3]
    cdef double u[3]
    cdef int i
    for i in range(3):
        w[i] = (2.0 * w_a[i] + w_b[i]) / 3.0    # twice the mean angle turned, over h
    vec3_cross(d, w, push_body_mps2)
    vec3_axpy(u, push_body_mps2, 0.5 * h, d)
    vec3_cross(d, w, d)
    vec3_axpy(u, u, h * h / 6.0, d)
    quat_irotate(a_eci_mps2, q_body_from_eci, u)


cdef void _gravity_gradient(double* torque_body_Nm, const craft_t* craft, double mu, double h) noexcept nogil:
    """3 mu / r^5 (r x J r) in body axes (Wertz 1978, section 17.2.1), at the middle of a step of length h."""
    cdef double q[4]
    cdef double dq[4]
    cdef double r_eci[3]
    cdef double r[3]
    cdef double jr[3]
    cdef double r2, k
    _quat_rate(dq, craft.q_body_from_eci, craft.w_body_radps)
    _quat_axpy(q, craft.q_body_from_eci, 0.5 * h, dq)
    vec3_axpy(r_eci, craft.r_eci_m, 0.5 * h, craft.v_eci_mps)
    quat_rotate(r, q, r_eci)
    r2 = vec3_dot(r, r)
    k = 3.0 * mu / (r2 * r2 * elem_sqrt(r2))
    mat3_mul_vec(jr, craft.inertia_body_kgm2, r)
    vec3_cross(torque_body_Nm, r, jr)
    vec3_scale(torque_body_Nm, k, torque_body_Nm)


cdef void _mass_properties(craft_t* craft) noexcept nogil:
    """Mass, c.m. and inertia from the dry craft and the propellant left (point mass, parallel axes).

    The structure stays where it is and moves as it did: the state is carried to the new c.m.
    """
    cdef double shift[3]
    cdef double dv[3]
    cdef double d[3]
    cdef double mass, m, d2
    cdef int i, j, part
    mass = craft.dry_mass_kg + craft.propellant_kg
    craft.mass_kg = mass
    for i in range(3):
        d[i] = (craft.dry_mass_kg * craft.dry_com_body_m[i] + craft.propellant_kg * craft.tank_body_m[i]) / mass
        shift[i] = d[i] - craft.com_body_m[i]
        craft.com_body_m[i] = d[i]
    for i in range(9):
        craft.inertia_body_kgm2[i] = craft.dry_inertia_body_kgm2[i]
    for part in range(2):
        m = craft.dry_mass_kg if part == 0 else craft.propellant_kg
        for i in range(3):
            d[i] = (craft.dry_com_body_m[i] if part == 0 else craft.tank_body_m[i]) - craft.com_body_m[i]
        d2 = vec3_dot(d, d)
        for i in range(3):
            for j in range(3):
                craft.inertia_body_kgm2[3 * i + j] += m * ((d2 if i == j else 0.0) - d[i] * d[j])
    mat3_inverse(craft.inertia_inverse, craft.inertia_body_kgm2)
    vec3_cross(dv, craft.w_body_radps, shift)
    quat_irotate(shift, craft.q_body_from_eci, shift)
    quat_irotate(dv, craft.q_body_from_eci, dv)
    vec3_add(craft.r_eci_m, craft.r_eci_m, shift)
    vec3_add(craft.v_eci_mps, craft.v_eci_mps, dv)


cdef void _point_on(double* r_eci_m, const craft_t* craft, const double* point_body_m) noexcept nogil:
    """ECI position of a point of the structure."""
    vec3_sub(r_eci_m, point_body_m, craft.com_body_m)
    quat_irotate(r_eci_m, craft.q_body_from_eci, r_eci_m)
    vec3_add(r_eci_m, r_eci_m, craft.r_eci_m)


cdef void _between(craft_t* out, const craft_t* a, const craft_t* b, double s, double h) noexcept nogil:
    """State at fraction s of a step of length h from a to b: cubic Hermite in r, its slope in v, linear in q and w."""
    cdef double s2 = s * s, s3 = s * s * s
    cdef double h00 = 2.0 * s3 - 3.0 * s2 + 1.0, h10 = s3 - 2.0 * s2 + s, h01 = 3.0 * s2 - 2.0 * s3, h11 = s3 - s2
    cdef double d00 = 6.0 * (s2 - s) / h, d10 = 3.0 * s2 - 4.0 * s + 1.0, d11 = 3.0 * s2 - 2.0 * s
    cdef double sign = 1.0
    cdef int i
    memcpy(out, b, sizeof(craft_t))
    for i in range(3):
        out.r_eci_m[i] = h00 * a.r_eci_m[i] + h01 * b.r_eci_m[i] + h * (h10 * a.v_eci_mps[i] + h11 * b.v_eci_mps[i])
        out.v_eci_mps[i] = d00 * (a.r_eci_m[i] - b.r_eci_m[i]) + d10 * a.v_eci_mps[i] + d11 * b.v_eci_mps[i]
        out.w_body_radps[i] = a.w_body_radps[i] + s * (b.w_body_radps[i] - a.w_body_radps[i])
    for i in range(4):
        out.q_body_from_eci[i] = a.q_body_from_eci[i] + s * (b.q_body_from_eci[i] - a.q_body_from_eci[i])
    quat_normalize(out.q_body_from_eci)


cdef void _hold_reference(double* q_tbody_from_eci, double* w_tbody_radps, double* alpha_tbody_radps2,
                          const target_hold_t* hold, const craft_t* target, double t_s) noexcept nogil:
    """Attitude, rate and acceleration the target's hold follows: LVLH, turned by theta = bias + limit cycle.

    Rate and acceleration to first order in theta; what that leaves out (theta * theta', 6e-6 rad/s at
    1 deg and 0.02 deg/s) the controller's feedback takes up.
    """
    cdef double dcm[9]
    cdef double w_hill[3]
    cdef double theta[3]
    cdef double q[4]
    cdef double s, c, si, ci, rate, t2, om = hold.limit_cycle_radps
    cdef int i
    elem_sincos(om * t_s, &s, &c)
    for i in range(3):
        si = s * hold.cos_phase[i] + c * hold.sin_phase[i]
        ci = c * hold.cos_phase[i] - s * hold.sin_phase[i]
        rate = hold.rate_amplitude_radps[i]
        theta[i] = hold.bias_rad[i] + rate / om * si
        w_tbody_radps[i] = rate * ci
        alpha_tbody_radps2[i] = -rate * om * si
    orbit_hill_frame(dcm, w_hill, target.r_eci_m, target.v_eci_mps)
    quat_from_dcm(q_tbody_from_eci, dcm)
    quat_mul(q_tbody_from_eci, hold.q_tbody_from_hill_nominal, q_tbody_from_eci)
    # cosine and sine of the small half angle to fourth order
    t2 = vec3_dot(theta, theta)
    q[0] = 1.0 - t2 * (0.125 - t2 / 384.0)
    for i in range(3):
        q[i + 1] = -theta[i] * (0.5 - t2 / 48.0)
    quat_mul(q_tbody_from_eci, q, q_tbody_from_eci)
    quat_rotate(w_hill, hold.q_tbody_from_hill_nominal, w_hill)
    quat_rotate(w_hill, q, w_hill)
    vec3_add(w_tbody_radps, w_tbody_radps, w_hill)


cdef bint _inside(const port_state_t* ps, const capture_envelope_t* e) noexcept nogil:
    return (e.closing_min_mps <= ps.closing_mps <= e.closing_max_mps
            and ps.lateral_m <= e.lateral_m and ps.lateral_rate_mps <= e.lateral_rate_mps
            and ps.pitch_yaw_rad <= e.pitch_yaw_rad and elem_abs(ps.roll_rad) <= e.roll_rad
            and ps.pitch_yaw_rate_radps <= e.pitch_yaw_rate_radps
            and elem_abs(ps.roll_rate_radps) <= e.roll_rate_radps)


# ---- the plant ------------------------------------------------------------------------------

cdef class Plant:
    """Truth of chaser and target; built from a `PlantConfig`.

    Set the initial states with `set_target` and `set_chaser_hill` (or `set_chaser`) before the first cycle.
    From Python, `run` flies cycles; the closed loop calls `advance` without the GIL.
    """

    def __init__(self, config: PlantConfig):
        cdef int i
        if len(config.thrusters) > ACTUATORS_MAX_THRUSTERS:
            raise ValueError(f"{len(config.thrusters)} thrusters: expected at most {ACTUATORS_MAX_THRUSTERS}")
        _positive(config.step_s, "step_s")
        self.step_max_s = config.step_s
        self.height_low_m, self.height_high_m = config.height_range_m
        _load_environment(&self.env, config.environment)
        _load_craft(&self.chaser, config.chaser, "chaser")
        _load_craft(&self.target, config.target, "target")
        self.n_thrusters = len(config.thrusters)
        for i in range(self.n_thrusters):
            _load_thruster(&self.thrusters[i], config.thrusters[i], i)
        _load_hold(&self.hold, config.hold)
        self._load_capture(config.capture)
        _load_quat(self.q_tport_from_port_docked, config.q_tport_from_port_docked, "q_tport_from_port_docked")

    def _load_capture(self, capture: CaptureConfig | None):
        cdef double arm = 0.0
        cdef double d[3]
        c = capture if capture is not None else CaptureConfig(*([0.0] * 8), touch_lateral_m=0.0)
        for name, value in vars(c).items():
            _at_least_zero(value, f"capture.{name}")
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
            _mass_properties(&self.chaser)
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
        _gravity_gradient(torque, &self.target, self.env.gravity.mu_m3ps2, h_s)
        self._hold_torque(t_s, hold)
        vec3_add(torque, torque, hold)
        _translate(self.target.r_eci_m, self.target.v_eci_mps, &self.env.gravity, self.a_slow_target_mps2, h_s)
        _rotate(&self.target, torque, h_s, NULL)
        _gravity_gradient(torque, &self.chaser, self.env.gravity.mu_m3ps2, h_s)
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
        _translate(self.chaser.r_eci_m, self.chaser.v_eci_mps, &self.env.gravity, self.a_slow_chaser_mps2, h_s)
        if self.n_active == 0:
            _rotate(&self.chaser, torque_body_Nm, h_s, self.imu.dtheta_body_rad)
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
            _rotate(&self.chaser, torque, h, self.imu.dtheta_body_rad)
            _mean_push(a, push, q, w, self.chaser.w_body_radps, h)
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

    cdef void _hold_torque(self, double t_s, double* torque_body_Nm) noexcept nogil:
        """Ideal torque that keeps the target on its reference: feed-forward plus PD of unit damping."""
        cdef double q_ref[4]
        cdef double w_ref[3]
        cdef double alpha[3]
        cdef double q[4]
        cdef double h[3]
        cdef double sign, bw = self.hold.bandwidth_radps
        cdef int i
        _hold_reference(q_ref, w_ref, alpha, &self.hold, &self.target, t_s)
        # rotation from the attitude held to the reference, small: its vector part is -delta/2
        quat_conj(q, self.target.q_body_from_eci)
        quat_mul(q, q_ref, q)
        sign = -2.0 if q[0] >= 0.0 else 2.0
        for i in range(3):
            alpha[i] += bw * (bw * sign * q[i + 1] + 2.0 * (w_ref[i] - self.target.w_body_radps[i]))
        mat3_mul_vec(torque_body_Nm, self.target.inertia_body_kgm2, alpha)
        mat3_mul_vec(h, self.target.inertia_body_kgm2, self.target.w_body_radps)
        vec3_cross(h, self.target.w_body_radps, h)
        vec3_add(torque_body_Nm, torque_body_Nm, h)

    # ---- ports and contact ----

    cdef void port_state(self, port_state_t* out) noexcept nogil:
        self._port_state_of(&self.chaser, &self.target, out)

    cdef void _port_state_of(self, const craft_t* chaser, const craft_t* target, port_state_t* out) noexcept nogil:
        cdef double q_tport_from_eci[4]
        cdef double q[4]
        cdef double q_docked[4]
        cdef double a[3]
        cdef double b[3]
        cdef double rel[3]
        cdef double v[3]
        cdef double w[3]
        cdef double roll, swing, twist
        cdef int i
        quat_mul(q_tport_from_eci, target.q_port_from_body, target.q_body_from_eci)
        _point_on(a, chaser, chaser.port_body_m)
        _point_on(b, target, target.port_body_m)
        vec3_sub(rel, a, b)
        # velocity of each port point, then their difference as seen in the turning tport frame
        vec3_sub(a, chaser.port_body_m, chaser.com_body_m)
        vec3_cross(a, chaser.w_body_radps, a)
        quat_irotate(a, chaser.q_body_from_eci, a)
        vec3_sub(b, target.port_body_m, target.com_body_m)
        vec3_cross(b, target.w_body_radps, b)
        quat_irotate(b, target.q_body_from_eci, b)
        for i in range(3):
            v[i] = (chaser.v_eci_mps[i] - target.v_eci_mps[i]) + (a[i] - b[i])
        quat_irotate(w, target.q_body_from_eci, target.w_body_radps)
        vec3_cross(a, w, rel)
        vec3_sub(v, v, a)
        quat_rotate(out.r_port_tport_tport_m, q_tport_from_eci, rel)
        quat_rotate(out.v_port_tport_tport_mps, q_tport_from_eci, v)
        vec3_copy(rel, out.r_port_tport_tport_m)
        vec3_copy(v, out.v_port_tport_tport_mps)
        out.axial_m = rel[0]
        out.lateral_m = elem_sqrt(rel[1] * rel[1] + rel[2] * rel[2])
        out.closing_mps = -v[0]
        out.lateral_rate_mps = elem_sqrt(v[1] * v[1] + v[2] * v[2])
        out.corridor_rad = elem_atan2(out.lateral_m, out.axial_m)
        # rotation off the mated attitude, tport axes: twist about the docking axis, swing of it
        quat_mul(q, chaser.q_port_from_body, chaser.q_body_from_eci)
        quat_conj(q, q)
        quat_mul(q, q_tport_from_eci, q)
        quat_conj(q_docked, self.q_tport_from_port_docked)
        quat_mul(q, q, q_docked)
        swing = elem_sqrt(q[2] * q[2] + q[3] * q[3])
        twist = elem_sqrt(q[0] * q[0] + q[1] * q[1])
        out.pitch_yaw_rad = 2.0 * elem_atan2(swing, twist)
        roll = 2.0 * elem_atan2(q[1], q[0])
        out.roll_rad = roll - TWO_PI if roll > 0.5 * TWO_PI else (roll + TWO_PI if roll < -0.5 * TWO_PI else roll)
        quat_irotate(a, chaser.q_body_from_eci, chaser.w_body_radps)
        vec3_sub(a, a, w)
        quat_rotate(out.w_port_tport_tport_radps, q_tport_from_eci, a)
        vec3_copy(w, out.w_port_tport_tport_radps)
        out.pitch_yaw_rate_radps = elem_sqrt(w[1] * w[1] + w[2] * w[2])
        out.roll_rate_radps = w[0]
        vec3_sub(a, chaser.r_eci_m, target.r_eci_m)
        out.range_com_m = vec3_norm(a)

    cdef void _check_contact(self, const craft_t* chaser_0, const craft_t* target_0, double t_s, double h_s) noexcept nogil:
        """First crossing of the docking plane inside touch_lateral_m in this step: measured, then captured or not."""
        cdef port_state_t ps
        cdef craft_t chaser
        cdef craft_t target
        cdef double lo = 0.0, hi = 1.0, mid
        cdef double q[4]
        cdef int k
        self._port_state_of(&self.chaser, &self.target, &ps)
        if not (ps.axial_m <= 0.0 and ps.lateral_m <= self.envelope.touch_lateral_m):
            return
        self._port_state_of(chaser_0, target_0, &ps)
        if not ps.axial_m > 0.0:
            return
        for k in range(CONTACT_BISECTIONS):
            mid = 0.5 * (lo + hi)
            _between(&chaser, chaser_0, &self.chaser, mid, h_s)
            _between(&target, target_0, &self.target, mid, h_s)
            self._port_state_of(&chaser, &target, &ps)
            if ps.axial_m > 0.0:
                lo = mid
            else:
                hi = mid
        self.contact.t_s = t_s + hi * h_s
        self.contact.state = ps
        if not self.dock_armed or not _inside(&ps, &self.envelope):
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
        _load_vec(self.target.r_eci_m, r_eci_m, 3, "r_eci_m")
        _load_vec(self.target.v_eci_mps, v_eci_mps, 3, "v_eci_mps")
        if not orbit_hill_frame(dcm, w, self.target.r_eci_m, self.target.v_eci_mps):
            raise ValueError(f"target state r={r_eci_m} m, v={v_eci_mps} m/s spans no orbit plane")
        _hold_reference(self.target.q_body_from_eci, self.target.w_body_radps, alpha, &self.hold, &self.target,
                        <double>self.t_us * 1e-6)
        self.slow_due_us = 0

    def set_chaser(self, r_eci_m, v_eci_mps, q_body_from_eci, w_body_radps):
        """Put the chaser's c.m. at (r, v) in ECI with its attitude and body rate with respect to ECI."""
        _load_vec(self.chaser.r_eci_m, r_eci_m, 3, "r_eci_m")
        _load_vec(self.chaser.v_eci_mps, v_eci_mps, 3, "v_eci_mps")
        _load_quat(self.chaser.q_body_from_eci, q_body_from_eci, "q_body_from_eci")
        _load_vec(self.chaser.w_body_radps, w_body_radps, 3, "w_body_radps")
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
        _load_vec(r, r_hill_m, 3, "r_hill_m")
        _load_vec(v, v_hill_mps, 3, "v_hill_mps")
        _load_quat(q, q_body_from_hill, "q_body_from_hill")
        _load_vec(w, w_body_hill_body_radps, 3, "w_body_hill_body_radps")
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
        return _tuple(self.env.gravity.pole_eci, 3)

    def state(self, craft):
        """State and mass properties of "chaser" or "target" as a dict of tuples and floats; names carry units."""
        cdef craft_t* c = &self.chaser
        if craft not in ("chaser", "target"):
            raise ValueError(f"craft is {craft!r}: expected 'chaser' or 'target'")
        if craft == "target":
            c = &self.target
        return {
            "r_eci_m": _tuple(c.r_eci_m, 3), "v_eci_mps": _tuple(c.v_eci_mps, 3),
            "q_body_from_eci": _tuple(c.q_body_from_eci, 4), "w_body_radps": _tuple(c.w_body_radps, 3),
            "mass_kg": c.mass_kg, "com_body_m": _tuple(c.com_body_m, 3),
            "inertia_body_kgm2": _tuple(c.inertia_body_kgm2, 9), "propellant_kg": c.propellant_kg,
        }

    def relative(self):
        """Chaser relative to target, c.m. to c.m.: (r_hill_m, v_hill_mps), velocity in the rotating frame."""
        cdef double r[3]
        cdef double v[3]
        self.relative_hill(r, v)
        return _tuple(r, 3), _tuple(v, 3)

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
        return {"gravity": _tuple(g, 3), "drag": _tuple(drag, 3)}

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
        _hold_reference(q, w, a, &self.hold, &self.target, <double>self.t_us * 1e-6)
        quat_conj(c, self.target.q_body_from_eci)
        quat_mul(q, q, c)
        return 2.0 * elem_asin(vec3_norm(&q[1]))

    def drift(self):
        """State a free drift starts from, one row for `passive_min_distances`."""
        cdef drift_state_t d
        self.drift_state(&d)
        return (d.t_us * 1e-6, *_tuple(d.r_chaser_eci_m, 3), *_tuple(d.v_chaser_eci_mps, 3),
                *_tuple(d.r_target_eci_m, 3), *_tuple(d.v_target_eci_mps, 3),
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


# ---- passive safety -------------------------------------------------------------------------

cdef double _closest(const double* d0, const double* d1, const double* u0, const double* u1, double h, double* s_min) noexcept nogil:
    """Smallest |d| on the cubic Hermite of d over a step, by bisection of d . d'; the ends approach and recede."""
    cdef double d[3]
    cdef double u[3]
    cdef double s, s2, s3, lo = 0.0, hi = 1.0
    cdef int i, k
    for k in range(30):
        s = 0.5 * (lo + hi)
        s2 = s * s
        s3 = s2 * s
        for i in range(3):
            d[i] = ((2.0 * s3 - 3.0 * s2 + 1.0) * d0[i] + (3.0 * s2 - 2.0 * s3) * d1[i]
                    + h * ((s3 - 2.0 * s2 + s) * u0[i] + (s3 - s2) * u1[i]))
            u[i] = (6.0 * (s2 - s) / h * (d0[i] - d1[i])
                    + (3.0 * s2 - 4.0 * s + 1.0) * u0[i] + (3.0 * s2 - 2.0 * s) * u1[i])
        if vec3_dot(d, u) < 0.0:
            lo = s
        else:
            hi = s
    s_min[0] = s
    return vec3_norm(d)


cdef void _widen(double* low_m, double* high_m, double height_m) noexcept nogil:
    """The range with this height in it; what is not a number takes both ends with it."""
    if not low_m[0] <= height_m:
        low_m[0] = height_m
    if not height_m <= high_m[0]:
        high_m[0] = height_m


cdef double passive_min_distance_m(const environment_t* env, const drift_state_t* start, double duration_s,
                                   double step_s, double* t_min_s, double* low_m, double* high_m) noexcept nogil:
    cdef drift_state_t st = start[0]
    cdef environment_t e = env[0]
    cdef double a_c[3]
    cdef double a_t[3]
    cdef double drag[3]
    cdef double d0[3]
    cdef double d1[3]
    cdef double u0[3]
    cdef double u1[3]
    cdef double best, dist, h, s = 0.0, t
    cdef uint64_t t_us
    cdef int k, n = <int>(duration_s / step_s)
    if <double>n * step_s < duration_s:
        n += 1
    h = duration_s / <double>n
    e.sun_due_us = 0
    environment_update(&e, st.t_us)
    vec3_sub(d0, st.r_chaser_eci_m, st.r_target_eci_m)
    vec3_sub(u0, st.v_chaser_eci_mps, st.v_target_eci_mps)
    best = vec3_norm(d0)
    t_min_s[0] = 0.0
    for k in range(n):
        t = <double>k * h
        t_us = st.t_us + <uint64_t>(t * 1e6)
        environment_slow(a_c, drag, &e, t_us, h, st.cd_area_over_mass_chaser_m2pkg, st.r_chaser_eci_m, st.v_chaser_eci_mps)
        environment_slow(a_t, drag, &e, t_us, h, st.cd_area_over_mass_target_m2pkg, st.r_target_eci_m, st.v_target_eci_mps)
        _translate(st.r_chaser_eci_m, st.v_chaser_eci_mps, &e.gravity, a_c, h)
        _translate(st.r_target_eci_m, st.v_target_eci_mps, &e.gravity, a_t, h)
        _widen(low_m, high_m, environment_height_m(&e, st.r_chaser_eci_m))
        _widen(low_m, high_m, environment_height_m(&e, st.r_target_eci_m))
        vec3_sub(d1, st.r_chaser_eci_m, st.r_target_eci_m)
        vec3_sub(u1, st.v_chaser_eci_mps, st.v_target_eci_mps)
        dist = vec3_norm(d1)
        s = 1.0
        if vec3_dot(d0, u0) < 0.0 and vec3_dot(d1, u1) > 0.0:
            dist = _closest(d0, d1, u0, u1, h, &s)
        if dist < best:
            best = dist
            t_min_s[0] = t + s * h
        vec3_copy(d0, d1)
        vec3_copy(u0, u1)
    return best


# ---- configuration --------------------------------------------------------------------------

cdef tuple _tuple(const double* a, int n):
    return tuple([a[i] for i in range(n)])


cdef int _load_vec(double* out, values, int n, str name) except -1:
    cdef int i
    values = tuple(float(x) for x in values)
    if len(values) != n:
        raise ValueError(f"{name} has {len(values)} values: expected {n}")
    for i in range(n):
        if not (values[i] - values[i] == 0.0):
            raise ValueError(f"{name}[{i}] is {values[i]}: expected a finite number")
        out[i] = values[i]
    return 0


cdef int _load_quat(double* out, values, str name) except -1:
    cdef double n2 = 0.0
    cdef int i
    _load_vec(out, values, 4, name)
    for i in range(4):
        n2 += out[i] * out[i]
    if not 0.99 < n2 < 1.01:
        raise ValueError(f"{name} is {values}: expected a unit quaternion, scalar first")
    quat_normalize(out)
    return 0


cdef int _positive(double value, str name) except -1:
    if not (value > 0.0 and value - value == 0.0):
        raise ValueError(f"{name} is {value}: expected a positive number")
    return 0


cdef int _at_least_zero(double value, str name) except -1:
    if not (value >= 0.0 and value - value == 0.0):
        raise ValueError(f"{name} is {value}: expected a finite number >= 0")
    return 0


cdef int _load_environment(environment_t* env, config) except -1:
    cdef double zonals[5]
    cdef int i
    _positive(config.mu_m3ps2, "environment.mu_m3ps2")
    _positive(config.re_m, "environment.re_m")
    _positive(config.density_factor, "environment.density_factor")
    for i, name in enumerate(("j2", "j3", "j4", "flattening", "earth_rate_radps")):
        _load_vec(&zonals[i], (getattr(config, name),), 1, f"environment.{name}")
    epoch = Epoch.of(config.epoch)
    env.epoch_tt_cy = epoch.tt_since_j2000_us() / (86400e6 * 36525.0)
    env.gravity.mu_m3ps2 = config.mu_m3ps2
    env.gravity.re_m = config.re_m
    env.gravity.j2, env.gravity.j3, env.gravity.j4 = config.j2, config.j3, config.j4
    x, y, z = pole_of_date(env.epoch_tt_cy)
    vec3_set(env.gravity.pole_eci, x, y, z)
    # celestial intermediate frame (IERS Conventions 2010, eq. 5.10 with s = -XY/2)
    a, s = 1.0 / (1.0 + z), -0.5 * x * y
    q = ((1.0 - a * x * x, -a * x * y, -x), (-a * x * y, 1.0 - a * y * y, -y), (x, y, z))
    for i in range(3):
        env.cirs_from_eci[i] = q[0][i] - s * q[1][i]
        env.cirs_from_eci[3 + i] = q[1][i] + s * q[0][i]
        env.cirs_from_eci[6 + i] = q[2][i]
    env.earth_rate_radps = config.earth_rate_radps
    # Earth rotation angle (IERS Conventions 2010, eq. 5.15); UT1 taken as UTC
    days, rest_us = divmod(epoch.utc_since_j2000_us(), 86400000000)
    fraction = rest_us / 86400e6
    turns = 0.7790572732640 + 0.00273781191135448 * (days + fraction) + fraction
    env.era_0_rad = TWO_PI * (turns - (turns // 1.0))
    env.flattening = config.flattening
    env.density_factor = config.density_factor
    env.field_degree = 0
    field = config.field
    if field is not None:
        if not 2 <= field.degree <= ENVIRONMENT_MAX_DEGREE:
            raise ValueError(f"environment.field.degree is {field.degree}: expected 2..{ENVIRONMENT_MAX_DEGREE}")
        env.field_degree = field.degree
        terms = (field.degree + 1) * (field.degree + 2) // 2
        _load_vec(env.field_c, field.c, terms, "environment.field.c")
        _load_vec(env.field_s, field.s, terms, "environment.field.s")
        for i in (0, 1, 2, 3, 6, 10):       # degrees 0 and 1, and J2..J4, which gravity_t carries
            env.field_c[i] = 0.0
    env.n_heights = 0
    atm = config.atmosphere
    if atm is not None:
        if not 2 <= len(atm.density_night_kgpm3) == len(atm.bulge_amplitude) <= ENVIRONMENT_MAX_HEIGHTS:
            raise ValueError(f"environment.atmosphere has {len(atm.density_night_kgpm3)} densities and "
                             f"{len(atm.bulge_amplitude)} bulge amplitudes: expected equal numbers, 2..{ENVIRONMENT_MAX_HEIGHTS}")
        env.n_heights = len(atm.density_night_kgpm3)
        _load_vec(&env.height_0_m, (atm.height_0_m,), 1, "environment.atmosphere.height_0_m")
        _positive(atm.height_step_m, "environment.atmosphere.height_step_m")
        env.height_step_m = atm.height_step_m
        _load_vec(env.bulge_amplitude, atm.bulge_amplitude, env.n_heights, "environment.atmosphere.bulge_amplitude")
        _load_vec(&zonals[0], (atm.bulge_lag_rad,), 1, "environment.atmosphere.bulge_lag_rad")
        for i in range(env.n_heights):
            _positive(atm.density_night_kgpm3[i], f"environment.atmosphere.density_night_kgpm3[{i}]")
            env.ln_density_night_kgpm3[i] = elem_log(atm.density_night_kgpm3[i])
        elem_sincos(atm.bulge_lag_rad, &env.bulge_lag_sin, &env.bulge_lag_cos)
    env.sun_due_us = 0
    environment_update(env, 0)
    return 0


cdef int _load_craft(craft_t* craft, config: CraftConfig, str name) except -1:
    cdef int i, j
    _positive(config.dry_mass_kg, f"{name}.dry_mass_kg")
    _at_least_zero(config.propellant_kg, f"{name}.propellant_kg")
    _load_vec(craft.dry_com_body_m, config.dry_com_body_m, 3, f"{name}.dry_com_body_m")
    _load_vec(craft.dry_inertia_body_kgm2, config.dry_inertia_body_kgm2, 9, f"{name}.dry_inertia_body_kgm2")
    for i in range(3):
        for j in range(i):
            if craft.dry_inertia_body_kgm2[3 * i + j] != craft.dry_inertia_body_kgm2[3 * j + i]:
                raise ValueError(f"{name}.dry_inertia_body_kgm2 is {config.dry_inertia_body_kgm2}: expected symmetric")
    problem = inertia_problem(config.dry_inertia_body_kgm2)
    if problem:
        raise ValueError(f"{name}.dry_inertia_body_kgm2, without propellant, has {problem}")
    _load_vec(craft.tank_body_m, config.tank_body_m, 3, f"{name}.tank_body_m")
    _load_vec(craft.port_body_m, config.port_body_m, 3, f"{name}.port_body_m")
    _load_quat(craft.q_port_from_body, config.q_port_from_body, f"{name}.q_port_from_body")
    _load_quat(craft.q_body_from_eci, IDENTITY, "q_body_from_eci")
    craft.dry_mass_kg, craft.propellant_kg = config.dry_mass_kg, config.propellant_kg
    _at_least_zero(config.cd, f"{name}.cd")
    _at_least_zero(config.area_m2, f"{name}.area_m2")
    craft.cd, craft.area_m2 = config.cd, config.area_m2
    _mass_properties(craft)
    vec3_set(craft.r_eci_m, 0.0, 0.0, 0.0)
    vec3_set(craft.v_eci_mps, 0.0, 0.0, 0.0)
    return 0


cdef int _load_thruster(thruster_t* th, config, int index) except -1:
    cdef double norm
    name = f"thrusters[{index}]"
    _load_vec(th.position_body_m, config.position_body_m, 3, f"{name}.position_body_m")
    _load_vec(th.direction_body, config.direction_body, 3, f"{name}.direction_body")
    norm = vec3_norm(th.direction_body)
    if not 0.999 < norm < 1.001:
        raise ValueError(f"{name}.direction_body is {config.direction_body}: expected a unit vector")
    vec3_scale(th.direction_body, 1.0 / norm, th.direction_body)
    _positive(config.thrust_n, f"{name}.thrust_n")
    _positive(config.isp_s, f"{name}.isp_s")
    for key in ("rise_s", "decay_s", "min_on_s"):
        _at_least_zero(getattr(config, key), f"{name}.{key}")
    if not config.valve_tick_us >= 1:
        raise ValueError(f"{name}.valve_tick_us is {config.valve_tick_us}: expected >= 1")
    th.thrust_n, th.isp_s, th.rise_s, th.decay_s = config.thrust_n, config.isp_s, config.rise_s, config.decay_s
    th.min_on_us = <uint32_t>(config.min_on_s * 1e6 + 0.5)
    th.valve_tick_us = config.valve_tick_us
    return 0


cdef int _load_hold(target_hold_t* hold, config) except -1:
    cdef double phase[3]
    cdef int i
    _load_quat(hold.q_tbody_from_hill_nominal, config.q_tbody_from_hill_nominal, "hold.q_tbody_from_hill_nominal")
    _load_vec(hold.bias_rad, config.bias_rad, 3, "hold.bias_rad")
    _load_vec(hold.rate_amplitude_radps, config.rate_amplitude_radps, 3, "hold.rate_amplitude_radps")
    _load_vec(phase, config.phase_rad, 3, "hold.phase_rad")
    for i in range(3):
        elem_sincos(phase[i], &hold.sin_phase[i], &hold.cos_phase[i])
    _positive(config.limit_cycle_radps, "hold.limit_cycle_radps")
    _positive(config.bandwidth_radps, "hold.bandwidth_radps")
    hold.limit_cycle_radps, hold.bandwidth_radps = config.limit_cycle_radps, config.bandwidth_radps
    if not config.angle_max_rad <= HOLD_ANGLE_MAX_RAD:
        raise ValueError(f"hold: bias and limit cycle turn the target by up to {config.angle_max_rad:.4g} rad: "
                         f"expected at most {HOLD_ANGLE_MAX_RAD:g} rad, the range of the attitude hold's small angles")
    return 0
