"""The matched closed loop in ProxOps: truth plant and the core's stages but navigation.

Navigation is off as it is on the other side: each cycle the estimate is set to the truth.
"""

import datetime

import numpy as np

from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.string cimport memset

from gnc.ccore cimport vec3_copy, vec3_norm, vec3_sub
from gnc.definitions cimport command_t, flight_params_t, intent_t, reference_t, sensor_frame_t, solution_t
from gnc.flight cimport STAGE_CONTROL, STAGE_DECIDE, STAGE_GUIDE
from hil.plant.plant cimport Plant

from gnc.flight import PARAMS, Attitude, Law, attitude_fields, fields, law_block, law_fields
from hil.plant.config import BodyConfig, EnvironmentConfig, Hold, PlantConfig, ThrusterConfig

cdef extern from "flight_state.h" nogil:
    ctypedef struct mission_t:
        pass
    ctypedef struct nav_attitude_t:
        double q_body_from_eci[4]
        double w_body_radps[3]
    ctypedef struct nav_relative_t:
        double r_target_eci_m[3]
        double v_target_eci_mps[3]
        double dr_eci_m[3]
        double dv_eci_mps[3]
    ctypedef struct nav_t:
        uint64_t t_us
        nav_attitude_t attitude
        nav_relative_t relative
    ctypedef struct loop_flight_t "flight_t":
        flight_params_t params
        uint64_t t_us
        bint started
        nav_t nav
        mission_t mission
        solution_t solution
        intent_t intent
        reference_t reference
    int32_t flight_init(loop_flight_t *flight, const flight_params_t *params, uint32_t *bad_field)
    void nav_solution(const flight_params_t *p, const nav_t *n, solution_t *out)
    void mission_start(const flight_params_t *p, mission_t *memory, uint64_t t_us, intent_t *intent)
    void flight_run_stage(loop_flight_t *f, uint32_t stage, const sensor_frame_t *sensors, command_t *command)

EPOCH_UTC = datetime.datetime(2025, 2, 26, 13, tzinfo=datetime.UTC)
IDENTITY = (1.0, 0.0, 0.0, 0.0)
BODY_FROM_HILL = (0.5, 0.5, 0.5, -0.5)      # body x along V-bar, z to nadir: what guidance holds


def _plant_config(case):
    thrusters = tuple(
        ThrusterConfig(p, d, case.thrust_n, case.isp_s, 0.0, 0.0, case.min_on_s)
        for p, d in zip(case.thruster_position_m, case.thruster_direction, strict=True))
    chaser = BodyConfig.from_loaded(
        case.mass_kg, (0.0, 0.0, 0.0), _diagonal(case.inertia_kgm2), 800.0, (0.0, 0.0, 0.0), name="chaser", thrusters=thrusters)
    target = BodyConfig(
        case.target_mass_kg, (0.0, 0.0, 0.0), _diagonal(case.target_inertia_kgm2), name="target", attitude=Hold(BODY_FROM_HILL))
    environment = EnvironmentConfig(EPOCH_UTC, case.mu_m3ps2, case.re_m, case.j2, 0.0, 0.0)
    return PlantConfig(environment, (chaser, target), step_s=case.step_s)


def _diagonal(inertia):
    x, y, z = inertia
    return (x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, z)


def _params(case):
    """Flight parameters: one hold phase, no sensors needed, ports at the centres of mass."""
    p = np.zeros((), dtype=PARAMS)
    count = len(case.thruster_position_m)
    r, v = case.target_state()
    for name, value in {
        "cycle_s": case.cycle_s, "mu_m3ps2": case.mu_m3ps2, "re_m": case.re_m, "j2": case.j2,
        "pole_eci": (0.0, 0.0, 1.0), "mass_kg": case.mass_kg, "inertia_body_kgm2": _diagonal(case.inertia_kgm2),
        "thruster_min_on_s": case.min_on_s, "thruster_count": count,
        "q_port_from_body": IDENTITY,
        "q_tport_from_tbody": (0.0, 0.0, 0.0, 1.0), "q_tport_from_port": (0.0, 0.0, 0.0, 1.0),
        "q_tbody_from_hill": BODY_FROM_HILL, "init_q_body_from_eci": IDENTITY,
        "target_r_eci_m": r, "target_v_eci_mps": v, "attitude_kp_ps2": case.attitude_kp_ps2,
        "attitude_kd_ps": case.attitude_kd_ps, "attitude_rate_max_radps": 0.02, "force_max_n": 600.0,
        "fire_threshold": 1.0, "attitude_max_rad": 3.0, "track_far_m": 20.0, "track_near_m": 5.0,
        "phase_count": 1, "reject_limit": 10,
    }.items():
        p[name] = value
    own = law_fields(Law.HOLD) + attitude_fields(Attitude.MATE)
    p["phase_law"][0], p["phase_attitude"][0] = Law.HOLD, Attitude.MATE
    p["phase_block_length"][0] = sum(max(field.count, 1) for field in own)
    p["thruster_body_m"][: 3 * count] = np.ravel(case.thruster_position_m)
    p["thruster_dir_body"][: 3 * count] = np.ravel(case.thruster_direction)
    p["thruster_force_n"][:count] = case.thrust_n
    block = law_block(p, 0)
    block["point_m"][0], block["offset_hill_m"][0] = -case.hold_hill_m[1], case.hold_hill_m[0]
    block["speed_max_mps"][...], block["kp_ps2"][...], block["kd_ps"][...] = 0.05, case.kp_ps2, case.kd_ps
    for field in fields("params"):
        if field.lo > 0.0 and not field.count and p[field.name] == 0:
            p[field.name] = field.lo        # navigation's, unused here
    return p


cdef class ProxopsLoop:
    """One closed loop that can be run on in stretches; `control` False leaves the thrusters shut."""

    cdef Plant plant
    cdef loop_flight_t flight
    cdef sensor_frame_t sensors
    cdef command_t command
    cdef bint controlled
    cdef uint32_t cycle_us
    cdef readonly uint64_t firings

    def __init__(self, case, control=True):
        cdef uint32_t bad = 0
        record = np.frombuffer(_params(case).tobytes(), dtype=np.uint8)
        cdef const unsigned char[::1] raw = record
        code = flight_init(&self.flight, <const flight_params_t*>&raw[0], &bad)
        if code != 0:
            raise ValueError(f"flight_init: {code}, parameter {PARAMS.names[bad]}")
        self.controlled = control
        self.cycle_us = round(case.cycle_s * 1e6)
        self.plant = Plant(_plant_config(case))
        self.plant.set_target(*(list(x) for x in case.target_state()))
        self.plant.set_chaser_hill(case.hold_hill_m, (0.0, 0.0, 0.0), BODY_FROM_HILL, case.initial_rate_error_radps)
        memset(&self.sensors, 0, sizeof(sensor_frame_t))
        memset(&self.command, 0, sizeof(command_t))

    cdef void _step(self) noexcept nogil:
        cdef loop_flight_t* f = &self.flight
        cdef int i
        if self.controlled:
            for i in range(4):
                f.nav.attitude.q_body_from_eci[i] = self.plant.chaser.q_body_from_eci[i]
            vec3_copy(f.nav.attitude.w_body_radps, self.plant.chaser.w_body_radps)
            vec3_copy(f.nav.relative.r_target_eci_m, self.plant.target.r_eci_m)
            vec3_copy(f.nav.relative.v_target_eci_mps, self.plant.target.v_eci_mps)
            vec3_sub(f.nav.relative.dr_eci_m, self.plant.chaser.r_eci_m, self.plant.target.r_eci_m)
            vec3_sub(f.nav.relative.dv_eci_mps, self.plant.chaser.v_eci_mps, self.plant.target.v_eci_mps)
            f.t_us = f.nav.t_us = self.plant.t_us
            nav_solution(&f.params, &f.nav, &f.solution)
            if not f.started:
                mission_start(&f.params, &f.mission, f.t_us, &f.intent)
            f.intent.t_us = f.t_us
            memset(&self.command, 0, sizeof(command_t))
            flight_run_stage(f, STAGE_GUIDE, &self.sensors, &self.command)
            flight_run_stage(f, STAGE_DECIDE, &self.sensors, &self.command)
            flight_run_stage(f, STAGE_CONTROL, &self.sensors, &self.command)
            f.started = True
        self.plant.advance(self.command.thruster_on_us, self.cycle_us)

    def run(self, double duration_s):
        """Runs on for `duration_s`."""
        cdef uint64_t k, cycles = round(duration_s * 1e6 / self.cycle_us)
        with nogil:
            for k in range(cycles):
                self._step()
        self.firings = 0
        for i in range(self.plant.n_thrusters):
            self.firings += self.plant.thrusters[i].firings

    def attitude_error_rad(self):
        """Angle of the chaser's body from its hill attitude, as control sees it."""
        return vec3_norm(self.flight.reference.error_attitude_rad)

    def range_m(self):
        """Distance between the centres of mass."""
        cdef double r[3]
        vec3_sub(r, self.plant.chaser.r_eci_m, self.plant.target.r_eci_m)
        return vec3_norm(r)
