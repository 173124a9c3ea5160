/* Bearing camera measurement model: line of sight alone to a point of the target's surface
 * (docs/design/nav_bearing.md). */
#include "nav/sight.h"

enum { AZIMUTH = 0, ELEVATION = 1, VALUES = 2 };

#define BEARING_FIELDS(F, V) \
    F(sigma_los_rad, 1.0e-6, 0.1, "rad", "line-of-sight noise and mounting error, each axis") \
    V(point_tbody_m, 3, -100.0, 100.0, "m", "point that is seen, from the target's c.m.") \
    F(point_sigma_m, 0.0, 100.0, "m", "1 sigma of where it is, each axis")
typedef struct {
    BEARING_FIELDS(BLOCK_F, BLOCK_V)
} bearing_block_t;
static const block_field_t fields[] = {BEARING_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

/* The two components across the predicted line of sight, at the predicted range. */
static void observe(const flight_params_t *p, const nav_t *nav, const bearing_block_t *own, const measurement_t *m,
                    const sight_t *s, observation_t *o)
{
    double range = vec3_norm(s->d_m), residual_m[3];
    const double z[SIGHT_VALUES] = {range, m->z[AZIMUTH], m->z[ELEVATION]};
    observation_start(o, VALUES);
    sight_residual(s, z, residual_m);
    sight_see(nav, s, o, 1);
    double sigma2 = own->sigma_los_rad * own->sigma_los_rad + sight_attitude_variance(p, nav);
    for (size_t i = 0; i < VALUES; i++) {
        o->z[i] = residual_m[1 + i];
        o->r[i] = range * range * sigma2 + own->point_sigma_m * own->point_sigma_m;
    }
}

static void bearing(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sight_t s;
    observation_t o;
    sensor_track_t *track = &nav->track[instrument];
    const bearing_block_t *own = nav_block(p, instrument);
    if (!nav_take(p, nav, track, m)) return;
    bool ok = m->count == VALUES && nav_all_finite(m->z, VALUES) && sight_before(m->z[AZIMUTH], m->z[ELEVATION]) &&
              sight_predict(p, nav, instrument, nav_valid_us(nav, m), own->point_tbody_m, &s);
    if (ok) {
        observe(p, nav, own, m, &s, &o);
        ok = nav_relative_update(nav, instrument, &o);
    }
    nav_accept(nav, track, ok);
}

const model_t model_bearing = {
    .kind = KIND_BEARING,
    .fields = fields,
    .chain = CHAIN_RELATIVE,
    .sees = 1u << RELATIVE_THETA | 1u << RELATIVE_RATE,
    .update = bearing,
};
