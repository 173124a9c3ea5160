/* The phase has lasted too long. */
#include "registry.h"

static bool trips(const flight_t *f)
{
    double limit_s = f->params.phase_timeout_s[f->mission.phase];
    return limit_s > 0.0 && mission_phase_time_s(f) > limit_s;
}

const monitor_t monitor_timeout = {.reason = REASON_TIMEOUT, .trips = trips};
