/* The navigation stage of a cycle. */
#include "nav/nav.h"

#define GAP_SHARE 0.2 /* of what all thrusters can do in a cycle: 1 sigma of what happened unseen in a gap */
#define CONTACT_NEAR_M 5.0 /* from port to port: nearer, the ports may touch */

void nav_init(const flight_params_t *p, nav_t *nav)
{
    nav->gravity = flight_gravity(p);
    nav->cycle_us = (uint64_t)(p->cycle_s * 1.0e6 + 0.5);
    for (size_t i = 0; i < p->instrument_count; i++) {
        nav->timeout_us[i] = (uint64_t)(p->instrument_timeout_s[i] * 1.0e6 + 0.5);
        nav->chain[i] = flight_model_of(p->instrument_kind[i])->chain;
    }
    for (size_t i = 1; i <= FILTER_COMPONENTS; i++) nav->gate[i] = filter_gate(p->gate_chi2_3dof, i);
    for (size_t i = 0; i < p->instrument_count; i++) /* of each kind the first is used, as long as it is there */
        nav->track[i].in_use = nav_in_use(p, nav, p->instrument_kind[i]) == FLIGHT_INSTRUMENTS;
    nav_imu_init(p, nav);
    nav_attitude_init(p, nav);
    nav_relative_init(p, nav);
    for (size_t i = 0; i < p->instrument_count; i++) {
        const model_t *model = flight_model_of(p->instrument_kind[i]);
        if (nav->track[i].in_use && model->start != NULL) model->start(p, nav, i);
    }
}

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX) (*counter)++;
}

/* A measurement of no instrument in the table, or of another kind than it says of that one, is refused and counted. */
static void take(const flight_params_t *p, nav_t *nav, const measurement_t *m, bool docked)
{
    if (m->instrument >= p->instrument_count) {
        count_up(&nav->slots_refused);
        return;
    }
    const model_t *model = flight_model_of(p->instrument_kind[m->instrument]);
    if (m->kind != model->kind) {
        nav_accept(nav, &nav->track[m->instrument], false);
    } else if (model->update != NULL && (model->while_docked || !docked)) {
        nav_hand_over(p, nav, m->instrument);
        model->update(p, nav, m->instrument, m);
    }
}

/* What the docking mechanism senses in this cycle. */
static uint8_t dock_flags(const flight_params_t *p, const nav_t *nav, const sensor_frame_t *s)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        const measurement_t *m = &s->slot[i];
        bool known = m->instrument < p->instrument_count && p->instrument_kind[m->instrument] == KIND_DOCK;
        if (known && m->kind == KIND_DOCK && nav_of_this_cycle(nav, m)) return m->flags;
    }
    return 0;
}

/* Cycles that were missed: the motion goes on as it was, and what the last command did in the first of them is unknown
 * by as much as it may have been. */
static void bridge(const flight_params_t *p, nav_t *nav)
{
    if (nav->missed == 0 || !nav->started) return;
    nav_imu_t *imu = &nav->imu;
    imu->gyro_taken = imu->accel_taken = imu->explained = false;
    vec3_set(imu->expected_mps, 0.0, 0.0, 0.0);
    vec3_set(imu->expected_radps, 0.0, 0.0, 0.0);
    for (uint32_t i = 0; i < nav->missed; i++) {
        nav->t_us += nav->cycle_us;
        nav_attitude_propagate(p, nav);
        nav_relative_coast(p, nav);
    }
    double unknown = GAP_SHARE * nav->reach_mps;
    filter_noise(&nav->relative.filter, nav->relative.p, RELATIVE_V, FILTER_NONE, unknown * unknown, 0.0, 0.0);
    double turned = GAP_SHARE * nav->reach_radps, dt = nav->missed * p->cycle_s;
    filter_noise(&nav->attitude.filter, nav->attitude.p, ATTITUDE_ANGLE, FILTER_NONE, turned * turned * dt * dt, 0.0,
                 0.0);
}

void navigate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired, bool docked, solution_t *out)
{
    bridge(p, nav);
    nav->t_us = s->t_us - nav->clock_ahead_us;
    nav_imu_take(p, nav, s, docked || vec3_norm(out->r_port_tport_m) < CONTACT_NEAR_M);
    if (nav->started) {
        nav_attitude_propagate(p, nav);
        nav_relative_propagate(p, nav, s, fired);
    } else {
        nav_relative_remember(nav);
    }
    out->dock_flags = dock_flags(p, nav, s);
    if (nav->mated && !docked) nav_relative_mated(p, nav);
    nav->mated = docked && (nav->mated || (out->dock_flags & DOCK_CAPTURED) != 0);
    for (size_t i = 0; i < s->slot_count; i++) take(p, nav, &s->slot[i], docked);
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) out->thruster_applied_us[t] = s->thruster_applied_us[t];
    nav_solution(p, nav, out);
    nav_health(p, nav, out);
    nav->started = true;
}
