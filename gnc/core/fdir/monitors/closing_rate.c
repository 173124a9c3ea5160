/* Closing too fast for the distance: the margin breaks off, the hard limit calls for the avoidance burn. */
#include "registry.h"

/* The estimated closing rate is above its range-dependent limit by more than the margin. */
static bool closes_too_fast(const flight_t *f, double margin_mps)
{
    const flight_params_t *p = &f->params;
    double range = vec3_norm(f->solution.r_port_tport_m), closing = -f->solution.v_port_tport_mps[0];
    double limit =
        elem_max(p->closing_rate_floor_mps, p->closing_rate_base_mps + p->closing_rate_slope_ps * elem_max(range, 0.0));
    return closing > limit + margin_mps;
}

static bool trips(const flight_t *f) { return closes_too_fast(f, f->params.closing_rate_margin_mps); }

static bool urgent(const flight_t *f) { return closes_too_fast(f, f->params.closing_rate_hard_mps); }

const monitor_t monitor_closing_rate = {.reason = REASON_CLOSING_RATE, .trips = trips, .urgent = urgent};
