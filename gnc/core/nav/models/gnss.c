/* GNSS measurement models: relative (antenna to antenna, with a Gauss-Markov bias) and absolute. */
#include "nav/nav.h"

#define GNSS_VALUES 6

/* Antenna minus c.m. of the chaser, eci, and its rate. */
static void chaser_antenna(const flight_params_t *p, const nav_sample_t *at, double arm_eci[3], double rate_eci[3])
{
    double arm[3], rate[3];
    vec3_sub(arm, p->gnss_body_m, p->com_body_m);
    vec3_cross(rate, at->w_body_radps, arm);
    quat_irotate(arm_eci, at->q_body_from_eci, arm);
    quat_irotate(rate_eci, at->q_body_from_eci, rate);
}

typedef struct {
    double c[9];          /* eci from tbody */
    double arm[3], rate[3]; /* target antenna minus c.m. and its rate, eci */
    double by_theta[9];   /* d(-arm)/d theta = c [l]x */
    double rate_by_theta[9]; /* d(-rate)/d theta = [w]x c [l]x + c [rate x l]x */
} target_antenna_t;

static void target_antenna(const flight_params_t *p, const nav_t *nav, const nav_sample_t *at, target_antenna_t *t)
{
    double c_hill_from_eci[9], w_hill[3], w[3], cross[3], skew[9], by_rate[9];
    const double *l = p->tgnss_tbody_m;
    nav_target_attitude(p, nav, at, t->c);
    (void)orbit_hill_frame(c_hill_from_eci, w_hill, at->r_target_eci_m, at->v_target_eci_mps);
    mat3_mul_vec(t->arm, t->c, l);
    mat3_tmul_vec(w, c_hill_from_eci, w_hill);
    vec3_cross(t->rate, w, t->arm);
    vec3_cross(cross, nav->relative.rate_tbody_radps, l);
    mat3_skew(skew, cross);
    mat3_mul(by_rate, t->c, skew);
    mat3_mul_vec(cross, t->c, cross);
    vec3_add(t->rate, t->rate, cross);
    mat3_skew(skew, l);
    mat3_mul(t->by_theta, t->c, skew);
    mat3_skew(skew, w);
    mat3_mul(t->rate_by_theta, skew, t->by_theta);
    for (size_t i = 0; i < 9; i++) t->rate_by_theta[i] += by_rate[i];
}

static bool update_position(const flight_params_t *p, nav_t *nav, const double z[3], const target_antenna_t *t, double late_s)
{
    double h[3 * REL] = {0.0}, dx[REL_ESTIMATED], sigma = p->rgnss_sigma_r_m * nav_rgnss_growth(p, nav),
                 var = sigma * sigma;
    double r[3] = {var, var, var};
    for (size_t i = 0; i < 3; i++) {
        h[i * REL + i] = 1.0;
        h[i * REL + 3 + i] = -late_s;
        h[i * REL + 12 + i] = 1.0;
        for (size_t j = 0; j < 3; j++) {
            h[i * REL + 6 + j] = t->by_theta[3 * i + j];
            h[i * REL + 9 + j] = -late_s * t->by_theta[3 * i + j];
        }
    }
    if (!kalman_update3(REL, REL_ESTIMATED, nav->relative.p, h, z, r, p->gate_chi2_3dof, dx,
                        &nav->track[NAV_RGNSS].nis))
        return false;
    nav_relative_correct(nav, dx);
    return true;
}

static bool update_velocity(const flight_params_t *p, nav_t *nav, const double z[3], const target_antenna_t *t, double late_s)
{
    double h[3 * REL] = {0.0}, dx[REL_ESTIMATED], sigma = p->rgnss_sigma_v_mps * nav_rgnss_growth(p, nav),
                 var = sigma * sigma, nis;
    double r[3] = {var, var, var};
    for (size_t i = 0; i < 3; i++) {
        h[i * REL + 3 + i] = 1.0;
        for (size_t j = 0; j < 3; j++) {
            h[i * REL + 6 + j] = t->rate_by_theta[3 * i + j];
            h[i * REL + 9 + j] = t->by_theta[3 * i + j] - late_s * t->rate_by_theta[3 * i + j];
        }
    }
    if (!kalman_update3(REL, REL_ESTIMATED, nav->relative.p, h, z, r, p->gate_chi2_3dof, dx, &nis)) return false;
    nav_relative_correct(nav, dx);
    return true;
}

void nav_rgnss_update(const flight_params_t *p, nav_t *nav, const measurement_t *m)
{
    nav_sample_t at;
    sensor_track_t *track = &nav->track[NAV_RGNSS];
    if (!nav_take(p, nav, track, m)) return;
    const double *r_m = &m->z[0], *v_mps = &m->z[3];
    bool ok = false;
    if (m->count == GNSS_VALUES && nav_all_finite(m->z, GNSS_VALUES) && nav_relative_at(nav, m->t_valid_us, &at)) {
        double arm[3], rate[3], z[3], zv[3], late_s = 1.0e-6 * (double)(nav->t_us - at.t_us);
        target_antenna_t t;
        nav_relative_covariance(p, nav);
        chaser_antenna(p, &at, arm, rate);
        target_antenna(p, nav, &at, &t);
        for (size_t i = 0; i < 3; i++)
            z[i] = r_m[i] - (at.dr_eci_m[i] + arm[i] - t.arm[i] + nav->relative.bias_rgnss_eci_m[i]);
        ok = update_position(p, nav, z, &t, late_s);
        if (ok && nav_relative_at(nav, m->t_valid_us, &at)) {
            for (size_t i = 0; i < 3; i++) zv[i] = v_mps[i] - (at.dv_eci_mps[i] + rate[i] - t.rate[i]);
            ok = update_velocity(p, nav, zv, &t, late_s);
        }
    }
    nav_accept(nav, track, ok);
}

/* One block update of the target's own orbit from the chaser's absolute fix less the relative state,
 * whose own uncertainty adds to the fix's. */
static bool update_orbit(const flight_params_t *p, nav_t *nav, size_t at, const double z[3], double sigma)
{
    nav_relative_t *n = &nav->relative;
    double h[3 * ORB] = {0.0}, dx[ORB], nis, r[3];
    for (size_t i = 0; i < 3; i++) {
        h[i * ORB + at + i] = 1.0;
        r[i] = sigma * sigma + n->p[(at + i) * REL + at + i];
    }
    if (!kalman_update3(ORB, ORB, n->p_orbit, h, z, r, p->gate_chi2_3dof, dx, &nis)) return false;
    nav->track[NAV_GNSS].nis = nis;
    vec3_add(n->r_target_eci_m, n->r_target_eci_m, &dx[0]);
    vec3_add(n->v_target_eci_mps, n->v_target_eci_mps, &dx[3]);
    for (size_t k = 0; k < HISTORY; k++) {
        vec3_add(n->history[k].r_target_eci_m, n->history[k].r_target_eci_m, &dx[0]);
        vec3_add(n->history[k].v_target_eci_mps, n->history[k].v_target_eci_mps, &dx[3]);
    }
    return true;
}

void nav_gnss_update(const flight_params_t *p, nav_t *nav, const measurement_t *m)
{
    nav_sample_t at;
    sensor_track_t *track = &nav->track[NAV_GNSS];
    if (!nav_take(p, nav, track, m)) return;
    const double *r_m = &m->z[0], *v_mps = &m->z[3];
    bool ok = false;
    if (m->count == GNSS_VALUES && nav_all_finite(m->z, GNSS_VALUES) && nav_relative_at(nav, m->t_valid_us, &at)) {
        double arm[3], rate[3], z[3];
        nav_relative_covariance(p, nav);
        chaser_antenna(p, &at, arm, rate);
        for (size_t i = 0; i < 3; i++) z[i] = r_m[i] - arm[i] - at.dr_eci_m[i] - at.r_target_eci_m[i];
        ok = update_orbit(p, nav, 0, z, p->gnss_sigma_r_m);
        if (ok && nav_relative_at(nav, m->t_valid_us, &at)) {
            for (size_t i = 0; i < 3; i++) z[i] = v_mps[i] - rate[i] - at.dv_eci_mps[i] - at.v_target_eci_mps[i];
            ok = update_orbit(p, nav, 3, z, p->gnss_sigma_v_mps);
        }
    }
    nav_accept(nav, track, ok);
}

const model_t model_rgnss = {.kind = KIND_RGNSS, .while_docked = false, .update = nav_rgnss_update};
const model_t model_gnss = {.kind = KIND_GNSS, .while_docked = false, .update = nav_gnss_update};
