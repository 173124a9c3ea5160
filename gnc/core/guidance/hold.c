/* Holds a point for a time. */
#include "registry.h"

#define HOLD_FIELDS(F, V) POINT_FIELDS(F, V) FOLLOW_FIELDS(F, V) F(duration_s, 0.0, 1.0e6, "s", "least time")
typedef struct {
    HOLD_FIELDS(BLOCK_F, BLOCK_V)
} hold_block_t;
static const block_field_t fields[] = {HOLD_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static bool finished(const law_call_t *call)
{
    const hold_block_t *own = call->own;
    return guidance_phase_time_s(call) >= own->duration_s;
}

const law_t law_hold = {
    .id = LAW_HOLD,
    .fields = fields,
    .translation = TRANSLATION_FOLLOW,
    .has_point = true,
    .finished = finished,
};
