/* Small fixed-size linear algebra. Matrices are row-major, contiguous. No function allocates;
 * outputs may alias inputs only where said. */
#ifndef PROXOPS_LINALG_H
#define PROXOPS_LINALG_H

#include <stdbool.h>
#include <stddef.h>

#include "math/elementary.h"

static inline void vec3_set(double out[3], double x, double y, double z)
{
    out[0] = x;
    out[1] = y;
    out[2] = z;
}
static inline void vec3_copy(double out[3], const double a[3])
{
    out[0] = a[0];
    out[1] = a[1];
    out[2] = a[2];
}
static inline void vec3_add(double out[3], const double a[3], const double b[3]) /* may alias */
{
    out[0] = a[0] + b[0];
    out[1] = a[1] + b[1];
    out[2] = a[2] + b[2];
}
static inline void vec3_sub(double out[3], const double a[3], const double b[3]) /* may alias */
{
    out[0] = a[0] - b[0];
    out[1] = a[1] - b[1];
    out[2] = a[2] - b[2];
}
static inline void vec3_scale(double out[3], double s, const double a[3]) /* may alias */
{
    out[0] = s * a[0];
    out[1] = s * a[1];
    out[2] = s * a[2];
}
/* out = a + s b; may alias */
static inline void vec3_axpy(double out[3], const double a[3], double s, const double b[3])
{
    out[0] = a[0] + s * b[0];
    out[1] = a[1] + s * b[1];
    out[2] = a[2] + s * b[2];
}
static inline double vec3_dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
static inline double vec3_norm(const double a[3]) { return elem_sqrt(vec3_dot(a, a)); }
static inline void vec3_cross(double out[3], const double a[3], const double b[3]) /* may alias */
{
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2], z = a[0] * b[1] - a[1] * b[0];
    out[0] = x;
    out[1] = y;
    out[2] = z;
}
/* out = M v; may alias */
static inline void mat3_mul_vec(double out[3], const double m[9], const double v[3])
{
    double x = m[0] * v[0] + m[1] * v[1] + m[2] * v[2], y = m[3] * v[0] + m[4] * v[1] + m[5] * v[2];
    double z = m[6] * v[0] + m[7] * v[1] + m[8] * v[2];
    out[0] = x;
    out[1] = y;
    out[2] = z;
}
/* out = M^T v; may alias */
static inline void mat3_tmul_vec(double out[3], const double m[9], const double v[3])
{
    double x = m[0] * v[0] + m[3] * v[1] + m[6] * v[2], y = m[1] * v[0] + m[4] * v[1] + m[7] * v[2];
    double z = m[2] * v[0] + m[5] * v[1] + m[8] * v[2];
    out[0] = x;
    out[1] = y;
    out[2] = z;
}
void mat3_mul(double out[9], const double a[9], const double b[9]);   /* out = A B, no alias */
void mat3_mul_t(double out[9], const double a[9], const double b[9]); /* out = A B^T, no alias */
void mat3_transpose(double out[9], const double a[9]);                /* no alias */
/* out = A^-1; false (out untouched) when |det A| is zero or not finite */
bool mat3_inverse(double out[9], const double a[9]);
/* out = [a]x, so that [a]x b = a x b */
void mat3_skew(double out[9], const double a[3]);
/* General n x n solve A x = b by LU with partial pivoting, n <= MAT_SOLVE_MAX; A is overwritten,
 * b becomes x. false when n is out of range, or a pivot is zero or not finite: A and b are then spoilt. */
#define MAT_SOLVE_MAX 6
bool mat_solve(size_t n, double *a, double *b);

#endif
