/* The hop: plan, burn, correct, arrive. */
#include "registry.h"

#define CORRECTIONS 2
#define CORRECTION_LEAD_S 2.0
#define CORRECTION_LEAST 2.0 /* of the cutoff: a smaller correction is not worth its burn */
#define LEADS_LEFT 2.0       /* of the lead: a correction later than that is left to the arrival */

#define HOP_FIELDS(F, V) \
    POINT_FIELDS(F, V) \
    F(duration_s, 0.0, 1.0e6, "s", "transfer time") \
    F(lead_s, 0.0, 600.0, "s", "from entry to the middle of the first burn") \
    V(correction_fraction, CORRECTIONS, 0.0, 1.0, "1", "mid-course corrections, fraction of the transfer; 0 none") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which a burn ends")
typedef struct {
    HOP_FIELDS(BLOCK_F, BLOCK_V)
} hop_block_t;
static const block_field_t fields[] = {HOP_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

typedef struct {
    burn_t burn;
    double leg; /* below CORRECTIONS: corrections to come; then the arrival */
    double arrive_us;
} hop_memory_t;
typedef char hop_memory_fits[sizeof(hop_memory_t) <= LAW_MEMORY * sizeof(double) ? 1 : -1];

static hop_memory_t *memory_of(const law_call_t *call) { return (hop_memory_t *)(void *)call->memory; }

static double burn_length_s(const law_call_t *call)
{
    return vec3_norm(memory_of(call)->burn.dv_to_go_eci_mps) * call->p->mass_kg / call->p->force_max_n;
}

/* Centre of mass position the hop aims at, hill. */
static void aim_point(const law_call_t *call, double aim[3])
{
    const hop_block_t *own = call->own;
    guidance_frame_t frame;
    double arm[3];
    guidance_nominal_frame(call, &frame);
    guidance_on_path(&frame, call->path, guidance_end_m(call), aim);
    vec3_add(aim, aim, own->offset_hill_m);
    guidance_point_arm(call, arm);
    quat_irotate(arm, call->reference->q_body_from_hill, arm);
    vec3_sub(aim, aim, arm);
}

static double until_s(const law_call_t *call, double t_us)
{
    return 1.0e-6 * (t_us - elem_from_u64(call->solution->t_us));
}

static double after(const law_call_t *call, double wait_s)
{
    return elem_from_u64(call->solution->t_us) + elem_floor(elem_max(wait_s, 0.0) * 1.0e6);
}

/* Plans the burn whose middle is lead_s from now; it starts half its length before. */
static bool plan(const law_call_t *call, double lead_s, double transfer_s)
{
    burn_t *b = &memory_of(call)->burn;
    double aim[3];
    aim_point(call, aim);
    if (!targeting_solve(call->p, call->solution, lead_s, transfer_s, aim, b->dv_to_go_eci_mps)) return false;
    b->is_last = 0.0;
    b->start_us = after(call, lead_s - 0.5 * burn_length_s(call));
    return true;
}

/* The arrival burn stops the chaser in the hill frame at the predicted point of arrival. */
static bool plan_arrival(const law_call_t *call)
{
    hop_memory_t *m = memory_of(call);
    double r[3], v[3], c[9], dt = until_s(call, m->arrive_us);
    if (!targeting_predict(call->p, call->solution, dt, r, v, c)) return false;
    mat3_tmul_vec(m->burn.dv_to_go_eci_mps, c, v);
    vec3_scale(m->burn.dv_to_go_eci_mps, -1.0, m->burn.dv_to_go_eci_mps);
    m->burn.is_last = 1.0;
    m->burn.start_us = after(call, dt - 0.5 * burn_length_s(call));
    return true;
}

static void coast(const law_call_t *call)
{
    hop_memory_t *m = memory_of(call);
    const hop_block_t *own = call->own;
    double transfer = own->duration_s, left = until_s(call, m->arrive_us);
    if (m->leg < (double)CORRECTIONS) {
        double fraction = own->correction_fraction[(size_t)m->leg];
        if (left > transfer * (1.0 - fraction)) return;
        m->leg += 1.0;
        if (fraction <= 0.0 || left < LEADS_LEFT * own->lead_s) return;
        bool worth = plan(call, CORRECTION_LEAD_S, left - CORRECTION_LEAD_S) &&
                     vec3_norm(m->burn.dv_to_go_eci_mps) > CORRECTION_LEAST * own->cutoff_mps;
        if (worth) m->burn.stage = BURN_WAIT;
        return;
    }
    if (left <= own->lead_s + CORRECTION_LEAD_S && plan_arrival(call)) m->burn.stage = BURN_WAIT;
}

static void burn(const law_call_t *call)
{
    hop_memory_t *m = memory_of(call);
    burn_t *b = &m->burn;
    const hop_block_t *own = call->own;
    switch ((int)b->stage) {
    case BURN_PLAN:
        if (!plan(call, own->lead_s, own->duration_s)) return;
        m->arrive_us = after(call, own->lead_s + own->duration_s);
        b->stage = BURN_WAIT;
        break;
    case BURN_WAIT:
        if (elem_from_u64(call->solution->t_us) >= b->start_us) guidance_ignite(call);
        break;
    case BURN_FIRE: /* what was sensed comes off the velocity to be gained */
        vec3_sub(b->dv_to_go_eci_mps, b->dv_to_go_eci_mps, call->solution->sensed_eci_mps);
        guidance_burn(call, own->cutoff_mps);
        break;
    case BURN_COAST: coast(call); break;
    default: break;
    }
}

const law_t law_hop = {
    .id = LAW_HOP,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .has_point = true,
    .burn = burn,
    .finished = guidance_burns_done,
};
