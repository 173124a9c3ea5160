/* Docking camera measurement model: range and line of sight to the target port, and, near, the
 * relative attitude of the port. How the camera is mounted is considered (docs/design/nav_camera.md). */
#include "nav/sight.h"

enum { POSE = SIGHT_VALUES, POSE_VALUES = 7 };

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

/* Range and line of sight: components 0 to 2. */
static void observe_sight(const flight_params_t *p, const nav_t *nav, const camera_block_t *own, const double *z,
                          const sight_t *s, observation_t *o)
{
    double skew[9], by_boresight[9], range = vec3_norm(s->d_m);
    sight_residual(s, z, o->z);
    mat3_skew(skew, s->d_m);
    mat3_mul(by_boresight, s->los, skew);
    sight_see(nav, s, o, 0);
    observation_see(o, &nav->relative.filter, 0, 3, RELATIVE_BORESIGHT, 1.0, by_boresight);
    double ratio = own->sigma_range_ratio * range, floor_m = own->sigma_range_floor_m;
    o->r[0] = ratio * ratio + floor_m * floor_m;
    o->r[1] = o->r[2] = range * range * (own->sigma_los_rad * own->sigma_los_rad + sight_attitude_variance(p, nav));
}

/* The port's attitude: components 3 to 5. */
static bool observe_pose(const flight_params_t *p, const nav_t *nav, const camera_block_t *own, const double *q,
                         const sight_t *s, observation_t *o)
{
    double c_tbody_from_eci[9], turned[9];
    if (!sight_turn(p, s, q, p->q_tport_from_tbody, &o->z[3])) return false;
    double sigma = own->sigma_pose_rad * elem_max(1.0, vec3_norm(s->d_m) / own->pose_reference_m);
    mat3_transpose(c_tbody_from_eci, s->c_eci_from_tbody);
    mat3_mul_t(turned, c_tbody_from_eci, s->c_own_from_eci);
    sight_see_turn(nav, s, o, 3);
    observation_see(o, &nav->relative.filter, 3, 3, RELATIVE_BORESIGHT, -1.0, turned);
    for (size_t i = 3; i < 6; i++) o->r[i] = sigma * sigma + sight_attitude_variance(p, nav);
    return true;
}

static void camera(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sight_t s;
    observation_t o;
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    const double *z = m->z;
    const camera_block_t *own = nav_block(p, instrument);
    bool pose = m->count == POSE_VALUES;
    bool ok = (m->count == SIGHT_VALUES || pose) && nav_all_finite(z, SIGHT_VALUES) && z[SIGHT_RANGE] > 0.0 &&
              sight_before(z[SIGHT_AZIMUTH], z[SIGHT_ELEVATION]) &&
              sight_predict(p, nav, instrument, nav_valid_us(nav, m), p->tport_tbody_m, &s);
    if (ok) {
        observation_start(&o, pose ? 6 : 3);
        observe_sight(p, nav, own, z, &s, &o);
        ok = (!pose || observe_pose(p, nav, own, &z[POSE], &s, &o)) && nav_relative_update(nav, instrument, &o);
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
