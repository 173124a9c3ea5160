/* What the tests need beyond the core's own functions: where the members of its state lie, and the processor's
 * floating-point mode. Compiled together with gnc/core into one library (tests/core/conftest.py). */
#include "flight_state.h"

typedef struct {
    const char *name, *type; /* type as NumPy spells it */
    uint32_t offset, count;
} member_t;

#define SIZE(member) sizeof(((flight_t *)0)->member)
#define MEMBER(member, ctype, numpy) \
    {#member, numpy, (uint32_t)offsetof(flight_t, member), (uint32_t)(SIZE(member) / sizeof(ctype))},
#define DOUBLE(member) MEMBER(member, double, "f8")
#define TIME(member) MEMBER(member, uint64_t, "u8")
#define COUNT32(member) MEMBER(member, uint32_t, "u4")
#define COUNT16(member) MEMBER(member, uint16_t, "u2")
#define BOOL(member) MEMBER(member, bool, "?")
#define TRACK(t) \
    TIME(t.accepted_us) COUNT32(t.rejects_in_row) COUNT16(t.rejects) COUNT16(t.seq) BOOL(t.seen) DOUBLE(t.nis)

const member_t internals_members[] = {
    MEMBER(params, uint8_t, "u1") TIME(t_us) TIME(cycle_us) COUNT32(tick) COUNT32(magic) BOOL(started) TRACK(
        imu.track) BOOL(imu.gyro_taken) BOOL(imu.accel_taken) DOUBLE(attitude.q_body_from_eci)
        DOUBLE(attitude.w_body_radps) DOUBLE(attitude.w_before_radps) DOUBLE(attitude.bias_radps) DOUBLE(
            attitude.p) DOUBLE(attitude.pending_s) TRACK(attitude.star) DOUBLE(relative.r_target_eci_m)
            DOUBLE(relative.v_target_eci_mps) DOUBLE(relative.p_orbit) DOUBLE(relative.dr_eci_m) DOUBLE(
                relative.dv_eci_mps) DOUBLE(relative.hold_stiffness_ps2) DOUBLE(relative.hold_damping_ps)
                DOUBLE(relative.hold_psd_rad2ps3) DOUBLE(relative.theta_tbody_rad) DOUBLE(
                    relative.rate_tbody_radps) DOUBLE(relative.bias_rgnss_eci_m) DOUBLE(relative.p)
                    DOUBLE(relative.pending_s) DOUBLE(relative.accel_bias_mps2) DOUBLE(
                        relative.accel_bias_age_s) DOUBLE(relative.sensed_eci_mps) DOUBLE(relative.sensed_mps)
                        COUNT32(relative.cycles_since_thrust) COUNT32(relative.history_next) TRACK(relative.gnss) TRACK(
                            relative.rgnss) TRACK(relative.camera) DOUBLE(solution.c_hill_from_eci)
                            DOUBLE(solution.w_hill_radps) DOUBLE(solution.r_hill_m) DOUBLE(solution.v_hill_mps) DOUBLE(
                                solution.q_body_from_hill) DOUBLE(solution.w_body_hill_body_radps)
                                DOUBLE(solution.r_port_hill_m) DOUBLE(solution.v_port_hill_mps) DOUBLE(
                                    solution.r_port_tport_m) DOUBLE(solution.v_port_tport_mps)
                                    DOUBLE(guidance.r_port_hill_m) DOUBLE(guidance.v_port_hill_mps) DOUBLE(
                                        guidance.q_body_from_hill) DOUBLE(guidance.w_body_hill_body_radps)
                                        DOUBLE(guidance.error_r_m) DOUBLE(guidance.error_v_mps) DOUBLE(
                                            guidance.error_attitude_rad) COUNT32(mission.phase) TIME(mission.entry_us)
                                            DOUBLE(mission.distance_m) DOUBLE(mission.speed_mps) DOUBLE(
                                                mission.start_distance_m) DOUBLE(mission.start_lateral_hill_m)
                                                COUNT32(mission.hop_stage) COUNT32(mission.hop_leg) TIME(
                                                    mission.arrive_us) TIME(mission.burn_start_us)
                                                    TIME(mission.burn_last_fire_us)
                                                        DOUBLE(mission.dv_to_go_eci_mps) BOOL(mission.burn_is_arrival)
                                                            BOOL(mission.tc_seen) BOOL(mission.go) BOOL(mission.held)
                                                                BOOL(mission.free_drift) BOOL(mission.tc_rejected)
                                                                    BOOL(mission.gate_open) BOOL(mission.retreat)
                                                                        BOOL(mission.cam) MEMBER(mission.abort_reason,
                                                                                                 uint8_t, "u1")
                                                                            DOUBLE(effectors.arms)
                                                                                DOUBLE(effectors.smallest)
                                                                                    DOUBLE(control.carried) DOUBLE(
                                                                                        control.accel_cmd_hill_mps2)
                                                                                        BOOL(control.fired)
                                                                                            BOOL(control.saturated)};
const uint32_t internals_member_count = sizeof internals_members / sizeof internals_members[0];

/* Sets flush-to-zero and denormals-are-zero; false where this processor has no such mode here. */
bool internals_flush_subnormals(bool on)
{
#if defined(__SSE2__)
    uint32_t mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(on ? mode | 0x8040u : mode & ~0x8040u);
    return true;
#else
    (void)on;
    return false;
#endif
}
