/* What the tests need beyond the core's own functions: where the members of its state lie, and the processor's
 * floating-point mode. Compiled together with gnc/core into one library (tests/core/conftest.py). */
#include "flight_state.h"
#include "registry.h"

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
#define NAV_MEMBER(member, ctype, numpy) \
    {#member, numpy, (uint32_t)offsetof(flight_t, nav.member), (uint32_t)(SIZE(nav.member) / sizeof(ctype))},
#define NAV_DOUBLE(member) NAV_MEMBER(member, double, "f8")
#define NAV_COUNT32(member) NAV_MEMBER(member, uint32_t, "u4")
#define NAV_BOOL(member) NAV_MEMBER(member, bool, "?")
#define OF_TRACK(name, t, field, ctype, numpy) {name "." #field, numpy, (uint32_t)offsetof(flight_t, t.field), 1},
#define TRACK(name, t) \
    OF_TRACK(#name, t, accepted_us, uint64_t, "u8") \
    OF_TRACK(#name, t, rejects_in_row, uint32_t, "u4") \
    OF_TRACK(#name, t, rejects, uint16_t, "u2") \
    OF_TRACK(#name, t, seq, uint16_t, "u2") OF_TRACK(#name, t, seen, bool, "?") OF_TRACK(#name, t, nis, double, "f8")

#define OF_BURN(field, count) \
    {"burn." #field, "f8", (uint32_t)(offsetof(flight_t, guidance.law) + offsetof(burn_t, field)), count},

/* clang-format off */
const member_t internals_members[] = {
    MEMBER(params, uint8_t, "u1")
    TIME(t_us)
    TIME(cycle_us)
    COUNT32(tick)
    COUNT32(magic)
    COUNT32(refused)
    COUNT32(refused_tick)
    TIME(nav.clock_ahead_us)
    BOOL(started)
    TRACK(imu.track, nav.track[0])
    NAV_BOOL(imu.gyro_taken)
    NAV_BOOL(imu.accel_taken)
    NAV_DOUBLE(attitude.q_body_from_eci)
    NAV_DOUBLE(attitude.w_body_radps)
    NAV_DOUBLE(attitude.w_before_radps)
    NAV_DOUBLE(attitude.bias_radps)
    NAV_DOUBLE(attitude.p)
    NAV_DOUBLE(attitude.pending_s)
    TRACK(attitude.star, nav.track[1])
    NAV_DOUBLE(relative.r_target_eci_m)
    NAV_DOUBLE(relative.v_target_eci_mps)
    NAV_DOUBLE(relative.p_orbit)
    NAV_DOUBLE(relative.dr_eci_m)
    NAV_DOUBLE(relative.dv_eci_mps)
    NAV_DOUBLE(relative.hold_stiffness_ps2)
    NAV_DOUBLE(relative.hold_damping_ps)
    NAV_DOUBLE(relative.hold_psd_rad2ps3)
    NAV_DOUBLE(relative.theta_tbody_rad)
    NAV_DOUBLE(relative.rate_tbody_radps)
    NAV_DOUBLE(relative.bias_rgnss_eci_m)
    NAV_DOUBLE(relative.p)
    NAV_MEMBER(relative.filter.states, uint8_t, "u1")
    NAV_DOUBLE(relative.pending_s)
    NAV_DOUBLE(relative.accel_bias_mps2)
    NAV_DOUBLE(relative.accel_bias_age_s)
    NAV_DOUBLE(relative.sensed_eci_mps)
    NAV_DOUBLE(relative.sensed_mps)
    NAV_COUNT32(relative.cycles_since_thrust)
    NAV_COUNT32(relative.history_next)
    TRACK(relative.gnss, nav.track[2])
    TRACK(relative.rgnss, nav.track[3])
    TRACK(relative.camera, nav.track[4])
    TRACK(dock, nav.track[5])
    DOUBLE(solution.c_hill_from_eci)
    DOUBLE(solution.w_hill_radps)
    DOUBLE(solution.r_hill_m)
    DOUBLE(solution.v_hill_mps)
    DOUBLE(solution.q_body_from_hill)
    DOUBLE(solution.q_tbody_from_hill)
    DOUBLE(solution.w_body_hill_body_radps)
    DOUBLE(solution.r_port_hill_m)
    DOUBLE(solution.v_port_hill_mps)
    DOUBLE(solution.r_port_tport_m)
    DOUBLE(solution.v_port_tport_mps)
    COUNT32(solution.cycles_since_thrust)
    MEMBER(solution.dock_flags, uint8_t, "u1")
    DOUBLE(reference.r_hill_m)
    DOUBLE(reference.v_hill_mps)
    DOUBLE(reference.q_body_from_hill)
    DOUBLE(reference.w_body_hill_body_radps)
    DOUBLE(reference.error_r_m)
    DOUBLE(reference.error_v_mps)
    DOUBLE(reference.error_attitude_rad)
    DOUBLE(reference.dv_to_go_eci_mps)
    MEMBER(reference.burning, uint8_t, "u1")
    MEMBER(reference.clear, uint8_t, "u1")
    DOUBLE(guidance.path.axis)
    DOUBLE(guidance.path.distance_m)
    DOUBLE(guidance.path.speed_mps)
    DOUBLE(guidance.path.start_distance_m)
    DOUBLE(guidance.path.start_lateral_hill_m)
    DOUBLE(guidance.law)
    DOUBLE(guidance.attitude)
    OF_BURN(dv_to_go_eci_mps, 3)
    OF_BURN(stage, 1)
    OF_BURN(is_last, 1)
    OF_BURN(start_us, 1)
    OF_BURN(last_fire_us, 1)
    {"hop.leg", "f8", (uint32_t)(offsetof(flight_t, guidance.law) + sizeof(burn_t)), 1},
    {"hop.arrive_us", "f8", (uint32_t)(offsetof(flight_t, guidance.law) + sizeof(burn_t) + sizeof(double)), 1},
    TIME(intent.entry_us)
    COUNT32(intent.entry)
    COUNT32(intent.restart)
    MEMBER(intent.phase, uint8_t, "u1")
    MEMBER(intent.previous_phase, uint8_t, "u1")
    MEMBER(intent.law, uint8_t, "u1")
    MEMBER(intent.begins, uint8_t, "u1")
    MEMBER(intent.nav_mode, uint8_t, "u1")
    MEMBER(intent.overlay, uint8_t, "u1")
    MEMBER(intent.reason, uint8_t, "u1")
    MEMBER(intent.gate_open, uint8_t, "u1")
    MEMBER(intent.tc_rejected, uint8_t, "u1")
    COUNT16(mission.entries)
    BOOL(mission.tc_seen)
    BOOL(mission.go)
    BOOL(mission.apart)
    BOOL(mission.captured)
    DOUBLE(effectors.arms)
    DOUBLE(effectors.smallest)
    DOUBLE(control.carried)
    DOUBLE(control.accel_cmd_hill_mps2)
    MEMBER(progress.done, uint8_t, "u1")
    MEMBER(progress.burning, uint8_t, "u1")
    MEMBER(progress.fired, uint8_t, "u1")
    MEMBER(progress.saturated, uint8_t, "u1")
};
/* clang-format on */
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

/* Navigation's functions on a whole state, at its time. */
#define NAV(f) &(f)->params, &(f)->nav
static void at_its_time(flight_t *f)
{
    f->nav.t_us = f->t_us;
    f->nav.started = f->started;
}
void internals_nav_imu_take(flight_t *f, const sensor_frame_t *s)
{
    at_its_time(f);
    nav_imu_take(NAV(f), s, false);
}
void internals_nav_attitude_propagate(flight_t *f) { nav_attitude_propagate(NAV(f)); }
double internals_nav_attitude_variance(flight_t *f, size_t i)
{
    double variance[3];
    nav_attitude_variance(NAV(f), variance);
    return variance[i];
}
void internals_nav_relative_propagate(flight_t *f, const sensor_frame_t *s)
{
    at_its_time(f);
    nav_relative_propagate(NAV(f), s, f->progress.fired);
}
void internals_nav_relative_remember(flight_t *f)
{
    at_its_time(f);
    nav_relative_remember(&f->nav);
}
void internals_nav_relative_covariance(flight_t *f) { nav_relative_covariance(NAV(f)); }
void internals_nav_relative_correct(flight_t *f, const double *dx) { nav_relative_correct(&f->nav, dx); }
bool internals_nav_relative_at(flight_t *f, uint64_t t_us, nav_sample_t *out)
{
    return nav_relative_at(&f->nav, t_us, out);
}
void internals_nav_target_attitude(flight_t *f, const nav_sample_t *at, double c[9])
{
    at_its_time(f);
    nav_target_attitude(&f->params, at, c);
}
double internals_nav_rgnss_growth(flight_t *f) { return nav_rgnss_growth(NAV(f)); }
bool internals_nav_take(flight_t *f, sensor_track_t *track, const measurement_t *m)
{
    at_its_time(f);
    return nav_take(NAV(f), track, m);
}
void internals_nav_accept(flight_t *f, sensor_track_t *track, bool accepted)
{
    at_its_time(f);
    nav_accept(&f->nav, track, accepted);
}
void internals_nav_relative_mated(flight_t *f)
{
    at_its_time(f);
    nav_relative_mated(NAV(f));
}
void internals_nav_navigate(flight_t *f, const sensor_frame_t *s, bool docked)
{
    navigate(NAV(f), s, false, docked, &f->solution);
}
void internals_nav_solution(flight_t *f)
{
    at_its_time(f);
    nav_solution(NAV(f), &f->solution);
    nav_health(NAV(f), &f->solution);
}
void internals_nav_health(flight_t *f)
{
    at_its_time(f);
    nav_health(NAV(f), &f->solution);
}
/* One measurement through the model of its instrument. */
void internals_nav_update(flight_t *f, const measurement_t *m)
{
    at_its_time(f);
    flight_model_of(m->kind)->update(NAV(f), m->instrument, m);
}

/* The filter engine on dense arrays: the first `estimated` of n states are estimated, the others considered. */
bool internals_filter_update(size_t n, size_t estimated, size_t components, double *p, const double *h, const double *z,
                             const double *r, double gate, double *dx, double *nis)
{
    uint8_t use[FILTER_BLOCKS];
    double block[3];
    filter_t f;
    observation_t o;
    for (size_t b = 0; b < n / 3; b++) use[b] = 3 * b < estimated ? BLOCK_ESTIMATED : BLOCK_CONSIDERED;
    filter_layout(&f, n / 3, use);
    observation_start(&o, components);
    for (size_t i = 0; i < components; i++) {
        o.z[i] = z[i];
        o.r[i] = r[i];
        for (size_t b = 0; b < n / 3; b++) {
            for (size_t j = 0; j < 3; j++) block[j] = h[i * n + 3 * b + j];
            observation_see(&o, &f, i, 1, b, 1.0, block);
        }
    }
    return filter_update(&f, p, &o, gate, dx, nis);
}

void internals_filter_propagate(size_t blocks, const uint8_t *use, double *p, const double *m, const double *scale)
{
    filter_t f;
    filter_layout(&f, blocks, use);
    const filter_motion_t motions[] = {
        {0, 1, 0.0, scale[0], 0.0, 0.0, m, 0.5, -0.6},
        {2, 3, scale[2], 0.9, scale[0], -0.4, NULL, 0.0, 0.0},
        {4, FILTER_NONE, 0.7, 0.0, 0.0, 0.0, NULL, 0.0, 0.0},
    };
    filter_propagate(&f, p, motions, 3);
}

/* Targeting on the state that navigation has. */
bool internals_targeting_solve(flight_t *f, double wait_s, double transfer_s, const double aim[3], double dv[3])
{
    internals_nav_solution(f);
    return targeting_solve(&f->params, &f->solution, wait_s, transfer_s, aim, dv);
}
bool internals_targeting_predict(flight_t *f, double dt_s, double r[3], double v[3], double c[9])
{
    internals_nav_solution(f);
    return targeting_predict(&f->params, &f->solution, dt_s, r, v, c);
}

/* The other stages on a whole state, at its time. */
static void guide_now(flight_t *f)
{
    f->solution.t_us = f->intent.t_us = f->t_us;
    f->intent.law = f->params.phase_law[f->intent.phase];
    guide(&f->params, &f->guidance, &f->solution, &f->intent, &f->reference, &f->progress);
}
/* Guidance again, whatever it has done at this time. */
void internals_guidance_step(flight_t *f)
{
    f->reference.t_us = UINT64_MAX;
    guide_now(f);
}
void internals_mission_enter(flight_t *f, uint32_t phase)
{
    f->intent.t_us = f->t_us;
    mission_enter(&f->params, &f->mission, (uint8_t)phase, true, &f->intent);
    guide_now(f);
    f->intent.begins = false;
}
static void decide_now(flight_t *f, const telecommand_t *telecommand)
{
    f->intent.t_us = f->solution.t_us = f->t_us;
    if (decide(&f->params, &f->graph, &f->mission, &f->solution, &f->progress, telecommand, &f->intent)) guide_now(f);
}
/* The mission alone, on the errors that the reference says. */
void internals_mission_watch(flight_t *f)
{
    const telecommand_t none = {0, TC_NONE, {0.0, 0.0}};
    f->progress.error_r_m = vec3_norm(f->reference.error_r_m);
    f->progress.error_v_mps = vec3_norm(f->reference.error_v_mps);
    f->progress.error_attitude_rad = vec3_norm(f->reference.error_attitude_rad);
    decide_now(f, &none);
}
void internals_mission_step(flight_t *f, const sensor_frame_t *s)
{
    const telecommand_t telecommand = {s->tc_seq, s->tc_opcode, {s->tc_arg[0], s->tc_arg[1]}};
    if (!f->started) mission_start(&f->params, &f->mission, f->t_us, &f->intent);
    f->intent.begins = false;
    internals_guidance_step(f);
    decide_now(f, &telecommand);
}
#define CONTROL(f) \
    const control_call_t call = {&(f)->params,    &(f)->effectors, &(f)->solution, &(f)->intent, \
                                 &(f)->reference, &(f)->control,   &(f)->progress}; \
    (f)->intent.law = (f)->params.phase_law[(f)->intent.phase]
void internals_control_attitude(flight_t *f)
{
    CONTROL(f);
    control_attitude(&call);
}
void internals_control_translation(flight_t *f)
{
    CONTROL(f);
    control_translation(&call);
}
void internals_control_allocate(flight_t *f, command_t *command)
{
    CONTROL(f);
    control_allocate(&call, command);
}
void internals_control_clear(flight_t *f) { control_clear(&f->control); }
void internals_control(flight_t *f)
{
    CONTROL(f);
    command_t command = {0};
    control(&call, &command);
}
/* Whether hold would be taken without its first fields, with or without a point. */
bool internals_hold_without(uint32_t fields, bool has_point)
{
    law_t law = *flight_law_of(LAW_HOLD);
    law.fields += fields;
    law.has_point = has_point;
    return flight_law_declares_its_own(&law);
}
