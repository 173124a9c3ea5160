/* Avoidance: one burn to the stated relative velocity, then drift. */
#include "registry.h"

#define CAM_FIELDS(F, V) \
    V(velocity_hill_mps, 3, -10.0, 10.0, "m/s", "relative velocity that the burn establishes") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which the burn ends")
typedef struct {
    CAM_FIELDS(BLOCK_F, BLOCK_V)
} cam_block_t;
static const block_field_t fields[] = {CAM_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static void burn(const law_call_t *call)
{
    burn_t *b = (burn_t *)(void *)call->memory;
    const cam_block_t *own = call->own;
    const solution_t *s = call->solution;
    double dv[3];
    if (b->stage == BURN_PLAN) {
        vec3_sub(dv, own->velocity_hill_mps, s->v_hill_mps);
        mat3_tmul_vec(b->dv_to_go_eci_mps, s->c_hill_from_eci, dv);
        b->is_last = 1.0;
        guidance_ignite(call);
    } else if (b->stage == BURN_FIRE) { /* what was sensed comes off the velocity to be gained */
        vec3_sub(b->dv_to_go_eci_mps, b->dv_to_go_eci_mps, s->sensed_eci_mps);
    }
    if (b->stage == BURN_FIRE) guidance_burn(call, own->cutoff_mps);
}

const law_t law_cam = {
    .id = LAW_CAM,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .burn = burn,
    .finished = guidance_burns_done,
};
