/* The stage: which parts of guidance run in a cycle, and what it tells of them. */
#include "registry.h"

static void begin(guidance_t *g, const intent_t *intent)
{
    const guidance_t fresh = {.entry = intent->entry, .restart = intent->restart};
    *g = fresh;
}

static void move(const law_call_t *call, const law_t *law, double lateral[3], double lateral_rate[3])
{
    const point_block_t *point = call->own;
    vec3_set(lateral, 0.0, 0.0, 0.0);
    vec3_set(lateral_rate, 0.0, 0.0, 0.0);
    if (call->intent->overlay & OVERLAY_HELD) {
        vec3_copy(lateral, call->path->start_lateral_hill_m);
        call->path->speed_mps = 0.0;
        return;
    }
    if (law->path != NULL) {
        law->path(call, lateral, lateral_rate);
        return;
    }
    call->path->speed_mps = 0.0;
    call->path->distance_m = guidance_end_m(call);
    if (law->has_point) vec3_copy(lateral, point->offset_hill_m);
}

static void tell(const law_call_t *call, const law_t *law, progress_t *progress)
{
    reference_t *r = call->reference;
    const burn_t *burn = (const burn_t *)(const void *)call->memory;
    r->burning = law->burn != NULL && burn->stage == BURN_FIRE;
    vec3_set(r->dv_to_go_eci_mps, 0.0, 0.0, 0.0);
    if (law->burn != NULL) vec3_copy(r->dv_to_go_eci_mps, burn->dv_to_go_eci_mps);
    vec3_copy(progress->dv_to_go_eci_mps, r->dv_to_go_eci_mps);
    progress->burning = r->burning;
    progress->distance_m = call->path->distance_m;
    progress->speed_mps = call->path->speed_mps;
    progress->error_r_m = vec3_norm(r->error_r_m);
    progress->error_v_mps = vec3_norm(r->error_v_mps);
    progress->error_attitude_rad = vec3_norm(r->error_attitude_rad);
    progress->done = law->finished != NULL && law->finished(call);
}

void guide(const flight_params_t *p, guidance_t *g, const solution_t *solution, const intent_t *intent, reference_t *r,
           progress_t *progress)
{
    const law_t *law = flight_law_of(intent->law);
    const law_call_t call = {.p = p,
                             .solution = solution,
                             .intent = intent,
                             .own = &p->block[p->phase_block_offset[intent->phase]],
                             .memory = g->law,
                             .path = &g->path,
                             .reference = r};
    bool entered = intent->entry != g->entry, held = (intent->overlay & OVERLAY_HELD) != 0;
    bool restarted = intent->restart != g->restart && (held || law->enter != NULL);
    double lateral[3], lateral_rate[3];
    if (entered) begin(g, intent);
    g->restart = intent->restart;
    if (held && restarted) guidance_start_path(&call);
    else if ((entered || restarted) && law->enter != NULL) law->enter(&call);
    if (intent->begins) {
        progress->done = progress->burning = false;
        return;
    }
    if (!entered && !restarted && r->t_us == solution->t_us) return; /* this cycle's reference stands */
    r->t_us = solution->t_us;
    r->clear = false;
    move(&call, law, lateral, lateral_rate);
    guidance_refer(&call, g->attitude, lateral, lateral_rate);
    if (law->burn != NULL) law->burn(&call);
    tell(&call, law, progress);
}
