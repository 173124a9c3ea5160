/* Docking camera measurement model: range and line of sight to the target port, and, near, the
 * relative attitude of the port. Residuals are taken along the predicted line of sight, where the
 * noise is uncorrelated: one component in range, two across; along the measured one the gain would be
 * correlated with the noise. How the camera is mounted is considered (docs/design/nav_camera.md). */
#include "nav/nav.h"

enum { RANGE = 0, AZIMUTH = 1, ELEVATION = 2, POSE = 3, SIGHT_VALUES = 3, POSE_VALUES = 7 };
#define VIEW_MAX_RAD 1.6 /* a target port seen from behind the camera is no measurement */

#define CAMERA_FIELDS(F, V) \
    F(sigma_range_ratio, 0.0, 1.0, "1", "range noise, fraction of range") \
    F(sigma_range_floor_m, 1.0e-4, 10.0, "m", "range noise floor") \
    F(sigma_los_rad, 1.0e-6, 0.1, "rad", "line-of-sight noise, each axis") \
    F(boresight_sigma_rad, 0.0, 0.1, "rad", \
      "mounting error, 1 sigma each axis: constant, so no measurement averages it away") \
    F(sigma_pose_rad, 1.0e-5, 1.0, "rad", "relative attitude noise, each axis, near") \
    F(pose_reference_m, 0.1, 1000.0, "m", "range beyond which the relative attitude noise grows in proportion")
typedef struct {
    CAMERA_FIELDS(BLOCK_F, BLOCK_V)
} camera_block_t;
static const block_field_t fields[] = {CAMERA_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

typedef struct {
    double c_eci_from_tbody[9], c_camera_from_eci[9];
    double d_camera_m[3];      /* predicted camera -> target port */
    double by_theta[9];        /* d(d_eci)/d theta = -c_eci_from_tbody [p]x */
} geometry_t;

static void predict(const flight_params_t *p, const nav_t *nav, size_t instrument, const nav_sample_t *at,
                    geometry_t *g)
{
    double q[4], lever[3], port[3], d[3], skew[9];
    nav_target_attitude(p, nav, at, g->c_eci_from_tbody);
    quat_mul(q, &p->instrument_q_from_body[4 * instrument], at->q_body_from_eci);
    quat_to_dcm(g->c_camera_from_eci, q);
    nav_arm(p, instrument, lever);
    quat_irotate(lever, at->q_body_from_eci, lever);
    mat3_mul_vec(port, g->c_eci_from_tbody, p->tport_tbody_m);
    vec3_sub(d, port, at->dr_eci_m);
    vec3_sub(d, d, lever);
    mat3_mul_vec(g->d_camera_m, g->c_camera_from_eci, d);
    mat3_skew(skew, p->tport_tbody_m);
    mat3_mul(g->by_theta, g->c_eci_from_tbody, skew);
    for (size_t i = 0; i < 9; i++) g->by_theta[i] = -g->by_theta[i];
}

/* Mean variance of the chaser's own attitude: it turns the line of sight as the camera's noise does. */
static double attitude_variance(const flight_params_t *p, const nav_t *nav)
{
    return (nav_attitude_variance(p, nav, 0) + nav_attitude_variance(p, nav, 1) + nav_attitude_variance(p, nav, 2)) /
           3.0;
}

/* Range and line of sight: components 0 to 2. false: the port is predicted overhead, where there is no azimuth. */
static bool observe_sight(const flight_params_t *p, const nav_t *nav, const camera_block_t *own,
                          const double sight[SIGHT_VALUES], const geometry_t *g, double late_s, observation_t *o)
{
    const filter_t *f = &nav->relative.filter;
    const double *d = g->d_camera_m;
    double flat = elem_sqrt(d[0] * d[0] + d[1] * d[1]), range = vec3_norm(d), sa, ca, se, ce, dz[3];
    double axes[9], by_theta[9], by_boresight[9], skew[9];
    if (!(flat > 1.0e-3 * range)) return false;
    elem_sincos(sight[AZIMUTH], &sa, &ca);
    elem_sincos(sight[ELEVATION], &se, &ce);
    vec3_set(dz, sight[RANGE] * ce * ca, sight[RANGE] * ce * sa, sight[RANGE] * se);
    vec3_sub(dz, dz, d);
    sa = d[1] / flat, ca = d[0] / flat, se = d[2] / range, ce = flat / range;
    const double los[9] = {ce * ca, ce * sa, se, -sa, ca, 0.0, -se * ca, -se * sa, ce};
    mat3_mul_vec(o->z, los, dz);
    mat3_mul(axes, los, g->c_camera_from_eci); /* rows: line-of-sight axes in eci */
    mat3_mul(by_theta, axes, g->by_theta);
    mat3_skew(skew, d);
    mat3_mul(by_boresight, los, skew);
    observation_see(o, f, 0, 3, RELATIVE_R, -1.0, axes);
    observation_see(o, f, 0, 3, RELATIVE_V, late_s, axes);
    observation_see(o, f, 0, 3, RELATIVE_THETA, 1.0, by_theta);
    observation_see(o, f, 0, 3, RELATIVE_RATE, -late_s, by_theta);
    observation_see(o, f, 0, 3, RELATIVE_BORESIGHT, 1.0, by_boresight);
    double ratio = own->sigma_range_ratio * range, floor_m = own->sigma_range_floor_m;
    o->r[0] = ratio * ratio + floor_m * floor_m;
    o->r[1] = o->r[2] = range * range * (own->sigma_los_rad * own->sigma_los_rad + attitude_variance(p, nav));
    return true;
}

/* The port's attitude: components 3 to 5. */
static bool observe_pose(const flight_params_t *p, const nav_t *nav, size_t instrument, const double qm[4],
                         const nav_sample_t *at, const geometry_t *g, double late_s, observation_t *o)
{
    const camera_block_t *own = nav_block(p, instrument);
    const filter_t *f = &nav->relative.filter;
    double norm2 = qm[0] * qm[0] + qm[1] * qm[1] + qm[2] * qm[2] + qm[3] * qm[3];
    double q_eci_from_tbody[4], q[4], dq[4], c_tbody_from_eci[9], turned[9];
    if (!(norm2 > 0.99 && norm2 < 1.01)) return false;
    /* tbody from eci as measured, against the estimate */
    quat_mul(q, &p->instrument_q_from_body[4 * instrument], at->q_body_from_eci);
    quat_conj(q, q);
    quat_mul(q, q, qm);
    quat_mul(q_eci_from_tbody, q, p->q_tport_from_tbody);
    mat3_transpose(c_tbody_from_eci, g->c_eci_from_tbody);
    quat_from_dcm(q, c_tbody_from_eci);
    quat_mul(dq, q, q_eci_from_tbody); /* estimated tbody from measured tbody */
    quat_conj(dq, dq);
    quat_normalize(dq);
    quat_to_rotvec(&o->z[3], dq);
    double sigma = own->sigma_pose_rad * elem_max(1.0, vec3_norm(g->d_camera_m) / own->pose_reference_m);
    mat3_mul_t(turned, c_tbody_from_eci, g->c_camera_from_eci);
    observation_see(o, f, 3, 3, RELATIVE_THETA, 1.0, NULL);
    observation_see(o, f, 3, 3, RELATIVE_RATE, -late_s, NULL);
    observation_see(o, f, 3, 3, RELATIVE_BORESIGHT, -1.0, turned);
    for (size_t i = 3; i < 6; i++) o->r[i] = sigma * sigma + attitude_variance(p, nav);
    return true;
}

static void camera(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    nav_sample_t at;
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    const double *z = m->z;
    bool pose = m->count == POSE_VALUES;
    bool ok = (m->count == SIGHT_VALUES || pose) && nav_all_finite(z, SIGHT_VALUES) && z[RANGE] > 0.0 &&
              elem_abs(z[AZIMUTH]) < VIEW_MAX_RAD && elem_abs(z[ELEVATION]) < VIEW_MAX_RAD &&
              nav_relative_at(nav, m->t_valid_us, &at);
    if (ok) {
        geometry_t g;
        observation_t o;
        double late_s = 1.0e-6 * (double)(nav->t_us - at.t_us);
        observation_start(&o, pose ? 6 : 3);
        nav_relative_covariance(p, nav);
        predict(p, nav, instrument, &at, &g);
        ok = observe_sight(p, nav, nav_block(p, instrument), z, &g, late_s, &o) &&
             (!pose || observe_pose(p, nav, instrument, &z[POSE], &at, &g, late_s, &o)) &&
             nav_relative_update(p, nav, instrument, &o);
    }
    nav_accept(nav, track, ok);
}

/* Another camera has a mounting error of its own. */
static void start(const flight_params_t *p, nav_t *nav, size_t instrument)
{
    const camera_block_t *own = nav_block(p, instrument);
    nav_relative_t *n = &nav->relative;
    filter_start(&n->filter, n->p, RELATIVE_BORESIGHT, own->boresight_sigma_rad * own->boresight_sigma_rad);
}

const model_t model_camera = {
    .kind = KIND_CAMERA,
    .fields = fields,
    .chain = CHAIN_RELATIVE | CHAIN_TARGET,
    .sees = 1u << RELATIVE_THETA | 1u << RELATIVE_RATE | 1u << RELATIVE_BORESIGHT,
    .start = start,
    .update = camera,
};
