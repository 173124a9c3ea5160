#include "math/filter.h"

#include "math/linalg.h"

#define KEPT 1.0e-13 /* share of a variance that any measurement leaves, well above what rounding takes away */

void filter_layout(filter_t *f, size_t count, const uint8_t *use)
{
    uint8_t next = 0;
    for (size_t b = 0; b <= FILTER_BLOCKS; b++) f->at[b] = FILTER_ABSENT;
    for (uint8_t kind = BLOCK_ESTIMATED; kind <= BLOCK_CONSIDERED; kind++) {
        for (size_t b = 0; b < count && b < FILTER_BLOCKS; b++) {
            if (use[b] != kind) continue;
            f->at[b] = next;
            next = (uint8_t)(next + 3);
        }
        if (kind == BLOCK_ESTIMATED) f->estimated = next;
    }
    f->states = next;
}

void filter_start(const filter_t *f, double *p, size_t block, double variance)
{
    size_t n = f->states, at = f->at[block];
    if (!filter_has(f, block)) return;
    for (size_t i = at; i < at + 3; i++) {
        for (size_t j = 0; j < n; j++) p[i * n + j] = p[j * n + i] = 0.0;
        p[i * n + i] = variance;
    }
}

double filter_variance(const filter_t *f, const double *p, size_t block, size_t axis)
{
    size_t at = f->at[block] + axis;
    return filter_has(f, block) ? p[at * f->states + at] : 0.0;
}

void filter_noise(const filter_t *f, double *p, size_t a, size_t b, double aa, double ab, double bb)
{
    size_t n = f->states;
    for (size_t i = 0; i < 3; i++) {
        size_t ia = f->at[a] + i, ib = f->at[b] + i;
        if (filter_has(f, a)) p[ia * n + ia] += aa;
        if (filter_has(f, b)) p[ib * n + ib] += bb;
        if (!filter_has(f, a) || !filter_has(f, b)) continue;
        p[ia * n + ib] += ab;
        p[ib * n + ia] += ab;
    }
}

/* Vectors of three with elements `stride` apart, three of them `step` apart, as a motion of two blocks moves them. */
static void move_pairs(const filter_motion_t *motion, double *va, double *vb, size_t stride, size_t step)
{
    const double aa = motion->aa, ab = motion->ab, ba = motion->ba, bb = motion->bb;
    for (size_t c = 0; c < 3; c++, va += step, vb += step) {
        double a0 = va[0], a1 = va[stride], a2 = va[2 * stride], b0 = vb[0], b1 = vb[stride], b2 = vb[2 * stride];
        va[0] = aa * a0 + ab * b0, va[stride] = aa * a1 + ab * b1, va[2 * stride] = aa * a2 + ab * b2;
        vb[0] = ba * a0 + bb * b0, vb[stride] = ba * a1 + bb * b1, vb[2 * stride] = ba * a2 + bb * b2;
    }
}

/* The same of a motion with a matrix, for which a and b keep what they are besides: aa = bb = 1, ba = 0. */
static void move_drawn(const filter_motion_t *motion, double *va, double *vb, size_t stride, size_t step)
{
    const double ab = motion->ab, ay = motion->ay, by = motion->by, *m = motion->m;
    for (size_t c = 0; c < 3; c++, va += step, vb += step) {
        double a0 = va[0], a1 = va[stride], a2 = va[2 * stride], b0 = vb[0], b1 = vb[stride], b2 = vb[2 * stride];
        double y0 = m[0] * a0 + m[1] * a1 + m[2] * a2, y1 = m[3] * a0 + m[4] * a1 + m[5] * a2,
               y2 = m[6] * a0 + m[7] * a1 + m[8] * a2;
        va[0] = a0 + ab * b0 + ay * y0, va[stride] = a1 + ab * b1 + ay * y1, va[2 * stride] = a2 + ab * b2 + ay * y2;
        if (by == 0.0) continue;
        vb[0] = b0 + by * y0, vb[stride] = b1 + by * y1, vb[2 * stride] = b2 + by * y2;
    }
}

static void move_alone(const filter_motion_t *motion, double *va, size_t stride, size_t step)
{
    const double aa = motion->aa;
    for (size_t c = 0; c < 3; c++, va += step)
        for (size_t i = 0; i < 3; i++) va[i * stride] *= aa;
}

static void move(const filter_t *f, const filter_motion_t *motion, double *p, size_t stride, size_t step, size_t from)
{
    double *va = &p[f->at[motion->a] * stride + from * step];
    if (!filter_has(f, motion->b)) {
        move_alone(motion, va, stride, step);
        return;
    }
    double *vb = &p[f->at[motion->b] * stride + from * step];
    if (motion->m != NULL) move_drawn(motion, va, vb, stride, step);
    else move_pairs(motion, va, vb, stride, step);
}

/* The block at (i, j) onto the one at (j, i). */
static void mirror(double *p, size_t n, size_t i, size_t j)
{
    const double *from = &p[i * n + j];
    double *to = &p[j * n + i];
    for (size_t a = 0; a < 3; a++, from += n, to++) to[0] = from[0], to[n] = from[1], to[2 * n] = from[2];
}

/* Within a motion both halves were moved: their mean, of the block at (i, j) and the one at (j, i). */
static void mirror_mean(double *p, size_t n, size_t i, size_t j)
{
    for (size_t a = 0; a < 3; a++)
        for (size_t b = i == j ? a + 1 : 0; b < 3; b++) {
            double *upper = &p[(i + a) * n + j + b], *lower = &p[(j + b) * n + i + a];
            *lower = *upper = 0.5 * (*upper + *lower);
        }
}

/* Of each two motions one half of their covariance is moved and mirrored: the other need not be. */
void filter_propagate(const filter_t *f, double *p, const filter_motion_t *motions, size_t count)
{
    size_t n = f->states, blocks = n / 3;
    uint8_t order[FILTER_BLOCKS]; /* which motion each three rows belong to; none: they come after all that move */
    for (size_t b = 0; b < blocks; b++) order[b] = FILTER_ABSENT;
    for (size_t g = 0; g < count; g++) {
        if (filter_has(f, motions[g].a)) order[f->at[motions[g].a] / 3] = (uint8_t)g;
        if (filter_has(f, motions[g].b)) order[f->at[motions[g].b] / 3] = (uint8_t)g;
    }
    for (size_t g = 0; g < count; g++)
        for (size_t b = 0; b < blocks; b++)
            if (filter_has(f, motions[g].a) && order[b] >= g) move(f, &motions[g], p, n, 1, 3 * b);
    for (size_t g = 0; g < count; g++)
        for (size_t b = 0; b < blocks; b++)
            if (filter_has(f, motions[g].a) && order[b] <= g) move(f, &motions[g], p, 1, n, 3 * b);
    for (size_t i = 0; i < blocks; i++)
        for (size_t j = 0; j < blocks; j++) {
            if (order[i] < order[j]) mirror(p, n, 3 * i, 3 * j);
            else if (order[i] == order[j] && order[i] != FILTER_ABSENT && i <= j) mirror_mean(p, n, 3 * i, 3 * j);
        }
}

void observation_start(observation_t *o, size_t components)
{
    o->components = components;
    for (size_t i = 0; i < FILTER_COMPONENTS; i++) o->used[i] = 0;
}

void observation_see(observation_t *o, const filter_t *f, size_t row, size_t rows, size_t block, double scale,
                     const double *m)
{
    if (!filter_has(f, block)) return;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 3; j++) {
            double x = m != NULL ? scale * m[3 * i + j] : (i == j ? scale : 0.0);
            uint8_t *used = &o->used[row + i];
            if (x == 0.0) continue;
            o->column[row + i][*used] = (uint8_t)(f->at[block] + j);
            o->element[row + i][*used] = x;
            (*used)++;
        }
}

/* What component i sees of a vector. */
static double seen(const observation_t *o, size_t i, const double *x)
{
    double sum = 0.0;
    for (size_t k = 0; k < o->used[i]; k++) sum += o->element[i][k] * x[o->column[i][k]];
    return sum;
}

/* Covariance of component i with every state, and its own variance, both given the components before it. */
static double given_before(size_t n, const double *p, const observation_t *o, size_t i,
                           double w[FILTER_COMPONENTS][FILTER_STATES], const double *s)
{
    double *wi = w[i];
    const double *h = o->element[i];
    const uint8_t *column = o->column[i];
    size_t e = 0, used = o->used[i];
    for (size_t k = 0; k < n; k++) wi[k] = 0.0;
    for (; e + 3 <= used; e += 3) {
        const double *a = &p[column[e] * n], *b = &p[column[e + 1] * n], *c = &p[column[e + 2] * n];
        double ha = h[e], hb = h[e + 1], hc = h[e + 2];
        for (size_t k = 0; k < n; k++) wi[k] += ha * a[k] + hb * b[k] + hc * c[k];
    }
    for (; e < used; e++) {
        const double *a = &p[column[e] * n], ha = h[e];
        for (size_t k = 0; k < n; k++) wi[k] += ha * a[k];
    }
    for (size_t j = 0; j < i; j++) {
        double share = seen(o, i, w[j]) / s[j];
        for (size_t k = 0; k < n; k++) wi[k] -= share * w[j][k];
    }
    return o->r[i] + seen(o, i, wi);
}

/* P less what the components told of it; rows and columns of what is considered keep their own block. */
static void commit(const filter_t *f, double *p, size_t components, double w[FILTER_COMPONENTS][FILTER_STATES],
                   const double *s)
{
    size_t n = f->states;
    for (size_t i = 0; i < f->estimated; i++) {
        double least = KEPT * p[i * n + i];
        size_t c = 0;
        for (; c + 3 <= components; c += 3) {
            const double *wa = w[c], *wb = w[c + 1], *wc = w[c + 2];
            double a = wa[i] / s[c], b = wb[i] / s[c + 1], d = wc[i] / s[c + 2], *row = &p[i * n];
            for (size_t j = i; j < n; j++) row[j] -= a * wa[j] + b * wb[j] + d * wc[j];
        }
        for (; c < components; c++) {
            double a = w[c][i] / s[c], *row = &p[i * n];
            for (size_t j = i; j < n; j++) row[j] -= a * w[c][j];
        }
        p[i * n + i] = elem_max(p[i * n + i], least);
        const double *row = &p[i * n];
        double *column = &p[(i + 1) * n + i];
        for (size_t j = i + 1; j < n; j++, column += n) *column = row[j];
    }
}

/* What all components together would do, beside the filter: their covariances with the states and their variances, the
 * correction, and their summed squares. */
typedef struct {
    double w[FILTER_COMPONENTS][FILTER_STATES], s[FILTER_COMPONENTS], moved[FILTER_STATES], nis;
} trial_t;

static bool try_all(const filter_t *f, const double *p, const observation_t *o, double gate, trial_t *t)
{
    size_t n = f->states;
    t->nis = 0.0;
    for (size_t k = 0; k < n; k++) t->moved[k] = 0.0;
    for (size_t i = 0; i < o->components; i++) {
        t->s[i] = given_before(n, p, o, i, t->w, t->s);
        if (!(t->s[i] > 0.0) || !elem_is_finite(t->s[i])) return false;
        double z = o->z[i] - seen(o, i, t->moved), weight = z / t->s[i];
        t->nis += z * weight;
        for (size_t k = 0; k < n; k++) t->moved[k] += weight * t->w[i][k];
    }
    return t->nis >= 0.0 && t->nis <= gate;
}

bool filter_judge(const filter_t *f, const double *p, const observation_t *o, double gate, double *nis)
{
    trial_t t;
    bool good = try_all(f, p, o, gate, &t);
    *nis = t.nis;
    return good;
}

bool filter_update(const filter_t *f, double *p, const observation_t *o, double gate, double *dx, double *nis)
{
    trial_t t;
    bool good = try_all(f, p, o, gate, &t);
    *nis = t.nis;
    if (!good) return false;
    for (size_t k = 0; k < f->states; k++) dx[k] = k < f->estimated ? t.moved[k] : 0.0;
    commit(f, p, o->components, t.w, t.s);
    return true;
}

double filter_gate(double gate_3, size_t components)
{
    double n = (double)components, a = 2.0 / (9.0 * n), a_3 = 2.0 / 27.0;
    double normal = (elem_cbrt(gate_3 / 3.0) - (1.0 - a_3)) / elem_sqrt(a_3);
    double root = 1.0 - a + normal * elem_sqrt(a);
    return n * root * root * root;
}
