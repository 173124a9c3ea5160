#include "orbit/orbit.h"

#include "math/linalg.h"

/* ---- gravity ---- */

/* Gradient of U = mu/r (1 - sum_n J_n (re/r)^n P_n(s)), s = sin(latitude) = u . p, u = r/|r|, p the pole
 * (Vallado 2013, sec. 8.6, zonals only). With grad s = (p - s u)/r and the Legendre identity
 * (n+1) P_n + s P_n' = P_(n+1)':  a = mu/r^2 [-u + sum_n J_n (re/r)^n (P_(n+1)' u - P_n' p)]. */
void orbit_gravity(double a_eci_mps2[3], const gravity_t *g, const double r_eci_m[3])
{
    /* the division and the root do not wait for each other */
    const double r2 = vec3_dot(r_eci_m, r_eci_m), inv_r2 = 1.0 / r2, inv_r = elem_sqrt(r2) * inv_r2;
    const double s = vec3_dot(r_eci_m, g->pole_eci) * inv_r, s2 = s * s;
    const double q = g->re_m * inv_r, q2 = q * q;
    const double k2 = g->j2 * q2, k3 = g->j3 * (q2 * q), k4 = g->j4 * (q2 * q2);
    /* dP2 = 3 s; dP3 = (15 s^2 - 3)/2; dP4 = (35 s^3 - 15 s)/2; dP5 = (315 s^4 - 210 s^2 + 15)/8 */
    const double dp2 = 3.0 * s, dp3 = 7.5 * s2 - 1.5, dp4 = (17.5 * s2 - 7.5) * s;
    const double dp5 = (39.375 * s2 - 26.25) * s2 + 1.875;
    const double along_u = -1.0 + (k2 * dp3 + (k3 * dp4 + k4 * dp5));
    const double along_p = k2 * dp2 + (k3 * dp3 + k4 * dp4);
    const double gm = g->mu_m3ps2 * inv_r2, gr = gm * along_u * inv_r, gp = gm * along_p;
    vec3_set(a_eci_mps2, gr * r_eci_m[0] - gp * g->pole_eci[0], gr * r_eci_m[1] - gp * g->pole_eci[1],
             gr * r_eci_m[2] - gp * g->pole_eci[2]);
}

/* x + h d for the state x = [r, v] and its rate d = [v', a] */
static void state_axpy(double out[6], const double x[6], double h, const double d[6])
{
    for (size_t i = 0; i < 6; i++) out[i] = x[i] + h * d[i];
}

static void state_rate(double d[6], const gravity_t *g, const double x[6])
{
    vec3_copy(d, x + 3);
    orbit_gravity(d + 3, g, x);
}

void orbit_rk4_step(double r_m[3], double v_mps[3], const gravity_t *g, double dt_s)
{
    double x0[6], x[6], k1[6], k2[6], k3[6], k4[6];
    vec3_copy(x0, r_m);
    vec3_copy(x0 + 3, v_mps);
    state_rate(k1, g, x0);
    state_axpy(x, x0, 0.5 * dt_s, k1);
    state_rate(k2, g, x);
    state_axpy(x, x0, 0.5 * dt_s, k2);
    state_rate(k3, g, x);
    state_axpy(x, x0, dt_s, k3);
    state_rate(k4, g, x);
    const double sixth = dt_s / 6.0;
    for (size_t i = 0; i < 6; i++) x[i] = x0[i] + sixth * ((k1[i] + k4[i]) + 2.0 * (k2[i] + k3[i]));
    vec3_copy(r_m, x);
    vec3_copy(v_mps, x + 3);
}

/* ---- hill frame ---- */

/* r and v count as parallel below this squared sine of the angle between them. */
#define PARALLEL_SINE_SQUARED 1e-24

bool orbit_hill_frame(double dcm_hill_from_eci[9], double w_hill_eci_hill_radps[3], const double r_target_eci_m[3],
                      const double v_target_eci_mps[3])
{
    double h[3];
    vec3_cross(h, r_target_eci_m, v_target_eci_mps);
    const double r2 = vec3_dot(r_target_eci_m, r_target_eci_m);
    const double v2 = vec3_dot(v_target_eci_mps, v_target_eci_mps);
    const double h2 = vec3_dot(h, h);
    if (!(h2 > PARALLEL_SINE_SQUARED * (r2 * v2)) || !elem_is_finite(h2)) return false;
    const double h_norm = elem_sqrt(h2);
    vec3_scale(dcm_hill_from_eci, 1.0 / elem_sqrt(r2), r_target_eci_m);
    vec3_scale(dcm_hill_from_eci + 6, 1.0 / h_norm, h);
    vec3_cross(dcm_hill_from_eci + 3, dcm_hill_from_eci + 6, dcm_hill_from_eci);
    vec3_set(w_hill_eci_hill_radps, 0.0, 0.0, h_norm / r2);
    return true;
}

bool orbit_relative_to_hill(double r_hill_m[3], double v_hill_mps[3], const double r_target_eci_m[3],
                            const double v_target_eci_mps[3], const double dr_eci_m[3], const double dv_eci_mps[3])
{
    double c[9], w[3], wr[3], r[3];
    if (!orbit_hill_frame(c, w, r_target_eci_m, v_target_eci_mps)) return false;
    mat3_mul_vec(r, c, dr_eci_m);
    mat3_mul_vec(v_hill_mps, c, dv_eci_mps);
    vec3_cross(wr, w, r); /* transport theorem: v_rotating = v_inertial - w x r */
    vec3_sub(v_hill_mps, v_hill_mps, wr);
    vec3_copy(r_hill_m, r);
    return true;
}

bool orbit_hill_to_relative(double dr_eci_m[3], double dv_eci_mps[3], const double r_target_eci_m[3],
                            const double v_target_eci_mps[3], const double r_hill_m[3], const double v_hill_mps[3])
{
    double c[9], w[3], wr[3], v[3];
    if (!orbit_hill_frame(c, w, r_target_eci_m, v_target_eci_mps)) return false;
    vec3_cross(wr, w, r_hill_m);
    vec3_add(v, v_hill_mps, wr);
    mat3_tmul_vec(dr_eci_m, c, r_hill_m);
    mat3_tmul_vec(dv_eci_mps, c, v);
    return true;
}

/* ---- Kepler's problem ---- */

/* Series of the Stumpff functions c2 = 1/2! - psi/4! + ..., c3 = 1/3! - psi/5! + ..., |psi| <= 1:
 * the first term dropped is below 1/20!. */
static void stumpff_series(double psi, double *c2, double *c3)
{
    double s2 = 1.0, s3 = 1.0;
    for (int k = 8; k >= 1; k--) {
        const double m = 2.0 * (double)k;
        s2 = 1.0 - psi * s2 / ((m + 1.0) * (m + 2.0));
        s3 = 1.0 - psi * s3 / ((m + 2.0) * (m + 3.0));
    }
    *c2 = s2 / 2.0;
    *c3 = s3 / 6.0;
}

/* c2(psi) = (1 - cos sqrt psi)/psi, c3(psi) = (sqrt psi - sin sqrt psi)/psi^(3/2), and their hyperbolic
 * forms for psi < 0 (Vallado 2013, sec. 2.2); the half-angle forms of c2 do not cancel. */
static void stumpff(double psi, double *c2, double *c3)
{
    if (elem_abs(psi) <= 1.0) {
        stumpff_series(psi, c2, c3);
        return;
    }
    const double x = elem_sqrt(elem_abs(psi));
    if (psi > 0.0) {
        double sh, ch;
        elem_sincos(0.5 * x, &sh, &ch);
        *c2 = 2.0 * sh * sh / psi;
        *c3 = (x - 2.0 * sh * ch) / (psi * x);
    } else {
        const double eh = elem_exp(0.5 * x);
        const double sh = 0.5 * (eh - 1.0 / eh), ch = 0.5 * (eh + 1.0 / eh);
        *c2 = -2.0 * sh * sh / psi;
        *c3 = (2.0 * sh * ch - x) / (-psi * x);
    }
}

/* E - sin E without cancellation, 0 <= E <= pi */
static double angle_minus_sine(double angle)
{
    double c2, c3;
    if (angle > 1.0) return angle - elem_sin(angle);
    stumpff_series(angle * angle, &c2, &c3);
    return angle * angle * angle * c3;
}

#define KEPLER_MAX_STEPS 40

double orbit_kepler_elliptic(double mean_anomaly_rad, double eccentricity)
{
    const double e = eccentricity;
    if (!elem_is_finite(mean_anomaly_rad) || !(e >= 0.0 && e < 1.0)) return __builtin_nan("");
    const double turns = ELEM_TWO_PI * elem_floor(mean_anomaly_rad / ELEM_TWO_PI + 0.5);
    const double reduced = mean_anomaly_rad - turns;
    const double m = elem_min(elem_abs(reduced), ELEM_PI);
    if (m == 0.0 || e == 0.0) return mean_anomaly_rad;
    /* E - e sin E is convex on [0, pi], so that Newton from any bound above the root falls onto it
     * monotonically. Bounds: E <= M + e; E <= M/(1 - e); and from E - sin E >= E^3/pi^2. */
    double upper = elem_min(elem_min(m + e, m / (1.0 - e)), ELEM_PI);
    if (e > 0.5) /* where the first two are far off */
        upper = elem_min(upper, elem_cbrt(ELEM_PI * ELEM_PI * (m / e)));
    double anomaly = upper;
    for (int i = 0; i < KEPLER_MAX_STEPS; i++) {
        const double half_sine = elem_sin(0.5 * anomaly);
        const double f = ((1.0 - e) * anomaly - m) + e * angle_minus_sine(anomaly);
        const double df = (1.0 - e) + 2.0 * e * half_sine * half_sine; /* 1 - e cos E */
        const double change = f / df;
        if (!(change > 0.0)) break;
        anomaly -= change;
        if (change < 1e-9 * anomaly) /* what is left is of second order in this */
            break;
    }
    return turns + (reduced < 0.0 ? -anomaly : anomaly);
}

/* One time equation sqrt(mu) t = r0 U1 + sigma U2 + U3 with U_k = chi^k c_k(alpha chi^2)
 * (Battin 1999, sec. 4.5 and 4.6; sigma = r0.v0/sqrt(mu), alpha = 1/a). */
typedef struct {
    double r0, sigma, alpha;
    double u1, u2, u3; /* at the chi of the last evaluation */
} universal_t;

/* Fills U1..U3; returns sqrt(mu) t, and its derivative, the radius, in *radius. */
static double universal_time(universal_t *k, double chi, double *radius)
{
    double c2, c3;
    const double chi2 = chi * chi, psi = k->alpha * chi2;
    stumpff(psi, &c2, &c3);
    k->u1 = chi * (1.0 - psi * c3);
    k->u2 = chi2 * c2;
    k->u3 = chi2 * chi * c3;
    *radius = k->r0 + k->sigma * k->u1 + (1.0 - k->alpha * k->r0) * k->u2;
    return k->r0 * k->u1 + k->sigma * k->u2 + k->u3;
}

#define UNIVERSAL_MAX_STEPS 200

/* chi of a time s >= 0 (s = sqrt(mu) t) in [0, s/periapsis], since the radius is the derivative of s:
 * Newton kept inside the bracket by bisection. */
static bool universal_solve(universal_t *k, double s, double periapsis, double *radius)
{
    double lower = 0.0, upper = s / periapsis;
    double chi = elem_min(k->alpha > 0.0 ? s * k->alpha : s / k->r0, upper);
    for (int i = 0; i < UNIVERSAL_MAX_STEPS; i++) {
        const double f = universal_time(k, chi, radius) - s;
        if (f < 0.0) lower = chi;
        else upper = chi; /* NaN by overflow too: chi is far too large */
        const double newton = chi - f / *radius;
        const bool inside = newton > lower && newton < upper;
        const double next = inside ? newton : 0.5 * (lower + upper);
        const double change = elem_abs(next - chi);
        if (f == 0.0 || (inside && change <= 1e-12 * chi) || upper - lower <= 4e-16 * upper) {
            const double residual = universal_time(k, f == 0.0 ? chi : next, radius) - s;
            return elem_is_finite(residual) && *radius > 0.0;
        }
        chi = next;
    }
    return false;
}

bool orbit_kepler_propagate(double r1_m[3], double v1_mps[3], const double r0_m[3], const double v0_mps[3], double dt_s,
                            double mu_m3ps2)
{
    double h[3], r[3];
    vec3_cross(h, r0_m, v0_mps);
    const double h2 = vec3_dot(h, h), r0 = vec3_norm(r0_m), v2 = vec3_dot(v0_mps, v0_mps);
    if (!elem_is_finite(dt_s) || !elem_is_finite(h2) || !(mu_m3ps2 > 0.0) || !elem_is_finite(mu_m3ps2) ||
        !(h2 > PARALLEL_SINE_SQUARED * (r0 * r0 * v2)))
        return false;
    const double root_mu = elem_sqrt(mu_m3ps2), p = h2 / mu_m3ps2;
    /* backwards in time is forwards with the velocity reversed */
    const double way = dt_s < 0.0 ? -1.0 : 1.0;
    universal_t k = {.r0 = r0, .sigma = way * vec3_dot(r0_m, v0_mps) / root_mu, .alpha = 2.0 / r0 - v2 / mu_m3ps2};
    const double e = elem_sqrt(elem_max(0.0, 1.0 - p * k.alpha));
    double s = root_mu * elem_abs(dt_s);
    if (k.alpha > 0.0) { /* whole revolutions change nothing */
        const double period = ELEM_TWO_PI / (k.alpha * elem_sqrt(k.alpha));
        if (s >= period) s -= period * elem_floor(s / period);
    }
    double radius = r0;
    if (s > 0.0 && !universal_solve(&k, s, 0.999999 * p / (1.0 + e), &radius)) return false;
    /* Lagrange coefficients (Battin 1999, eq. 4.84) */
    const double f = 1.0 - k.u2 / r0, g = way * (r0 * k.u1 + k.sigma * k.u2) / root_mu;
    const double df = -way * root_mu * k.u1 / (radius * r0), dg = 1.0 - k.u2 / radius;
    for (size_t i = 0; i < 3; i++) r[i] = f * r0_m[i] + g * v0_mps[i];
    for (size_t i = 0; i < 3; i++) v1_mps[i] = df * r0_m[i] + dg * v0_mps[i];
    vec3_copy(r1_m, r);
    return true;
}

/* ---- relative motion ---- */

static void fill_zero(double phi[36])
{
    for (size_t i = 0; i < 36; i++) phi[i] = 0.0;
}

/* Clohessy and Wiltshire (1960); the layout of Curtis (2014), eq. 7.53 */
void orbit_cw_stm(double phi[36], double n_radps, double dt_s)
{
    const double n = n_radps, nt = n * dt_s;
    double s, c;
    elem_sincos(nt, &s, &c);
    const double versine = c > 0.0 ? s * s / (1.0 + c) : 1.0 - c; /* 1 - cos without cancellation */
    const double lag = nt < 0.0 ? -angle_minus_sine(-nt) : angle_minus_sine(nt);
    /* n -> 0 is free motion */
    const double s_n = nt == 0.0 ? dt_s : s / n, versine_n = nt == 0.0 ? 0.0 : versine / n;
    const double lag_n = nt == 0.0 ? 0.0 : lag / n;
    fill_zero(phi);
    phi[0] = 1.0 + 3.0 * versine;
    phi[3] = s_n;
    phi[4] = 2.0 * versine_n;
    phi[6] = -6.0 * lag;
    phi[7] = 1.0;
    phi[9] = -2.0 * versine_n;
    phi[10] = s_n - 3.0 * lag_n;
    phi[14] = c;
    phi[17] = s_n;
    phi[18] = 3.0 * n * s;
    phi[21] = c;
    phi[22] = 2.0 * s;
    phi[24] = -6.0 * n * versine;
    phi[27] = -2.0 * s;
    phi[28] = 1.0 - 4.0 * versine;
    phi[32] = -n * s;
    phi[35] = c;
}

/* The true anomaly's functions that Yamanaka and Ankersen (2002) write rho, s and c */
typedef struct {
    double sin, cos, rho, s, c;
} anomaly_t;

static anomaly_t anomaly_of(double e, double theta)
{
    anomaly_t f;
    elem_sincos(theta, &f.sin, &f.cos);
    f.rho = 1.0 + e * f.cos;
    f.s = f.rho * f.sin;
    f.c = f.rho * f.cos;
    return f;
}

/* Yamanaka and Ankersen (2002), eq. 82: in-plane pseudo-initial values from [x~, z~, x~', z~'] */
static void ya_inverse(double m[16], double e, const anomaly_t *f)
{
    const double k = 1.0 / (1.0 - e * e), q = 1.0 + 1.0 / f->rho;
    const double rows[16] = {1.0 - e * e,
                             3.0 * e * f->s / f->rho * q,
                             -e * f->s * q,
                             2.0 - e * f->c,
                             0.0,
                             -3.0 * f->s / f->rho * (1.0 + e * e / f->rho),
                             f->s * q,
                             f->c - 2.0 * e,
                             0.0,
                             -3.0 * (f->c / f->rho + e),
                             f->c * q + e,
                             -f->s,
                             0.0,
                             3.0 * f->rho + e * e - 1.0,
                             -f->rho * f->rho,
                             e * f->s};
    for (size_t i = 0; i < 16; i++) m[i] = k * rows[i];
}

/* Yamanaka and Ankersen (2002), eq. 84: [x~, z~, x~', z~'] from the pseudo-initial values; j = k^2 (t - t0) */
static void ya_forward(double m[16], double e, const anomaly_t *f, double j)
{
    const double q = 1.0 + 1.0 / f->rho;
    const double ds = f->cos + e * (f->cos * f->cos - f->sin * f->sin), dc = -(f->sin + 2.0 * e * f->sin * f->cos);
    const double rows[16] = {1.0,
                             -f->c * q,
                             f->s * q,
                             3.0 * f->rho * f->rho * j,
                             0.0,
                             f->s,
                             f->c,
                             2.0 - 3.0 * e * f->s * j,
                             0.0,
                             2.0 * f->s,
                             2.0 * f->c - e,
                             3.0 * (1.0 - 2.0 * e * f->s * j),
                             0.0,
                             ds,
                             dc,
                             -3.0 * e * (ds * j + f->s / (f->rho * f->rho))};
    for (size_t i = 0; i < 16; i++) m[i] = rows[i];
}

/* The 2x2 blocks [position, velocity] <-> [w~, w~'] of one axis w: w~ = rho w, w~' = -e sin w + w_dot/(k^2 rho). */
static void ya_to_tilde(double t[4], double e, double k2, const anomaly_t *f)
{
    t[0] = f->rho;
    t[1] = 0.0;
    t[2] = -e * f->sin;
    t[3] = 1.0 / (k2 * f->rho);
}

static void ya_from_tilde(double t[4], double e, double k2, const anomaly_t *f)
{
    t[0] = 1.0 / f->rho;
    t[1] = 0.0;
    t[2] = k2 * e * f->sin;
    t[3] = k2 * f->rho;
}

static void mat2_mul(double out[4], const double a[4], const double b[4])
{
    out[0] = a[0] * b[0] + a[1] * b[2];
    out[1] = a[0] * b[1] + a[1] * b[3];
    out[2] = a[2] * b[0] + a[3] * b[2];
    out[3] = a[2] * b[1] + a[3] * b[3];
}

/* Writes the 2x2 transition of hill axis j into hill axis i: back . tilde . into, with the axes' sign. */
static void ya_place(double phi[36], size_t i, size_t j, double sign, const double back[4], const double tilde[4],
                     const double into[4])
{
    double a[4], b[4];
    mat2_mul(a, tilde, into);
    mat2_mul(b, back, a);
    phi[6 * i + j] = sign * b[0];
    phi[6 * i + j + 3] = sign * b[1];
    phi[6 * (i + 3) + j] = sign * b[2];
    phi[6 * (i + 3) + j + 3] = sign * b[3];
}

void orbit_ya_stm(double phi[36], double mu_m3ps2, double a_m, double e, double theta0_rad, double theta1_rad,
                  double dt_s)
{
    const double p = a_m * (1.0 - e * e), k2 = elem_sqrt(mu_m3ps2 / p) / p;
    const anomaly_t f0 = anomaly_of(e, theta0_rad), f1 = anomaly_of(e, theta1_rad);
    double inverse[16], forward[16], m[16], into[4], back[4];
    ya_inverse(inverse, e, &f0);
    ya_forward(forward, e, &f1, k2 * dt_s);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            m[4 * i + j] = (forward[4 * i] * inverse[j] + forward[4 * i + 1] * inverse[4 + j]) +
                           (forward[4 * i + 2] * inverse[8 + j] + forward[4 * i + 3] * inverse[12 + j]);
    ya_to_tilde(into, e, k2, &f0);
    ya_from_tilde(back, e, k2, &f1);
    fill_zero(phi);
    /* their x (V-bar) = hill +y, their z (nadir) = hill -x, their y (-h) = hill -z */
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++) {
            const double block[4] = {m[4 * i + j], m[4 * i + j + 2], m[4 * (i + 2) + j], m[4 * (i + 2) + j + 2]};
            ya_place(phi, 1 - i, 1 - j, i == j ? 1.0 : -1.0, back, block, into);
        }
    double sd, cd;
    elem_sincos(theta1_rad - theta0_rad, &sd, &cd);
    const double cross_track[4] = {cd, sd, -sd, cd};
    ya_place(phi, 2, 2, 1.0, back, cross_track, into);
}

bool orbit_ya_stm_from_state(double phi[36], const double r_target_eci_m[3], const double v_target_eci_mps[3],
                             double dt_s, double mu_m3ps2)
{
    double h[3];
    vec3_cross(h, r_target_eci_m, v_target_eci_mps);
    const double h2 = vec3_dot(h, h), r = vec3_norm(r_target_eci_m);
    const double v2 = vec3_dot(v_target_eci_mps, v_target_eci_mps);
    if (!elem_is_finite(h2) || !elem_is_finite(dt_s) || !(mu_m3ps2 > 0.0) ||
        !(h2 > PARALLEL_SINE_SQUARED * (r * r * v2)))
        return false;
    const double alpha = 2.0 / r - v2 / mu_m3ps2, p = h2 / mu_m3ps2;
    const double e_cos = p / r - 1.0;
    const double e_sin = elem_sqrt(p / mu_m3ps2) * vec3_dot(r_target_eci_m, v_target_eci_mps) / r;
    const double e = elem_sqrt(e_cos * e_cos + e_sin * e_sin);
    if (!(alpha > 0.0) || !(e < 1.0)) return false;
    const double a = 1.0 / alpha, b = elem_sqrt(1.0 - e * e), theta0 = elem_atan2(e_sin, e_cos);
    double s, c;
    elem_sincos(theta0, &s, &c);
    const double anomaly0 = elem_atan2(b * s, e + c);
    double sin0, cos0;
    elem_sincos(anomaly0, &sin0, &cos0);
    const double mean1 = (anomaly0 - e * sin0) + elem_sqrt(mu_m3ps2 * alpha) * alpha * dt_s;
    elem_sincos(orbit_kepler_elliptic(mean1, e), &s, &c);
    orbit_ya_stm(phi, mu_m3ps2, a, e, theta0, elem_atan2(b * s, c - e), dt_s);
    return elem_is_finite(phi[0]);
}

/* Largest absolute row sum */
static double mat3_norm(const double m[9])
{
    double norm = 0.0;
    for (size_t i = 0; i < 3; i++)
        norm = elem_max(norm, (elem_abs(m[3 * i]) + elem_abs(m[3 * i + 1])) + elem_abs(m[3 * i + 2]));
    return norm;
}

bool orbit_two_impulse(double v0_plus_mps[3], double v1_minus_mps[3], const double phi[36], const double r0_m[3],
                       const double r1_m[3])
{
    double rr[9], rv[9], vr[9], vv[9], inverse[9], b[3], v0[3], w[3];
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            rr[3 * i + j] = phi[6 * i + j];
            rv[3 * i + j] = phi[6 * i + j + 3];
            vr[3 * i + j] = phi[6 * (i + 3) + j];
            vv[3 * i + j] = phi[6 * (i + 3) + j + 3];
        }
    const double size = mat3_norm(rv);
    /* a transfer wholly in the orbit plane needs nothing of the cross-track block, singular at n dt = k pi */
    const bool decoupled = rv[2] == 0.0 && rv[5] == 0.0 && rv[6] == 0.0 && rv[7] == 0.0;
    if (decoupled && r0_m[2] == 0.0 && r1_m[2] == 0.0) rv[8] = size;
    if (!mat3_inverse(inverse, rv) || !(size * mat3_norm(inverse) < TWO_IMPULSE_MAX_CONDITION)) return false;
    mat3_mul_vec(b, rr, r0_m);
    vec3_sub(b, r1_m, b);
    mat3_mul_vec(v0, inverse, b);
    mat3_mul_vec(w, vr, r0_m);
    mat3_mul_vec(v1_minus_mps, vv, v0);
    vec3_add(v1_minus_mps, v1_minus_mps, w);
    vec3_copy(v0_plus_mps, v0);
    return true;
}
