#include "math/linalg.h"

void mat3_mul(double out[9], const double a[9], const double b[9])
{
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
}

void mat3_mul_t(double out[9], const double a[9], const double b[9])
{
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) out[3 * i + j] = vec3_dot(a + 3 * i, b + 3 * j);
}

void mat3_transpose(double out[9], const double a[9])
{
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) out[3 * i + j] = a[3 * j + i];
}

/* The rows' cross products are the cofactors: A^-1 = [b x c, c x a, a x b] / (a . b x c) for rows a, b, c. */
bool mat3_inverse(double out[9], const double a[9])
{
    double bc[3], ca[3], ab[3];
    vec3_cross(bc, a + 3, a + 6);
    vec3_cross(ca, a + 6, a);
    vec3_cross(ab, a, a + 3);
    const double det = vec3_dot(a, bc);
    if (det == 0.0 || !elem_is_finite(det)) return false;
    for (size_t i = 0; i < 3; i++) {
        out[3 * i] = bc[i] / det;
        out[3 * i + 1] = ca[i] / det;
        out[3 * i + 2] = ab[i] / det;
    }
    return true;
}

void mat3_skew(double out[9], const double a[3])
{
    const double x = a[0], y = a[1], z = a[2];
    out[0] = 0.0;
    out[1] = -z;
    out[2] = y;
    out[3] = z;
    out[4] = 0.0;
    out[5] = -x;
    out[6] = -y;
    out[7] = x;
    out[8] = 0.0;
}

static void swap_rows(size_t n, double *a, double *b, size_t i, size_t j)
{
    for (size_t k = 0; k < n; k++) {
        const double t = a[n * i + k];
        a[n * i + k] = a[n * j + k];
        a[n * j + k] = t;
    }
    const double t = b[i];
    b[i] = b[j];
    b[j] = t;
}

bool mat_solve(size_t n, double *a, double *b)
{
    if (n == 0 || n > MAT_SOLVE_MAX) return false;
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            if (elem_abs(a[n * i + k]) > elem_abs(a[n * pivot + k])) pivot = i;
        if (a[n * pivot + k] == 0.0 || !elem_is_finite(a[n * pivot + k])) return false;
        if (pivot != k) swap_rows(n, a, b, k, pivot);
        for (size_t i = k + 1; i < n; i++) {
            const double factor = a[n * i + k] / a[n * k + k];
            for (size_t j = k + 1; j < n; j++) a[n * i + j] -= factor * a[n * k + j];
            b[i] -= factor * b[k];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++) b[i] -= a[n * i + j] * b[j];
        b[i] /= a[n * i + i];
    }
    return true;
}
