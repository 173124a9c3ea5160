/* Attitude filter: multiplicative extended Kalman filter on gyro increments with bias
 * (Lefferts, Markley & Shuster 1982; Markley & Crassidis 2014, ch. 6.2). */
#include "nav/nav.h"

#define STAR_VALUES 4

#define N 6

void nav_attitude_init(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double angle = p->init_sigma_attitude_rad * p->init_sigma_attitude_rad;
    double bias = p->gyro_bias_sigma_radps * p->gyro_bias_sigma_radps;
    for (size_t i = 0; i < 4; i++) a->q_body_from_eci[i] = p->init_q_body_from_eci[i];
    for (size_t i = 0; i < 3; i++) {
        a->p[i * N + i] = angle;
        a->p[(i + 3) * N + i + 3] = bias;
    }
}

void nav_attitude_propagate(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double dt = p->cycle_s, turn[3], dq[4];
    vec3_copy(a->w_before_radps, a->w_body_radps);
    if (nav->imu.gyro_taken)
        for (size_t i = 0; i < 3; i++) a->w_body_radps[i] = nav->imu.dtheta_body_rad[i] / dt - a->bias_radps[i];
    vec3_scale(turn, dt, a->w_body_radps);
    quat_from_rotvec(dq, turn);
    quat_mul(a->q_body_from_eci, dq, a->q_body_from_eci);
    quat_normalize(a->q_body_from_eci);
    a->pending_s += dt;
}

/* P = Phi P Phi' + Q over the pending time, Phi = [I - [w dt]x, -I dt; 0, I]. */
static void propagate_covariance(const flight_params_t *p, nav_t *nav)
{
    nav_attitude_t *a = &nav->attitude;
    double dt = a->pending_s, w[3], phi[N * N] = {0.0}, m[N * N];
    double arw = p->gyro_arw_radps05 * p->gyro_arw_radps05;
    double rrw = p->gyro_rrw_radps15 * p->gyro_rrw_radps15;
    if (!(dt > 0.0)) return;
    vec3_scale(w, dt, a->w_body_radps);
    for (size_t i = 0; i < N; i++) phi[i * N + i] = 1.0;
    for (size_t i = 0; i < 3; i++) phi[i * N + i + 3] = -dt;
    phi[1] = w[2];
    phi[2] = -w[1];
    phi[N] = -w[2];
    phi[N + 2] = w[0];
    phi[2 * N] = w[1];
    phi[2 * N + 1] = -w[0];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < N; k++) sum += phi[i * N + k] * a->p[k * N + j];
            m[i * N + j] = sum;
        }
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < N; k++) sum += m[i * N + k] * phi[j * N + k];
            a->p[i * N + j] = sum;
            a->p[j * N + i] = sum;
        }
    for (size_t i = 0; i < 3; i++) {
        size_t b = i + 3;
        a->p[i * N + i] += arw * dt + rrw * dt * dt * dt / 3.0;
        a->p[i * N + b] -= rrw * dt * dt / 2.0;
        a->p[b * N + i] -= rrw * dt * dt / 2.0;
        a->p[b * N + b] += rrw * dt;
    }
    a->pending_s = 0.0;
}

double nav_attitude_variance(const flight_params_t *p, const nav_t *nav, size_t i)
{
    double considered = p->star_misalignment_sigma_rad;
    return nav->attitude.p[i * N + i] + considered * considered;
}

static void correct(nav_attitude_t *a, const double dx[N])
{
    double dq[4];
    quat_from_rotvec(dq, dx);
    quat_mul(a->q_body_from_eci, dq, a->q_body_from_eci);
    quat_normalize(a->q_body_from_eci);
    vec3_add(a->bias_radps, a->bias_radps, &dx[3]);
    vec3_sub(a->w_body_radps, a->w_body_radps, &dx[3]);
}

void nav_star_update(const flight_params_t *p, nav_t *nav, const measurement_t *m)
{
    nav_attitude_t *a = &nav->attitude;
    if (!nav_take(p, nav, &nav->track[NAV_STAR], m)) return;
    propagate_covariance(p, nav);
    const double *q = m->z;
    double norm2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
    bool ok = false;
    if (m->count == STAR_VALUES && norm2 > 0.99 && norm2 < 1.01) { /* false for NaN too */
        double back[3], dq[4], q_then[4], q_inv[4], residual_q[4], z_body[3], z[3], c[9], h[3 * N] = {0.0}, dx[N];
        double roll = p->star_sigma_roll_rad * p->star_sigma_roll_rad;
        double cross = p->star_sigma_cross_rad * p->star_sigma_cross_rad;
        double r[3] = {roll, cross, cross};
        vec3_scale(back, -1.0e-6 * (double)(nav->t_us - m->t_valid_us), a->w_body_radps);
        quat_from_rotvec(dq, back);
        quat_mul(q_then, dq, a->q_body_from_eci);
        quat_conj(q_inv, p->q_star_from_body);
        quat_mul(residual_q, q_inv, q);
        quat_conj(q_inv, q_then);
        quat_mul(residual_q, residual_q, q_inv);
        quat_normalize(residual_q);
        quat_to_rotvec(z_body, residual_q);
        quat_to_dcm(c, p->q_star_from_body);
        mat3_mul_vec(z, c, z_body);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 3; j++) h[i * N + j] = c[3 * i + j];
        ok = kalman_update3(N, N, a->p, h, z, r, p->gate_chi2_3dof, dx, &nav->track[NAV_STAR].nis);
        if (ok) correct(a, dx);
    }
    nav_accept(nav, &nav->track[NAV_STAR], ok);
}

const model_t model_star = {.kind = KIND_STAR, .while_docked = true, .update = nav_star_update};
