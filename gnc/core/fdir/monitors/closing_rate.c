/* Closing too fast for the distance: beyond the margin it trips, beyond the hard limit it is urgent. */
#include "registry.h"

#define CLOSING_FIELDS(F, V) \
    F(margin_mps, 0.0, 10.0, "m/s", "estimated excess over the limit that trips") \
    F(hard_mps, 0.0, 10.0, "m/s", "estimated excess that is urgent") \
    F(floor_mps, 0.0, 10.0, "m/s", "limit: floor") \
    F(base_mps, 0.0, 10.0, "m/s", "limit: value at zero range") \
    F(slope_ps, 0.0, 1.0, "1/s", "limit: slope with range")
typedef struct {
    CLOSING_FIELDS(BLOCK_F, BLOCK_V)
} closing_block_t;
static const block_field_t fields[] = {CLOSING_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const closing_block_t *own = call->own;
    double range = vec3_norm(call->solution->r_port_tport_m), closing = -call->solution->v_port_tport_mps[0];
    double limit = elem_max(own->floor_mps, own->base_mps + own->slope_ps * elem_max(range, 0.0));
    if (closing > limit + own->hard_mps) return LEVEL_URGENT;
    return closing > limit + own->margin_mps ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_closing_rate = {
    .id = MONITOR_CLOSING_RATE,
    .reason = REASON_CLOSING_RATE,
    .fields = fields,
    .level = level,
};
