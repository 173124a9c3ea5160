/* A burn, for every law that has one. */
#include "registry.h"

#define BURN_STALL_US 1000000.0 /* a burn that fires nothing for this long has reached its resolution */

void guidance_ignite(const law_call_t *call)
{
    burn_t *b = (burn_t *)(void *)call->memory;
    b->stage = BURN_FIRE;
    b->last_fire_us = elem_from_u64(call->solution->t_us);
}

void guidance_burn(const law_call_t *call, double cutoff_mps)
{
    burn_t *b = (burn_t *)(void *)call->memory;
    double now_us = elem_from_u64(call->solution->t_us);
    if (call->solution->cycles_since_thrust == 0) b->last_fire_us = now_us;
    if (!(vec3_norm(b->dv_to_go_eci_mps) < cutoff_mps) && !(now_us - b->last_fire_us > BURN_STALL_US)) return;
    vec3_set(b->dv_to_go_eci_mps, 0.0, 0.0, 0.0);
    b->stage = b->is_last != 0.0 ? BURN_DONE : BURN_COAST;
    call->reference->clear = true;
}

bool guidance_burns_done(const law_call_t *call)
{
    return ((const burn_t *)(const void *)call->memory)->stage == BURN_DONE;
}
