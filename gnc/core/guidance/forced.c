/* Forced motion: a straight line to a point, at a speed that depends on the distance still to go. */
#include "registry.h"

#define FORCED_FIELDS(F, V) \
    F(speed_end_mps, 0.0, 100.0, "m/s", "speed at the end distance") \
    F(speed_slope_ps, 0.0, 1.0, "1/s", "speed per metre short of the end distance") \
    F(accel_mps2, 1.0e-6, 1.0, "m/s^2", "ramp of the speed reference")
typedef struct {
    FORCED_FIELDS(BLOCK_F, BLOCK_V)
} forced_block_t;
static const block_field_t fields[] = {FORCED_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

#define ARRIVED_M 0.005
#define FINISHED_M 0.5 /* a leg that has stopped within this of its end is over */
#define SETTLE_S 1.0   /* and not before this long, or one that starts at its end would be over at once */

static double clamp(double x, double lo, double hi) { return elem_min(elem_max(x, lo), hi); }

/* Where the chaser is now against the nominal port: axial distance and the lateral rest, hill. */
static double nominal_distance(const flight_t *f, double lateral[3])
{
    double port[3], axis[3], d[3];
    guidance_nominal_port(&f->params, 1.0, port, axis);
    vec3_sub(d, f->solution.r_port_hill_m, port);
    double along = vec3_dot(d, axis);
    vec3_axpy(lateral, d, -along, axis);
    return along;
}

void guidance_start_forced(flight_t *f)
{
    mission_t *m = &f->mission;
    m->start_distance_m = nominal_distance(f, m->start_lateral_hill_m);
    m->distance_m = m->start_distance_m;
    m->speed_mps = 0.0;
}

/* Distance reference: speed rises with the distance still to go, ramped from rest, and brakes with
 * half the ramp's acceleration so that it arrives at rest. */
static void advance_forced(flight_t *f)
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    const forced_block_t *b = flight_law_block(f);
    double to_go = p->phase_distance_m[m->phase] - m->distance_m, dt = p->cycle_s, size = elem_abs(to_go);
    double speed = elem_min(p->phase_speed_max_mps[m->phase], b->speed_end_mps + b->speed_slope_ps * size);
    speed = elem_min(speed, elem_min(elem_sqrt(b->accel_mps2 * size), size / dt)); /* not past the end in one cycle */
    double goal = to_go < 0.0 ? -speed : speed, step = b->accel_mps2 * dt;
    m->speed_mps += clamp(goal - m->speed_mps, -step, step);
    m->distance_m += m->speed_mps * dt;
    if (size < ARRIVED_M) {
        m->distance_m = p->phase_distance_m[m->phase];
        m->speed_mps = 0.0;
    }
}

static void path(flight_t *f, double lateral[3], double lateral_rate[3])
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    /* The lateral offset the leg starts with is gone at its end, or where the port is tracked fully. */
    double end = elem_max(p->phase_distance_m[m->phase], p->track_near_m);
    double span = m->start_distance_m - end, share = 0.0, share_rate = 0.0;
    advance_forced(f);
    if (elem_abs(span) > 1.0) {
        share = clamp((m->distance_m - end) / span, 0.0, 1.0);
        if (share > 0.0 && share < 1.0) share_rate = m->speed_mps / span;
    }
    double offset[3] = {p->phase_offset_x_m[m->phase], 0.0, 0.0};
    for (size_t i = 0; i < 3; i++) {
        double from_end = m->start_lateral_hill_m[i] - offset[i];
        lateral[i] = offset[i] + share * from_end;
        lateral_rate[i] = share_rate * from_end;
    }
}

static bool finished(const flight_t *f)
{
    const mission_t *m = &f->mission;
    return m->speed_mps == 0.0 && mission_phase_time_s(f) > SETTLE_S &&
           elem_abs(f->params.phase_distance_m[m->phase] - m->distance_m) < FINISHED_M;
}

const law_t law_forced = {
    .id = LAW_FORCED,
    .fields = fields,
    .translation = TRANSLATION_FOLLOW,
    .enter = guidance_start_forced,
    .path = path,
    .finished = finished,
};
