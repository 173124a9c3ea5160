/* A burn of a stated velocity change, in the middle of which lies a stated time or a point of the chaser's orbit. What
 * is still to be gained turns with the axes in which it is stated. Equations: docs/design/guidance.md. */
#include "registry.h"

#define FULL_TURN_RAD 6.283185307179586

#define TIMED_BURN_FIELDS(F, V) \
    V(delta_v_mps, 3, -1.0e4, 1.0e4, "m/s", "velocity change, in the axes of the phase's frame") \
    F(own_orbit, 0.0, 1.0, "bool", "1: in hill axes of the chaser's own orbit, whatever the frame") \
    F(wait_s, 0.0, 1.0e6, "s", "from entry to the middle of the burn") \
    F(at_point, 0.0, 1.0, "bool", "1: where the chaser next has the true anomaly, not before that time") \
    F(true_anomaly_rad, 0.0, FULL_TURN_RAD, "rad", "point of the chaser's osculating orbit in the middle of the burn") \
    F(force_max_n, 0.0, 1.0e6, "N", "largest force; 0 as large as flight's own limit") \
    F(align_rad, 0.0, 3.2, "rad", "the burn waits until the attitude error is smaller; 0 it does not") \
    F(limit_s, 0.0, 1.0e5, "s", "the burn ends after so long, whatever is still to be gained; 0 never") \
    F(cutoff_mps, 1.0e-5, 1.0, "m/s", "velocity to be gained at which the burn ends")
typedef struct {
    TIMED_BURN_FIELDS(BLOCK_F, BLOCK_V)
} timed_burn_block_t;
static const block_field_t fields[] = {TIMED_BURN_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

typedef struct {
    burn_t burn; /* its velocity is what a cycle is asked for */
    double to_go_mps[3]; /* in the axes of the statement */
    double ignited_us;
} timed_burn_memory_t;
typedef char timed_burn_memory_fits[sizeof(timed_burn_memory_t) <= LAW_MEMORY * sizeof(double) ? 1 : -1];

static timed_burn_memory_t *memory_of(const law_call_t *call) { return (timed_burn_memory_t *)(void *)call->memory; }

static void chaser_state(const law_call_t *call, double r_eci_m[3], double v_eci_mps[3])
{
    const solution_t *s = call->solution;
    vec3_add(r_eci_m, s->r_target_eci_m, s->r_chaser_target_eci_m);
    vec3_add(v_eci_mps, s->v_target_eci_mps, s->v_chaser_target_eci_mps);
}

/* The axes in which the burn is stated, from eci; false: the orbit has none. */
static bool axes_of(const law_call_t *call, double c_axes_from_eci[9])
{
    const timed_burn_block_t *own = call->own;
    double r[3], v[3], w[3], c_frame_from_hill[9];
    guidance_frame_t frame;
    if (own->own_orbit != 0.0) {
        chaser_state(call, r, v);
        return orbit_hill_frame(c_axes_from_eci, w, r, v);
    }
    guidance_nominal_frame(call, &frame);
    quat_to_dcm(c_frame_from_hill, frame.q_from_hill);
    mat3_mul(c_axes_from_eci, c_frame_from_hill, call->solution->c_hill_from_eci);
    return true;
}

static double length_s(const law_call_t *call)
{
    const timed_burn_block_t *own = call->own;
    double force = own->force_max_n > 0.0 ? own->force_max_n : call->p->force_max_n;
    return vec3_norm(own->delta_v_mps) * call->p->mass_kg / force;
}

/* Mean anomaly of a true anomaly (Vallado 2013, eq. 2-14 and 2-4: tan of the eccentric anomaly, then Kepler's
 * equation). */
static double mean_anomaly(double true_anomaly_rad, double e)
{
    double s, c, eccentric;
    elem_sincos(true_anomaly_rad, &s, &c);
    eccentric = elem_atan2(elem_sqrt(1.0 - e * e) * s, e + c);
    return eccentric - e * elem_sin(eccentric);
}

/* Time until the chaser next has a true anomaly on its osculating orbit; false: that is not an ellipse. */
static bool until_point(const law_call_t *call, double true_anomaly_rad, double *until_s)
{
    double r[3], v[3], h[3], e_vector[3], across[3], mu = call->p->mu_m3ps2, now, turn;
    chaser_state(call, r, v);
    double size = vec3_norm(r), alpha = 2.0 / size - vec3_dot(v, v) / mu;
    if (!(alpha > 0.0)) return false;
    vec3_cross(h, r, v);
    vec3_cross(e_vector, v, h);
    vec3_scale(e_vector, 1.0 / mu, e_vector);
    vec3_axpy(e_vector, e_vector, -1.0 / size, r);
    double e = vec3_norm(e_vector);
    if (!(e < 1.0)) return false;
    vec3_cross(across, h, e_vector);
    now = elem_atan2(vec3_dot(r, across) / vec3_norm(h), vec3_dot(r, e_vector));
    turn = mean_anomaly(true_anomaly_rad, e) - mean_anomaly(now, e);
    turn -= FULL_TURN_RAD * elem_floor(turn / FULL_TURN_RAD);
    *until_s = turn / (elem_sqrt(mu * alpha) * alpha);
    return true;
}

/* Whether the burn has to begin in this cycle, so that its middle is where it should be. */
static bool due(const law_call_t *call)
{
    const timed_burn_block_t *own = call->own;
    double lead = 0.5 * length_s(call), left = own->wait_s - guidance_phase_time_s(call), until;
    if (own->at_point == 0.0) return left <= lead;
    return until_point(call, own->true_anomaly_rad, &until) && until >= left && until <= lead;
}

static bool aligned(const law_call_t *call)
{
    const timed_burn_block_t *own = call->own;
    return own->align_rad == 0.0 || vec3_norm(call->reference->error_attitude_rad) < own->align_rad;
}

/* What a cycle is asked for: all that is to be gained, or as much as the force gives. */
static void ask(const law_call_t *call, const double c_axes_from_eci[9])
{
    timed_burn_memory_t *m = memory_of(call);
    const timed_burn_block_t *own = call->own;
    double most = own->force_max_n * call->p->cycle_s / call->p->mass_kg, size = vec3_norm(m->to_go_mps);
    mat3_tmul_vec(m->burn.dv_to_go_eci_mps, c_axes_from_eci, m->to_go_mps);
    if (most > 0.0 && size > most) vec3_scale(m->burn.dv_to_go_eci_mps, most / size, m->burn.dv_to_go_eci_mps);
}

static void fire(const law_call_t *call)
{
    timed_burn_memory_t *m = memory_of(call);
    const timed_burn_block_t *own = call->own;
    double c[9], sensed[3];
    if (!axes_of(call, c)) return;
    mat3_mul_vec(sensed, c, call->solution->sensed_eci_mps); /* what was sensed comes off the velocity to be gained */
    vec3_sub(m->to_go_mps, m->to_go_mps, sensed);
    if (own->limit_s > 0.0 && 1.0e-6 * ((double)call->solution->t_us - m->ignited_us) > own->limit_s)
        vec3_set(m->to_go_mps, 0.0, 0.0, 0.0);
    ask(call, c);
    guidance_burn(call, own->cutoff_mps);
}

static void burn(const law_call_t *call)
{
    timed_burn_memory_t *m = memory_of(call);
    const timed_burn_block_t *own = call->own;
    double c[9];
    switch ((int)m->burn.stage) {
    case BURN_PLAN:
    case BURN_WAIT:
        if (m->burn.stage == (double)BURN_PLAN && !due(call)) return;
        m->burn.stage =
            BURN_WAIT; /* for the attitude alone: a point that has gone by would not come again for an orbit */
        if (!aligned(call) || !axes_of(call, c)) return;
        vec3_copy(m->to_go_mps, own->delta_v_mps);
        m->burn.is_last = 1.0;
        m->ignited_us = (double)call->solution->t_us;
        guidance_ignite(call);
        ask(call, c);
        break;
    case BURN_FIRE: fire(call); break;
    default: break;
    }
}

const law_t law_burn = {
    .id = LAW_BURN,
    .fields = fields,
    .translation = TRANSLATION_BURN,
    .burn = burn,
    .finished = guidance_burns_done,
};
