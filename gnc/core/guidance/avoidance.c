/* Avoidance: one burn to the stated relative velocity, then drift. */
#include "registry.h"

#define CAM_FIELDS(F, V) \
    V(velocity_hill_mps, 3, -10.0, 10.0, "m/s", "relative velocity that the burn establishes") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which the burn ends")
typedef struct {
    CAM_FIELDS(BLOCK_F, BLOCK_V)
} cam_block_t;
static const block_field_t fields[] = {CAM_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

void guidance_cam(flight_t *f)
{
    mission_t *m = &f->mission;
    const cam_block_t *b = flight_law_block(f);
    double dv[3];
    if (m->hop_stage == HOP_PLAN) {
        vec3_sub(dv, b->velocity_hill_mps, f->solution.v_hill_mps);
        mat3_tmul_vec(m->dv_to_go_eci_mps, f->solution.c_hill_from_eci, dv);
        m->burn_last_fire_us = f->t_us;
        m->burn_is_arrival = true;
        m->hop_stage = HOP_BURN;
    }
    if (m->hop_stage == HOP_BURN) guidance_burn(f, b->cutoff_mps);
}

const law_t law_cam = {
    .id = LAW_CAM,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .burn = guidance_cam,
    .finished = guidance_burns_done,
    .avoids = true,
};
