/* Avoidance: one burn to the stated relative velocity, then drift. */
#include "registry.h"

void guidance_cam(flight_t *f)
{
    mission_t *m = &f->mission;
    double dv[3];
    if (m->hop_stage == HOP_PLAN) {
        vec3_sub(dv, f->params.cam_velocity_hill_mps, f->solution.v_hill_mps);
        mat3_tmul_vec(m->dv_to_go_eci_mps, f->solution.c_hill_from_eci, dv);
        m->burn_last_fire_us = f->t_us;
        m->burn_is_arrival = true;
        m->hop_stage = HOP_BURN;
    }
    if (m->hop_stage == HOP_BURN) guidance_burn(f);
}

const law_t law_cam = {
    .id = LAW_CAM,
    .translation = TRANSLATION_BURN,
    .burn = guidance_cam,
    .finished = guidance_burns_done,
    .avoids = true,
};
