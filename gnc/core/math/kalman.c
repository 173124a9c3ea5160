#include "math/kalman.h"

#include "math/linalg.h"

/* ph = P H', n x 3 */
static void times_h_transposed(size_t n, const double *p, const double *h, double *ph)
{
    for (size_t i = 0; i < n; i++) {
        double s0 = 0.0, s1 = 0.0, s2 = 0.0;
        for (size_t j = 0; j < n; j++) {
            double pij = p[i * n + j];
            s0 += pij * h[j];
            s1 += pij * h[n + j];
            s2 += pij * h[2 * n + j];
        }
        ph[3 * i] = s0;
        ph[3 * i + 1] = s1;
        ph[3 * i + 2] = s2;
    }
}

static void innovation_covariance(size_t n, const double *h, const double *ph, const double r[3], double s[9])
{
    for (size_t a = 0; a < 3; a++)
        for (size_t b = 0; b < 3; b++) {
            double sum = a == b ? r[a] : 0.0;
            for (size_t j = 0; j < n; j++) sum += h[a * n + j] * ph[3 * j + b];
            s[3 * a + b] = sum;
        }
}

bool kalman_update3(size_t n, size_t estimated, double *p, const double *h, const double z[3], const double r[3],
                    double gate, double *dx, double *nis)
{
    double ph[3 * KALMAN_MAX], s[9], s_inv[9], sz[3];
    if (n > KALMAN_MAX || estimated > n) return false;
    times_h_transposed(n, p, h, ph);
    innovation_covariance(n, h, ph, r, s);
    if (!mat3_inverse(s_inv, s)) return false;
    mat3_mul_vec(sz, s_inv, z);
    double chi2 = vec3_dot(z, sz);
    *nis = chi2;
    if (!(chi2 >= 0.0 && chi2 <= gate)) return false;
    for (size_t i = 0; i < estimated; i++) dx[i] = vec3_dot(&ph[3 * i], sz);
    for (size_t i = 0; i < estimated; i++) {
        double k[3];
        mat3_mul_vec(k, s_inv, &ph[3 * i]); /* S is symmetric: row i of the gain */
        for (size_t j = i; j < n; j++) {
            double v = p[i * n + j] - vec3_dot(k, &ph[3 * j]);
            p[i * n + j] = v;
            p[j * n + i] = v;
        }
    }
    return true;
}
