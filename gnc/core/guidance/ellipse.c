/* A natural ellipse about the target, on which the chaser drifts without thrust: relative eccentricity and inclination
 * vectors whose separation keeps the two apart across the flight direction (D'Amico and Montenbruck 2006). Small burns
 * bring the chaser back to it. */
#include "registry.h"

#define NODE_MIN 1.0e-3 /* sine of the inclination, below which the eci x axis stands for the node */
#define ONE_TURN_RAD 6.283185307179586

#define ELLIPSE_FIELDS(F, V) \
    F(radial_m, 0.0, 1.0e5, "m", "amplitude of the radial motion; along track it is twice that") \
    F(cross_m, 0.0, 1.0e5, "m", "amplitude of the cross-track motion") \
    F(phase_rad, -6.3, 6.3, "rad", "argument of latitude of the target at which the chaser is highest above it") \
    F(cross_phase_rad, -6.3, 6.3, "rad", \
      "lead of the cross-track motion; 0: largest where the radial motion goes through zero") \
    F(orbits, 0.01, 1000.0, "1", "revolutions after which the leg is over") \
    F(leg_s, 10.0, 1.0e5, "s", "time from one correction to the next, and in which each meets the ellipse again") \
    F(lead_s, 0.0, 600.0, "s", "from planning a correction to the middle of its burn") \
    F(deadband_m, 0.0, 1.0e4, "m", "miss at the end of the coming leg that is not worth a correction") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which a burn ends")
typedef struct {
    ELLIPSE_FIELDS(BLOCK_F, BLOCK_V)
} ellipse_block_t;
static const block_field_t fields[] = {ELLIPSE_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

typedef struct {
    burn_t burn;
    double turned_rad; /* by the target since the phase began */
    double next_us; /* when the next correction is looked at */
} ellipse_memory_t;
typedef char ellipse_memory_fits[sizeof(ellipse_memory_t) <= LAW_MEMORY * sizeof(double) ? 1 : -1];

static ellipse_memory_t *memory_of(const law_call_t *call) { return (ellipse_memory_t *)(void *)call->memory; }

/* Argument of latitude of the target whose hill frame it is. */
static double latitude_argument_rad(const flight_params_t *p, const double c_hill_from_eci[9])
{
    static const double x_eci[3] = {1.0, 0.0, 0.0};
    const double *up = &c_hill_from_eci[0], *along = &c_hill_from_eci[3], *normal = &c_hill_from_eci[6];
    double node[3];
    vec3_cross(node, p->pole_eci, normal);
    if (vec3_norm(node) < NODE_MIN) vec3_copy(node, x_eci);
    return elem_atan2(-vec3_dot(node, along), vec3_dot(node, up));
}

/* The place on the ellipse that belongs to a hill frame, which turns at the rate given: the periodic solution of
 * Clohessy and Wiltshire (1960). */
static void place(const law_call_t *call, const double c_hill_from_eci[9], double rate_radps, double r_hill_m[3],
                  double v_hill_mps[3])
{
    const ellipse_block_t *own = call->own;
    double s, c, s_cross, c_cross, angle = latitude_argument_rad(call->p, c_hill_from_eci) - own->phase_rad;
    elem_sincos(angle, &s, &c);
    elem_sincos(angle + own->cross_phase_rad, &s_cross, &c_cross);
    vec3_set(r_hill_m, own->radial_m * c, -2.0 * own->radial_m * s, own->cross_m * s_cross);
    vec3_set(v_hill_mps, -own->radial_m * s, -2.0 * own->radial_m * c, own->cross_m * c_cross);
    vec3_scale(v_hill_mps, rate_radps, v_hill_mps);
}

static void path(const law_call_t *call, double r_hill_m[3], double v_hill_mps[3])
{
    const solution_t *s = call->solution;
    call->path->distance_m = call->path->speed_mps = 0.0;
    place(call, s->c_hill_from_eci, s->w_hill_radps[2], r_hill_m, v_hill_mps);
}

/* Plans a correction where the free motion would miss the ellipse at the end of the coming leg. */
static void correct(const law_call_t *call)
{
    const ellipse_block_t *own = call->own;
    burn_t *b = &memory_of(call)->burn;
    double r[3], v[3], c[9], aim[3], unused[3], miss[3];
    if (!targeting_predict(call->p, call->solution, own->lead_s + own->leg_s, r, v, c)) return;
    place(call, c, 0.0, aim, unused);
    vec3_sub(miss, aim, r);
    if (!(vec3_norm(miss) > own->deadband_m)) return;
    if (!targeting_solve(call->p, call->solution, own->lead_s, own->leg_s, aim, b->dv_to_go_eci_mps)) return;
    double half_s = 0.5 * vec3_norm(b->dv_to_go_eci_mps) * call->p->mass_kg / call->p->force_max_n;
    b->start_us = (double)call->solution->t_us + elem_floor(elem_max(own->lead_s - half_s, 0.0) * 1.0e6);
    b->is_last = 0.0;
    b->stage = BURN_WAIT;
}

static void burn(const law_call_t *call)
{
    ellipse_memory_t *m = memory_of(call);
    burn_t *b = &m->burn;
    const ellipse_block_t *own = call->own;
    double now_us = (double)call->solution->t_us;
    m->turned_rad += call->solution->w_hill_radps[2] * call->p->cycle_s;
    switch ((int)b->stage) {
    case BURN_PLAN: /* the estimate settles for a leg first */
        m->next_us = now_us + elem_floor(own->leg_s * 1.0e6);
        b->stage = BURN_COAST;
        break;
    case BURN_WAIT:
        if (now_us >= b->start_us) guidance_ignite(call);
        break;
    case BURN_FIRE: /* what was sensed comes off the velocity to be gained */
        vec3_sub(b->dv_to_go_eci_mps, b->dv_to_go_eci_mps, call->solution->sensed_eci_mps);
        guidance_burn(call, own->cutoff_mps);
        break;
    default:
        if (now_us < m->next_us) break;
        m->next_us += elem_floor(own->leg_s * 1.0e6);
        correct(call);
        break;
    }
}

static bool finished(const law_call_t *call)
{
    const ellipse_memory_t *m = memory_of(call);
    const ellipse_block_t *own = call->own;
    return m->turned_rad >= own->orbits * ONE_TURN_RAD && (int)m->burn.stage == BURN_COAST;
}

const law_t law_ellipse = {
    .id = LAW_ELLIPSE,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .path = path,
    .burn = burn,
    .finished = finished,
};
