/* Attitude filter: multiplicative extended Kalman filter on gyro increments with bias
 * (Lefferts, Markley & Shuster 1982; Markley & Crassidis 2014, ch. 6.2). */
#include "nav/nav.h"

#define STAR_VALUES 4
#define GYROLESS_CYCLES 5 /* without a gyro after which the rate itself is estimated */
#define RATE_SIGMA_RADPS 1.0e-3 /* 1 sigma of the rate that is then carried on */
#define TORQUE_SIGMA 0.2 /* 1 sigma of what a firing changes the rate by, of the change */
#define DRIFT_PSD_RAD2PS3 1.0e-10 /* white angular acceleration besides, which no valve reports */

#define STAR_FIELDS(F, V) \
    F(sigma_cross_rad, 1.0e-7, 0.1, "rad", "noise across the boresight (star x)") \
    F(sigma_roll_rad, 1.0e-7, 0.1, "rad", "noise about the boresight (star x)") \
    F(misalignment_sigma_rad, 0.0, 0.1, "rad", \
      "mounting error, 1 sigma each axis: constant, so no measurement averages it away")
typedef struct {
    STAR_FIELDS(BLOCK_F, BLOCK_V)
} star_block_t;
static const block_field_t fields[] = {STAR_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

void nav_attitude_init(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    const uint8_t use[ATTITUDE_BLOCKS] = {BLOCK_ESTIMATED, BLOCK_ESTIMATED};
    filter_layout(&a->filter, ATTITUDE_BLOCKS, use);
    filter_start(&a->filter, a->p, ATTITUDE_ANGLE, p->init_sigma_attitude_rad * p->init_sigma_attitude_rad);
    const imu_block_t *imu = nav_block_in_use(p, nav, KIND_IMU);
    if (imu != NULL)
        filter_start(&a->filter, a->p, ATTITUDE_BIAS, imu->gyro_bias_sigma_radps * imu->gyro_bias_sigma_radps);
    for (size_t i = 0; i < 4; i++) a->q_body_from_eci[i] = p->init_q_body_from_eci[i];
}

/* The block of the bias changes its meaning when the last gyro falls silent, and back when one is heard. */
static void set_gyroless(const flight_params_t *p, nav_t *nav, bool gyroless)
{
    nav_attitude_t *a = &nav->attitude;
    const imu_block_t *imu = nav_block_in_use(p, nav, KIND_IMU);
    double sigma = gyroless || imu == NULL ? RATE_SIGMA_RADPS : imu->gyro_bias_sigma_radps;
    if (a->gyroless == gyroless) return;
    a->gyroless = gyroless;
    filter_start(&a->filter, a->p, ATTITUDE_BIAS, sigma * sigma);
    a->pending_rate_rad2ps2 = 0.0;
}

/* The rate that was last known, and what the valves report. */
static void carry_rate_on(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double given = TORQUE_SIGMA * vec3_norm(nav->imu.expected_radps);
    vec3_add(a->w_body_radps, a->w_body_radps, nav->imu.expected_radps);
    if (nav->imu.silent_cycles[0] >= GYROLESS_CYCLES) set_gyroless(p, nav, true);
    if (a->gyroless) a->pending_rate_rad2ps2 += given * given + DRIFT_PSD_RAD2PS3 * p->cycle_s;
}

void nav_attitude_propagate(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double dt = p->cycle_s, turn[3], dq[4];
    vec3_copy(a->w_before_radps, a->w_body_radps);
    if (nav->imu.gyro_taken) {
        set_gyroless(p, nav, false);
        for (size_t i = 0; i < 3; i++) a->w_body_radps[i] = nav->imu.dtheta_body_rad[i] / dt - a->bias_radps[i];
    } else {
        carry_rate_on(p, nav);
    }
    vec3_scale(turn, dt, a->w_body_radps);
    quat_from_rotvec(dq, turn);
    quat_mul(a->q_body_from_eci, dq, a->q_body_from_eci);
    quat_normalize(a->q_body_from_eci);
    a->pending_s += dt;
}

/* Over the pending time: Phi = [I - [w dt]x, -I dt; 0, I]. */
static void propagate_covariance(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double dt = a->pending_s, turn[9];
    const imu_block_t *imu = nav_block_in_use(p, nav, KIND_IMU);
    double arw = imu != NULL ? imu->gyro_arw_radps05 * imu->gyro_arw_radps05 : 0.0;
    double rrw = imu != NULL ? imu->gyro_rrw_radps15 * imu->gyro_rrw_radps15 : 0.0;
    if (!(dt > 0.0)) return;
    mat3_skew(turn, a->w_body_radps);
    const filter_motion_t motion = {
        ATTITUDE_ANGLE, ATTITUDE_BIAS, .ab = -dt, .m = turn, .ay = -dt,
    };
    filter_propagate(&a->filter, a->p, &motion, 1);
    filter_noise(&a->filter, a->p, ATTITUDE_ANGLE, ATTITUDE_BIAS, arw * dt + rrw * dt * dt * dt / 3.0,
                 -rrw * dt * dt / 2.0, rrw * dt);
    if (a->gyroless) {
        double gained = a->pending_rate_rad2ps2;
        filter_noise(&a->filter, a->p, ATTITUDE_ANGLE, ATTITUDE_BIAS, gained * dt * dt / 3.0, -gained * dt / 2.0,
                     gained);
        a->pending_rate_rad2ps2 = 0.0;
    }
    a->pending_s = 0.0;
}

void nav_attitude_variance(const flight_params_t *p, const nav_t *nav, double variance[3])
{
    const star_block_t *star = nav_block_in_use(p, nav, KIND_STAR);
    double considered = star != NULL ? star->misalignment_sigma_rad : 0.0;
    for (size_t i = 0; i < 3; i++)
        variance[i] =
            filter_variance(&nav->attitude.filter, nav->attitude.p, ATTITUDE_ANGLE, i) + considered * considered;
}

static void correct(nav_attitude_t *a, const double *dx)
{
    double dq[4];
    quat_from_rotvec(dq, filter_correction(&a->filter, dx, ATTITUDE_ANGLE));
    quat_mul(a->q_body_from_eci, dq, a->q_body_from_eci);
    quat_normalize(a->q_body_from_eci);
    const double *bias = filter_correction(&a->filter, dx, ATTITUDE_BIAS);
    if (!a->gyroless) vec3_add(a->bias_radps, a->bias_radps, bias);
    vec3_sub(a->w_body_radps, a->w_body_radps, bias);
}

/* The turn from the attitude that was estimated for the time of the measurement to the measured one, star axes. */
static void innovation(const nav_t *nav, const double q_star_from_body[4], const measurement_t *m, const double c[9],
                       double z[3])
{
    const nav_attitude_t *a = &nav->attitude;
    double back[3], dq[4], q_then[4], q_inv[4], residual_q[4], z_body[3];
    vec3_scale(back, -1.0e-6 * elem_from_u64(nav->t_us - nav_valid_us(nav, m)), a->w_body_radps);
    quat_from_rotvec(dq, back);
    quat_mul(q_then, dq, a->q_body_from_eci);
    quat_conj(q_inv, q_star_from_body);
    quat_mul(residual_q, q_inv, m->z);
    quat_conj(q_inv, q_then);
    quat_mul(residual_q, residual_q, q_inv);
    quat_normalize(residual_q);
    quat_to_rotvec(z_body, residual_q);
    mat3_mul_vec(z, c, z_body);
}

static bool update(nav_t *nav, size_t instrument, const observation_t *o)
{
    nav_attitude_t *a = &nav->attitude;
    double dx[FILTER_STATES], *nis = &nav->track[instrument].nis;
    if (!nav->track[instrument].in_use) return filter_judge(&a->filter, a->p, o, nav->gate[o->components], nis);
    if (!filter_update(&a->filter, a->p, o, nav->gate[o->components], dx, nis)) return false;
    correct(a, dx);
    return true;
}

static void star(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    const star_block_t *own = nav_block(p, instrument);
    sensor_track_t *track = &nav->track[instrument];
    if (!nav_take(p, nav, track, m)) return;
    propagate_covariance(p, nav);
    const double *q = m->z, *mounted = &p->instrument_q_from_body[4 * instrument];
    double norm2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
    bool ok = false;
    if (m->count == STAR_VALUES && norm2 > 0.99 && norm2 < 1.01) { /* false for NaN too */
        double c[9];
        observation_t o;
        observation_start(&o, 3);
        quat_to_dcm(c, mounted);
        innovation(nav, mounted, m, c, o.z);
        o.r[0] = own->sigma_roll_rad * own->sigma_roll_rad;
        o.r[1] = o.r[2] = own->sigma_cross_rad * own->sigma_cross_rad;
        observation_see(&o, &nav->attitude.filter, 0, 3, ATTITUDE_ANGLE, 1.0, c);
        ok = update(nav, instrument, &o);
    }
    nav_accept(nav, track, ok);
}

const model_t model_star = {
    .kind = KIND_STAR,
    .fields = fields,
    .while_docked = true,
    .chain = CHAIN_ATTITUDE,
    .update = star,
};
