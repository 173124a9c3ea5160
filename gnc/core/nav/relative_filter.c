/* Relative filter: chaser minus target in eci axes, the target's attitude error against its
 * nominal hold, and the relative GNSS bias. The target's own orbit is carried beside it.
 * Equations and axes: docs/design/nav_relative.md. */
#include "nav/nav.h"

#define LOST_SCALE_SIGMA 0.1 /* 1 sigma of a velocity increment that no accelerometer sensed, of the increment */
#define COVARIANCE_S 0.95 /* the covariance is propagated about once a second, or before a measurement */
#define PUSH_S 2.0 /* time constant of what is sensed while no valve is driven */
#define PUSH_SHARE 0.2 /* of what sound units may differ by: a push that is more is real */
#define PUSH_KNOWN_S 30.0 /* until the bias has been averaged for so long, a push cannot be told from it */
#define THRUST_TAIL_CYCLES 1 /* cycles after a firing in which its thrust still decays */

double nav_rgnss_growth(const flight_params_t *p, const nav_t *nav)
{
    const rgnss_block_t *own = nav_block_in_use(p, nav, KIND_RGNSS);
    return own != NULL ? 1.0 + vec3_norm(nav->relative.dr_eci_m) / own->growth_m : 1.0;
}

static void start(const filter_t *f, double *cov, size_t block, double sigma)
{
    filter_start(f, cov, block, sigma * sigma);
}

/* Position and velocity are handed over in the turning hill frame, with errors of their own: v = v_hill + w x r, so
 * that the error of r is in the inertial velocity too. */
static void handed_over_in_hill(nav_relative_t *n, double variance_r)
{
    size_t states = n->filter.states;
    double h[3], w[9], ww[9], r2 = vec3_dot(n->r_target_eci_m, n->r_target_eci_m);
    vec3_cross(h, n->r_target_eci_m, n->v_target_eci_mps);
    vec3_scale(h, 1.0 / r2, h);
    mat3_skew(w, h);
    mat3_mul_t(ww, w, w);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            size_t vi = n->filter.at[RELATIVE_V] + i, vj = n->filter.at[RELATIVE_V] + j,
                   rj = n->filter.at[RELATIVE_R] + j;
            n->p[vi * states + vj] += variance_r * ww[3 * i + j];
            n->p[vi * states + rj] = n->p[rj * states + vi] = variance_r * w[3 * i + j];
        }
}

static void start_filters(const flight_params_t *p, nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    const uint8_t as[RELATIVE_BLOCKS] = {BLOCK_ESTIMATED, BLOCK_ESTIMATED,  BLOCK_ESTIMATED, BLOCK_ESTIMATED,
                                         BLOCK_ESTIMATED, BLOCK_CONSIDERED, BLOCK_CONSIDERED};
    uint8_t relative[RELATIVE_BLOCKS] = {BLOCK_ESTIMATED, BLOCK_ESTIMATED}, orbit[ORBIT_BLOCKS] = {BLOCK_ABSENT};
    for (size_t i = 0; i < p->instrument_count; i++) {
        const model_t *model = flight_model_of(p->instrument_kind[i]);
        for (size_t b = 0; b < RELATIVE_BLOCKS; b++)
            if (model->sees & (1u << b)) relative[b] = as[b];
        if (model->chain & CHAIN_ORBIT) orbit[ORBIT_R] = orbit[ORBIT_V] = BLOCK_ESTIMATED;
    }
    if (p->target_attitude_mode == TARGET_UNKNOWN) relative[RELATIVE_THETA] = relative[RELATIVE_RATE] = BLOCK_ABSENT;
    filter_layout(&n->orbit, ORBIT_BLOCKS, orbit);
    start(&n->orbit, n->p_orbit, ORBIT_R, p->target_sigma_r_m);
    start(&n->orbit, n->p_orbit, ORBIT_V, p->target_sigma_v_mps);
    filter_layout(&n->filter, RELATIVE_BLOCKS, relative);
    start(&n->filter, n->p, RELATIVE_R, p->init_sigma_r_m);
    start(&n->filter, n->p, RELATIVE_V, p->init_sigma_v_mps);
    handed_over_in_hill(n, p->init_sigma_r_m * p->init_sigma_r_m);
    start(&n->filter, n->p, RELATIVE_THETA, p->target_attitude_sigma_rad);
    start(&n->filter, n->p, RELATIVE_RATE, p->target_rate_sigma_radps);
}

void nav_relative_init(const flight_params_t *p, nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    vec3_copy(n->r_target_eci_m, p->target_r_eci_m);
    vec3_copy(n->v_target_eci_mps, p->target_v_eci_mps);
    (void)orbit_hill_to_relative(n->dr_eci_m, n->dv_eci_mps, n->r_target_eci_m, n->v_target_eci_mps, p->init_r_hill_m,
                                 p->init_v_hill_mps); /* flight_init has refused a degenerate orbit */
    double r_chaser[3], g[3];
    orbit_gravity(n->a_target_eci_mps2, &nav->gravity, n->r_target_eci_m);
    vec3_add(r_chaser, n->r_target_eci_m, n->dr_eci_m);
    orbit_gravity(g, &nav->gravity, r_chaser);
    vec3_sub(n->da_eci_mps2, g, n->a_target_eci_mps2);
    /* The target's attitude about its hold: a damped oscillator driven by white noise, so that both
     * its variances stay what they are declared to be (stationary: psd = 2 damping rate_sigma^2). */
    double frequency = p->target_rate_sigma_radps / p->target_attitude_sigma_rad;
    n->hold_stiffness_ps2 = frequency * frequency;
    n->hold_damping_ps = 2.0 * p->target_damping_ratio * frequency;
    n->hold_psd_rad2ps3 = 2.0 * n->hold_damping_ps * p->target_rate_sigma_radps * p->target_rate_sigma_radps;
    for (size_t i = 0; i < HISTORY; i++) n->history[i].t_us = UINT64_MAX; /* not filled yet */
    n->cycles_since_thrust = UINT32_MAX;
    start_filters(p, nav);
}

void nav_relative_remember(nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    nav_sample_t *s = &n->history[n->history_next];
    s->t_us = nav->t_us;
    vec3_copy(s->dr_eci_m, n->dr_eci_m);
    vec3_copy(s->dv_eci_mps, n->dv_eci_mps);
    vec3_copy(s->r_target_eci_m, n->r_target_eci_m);
    vec3_copy(s->v_target_eci_mps, n->v_target_eci_mps);
    for (size_t i = 0; i < 4; i++) s->q_body_from_eci[i] = nav->attitude.q_body_from_eci[i];
    vec3_copy(s->w_body_radps, nav->attitude.w_body_radps);
    vec3_copy(s->theta_tbody_rad, n->theta_tbody_rad);
    vec3_copy(s->rate_tbody_radps, n->rate_tbody_radps);
    n->history_next = (n->history_next + 1) % HISTORY;
}

bool nav_relative_at(const nav_t *nav, uint64_t t_us, nav_sample_t *out)
{
    const nav_sample_t *best = NULL;
    for (size_t i = 0; i < HISTORY; i++) {
        const nav_sample_t *s = &nav->relative.history[i];
        if (s->t_us >= t_us && s->t_us != UINT64_MAX && (best == NULL || s->t_us < best->t_us)) best = s;
    }
    if (best == NULL || best->t_us - t_us >= nav->cycle_us) return false;
    double back_s = 1.0e-6 * elem_from_u64(best->t_us - t_us), turn[3], dq[4];
    *out = *best;
    out->t_us = t_us;
    vec3_axpy(out->dr_eci_m, out->dr_eci_m, -back_s, out->dv_eci_mps);
    vec3_axpy(out->r_target_eci_m, out->r_target_eci_m, -back_s, out->v_target_eci_mps);
    vec3_axpy(out->theta_tbody_rad, out->theta_tbody_rad, -back_s, out->rate_tbody_radps);
    vec3_scale(turn, -back_s, out->w_body_radps);
    quat_from_rotvec(dq, turn);
    quat_mul(out->q_body_from_eci, dq, out->q_body_from_eci);
    return true;
}

/* A thruster counts as fired when the last command asked for it or the valve drivers report it: the command alone
 * misses thrust that was commanded elsewhere, the report alone is lost with the drivers' telemetry. */
static void watch_thrust(nav_t *nav, const sensor_frame_t *s, bool fired)
{
    nav_relative_t *n = &nav->relative;
    bool thrust = fired;
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) thrust = thrust || s->thruster_applied_us[t] > 0;
    if (thrust) n->cycles_since_thrust = 0;
    else if (n->cycles_since_thrust < UINT32_MAX) n->cycles_since_thrust++;
}

/* Without an accelerometer: what the valve drivers report, and as uncertain as their thrust. */
static void unsensed_velocity(nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    double given = LOST_SCALE_SIGMA * vec3_norm(nav->imu.expected_mps);
    if (!(given > 0.0)) return;
    quat_irotate(n->sensed_eci_mps, nav->attitude.q_body_from_eci, nav->imu.expected_mps);
    filter_noise(&n->filter, n->p, RELATIVE_V, RELATIVE_V, given * given, 0.0, 0.0);
}

/* While no valve is driven: pushed all the same, by a leak or a valve that hangs. What the accelerometer then shows
 * must not be learnt as its bias. */
static bool is_pushed(const imu_block_t *own, const nav_t *nav)
{
    return nav->relative.accel_bias_age_s > PUSH_KNOWN_S &&
           vec3_norm(nav->imu.push_mps2) > PUSH_SHARE * own->agree_mps2;
}

/* What of the cycle's motion the valve drivers' report does not explain, body axes. */
static void unexplained(nav_t *nav, const double dv_body_mps[3])
{
    nav_imu_t *imu = &nav->imu;
    double dw[3];
    vec3_sub(imu->unexplained_mps, dv_body_mps, imu->expected_mps);
    vec3_sub(dw, nav->attitude.w_body_radps, nav->attitude.w_before_radps);
    vec3_sub(imu->unexplained_radps, dw, imu->expected_radps);
    imu->explained = imu->gyro_taken && imu->gyro_before;
}

static void watch_push(const flight_params_t *p, nav_t *nav)
{
    nav_imu_t *imu = &nav->imu;
    double gain = p->cycle_s / PUSH_S;
    if (!imu->accel_taken || nav->relative.cycles_since_thrust <= THRUST_TAIL_CYCLES) return;
    for (size_t i = 0; i < 3; i++)
        imu->push_mps2[i] +=
            gain * (imu->dv_body_mps[i] / p->cycle_s - nav->relative.accel_bias_mps2[i] - imu->push_mps2[i]);
}

/* Velocity the accelerometer sensed over the cycle, at the c.m., eci axes. While no thruster
 * fires all it shows is bias, which is averaged; while one fires the bias is taken off. */
static void sensed_velocity(const flight_params_t *p, nav_t *nav)
{
    size_t imu = nav_in_use(p, nav, KIND_IMU);
    nav_relative_t *n = &nav->relative;
    double *dv_eci = n->sensed_eci_mps;
    double dt = p->cycle_s, arm[3], dw[3], lever[3], dv[3];
    vec3_set(dv_eci, 0.0, 0.0, 0.0);
    nav->imu.explained = false;
    if (!nav->imu.accel_taken) {
        unsensed_velocity(nav);
        return;
    }
    const imu_block_t *own = nav_block(p, imu);
    if (n->cycles_since_thrust > THRUST_TAIL_CYCLES && !is_pushed(own, nav)) {
        n->accel_bias_age_s += dt;
        double gain = dt / elem_min(n->accel_bias_age_s, own->accel_bias_tau_s);
        for (size_t i = 0; i < 3; i++)
            n->accel_bias_mps2[i] += gain * (nav->imu.dv_body_mps[i] / dt - n->accel_bias_mps2[i]);
        n->sensed_mps -= n->sensed_mps * dt / own->accel_bias_tau_s;
        for (size_t i = 0; i < 3; i++) dv[i] = nav->imu.dv_body_mps[i] - dt * n->accel_bias_mps2[i];
        unexplained(nav, dv);
        return;
    }
    /* a_imu = a_cm + dw/dt x r + w x (w x r) */
    nav_arm(p, imu, arm);
    vec3_sub(dw, nav->attitude.w_body_radps, nav->attitude.w_before_radps);
    vec3_cross(lever, dw, arm);
    vec3_sub(dv, nav->imu.dv_body_mps, lever);
    vec3_cross(lever, nav->attitude.w_body_radps, arm);
    vec3_cross(lever, nav->attitude.w_body_radps, lever);
    vec3_axpy(dv, dv, -dt, lever);
    vec3_axpy(dv, dv, -dt, n->accel_bias_mps2);
    unexplained(nav, dv);
    quat_irotate(dv_eci, nav->attitude.q_body_from_eci, dv);
    n->sensed_mps += vec3_norm(dv);
}

/* Velocity Verlet under the on-board gravity for both craft; thrust from the accelerometer. */
static void move(const flight_params_t *p, nav_t *nav, double sensed_before)
{
    nav_relative_t *n = &nav->relative;
    double dt = p->cycle_s, a_target[3], g[3], r[3];
    const double *dv = n->sensed_eci_mps;
    for (size_t i = 0; i < 3; i++) {
        n->r_target_eci_m[i] += dt * (n->v_target_eci_mps[i] + 0.5 * dt * n->a_target_eci_mps2[i]);
        n->dr_eci_m[i] += dt * (n->dv_eci_mps[i] + 0.5 * (dt * n->da_eci_mps2[i] + dv[i]));
    }
    orbit_gravity(a_target, &nav->gravity, n->r_target_eci_m);
    vec3_add(r, n->r_target_eci_m, n->dr_eci_m);
    orbit_gravity(g, &nav->gravity, r);
    for (size_t i = 0; i < 3; i++) {
        double da = g[i] - a_target[i];
        n->v_target_eci_mps[i] += 0.5 * dt * (n->a_target_eci_mps2[i] + a_target[i]);
        n->dv_eci_mps[i] += 0.5 * dt * (n->da_eci_mps2[i] + da) + dv[i];
        n->a_target_eci_mps2[i] = a_target[i];
        n->da_eci_mps2[i] = da;
        n->theta_tbody_rad[i] += dt * n->rate_tbody_radps[i];
        n->rate_tbody_radps[i] -=
            dt * (n->hold_stiffness_ps2 * n->theta_tbody_rad[i] + n->hold_damping_ps * n->rate_tbody_radps[i]);
    }
    /* The scale error acts on the sum of what was sensed, so its variance grows with the square. */
    if (n->sensed_mps > sensed_before) {
        const imu_block_t *imu = nav_block_in_use(p, nav, KIND_IMU);
        double k = imu->accel_scale_sigma, grown = n->sensed_mps * n->sensed_mps - sensed_before * sensed_before;
        filter_noise(&n->filter, n->p, RELATIVE_V, RELATIVE_V, k * k * grown, 0.0, 0.0);
    }
    const rgnss_block_t *rgnss = nav_block_in_use(p, nav, KIND_RGNSS);
    if (rgnss != NULL) vec3_scale(n->bias_rgnss_eci_m, 1.0 - dt / rgnss->bias_tau_s, n->bias_rgnss_eci_m);
    n->pending_s += dt;
    nav_relative_remember(nav);
    if (n->pending_s > COVARIANCE_S) nav_relative_covariance(p, nav);
}

void nav_relative_propagate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired)
{
    double sensed_before = nav->relative.sensed_mps;
    watch_thrust(nav, s, fired);
    watch_push(p, nav);
    sensed_velocity(p, nav);
    move(p, nav, sensed_before);
}

void nav_relative_coast(const flight_params_t *p, nav_t *nav)
{
    vec3_set(nav->relative.sensed_eci_mps, 0.0, 0.0, 0.0);
    move(p, nav, nav->relative.sensed_mps);
}

/* Point-mass gravity gradient, -mu/r^3 (I - 3 u u'). */
static void gravity_gradient(const flight_params_t *p, const nav_t *nav, double g[9])
{
    const double *r = nav->relative.r_target_eci_m;
    double r2 = vec3_dot(r, r), k = p->mu_m3ps2 / (r2 * elem_sqrt(r2));
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) g[3 * i + j] = 3.0 * k * (r[i] * r[j]) / r2 - (i == j ? k : 0.0);
}

/* White noise of that density on the rate of a pair of blocks. */
static void white(const filter_t *f, double *cov, size_t a, size_t b, double q, double dt)
{
    filter_noise(f, cov, a, b, q * dt * dt * dt / 3.0, q * dt * dt / 2.0, q * dt);
}

void nav_relative_covariance(const flight_params_t *p, nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    double dt = n->pending_s, g[9];
    if (!(dt > 0.0)) return;
    gravity_gradient(p, nav, g);
    const rgnss_block_t *rgnss = nav_block_in_use(p, nav, KIND_RGNSS);
    double k = n->hold_stiffness_ps2, d = n->hold_damping_ps, keep = rgnss != NULL ? 1.0 - dt / rgnss->bias_tau_s : 0.0;
    double bias = rgnss != NULL ? rgnss->bias_sigma_m * nav_rgnss_growth(p, nav) : 0.0;
    const filter_motion_t orbit = {
        ORBIT_R, ORBIT_V, .ab = dt, .m = g, .ay = 0.5 * dt * dt, .by = dt,
    };
    const filter_motion_t relative[] = {
        {RELATIVE_R, RELATIVE_V, .ab = dt, .m = g, .ay = 0.5 * dt * dt, .by = dt},
        {RELATIVE_THETA, RELATIVE_RATE, .aa = 1.0 - 0.5 * dt * dt * k, .ab = dt * (1.0 - 0.5 * dt * d),
         .ba = dt * (-k + 0.5 * dt * d * k), .bb = 1.0 - dt * d + 0.5 * dt * dt * (d * d - k)},
        {RELATIVE_GNSS_BIAS, FILTER_NONE, .aa = keep},
    };
    filter_propagate(&n->filter, n->p, relative, sizeof relative / sizeof relative[0]);
    white(&n->filter, n->p, RELATIVE_R, RELATIVE_V, p->rel_accel_psd_m2ps3, dt);
    /* the part that remains after damping over dt */
    white(&n->filter, n->p, RELATIVE_THETA, RELATIVE_RATE, n->hold_psd_rad2ps3 * (1.0 - d * dt), dt);
    filter_noise(&n->filter, n->p, RELATIVE_GNSS_BIAS, FILTER_NONE, bias * bias * (1.0 - keep * keep), 0.0, 0.0);
    filter_propagate(&n->orbit, n->p_orbit, &orbit, 1);
    white(&n->orbit, n->p_orbit, ORBIT_R, ORBIT_V, p->orbit_accel_psd_m2ps3, dt);
    n->pending_s = 0.0;
}

static void add(double x[3], const double *dx)
{
    if (dx != NULL) vec3_add(x, x, dx);
}

void nav_orbit_correct(nav_t *nav, const double *dx)
{
    nav_relative_t *n = &nav->relative;
    const double *dr = filter_correction(&n->orbit, dx, ORBIT_R), *dv = filter_correction(&n->orbit, dx, ORBIT_V);
    add(n->r_target_eci_m, dr);
    add(n->v_target_eci_mps, dv);
    for (size_t k = 0; k < HISTORY; k++) {
        add(n->history[k].r_target_eci_m, dr);
        add(n->history[k].v_target_eci_mps, dv);
    }
}

void nav_relative_correct(nav_t *nav, const double *dx)
{
    nav_relative_t *n = &nav->relative;
    const filter_t *f = &n->filter;
    const double *dr = filter_correction(f, dx, RELATIVE_R), *dv = filter_correction(f, dx, RELATIVE_V),
                 *dtheta = filter_correction(f, dx, RELATIVE_THETA), *drate = filter_correction(f, dx, RELATIVE_RATE);
    add(n->dr_eci_m, dr);
    add(n->dv_eci_mps, dv);
    add(n->theta_tbody_rad, dtheta);
    add(n->rate_tbody_radps, drate);
    add(n->bias_rgnss_eci_m, filter_correction(f, dx, RELATIVE_GNSS_BIAS));
    /* Past states are corrected too, or the next late measurement would see the old error again. */
    for (size_t k = 0; k < HISTORY; k++) {
        nav_sample_t *past = &n->history[k];
        double late_s = past->t_us < nav->t_us ? 1.0e-6 * elem_from_u64(nav->t_us - past->t_us) : 0.0;
        add(past->dr_eci_m, dr);
        add(past->dv_eci_mps, dv);
        add(past->theta_tbody_rad, dtheta);
        add(past->rate_tbody_radps, drate);
        if (drate != NULL) vec3_axpy(past->theta_tbody_rad, past->theta_tbody_rad, -late_s, drate);
    }
}

bool nav_relative_update(nav_t *nav, size_t instrument, const observation_t *o)
{
    nav_relative_t *n = &nav->relative;
    double dx[FILTER_STATES], *nis = &nav->track[instrument].nis;
    if (!nav->track[instrument].in_use) return filter_judge(&n->filter, n->p, o, nav->gate[o->components], nis);
    if (!filter_update(&n->filter, n->p, o, nav->gate[o->components], dx, nis)) return false;
    nav_relative_correct(nav, dx);
    return true;
}

bool nav_orbit_update(nav_t *nav, size_t instrument, const observation_t *o)
{
    nav_relative_t *n = &nav->relative;
    double dx[FILTER_STATES], *nis = &nav->track[instrument].nis;
    if (!nav->track[instrument].in_use) return filter_judge(&n->orbit, n->p_orbit, o, nav->gate[o->components], nis);
    if (!filter_update(&n->orbit, n->p_orbit, o, nav->gate[o->components], dx, nis)) return false;
    nav_orbit_correct(nav, dx);
    return true;
}

void nav_hold_frame(const flight_params_t *p, const double r_target_eci_m[3], const double v_target_eci_mps[3],
                    double c_frame_from_eci[9], double w_eci_radps[3])
{
    double w_hill[3];
    (void)orbit_hill_frame(c_frame_from_eci, w_hill, r_target_eci_m, v_target_eci_mps);
    mat3_tmul_vec(w_eci_radps, c_frame_from_eci, w_hill);
    if (p->target_attitude_mode != TARGET_INERTIAL_HOLD) return;
    for (size_t i = 0; i < 9; i++) c_frame_from_eci[i] = i % 4 == 0 ? 1.0 : 0.0;
    vec3_set(w_eci_radps, 0.0, 0.0, 0.0);
}

void nav_target_attitude(const flight_params_t *p, const nav_sample_t *at, double c_eci_from_tbody[9])
{
    double c_frame_from_eci[9], w[3], c_tbody_from_frame[9], c_tbody_from_eci[9], q[4];
    quat_from_rotvec(q, at->theta_tbody_rad);
    quat_mul(q, q, p->q_tbody_from_hill);
    quat_to_dcm(c_tbody_from_frame, q);
    nav_hold_frame(p, at->r_target_eci_m, at->v_target_eci_mps, c_frame_from_eci, w);
    mat3_mul(c_tbody_from_eci, c_tbody_from_frame, c_frame_from_eci);
    mat3_transpose(c_eci_from_tbody, c_tbody_from_eci);
}

/* Target attitude and rate against its hold, from the chaser's, which the latches hold. */
static void mated_attitude(const flight_params_t *p, nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    const nav_attitude_t *a = &nav->attitude;
    double q_tbody_from_body[4], q[4], q_frame[4], c[9], w_eci[3], turning[3];
    quat_conj(q_tbody_from_body, p->q_tport_from_tbody);
    quat_mul(q_tbody_from_body, q_tbody_from_body, p->q_tport_from_port);
    quat_mul(q_tbody_from_body, q_tbody_from_body, p->q_port_from_body);
    nav_hold_frame(p, n->r_target_eci_m, n->v_target_eci_mps, c, w_eci);
    quat_from_dcm(q_frame, c);
    quat_mul(q_frame, p->q_tbody_from_hill, q_frame); /* nominal tbody from eci */
    quat_conj(q_frame, q_frame);
    quat_mul(q, q_tbody_from_body, a->q_body_from_eci);
    quat_rotate(turning, q, w_eci);
    quat_mul(q, q, q_frame);
    quat_to_rotvec(n->theta_tbody_rad, q);
    quat_rotate(n->rate_tbody_radps, q_tbody_from_body, a->w_body_radps);
    vec3_sub(n->rate_tbody_radps, n->rate_tbody_radps, turning);
}

void nav_relative_mated(const flight_params_t *p, nav_t *nav)
{
    nav_relative_t *n = &nav->relative;
    const nav_attitude_t *a = &nav->attitude;
    double arm[3], port[3], w_eci[3], r_chaser[3], g[3];
    mated_attitude(p, nav);
    /* from the target's c.m. to its port, then on to the chaser's c.m., body axes */
    quat_rotate(port, p->q_tport_from_tbody, p->tport_tbody_m);
    quat_irotate(port, p->q_tport_from_port, port);
    quat_irotate(port, p->q_port_from_body, port);
    vec3_sub(arm, p->port_body_m, p->com_body_m);
    vec3_sub(port, port, arm);
    quat_irotate(n->dr_eci_m, a->q_body_from_eci, port);
    quat_irotate(w_eci, a->q_body_from_eci, a->w_body_radps);
    vec3_cross(n->dv_eci_mps, w_eci, n->dr_eci_m);
    vec3_add(r_chaser, n->r_target_eci_m, n->dr_eci_m);
    orbit_gravity(g, &nav->gravity, r_chaser);
    vec3_sub(n->da_eci_mps2, g, n->a_target_eci_mps2);
    start(&n->filter, n->p, RELATIVE_R, p->mated_sigma_r_m);
    start(&n->filter, n->p, RELATIVE_V, p->mated_sigma_v_mps);
    start(&n->filter, n->p, RELATIVE_THETA, p->mated_sigma_attitude_rad);
    start(&n->filter, n->p, RELATIVE_RATE, p->target_rate_sigma_radps);
    n->pending_s = 0.0;
    /* What the accelerometer felt until now is the stack's, and the push that parted it. */
    vec3_set(n->accel_bias_mps2, 0.0, 0.0, 0.0);
    n->accel_bias_age_s = 0.0;
    for (size_t i = 0; i < HISTORY; i++) n->history[i].t_us = UINT64_MAX;
    nav_relative_remember(nav);
}
