/* Release: the mechanism lets go and its springs part the craft; no thruster fires, nor does attitude control, until
 * the ports are clear of each other. What the mechanism is told is the phase's own. */
#include "registry.h"

#define RELEASE_FIELDS(F, V) F(clear_m, 0.0, 1.0e3, "m", "distance from port to port from which thrusters may fire")
typedef struct {
    RELEASE_FIELDS(BLOCK_F, BLOCK_V)
} release_block_t;
static const block_field_t fields[] = {RELEASE_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

/* Whatever attitude and rate the chaser has is what is wanted. */
static void drift(const law_call_t *call)
{
    const solution_t *s = call->solution;
    reference_t *r = call->reference;
    for (size_t i = 0; i < 4; i++) r->q_body_from_hill[i] = s->q_body_from_hill[i];
    vec3_copy(r->w_body_hill_body_radps, s->w_body_hill_body_radps);
    vec3_set(r->error_attitude_rad, 0.0, 0.0, 0.0);
    r->clear = true;
}

static bool finished(const law_call_t *call)
{
    const release_block_t *own = call->own;
    return !(call->solution->dock_flags & DOCK_CAPTURED) && vec3_norm(call->solution->r_port_tport_m) > own->clear_m;
}

const law_t law_release = {
    .id = LAW_RELEASE,
    .fields = fields,
    .translation = TRANSLATION_NONE,
    .burn = drift,
    .finished = finished,
};
