/* Circumnavigation: turns about the origin of the phase's frame, in a plane of that frame, to an end angle, while the
 * distance from the plane's centre goes to a stated radius and the offset from the plane to nothing
 * (docs/design/guidance.md). */
#include "registry.h"

#define TWO_PI 6.283185307179586
#define PAST_END_RAD 0.1 /* a leg that begins as little past its end is at its end, not a turn before it */
#define AXIS_MIN 1.0e-6  /* a shorter vector has no direction */
#define ARRIVED_RAD 1.0e-4
#define SETTLE_S 1.0     /* a leg is not over before this long */

#define CIRCUMNAVIGATE_FIELDS(F, V) \
    FOLLOW_FIELDS(F, V) \
    V(normal, 3, -1.0, 1.0, "1", "normal of the plane, in the phase's frame; zero: the frame's z axis") \
    F(end_rad, -TWO_PI, TWO_PI, "rad", \
      "polar angle at which it ends, about the normal, from the frame's x axis " \
      "(from y in the plane across x)") \
    F(turns, 0.0, 100.0, "1", "full turns besides") \
    F(rate_radps, -0.1, 0.1, "rad/s", "rate of the polar angle, its sign the sense of the turn") \
    F(radius_m, 0.1, 1.0e6, "m", "radius at the end") \
    F(accel_mps2, 1.0e-6, 1.0, "m/s^2", "ramp of the speed reference")
typedef struct {
    CIRCUMNAVIGATE_FIELDS(BLOCK_F, BLOCK_V)
} circumnavigate_block_t;
static const block_field_t fields[] = {CIRCUMNAVIGATE_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

typedef struct {
    double begun;                  /* not 0: the rest is of a leg that goes on */
    double turned_rad, turn_rad;   /* so far and in all, in the sense of the turn */
    double rate_radps;             /* now, in that sense */
    double start_radius_m, start_offset_m; /* in the plane, and from it */
} circumnavigate_memory_t;
typedef char circumnavigate_memory_fits[sizeof(circumnavigate_memory_t) <= LAW_MEMORY * sizeof(double) ? 1 : -1];

static circumnavigate_memory_t *memory_of(const law_call_t *call)
{
    return (circumnavigate_memory_t *)(void *)call->memory;
}

/* Rows: the plane's axes of angle 0 and of a quarter turn, and its normal, in the phase's frame. */
static void plane(const circumnavigate_block_t *own, double axes[9])
{
    double size = vec3_norm(own->normal);
    vec3_set(&axes[6], 0.0, 0.0, 1.0);
    if (size > AXIS_MIN) vec3_scale(&axes[6], 1.0 / size, own->normal);
    for (size_t along = 0; along < 2; along++) {
        vec3_set(&axes[0], along == 0 ? 1.0 : 0.0, along == 0 ? 0.0 : 1.0, 0.0);
        vec3_axpy(&axes[0], &axes[0], -axes[6 + along], &axes[6]);
        size = vec3_norm(&axes[0]);
        if (size > 0.5) break;  /* one of the two is less than 45 deg from the plane */
    }
    vec3_scale(&axes[0], 1.0 / size, &axes[0]);
    vec3_cross(&axes[3], &axes[6], &axes[0]);
}

static double sense(const circumnavigate_block_t *own) { return own->rate_radps < 0.0 ? -1.0 : 1.0; }

/* Less whole turns, from `least` to `least` and a turn. */
static double wrapped(double angle, double least) { return angle - TWO_PI * elem_floor((angle - least) / TWO_PI); }

/* The leg starts, or goes on after a hold, where the chaser is. */
static void enter(const law_call_t *call)
{
    circumnavigate_memory_t *m = memory_of(call);
    const circumnavigate_block_t *own = call->own;
    guidance_frame_t frame;
    double axes[9], r[3], v[3], at[3], rest = m->turn_rad - m->turned_rad;
    plane(own, axes);
    guidance_nominal_frame(call, &frame);
    guidance_point(call, r, v);
    vec3_sub(r, r, frame.origin_hill_m);
    quat_rotate(r, frame.q_from_hill, r);
    mat3_mul_vec(at, axes, r);
    double to_go = sense(own) * (own->end_rad - elem_atan2(at[1], at[0]));
    to_go = m->begun != 0.0 ? wrapped(to_go, rest - 0.5 * TWO_PI) : wrapped(to_go, -PAST_END_RAD) + TWO_PI * own->turns;
    m->begun = 1.0;
    m->turned_rad = m->rate_radps = 0.0;
    m->turn_rad = elem_max(to_go, 0.0);
    m->start_radius_m = elem_sqrt(at[0] * at[0] + at[1] * at[1]);
    m->start_offset_m = at[2];
}

/* The turn, ramped from rest at a constant acceleration along the circle, and to rest at half of it. */
static void advance(const law_call_t *call, double radius_m)
{
    circumnavigate_memory_t *m = memory_of(call);
    const circumnavigate_block_t *own = call->own;
    double dt = call->p->cycle_s, to_go = m->turn_rad - m->turned_rad, ramp = own->accel_mps2 / radius_m;
    double rate = elem_min(elem_abs(own->rate_radps), elem_min(elem_sqrt(ramp * to_go), to_go / dt));
    m->rate_radps += guidance_clamp(rate - m->rate_radps, -ramp * dt, ramp * dt);
    m->turned_rad += m->rate_radps * dt;
    if (m->turn_rad - m->turned_rad < ARRIVED_RAD) {
        m->turned_rad = m->turn_rad;
        m->rate_radps = 0.0;
    }
}

/* The distance reference is that from the frame's origin; what the velocity has across it is the rate of the offset. */
static void path(const law_call_t *call, double lateral[3], double lateral_rate[3])
{
    const circumnavigate_memory_t *m = memory_of(call);
    const circumnavigate_block_t *own = call->own;
    guidance_path_t *path = call->path;
    guidance_frame_t frame;
    double axes[9], at[3], rate[3], s, c, share = 0.0;
    (void)lateral;
    if (m->turn_rad > 0.0) share = m->turned_rad / m->turn_rad;
    advance(call, m->start_radius_m + share * (own->radius_m - m->start_radius_m));
    share = m->turn_rad > 0.0 ? m->turned_rad / m->turn_rad : 1.0;
    double share_rate = m->turn_rad > 0.0 ? m->rate_radps / m->turn_rad : 0.0;
    double radius = m->start_radius_m + share * (own->radius_m - m->start_radius_m);
    double radius_rate = share_rate * (own->radius_m - m->start_radius_m);
    elem_sincos(own->end_rad - sense(own) * (m->turn_rad - m->turned_rad), &s, &c);
    vec3_set(at, radius * c, radius * s, (1.0 - share) * m->start_offset_m);
    double along = sense(own) * m->rate_radps * radius;
    vec3_set(rate, radius_rate * c - along * s, radius_rate * s + along * c, -share_rate * m->start_offset_m);
    plane(own, axes);
    mat3_tmul_vec(at, axes, at);
    mat3_tmul_vec(rate, axes, rate);
    path->distance_m = elem_max(vec3_norm(at), AXIS_MIN);
    vec3_scale(path->axis, 1.0 / path->distance_m, at);
    path->speed_mps = vec3_dot(rate, path->axis);
    vec3_axpy(rate, rate, -path->speed_mps, path->axis);
    guidance_nominal_frame(call, &frame);
    quat_irotate(lateral_rate, frame.q_from_hill, rate);
}

static bool finished(const law_call_t *call)
{
    const circumnavigate_memory_t *m = memory_of(call);
    return m->begun != 0.0 && m->rate_radps == 0.0 && m->turned_rad == m->turn_rad &&
           guidance_phase_time_s(call) > SETTLE_S;
}

const law_t law_circumnavigate = {
    .id = LAW_CIRCUMNAVIGATE,
    .fields = fields,
    .translation = TRANSLATION_FOLLOW,
    .enter = enter,
    .path = path,
    .finished = finished,
};
