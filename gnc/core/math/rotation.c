#include "math/rotation.h"

void quat_mul(double out[4], const double a[4], const double b[4])
{
    const double w = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3];
    const double x = a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2];
    const double y = a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1];
    const double z = a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0];
    out[0] = w;
    out[1] = x;
    out[2] = y;
    out[3] = z;
}

void quat_conj(double out[4], const double q[4])
{
    out[0] = q[0];
    out[1] = -q[1];
    out[2] = -q[2];
    out[3] = -q[3];
}

void quat_normalize(double q[4])
{
    const double norm = elem_sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    for (size_t i = 0; i < 4; i++) q[i] /= norm;
}

/* v + 2 w (u x v) + 2 u x (u x v) for q = [w, u], the expansion of q (x) v (x) q*. */
static void rotate(double out[3], double w, const double u[3], const double v[3])
{
    double t[3], ut[3];
    vec3_cross(t, u, v);
    vec3_scale(t, 2.0, t);
    vec3_cross(ut, u, t);
    for (size_t i = 0; i < 3; i++) out[i] = v[i] + w * t[i] + ut[i];
}

void quat_rotate(double out[3], const double q[4], const double v[3]) { rotate(out, q[0], q + 1, v); }

void quat_irotate(double out[3], const double q[4], const double v[3]) { rotate(out, -q[0], q + 1, v); }

void quat_to_dcm(double out[9], const double q[4])
{
    const double w = q[0], x = q[1], y = q[2], z = q[3];
    out[0] = 1.0 - 2.0 * (y * y + z * z);
    out[1] = 2.0 * (x * y - w * z);
    out[2] = 2.0 * (x * z + w * y);
    out[3] = 2.0 * (x * y + w * z);
    out[4] = 1.0 - 2.0 * (x * x + z * z);
    out[5] = 2.0 * (y * z - w * x);
    out[6] = 2.0 * (x * z - w * y);
    out[7] = 2.0 * (y * z + w * x);
    out[8] = 1.0 - 2.0 * (x * x + y * y);
}

/* Shepperd (1978): take the largest of the four squared components first, so that no root loses digits. */
void quat_from_dcm(double out[4], const double c[9])
{
    const double trace = c[0] + c[4] + c[8];
    const double square[4] = {trace, c[0], c[4], c[8]};
    size_t k = 0;
    for (size_t i = 1; i < 4; i++)
        if (square[i] > square[k]) k = i;
    double q[4] = {c[7] - c[5], c[2] - c[6], c[3] - c[1], 0.0};
    if (k == 0) {
        const double s = 1.0 + trace;
        q[3] = q[2];
        q[2] = q[1];
        q[1] = q[0];
        q[0] = s;
    } else {
        const size_t i = k - 1, j = k % 3, l = (k + 1) % 3; /* i, j, l cyclic */
        const double w = q[i];
        q[1 + i] = 1.0 + c[4 * i] - c[4 * j] - c[4 * l];
        q[1 + j] = c[3 * i + j] + c[3 * j + i];
        q[1 + l] = c[3 * i + l] + c[3 * l + i];
        q[0] = w;
    }
    quat_normalize(q);
    const double sign = q[0] < 0.0 ? -1.0 : 1.0;
    for (size_t i = 0; i < 4; i++) out[i] = sign * q[i];
}

/* Half-angle series below this squared half angle: the first dropped term is under 2^-64. */
#define SMALL_HALF_ANGLE_SQUARED 1e-4

void quat_from_rotvec(double out[4], const double rotvec[3])
{
    const double h2 = 0.25 * vec3_dot(rotvec, rotvec);
    double c, sinc; /* cos(h), sin(h)/h with h = |rotvec|/2 */
    if (h2 < SMALL_HALF_ANGLE_SQUARED) {
        c = 1.0 - h2 * (1.0 / 2.0 - h2 * (1.0 / 24.0 - h2 * (1.0 / 720.0 - h2 / 40320.0)));
        sinc = 1.0 - h2 * (1.0 / 6.0 - h2 * (1.0 / 120.0 - h2 / 5040.0));
    } else {
        const double h = elem_sqrt(h2);
        elem_sincos(h, &sinc, &c);
        sinc = sinc / h;
    }
    /* the frame turns by +rotvec, so components turn by -rotvec */
    out[0] = c;
    vec3_scale(out + 1, -0.5 * sinc, rotvec);
}

void quat_to_rotvec(double out[3], const double q[4])
{
    const double sign = q[0] < 0.0 ? 1.0 : -1.0;
    const double s = vec3_norm(q + 1);
    const double w = elem_abs(q[0]);
    /* h/sin(h) of the half angle h; q/|q| cancels in atan2, so only the small-angle branch needs |q| = 1 */
    const double ratio = s < 1e-9 ? 1.0 : elem_atan2(s, w) / s;
    vec3_scale(out, sign * 2.0 * ratio, q + 1);
}
