/* The attitude is further from its reference than control may let it get. */
#include "registry.h"

#define ATTITUDE_FIELDS(F, V) F(max_rad, 0.001, 3.2, "rad", "largest attitude control error")
typedef struct {
    ATTITUDE_FIELDS(BLOCK_F, BLOCK_V)
} attitude_block_t;
static const block_field_t fields[] = {ATTITUDE_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const attitude_block_t *own = call->own;
    return call->progress->error_attitude_rad > own->max_rad ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_attitude = {
    .id = MONITOR_ATTITUDE,
    .reason = REASON_ATTITUDE,
    .fields = fields,
    .level = level,
};
