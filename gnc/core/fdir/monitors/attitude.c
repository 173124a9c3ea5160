/* The attitude is further from its reference than control may let it get. */
#include "registry.h"

static bool trips(const flight_t *f) { return vec3_norm(f->guidance.error_attitude_rad) > f->params.attitude_max_rad; }

const monitor_t monitor_attitude = {.reason = REASON_ATTITUDE, .trips = trips};
