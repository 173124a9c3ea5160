/* The estimate in the frames guidance, control and the monitors use. */
#include "nav/nav.h"

/* Variances of a block in hill axes; besides: a further variance of each
 * axis. */
static void variance_hill(const double c[9], const nav_relative_t *n, size_t block, double besides, double out[3])
{
    size_t states = n->filter.states, at = n->filter.at[block];
    const double *cov = &n->p[at * states + at];
    for (size_t k = 0; k < 3; k++) {
        const double *axis = &c[3 * k];
        double across[3];
        for (size_t i = 0; i < 3; i++) across[i] = vec3_dot(&cov[i * states], axis);
        out[k] = besides + vec3_dot(axis, across);
    }
}

/* The states that the filters carry, as they are. */
static void states(const flight_params_t *p, const nav_t *nav, solution_t *o)
{
    const nav_relative_t *n = &nav->relative;
    o->t_us = nav->t_us;
    for (size_t i = 0; i < 4; i++) o->q_body_from_eci[i] = nav->attitude.q_body_from_eci[i];
    vec3_copy(o->w_body_eci_body_radps, nav->attitude.w_body_radps);
    vec3_copy(o->gyro_bias_radps, nav->attitude.bias_radps);
    vec3_copy(o->r_target_eci_m, n->r_target_eci_m);
    vec3_copy(o->v_target_eci_mps, n->v_target_eci_mps);
    vec3_copy(o->r_chaser_target_eci_m, n->dr_eci_m);
    vec3_copy(o->v_chaser_target_eci_mps, n->dv_eci_mps);
    vec3_copy(o->target_attitude_rad, n->theta_tbody_rad);
    vec3_copy(o->target_rate_radps, n->rate_tbody_radps);
    vec3_copy(o->sensed_eci_mps, n->sensed_eci_mps);
    o->cycles_since_thrust = n->cycles_since_thrust;
    o->explained = nav->imu.explained;
    vec3_copy(o->unexplained_mps, nav->imu.unexplained_mps);
    vec3_copy(o->unexplained_radps, nav->imu.unexplained_radps);
    /* All that is measured hangs on the chaser's structure: its centre of mass is off by as much again, whatever the
     * filter knows. */
    variance_hill(o->c_hill_from_eci, n, RELATIVE_R, p->com_sigma_m * p->com_sigma_m, o->variance_r_hill_m2);
    variance_hill(o->c_hill_from_eci, n, RELATIVE_V, 0.0, o->variance_v_hill_m2ps2);
    nav_attitude_variance(p, nav, o->variance_attitude_rad2);
    for (size_t i = 0; i < 3; i++)
        o->variance_target_attitude_rad2[i] = filter_variance(&n->filter, n->p, RELATIVE_THETA, i);
}

/* The target's attitude against hill: its nominal hold, and as estimated. */
static void target(const flight_params_t *p, const nav_relative_t *n, solution_t *o)
{
    double q[4], rate[3];
    for (size_t i = 0; i < 4; i++) o->q_hold_from_hill[i] = p->q_tbody_from_hill[i];
    vec3_set(o->w_hold_hill_hill_radps, 0.0, 0.0, 0.0);
    if (p->target_attitude_mode == TARGET_INERTIAL_HOLD) {
        quat_from_dcm(q, o->c_hill_from_eci);
        quat_conj(q, q);
        quat_mul(o->q_hold_from_hill, p->q_tbody_from_hill, q);
        vec3_scale(o->w_hold_hill_hill_radps, -1.0, o->w_hill_radps);
    }
    quat_from_rotvec(q, n->theta_tbody_rad);
    quat_mul(o->q_tbody_from_hill, q, o->q_hold_from_hill);
    quat_irotate(rate, o->q_tbody_from_hill, n->rate_tbody_radps);
    vec3_add(o->w_tbody_hill_hill_radps, rate, o->w_hold_hill_hill_radps);
}

void nav_solution(const flight_params_t *p, const nav_t *nav, solution_t *o)
{
    const nav_relative_t *n = &nav->relative;
    double q_hill_from_eci[4], q[4], w[3], arm[3], rel[3], c_tport_from_hill[9], port[3], spin[3];
    (void)orbit_hill_frame(o->c_hill_from_eci, o->w_hill_radps, n->r_target_eci_m, n->v_target_eci_mps);
    (void)orbit_relative_to_hill(o->r_hill_m, o->v_hill_mps, n->r_target_eci_m, n->v_target_eci_mps, n->dr_eci_m,
                                 n->dv_eci_mps);
    quat_from_dcm(q_hill_from_eci, o->c_hill_from_eci);
    quat_conj(q, q_hill_from_eci);
    quat_mul(o->q_body_from_hill, nav->attitude.q_body_from_eci, q);
    quat_rotate(w, o->q_body_from_hill, o->w_hill_radps);
    vec3_sub(o->w_body_hill_body_radps, nav->attitude.w_body_radps, w);
    /* chaser port */
    vec3_sub(arm, p->port_body_m, p->com_body_m);
    vec3_cross(rel, o->w_body_hill_body_radps, arm);
    quat_irotate(arm, o->q_body_from_hill, arm);
    quat_irotate(rel, o->q_body_from_hill, rel);
    vec3_add(o->r_port_hill_m, o->r_hill_m, arm);
    vec3_add(o->v_port_hill_mps, o->v_hill_mps, rel);
    target(p, n, o);
    /* target port, turning with the estimated rate */
    quat_irotate(port, o->q_tbody_from_hill, p->tport_tbody_m);
    quat_mul(q, p->q_tport_from_tbody, o->q_tbody_from_hill);
    quat_to_dcm(c_tport_from_hill, q);
    vec3_sub(rel, o->r_port_hill_m, port);
    mat3_mul_vec(o->r_port_tport_m, c_tport_from_hill, rel);
    vec3_cross(spin, o->w_tbody_hill_hill_radps, o->r_port_hill_m);
    vec3_sub(rel, o->v_port_hill_mps, spin);
    mat3_mul_vec(o->v_port_tport_mps, c_tport_from_hill, rel);
    states(p, nav, o);
}

/* How far relative GNSS and what else measures the same geometry disagree. What they do not agree on the filter puts
 * into the GNSS bias, against what both sensors' constant errors make of it: an estimate far beyond says that one of
 * them is wrong, which a gate on each measurement alone cannot see when the error was there from the start. */
static double disagreement(const flight_params_t *p, const nav_t *nav, const solution_t *o)
{
    const nav_relative_t *n = &nav->relative;
    const rgnss_block_t *own = nav_block_in_use(p, nav, KIND_RGNSS);
    const double *b = n->bias_rgnss_eci_m;
    double size2 = vec3_dot(b, b);
    if (own == NULL || !(size2 > 0.0)) return 0.0;
    double bias = own->bias_sigma_m * nav_rgnss_growth(p, nav);
    double boresight2 = filter_variance(&n->filter, n->p, RELATIVE_BORESIGHT, 0);
    return size2 / (bias * bias + boresight2 * vec3_dot(o->r_port_tport_m, o->r_port_tport_m));
}

static uint8_t quality(uint8_t followed, uint8_t chain)
{
    return (followed & chain) != 0 ? QUALITY_FOLLOWED : QUALITY_COASTING;
}

void nav_health(const flight_params_t *p, const nav_t *nav, solution_t *o)
{
    uint8_t followed = CHAIN_NONE; /* chains with a healthy instrument */
    for (size_t i = 0; i < p->instrument_count; i++) {
        const sensor_track_t *track = &nav->track[i];
        bool lost = nav_lost(p, nav, i);
        o->instrument_state[i] = (uint8_t)((track->seen ? INSTRUMENT_HEARD : 0) | (lost ? INSTRUMENT_LOST : 0) |
                                           (track->in_use ? INSTRUMENT_IN_USE : 0));
        o->instrument_rejects[i] = track->rejects;
        o->instrument_nis[i] = (float)track->nis;
        if (track->seen && !lost) followed |= nav->chain[i];
    }
    o->slots_refused = nav->slots_refused;
    o->attitude_quality = quality(followed, CHAIN_ATTITUDE);
    o->orbit_quality = quality(followed, CHAIN_ORBIT);
    o->relative_quality = quality(followed, CHAIN_RELATIVE);
    o->target_quality = quality(followed, CHAIN_TARGET);
    o->disagreement_chi2 = disagreement(p, nav, o);
}
