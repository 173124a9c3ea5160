/* The monitors, evaluated in the order of the parameters: the first that trips gives the reason. */
#include "registry.h"

uint8_t fdir_level(const flight_params_t *p, const solution_t *solution, const intent_t *intent,
                   const progress_t *progress, uint8_t *reason)
{
    uint8_t highest = LEVEL_NONE;
    *reason = REASON_NONE;
    for (uint32_t i = 0; i < p->monitor_count; i++) {
        const monitor_t *monitor = flight_monitor_of(p->monitor_kind[i]);
        const monitor_call_t call = {p, solution, intent, progress, &p->block[p->monitor_block_offset[i]]};
        uint8_t level = monitor->level(&call);
        if (level == LEVEL_NONE) continue;
        if (highest == LEVEL_NONE) *reason = monitor->reason;
        if (level > highest) highest = level;
    }
    return highest;
}
