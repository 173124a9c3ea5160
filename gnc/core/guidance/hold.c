/* Holds a point for a time. */
#include "registry.h"

static bool finished(const flight_t *f)
{
    return mission_phase_time_s(f) >= f->params.phase_duration_s[f->mission.phase];
}

const law_t law_hold = {.id = LAW_HOLD, .translation = TRANSLATION_FOLLOW, .finished = finished};
