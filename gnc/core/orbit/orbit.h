/* Orbital and relative motion. hill frame: origin at the target's centre of mass, x radial out,
 * y along-track, z orbit normal (docs/conventions.md). */
#ifndef PROXOPS_ORBIT_H
#define PROXOPS_ORBIT_H

#include <stdbool.h>

typedef struct {
    double mu_m3ps2;
    double j2, j3, j4;          /* unnormalised zonal coefficients */
    double re_m;                /* equatorial radius the coefficients refer to */
    double pole_eci[3];         /* unit vector of the pole of date */
} gravity_t;

/* Acceleration at r_eci != 0: point mass and zonals J2..J4 about pole_eci (Vallado 2013, sec. 8.6, vector form). */
void orbit_gravity(double a_eci_mps2[3], const gravity_t *g, const double r_eci_m[3]);

/* Rotation hill_from_eci of a target state, and the hill frame's own angular rate in hill axes
 * (two-body: [0, 0, h/r^2]). false when r and v are parallel or zero. */
bool orbit_hill_frame(double dcm_hill_from_eci[9], double w_hill_eci_hill_radps[3], const double r_target_eci_m[3],
                      const double v_target_eci_mps[3]);
/* Chaser relative to target, hill components; velocity is as seen in the rotating hill frame. */
bool orbit_relative_to_hill(double r_hill_m[3], double v_hill_mps[3], const double r_target_eci_m[3],
                            const double v_target_eci_mps[3], const double dr_eci_m[3], const double dv_eci_mps[3]);
bool orbit_hill_to_relative(double dr_eci_m[3], double dv_eci_mps[3], const double r_target_eci_m[3],
                            const double v_target_eci_mps[3], const double r_hill_m[3], const double v_hill_mps[3]);

/* Kepler's equation M = E - e sin E; E in the same revolution as M. NaN unless 0 <= e < 1 and M is finite. */
double orbit_kepler_elliptic(double mean_anomaly_rad, double eccentricity);
/* Two-body propagation by universal variables: elliptic, parabolic, hyperbolic; dt of either sign.
 * r1, v1 may alias r0, v0. false: not finite, mu <= 0, r and v parallel, or not converged; outputs untouched. */
bool orbit_kepler_propagate(double r1_m[3], double v1_mps[3], const double r0_m[3], const double v0_mps[3], double dt_s,
                            double mu_m3ps2);

/* Clohessy-Wiltshire state transition, 6x6 row-major, state [r_hill, v_hill]; n = 0 is free motion. */
void orbit_cw_stm(double phi[36], double n_radps, double dt_s);

/* Yamanaka-Ankersen (2002) state transition in hill axes (x radial out, y along-track, z normal),
 * 6x6 row-major, state [r_hill, v_hill], for a target two-body orbit of eccentricity e < 1.
 * theta0/theta1: true anomalies at start and end; dt_s the flight time between them.
 * The three are taken as given (independent), as the published case needs. */
void orbit_ya_stm(double phi[36], double mu_m3ps2, double a_m, double e, double theta0_rad, double theta1_rad,
                  double dt_s);
/* The same from the target's ECI state; theta1 follows from dt_s. false: not an ellipse. */
bool orbit_ya_stm_from_state(double phi[36], const double r_target_eci_m[3], const double v_target_eci_mps[3],
                             double dt_s, double mu_m3ps2);

/* Two-impulse transfer: velocity just after the first impulse, v0_plus, and just before the
 * second, v1_minus, so that the state goes from r0 to r1 in the STM's time.
 * false: the condition number (infinity norm) of the position-velocity block reaches
 * TWO_IMPULSE_MAX_CONDITION, as at n dt = 2 k pi; outputs untouched. With both z exactly zero and a
 * decoupled z axis the transfer stays in plane, so that n dt = (2k + 1) pi is not singular. */
#define TWO_IMPULSE_MAX_CONDITION 1e9
bool orbit_two_impulse(double v0_plus_mps[3], double v1_minus_mps[3], const double phi[36], const double r0_m[3],
                       const double r1_m[3]);

/* One fixed step of classical Runge-Kutta 4 under orbit_gravity alone. */
void orbit_rk4_step(double r_m[3], double v_mps[3], const gravity_t *g, double dt_s);

#endif
