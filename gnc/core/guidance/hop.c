/* The hop: plan, burn, correct, arrive. */
#include "registry.h"

#define CORRECTIONS 2
#define CORRECTION_LEAD_S 2.0
#define CORRECTION_LEAST 2.0 /* of the cutoff: a smaller correction is not worth its burn */

#define HOP_FIELDS(F, V) \
    F(duration_s, 0.0, 1.0e6, "s", "transfer time") \
    F(lead_s, 0.0, 600.0, "s", "from entry to the middle of the first burn") \
    V(correction_fraction, CORRECTIONS, 0.0, 1.0, "1", "mid-course corrections, fraction of the transfer; 0 none") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which a burn ends")
typedef struct {
    HOP_FIELDS(BLOCK_F, BLOCK_V)
} hop_block_t;
static const block_field_t fields[] = {HOP_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static double burn_length_s(const flight_t *f)
{
    return vec3_norm(f->mission.dv_to_go_eci_mps) * f->params.mass_kg / f->params.force_max_n;
}

/* Centre of mass position the hop aims at, hill. */
static void aim_point(const flight_t *f, double aim[3])
{
    const flight_params_t *p = &f->params;
    uint32_t phase = f->mission.phase;
    double axis[3], arm[3];
    guidance_nominal_port(p, p->phase_distance_m[phase], aim, axis);
    vec3_add(aim, aim, axis);
    aim[0] += p->phase_offset_x_m[phase];
    vec3_sub(arm, p->port_body_m, p->com_body_m);
    quat_irotate(arm, f->guidance.q_body_from_hill, arm);
    vec3_sub(aim, aim, arm);
}

static double until_s(const flight_t *f, uint64_t t_us)
{
    return t_us > f->t_us ? 1.0e-6 * (double)(t_us - f->t_us) : -1.0e-6 * (double)(f->t_us - t_us);
}

static uint64_t after(const flight_t *f, double wait_s) { return f->t_us + (uint64_t)(elem_max(wait_s, 0.0) * 1.0e6); }

/* Plans the burn whose middle is lead_s from now; it starts half its length before. */
static bool plan(flight_t *f, double lead_s, double transfer_s)
{
    mission_t *m = &f->mission;
    double aim[3];
    aim_point(f, aim);
    if (!targeting_solve(f, lead_s, transfer_s, aim, m->dv_to_go_eci_mps)) return false;
    m->burn_is_arrival = false;
    m->burn_start_us = after(f, lead_s - 0.5 * burn_length_s(f));
    return true;
}

/* The arrival burn stops the chaser in the hill frame at the predicted point of arrival. */
static bool plan_arrival(flight_t *f)
{
    mission_t *m = &f->mission;
    double r[3], v[3], c[9], dt = until_s(f, m->arrive_us);
    if (!targeting_predict(f, dt, r, v, c)) return false;
    mat3_tmul_vec(m->dv_to_go_eci_mps, c, v);
    vec3_scale(m->dv_to_go_eci_mps, -1.0, m->dv_to_go_eci_mps);
    m->burn_is_arrival = true;
    m->burn_start_us = after(f, dt - 0.5 * burn_length_s(f));
    return true;
}

static void coast(flight_t *f)
{
    mission_t *m = &f->mission;
    const hop_block_t *b = flight_law_block(f);
    double transfer = b->duration_s, left = until_s(f, m->arrive_us);
    if (m->hop_leg < CORRECTIONS) {
        double fraction = b->correction_fraction[m->hop_leg];
        if (left > transfer * (1.0 - fraction)) return;
        m->hop_leg++;
        if (fraction <= 0.0 || left < 2.0 * b->lead_s) return;
        bool worth = plan(f, CORRECTION_LEAD_S, left - CORRECTION_LEAD_S) &&
                     vec3_norm(m->dv_to_go_eci_mps) > CORRECTION_LEAST * b->cutoff_mps;
        if (worth) m->hop_stage = HOP_WAIT;
        return;
    }
    if (left <= b->lead_s + CORRECTION_LEAD_S && plan_arrival(f)) m->hop_stage = HOP_WAIT;
}

void guidance_hop(flight_t *f)
{
    mission_t *m = &f->mission;
    const hop_block_t *b = flight_law_block(f);
    switch (m->hop_stage) {
    case HOP_PLAN:
        if (!plan(f, b->lead_s, b->duration_s)) return;
        m->arrive_us = after(f, b->lead_s + b->duration_s);
        m->hop_stage = HOP_WAIT;
        break;
    case HOP_WAIT:
        if (f->t_us < m->burn_start_us) return;
        m->hop_stage = HOP_BURN;
        m->burn_last_fire_us = f->t_us;
        break;
    case HOP_BURN: guidance_burn(f, b->cutoff_mps); break;
    case HOP_COAST: coast(f); break;
    default: break;
    }
}

const law_t law_hop = {
    .id = LAW_HOP,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .burn = guidance_hop,
    .finished = guidance_burns_done,
};
