/* Outside the approach corridor. */
#include "registry.h"

#define CORRIDOR_FIELDS(F, V) \
    F(near_m, 0.0, 100.0, "m", "nearer, it is judged as if at this distance: its cone shrinks to a point")
typedef struct {
    CORRIDOR_FIELDS(BLOCK_F, BLOCK_V)
} corridor_block_t;
static const block_field_t fields[] = {CORRIDOR_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const corridor_block_t *own = call->own;
    double half_angle = call->p->phase_corridor_rad[call->intent->phase];
    const double *r = call->solution->r_port_tport_m;
    if (half_angle <= 0.0) return LEVEL_NONE;
    double across = elem_sqrt(r[1] * r[1] + r[2] * r[2]);
    return elem_atan2(across, elem_max(r[0], own->near_m)) > half_angle ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_corridor = {
    .id = MONITOR_CORRIDOR,
    .reason = REASON_CORRIDOR,
    .fields = fields,
    .level = level,
};
