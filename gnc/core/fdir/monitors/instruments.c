/* An instrument that the phase needs is lost. */
#include "registry.h"

static bool uses(const flight_t *f, uint8_t which) { return (f->params.phase_uses[f->mission.phase] & which) != 0; }

static bool camera(const flight_t *f)
{
    return uses(f, USES_CAMERA) && instrument_lost(&f->solution, flight_first_of(f, KIND_CAMERA));
}

static bool rgnss(const flight_t *f)
{
    return uses(f, USES_RGNSS) && instrument_lost(&f->solution, flight_first_of(f, KIND_RGNSS));
}

static bool star(const flight_t *f)
{
    return uses(f, USES_STAR) && instrument_lost(&f->solution, flight_first_of(f, KIND_STAR));
}

const monitor_t monitor_camera = {.reason = REASON_CAMERA, .trips = camera};
const monitor_t monitor_rgnss = {.reason = REASON_RGNSS, .trips = rgnss};
const monitor_t monitor_star = {.reason = REASON_STAR, .trips = star};
