/* ProxOps flight core: the one public header.
 *
 * One call a control cycle:  flight_step(core, sensors) -> command, telemetry.
 * State is one caller-owned flight_t; no heap, no globals, no I/O, no clock. The same inputs give
 * the same bits on every target (docs/conventions.md).
 *
 * Frames: eci (GCRF-aligned), hill (target c.m.; x radial out, y along-track, z orbit normal),
 * body (chaser structural frame), tbody (target structural frame), port / tport (docking
 * interfaces, +x outward), star, camera (+x boresight). q_b_from_a is scalar first, Hamilton, and
 * maps components in a to components in b. SI and radians throughout.
 *
 * Every frame is declared once, as a table of fields. The tables below expand to the C structs
 * and, in layout.c, to descriptors (name, type, offset, count, unit, range, meaning) from which
 * Python derives its structured views, the recorder its channels and the scenario its checks. */
#ifndef PROXOPS_FLIGHT_H
#define PROXOPS_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orbit.h"

#if defined(__GNUC__)
#define FLIGHT_MUST_USE __attribute__((warn_unused_result))
#else
#define FLIGHT_MUST_USE
#endif

typedef double f64;
typedef float f32;
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define FLIGHT_THRUSTERS 32
#define FLIGHT_PHASES 12

/* ---- status ------------------------------------------------------------------------------- */
#define FLIGHT_OK 0
#define FLIGHT_ERR_NULL (-1)      /* a pointer argument is NULL */
#define FLIGHT_ERR_PARAM (-2)     /* a parameter outside its declared range, or inconsistent */
#define FLIGHT_ERR_FRAME (-3)     /* a malformed sensor frame: tick or time did not advance by one cycle */
#define FLIGHT_ERR_NOT_INIT (-4)  /* flight_init has not succeeded on this state */
#define FLIGHT_ERR_FPU (-5)       /* the FPU flushes subnormals: results would differ */

/* ---- SensorFrame --------------------------------------------------------------------------
 * S(type, name, unit, meaning); V(type, name, count, unit, meaning). Ordered so that the struct
 * has no padding. */
#define SENSOR_FRAME_FIELDS(S, V) \
    S(u64, t_us, "us", "time of this cycle since scenario start") \
    S(u64, imu_t_valid_us, "us", "end of the interval the increments cover: within this cycle") \
    S(u64, star_t_valid_us, "us", "time the star tracker quaternion is valid for") \
    S(u64, gnss_t_valid_us, "us", "time the absolute GNSS fix is valid for") \
    S(u64, rgnss_t_valid_us, "us", "time the relative GNSS fix is valid for") \
    S(u64, camera_t_valid_us, "us", "time the docking camera measurement is valid for") \
    V(f64, imu_dtheta_body_rad, 3, "rad", "gyro angle increment over the cycle, body axes") \
    V(f64, imu_dv_body_mps, 3, "m/s", "accelerometer velocity increment over the cycle at the IMU, body axes") \
    V(f64, star_q_star_from_eci, 4, "1", "star tracker attitude, star frame from eci") \
    V(f64, gnss_r_eci_m, 3, "m", "chaser GNSS antenna position, eci") \
    V(f64, gnss_v_eci_mps, 3, "m/s", "chaser GNSS antenna velocity, eci") \
    V(f64, rgnss_r_eci_m, 3, "m", "chaser antenna relative to target antenna, eci") \
    V(f64, rgnss_v_eci_mps, 3, "m/s", "rate of rgnss_r_eci_m, eci") \
    S(f64, camera_range_m, "m", "camera to target port, range") \
    S(f64, camera_azimuth_rad, "rad", "target port azimuth in the camera frame, atan2(y, x)") \
    S(f64, camera_elevation_rad, "rad", "target port elevation in the camera frame, asin(z / range)") \
    V(f64, camera_q_camera_from_tport, 4, "1", "relative attitude, camera frame from target port") \
    V(f64, tc_arg, 2, "1", "telecommand arguments") \
    S(u32, tick, "1", "cycle number") \
    S(u16, imu_seq, "1", "IMU measurement number; the increments of a number are taken once") \
    S(u16, star_seq, "1", "star tracker measurement number") \
    S(u16, gnss_seq, "1", "absolute GNSS measurement number") \
    S(u16, rgnss_seq, "1", "relative GNSS measurement number") \
    S(u16, camera_seq, "1", "docking camera measurement number") \
    S(u16, tc_seq, "1", "telecommand number; a new number is a new telecommand") \
    S(u16, tc_opcode, "1", "telecommand, TC_*; 0 none") \
    S(u8, imu_valid, "bool", "IMU increments present") \
    S(u8, star_valid, "bool", "star tracker quaternion present") \
    S(u8, gnss_valid, "bool", "absolute GNSS fix present") \
    S(u8, rgnss_valid, "bool", "relative GNSS fix present") \
    S(u8, camera_valid, "bool", "camera range and line of sight present") \
    S(u8, camera_pose_valid, "bool", "camera relative attitude present") \
    S(u8, dock_contact, "bool", "docking mechanism senses contact") \
    S(u8, dock_captured, "bool", "docking mechanism has captured") \
    V(u8, reserved, 6, "1", "zero")

enum { TC_NONE = 0, TC_GO = 1, TC_HOLD = 2, TC_RESUME = 3, TC_RETREAT = 4, TC_ABORT = 5, TC_FREE_DRIFT = 6 };

/* ---- Command ------------------------------------------------------------------------------ */
#define COMMAND_FIELDS(S, V) \
    S(u64, t_us, "us", "time of the sensor frame answered") \
    S(u32, tick, "1", "tick of the sensor frame answered") \
    V(u32, thruster_on_us, FLIGHT_THRUSTERS, "us", "valve on-time from the start of the coming cycle; 0 fires nothing") \
    S(u32, dock_arm, "bool", "docking mechanism armed for capture")

/* ---- Telemetry ---------------------------------------------------------------------------- */
#define TELEMETRY_FIELDS(S, V) \
    S(u64, t_us, "us", "time of the sensor frame answered") \
    V(f64, q_body_from_eci, 4, "1", "estimated attitude") \
    V(f64, w_body_eci_body_radps, 3, "rad/s", "estimated body rate") \
    V(f64, r_chaser_target_hill_m, 3, "m", "estimated relative position, c.m. to c.m." ) \
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
    S(f32, nis_star, "1", "normalised innovation squared of the last star tracker update, 3 dof") \
    S(f32, nis_rgnss, "1", "same, relative GNSS position, 3 dof") \
    S(f32, nis_camera, "1", "same, camera line of sight and range, 3 dof") \
    S(u32, tick, "1", "tick of the sensor frame answered") \
    S(u32, flags, "1", "FLAG_* bits") \
    S(u16, imu_rejects, "1", "IMU measurements rejected since start, in whole or in part") \
    S(u16, star_rejects, "1", "star tracker measurements rejected since start") \
    S(u16, gnss_rejects, "1", "absolute GNSS measurements rejected since start") \
    S(u16, rgnss_rejects, "1", "relative GNSS measurements rejected since start") \
    S(u16, camera_rejects, "1", "camera measurements rejected since start") \
    S(u8, phase, "1", "mission phase, index into the phase table") \
    S(u8, law, "1", "guidance law in force, LAW_*") \
    S(u8, abort_reason, "1", "why the last break-off happened, REASON_*") \
    V(u8, reserved, 3, "1", "zero")

enum {
    FLAG_STAR_OK = 1, FLAG_RGNSS_OK = 2, FLAG_CAMERA_OK = 4, FLAG_GNSS_OK = 8, FLAG_BURN = 16,
    FLAG_RETREAT = 32, FLAG_CAM = 64, FLAG_CAPTURED = 128, FLAG_GATE_OPEN = 256,
    FLAG_SATURATED = 512, FLAG_TC_REJECTED = 1024, FLAG_HELD = 2048, FLAG_FREE_DRIFT = 4096
};
enum { LAW_HOLD = 0, LAW_HOP = 1, LAW_FORCED = 2, LAW_DOCKED = 3, LAW_CAM = 4, LAW_DRIFT = 5 };
enum {
    REASON_NONE = 0, REASON_CORRIDOR = 1, REASON_CLOSING_RATE = 2, REASON_CAMERA = 3, REASON_STAR = 4,
    REASON_RGNSS = 5, REASON_ATTITUDE = 6, REASON_TIMEOUT = 7, REASON_TELECOMMAND = 8, REASON_MISSED_CONTACT = 9,
    REASON_DISAGREEMENT = 10
};
enum { USES_STAR = 1, USES_RGNSS = 2, USES_CAMERA = 4 };

/* ---- Parameters ---------------------------------------------------------------------------
 * P(type, name, lo, hi, unit, meaning), Q(type, name, count, lo, hi, unit, meaning). The ranges
 * are checked by flight_init and, with the same table, by the scenario reader.
 * Group 1 is what the flight knows of the vehicles (nominal values); group 2 is uploaded before
 * the run; group 3 is the design. */
#define BIG 1.0e12
#define PARAM_FIELDS(P, Q) \
    P(f64, cycle_s, 0.01, 1.0, "s", "control cycle") \
    P(f64, mu_m3ps2, 1.0e14, 1.0e15, "m^3/s^2", "gravitational parameter of the navigation model") \
    P(f64, re_m, 6.0e6, 7.0e6, "m", "equatorial radius") \
    P(f64, j2, 0.0, 0.01, "1", "zonal J2 of the navigation model") \
    Q(f64, pole_eci, 3, -1.0, 1.0, "1", "unit vector of the pole of date") \
    P(f64, mass_kg, 0.1, 1.0e6, "kg", "chaser mass") \
    Q(f64, com_body_m, 3, -100.0, 100.0, "m", "chaser centre of mass") \
    P(f64, com_sigma_m, 0.0, 10.0, "m", "1 sigma of the chaser's centre of mass, each axis: constant, and no measurement shows it") \
    Q(f64, inertia_body_kgm2, 9, -BIG, BIG, "kg m^2", "chaser inertia about its c.m., row-major") \
    Q(f64, port_body_m, 3, -100.0, 100.0, "m", "chaser docking port") \
    Q(f64, q_port_from_body, 4, -1.0, 1.0, "1", "chaser port frame, +x outward") \
    Q(f64, imu_body_m, 3, -100.0, 100.0, "m", "accelerometer position") \
    Q(f64, gnss_body_m, 3, -100.0, 100.0, "m", "GNSS antenna position") \
    Q(f64, q_star_from_body, 4, -1.0, 1.0, "1", "star tracker mounting") \
    Q(f64, camera_body_m, 3, -100.0, 100.0, "m", "docking camera position") \
    Q(f64, q_camera_from_body, 4, -1.0, 1.0, "1", "docking camera mounting, +x boresight") \
    P(f64, thruster_min_on_s, 1.0e-4, 1.0, "s", "shortest on-time a thruster is fired for") \
    P(f64, thruster_rise_s, 0.0, 0.2, "s", "linear rise from valve opening to full thrust") \
    P(f64, thruster_decay_s, 0.0, 0.2, "s", "linear decay from valve closing to zero") \
    Q(f64, thruster_body_m, 3 * FLIGHT_THRUSTERS, -100.0, 100.0, "m", "thruster positions") \
    Q(f64, thruster_dir_body, 3 * FLIGHT_THRUSTERS, -1.0, 1.0, "1", "unit force directions on the chaser") \
    Q(f64, thruster_force_n, FLIGHT_THRUSTERS, 0.0, 1.0e5, "N", "thrust levels") \
    Q(f64, tport_tbody_m, 3, -100.0, 100.0, "m", "target docking port, from the target's c.m.") \
    Q(f64, q_tport_from_tbody, 4, -1.0, 1.0, "1", "target port frame, +x outward") \
    Q(f64, q_tport_from_port, 4, -1.0, 1.0, "1", "target port frame from chaser port frame when docked") \
    Q(f64, tgnss_tbody_m, 3, -100.0, 100.0, "m", "target relative-GNSS antenna, from the target's c.m.") \
    Q(f64, q_tbody_from_hill, 4, -1.0, 1.0, "1", "target attitude it nominally holds") \
    Q(f64, target_r_eci_m, 3, -1.0e9, 1.0e9, "m", "uploaded target position at start") \
    Q(f64, target_v_eci_mps, 3, -2.0e4, 2.0e4, "m/s", "uploaded target velocity at start") \
    P(f64, target_sigma_r_m, 1.0e-3, 1.0e6, "m", "1 sigma of the uploaded position, each axis") \
    P(f64, target_sigma_v_mps, 1.0e-6, 1.0e3, "m/s", "1 sigma of the uploaded velocity, each axis") \
    Q(f64, init_r_hill_m, 3, -1.0e6, 1.0e6, "m", "relative position handed over at start, c.m. to c.m.") \
    Q(f64, init_v_hill_mps, 3, -1.0e3, 1.0e3, "m/s", "relative velocity handed over at start") \
    P(f64, init_sigma_r_m, 1.0e-4, 1.0e5, "m", "1 sigma of init_r_hill_m, each axis") \
    P(f64, init_sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "1 sigma of init_v_hill_mps, each axis") \
    Q(f64, init_q_body_from_eci, 4, -1.0, 1.0, "1", "attitude handed over at start") \
    P(f64, init_sigma_attitude_rad, 1.0e-6, 1.0, "rad", "1 sigma of the attitude handed over, each axis") \
    P(f64, gyro_arw_radps05, 0.0, 1.0, "rad/s^0.5", "gyro angle random walk") \
    P(f64, gyro_rrw_radps15, 0.0, 1.0, "rad/s^1.5", "gyro rate random walk") \
    P(f64, gyro_bias_sigma_radps, 0.0, 0.1, "rad/s", "1 sigma of the gyro bias at start") \
    P(f64, star_sigma_cross_rad, 1.0e-7, 0.1, "rad", "star tracker noise across its boresight (star x)") \
    P(f64, star_sigma_roll_rad, 1.0e-7, 0.1, "rad", "star tracker noise about its boresight (star x)") \
    P(f64, star_misalignment_sigma_rad, 0.0, 0.1, "rad", "star tracker mounting error, 1 sigma each axis: constant, so no measurement averages it away") \
    P(f64, accel_bias_tau_s, 1.0, 1.0e4, "s", "time constant of the accelerometer bias estimate, taken while no thruster fires") \
    P(f64, accel_scale_sigma, 0.0, 0.1, "1", "1 sigma of the relative error of a sensed velocity increment") \
    P(f64, rel_accel_psd_m2ps3, 0.0, 1.0, "m^2/s^3", "white acceleration noise of the relative motion model") \
    P(f64, orbit_accel_psd_m2ps3, 0.0, 1.0, "m^2/s^3", "white acceleration noise of the target orbit model") \
    P(f64, gnss_sigma_r_m, 1.0e-4, 1.0e4, "m", "absolute GNSS position noise, each axis") \
    P(f64, gnss_sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "absolute GNSS velocity noise, each axis") \
    P(f64, rgnss_sigma_r_m, 1.0e-4, 1.0e3, "m", "relative GNSS white position noise, each axis") \
    P(f64, rgnss_sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "relative GNSS velocity noise, each axis") \
    P(f64, rgnss_bias_sigma_m, 0.0, 1.0e3, "m", "relative GNSS position bias, steady state 1 sigma") \
    P(f64, rgnss_bias_tau_s, 1.0, 1.0e6, "s", "relative GNSS position bias, correlation time") \
    P(f64, rgnss_growth_m, 1.0, BIG, "m", "range at which the relative GNSS errors are twice what they are near") \
    P(f64, disagreement_chi2_3dof, 1.0, 1.0e6, "1", "relative GNSS bias estimate against what both sensors' constant errors make of it: beyond, they disagree") \
    P(f64, camera_sigma_range_ratio, 0.0, 1.0, "1", "camera range noise, fraction of range") \
    P(f64, camera_sigma_range_floor_m, 1.0e-4, 10.0, "m", "camera range noise floor") \
    P(f64, camera_sigma_los_rad, 1.0e-6, 0.1, "rad", "camera line-of-sight noise, each axis") \
    P(f64, camera_boresight_sigma_rad, 0.0, 0.1, "rad", "docking camera mounting error, 1 sigma each axis: constant, so no measurement averages it away") \
    P(f64, camera_sigma_pose_rad, 1.0e-5, 1.0, "rad", "camera relative attitude noise, each axis, near") \
    P(f64, camera_pose_reference_m, 0.1, 1000.0, "m", "range beyond which the relative attitude noise grows in proportion") \
    P(f64, target_attitude_sigma_rad, 1.0e-6, 1.0, "rad", "target attitude error from nominal, 1 sigma") \
    P(f64, target_rate_sigma_radps, 0.0, 1.0, "rad/s", "target attitude rate error, 1 sigma") \
    P(f64, target_damping_ratio, 0.0, 10.0, "1", "damping of the target's attitude motion about its hold, of natural frequency rate sigma / attitude sigma") \
    P(f64, gate_chi2_3dof, 1.0, 1000.0, "1", "innovation gate, chi-square with 3 degrees of freedom") \
    P(f64, measurement_max_age_s, 0.0, 10.0, "s", "an older measurement is rejected as stale") \
    P(f64, sensor_timeout_s, 0.1, 1.0e4, "s", "a sensor without an accepted measurement for this long is lost") \
    P(f64, star_timeout_s, 0.1, 1.0e4, "s", "same, for the star tracker") \
    P(f64, attitude_kp_ps2, 0.0, 10.0, "1/s^2", "attitude gain, angular acceleration per error") \
    P(f64, attitude_kd_ps, 0.0, 10.0, "1/s", "attitude rate gain") \
    P(f64, attitude_rate_max_radps, 1.0e-5, 1.0, "rad/s", "largest commanded attitude rate") \
    P(f64, quiet_start_s, 0.0, 600.0, "s", "no thruster fires before this time: the accelerometer bias is taken first") \
    P(f64, force_max_n, 0.1, 1.0e6, "N", "largest commanded force; leaves authority for torque") \
    P(f64, fire_threshold, 1.0, 100.0, "1", "an axis demand is allocated once it exceeds this many of the smallest it can be given") \
    P(f64, track_far_m, 0.0, 1.0e4, "m", "axial distance outside which the nominal port is tracked") \
    P(f64, track_near_m, 0.0, 1.0e4, "m", "axial distance inside which the estimated port is tracked fully") \
    P(f64, attitude_max_rad, 0.001, 3.2, "rad", "attitude control error that breaks the approach off") \
    P(f64, closing_rate_margin_mps, 0.0, 10.0, "m/s", "estimated excess over the closing-rate limit that breaks off into a retreat") \
    P(f64, closing_rate_hard_mps, 0.0, 10.0, "m/s", "estimated excess that calls for the avoidance burn") \
    P(f64, closing_rate_floor_mps, 0.0, 10.0, "m/s", "closing-rate limit: floor") \
    P(f64, closing_rate_base_mps, 0.0, 10.0, "m/s", "closing-rate limit: value at zero range") \
    P(f64, closing_rate_slope_ps, 0.0, 1.0, "1/s", "closing-rate limit: slope with range") \
    Q(f64, cam_velocity_hill_mps, 3, -10.0, 10.0, "m/s", "relative velocity the avoidance burn establishes") \
    P(f64, hop_lead_s, 0.0, 600.0, "s", "from hop entry to the middle of its first burn") \
    Q(f64, hop_correction_fraction, 2, 0.0, 1.0, "1", "mid-course corrections, fraction of the transfer; 0 none") \
    P(f64, burn_cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which a burn ends") \
    P(f64, forced_accel_mps2, 1.0e-6, 1.0, "m/s^2", "ramp of the forced-motion speed reference") \
    Q(f64, phase_distance_m, FLIGHT_PHASES, -10.0, 1.0e6, "m", "axial port-to-port distance held, aimed at, or ended at") \
    Q(f64, phase_offset_x_m, FLIGHT_PHASES, -1.0e4, 1.0e4, "m", "radial offset of that point, hill x") \
    Q(f64, phase_duration_s, FLIGHT_PHASES, 0.0, 1.0e6, "s", "hold: least time; hop: transfer time") \
    Q(f64, phase_timeout_s, FLIGHT_PHASES, 0.0, 1.0e6, "s", "longest time before the abort phase; 0 none") \
    Q(f64, phase_speed_max_mps, FLIGHT_PHASES, 0.0, 100.0, "m/s", "hold: largest correction speed; forced: largest speed") \
    Q(f64, phase_speed_end_mps, FLIGHT_PHASES, 0.0, 100.0, "m/s", "forced: speed at the end distance") \
    Q(f64, phase_speed_slope_ps, FLIGHT_PHASES, 0.0, 1.0, "1/s", "forced: speed per metre short of the end distance") \
    Q(f64, phase_gate_r_m, FLIGHT_PHASES, 0.0, 1.0e6, "m", "exit gate: position error") \
    Q(f64, phase_gate_v_mps, FLIGHT_PHASES, 0.0, 1.0e3, "m/s", "exit gate: velocity error") \
    Q(f64, phase_kp_ps2, FLIGHT_PHASES, 0.0, 10.0, "1/s^2", "translation gain, acceleration per error") \
    Q(f64, phase_kd_ps, FLIGHT_PHASES, 0.0, 10.0, "1/s", "translation rate gain") \
    Q(f64, phase_deadband_m, FLIGHT_PHASES, 0.0, 1.0e4, "m", "translation dead band, each axis") \
    Q(f64, phase_attitude_deadband_rad, FLIGHT_PHASES, 0.0, 1.0, "rad", "attitude dead band, each axis") \
    Q(f64, phase_corridor_rad, FLIGHT_PHASES, 0.0, 1.6, "rad", "half angle of the approach corridor watched; 0 none") \
    P(u32, thruster_count, 1, FLIGHT_THRUSTERS, "1", "thrusters fitted") \
    P(u32, phase_count, 1, FLIGHT_PHASES, "1", "phases in the table") \
    P(u32, start_phase, 0, FLIGHT_PHASES - 1, "1", "phase at start") \
    P(u32, reject_limit, 1, 1000, "1", "rejections in a row after which a sensor is lost") \
    P(u32, cam_phase, 0, FLIGHT_PHASES - 1, "1", "phase of the avoidance burn") \
    P(u32, retreat_phase, 0, FLIGHT_PHASES - 1, "1", "phase of the retreat") \
    Q(u8, phase_law, FLIGHT_PHASES, 0, 5, "1", "guidance law, LAW_*") \
    Q(u8, phase_next, FLIGHT_PHASES, 0, FLIGHT_PHASES - 1, "1", "phase that follows") \
    Q(u8, phase_abort, FLIGHT_PHASES, 0, FLIGHT_PHASES - 1, "1", "phase entered when this one is broken off; itself: none") \
    Q(u8, phase_uses, FLIGHT_PHASES, 0, 7, "1", "sensors the phase needs, USES_* bits") \
    Q(u8, phase_needs_go, FLIGHT_PHASES, 0, 1, "bool", "exit waits for the GO telecommand") \
    Q(u8, param_reserved, 4, 0, 0, "1", "zero")

#define FLIGHT_SCALAR(type, name, ...) type name;
#define FLIGHT_VECTOR(type, name, count, ...) type name[count];
typedef struct { SENSOR_FRAME_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR) } sensor_frame_t;
typedef struct { COMMAND_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR) } command_t;
typedef struct { TELEMETRY_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR) } telemetry_t;
typedef struct { PARAM_FIELDS(FLIGHT_SCALAR, FLIGHT_VECTOR) } flight_params_t;

/* ---- layout descriptors ------------------------------------------------------------------- */
enum { TYPE_F64 = 0, TYPE_F32 = 1, TYPE_U64 = 2, TYPE_U32 = 3, TYPE_U16 = 4, TYPE_U8 = 5 };
typedef struct {
    const char *name, *unit, *meaning;
    double lo, hi;              /* parameters only; 0, 0 elsewhere */
    uint32_t offset;            /* bytes from the start of the struct */
    uint16_t count;             /* elements; scalars have 1 */
    uint8_t type;               /* TYPE_* */
    uint8_t is_vector;
} flight_field_t;
typedef struct {
    const char *name;
    const flight_field_t *fields;
    uint32_t field_count, size;
} flight_layout_t;
extern const flight_layout_t flight_sensor_layout, flight_command_layout, flight_telemetry_layout, flight_param_layout;

/* ---- the core ----------------------------------------------------------------------------- */
typedef struct flight flight_t; /* its definition, for callers that own one, is in flight_state.h */

/* Size in bytes of the state the caller must own, aligned for double. */
size_t flight_size(void);

/* Checks every parameter and puts the core at the start phase.
 * Errors: FLIGHT_ERR_NULL, FLIGHT_ERR_PARAM (`*bad_field`, if not NULL, is the index of the field
 * in flight_param_layout), FLIGHT_ERR_FPU. On error the state is left untouched. */
FLIGHT_MUST_USE int32_t flight_init(flight_t *flight, const flight_params_t *params, uint32_t *bad_field);

/* One control cycle. Writes the Command on every path: all off on error. telemetry may be NULL.
 * Ticks and times must advance by exactly one cycle from the first frame on; else
 * FLIGHT_ERR_FRAME and the state is untouched. A bad measurement (non-finite, stale, out of range,
 * outside its gate) is rejected and counted, and the step goes on. */
FLIGHT_MUST_USE int32_t flight_step(flight_t *flight, const sensor_frame_t *sensors, command_t *command,
                                    telemetry_t *telemetry);

#endif
