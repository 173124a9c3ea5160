/* The flight parameters, declared once. */
#ifndef PROXOPS_PARAMETERS_H
#define PROXOPS_PARAMETERS_H

/* ---- Parameters ---------------------------------------------------------------------------
 * P(type, name, lo, hi, unit, meaning), Q(type, name, count, lo, hi, unit, meaning). The ranges
 * are checked by flight_init and, with the same table, by the scenario reader.
 * Group 1 is what the flight knows of the vehicles (nominal values); group 2 is uploaded before
 * the run; group 3 is the design. */
#define BIG 1.0e12
#define PARAM_FIELDS(P, Q) \
    P(f64, cycle_s, 0.01, 1.0, "s", "control cycle") \
    P(f64, mu_m3ps2, 1.0, 1.0e21, "m^3/s^2", "gravitational parameter of the navigation model") \
    P(f64, re_m, 1.0, 1.0e9, "m", "equatorial radius that j2 refers to") \
    P(f64, j2, -1.0, 1.0, "1", "zonal J2 of the navigation model") \
    Q(f64, pole_eci, 3, -1.0, 1.0, "1", "unit vector of the pole of date") \
    P(f64, mass_kg, 0.1, 1.0e6, "kg", "chaser mass") \
    Q(f64, com_body_m, 3, -100.0, 100.0, "m", "chaser centre of mass") \
    P(f64, com_sigma_m, 0.0, 10.0, "m", \
      "1 sigma of the chaser's centre of mass, each axis: constant, and no measurement shows it") \
    Q(f64, inertia_body_kgm2, 9, -BIG, BIG, "kg m^2", "chaser inertia about its c.m., row-major") \
    Q(f64, port_body_m, 3, -100.0, 100.0, "m", "chaser docking port") \
    Q(f64, q_port_from_body, 4, -1.0, 1.0, "1", "chaser port frame, +x outward") \
    Q(f64, thruster_min_on_s, FLIGHT_GROUPS, 1.0e-4, 1.0, "s", \
      "shortest on-time a thruster is fired for, of each group; of one without thrusters any") \
    Q(f64, thruster_rise_s, FLIGHT_GROUPS, 0.0, 0.2, "s", "linear rise from valve opening to full thrust") \
    Q(f64, thruster_decay_s, FLIGHT_GROUPS, 0.0, 0.2, "s", "linear decay from valve closing to zero") \
    Q(f64, thruster_body_m, 3 * FLIGHT_THRUSTERS, -100.0, 100.0, "m", "thruster positions") \
    Q(f64, thruster_dir_body, 3 * FLIGHT_THRUSTERS, -1.0, 1.0, "1", "unit force directions on the chaser") \
    Q(f64, thruster_force_n, FLIGHT_THRUSTERS, 0.0, 1.0e5, "N", "thrust levels") \
    Q(f64, tport_tbody_m, 3, -100.0, 100.0, "m", "target docking port, from the target's c.m.") \
    Q(f64, q_tport_from_tbody, 4, -1.0, 1.0, "1", "target port frame, +x outward") \
    Q(f64, q_tport_from_port, 4, -1.0, 1.0, "1", "target port frame from chaser port frame when docked") \
    Q(f64, q_tbody_from_hill, 4, -1.0, 1.0, "1", \
      "attitude that the target nominally holds; in TARGET_INERTIAL_HOLD from eci") \
    Q(f64, target_r_eci_m, 3, -BIG, BIG, "m", "uploaded target position at start") \
    Q(f64, target_v_eci_mps, 3, -1.0e6, 1.0e6, "m/s", "uploaded target velocity at start") \
    P(f64, target_sigma_r_m, 1.0e-3, 1.0e6, "m", "1 sigma of the uploaded position, each axis") \
    P(f64, target_sigma_v_mps, 1.0e-6, 1.0e3, "m/s", "1 sigma of the uploaded velocity, each axis") \
    Q(f64, init_r_hill_m, 3, -1.0e8, 1.0e8, "m", "relative position handed over at start, c.m. to c.m.") \
    Q(f64, init_v_hill_mps, 3, -1.0e4, 1.0e4, "m/s", "relative velocity handed over at start") \
    P(f64, init_sigma_r_m, 1.0e-4, 1.0e5, "m", "1 sigma of init_r_hill_m, each axis") \
    P(f64, init_sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "1 sigma of init_v_hill_mps, each axis") \
    Q(f64, init_q_body_from_eci, 4, -1.0, 1.0, "1", "attitude handed over at start") \
    P(f64, init_sigma_attitude_rad, 1.0e-6, 1.0, "rad", "1 sigma of the attitude handed over, each axis") \
    P(f64, rel_accel_psd_m2ps3, 0.0, 1.0, "m^2/s^3", "white acceleration noise of the relative motion model") \
    P(f64, orbit_accel_psd_m2ps3, 0.0, 1.0, "m^2/s^3", "white acceleration noise of the target orbit model") \
    P(f64, mated_sigma_r_m, 1.0e-4, 10.0, "m", \
      "1 sigma of the relative position, each axis, when the chaser leaves the target that has held it") \
    P(f64, mated_sigma_v_mps, 1.0e-6, 1.0, "m/s", "same, of the relative velocity") \
    P(f64, mated_sigma_attitude_rad, 1.0e-6, 1.0, "rad", "same, of the target's attitude") \
    P(f64, target_attitude_sigma_rad, 1.0e-6, 1.0, "rad", "target attitude error from nominal, 1 sigma") \
    P(f64, target_rate_sigma_radps, 0.0, 1.0, "rad/s", "target attitude rate error, 1 sigma") \
    P(f64, target_damping_ratio, 0.0, 10.0, "1", \
      "damping of the target's attitude motion about its hold, of natural frequency rate sigma / attitude sigma") \
    P(f64, gate_chi2_3dof, 1.0, 1000.0, "1", "innovation gate, chi-square with 3 degrees of freedom") \
    P(f64, measurement_max_age_s, 0.0, 10.0, "s", "an older measurement is rejected as stale") \
    P(f64, attitude_kp_ps2, 0.0, 10.0, "1/s^2", "attitude gain, angular acceleration per error") \
    P(f64, attitude_kd_ps, 0.0, 10.0, "1/s", "attitude rate gain") \
    P(f64, attitude_rate_max_radps, 1.0e-5, 1.0, "rad/s", "largest commanded attitude rate") \
    P(f64, quiet_start_s, 0.0, 600.0, "s", \
      "no thruster fires before this time: the accelerometer bias is taken first") \
    P(f64, force_max_n, 0.1, 1.0e6, "N", "largest commanded force; leaves authority for torque") \
    P(f64, fire_threshold, 1.0, 100.0, "1", \
      "an axis demand is allocated once it exceeds this many of the smallest it can be given") \
    P(f64, track_far_m, 0.0, 1.0e4, "m", "axial distance outside which the nominal port is tracked") \
    P(f64, track_near_m, 0.0, 1.0e4, "m", "axial distance inside which the estimated port is tracked fully") \
    P(f64, attitude_max_rad, 0.001, 3.2, "rad", "attitude control error that breaks the approach off") \
    Q(f64, phase_timeout_s, FLIGHT_PHASES, 0.0, 1.0e6, "s", "time after which the phase has lasted too long; 0 never") \
    Q(f64, phase_gate_r_m, FLIGHT_PHASES, 0.0, 1.0e6, "m", "exit gate: position error") \
    Q(f64, phase_gate_v_mps, FLIGHT_PHASES, 0.0, 1.0e3, "m/s", "exit gate: velocity error") \
    Q(f64, phase_attitude_deadband_rad, FLIGHT_PHASES, 0.0, 1.0, "rad", "attitude dead band, each axis") \
    Q(f64, phase_corridor_rad, FLIGHT_PHASES, 0.0, 1.6, "rad", "half angle of the approach corridor watched; 0 none") \
    Q(f64, sun_eci, 3, -1.0, 1.0, "1", "direction of the Sun at start, unit vector; zero where no phase needs it") \
    Q(f64, block, FLIGHT_BLOCK, -BIG, BIG, "1", \
      "what modules read of their own: a phase's stretch has its law's fields and then its attitude's, " \
      "an instrument's those of its model") \
    Q(f64, instrument_position_body_m, 3 * FLIGHT_INSTRUMENTS, -100.0, 100.0, "m", "where each instrument is mounted") \
    Q(f64, instrument_q_from_body, 4 * FLIGHT_INSTRUMENTS, -1.0, 1.0, "1", "its axes from the body's") \
    Q(f64, instrument_timeout_s, FLIGHT_INSTRUMENTS, 0.0, 1.0e4, "s", \
      "without an accepted measurement for this long it is lost") \
    P(u32, instrument_count, 0, FLIGHT_INSTRUMENTS, "1", "instruments fitted") \
    P(u32, thruster_count, 1, FLIGHT_THRUSTERS, "1", "thrusters fitted") \
    P(u32, phase_count, 1, FLIGHT_PHASES, "1", "phases in the table") \
    P(u32, start_phase, 0, FLIGHT_PHASES - 1, "1", "phase at start") \
    P(u32, reject_limit, 1, 1000, "1", "rejections in a row after which a sensor is lost") \
    Q(u16, instrument_block_offset, FLIGHT_INSTRUMENTS, 0, FLIGHT_BLOCK, "1", \
      "where its model's fields begin in block") \
    Q(u16, instrument_block_length, FLIGHT_INSTRUMENTS, 0, FLIGHT_BLOCK, "1", "how many elements they have") \
    P(u32, transition_count, 0, FLIGHT_TRANSITIONS, "1", "transitions in the table; the first that applies is taken") \
    P(u32, monitor_count, 0, FLIGHT_MONITORS, "1", "monitors, asked in their order") \
    Q(u16, transition_guard_arg, FLIGHT_TRANSITIONS *FLIGHT_GUARDS, 0, 65535, "1", "the guards' arguments") \
    Q(u16, phase_ignores_contact_until_m, FLIGHT_PHASES, 0, 65535, "m", \
      "contact counts once the ports were this far apart in the phase; 0 at once") \
    Q(u16, phase_mechanism, FLIGHT_PHASES, 0, 65535, "1", \
      "ports of the chaser whose mechanism is armed, a bit for each; those that release, shifted left by 8") \
    Q(u16, phase_needs, FLIGHT_PHASES, 0, 4095, "1", "instruments that the phase needs, a bit for each by its number") \
    Q(u16, monitor_block_offset, FLIGHT_MONITORS, 0, FLIGHT_BLOCK, "1", "where the monitor's fields begin in block") \
    Q(u16, monitor_block_length, FLIGHT_MONITORS, 0, FLIGHT_BLOCK, "1", "how many elements they have") \
    Q(u16, phase_block_offset, FLIGHT_PHASES, 0, FLIGHT_BLOCK, "1", "where the law's fields begin in block") \
    Q(u16, phase_block_length, FLIGHT_PHASES, 0, FLIGHT_BLOCK, "1", "how many elements they have") \
    P(u8, target_attitude_mode, 0, 2, "1", "what flight knows of the target's attitude, TARGET_*") \
    Q(u8, param_reserved, 7, 0, 0, "1", "zero") \
    Q(u8, thruster_group, FLIGHT_THRUSTERS, 0, FLIGHT_GROUPS - 1, "1", "which group each thruster is of") \
    Q(u8, transition_from, FLIGHT_TRANSITIONS, 0, 255, "1", "phase that is left; 255 any") \
    Q(u8, transition_to, FLIGHT_TRANSITIONS, 0, FLIGHT_PHASES - 1, "1", "phase that is entered") \
    Q(u8, transition_event, FLIGHT_TRANSITIONS, 0, 9, "1", "what it waits for, EVENT_*") \
    Q(u8, transition_event_arg, FLIGHT_TRANSITIONS, 0, 255, "1", "the event's argument") \
    Q(u8, transition_guard, FLIGHT_TRANSITIONS *FLIGHT_GUARDS, 0, 6, "1", "what must hold besides, GUARD_*") \
    Q(u8, monitor_kind, FLIGHT_MONITORS, 0, 255, "1", "monitor, MONITOR_*") \
    Q(u8, instrument_kind, FLIGHT_INSTRUMENTS, 0, 255, "1", "what each instrument measures, KIND_*") \
    Q(u8, phase_law, FLIGHT_PHASES, 0, 255, "1", "guidance law, LAW_*") \
    Q(u8, phase_point, FLIGHT_PHASES, 0, 2, "1", "what of the chaser is steered, POINT_*") \
    Q(u8, phase_frame, FLIGHT_PHASES, 0, 3, "1", "in what it is steered, FRAME_*") \
    Q(u8, phase_attitude, FLIGHT_PHASES, 0, 255, "1", "what attitude is held, ATTITUDE_*")

#endif
