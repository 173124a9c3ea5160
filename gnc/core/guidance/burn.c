/* The end of a burn, for every law that has one. */
#include "registry.h"

#define BURN_STALL_US 1000000u /* a burn that fires nothing for this long has reached its resolution */

void guidance_burn(flight_t *f, double cutoff_mps)
{
    mission_t *m = &f->mission;
    if (f->solution.cycles_since_thrust == 0) m->burn_last_fire_us = f->t_us;
    bool done = vec3_norm(m->dv_to_go_eci_mps) < cutoff_mps || f->t_us - m->burn_last_fire_us > BURN_STALL_US;
    if (!done) return;
    vec3_set(m->dv_to_go_eci_mps, 0.0, 0.0, 0.0);
    m->hop_stage = m->burn_is_arrival ? HOP_DONE : HOP_COAST;
    control_clear(f);
}

bool guidance_burns_done(const flight_t *f) { return f->mission.hop_stage == HOP_DONE; }
