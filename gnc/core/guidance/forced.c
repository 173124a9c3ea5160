/* Forced motion: a straight line to a point, at a speed that depends on the distance still to go. */
#include "registry.h"

#define FORCED_FIELDS(F, V) \
    POINT_FIELDS(F, V) \
    FOLLOW_FIELDS(F, V) \
    F(speed_end_mps, 0.0, 100.0, "m/s", "speed at the end distance") \
    F(speed_slope_ps, 0.0, 1.0, "1/s", "speed per metre short of the end distance") \
    F(accel_mps2, 1.0e-6, 1.0, "m/s^2", "ramp of the speed reference")
typedef struct {
    FORCED_FIELDS(BLOCK_F, BLOCK_V)
} forced_block_t;
static const block_field_t fields[] = {FORCED_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

#define ARRIVED_M 0.005
#define FINISHED_M 0.5     /* a leg that has stopped within this of its end is over */
#define SETTLE_S 1.0       /* and not before this long, or one that starts at its end would be over at once */
#define OFFSET_SPAN_M 1.0  /* a shorter leg keeps none of the offset it starts with */

/* Distance reference: speed rises with the distance still to go, ramped from rest, and brakes with
 * half the ramp's acceleration so that it arrives at rest. */
static void advance(const law_call_t *call, double end_m)
{
    guidance_path_t *path = call->path;
    const forced_block_t *own = call->own;
    double to_go = end_m - path->distance_m, dt = call->p->cycle_s, size = elem_abs(to_go);
    double speed = elem_min(own->speed_max_mps, own->speed_end_mps + own->speed_slope_ps * size);
    speed = elem_min(speed, elem_min(elem_sqrt(own->accel_mps2 * size), size / dt)); /* not past the end in one cycle */
    double goal = to_go < 0.0 ? -speed : speed, step = own->accel_mps2 * dt;
    path->speed_mps += guidance_clamp(goal - path->speed_mps, -step, step);
    path->distance_m += path->speed_mps * dt;
    if (size < ARRIVED_M) {
        path->distance_m = end_m;
        path->speed_mps = 0.0;
    }
}

static void path(const law_call_t *call, double lateral[3], double lateral_rate[3])
{
    guidance_path_t *path = call->path;
    const forced_block_t *own = call->own;
    double end_m = guidance_end_m(call);
    /* The lateral offset the leg starts with is gone at its end, or where the port is tracked fully. */
    bool along_port = call->p->phase_frame[call->intent->phase] == FRAME_TPORT;
    double end = along_port ? elem_max(end_m, call->p->track_near_m) : end_m;
    double span = path->start_distance_m - end, share = 0.0, share_rate = 0.0;
    advance(call, end_m);
    if (elem_abs(span) > OFFSET_SPAN_M) {
        share = guidance_clamp((path->distance_m - end) / span, 0.0, 1.0);
        if (share > 0.0 && share < 1.0) share_rate = path->speed_mps / span;
    }
    for (size_t i = 0; i < 3; i++) {
        double from_end = path->start_lateral_hill_m[i] - own->offset_hill_m[i];
        lateral[i] = own->offset_hill_m[i] + share * from_end;
        lateral_rate[i] = share_rate * from_end;
    }
}

static bool finished(const law_call_t *call)
{
    return call->path->speed_mps == 0.0 && guidance_phase_time_s(call) > SETTLE_S &&
           elem_abs(guidance_end_m(call) - call->path->distance_m) < FINISHED_M;
}

const law_t law_forced = {
    .id = LAW_FORCED,
    .fields = fields,
    .translation = TRANSLATION_FOLLOW,
    .has_point = true,
    .enter = guidance_start_path,
    .path = path,
    .finished = finished,
};
