"""The flight core's public header for Cython. The C compiler checks every name; sizes and offsets come from C."""

from libc.stddef cimport size_t
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "flight_state.h" nogil:
    enum:
        HISTORY

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
        REASON_DISAGREEMENT
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
        uint16_t imu_rejects
        uint16_t star_rejects
        uint16_t gnss_rejects
        uint16_t rgnss_rejects
        uint16_t camera_rejects
        uint8_t phase
        uint8_t law
        uint8_t abort_reason
        uint8_t reserved[3]
    ctypedef struct flight_params_t:
        double cycle_s              # the rest is reached by name, through gnc.flight.PARAMS
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

cdef class Flight:
    cdef flight_t *state
