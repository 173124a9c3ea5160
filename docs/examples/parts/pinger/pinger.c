/* Measurement model of the instrument pinger: distance from its antenna to a transponder at the target's centre of
 * mass. `pinger.py` is the truth model.
 *
 * The rules of the core apply: C99, only + - * / and sqrt (math/elementary.h has the rest). */
#include "registry.h"

#define VALUES 1
#define RANGE_MIN_M 1.0 /* closer, the direction to the target is too uncertain */

/* The errors that flight assumes, [instrument.flight]: name, lowest and highest value, unit, meaning. */
#define OWN_FIELDS(F, V) F(sigma_m, 1.0e-4, 1.0e3, "m", "range noise, 1 sigma")
typedef struct {
    OWN_FIELDS(BLOCK_F, BLOCK_V)
} own_t;
static const block_field_t fields[] = {OWN_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

static bool observe(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    const own_t *own = nav_block(p, instrument);
    const filter_t *filter = &nav->relative.filter;
    nav_sample_t at;
    observation_t o;
    double arm[3], away[3], toward[3];
    if (m->count != VALUES || !nav_all_finite(m->z, VALUES) || !nav_relative_at(nav, m->t_valid_us, &at)) return false;
    nav_arm(p, instrument, arm);
    quat_irotate(arm, at.q_body_from_eci, arm);
    vec3_add(away, at.dr_eci_m, arm);
    double range_m = vec3_norm(away), late_s = 1.0e-6 * (double)(nav->t_us - at.t_us);
    if (!(range_m > RANGE_MIN_M)) return false;
    vec3_scale(toward, 1.0 / range_m, away);
    observation_start(&o, VALUES);
    nav_relative_covariance(p, nav);
    o.z[0] = m->z[0] - range_m;
    o.r[0] = own->sigma_m * own->sigma_m;
    observation_see(&o, filter, 0, VALUES, RELATIVE_R, 1.0, toward);
    observation_see(&o, filter, 0, VALUES, RELATIVE_V, -late_s, toward);
    return nav_relative_update(nav, instrument, &o);
}

static void update(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    nav_accept(nav, track, observe(p, nav, instrument, m));
}

const model_t model_pinger = {
    .kind = 128, /* 128 to 255; never changes, and `pinger.py` has the same */
    .fields = fields,
    .chain = CHAIN_RELATIVE,
    .update = update,
};
