/* The chaser's port is behind the target's, and nothing was captured. */
#include "registry.h"

#define MISSED_FIELDS(F, V) F(behind_m, 0.0, 100.0, "m", "deeper than any capture lets the ports go")
typedef struct {
    MISSED_FIELDS(BLOCK_F, BLOCK_V)
} missed_block_t;
static const block_field_t fields[] = {MISSED_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const missed_block_t *own = call->own;
    return call->solution->r_port_tport_m[0] < -own->behind_m ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_missed_contact = {
    .id = MONITOR_MISSED_CONTACT,
    .reason = REASON_MISSED_CONTACT,
    .fields = fields,
    .level = level,
};
