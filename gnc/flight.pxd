"""The flight core's public header for Cython. The C compiler checks every name; sizes and offsets come from C."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "flight.h" nogil:
    enum:
        FLIGHT_THRUSTERS
        FLIGHT_PHASES
    enum:
        FLIGHT_OK
        FLIGHT_ERR_NULL
        FLIGHT_ERR_PARAM
        FLIGHT_ERR_FRAME
        FLIGHT_ERR_NOT_INIT
        FLIGHT_ERR_FPU
    enum:
        TC_NONE
        TC_GO
        TC_HOLD
        TC_RESUME
        TC_RETREAT
        TC_ABORT
        TC_FREE_DRIFT
    enum:
        FLAG_STAR_OK
        FLAG_RGNSS_OK
        FLAG_CAMERA_OK
        FLAG_GNSS_OK
        FLAG_BURN
        FLAG_RETREAT
        FLAG_CAM
        FLAG_CAPTURED
        FLAG_GATE_OPEN
        FLAG_SATURATED
        FLAG_TC_REJECTED
        FLAG_HELD
        FLAG_FREE_DRIFT
    enum:
        LAW_HOLD
        LAW_HOP
        LAW_FORCED
        LAW_DOCKED
        LAW_CAM
        LAW_DRIFT
    enum:
        REASON_NONE
        REASON_CORRIDOR
        REASON_CLOSING_RATE
        REASON_CAMERA
        REASON_STAR
        REASON_RGNSS
        REASON_ATTITUDE
        REASON_TIMEOUT
        REASON_TELECOMMAND
        REASON_MISSED_CONTACT
    enum:
        USES_STAR
        USES_RGNSS
        USES_CAMERA

    ctypedef struct sensor_frame_t:
        uint64_t t_us
        uint64_t imu_t_valid_us
        uint64_t star_t_valid_us
        uint64_t gnss_t_valid_us
        uint64_t rgnss_t_valid_us
        uint64_t camera_t_valid_us
        double imu_dtheta_body_rad[3]
        double imu_dv_body_mps[3]
        double star_q_star_from_eci[4]
        double gnss_r_eci_m[3]
        double gnss_v_eci_mps[3]
        double rgnss_r_eci_m[3]
        double rgnss_v_eci_mps[3]
        double camera_range_m
        double camera_azimuth_rad
        double camera_elevation_rad
        double camera_q_camera_from_tport[4]
        double tc_arg[2]
        uint32_t tick
        uint16_t imu_seq
        uint16_t star_seq
        uint16_t gnss_seq
        uint16_t rgnss_seq
        uint16_t camera_seq
        uint16_t tc_seq
        uint16_t tc_opcode
        uint8_t imu_valid
        uint8_t star_valid
        uint8_t gnss_valid
        uint8_t rgnss_valid
        uint8_t camera_valid
        uint8_t camera_pose_valid
        uint8_t dock_contact
        uint8_t dock_captured
        uint8_t reserved[6]
    ctypedef struct command_t:
        uint64_t t_us
        uint32_t tick
        uint32_t thruster_on_us[32]
        uint32_t dock_arm
    ctypedef struct telemetry_t:
        uint64_t t_us
        double q_body_from_eci[4]
        double w_body_eci_body_radps[3]
        double r_chaser_target_hill_m[3]
        double v_chaser_target_hill_mps[3]
        double r_port_tport_m[3]
        double v_port_tport_mps[3]
        float sigma_r_hill_m[3]
        float sigma_v_hill_mps[3]
        float sigma_attitude_rad[3]
        float target_attitude_rad[3]
        float gyro_bias_radps[3]
        float attitude_error_rad[3]
        float r_ref_hill_m[3]
        float v_ref_hill_mps[3]
        float accel_cmd_hill_mps2[3]
        float nis_star
        float nis_rgnss
        float nis_camera
        uint32_t tick
        uint32_t flags
        uint16_t star_rejects
        uint16_t gnss_rejects
        uint16_t rgnss_rejects
        uint16_t camera_rejects
        uint8_t phase
        uint8_t law
        uint8_t abort_reason
        uint8_t reserved[5]
    ctypedef struct flight_params_t:
        double cycle_s
        double mu_m3ps2
        double re_m
        double j2
        double pole_eci[3]
        double mass_kg
        double com_body_m[3]
        double inertia_body_kgm2[9]
        double port_body_m[3]
        double q_port_from_body[4]
        double imu_body_m[3]
        double gnss_body_m[3]
        double q_star_from_body[4]
        double camera_body_m[3]
        double q_camera_from_body[4]
        double thruster_min_on_s
        double thruster_rise_s
        double thruster_decay_s
        double thruster_body_m[96]
        double thruster_dir_body[96]
        double thruster_force_n[32]
        double tport_tbody_m[3]
        double q_tport_from_tbody[4]
        double q_tport_from_port[4]
        double tgnss_tbody_m[3]
        double q_tbody_from_hill[4]
        double target_r_eci_m[3]
        double target_v_eci_mps[3]
        double target_sigma_r_m
        double target_sigma_v_mps
        double init_r_hill_m[3]
        double init_v_hill_mps[3]
        double init_sigma_r_m
        double init_sigma_v_mps
        double init_q_body_from_eci[4]
        double init_sigma_attitude_rad
        double gyro_arw_radps05
        double gyro_rrw_radps15
        double gyro_bias_sigma_radps
        double star_sigma_cross_rad
        double star_sigma_roll_rad
        double accel_bias_tau_s
        double accel_scale_sigma
        double rel_accel_psd_m2ps3
        double orbit_accel_psd_m2ps3
        double gnss_sigma_r_m
        double gnss_sigma_v_mps
        double rgnss_sigma_r_m
        double rgnss_sigma_v_mps
        double rgnss_bias_sigma_m
        double rgnss_bias_tau_s
        double camera_sigma_range_ratio
        double camera_sigma_range_floor_m
        double camera_sigma_los_rad
        double camera_sigma_pose_rad
        double target_attitude_sigma_rad
        double target_rate_sigma_radps
        double target_rate_psd_rad2ps3
        double gate_chi2_3dof
        double measurement_max_age_s
        double sensor_timeout_s
        double star_timeout_s
        double attitude_kp_ps2
        double attitude_kd_ps
        double attitude_rate_max_radps
        double force_max_n
        double fire_threshold
        double track_far_m
        double track_near_m
        double attitude_max_rad
        double closing_rate_margin_mps
        double closing_rate_hard_mps
        double closing_rate_floor_mps
        double closing_rate_base_mps
        double closing_rate_slope_ps
        double cam_velocity_hill_mps[3]
        double hop_lead_s
        double hop_correction_fraction[2]
        double burn_cutoff_mps
        double forced_accel_mps2
        double phase_distance_m[12]
        double phase_offset_x_m[12]
        double phase_duration_s[12]
        double phase_timeout_s[12]
        double phase_speed_max_mps[12]
        double phase_speed_end_mps[12]
        double phase_speed_slope_ps[12]
        double phase_gate_r_m[12]
        double phase_gate_v_mps[12]
        double phase_kp_ps2[12]
        double phase_kd_ps[12]
        double phase_deadband_m[12]
        double phase_attitude_deadband_rad[12]
        double phase_corridor_rad[12]
        uint32_t thruster_count
        uint32_t phase_count
        uint32_t start_phase
        uint32_t reject_limit
        uint32_t cam_phase
        uint32_t retreat_phase
        uint8_t phase_law[12]
        uint8_t phase_next[12]
        uint8_t phase_abort[12]
        uint8_t phase_uses[12]
        uint8_t phase_needs_go[12]
        uint8_t param_reserved[4]
    enum:
        TYPE_F64
        TYPE_F32
        TYPE_U64
        TYPE_U32
        TYPE_U16
        TYPE_U8
    ctypedef struct flight_field_t:
        const char *name
        const char *unit
        const char *meaning
        double lo
        double hi
        uint32_t offset
        uint16_t count
        uint8_t type
        uint8_t is_vector
    ctypedef struct flight_layout_t:
        const char *name
        const flight_field_t *fields
        uint32_t field_count
        uint32_t size
    const flight_layout_t flight_sensor_layout
    const flight_layout_t flight_command_layout
    const flight_layout_t flight_telemetry_layout
    const flight_layout_t flight_param_layout

    ctypedef struct flight_t
    size_t flight_size()
    int32_t flight_init(flight_t *flight, const flight_params_t *params, uint32_t *bad_field)
    int32_t flight_step(flight_t *flight, const sensor_frame_t *sensors, command_t *command, telemetry_t *telemetry)
