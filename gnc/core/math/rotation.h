/* Rotations: quaternions scalar first, Hamilton. q_b_from_a maps components in a to components
 * in b: v_b = q (x) v_a (x) q*; chains read q_c_from_a = q_c_from_b (x) q_b_from_a. */
#ifndef PROXOPS_ROTATION_H
#define PROXOPS_ROTATION_H

#include "math/linalg.h"

void quat_mul(double out[4], const double a[4], const double b[4]);  /* out = a (x) b; may alias */
void quat_conj(double out[4], const double q[4]);                    /* may alias */
void quat_normalize(double q[4]);                                    /* in place; sign kept */
void quat_rotate(double out[3], const double q[4], const double v[3]);   /* v_b from v_a; may alias */
void quat_irotate(double out[3], const double q[4], const double v[3]);  /* v_a from v_b; may alias */
/* C so that v_b = C v_a */
void quat_to_dcm(double out[9], const double q[4]);
void quat_from_dcm(double out[4], const double c[9]); /* scalar part >= 0 */
/* q_new_from_old of a frame that itself turned by the vector angle `rotvec` (rad, components in
 * either frame): the components of a fixed vector turn by -rotvec.
 * q_b(t+dt)_from_a = quat_from_rotvec(w_b*dt) (x) q_b(t)_from_a, for body rate w_b. */
void quat_from_rotvec(double out[4], const double rotvec[3]);
/* Inverse of quat_from_rotvec, |rotvec| <= pi. */
void quat_to_rotvec(double out[3], const double q[4]);

#endif
