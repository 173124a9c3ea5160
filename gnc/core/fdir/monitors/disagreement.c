/* Camera and relative GNSS disagree on the geometry that both measure; asked in phases that need the instruments. */
#include "registry.h"

#define DISAGREEMENT_FIELDS(F, V) \
    F(chi2_3dof, 1.0, 1.0e6, "1", \
      "relative GNSS bias estimate against what both sensors' constant errors make of it: beyond, they disagree") \
    F(instruments, 0.0, 4095.0, "1", "bits of the instruments by number, all of which the phase must need")
typedef struct {
    DISAGREEMENT_FIELDS(BLOCK_F, BLOCK_V)
} disagreement_block_t;
static const block_field_t fields[] = {DISAGREEMENT_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static uint8_t level(const monitor_call_t *call)
{
    const disagreement_block_t *own = call->own;
    uint16_t asked = (uint16_t)own->instruments, needs = call->p->phase_needs[call->intent->phase];
    if ((asked & needs) != asked) return LEVEL_NONE;
    return call->solution->disagreement_chi2 > own->chi2_3dof ? LEVEL_TRIPS : LEVEL_NONE;
}

const monitor_t monitor_disagreement = {
    .id = MONITOR_DISAGREEMENT,
    .reason = REASON_DISAGREEMENT,
    .fields = fields,
    .level = level,
};
