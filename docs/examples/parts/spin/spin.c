/* Monitor spin: the chaser turns too fast.
 *
 *     [[monitor]]
 *     name = "turning"
 *     kind = "spin"
 *     limit_deg_s = 1.0
 *     urgent_deg_s = 2.0
 *
 * The rules of the core apply: C99, only + - * / and sqrt (math/elementary.h has the rest), and no memory. */
#include "registry.h"

/* The keys of the table: name, lowest and highest value, unit, meaning. */
#define OWN_FIELDS(F, V) \
    F(limit_radps, 0.0, 10.0, "rad/s", "estimated rate that trips") \
    F(urgent_radps, 0.0, 10.0, "rad/s", "estimated rate that is urgent")
typedef struct {
    OWN_FIELDS(BLOCK_F, BLOCK_V)
} own_t;
static const block_field_t fields[] = {OWN_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const own_t *own = call->own;
    double rate_radps = vec3_norm(call->solution->w_body_hill_body_radps);
    if (rate_radps > own->urgent_radps) return LEVEL_URGENT;
    return rate_radps > own->limit_radps ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_spin = {
    .id = 128, /* 128 to 255; never changes */
    .reason = 128, /* the reason in telemetry */
    .fields = fields,
    .level = level,
};
