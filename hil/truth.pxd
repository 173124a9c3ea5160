"""Truth of one control cycle as the log keeps it. Units and meanings are in truth.pyx."""

from libc.stdint cimport uint32_t, uint64_t

ctypedef struct truth_t:
    uint64_t t_us
    double r_chaser_eci_m[3]
    double v_chaser_eci_mps[3]
    double r_target_eci_m[3]
    double v_target_eci_mps[3]
    double q_body_from_eci[4]
    double q_tbody_from_eci[4]
    double w_body_eci_body_radps[3]
    double r_chaser_target_hill_m[3]
    double v_chaser_target_hill_mps[3]
    double r_port_tport_m[3]
    double v_port_tport_mps[3]
    double port_pitch_yaw_rad
    double port_roll_rad
    double dv_body_mps[3]
    double mass_kg
    double propellant_kg
    double sunlit
    double clearance_m
    uint32_t contact_status
    uint32_t collisions
