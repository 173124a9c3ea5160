/* Holds a point for a time. */
#include "registry.h"

#define HOLD_FIELDS(F, V) F(duration_s, 0.0, 1.0e6, "s", "least time")
typedef struct {
    HOLD_FIELDS(BLOCK_F, BLOCK_V)
} hold_block_t;
static const block_field_t fields[] = {HOLD_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static bool finished(const flight_t *f)
{
    const hold_block_t *b = flight_law_block(f);
    return mission_phase_time_s(f) >= b->duration_s;
}

const law_t law_hold = {.id = LAW_HOLD, .fields = fields, .translation = TRANSLATION_FOLLOW, .finished = finished};
