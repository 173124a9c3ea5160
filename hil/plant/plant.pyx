"""Truth of every body: 6-DOF each in ECI. Conventions in dynamics.pxd and contact.pxd, models in docs/design/plant.md.

The chaser's step is split at every edge of every thruster's profile, so that
in each piece the thrust is one linear function of time; the force used in a piece is its exact mean,
a difference of the profile's antiderivative. The impulse delivered is therefore the declared one
whatever the step.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from gnc.ccore cimport (
    elem_asin, elem_max, mat3_mul_vec, orbit_gravity, orbit_hill_frame, orbit_hill_to_relative, orbit_relative_to_hill, quat_conj, quat_from_dcm,
    quat_irotate, quat_mul, quat_rotate, vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_dot, vec3_norm, vec3_scale,
    vec3_set, vec3_sub,
)
from hil.effectors.thrusters cimport ACTUATORS_MAX_THRUSTERS, actuators_area_s, actuators_open, pulse_t, thruster_t
from hil.plant.attitude cimport attitude_load, attitude_start, attitude_torque
from hil.plant.clearance cimport (
    clearance_look, clearance_motion, clearance_speed_mps, motion_t, nearest_t, outline_t, pair_t,
)
from hil.plant.contact cimport (
    CONTACT_CAPTURED, CONTACT_FAILED, CONTACT_NONE, CONTACT_TOUCHED, contact_inside, contact_port_state, port_state_t, port_t,
)
from hil.plant.dynamics cimport (
    body_t, dynamics_between, dynamics_gravity_gradient, dynamics_mass_properties, dynamics_mean_push, dynamics_rotate,
    dynamics_translate,
)
from hil.plant.docking cimport (
    docking_carry, docking_com_body, docking_join, docking_mate, docking_merge, docking_release,
)
from hil.plant.environment cimport (
    environment_density_kgpm3, environment_drag, environment_field, environment_height_m, environment_others,
    environment_radiation, environment_slow, environment_sunlit, environment_update,
)
from hil.plant.loading cimport (
    as_tuple, load_body, load_environment, load_port, load_positive, load_quat, load_thruster, load_vec,
)
from hil.plant.passive cimport drift_state_t, passive_min_distance_m
from hil.plant.shapes cimport load_shape, shape_reach_m

import numpy as np

from hil.plant.config import PlantConfig, PortConfig

cdef double G0_MPS2 = 9.80665               # standard gravity (CGPM 1901), defines the specific impulse
cdef uint64_t SLOW_HOLD_US = 2000000
# What Runge-Kutta 4 turns a body in a step: 0.2 rad leave 2e-7 rad of error
cdef double ROTATION_MAX_RAD = 0.2
# A pair that closes faster than this may pass between two looks at the ports
cdef double CLOSING_MAX_MPS = 100.0
# Of the clearance of chaser and target: what it may change before it is looked at again
cdef double SKIP = 0.05
# Surfaces nearer than this have touched; once they have, they part at the other
cdef double TOUCH_M = 1e-4
cdef double PARTED_M = 0.01
# Share of the closing rate at which ports part that touched and were not captured; assumption
cdef double RESTITUTION = 0.3
# The path within a step is at most this much longer than it is straight
cdef double CURVED = 1.05
# A piece of a step too short to be flown
cdef double SHORTEST_S = 1e-9
cdef enum:
    MAX_EDGES = 3 * ACTUATORS_MAX_THRUSTERS + 2
    CONTACT_BISECTIONS = 50
    SWEEPS = 200


cdef class Plant:
    """Truth of the bodies of a `PlantConfig`, two of which are the chaser and the target.

    Set the initial states with `place` (or `set_target`, `set_chaser_hill`, `set_chaser`, `dock`) before the first cycle.
    From Python, `run` flies cycles; the closed loop calls `advance` without the GIL.
    """

    def __init__(self, config: PlantConfig):
        cdef int i, k
        names = tuple(body.name for body in config.bodies)
        if not 1 <= len(names) <= PLANT_MAX_BODIES:
            raise ValueError(f"{len(names)} bodies: expected 1..{PLANT_MAX_BODIES}")
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"body {name!r} is given {names.count(name)} times: expected names that differ")
        self.names = names
        self.n_bodies = len(names)
        self.i_chaser, self.i_target = self.index(config.chaser, "chaser"), self.index(config.target, "target")
        if self.i_chaser == self.i_target:
            raise ValueError(f"chaser and target are both {config.chaser!r}: expected two bodies")
        self.chaser, self.target = &self.bodies[self.i_chaser], &self.bodies[self.i_target]
        load_positive(config.step_s, "step_s")
        self.step_max_s = config.step_s
        self.height_low_m, self.height_high_m = config.height_range_m
        self.tables = load_environment(&self.env, config.environment)
        port_names = []
        for i, body in enumerate(config.bodies):
            load_body(&self.bodies[i], body, body.name)
            attitude_load(&self.attitudes[i], body.attitude, f"{body.name}.attitude")
            ports = body.ports or (PortConfig((0.0, 0.0, 0.0)),)
            if len(ports) > PLANT_MAX_PORTS:
                raise ValueError(f"{body.name} has {len(ports)} ports: expected at most {PLANT_MAX_PORTS}")
            self.n_ports[i] = len(ports)
            port_names.append(tuple(port.name for port in ports))
            load_shape(&self.shapes[i], body.shape, f"{body.name}.shape")
            for k, port in enumerate(ports):
                load_port(&self.ports[i][k], port, f"{body.name}.{port.name}")
            if body.thrusters and i != self.i_chaser:
                raise ValueError(f"{body.name} has thrusters: expected none, only those of {config.chaser} are commanded")
        self.port_names = tuple(port_names)
        k = self._port_index(self.i_chaser, config.chaser_port or None)
        self.chaser_port = &self.ports[self.i_chaser][k]
        k = self._port_index(self.i_target, config.target_port or None)
        self.target_port = &self.ports[self.i_target][k]
        thrusters = config.bodies[self.i_chaser].thrusters
        if len(thrusters) > ACTUATORS_MAX_THRUSTERS:
            raise ValueError(f"{len(thrusters)} thrusters: expected at most {ACTUATORS_MAX_THRUSTERS}")
        self.n_thrusters = len(thrusters)
        for i in range(self.n_thrusters):
            load_thruster(&self.thrusters[i], thrusters[i], f"thrusters[{i}]")
        self._find_reach()
        self._load_pairs(config)

    cdef int _load_pairs(self, config) except -1:
        """Each body with each other, the target second where it is one of them."""
        cdef int i, k
        cdef pair_t* pair
        cdef double d[3]
        for i in range(self.n_bodies):
            self.outlines[i].body, self.outlines[i].shape = &self.bodies[i], &self.shapes[i]
            self.outlines[i].ports, self.outlines[i].n_ports = self.ports[i], len(config.bodies[i].ports)
            # the centre of mass moves as the tank empties, at most to that of the dry body
            vec3_sub(d, self.bodies[i].dry_com_body_m, self.bodies[i].com_body_m)
            self.outlines[i].reach_m = shape_reach_m(&self.shapes[i], self.bodies[i].com_body_m) + vec3_norm(d)
        self.n_pairs = 0
        for i in range(self.n_bodies):
            for k in range(i + 1, self.n_bodies):
                pair = &self.pairs[self.n_pairs]
                pair.a, pair.b = (k, i) if i == self.i_target else (i, k)
                pair.solid = self.shapes[i].n_solids > 0 and self.shapes[k].n_solids > 0
                pair.may_dock = pair.b == self.i_target and pair.a == self.i_chaser
                if pair.may_dock:
                    self.meeting = pair
                if pair.may_dock or pair.solid:
                    self.n_pairs += 1
        return 0

    cdef void _find_reach(self) noexcept:
        """How near the centres of mass must be for a port to touch another."""
        cdef double arm, longest = 0.0
        cdef double d[3]
        cdef port_t* port
        cdef port_t* tport
        cdef int k, m
        for k in range(self.n_ports[self.i_chaser]):
            port = &self.ports[self.i_chaser][k]
            if not port.captures:
                continue
            for m in range(self.n_ports[self.i_target]):
                tport = &self.ports[self.i_target][m]
                vec3_sub(d, port.position_body_m, self.chaser.com_body_m)
                arm = vec3_norm(d)
                vec3_sub(d, tport.position_body_m, self.target.com_body_m)
                arm += vec3_norm(d) + port.envelope.touch_lateral_m + CLOSING_MAX_MPS * self.step_max_s
                longest = arm if arm > longest else longest
        self.contact_reach_m = longest

    cdef int index(self, name, what="body") except -1:
        """The number of the body of that name."""
        if name not in self.names:
            raise ValueError(f"{what} is {name!r}: expected one of {', '.join(self.names)}")
        return self.names.index(name)

    # ---- time stepping ----

    cdef void advance(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil:
        cdef double cycle_s = <double>cycle_us * 1e-6
        cdef double propellant = self.chaser.propellant_kg, h
        cdef int k, n = 1
        environment_update(&self.env, self.t_us)
        vec3_set(self.imu.dtheta_body_rad, 0.0, 0.0, 0.0)
        vec3_set(self.imu.dv_com_body_mps, 0.0, 0.0, 0.0)
        vec3_copy(self.imu.w_start_body_radps, self.chaser.w_body_radps)
        if self.dock_release and self.docked:
            self._release()
        if self.t_us >= self.slow_due_us:
            self._hold_slow(cycle_us)
        if not self.looked:
            self._look_first()
        self._open_thrusters(thruster_on_us, cycle_us)
        while <double>n * self.step_max_s < cycle_s * (1.0 - 1e-9):
            n += 1
        h = cycle_s / <double>n
        for k in range(n):
            self._step(<double>k * h, h)
        if self.chaser.propellant_kg != propellant:
            dynamics_mass_properties(self.chaser)
            if self.docked:
                docking_merge(&self.stack, self.chaser, self.target)
        vec3_copy(self.imu.w_end_body_radps, self.chaser.w_body_radps)
        self.t_us += cycle_us

    cdef void _hold_slow(self, uint32_t cycle_us) noexcept nogil:
        """Slow forces on every body, held from now on for SLOW_HOLD_US, or a cycle if that is longer."""
        cdef double hold_s
        cdef int i
        self.slow_due_us = self.t_us + (cycle_us if cycle_us > SLOW_HOLD_US else SLOW_HOLD_US)
        hold_s = <double>(self.slow_due_us - self.t_us) * 1e-6
        for i in range(self.n_bodies):
            self._slow(&self.bodies[i], &self.slow[i], hold_s)
            self._watch(i)
        if self.docked:
            self._slow(&self.stack.body, &self.slow_stack, hold_s)

    cdef void _slow(self, const body_t* body, slow_t* slow, double hold_s) noexcept nogil:
        environment_slow(slow.a_mps2, slow.felt_mps2, &self.env, self.t_us, hold_s, body.cd * body.area_m2 / body.mass_kg,
                         body.radiation_coefficient * body.radiation_area_m2 / body.mass_kg, body.r_eci_m, body.v_eci_mps)

    cdef void _watch(self, int i) noexcept nogil:
        """Notes a body that leaves what the models hold for."""
        cdef double height = environment_height_m(&self.env, self.bodies[i].r_eci_m)
        cdef double turned = vec3_norm(self.bodies[i].w_body_radps) * self.step_max_s
        if not self.height_low_m <= height <= self.height_high_m:
            self._leave(LEFT_HEIGHTS, i, height, <double>self.t_us * 1e-6)
        if not turned <= ROTATION_MAX_RAD:
            self._leave(LEFT_ROTATION, i, turned, <double>self.t_us * 1e-6)

    cdef void _leave(self, int what, int body, double value, double t_s) noexcept nogil:
        if self.left_what == LEFT_NOTHING:
            self.left_what, self.left_body, self.left_value, self.left_t_s = what, body, value, t_s

    cdef void _open_thrusters(self, const uint32_t* thruster_on_us, uint32_t cycle_us) noexcept nogil:
        cdef int i
        self.n_active = 0
        for i in range(self.n_thrusters):
            if (thruster_on_us[i] == 0 and self.thrusters[i].level == 0.0 and not self.thrusters[i].stuck_on
                    and self.thrusters[i].leak == 0.0):
                self.thrusters[i].open_at_cycle_end = False
                self.thrusters[i].driven_us = 0
                continue
            if actuators_open(&self.pulses[i], &self.thrusters[i], thruster_on_us[i], cycle_us):
                self.active[self.n_active] = i
                self.n_active += 1

    cdef void _step(self, double t0_s, double h_s) noexcept nogil:
        cdef double t_s = <double>self.t_us * 1e-6 + t0_s, s
        cdef double apart[3]
        cdef before_t before
        cdef bint near = False
        cdef int i
        if self.contact_reach_m > 0.0 and self.contact.status == CONTACT_NONE:
            vec3_sub(apart, self.chaser.r_eci_m, self.target.r_eci_m)
            near = vec3_dot(apart, apart) < self.contact_reach_m * self.contact_reach_m
            if near:
                self._keep(&before)
        self._keep_poses()
        if self.docked:
            self._step_docked(t0_s, h_s)
        else:
            self._step_body(self.i_target, t0_s, h_s)
            self._step_body(self.i_chaser, t0_s, h_s)
        for i in range(self.n_bodies):
            if i != self.i_chaser and i != self.i_target:
                self._step_body(i, t0_s, h_s)
        if near:
            s = self._check_contact(&before, t_s, h_s)
            if s >= 0.0:
                self._capture(&before, t0_s, s, h_s)
            elif self.contact.status == CONTACT_TOUCHED:
                self._bounce()
        elif self.contact.status == CONTACT_TOUCHED:
            self._part()
        self._look_at_pairs(t_s, h_s)

    cdef void _bounce(self) noexcept nogil:
        """Ports that are not captured push each other off along the docking axis; what turns the craft is left out."""
        cdef port_state_t ps
        cdef double axis[3]
        cdef double v[3]
        cdef double impulse_Ns, both = self.chaser.mass_kg + self.target.mass_kg
        self.port_state(&ps)
        impulse_Ns = (1.0 + RESTITUTION) * ps.closing_mps * self.chaser.mass_kg * self.target.mass_kg / both
        vec3_set(axis, 1.0, 0.0, 0.0)
        quat_irotate(axis, self.target_port.q_port_from_body, axis)
        quat_irotate(axis, self.target.q_body_from_eci, axis)
        vec3_copy(v, self.chaser.v_eci_mps)
        vec3_axpy(self.chaser.v_eci_mps, self.chaser.v_eci_mps, impulse_Ns / self.chaser.mass_kg, axis)
        vec3_axpy(self.target.v_eci_mps, self.target.v_eci_mps, -impulse_Ns / self.target.mass_kg, axis)
        self._feel(v)

    cdef void _part(self) noexcept nogil:
        """Ends the touch of ports that were not captured, once they are apart again."""
        cdef port_state_t ps
        self.port_state(&ps)
        if ps.axial_m > PARTED_M:
            self.contact.status = CONTACT_NONE

    cdef void _keep(self, before_t* before) noexcept nogil:
        """All that a step of chaser and target changes."""
        cdef int k, i
        memcpy(&before.chaser, self.chaser, sizeof(body_t))
        memcpy(&before.target, self.target, sizeof(body_t))
        before.imu = self.imu
        for k in range(self.n_active):
            i = self.active[k]
            before.area_done_s[k] = self.pulses[i].area_done_s
            before.impulse_Ns[k], before.propellant_kg[k] = self.thrusters[i].impulse_Ns, self.thrusters[i].propellant_kg

    cdef void _capture(self, const before_t* before, double t0_s, double s, double h_s) noexcept nogil:
        """Flies the step again, up to the fraction s of it apart, and from there on as one body."""
        cdef double v[3]
        cdef int k, i
        memcpy(self.chaser, &before.chaser, sizeof(body_t))
        memcpy(self.target, &before.target, sizeof(body_t))
        self.imu = before.imu
        for k in range(self.n_active):
            i = self.active[k]
            self.pulses[i].area_done_s = before.area_done_s[k]
            self.thrusters[i].impulse_Ns, self.thrusters[i].propellant_kg = before.impulse_Ns[k], before.propellant_kg[k]
        if s * h_s > SHORTEST_S:
            self._step_body(self.i_target, t0_s, s * h_s)
            self._step_body(self.i_chaser, t0_s, s * h_s)
        vec3_copy(v, self.chaser.v_eci_mps)
        docking_join(&self.stack, self.chaser, self.target)
        self.docked = True
        self._feel(v)
        self._slow(&self.stack.body, &self.slow_stack, 0.0)
        if (1.0 - s) * h_s > SHORTEST_S:
            self._step_docked(t0_s + s * h_s, (1.0 - s) * h_s)

    cdef void _feel(self, const double* v_eci_mps) noexcept nogil:
        """The accelerometer senses that the chaser does not move at this velocity, but as it does."""
        cdef double dv[3]
        vec3_sub(dv, self.chaser.v_eci_mps, v_eci_mps)
        quat_rotate(dv, self.chaser.q_body_from_eci, dv)
        vec3_add(self.imu.dv_com_body_mps, self.imu.dv_com_body_mps, dv)

    cdef void _release(self) noexcept nogil:
        """The chaser parts from the target; the time from now on is that of two bodies."""
        cdef double v[3]
        vec3_copy(v, self.chaser.v_eci_mps)
        docking_release(self.chaser, self.target, self.target_port, self.chaser_port.release_mps)
        self._feel(v)
        self.docked = self.dock_release = self.touched = False
        self.contact.status = CONTACT_NONE
        self.slow_due_us = 0
        self.looked = False

    cdef void _step_body(self, int i, double t0_s, double h_s) noexcept nogil:
        cdef body_t* body = &self.bodies[i]
        cdef double torque[3]
        dynamics_gravity_gradient(torque, body, self.env.gravity.mu_m3ps2, h_s)
        attitude_torque(torque, &self.attitudes[i], body, <double>self.t_us * 1e-6 + t0_s)
        if i == self.i_chaser:
            self._step_flown(body, &self.slow[i], t0_s, h_s, torque, self.imu.dtheta_body_rad, self.imu.dv_com_body_mps)
        else:
            dynamics_translate(body.r_eci_m, body.v_eci_mps, &self.env.gravity, self.slow[i].a_mps2, h_s)
            dynamics_rotate(body, torque, h_s, NULL)

    cdef void _step_docked(self, double t0_s, double h_s) noexcept nogil:
        """The stack's step, and what the chaser's IMU senses of it: all that gravity alone would not do."""
        cdef double torque[3]
        cdef double turned[3]
        cdef double felt[3]
        cdef double field[3]
        cdef double r[3]
        cdef double v[3]
        dynamics_gravity_gradient(torque, &self.stack.body, self.env.gravity.mu_m3ps2, h_s)
        if not self.attitudes[self.i_target].ends_at_capture:
            attitude_torque(torque, &self.attitudes[self.i_target], &self.stack.body, <double>self.t_us * 1e-6 + t0_s)
        vec3_copy(r, self.chaser.r_eci_m)
        vec3_copy(v, self.chaser.v_eci_mps)
        vec3_sub(field, self.slow[self.i_chaser].a_mps2, self.slow[self.i_chaser].felt_mps2)
        dynamics_translate(r, v, &self.env.gravity, field, h_s)
        vec3_set(turned, 0.0, 0.0, 0.0)
        vec3_set(felt, 0.0, 0.0, 0.0)
        self._step_flown(&self.stack.body, &self.slow_stack, t0_s, h_s, torque, turned, felt)
        docking_carry(&self.stack, self.chaser, self.target)
        quat_rotate(turned, self.stack.q_body_from_tbody, turned)
        vec3_add(self.imu.dtheta_body_rad, self.imu.dtheta_body_rad, turned)
        self._feel(v)

    cdef void _step_flown(self, body_t* body, const slow_t* slow, double t0_s, double h_s, const double* torque_body_Nm,
                          double* dtheta_body_rad, double* dv_body_mps) noexcept nogil:
        """A step under the chaser's thrust, of the chaser or of the stack: the coasting arc in one, attitude and thrust in
        pieces between the edges of the thrust.

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
        quat_rotate(push, body.q_body_from_eci, slow.felt_mps2)
        vec3_axpy(dv_body_mps, dv_body_mps, h_s, push)
        dynamics_translate(body.r_eci_m, body.v_eci_mps, &self.env.gravity, slow.a_mps2, h_s)
        if self.n_active == 0:
            dynamics_rotate(body, torque_body_Nm, h_s, dtheta_body_rad)
            return
        n = self._edges(edges, t0_s, t0_s + h_s)
        vec3_set(dr, 0.0, 0.0, 0.0)
        vec3_set(dv, 0.0, 0.0, 0.0)
        t_a = t0_s
        for e in range(n):
            t_b = edges[e]
            vec3_copy(torque, torque_body_Nm)
            self._thrust(body, t_a, t_b, push, torque)
            h = t_b - t_a
            vec3_axpy(dv_body_mps, dv_body_mps, h, push)
            vec3_copy(w, body.w_body_radps)
            for i in range(4):
                q[i] = body.q_body_from_eci[i]
            dynamics_rotate(body, torque, h, dtheta_body_rad)
            dynamics_mean_push(a, push, q, w, body.w_body_radps, h)
            for i in range(3):
                dr[i] += h * (dv[i] + 0.5 * h * a[i])
                dv[i] += h * a[i]
            t_a = t_b
        vec3_add(body.r_eci_m, body.r_eci_m, dr)
        vec3_add(body.v_eci_mps, body.v_eci_mps, dv)

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

    cdef void _thrust(self, body_t* body, double t_a, double t_b, double* push_body_mps2,
                      double* torque_body_Nm) noexcept nogil:
        """Mean thrust of the piece (t_a, t_b), exact from the profiles.

        Sets the specific force and adds to the torque on a body, the chaser or the stack it is part of, spends propellant
        and keeps the accounts.
        """
        cdef double arm[3]
        cdef double force[3]
        cdef double torque[3]
        cdef double com[3]
        cdef double area, impulse, propellant, spent = 0.0, per_s = 1.0 / (t_b - t_a)
        cdef thruster_t* th
        cdef int i, k
        cdef bint whole = body != self.chaser
        vec3_set(force, 0.0, 0.0, 0.0)
        if whole:
            docking_com_body(com, &self.stack)
            vec3_set(torque, 0.0, 0.0, 0.0)
        else:
            vec3_copy(com, body.com_body_m)
            vec3_copy(torque, torque_body_Nm)
        for k in range(self.n_active):
            i = self.active[k]
            if t_a >= self.pulses[i].t_over_s:
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
            vec3_axpy(force, force, impulse * per_s, th.direction_body)
            vec3_sub(arm, th.position_body_m, com)
            vec3_cross(arm, arm, th.direction_body)
            vec3_axpy(torque, torque, impulse * per_s, arm)
        if whole:
            quat_irotate(force, self.stack.q_body_from_tbody, force)
            quat_irotate(torque, self.stack.q_body_from_tbody, torque)
            vec3_add(torque_body_Nm, torque_body_Nm, torque)
        else:
            vec3_copy(torque_body_Nm, torque)
        # the mass at the middle of the piece
        vec3_scale(push_body_mps2, 1.0 / (body.mass_kg - 0.5 * spent), force)
        if whole:
            body.mass_kg -= spent
        self.chaser.mass_kg -= spent
        self.chaser.propellant_kg -= spent

    # ---- ports and contact ----

    cdef void port_state(self, port_state_t* out) noexcept nogil:
        contact_port_state(out, self.chaser, self.chaser_port, self.target, self.target_port)

    cdef uint32_t chaser_port_index(self) noexcept nogil:
        return <uint32_t>(self.chaser_port - &self.ports[self.i_chaser][0])

    cdef double _check_contact(self, const before_t* before, double t_s, double h_s) noexcept nogil:
        """Looks for a port that touched in this step. The fraction of the step at which it was captured, or -1."""
        cdef int k, m
        for k in range(self.n_ports[self.i_chaser]):
            if not self.ports[self.i_chaser][k].captures:
                continue
            for m in range(self.n_ports[self.i_target]):
                if self._touched(before, &self.ports[self.i_chaser][k], &self.ports[self.i_target][m], t_s, h_s):
                    self.chaser_port, self.target_port = &self.ports[self.i_chaser][k], &self.ports[self.i_target][m]
                    return (self.contact.t_s - t_s) / h_s if self.contact.status == CONTACT_CAPTURED else -1.0
        return -1.0

    cdef bint _touched(self, const before_t* before, const port_t* port, const port_t* tport, double t_s,
                       double h_s) noexcept nogil:
        """First crossing of the docking plane inside touch_lateral_m in this step: measured, then to be captured or not."""
        cdef port_state_t ps
        cdef body_t chaser
        cdef body_t target
        cdef double lo = 0.0, hi = 1.0, mid
        cdef int k
        contact_port_state(&ps, self.chaser, port, self.target, tport)
        if not (ps.axial_m <= 0.0 and ps.lateral_m <= port.envelope.touch_lateral_m):
            return False
        contact_port_state(&ps, &before.chaser, port, &before.target, tport)
        if not ps.axial_m > 0.0:
            return False
        for k in range(CONTACT_BISECTIONS):
            mid = 0.5 * (lo + hi)
            dynamics_between(&chaser, &before.chaser, self.chaser, mid, h_s)
            dynamics_between(&target, &before.target, self.target, mid, h_s)
            contact_port_state(&ps, &chaser, port, &target, tport)
            if ps.axial_m > 0.0:
                lo = mid
            else:
                hi = mid
        self.contact.t_s = t_s + hi * h_s
        self.contact.state = ps
        if not contact_inside(&ps, &port.envelope):
            self.contact.status = CONTACT_FAILED
        elif (self.dock_armed >> <uint32_t>(port - &self.ports[self.i_chaser][0])) & 1:
            self.contact.status = CONTACT_CAPTURED
        else:
            self.contact.status = CONTACT_TOUCHED
        self.touched = self.contact.status != CONTACT_TOUCHED
        return True

    # ---- shapes ----

    cdef void _keep_poses(self) noexcept nogil:
        cdef pose_t* pose
        cdef body_t* body
        cdef int i, j
        for i in range(self.n_bodies):
            pose, body = &self.poses[i], &self.bodies[i]
            vec3_copy(pose.r_eci_m, body.r_eci_m)
            vec3_copy(pose.v_eci_mps, body.v_eci_mps)
            vec3_copy(pose.w_body_radps, body.w_body_radps)
            for j in range(4):
                pose.q_body_from_eci[j] = body.q_body_from_eci[j]

    cdef void _look_first(self) noexcept nogil:
        """Every pair as it is, at the start and after what did not move by flying."""
        cdef nearest_t found
        cdef pair_t* pair
        cdef int k
        self.looked = True
        for k in range(self.n_pairs):
            pair = &self.pairs[k]
            if pair.may_dock and self.docked:
                continue
            clearance_look(&found, &self.outlines[pair.a], &self.outlines[pair.b], pair.may_dock)
            clearance_motion(&pair.motion, &self.outlines[pair.a], &self.outlines[pair.b])
            pair.clearance_m, pair.free_m, pair.moved_m = found.clearance_m, found.free_m, 0.0
            pair.touching = pair.touching and found.free_m < PARTED_M
            if pair.solid and found.free_m <= 0.0 and not pair.touching:
                self._keep_poses()
                self._collide(pair, &found, 0.0, <double>self.t_us * 1e-6, self.step_max_s)

    cdef void _look_at_pairs(self, double t_s, double h_s) noexcept nogil:
        """Looks at the pairs that can have touched in this step, and at chaser and target when they are nearer or farther.

        No point of a body moves farther in the other's frame than its centre of mass and its turning there take it.
        """
        cdef motion_t motion
        cdef double d[3]
        cdef double moved
        cdef pair_t* pair
        cdef int k
        for k in range(self.n_pairs):
            pair = &self.pairs[k]
            if pair.may_dock and self.docked:
                pair.clearance_m, pair.free_m, pair.touching = 0.0, 0.0, False
                continue
            clearance_motion(&motion, &self.outlines[pair.a], &self.outlines[pair.b])
            vec3_sub(d, motion.r_m, pair.motion.r_m)
            moved = vec3_norm(d) + h_s * elem_max(motion.turning_mps, pair.motion.turning_mps)
            pair.motion = motion
            pair.moved_m += moved
            if ((pair.solid and (pair.touching or pair.moved_m >= pair.free_m))
                    or (pair.may_dock and pair.moved_m >= SKIP * pair.clearance_m) or self.looks_always):
                self._look(pair, moved, t_s, h_s)

    cdef void _look(self, pair_t* pair, double moved_m, double t_s, double h_s) noexcept nogil:
        cdef nearest_t found
        cdef nearest_t on_the_way
        cdef double start_m = pair.free_m - (pair.moved_m - moved_m), s
        clearance_look(&found, &self.outlines[pair.a], &self.outlines[pair.b], pair.may_dock)
        pair.clearance_m, pair.free_m, pair.moved_m = found.clearance_m, found.free_m, 0.0
        if not pair.solid:
            return
        if pair.touching:
            pair.touching = found.free_m < PARTED_M
        elif found.free_m <= 0.0 or CURVED * moved_m > start_m + found.free_m:
            s = self._sweep(pair, &on_the_way, CURVED * moved_m, h_s)
            if s <= 1.0:
                self._collide(pair, &on_the_way, s, t_s, h_s)
            elif found.free_m <= 0.0:
                self._collide(pair, &found, 1.0, t_s, h_s)

    cdef double _sweep(self, const pair_t* pair, nearest_t* found, double moved_m, double h_s) noexcept nogil:
        """Goes along the step no farther than the surfaces are apart. The fraction of it at which they touch, or above 1."""
        cdef body_t a
        cdef body_t b
        cdef outline_t of_a = self.outlines[pair.a]
        cdef outline_t of_b = self.outlines[pair.b]
        cdef double s = 0.0
        cdef int k
        of_a.body, of_b.body = &a, &b
        for k in range(SWEEPS):
            if s > 1.0:
                break
            self._at(&a, pair.a, s, h_s)
            self._at(&b, pair.b, s, h_s)
            clearance_look(found, &of_a, &of_b, pair.may_dock)
            if found.free_m <= TOUCH_M:
                return s
            s += found.free_m / moved_m
        return 2.0

    cdef void _at(self, body_t* out, int i, double s, double h_s) noexcept nogil:
        """A body at a fraction of the step."""
        cdef body_t before = self.bodies[i]
        cdef int j
        vec3_copy(before.r_eci_m, self.poses[i].r_eci_m)
        vec3_copy(before.v_eci_mps, self.poses[i].v_eci_mps)
        vec3_copy(before.w_body_radps, self.poses[i].w_body_radps)
        for j in range(4):
            before.q_body_from_eci[j] = self.poses[i].q_body_from_eci[j]
        dynamics_between(out, &before, &self.bodies[i], s, h_s)

    cdef void _collide(self, pair_t* pair, const nearest_t* found, double s, double t_s, double h_s) noexcept nogil:
        cdef collision_t* c
        cdef body_t a
        cdef body_t b
        cdef outline_t of_a = self.outlines[pair.a]
        cdef outline_t of_b = self.outlines[pair.b]
        pair.touching = True
        self.n_collisions += 1
        if self.n_collisions > PLANT_MAX_COLLISIONS:
            return
        of_a.body, of_b.body = &a, &b
        self._at(&a, pair.a, s, h_s)
        self._at(&b, pair.b, s, h_s)
        c = &self.collisions_[self.n_collisions - 1]
        c.a, c.b, c.t_s = pair.a, pair.b, t_s + s * h_s
        c.speed_mps = clearance_speed_mps(&of_a, &of_b, found.point_eci_m)
        vec3_sub(c.point_body_m, found.point_eci_m, b.r_eci_m)
        quat_rotate(c.point_body_m, b.q_body_from_eci, c.point_body_m)
        vec3_add(c.point_body_m, c.point_body_m, b.com_body_m)

    cdef double clearance_m(self) noexcept nogil:
        if not self.looked:
            self._look_first()
        return 0.0 if self.docked else self.meeting.clearance_m

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
        self._lit(out)

    cdef void _lit(self, drift_state_t* out) noexcept nogil:
        """What sunlight pushes of both, at their masses of now."""
        out.radiation_area_over_mass_chaser_m2pkg = (self.chaser.radiation_coefficient * self.chaser.radiation_area_m2
                                                     / self.chaser.mass_kg)
        out.radiation_area_over_mass_target_m2pkg = (self.target.radiation_coefficient * self.target.radiation_area_m2
                                                     / self.target.mass_kg)

    cdef double sunlit_chaser(self) noexcept nogil:
        return environment_sunlit(&self.env, self.chaser.r_eci_m)

    # ---- Python: initial states, flying, looking ----

    def place(self, name, r_eci_m, v_eci_mps, q_body_from_eci=None, w_body_radps=None):
        """Put a body's c.m. at (r, v) in ECI, with its attitude and body rate with respect to ECI.

        Where none is given, a body that holds an attitude takes it from its reference, one that tumbles that of its start.
        Raises ValueError for a state that spans no orbit plane when the attitude is held about LVLH.
        """
        cdef int i = self.index(name)
        cdef body_t* body = &self.bodies[i]
        cdef double dcm[9]
        cdef double w[3]
        load_vec(body.r_eci_m, r_eci_m, 3, "r_eci_m")
        load_vec(body.v_eci_mps, v_eci_mps, 3, "v_eci_mps")
        self.slow_due_us = 0
        self.looked = False
        if q_body_from_eci is not None:
            load_quat(body.q_body_from_eci, q_body_from_eci, "q_body_from_eci")
            load_vec(body.w_body_radps, (0.0, 0.0, 0.0) if w_body_radps is None else w_body_radps, 3, "w_body_radps")
        elif self.attitudes[i].start != NULL or self.attitudes[i].reference != NULL:
            if not orbit_hill_frame(dcm, w, body.r_eci_m, body.v_eci_mps):
                raise ValueError(f"{name} state r={r_eci_m} m, v={v_eci_mps} m/s spans no orbit plane")
            attitude_start(body.q_body_from_eci, body.w_body_radps, &self.attitudes[i], body, <double>self.t_us * 1e-6)

    def dock(self, port=None, tport=None):
        """Start docked: the chaser mated to the target, whose state must be set, at their ports of these names.

        Without names, at the first of each.
        """
        cdef int k = self._port_index(self.i_chaser, port)
        cdef int m = self._port_index(self.i_target, tport)
        self.chaser_port, self.target_port = &self.ports[self.i_chaser][k], &self.ports[self.i_target][m]
        docking_mate(&self.stack, self.chaser, self.chaser_port, self.target, self.target_port)
        self.docked = True
        self.contact.status = CONTACT_CAPTURED
        self.contact.t_s = <double>self.t_us * 1e-6
        contact_port_state(&self.contact.state, self.chaser, self.chaser_port, self.target, self.target_port)
        self.slow_due_us = 0

    cdef int _port_index(self, int i, name) except -1:
        if name is None:
            return 0
        if name not in self.port_names[i]:
            raise ValueError(f"port of {self.names[i]} is {name!r}: expected one of {', '.join(self.port_names[i])}")
        return self.port_names[i].index(name)

    def release(self):
        """Let go of what is docked, at the start of the next cycle."""
        self.dock_release = True

    def set_target(self, r_eci_m, v_eci_mps):
        """Put the target at (r, v) in ECI, 3 floats each, on its attitude reference."""
        self.place(self.names[self.i_target], r_eci_m, v_eci_mps)

    def set_chaser(self, r_eci_m, v_eci_mps, q_body_from_eci, w_body_radps):
        """Put the chaser's c.m. at (r, v) in ECI with its attitude and body rate with respect to ECI."""
        self.place(self.names[self.i_chaser], r_eci_m, v_eci_mps, q_body_from_eci, w_body_radps)

    def set_chaser_hill(self, r_hill_m, v_hill_mps, q_body_from_hill, w_body_hill_body_radps, datum="com"):
        """Put the chaser relative to the target, which must be set first.

        r_hill_m, v_hill_mps: position and velocity in the rotating hill frame, 3 floats each.
        datum "com": r is from c.m. to c.m. "port": r is of the chaser's port from the target's port in
        the target's nominal attitude about LVLH, or the one it has where it holds none; the velocity is the c.m.'s either way.
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
            vec3_sub(arm, self.target_port.position_body_m, self.target.com_body_m)
            if self.attitudes[self.i_target].is_about_hill:
                quat_irotate(arm, self.attitudes[self.i_target].q_body_from_frame_nominal, arm)
            else:
                quat_irotate(arm, self.target.q_body_from_eci, arm)
                mat3_mul_vec(arm, dcm, arm)
            vec3_add(r, r, arm)
            vec3_sub(arm, self.chaser_port.position_body_m, self.chaser.com_body_m)
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
        self.dock_armed = 0xFFFF if armed else 0

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
        """The central body's pole, a unit vector."""
        return as_tuple(self.env.gravity.pole_eci, 3)

    def state(self, name):
        """State and mass properties of the body of that name, a dict of tuples and floats; names carry units.

        "chaser" and "target" name those, whatever they are called.
        """
        cdef body_t* c = &self.bodies[self._of(name)]
        return {
            "r_eci_m": as_tuple(c.r_eci_m, 3), "v_eci_mps": as_tuple(c.v_eci_mps, 3),
            "q_body_from_eci": as_tuple(c.q_body_from_eci, 4), "w_body_radps": as_tuple(c.w_body_radps, 3),
            "mass_kg": c.mass_kg, "com_body_m": as_tuple(c.com_body_m, 3),
            "inertia_body_kgm2": as_tuple(c.inertia_body_kgm2, 9), "propellant_kg": c.propellant_kg,
        }

    cdef int _of(self, name) except -1:
        """A body by its name, or by its part."""
        if name not in self.names and name in ("chaser", "target"):
            return self.i_chaser if name == "chaser" else self.i_target
        return self.index(name)

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
        """{"status", "t_s", "state"}; status 0 none, 1 captured, 2 touched outside the envelope, 3 touching inside it, not captured."""
        return self.contact

    def collisions(self):
        """Where bodies touched, the first 16, but where the ports' envelopes allow it: dicts, in order of time.

        {"t_s", "bodies": [name, name], "point_body_m": in the structural frame of the second, "speed_mps": of one surface
        against the other}. Bodies that stay in touch count once.
        """
        return [
            {
                "t_s": self.collisions_[k].t_s, "bodies": [self.names[self.collisions_[k].a], self.names[self.collisions_[k].b]],
                "point_body_m": list(as_tuple(self.collisions_[k].point_body_m, 3)),
                "speed_mps": self.collisions_[k].speed_mps,
            }
            for k in range(min(self.n_collisions, PLANT_MAX_COLLISIONS))
        ]

    def clearance(self):
        """Shortest distance of the surfaces of chaser and target, m; held while it cannot have changed by 5 %.

        Of points on each to the shape of the other, both ways: what it is too large by is at most `undetected_m`.
        """
        return self.clearance_m()

    def look_always(self, always=True):
        """Look at every pair of bodies after every step; what is found is the same."""
        self.looks_always = always

    def undetected_m(self, name):
        """How deep a body's surface may lie in another without being seen."""
        return self.shapes[self._of(name)].cover_m

    def left(self):
        """Where a body first left what the models hold for; None while all are inside.

        {"what": "height", "rotation" or "drift" (a height in a free drift), "craft", "value" (m, rad a step, m), "t_s"}
        """
        if self.left_what == LEFT_NOTHING:
            return None
        return {
            "what": ("height", "rotation", "drift")[self.left_what - 1], "craft": self.names[self.left_body],
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

    def density_kgpm3(self, name="target"):
        """Air density at a body."""
        return environment_density_kgpm3(&self.env, self.bodies[self._of(name)].r_eci_m)

    def accelerations(self, name="target"):
        """What accelerates a body now, ECI, m/s2: {"gravity", "drag", "radiation", "others"}.

        Gravity is that of the central body; others are the other celestial bodies, less what they do to it.
        """
        cdef body_t* c = &self.bodies[self._of(name)]
        cdef double g[3]
        cdef double field[3]
        cdef double drag[3]
        cdef double light[3]
        cdef double others[3]
        environment_update(&self.env, self.t_us)
        orbit_gravity(g, &self.env.gravity, c.r_eci_m)
        environment_field(field, &self.env, <double>self.t_us * 1e-6, c.r_eci_m)
        vec3_add(g, g, field)
        environment_drag(drag, &self.env, environment_density_kgpm3(&self.env, c.r_eci_m), c.cd * c.area_m2 / c.mass_kg,
                         c.r_eci_m, c.v_eci_mps)
        environment_radiation(light, &self.env, c.radiation_coefficient * c.radiation_area_m2 / c.mass_kg, c.r_eci_m)
        environment_others(others, &self.env, c.r_eci_m)
        if not self.env.radiation_pressure:
            vec3_set(light, 0.0, 0.0, 0.0)
        return {"gravity": as_tuple(g, 3), "drag": as_tuple(drag, 3), "radiation": as_tuple(light, 3),
                "others": as_tuple(others, 3)}

    def sunlit(self):
        """Fraction of the Sun's disc the chaser sees."""
        environment_update(&self.env, self.t_us)
        return self.sunlit_chaser()

    def hold_error_rad(self):
        """Angle between the target's attitude and the reference its hold follows; 0 where it holds none."""
        cdef double q[4]
        cdef double w[3]
        cdef double a[3]
        cdef double c[4]
        if self.attitudes[self.i_target].reference == NULL:
            return 0.0
        self.attitudes[self.i_target].reference(
            q, w, a, &self.attitudes[self.i_target], self.target, <double>self.t_us * 1e-6)
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
        self._lit(&d)
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
                    self._leave(LEFT_IN_DRIFT, self.i_chaser, low, states[i, 0])
                if not high <= self.height_high_m:
                    self._leave(LEFT_IN_DRIFT, self.i_chaser, high, states[i, 0])
        return found[0].tolist(), found[1].tolist()
