/* Two-impulse targeting by shooting: the on-board orbit model (point mass and J2, both craft)
 * gives the arrival point; the Yamanaka-Ankersen (2002) transition is only the slope. */
#include "guidance/guidance.h"

#define STEP_S 30.0
#define STEPS_MAX 400
#define ITERATIONS 5
#define MISS_OK_M 0.02
#define MISS_MAX_M 5.0
#define DETERMINANT_MIN 1.0e-3 /* times the rate squared: nearer to singular no step is taken */
/* Out of plane the transfer is singular at half revolutions; nearer than this it is left alone. */
#define OUT_OF_PLANE_MIN 0.3

typedef struct {
    double r_target[3], v_target[3], dr[3], dv[3]; /* eci */
} pair_t;

static void propagate(const gravity_t *gravity, pair_t *s, double dt_s)
{
    double r[3], v[3], steps = elem_floor(elem_abs(dt_s) / STEP_S) + 1.0;
    if (steps > (double)STEPS_MAX) steps = (double)STEPS_MAX;
    double h = dt_s / steps;
    vec3_add(r, s->r_target, s->dr);
    vec3_add(v, s->v_target, s->dv);
    for (uint32_t i = 0; i < (uint32_t)steps; i++) {
        orbit_rk4_step(s->r_target, s->v_target, gravity, h);
        orbit_rk4_step(r, v, gravity, h);
    }
    vec3_sub(s->dr, r, s->r_target);
    vec3_sub(s->dv, v, s->v_target);
}

static pair_t present(const solution_t *now)
{
    pair_t s;
    vec3_copy(s.r_target, now->r_target_eci_m);
    vec3_copy(s.v_target, now->v_target_eci_mps);
    vec3_copy(s.dr, now->r_chaser_target_eci_m);
    vec3_copy(s.dv, now->v_chaser_target_eci_mps);
    return s;
}

bool targeting_predict(const flight_params_t *p, const solution_t *now, double dt_s, double r_hill_m[3],
                       double v_hill_mps[3], double c_hill_from_eci[9])
{
    const gravity_t gravity = flight_gravity(p);
    pair_t s = present(now);
    double w[3];
    propagate(&gravity, &s, dt_s);
    return orbit_hill_frame(c_hill_from_eci, w, s.r_target, s.v_target) &&
           orbit_relative_to_hill(r_hill_m, v_hill_mps, s.r_target, s.v_target, s.dr, s.dv);
}

/* Velocity change that moves the arrival point by miss, from the position-velocity block of Phi. */
static bool newton_step(double dv_hill[3], const double phi[36], double n, bool out_of_plane, const double miss[3])
{
    double a = phi[3], b = phi[4], c = phi[9], d = phi[10], det = a * d - b * c;
    if (!(elem_abs(det) * n * n > DETERMINANT_MIN)) return false;
    dv_hill[0] += (d * miss[0] - b * miss[1]) / det;
    dv_hill[1] += (a * miss[1] - c * miss[0]) / det;
    if (out_of_plane) dv_hill[2] += miss[2] / phi[17];
    return true;
}

bool targeting_solve(const flight_params_t *p, const solution_t *now, double wait_s, double transfer_s,
                     const double aim_hill_m[3], double dv_eci_mps[3])
{
    const gravity_t gravity = flight_gravity(p);
    pair_t start = present(now);
    double c[9], w[3], phi[36], dv_hill[3] = {0.0, 0.0, 0.0}, miss = 0.0;
    propagate(&gravity, &start, wait_s);
    if (!orbit_hill_frame(c, w, start.r_target, start.v_target)) return false;
    if (!orbit_ya_stm_from_state(phi, start.r_target, start.v_target, transfer_s, gravity.mu_m3ps2)) return false;
    bool out_of_plane = elem_abs(phi[17]) * w[2] > OUT_OF_PLANE_MIN;
    for (int i = 0; i < ITERATIONS; i++) {
        pair_t s = start;
        double dv[3], r_hill[3], v_hill[3], error[3];
        mat3_tmul_vec(dv, c, dv_hill);
        vec3_add(s.dv, s.dv, dv);
        propagate(&gravity, &s, transfer_s);
        if (!orbit_relative_to_hill(r_hill, v_hill, s.r_target, s.v_target, s.dr, s.dv)) return false;
        vec3_sub(error, aim_hill_m, r_hill);
        if (!out_of_plane) error[2] = 0.0;
        miss = vec3_norm(error);
        if (miss < MISS_OK_M) break;
        if (!newton_step(dv_hill, phi, w[2], out_of_plane, error)) return false;
    }
    mat3_tmul_vec(dv_eci_mps, c, dv_hill);
    return miss < MISS_MAX_M;
}
