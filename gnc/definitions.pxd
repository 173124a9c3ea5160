"""Made by `python -m gnc.define` from the tables of gnc/core/definitions: do not edit."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "flight.h" nogil:
    enum:
        TC_NONE
        TC_GO
        TC_HOLD
        TC_RESUME
        TC_RETREAT
        TC_ABORT
        TC_FREE_DRIFT
        TC_INHIBIT
    enum:
        FLAG_BURN
        FLAG_CAPTURED
        FLAG_GATE_OPEN
        FLAG_SATURATED
        FLAG_TC_REJECTED
        FLAG_HELD
        FLAG_FREE_DRIFT
        FLAG_INHIBITED
    enum:
        LAW_HOLD
        LAW_HOP
        LAW_FORCED
        LAW_DOCKED
        LAW_CAM
        LAW_DRIFT
        LAW_CIRCUMNAVIGATE
        LAW_ELLIPSE
        LAW_RELEASE
        LAW_BURN
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
        REASON_INSTRUMENT
        REASON_RELEASED
        REASON_MONITOR
    enum:
        MONITOR_DISAGREEMENT
        MONITOR_CORRIDOR
        MONITOR_CLOSING_RATE
        MONITOR_ATTITUDE
        MONITOR_MISSED_CONTACT
    enum:
        POINT_PORT
        POINT_COM
        POINT_BORESIGHT
    enum:
        FRAME_TPORT
        FRAME_HILL
        FRAME_TBODY
        FRAME_INERTIAL
    enum:
        ATTITUDE_MATE
        ATTITUDE_POINT_AT
        ATTITUDE_HOLD_LVLH
        ATTITUDE_HOLD_INERTIAL
        ATTITUDE_SUN
        ATTITUDE_VELOCITY
    enum:
        MODE_NORMAL
        MODE_DOCKED
        MODE_STACK
    enum:
        OVERLAY_HELD
        OVERLAY_FREE_DRIFT
        OVERLAY_INHIBITED
    enum:
        EVENT_DONE
        EVENT_TIMEOUT
        EVENT_MONITOR
        EVENT_TELECOMMAND
        EVENT_LOST
        EVENT_FOUND
        EVENT_CONTACT
        EVENT_CAPTURED
        EVENT_RELEASED
        EVENT_ALWAYS
    enum:
        GUARD_NONE
        GUARD_GATE
        GUARD_GO
        GUARD_ENTRIES
        GUARD_WITHIN
        GUARD_BEYOND
        GUARD_HEALTHY
    enum:
        KIND_NONE
        KIND_IMU
        KIND_STAR
        KIND_GNSS
        KIND_RGNSS
        KIND_CAMERA
        KIND_DOCK
        KIND_LIDAR
        KIND_BEARING
    enum:
        DOCK_CONTACT
        DOCK_CAPTURED
    enum:
        MECHANISM_ARM
        MECHANISM_RELEASE
    enum:
        TARGET_LVLH_HOLD
        TARGET_INERTIAL_HOLD
        TARGET_UNKNOWN
    enum:
        INSTRUMENT_HEARD
        INSTRUMENT_LOST
        INSTRUMENT_IN_USE
    enum:
        QUALITY_COASTING
        QUALITY_FOLLOWED
    ctypedef struct measurement_t:
        uint8_t instrument
        uint8_t kind
        uint8_t flags
        uint8_t count
        uint16_t seq
        uint16_t reserved
        uint64_t t_valid_us
        double z[8]
    ctypedef struct sensor_frame_t:
        uint64_t t_us
        double tc_arg[2]
        measurement_t slot[12]
        uint32_t tick
        uint32_t thruster_applied_us[32]
        uint16_t tc_seq
        uint16_t tc_opcode
        uint8_t slot_count
        uint8_t reserved[7]
    ctypedef struct solution_t:
        uint64_t t_us
        double q_body_from_eci[4]
        double w_body_eci_body_radps[3]
        double gyro_bias_radps[3]
        double r_target_eci_m[3]
        double v_target_eci_mps[3]
        double r_chaser_target_eci_m[3]
        double v_chaser_target_eci_mps[3]
        double c_hill_from_eci[9]
        double w_hill_radps[3]
        double r_hill_m[3]
        double v_hill_mps[3]
        double q_body_from_hill[4]
        double w_body_hill_body_radps[3]
        double r_port_hill_m[3]
        double v_port_hill_mps[3]
        double r_port_tport_m[3]
        double v_port_tport_mps[3]
        double q_tbody_from_hill[4]
        double w_tbody_hill_hill_radps[3]
        double q_hold_from_hill[4]
        double w_hold_hill_hill_radps[3]
        double target_attitude_rad[3]
        double target_rate_radps[3]
        double sensed_eci_mps[3]
        double unexplained_mps[3]
        double unexplained_radps[3]
        double variance_r_hill_m2[3]
        double variance_v_hill_m2ps2[3]
        double variance_attitude_rad2[3]
        double variance_target_attitude_rad2[3]
        double disagreement_chi2
        float instrument_nis[12]
        uint32_t cycles_since_thrust
        uint32_t thruster_applied_us[32]
        uint16_t instrument_rejects[12]
        uint8_t instrument_state[12]
        uint8_t attitude_quality
        uint8_t orbit_quality
        uint8_t relative_quality
        uint8_t target_quality
        uint8_t dock_flags
        uint8_t explained
        uint16_t slots_refused
    ctypedef struct intent_t:
        uint64_t t_us
        uint64_t entry_us
        uint32_t entry
        uint32_t restart
        uint32_t mechanism
        uint8_t phase
        uint8_t previous_phase
        uint8_t law
        uint8_t begins
        uint8_t nav_mode
        uint8_t overlay
        uint8_t reason
        uint8_t gate_open
        uint8_t tc_rejected
        uint8_t reserved[3]
    ctypedef struct reference_t:
        uint64_t t_us
        double r_hill_m[3]
        double v_hill_mps[3]
        double accel_hill_mps2[3]
        double q_body_from_hill[4]
        double w_body_hill_body_radps[3]
        double error_r_m[3]
        double error_v_mps[3]
        double error_attitude_rad[3]
        double dv_to_go_eci_mps[3]
        uint8_t burning
        uint8_t clear
        uint8_t reserved[6]
    ctypedef struct progress_t:
        double dv_to_go_eci_mps[3]
        double distance_m
        double speed_mps
        double error_r_m
        double error_v_mps
        double error_attitude_rad
        uint8_t done
        uint8_t burning
        uint8_t fired
        uint8_t saturated
        uint8_t reserved[4]
    ctypedef struct command_t:
        uint64_t t_us
        uint32_t tick
        uint32_t thruster_on_us[32]
        uint32_t mechanism
        uint32_t shut
        uint32_t reserved[1]
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
        float instrument_nis[12]
        uint32_t tick
        uint32_t flags
        uint16_t instrument_rejects[12]
        uint16_t slots_refused
        uint8_t instrument_state[12]
        uint8_t phase
        uint8_t law
        uint8_t abort_reason
        uint8_t previous_phase
        uint8_t reserved[2]
    ctypedef struct flight_params_t:
        double cycle_s
