/* The frames between flight software and harness, each declared once as a table of fields. */
#ifndef PROXOPS_FRAMES_H
#define PROXOPS_FRAMES_H

/* S(type, name, unit, meaning); V(type, name, count, unit, meaning); M: the same for an array of measurements.
 * Ordered so that no struct has padding. */

/* ---- measurement: one instrument's, as a slot of the sensor frame ----------------------------- */
#define FLIGHT_SLOTS 12
#define MEASUREMENT_VALUES 8
#define MEASUREMENT_FIELDS(S, V) \
    S(u8, instrument, "1", "which instrument, index into the instrument table") \
    S(u8, kind, "1", "what it measures, KIND_*") \
    S(u8, flags, "1", "bits of the kind's own") \
    S(u8, count, "1", "values used") \
    S(u16, seq, "1", "number of the measurement; one number is taken once") \
    S(u16, reserved, "1", "zero") \
    S(u64, t_valid_us, "us", "time the measurement is valid for") \
    V(f64, z, MEASUREMENT_VALUES, "1", "the values, as the kind's components; zero where not used")

/* Components of each kind: C(kind, name, count, unit, meaning), in the order of z. */
#define KIND_COMPONENTS(C) \
    C(IMU, dtheta_body_rad, 3, "rad", "gyro angle increment over the cycle, body axes") \
    C(IMU, dv_body_mps, 3, "m/s", "accelerometer velocity increment over the cycle at the IMU, body axes") \
    C(STAR, q_star_from_eci, 4, "1", "attitude, star frame from eci") \
    C(GNSS, r_eci_m, 3, "m", "chaser GNSS antenna position, eci") \
    C(GNSS, v_eci_mps, 3, "m/s", "chaser GNSS antenna velocity, eci") \
    C(RGNSS, r_eci_m, 3, "m", "chaser antenna relative to target antenna, eci") \
    C(RGNSS, v_eci_mps, 3, "m/s", "rate of r_eci_m, eci") \
    C(CAMERA, range_m, 1, "m", "camera to target port, range") \
    C(CAMERA, azimuth_rad, 1, "rad", "target port azimuth in the camera frame, atan2(y, x)") \
    C(CAMERA, elevation_rad, 1, "rad", "target port elevation in the camera frame, asin(z / range)") \
    C(CAMERA, q_camera_from_tport, 4, "1", "camera frame from target port; only where count is 7") \
    C(LIDAR, range_m, 1, "m", "lidar to the target's surface, range") \
    C(LIDAR, azimuth_rad, 1, "rad", "azimuth of the surface in the lidar frame, atan2(y, x)") \
    C(LIDAR, elevation_rad, 1, "rad", "elevation of the surface in the lidar frame, asin(z / range)") \
    C(LIDAR, q_lidar_from_tbody, 4, "1", "lidar frame from target; only where count is 7") \
    C(BEARING, azimuth_rad, 1, "rad", "azimuth of the target's surface in the camera frame, atan2(y, x)") \
    C(BEARING, elevation_rad, 1, "rad", "elevation of the target's surface in the camera frame, asin(z / range)")

/* ---- SensorFrame ------------------------------------------------------------------------------ */
#define SENSOR_FRAME_FIELDS(S, V, M) \
    S(u64, t_us, "us", "time of this cycle since scenario start") \
    V(f64, tc_arg, 2, "1", "telecommand arguments") \
    M(measurement_t, slot, FLIGHT_SLOTS, "1", "measurements that arrived, the first slot_count of them; zero beyond") \
    S(u32, tick, "1", "cycle number") \
    V(u32, thruster_applied_us, FLIGHT_THRUSTERS, "us", \
      "on-time that the valve drivers gave in the cycle that ends now") \
    S(u16, tc_seq, "1", "telecommand number; a new number is a new telecommand") \
    S(u16, tc_opcode, "1", "telecommand, TC_*; 0 none") \
    S(u8, slot_count, "1", "slots used") \
    V(u8, reserved, 7, "1", "zero")

/* ---- Solution: what navigation knows, for every stage behind it --------------------------------- */
#define FLIGHT_INSTRUMENTS 12
#define SOLUTION_FIELDS(S, V) \
    S(u64, t_us, "us", "time it is valid for") \
    V(f64, q_body_from_eci, 4, "1", "attitude") \
    V(f64, w_body_eci_body_radps, 3, "rad/s", "body rate") \
    V(f64, gyro_bias_radps, 3, "rad/s", "gyro bias, body axes") \
    V(f64, r_target_eci_m, 3, "m", "target position, eci") \
    V(f64, v_target_eci_mps, 3, "m/s", "target velocity, eci") \
    V(f64, r_chaser_target_eci_m, 3, "m", "chaser from target, c.m. to c.m., eci axes") \
    V(f64, v_chaser_target_eci_mps, 3, "m/s", "inertial rate of r_chaser_target_eci_m") \
    V(f64, c_hill_from_eci, 9, "1", "rotation to the hill frame, row-major") \
    V(f64, w_hill_radps, 3, "rad/s", "rate of the hill frame against eci, hill axes") \
    V(f64, r_hill_m, 3, "m", "chaser from target, c.m. to c.m., hill") \
    V(f64, v_hill_mps, 3, "m/s", "rate of r_hill_m in the rotating frame") \
    V(f64, q_body_from_hill, 4, "1", "attitude against hill") \
    V(f64, w_body_hill_body_radps, 3, "rad/s", "body rate against hill, body axes") \
    V(f64, r_port_hill_m, 3, "m", "chaser port from the target's c.m., hill") \
    V(f64, v_port_hill_mps, 3, "m/s", "rate of r_port_hill_m in the rotating frame") \
    V(f64, r_port_tport_m, 3, "m", "chaser port in the frame of the estimated target port") \
    V(f64, v_port_tport_mps, 3, "m/s", "rate of r_port_tport_m in that frame") \
    V(f64, q_tbody_from_hill, 4, "1", "target attitude against hill, as estimated") \
    V(f64, w_tbody_hill_hill_radps, 3, "rad/s", "its rate against hill, hill axes") \
    V(f64, q_hold_from_hill, 4, "1", "target attitude against hill that its nominal hold has now") \
    V(f64, w_hold_hill_hill_radps, 3, "rad/s", "rate of the nominal hold against hill, hill axes") \
    V(f64, target_attitude_rad, 3, "rad", "target attitude against its nominal hold, tbody axes") \
    V(f64, target_rate_radps, 3, "rad/s", "rate of target_attitude_rad") \
    V(f64, sensed_eci_mps, 3, "m/s", "velocity sensed over the last cycle, at the c.m.") \
    V(f64, unexplained_mps, 3, "m/s", \
      "change of velocity that inertial units sensed over the cycle and nominal thrusters, as their valves were " \
      "driven, do not explain, body axes") \
    V(f64, unexplained_radps, 3, "rad/s", "same, of the body rate") \
    V(f64, variance_r_hill_m2, 3, "m^2", "variance of r_hill_m") \
    V(f64, variance_v_hill_m2ps2, 3, "m^2/s^2", "variance of the relative velocity (inertial rate, hill axes)") \
    V(f64, variance_attitude_rad2, 3, "rad^2", "variance of the attitude, body axes") \
    V(f64, variance_target_attitude_rad2, 3, "rad^2", "variance of target_attitude_rad") \
    S(f64, disagreement_chi2, "1", \
      "relative GNSS against what else measures the same: the bias between them, in its " \
      "variances") \
    V(f32, instrument_nis, FLIGHT_INSTRUMENTS, "1", "normalised innovation squared of each instrument's last update") \
    S(u32, cycles_since_thrust, "1", "cycles since a thruster was last commanded or driven") \
    V(u32, thruster_applied_us, FLIGHT_THRUSTERS, "us", "on-time that the valve drivers gave in the cycle") \
    V(u16, instrument_rejects, FLIGHT_INSTRUMENTS, "1", "measurements of each instrument rejected since start") \
    V(u8, instrument_state, FLIGHT_INSTRUMENTS, "1", "INSTRUMENT_* bits of each instrument") \
    S(u8, attitude_quality, "1", "QUALITY_* of the attitude") \
    S(u8, orbit_quality, "1", "QUALITY_* of the target's orbit") \
    S(u8, relative_quality, "1", "QUALITY_* of the relative motion") \
    S(u8, target_quality, "1", "QUALITY_* of the target's attitude") \
    S(u8, dock_flags, "1", "what the docking mechanism senses in this cycle, DOCK_* bits") \
    S(u8, explained, "bool", "unexplained_mps and unexplained_radps are of this cycle") \
    S(u16, slots_refused, "1", "measurements of no instrument in the table, since start")

/* ---- Intent: what the mission wants, for guidance and control ------------------------------------ */
#define INTENT_FIELDS(S, V) \
    S(u64, t_us, "us", "time it is valid for") \
    S(u64, entry_us, "us", "time from which the phase counts its own") \
    S(u32, entry, "1", "phases entered so far: when it changes, guidance and control start afresh") \
    S(u32, restart, "1", "holds and resumptions so far: when it changes, a leg starts from where the chaser is") \
    S(u32, mechanism, "1", "what the docking mechanism is told, MECHANISM_* bits") \
    S(u8, phase, "1", "phase in force, index into the phase table") \
    S(u8, previous_phase, "1", "phase before it") \
    S(u8, law, "1", "guidance law in force, LAW_*") \
    S(u8, begins, "1", \
      "1: the phase has just followed a leg that was done; the reference is taken over for this cycle") \
    S(u8, nav_mode, "1", "how the chaser moves, MODE_*") \
    S(u8, overlay, "1", "what telecommands have laid over the phase, OVERLAY_* bits") \
    S(u8, reason, "1", "why the last break-off happened, REASON_*") \
    S(u8, gate_open, "bool", "the phase's exit gate is open") \
    S(u8, tc_rejected, "bool", "the last telecommand was refused") \
    V(u8, reserved, 3, "1", "zero")

/* ---- Reference: where guidance wants the chaser, for control ------------------------------------- */
#define REFERENCE_FIELDS(S, V) \
    S(u64, t_us, "us", "time it is valid for") \
    V(f64, r_hill_m, 3, "m", "the steered point from the target's c.m., hill") \
    V(f64, v_hill_mps, 3, "m/s", "rate of r_hill_m in the rotating frame") \
    V(f64, accel_hill_mps2, 3, "m/s^2", "acceleration fed forward, hill") \
    V(f64, q_body_from_hill, 4, "1", "attitude against hill") \
    V(f64, w_body_hill_body_radps, 3, "rad/s", "body rate against hill, body axes") \
    V(f64, error_r_m, 3, "m", "the steered point's position, estimate minus reference, hill") \
    V(f64, error_v_mps, 3, "m/s", "its velocity, estimate minus reference, hill") \
    V(f64, error_attitude_rad, 3, "rad", "attitude, estimate against reference, body axes") \
    V(f64, dv_to_go_eci_mps, 3, "m/s", "velocity to be gained, eci") \
    S(u8, burning, "bool", "the velocity to be gained is to be given now") \
    S(u8, clear, "bool", "what was demanded and not yet fired no longer counts") \
    V(u8, reserved, 6, "1", "zero")

/* ---- Progress: what guidance and control tell navigation and the mission ------------------------- */
#define PROGRESS_FIELDS(S, V) \
    V(f64, dv_to_go_eci_mps, 3, "m/s", "velocity to be gained, eci") \
    S(f64, distance_m, "m", "the reference's distance along its path") \
    S(f64, speed_mps, "m/s", "rate of distance_m") \
    S(f64, error_r_m, "m", "position error against the reference") \
    S(f64, error_v_mps, "m/s", "velocity error against the reference") \
    S(f64, error_attitude_rad, "rad", "attitude error against the reference") \
    S(u8, done, "bool", "the law's leg is over") \
    S(u8, burning, "bool", "a burn is in progress") \
    S(u8, fired, "bool", "the last command opens a valve") \
    S(u8, saturated, "bool", "the last demand exceeded the force limit or a cycle") \
    V(u8, reserved, 4, "1", "zero")

/* ---- Command ------------------------------------------------------------------------------ */
#define COMMAND_FIELDS(S, V) \
    S(u64, t_us, "us", "time of the sensor frame answered") \
    S(u32, tick, "1", "tick of the sensor frame answered") \
    V(u32, thruster_on_us, FLIGHT_THRUSTERS, "us", \
      "valve on-time from the start of the coming cycle; 0 fires nothing") \
    S(u32, mechanism, "1", "docking mechanisms, MECHANISM_* bits of port 0; of port n shifted left by n") \
    S(u32, shut, "1", "thrusters whose isolation valves are shut, a bit each") \
    V(u32, reserved, 1, "1", "zero")

/* ---- Telemetry ---------------------------------------------------------------------------- */
#define TELEMETRY_FIELDS(S, V) \
    S(u64, t_us, "us", "time of the sensor frame answered") \
    V(f64, q_body_from_eci, 4, "1", "estimated attitude") \
    V(f64, w_body_eci_body_radps, 3, "rad/s", "estimated body rate") \
    V(f64, r_chaser_target_hill_m, 3, "m", "estimated relative position, c.m. to c.m.") \
    V(f64, v_chaser_target_hill_mps, 3, "m/s", "estimated relative velocity in the rotating hill frame") \
    V(f64, r_port_tport_m, 3, "m", "estimated chaser port in the target port frame; x is the axial distance") \
    V(f64, v_port_tport_mps, 3, "m/s", "rate of r_port_tport_m in the target port's own rotating frame") \
    V(f32, sigma_r_hill_m, 3, "m", "1 sigma of the relative position") \
    V(f32, sigma_v_hill_mps, 3, "m/s", "1 sigma of the relative velocity (inertial rate, hill axes)") \
    V(f32, sigma_attitude_rad, 3, "rad", "1 sigma of the attitude, body axes") \
    V(f32, target_attitude_rad, 3, "rad", "estimated target attitude error from its nominal hold, tbody axes") \
    V(f32, gyro_bias_radps, 3, "rad/s", "estimated gyro bias, body axes") \
    V(f32, attitude_error_rad, 3, "rad", "attitude control error, body axes") \
    V(f32, r_ref_hill_m, 3, "m", "guidance reference for the chaser port, hill") \
    V(f32, v_ref_hill_mps, 3, "m/s", "rate of r_ref_hill_m") \
    V(f32, accel_cmd_hill_mps2, 3, "m/s^2", "commanded acceleration, hill") \
    V(f32, instrument_nis, FLIGHT_INSTRUMENTS, "1", \
      "normalised innovation squared of each instrument's last update, of all its components") \
    S(u32, tick, "1", "tick of the sensor frame answered") \
    S(u32, flags, "1", "FLAG_* bits") \
    V(u16, instrument_rejects, FLIGHT_INSTRUMENTS, "1", \
      "measurements of each instrument rejected since start, in whole or in part") \
    S(u16, slots_refused, "1", "measurements of no instrument in the table, since start") \
    V(u8, instrument_state, FLIGHT_INSTRUMENTS, "1", "INSTRUMENT_* bits of each instrument") \
    S(u8, phase, "1", "mission phase, index into the phase table") \
    S(u8, law, "1", "guidance law in force, LAW_*") \
    S(u8, abort_reason, "1", "why the last break-off happened, REASON_*") \
    S(u8, previous_phase, "1", "the phase before it") \
    V(u8, reserved, 2, "1", "zero")

#endif
