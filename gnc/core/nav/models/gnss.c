/* GNSS measurement models: relative (antenna to antenna, with a Gauss-Markov bias) and absolute. */
#include "nav/nav.h"

#define GNSS_VALUES 6

#define GNSS_FIELDS(F, V) \
    F(sigma_r_m, 1.0e-4, 1.0e4, "m", "position noise, each axis") \
    F(sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "velocity noise, each axis")
typedef struct {
    GNSS_FIELDS(BLOCK_F, BLOCK_V)
} gnss_block_t;
static const block_field_t gnss_fields[] = {GNSS_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};
static const block_field_t rgnss_fields[] = {RGNSS_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

/* Antenna minus c.m. of the chaser, eci, and its rate. */
static void chaser_antenna(const flight_params_t *p, size_t instrument, const nav_sample_t *at, double arm_eci[3],
                           double rate_eci[3])
{
    double arm[3], rate[3];
    nav_arm(p, instrument, arm);
    vec3_cross(rate, at->w_body_radps, arm);
    quat_irotate(arm_eci, at->q_body_from_eci, arm);
    quat_irotate(rate_eci, at->q_body_from_eci, rate);
}

typedef struct {
    double c[9];          /* eci from tbody */
    double arm[3], rate[3]; /* target antenna minus c.m. and its rate, eci */
    double by_theta[9];   /* d(-arm)/d theta = c [l]x */
    double rate_by_theta[9]; /* d(-rate)/d theta = [w]x c [l]x + c [rate x l]x */
} target_antenna_t;

static void target_antenna(const flight_params_t *p, const double l[3], const nav_sample_t *at, target_antenna_t *t)
{
    double c_frame_from_eci[9], w[3], cross[3], skew[9], by_rate[9];
    nav_target_attitude(p, at, t->c);
    nav_hold_frame(p, at->r_target_eci_m, at->v_target_eci_mps, c_frame_from_eci, w);
    mat3_mul_vec(t->arm, t->c, l);
    vec3_cross(t->rate, w, t->arm);
    vec3_cross(cross, at->rate_tbody_radps, l);
    mat3_skew(skew, cross);
    mat3_mul(by_rate, t->c, skew);
    mat3_mul_vec(cross, t->c, cross);
    vec3_add(t->rate, t->rate, cross);
    mat3_skew(skew, l);
    mat3_mul(t->by_theta, t->c, skew);
    mat3_skew(skew, w);
    mat3_mul(t->rate_by_theta, skew, t->by_theta);
    for (size_t i = 0; i < 9; i++) t->rate_by_theta[i] += by_rate[i];
}

/* What position and velocity see of the states, and their noise. */
static void observe(const flight_params_t *p, const nav_t *nav, const rgnss_block_t *own, const target_antenna_t *t,
                    double late_s, observation_t *o)
{
    const filter_t *f = &nav->relative.filter;
    double growth = nav_rgnss_growth(p, nav), r = own->sigma_r_m * growth, v = own->sigma_v_mps * growth;
    double rate_by_rate[9];
    for (size_t i = 0; i < 9; i++) rate_by_rate[i] = t->by_theta[i] - late_s * t->rate_by_theta[i];
    observation_see(o, f, 0, 3, RELATIVE_R, 1.0, NULL);
    observation_see(o, f, 0, 3, RELATIVE_V, -late_s, NULL);
    observation_see(o, f, 0, 3, RELATIVE_THETA, 1.0, t->by_theta);
    observation_see(o, f, 0, 3, RELATIVE_RATE, -late_s, t->by_theta);
    observation_see(o, f, 0, 3, RELATIVE_GNSS_BIAS, 1.0, NULL);
    observation_see(o, f, 3, 3, RELATIVE_V, 1.0, NULL);
    observation_see(o, f, 3, 3, RELATIVE_THETA, 1.0, t->rate_by_theta);
    observation_see(o, f, 3, 3, RELATIVE_RATE, 1.0, rate_by_rate);
    for (size_t i = 0; i < 3; i++) {
        o->r[i] = r * r;
        o->r[3 + i] = v * v;
    }
}

static void rgnss(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    nav_sample_t at;
    const rgnss_block_t *own = nav_block(p, instrument);
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    bool ok = false;
    if (m->count == GNSS_VALUES && nav_all_finite(m->z, GNSS_VALUES) &&
        nav_relative_at(nav, nav_valid_us(nav, m), &at)) {
        double arm[3], rate[3];
        target_antenna_t t;
        observation_t o;
        observation_start(&o, GNSS_VALUES);
        nav_relative_covariance(p, nav);
        chaser_antenna(p, instrument, &at, arm, rate);
        target_antenna(p, own->target_antenna_tbody_m, &at, &t);
        for (size_t i = 0; i < 3; i++) {
            o.z[i] = m->z[i] - (at.dr_eci_m[i] + arm[i] - t.arm[i] + nav->relative.bias_rgnss_eci_m[i]);
            o.z[3 + i] = m->z[3 + i] - (at.dv_eci_mps[i] + rate[i] - t.rate[i]);
        }
        observe(p, nav, own, &t, 1.0e-6 * elem_from_u64(nav->t_us - at.t_us), &o);
        ok = nav_relative_update(nav, instrument, &o);
    }
    nav_accept(nav, track, ok);
}

/* The target's own orbit from the chaser's absolute fix less the relative state, whose own uncertainty adds to the
 * fix's. */
static void gnss(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    nav_sample_t at;
    nav_relative_t *n = &nav->relative;
    const gnss_block_t *own = nav_block(p, instrument);
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    bool ok = false;
    if (m->count == GNSS_VALUES && nav_all_finite(m->z, GNSS_VALUES) &&
        nav_relative_at(nav, nav_valid_us(nav, m), &at)) {
        double arm[3], rate[3], r = own->sigma_r_m, v = own->sigma_v_mps;
        observation_t o;
        observation_start(&o, GNSS_VALUES);
        nav_relative_covariance(p, nav);
        chaser_antenna(p, instrument, &at, arm, rate);
        for (size_t i = 0; i < 3; i++) {
            o.z[i] = m->z[i] - arm[i] - at.dr_eci_m[i] - at.r_target_eci_m[i];
            o.z[3 + i] = m->z[3 + i] - rate[i] - at.dv_eci_mps[i] - at.v_target_eci_mps[i];
            o.r[i] = r * r + filter_variance(&n->filter, n->p, RELATIVE_R, i);
            o.r[3 + i] = v * v + filter_variance(&n->filter, n->p, RELATIVE_V, i);
        }
        observation_see(&o, &n->orbit, 0, 3, ORBIT_R, 1.0, NULL);
        observation_see(&o, &n->orbit, 3, 3, ORBIT_V, 1.0, NULL);
        ok = nav_orbit_update(nav, instrument, &o);
    }
    nav_accept(nav, track, ok);
}

/* Another receiver pair has a bias of its own. */
static void start(const flight_params_t *p, nav_t *nav, size_t instrument)
{
    const rgnss_block_t *own = nav_block(p, instrument);
    nav_relative_t *n = &nav->relative;
    double bias = own->bias_sigma_m * nav_rgnss_growth(p, nav);
    filter_start(&n->filter, n->p, RELATIVE_GNSS_BIAS, bias * bias);
    vec3_set(n->bias_rgnss_eci_m, 0.0, 0.0, 0.0);
}

const model_t model_rgnss = {
    .kind = KIND_RGNSS,
    .fields = rgnss_fields,
    .chain = CHAIN_RELATIVE,
    .sees = 1u << RELATIVE_THETA | 1u << RELATIVE_RATE | 1u << RELATIVE_GNSS_BIAS,
    .start = start,
    .update = rgnss,
};
const model_t model_gnss = {.kind = KIND_GNSS, .fields = gnss_fields, .chain = CHAIN_ORBIT, .update = gnss};
