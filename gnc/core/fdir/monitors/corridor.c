/* Outside the approach corridor. */
#include "registry.h"

#define CORRIDOR_NEAR_M 2.0 /* nearer, the corridor is judged as if at this distance: its cone shrinks to a point */

static bool trips(const flight_t *f)
{
    double half_angle = f->params.phase_corridor_rad[f->mission.phase];
    const double *r = f->solution.r_port_tport_m;
    if (half_angle <= 0.0) return false;
    double across = elem_sqrt(r[1] * r[1] + r[2] * r[2]);
    return elem_atan2(across, elem_max(r[0], CORRIDOR_NEAR_M)) > half_angle;
}

const monitor_t monitor_corridor = {.reason = REASON_CORRIDOR, .trips = trips};
