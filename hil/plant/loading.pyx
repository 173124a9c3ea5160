"""From the plant's configuration to its structs; every figure is checked here."""

from libc.stdint cimport uint32_t

from gnc.ccore cimport elem_log, elem_sincos, quat_normalize, vec3_norm, vec3_scale, vec3_set
from hil.effectors.thrusters cimport thruster_t
from hil.plant.contact cimport port_t
from hil.plant.dynamics cimport body_t, dynamics_mass_properties
from hil.plant.environment cimport (
    ENVIRONMENT_MAX_DEGREE, ENVIRONMENT_MAX_HEIGHTS, ENVIRONMENT_MAX_OTHERS, SOURCE_MOON, SOURCE_SUN, SOURCE_TABLE, environment_t,
    environment_update, other_t,
)

import numpy as np

from hil.plant.config import IDENTITY, BodyConfig, CaptureConfig, CelestialBody, PortConfig, inertia_problem
from hil.plant.environment import pole_of_date
from hil.timescales import Epoch

cdef double TWO_PI = 6.28318530717958647693


cdef tuple as_tuple(const double* a, int n):
    return tuple([a[i] for i in range(n)])


cdef int load_vec(double* out, values, int n, str name) except -1:
    cdef int i
    values = tuple(float(x) for x in values)
    if len(values) != n:
        raise ValueError(f"{name} has {len(values)} values: expected {n}")
    for i in range(n):
        if not (values[i] - values[i] == 0.0):
            raise ValueError(f"{name}[{i}] is {values[i]}: expected a finite number")
        out[i] = values[i]
    return 0


cdef int load_quat(double* out, values, str name) except -1:
    cdef double n2 = 0.0
    cdef int i
    load_vec(out, values, 4, name)
    for i in range(4):
        n2 += out[i] * out[i]
    if not 0.99 < n2 < 1.01:
        raise ValueError(f"{name} is {values}: expected a unit quaternion, scalar first")
    quat_normalize(out)
    return 0


cdef int load_positive(double value, str name) except -1:
    if not (value > 0.0 and value - value == 0.0):
        raise ValueError(f"{name} is {value}: expected a positive number")
    return 0


cdef int load_at_least_zero(double value, str name) except -1:
    if not (value >= 0.0 and value - value == 0.0):
        raise ValueError(f"{name} is {value}: expected a finite number >= 0")
    return 0


cdef list load_environment(environment_t* env, config):
    cdef double zonals[5]
    cdef int i
    load_positive(config.mu_m3ps2, "environment.mu_m3ps2")
    load_positive(config.re_m, "environment.re_m")
    load_positive(config.density_factor, "environment.density_factor")
    for i, name in enumerate(("j2", "j3", "j4", "flattening", "rate_radps")):
        load_vec(&zonals[i], (getattr(config, name),), 1, f"environment.{name}")
    epoch = Epoch.of(config.epoch)
    env.epoch_tt_cy = epoch.tt_since_j2000_us() / (86400e6 * 36525.0)
    env.gravity.mu_m3ps2 = config.mu_m3ps2
    env.gravity.re_m = config.re_m
    env.gravity.j2, env.gravity.j3, env.gravity.j4 = config.j2, config.j3, config.j4
    if config.pole_eci is None:
        x, y, z = pole_of_date(env.epoch_tt_cy)
    else:
        load_vec(zonals, config.pole_eci, 3, "environment.pole_eci")
        norm = vec3_norm(zonals)
        if not 0.999 < norm < 1.001 or not zonals[2] / norm > -0.999:
            raise ValueError(f"environment.pole_eci is {config.pole_eci}: expected a unit vector that is not -z")
        x, y, z = zonals[0] / norm, zonals[1] / norm, zonals[2] / norm
    vec3_set(env.gravity.pole_eci, x, y, z)
    # equator with the celestial intermediate origin (IERS Conventions 2010, eq. 5.10 with s = -XY/2)
    a, s = 1.0 / (1.0 + z), -0.5 * x * y
    q = ((1.0 - a * x * x, -a * x * y, -x), (-a * x * y, 1.0 - a * y * y, -y), (x, y, z))
    for i in range(3):
        env.cirs_from_eci[i] = q[0][i] - s * q[1][i]
        env.cirs_from_eci[3 + i] = q[1][i] + s * q[0][i]
        env.cirs_from_eci[6 + i] = q[2][i]
    env.rate_radps = config.rate_radps
    # Earth rotation angle (IERS Conventions 2010, eq. 5.15); UT1 taken as UTC
    days, rest_us = divmod(epoch.utc_since_j2000_us(), 86400000000)
    fraction = rest_us / 86400e6
    turns = 0.7790572732640 + 0.00273781191135448 * (days + fraction) + fraction
    env.rotation_0_rad = TWO_PI * (turns - (turns // 1.0))
    if config.rotation_rad is not None:
        load_vec(&env.rotation_0_rad, (config.rotation_rad,), 1, "environment.rotation_rad")
    env.flattening = config.flattening
    env.density_factor = config.density_factor
    env.field_degree = 0
    field = config.field
    if field is not None:
        if not 2 <= field.degree <= ENVIRONMENT_MAX_DEGREE:
            raise ValueError(f"environment.field.degree is {field.degree}: expected 2..{ENVIRONMENT_MAX_DEGREE}")
        env.field_degree = field.degree
        terms = (field.degree + 1) * (field.degree + 2) // 2
        load_vec(env.field_c, field.c, terms, "environment.field.c")
        load_vec(env.field_s, field.s, terms, "environment.field.s")
        for i in (0, 1, 2, 3, 6, 10):       # degrees 0 and 1, and J2..J4, which gravity_t carries
            env.field_c[i] = 0.0
    env.n_heights = 0
    atm = config.atmosphere
    if atm is not None:
        if not 2 <= len(atm.density_night_kgpm3) == len(atm.bulge_amplitude) <= ENVIRONMENT_MAX_HEIGHTS:
            raise ValueError(f"environment.atmosphere has {len(atm.density_night_kgpm3)} densities and "
                             f"{len(atm.bulge_amplitude)} bulge amplitudes: expected equal numbers, 2..{ENVIRONMENT_MAX_HEIGHTS}")
        env.n_heights = len(atm.density_night_kgpm3)
        load_vec(&env.height_0_m, (atm.height_0_m,), 1, "environment.atmosphere.height_0_m")
        load_positive(atm.height_step_m, "environment.atmosphere.height_step_m")
        env.height_step_m = atm.height_step_m
        load_vec(env.bulge_amplitude, atm.bulge_amplitude, env.n_heights, "environment.atmosphere.bulge_amplitude")
        load_vec(&zonals[0], (atm.bulge_lag_rad,), 1, "environment.atmosphere.bulge_lag_rad")
        for i in range(env.n_heights):
            load_positive(atm.density_night_kgpm3[i], f"environment.atmosphere.density_night_kgpm3[{i}]")
            env.ln_density_night_kgpm3[i] = elem_log(atm.density_night_kgpm3[i])
        elem_sincos(atm.bulge_lag_rad, &env.bulge_lag_sin, &env.bulge_lag_cos)
    tables = load_others(env, config)
    env.sun_due_us = 0
    environment_update(env, 0)
    return tables


cdef list load_others(environment_t* env, config):
    """The other bodies; the arrays that their tables are kept in."""
    cdef int i
    if len(config.others) > ENVIRONMENT_MAX_OTHERS:
        raise ValueError(f"environment has {len(config.others)} other bodies: expected at most {ENVIRONMENT_MAX_OTHERS}")
    env.n_others = len(config.others)
    tables = []
    for i, other in enumerate(config.others):
        load_positive(other.mu_m3ps2, f"environment.{other.name}.mu_m3ps2")
        load_other(&env.others[i], other, tables)
    load_other(&env.sun, config.sun, tables)
    env.radiation_pressure = config.radiation_pressure
    return tables


cdef int load_other(other_t* other, config: CelestialBody, list tables) except -1:
    cdef const double[:, ::1] rows
    name = f"environment.{config.name}"
    other.mu_m3ps2 = config.mu_m3ps2
    table = config.table
    if table is None:
        if config.name not in ("sun", "moon"):
            raise ValueError(f"{name} has no table of positions: expected one, only those of sun and moon have series")
        other.source = SOURCE_SUN if config.name == "sun" else SOURCE_MOON
        return 0
    other.source = SOURCE_TABLE
    load_vec(&other.table_0_s, (table.start_s,), 1, f"{name}.table.start_s")
    load_positive(table.step_s, f"{name}.table.step_s")
    other.table_step_s = table.step_s
    array = np.array(table.r_eci_m, dtype=float)
    if array.ndim != 2 or array.shape[1] != 3 or array.shape[0] < 4 or not np.isfinite(array).all():
        raise ValueError(f"{name}.table.r_eci_m has shape {array.shape}: expected 4 or more finite positions of 3 components")
    tables.append(array)
    rows = array
    other.table_m, other.rows = &rows[0, 0], rows.shape[0]
    return 0


cdef int load_body(body_t* body, config: BodyConfig, str name) except -1:
    cdef int i, j
    load_positive(config.dry_mass_kg, f"{name}.dry_mass_kg")
    load_at_least_zero(config.propellant_kg, f"{name}.propellant_kg")
    load_vec(body.dry_com_body_m, config.dry_com_body_m, 3, f"{name}.dry_com_body_m")
    load_vec(body.dry_inertia_body_kgm2, config.dry_inertia_body_kgm2, 9, f"{name}.dry_inertia_body_kgm2")
    for i in range(3):
        for j in range(i):
            if body.dry_inertia_body_kgm2[3 * i + j] != body.dry_inertia_body_kgm2[3 * j + i]:
                raise ValueError(f"{name}.dry_inertia_body_kgm2 is {config.dry_inertia_body_kgm2}: expected symmetric")
    problem = inertia_problem(config.dry_inertia_body_kgm2)
    if problem:
        raise ValueError(f"{name}.dry_inertia_body_kgm2, without propellant, has {problem}")
    load_vec(body.tank_body_m, config.tank_body_m, 3, f"{name}.tank_body_m")
    load_quat(body.q_body_from_eci, IDENTITY, "q_body_from_eci")
    body.dry_mass_kg, body.propellant_kg = config.dry_mass_kg, config.propellant_kg
    load_at_least_zero(config.cd, f"{name}.cd")
    load_at_least_zero(config.area_m2, f"{name}.area_m2")
    body.cd, body.area_m2 = config.cd, config.area_m2
    load_at_least_zero(config.radiation_coefficient, f"{name}.radiation_coefficient")
    load_at_least_zero(config.radiation_area_m2, f"{name}.radiation_area_m2")
    body.radiation_coefficient, body.radiation_area_m2 = config.radiation_coefficient, config.radiation_area_m2
    dynamics_mass_properties(body)
    vec3_set(body.r_eci_m, 0.0, 0.0, 0.0)
    vec3_set(body.v_eci_mps, 0.0, 0.0, 0.0)
    return 0


cdef int load_thruster(thruster_t* th, config, str name) except -1:
    cdef double norm
    load_vec(th.position_body_m, config.position_body_m, 3, f"{name}.position_body_m")
    load_vec(th.direction_body, config.direction_body, 3, f"{name}.direction_body")
    norm = vec3_norm(th.direction_body)
    if not 0.999 < norm < 1.001:
        raise ValueError(f"{name}.direction_body is {config.direction_body}: expected a unit vector")
    vec3_scale(th.direction_body, 1.0 / norm, th.direction_body)
    load_positive(config.thrust_n, f"{name}.thrust_n")
    load_positive(config.isp_s, f"{name}.isp_s")
    for key in ("rise_s", "decay_s", "min_on_s"):
        load_at_least_zero(getattr(config, key), f"{name}.{key}")
    if not config.valve_tick_us >= 1:
        raise ValueError(f"{name}.valve_tick_us is {config.valve_tick_us}: expected >= 1")
    th.thrust_n, th.isp_s, th.rise_s, th.decay_s = config.thrust_n, config.isp_s, config.rise_s, config.decay_s
    th.min_on_us = <uint32_t>(config.min_on_s * 1e6 + 0.5)
    th.valve_tick_us = config.valve_tick_us
    return 0


cdef int load_port(port_t* port, config: PortConfig, str name) except -1:
    load_vec(port.position_body_m, config.position_body_m, 3, f"{name}.position_body_m")
    load_quat(port.q_port_from_body, config.q_port_from_body, f"{name}.q_port_from_body")
    load_quat(port.q_tport_from_port_docked, config.q_tport_from_port_docked, f"{name}.q_tport_from_port_docked")
    load_at_least_zero(config.release_mps, f"{name}.release_mps")
    port.release_mps = config.release_mps
    load_at_least_zero(config.radius_m, f"{name}.radius_m")
    load_at_least_zero(config.depth_m, f"{name}.depth_m")
    port.radius_m, port.depth_m = config.radius_m, config.depth_m
    port.captures = config.capture is not None
    c = config.capture if port.captures else CaptureConfig(*([0.0] * 8), touch_lateral_m=0.0)
    for key, value in vars(c).items():
        load_at_least_zero(value, f"{name}.capture.{key}")
    port.envelope.closing_min_mps = c.closing_min_mps
    port.envelope.closing_max_mps = c.closing_max_mps
    port.envelope.lateral_m = c.lateral_m
    port.envelope.lateral_rate_mps = c.lateral_rate_mps
    port.envelope.pitch_yaw_rad = c.pitch_yaw_rad
    port.envelope.roll_rad = c.roll_rad
    port.envelope.pitch_yaw_rate_radps = c.pitch_yaw_rate_radps
    port.envelope.roll_rate_radps = c.roll_rate_radps
    port.envelope.touch_lateral_m = c.touch_lateral_m
    return 0
