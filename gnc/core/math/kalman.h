/* Kalman filter algebra shared by the filters. Covariances are n x n row-major and kept symmetric. */
#ifndef PROXOPS_KALMAN_H
#define PROXOPS_KALMAN_H

#include <stdbool.h>
#include <stddef.h>

#define KALMAN_MAX 18

/* Measurement update with three components and diagonal noise r (variances):
 * S = H P H' + R, nis = z' S^-1 z. If nis exceeds `gate` (or S is singular) the measurement is
 * refused: false, and P and dx are untouched. Otherwise dx = P H' S^-1 z is the state correction
 * and P the updated covariance (Maybeck 1979, eq. 5-90..5-94; symmetric form). n <= KALMAN_MAX.
 * H is 3 x n row-major; z is the innovation.
 * Of the n states the first `estimated` are corrected, and dx has as many. The others are considered: their
 * uncertainty and what it has made of the estimate count, but they stay what they are (Schmidt 1966). */
bool kalman_update3(size_t n, size_t estimated, double *p, const double *h, const double z[3], const double r[3],
                    double gate, double *dx, double *nis);

#endif
