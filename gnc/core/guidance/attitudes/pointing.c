/* Attitudes that point an axis of the chaser: at the origin of the phase's frame, at the Sun, or along its own
 * velocity. The pointing frame's +x lies along the line of sight, its z as near to the orbit normal as that allows. */
#include "registry.h"

#define ACROSS_MIN \
    1.0e-3   /* sine of the angle to the orbit normal, nearer to which the along-track axis takes its place */
#define DISTANCE_MIN_M 1.0e-3

#define POINTING_FIELDS(F, V) \
    V(q_pointing_from_body, 4, -1.0, 1.0, "1", \
      "frame on the chaser whose +x is pointed and whose z goes to the orbit normal")
typedef struct {
    POINTING_FIELDS(BLOCK_F, BLOCK_V)
} pointing_block_t;
static const block_field_t fields[] = {POINTING_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

/* A unit vector along n, and its rate. */
static void along(const double n[3], const double rate[3], double unit[3], double unit_rate[3])
{
    double size = vec3_norm(n);
    vec3_scale(unit, 1.0 / size, n);
    vec3_axpy(unit_rate, rate, -vec3_dot(rate, unit), unit);
    vec3_scale(unit_rate, 1.0 / size, unit_rate);
}

/* The attitude with +x along d, which changes at rate; hill. The rate of axes e_i is half the sum of e_i x de_i/dt. */
static void point(const attitude_call_t *call, const double d[3], const double rate[3], double q_body_from_hill[4],
                  double rate_hill[3])
{
    const pointing_block_t *own = call->own;
    double hint[3] = {0.0, 0.0, 1.0}, n[3], n_rate[3], axes[9], axes_rate[9], part[3], q_body_from_pointing[4];
    along(d, rate, &axes[0], &axes_rate[0]);
    vec3_cross(n, hint, &axes[0]);
    if (vec3_norm(n) < ACROSS_MIN) {
        vec3_set(hint, 0.0, 1.0, 0.0);
        vec3_cross(n, hint, &axes[0]);
    }
    vec3_cross(n_rate, hint, &axes_rate[0]);
    along(n, n_rate, &axes[3], &axes_rate[3]);
    vec3_cross(&axes[6], &axes[0], &axes[3]);
    vec3_cross(&axes_rate[6], &axes_rate[0], &axes[3]);
    vec3_cross(part, &axes[0], &axes_rate[3]);
    vec3_add(&axes_rate[6], &axes_rate[6], part);
    vec3_set(rate_hill, 0.0, 0.0, 0.0);
    for (size_t i = 0; i < 9; i += 3) {
        vec3_cross(part, &axes[i], &axes_rate[i]);
        vec3_axpy(rate_hill, rate_hill, 0.5, part);
    }
    for (size_t i = 0; i < 4; i++) q_body_from_pointing[i] = own->q_pointing_from_body[i];
    quat_conj(q_body_from_pointing, q_body_from_pointing);
    quat_from_dcm(q_body_from_hill, axes);
    quat_mul(q_body_from_hill, q_body_from_pointing, q_body_from_hill);
    quat_normalize(q_body_from_hill);
}

static void point_at(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    const guidance_frame_t *frame = call->frame;
    double d[3], rate[3], carried[3];
    vec3_sub(d, frame->origin_hill_m, call->solution->r_hill_m); /* from the c.m.: turning does not move the aim */
    vec3_cross(carried, frame->rate_hill_radps, frame->origin_hill_m);
    vec3_sub(rate, carried, call->solution->v_hill_mps);
    if (vec3_norm(d) < DISTANCE_MIN_M) {
        vec3_set(d, 0.0, 1.0, 0.0);
        vec3_set(rate, 0.0, 0.0, 0.0);
    }
    point(call, d, rate, q_body_from_hill, rate_hill);
}

const attitude_t attitude_point_at = {.id = ATTITUDE_POINT_AT, .fields = fields, .step = point_at};

static void point_at_sun(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    double d[3], rate[3];
    mat3_mul_vec(d, call->solution->c_hill_from_eci, call->p->sun_eci);
    vec3_cross(rate, d, call->solution->w_hill_radps);
    point(call, d, rate, q_body_from_hill, rate_hill);
}

const attitude_t attitude_sun = {.id = ATTITUDE_SUN, .fields = fields, .step = point_at_sun};

static void point_along_velocity(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill[3])
{
    const solution_t *s = call->solution;
    const gravity_t gravity = flight_gravity(call->p);
    double r[3], v[3], g[3], rate[3];
    vec3_add(r, s->r_target_eci_m, s->r_chaser_target_eci_m);
    vec3_add(v, s->v_target_eci_mps, s->v_chaser_target_eci_mps);
    orbit_gravity(g, &gravity, r);
    mat3_mul_vec(v, s->c_hill_from_eci, v);
    mat3_mul_vec(g, s->c_hill_from_eci, g);
    vec3_cross(rate, v, s->w_hill_radps); /* as seen in the turning frame */
    vec3_add(rate, rate, g);
    point(call, v, rate, q_body_from_hill, rate_hill);
}

const attitude_t attitude_velocity = {.id = ATTITUDE_VELOCITY, .fields = fields, .step = point_along_velocity};
