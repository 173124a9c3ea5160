/* Lidar measurement model: range and line of sight to a point of the target's surface, and, near, the target's
 * attitude. What is seen of an extended body is not one point: where it lies is a parameter, and how far it may be from
 * there counts as noise in every direction (docs/design/nav_lidar.md). */
#include "nav/sight.h"

enum { POSE = SIGHT_VALUES, POSE_VALUES = 7 };

#define LIDAR_FIELDS(F, V) \
    F(sigma_range_m, 1.0e-4, 100.0, "m", "range noise") \
    F(sigma_los_rad, 1.0e-6, 0.1, "rad", "line-of-sight noise and mounting error, each axis") \
    F(sigma_pose_rad, 1.0e-5, 1.0, "rad", "target attitude noise, each axis, near") \
    F(pose_reference_m, 0.1, 1000.0, "m", "range beyond which the attitude noise grows in proportion") \
    V(point_tbody_m, 3, -100.0, 100.0, "m", "point that is seen, from the target's c.m.") \
    F(point_sigma_m, 0.0, 100.0, "m", "1 sigma of where it is, each axis")
typedef struct {
    LIDAR_FIELDS(BLOCK_F, BLOCK_V)
} lidar_block_t;
static const block_field_t fields[] = {LIDAR_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static const double IDENTITY[4] = {1.0, 0.0, 0.0, 0.0};

static bool observe(const flight_params_t *p, const nav_t *nav, const lidar_block_t *own, const measurement_t *m,
                    const sight_t *s, observation_t *o)
{
    double range = vec3_norm(s->d_m), point = own->point_sigma_m * own->point_sigma_m;
    double turn = sight_attitude_variance(p, nav);
    observation_start(o, m->count == POSE_VALUES ? 6 : 3);
    sight_residual(s, m->z, o->z);
    sight_see(nav, s, o, 0);
    o->r[0] = own->sigma_range_m * own->sigma_range_m + point;
    o->r[1] = o->r[2] = range * range * (own->sigma_los_rad * own->sigma_los_rad + turn) + point;
    if (m->count != POSE_VALUES) return true;
    if (!sight_turn(p, s, &m->z[POSE], IDENTITY, &o->z[3])) return false;
    double sigma = own->sigma_pose_rad * elem_max(1.0, range / own->pose_reference_m);
    sight_see_turn(nav, s, o, 3);
    for (size_t i = 3; i < 6; i++) o->r[i] = sigma * sigma + turn;
    return true;
}

static void lidar(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sight_t s;
    observation_t o;
    sensor_track_t *track = &nav->track[instrument];
    const lidar_block_t *own = nav_block(p, instrument);
    if (!nav_take(p, nav, track, m)) return;
    bool ok = (m->count == SIGHT_VALUES || m->count == POSE_VALUES) && nav_all_finite(m->z, SIGHT_VALUES) &&
              m->z[SIGHT_RANGE] > 0.0 && sight_before(m->z[SIGHT_AZIMUTH], m->z[SIGHT_ELEVATION]) &&
              sight_predict(p, nav, instrument, nav_valid_us(nav, m), own->point_tbody_m, &s) &&
              observe(p, nav, own, m, &s, &o) && nav_relative_update(nav, instrument, &o);
    nav_accept(nav, track, ok);
}

const model_t model_lidar = {
    .kind = KIND_LIDAR,
    .fields = fields,
    .chain = CHAIN_RELATIVE | CHAIN_TARGET,
    .sees = 1u << RELATIVE_THETA | 1u << RELATIVE_RATE,
    .update = lidar,
};
