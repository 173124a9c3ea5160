/* Residuals are taken along the predicted line of sight, where the noise is uncorrelated: one component in range, two
 * across; along the measured one the gain would be correlated with the noise. */
#include "nav/sight.h"

#define VIEW_MAX_RAD 1.6    /* a point seen from behind the instrument is no measurement */
#define FLAT_MIN 1.0e-3     /* of the range: nearer to the instrument's z axis there is no azimuth */
#define NORM2_LOW 0.99      /* squared norm of what passes for a rotation */
#define NORM2_HIGH 1.01

bool sight_before(double azimuth_rad, double elevation_rad)
{
    return elem_abs(azimuth_rad) < VIEW_MAX_RAD && elem_abs(elevation_rad) < VIEW_MAX_RAD;
}

bool sight_predict(const flight_params_t *p, nav_t *nav, size_t instrument, uint64_t t_us,
                   const double point_tbody_m[3], sight_t *out)
{
    double q[4], lever[3], point[3], d[3], skew[9];
    const nav_sample_t *at = &out->at;
    if (!nav_relative_at(nav, t_us, &out->at)) return false;
    nav_relative_covariance(p, nav);
    out->instrument = instrument;
    out->late_s = 1.0e-6 * elem_from_u64(nav->t_us - at->t_us);
    nav_target_attitude(p, at, out->c_eci_from_tbody);
    quat_mul(q, &p->instrument_q_from_body[4 * instrument], at->q_body_from_eci);
    quat_to_dcm(out->c_own_from_eci, q);
    nav_arm(p, instrument, lever);
    quat_irotate(lever, at->q_body_from_eci, lever);
    mat3_mul_vec(point, out->c_eci_from_tbody, point_tbody_m);
    vec3_sub(d, point, at->dr_eci_m);
    vec3_sub(d, d, lever);
    mat3_mul_vec(out->d_m, out->c_own_from_eci, d);
    mat3_skew(skew, point_tbody_m);
    mat3_mul(out->by_theta, out->c_eci_from_tbody, skew);
    for (size_t i = 0; i < 9; i++) out->by_theta[i] = -out->by_theta[i];
    const double *own = out->d_m;
    double flat = elem_sqrt(own[0] * own[0] + own[1] * own[1]), range = vec3_norm(own);
    if (!(flat > FLAT_MIN * range)) return false;
    double sa = own[1] / flat, ca = own[0] / flat, se = own[2] / range, ce = flat / range;
    vec3_set(&out->los[0], ce * ca, ce * sa, se);
    vec3_set(&out->los[3], -sa, ca, 0.0);
    vec3_set(&out->los[6], -se * ca, -se * sa, ce);
    return true;
}

void sight_residual(const sight_t *s, const double z[SIGHT_VALUES], double residual_m[3])
{
    double sa, ca, se, ce, dz[3];
    elem_sincos(z[SIGHT_AZIMUTH], &sa, &ca);
    elem_sincos(z[SIGHT_ELEVATION], &se, &ce);
    vec3_set(dz, z[SIGHT_RANGE] * ce * ca, z[SIGHT_RANGE] * ce * sa, z[SIGHT_RANGE] * se);
    vec3_sub(dz, dz, s->d_m);
    mat3_mul_vec(residual_m, s->los, dz);
}

void sight_see(const nav_t *nav, const sight_t *s, observation_t *o, size_t axis)
{
    const filter_t *f = &nav->relative.filter;
    double axes[9], by_theta[9];
    mat3_mul(axes, s->los, s->c_own_from_eci); /* rows: line-of-sight axes in eci */
    mat3_mul(by_theta, axes, s->by_theta);
    observation_see(o, f, 0, 3 - axis, RELATIVE_R, -1.0, &axes[3 * axis]);
    observation_see(o, f, 0, 3 - axis, RELATIVE_V, s->late_s, &axes[3 * axis]);
    observation_see(o, f, 0, 3 - axis, RELATIVE_THETA, 1.0, &by_theta[3 * axis]);
    observation_see(o, f, 0, 3 - axis, RELATIVE_RATE, -s->late_s, &by_theta[3 * axis]);
}

void sight_see_aim(const nav_t *nav, const sight_t *s, observation_t *o, size_t axis)
{
    double axes[9], by_aim[9];
    mat3_mul(axes, s->los, s->c_own_from_eci);
    mat3_mul(by_aim, axes, s->c_eci_from_tbody);
    observation_see(o, &nav->relative.filter, 0, 3 - axis, RELATIVE_AIM, 1.0, &by_aim[3 * axis]);
}

bool sight_turn(const flight_params_t *p, const sight_t *s, const double q_own_from_frame[4],
                const double q_frame_from_tbody[4], double residual_rad[3])
{
    const double *qm = q_own_from_frame;
    double norm2 = qm[0] * qm[0] + qm[1] * qm[1] + qm[2] * qm[2] + qm[3] * qm[3];
    double q_eci_from_tbody[4], q[4], dq[4], c_tbody_from_eci[9];
    if (!(norm2 > NORM2_LOW && norm2 < NORM2_HIGH)) return false;
    /* tbody from eci as measured, against the estimate */
    quat_mul(q, &p->instrument_q_from_body[4 * s->instrument], s->at.q_body_from_eci);
    quat_conj(q, q);
    quat_mul(q, q, qm);
    quat_mul(q_eci_from_tbody, q, q_frame_from_tbody);
    mat3_transpose(c_tbody_from_eci, s->c_eci_from_tbody);
    quat_from_dcm(q, c_tbody_from_eci);
    quat_mul(dq, q, q_eci_from_tbody); /* estimated tbody from measured tbody */
    quat_conj(dq, dq);
    quat_normalize(dq);
    quat_to_rotvec(residual_rad, dq);
    return true;
}

void sight_see_turn(const nav_t *nav, const sight_t *s, observation_t *o, size_t first)
{
    const filter_t *f = &nav->relative.filter;
    observation_see(o, f, first, 3, RELATIVE_THETA, 1.0, NULL);
    observation_see(o, f, first, 3, RELATIVE_RATE, -s->late_s, NULL);
}

double sight_attitude_variance(const flight_params_t *p, const nav_t *nav)
{
    double variance[3];
    nav_attitude_variance(p, nav, variance);
    return (variance[0] + variance[1] + variance[2]) / 3.0;
}
