/* Elementary functions built from + - * / and sqrt of IEEE-754 binary64 only, so that every
 * target returns the same bits. Each is within 1 ulp of the true value over its stated range.
 * A NaN argument, or one outside the stated range, returns NaN. */
#ifndef PROXOPS_ELEMENTARY_H
#define PROXOPS_ELEMENTARY_H

#include <stdint.h>

#define ELEM_PI 3.14159265358979323846
#define ELEM_TWO_PI 6.28318530717958647693

static inline double elem_sqrt(double x) { return __builtin_sqrt(x); }
static inline double elem_abs(double x) { return x < 0.0 ? -x : (x == 0.0 ? 0.0 : x); }
static inline double elem_min(double a, double b) { return a < b ? a : b; }
static inline double elem_max(double a, double b) { return a > b ? a : b; }
/* true for every finite value; false for NaN and infinities */
static inline int elem_is_finite(double x) { return (x - x) == 0.0; }

/* x as a double. From 64 bits a 32-bit processor takes a library call for that; most times fit into 32. */
static inline double elem_from_u64(uint64_t x) { return x <= UINT32_MAX ? (double)(uint32_t)x : (double)x; }

double elem_floor(double x);
double elem_sin(double x);              /* |x| <= 2^20 rad */
double elem_cos(double x);              /* |x| <= 2^20 rad */
void elem_sincos(double x, double *s, double *c);
double elem_tan(double x);              /* |x| <= 2^20 rad */
double elem_asin(double x);             /* |x| <= 1 */
double elem_acos(double x);             /* |x| <= 1 */
double elem_atan2(double y, double x);  /* all finite; (-pi, pi]; atan2(0,0) = 0 */
double elem_exp(double x);              /* all finite; underflows to 0, overflows to +inf */
double elem_log(double x);              /* x > 0, subnormals included */
double elem_cbrt(double x);             /* all finite */

#endif
