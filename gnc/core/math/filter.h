/* The filter engine: one algebra for every filter of the core.
 *
 * A filter's states are named blocks of three. Its table of offsets, made once at init, says which of them take rows of
 * the covariance: the estimated ones first, then the considered ones, whose uncertainty counts but which are never
 * corrected (Schmidt 1966); absent ones take none, and everything about them does nothing. The covariance p is
 * states x states, row-major, symmetric to the bit. */
#ifndef PROXOPS_FILTER_H
#define PROXOPS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_BLOCKS 8
#define FILTER_NONE FILTER_BLOCKS /* a block that is never there */
#define FILTER_STATES (3 * FILTER_BLOCKS)
#define FILTER_COMPONENTS 8 /* of one measurement */
#define FILTER_ABSENT 0xFFu

enum { BLOCK_ABSENT = 0, BLOCK_ESTIMATED = 1, BLOCK_CONSIDERED = 2 };

typedef struct {
    uint8_t at[FILTER_BLOCKS + 1]; /* first row of each block; FILTER_ABSENT */
    uint8_t states, estimated; /* rows, and how many of them, the first, are corrected */
} filter_t;

/* The table of offsets for blocks 0 to count - 1 and their BLOCK_* uses; count is at most FILTER_BLOCKS. */
void filter_layout(filter_t *f, size_t count, const uint8_t *use);
static inline bool filter_has(const filter_t *f, size_t block) { return f->at[block] != FILTER_ABSENT; }
/* Gives a block this variance, each axis, and no correlation with anything: at the start, or where its states begin to
 * mean something else. */
void filter_start(const filter_t *f, double *p, size_t block, double variance);
double filter_variance(const filter_t *f, const double *p, size_t block, size_t axis); /* 0 where absent */

/* ---- time ---- */
/* How blocks a and b go on. With numbers, where m is NULL: a <- aa a + ab b, b <- ba a + bb b; b absent, as FILTER_NONE
 * is: a <- aa a alone. With y = m a, m row-major: a <- a + ab b + ay y, b <- b + by y. */
typedef struct {
    uint8_t a, b;
    double aa, ab, ba, bb;
    const double *m;
    double ay, by;
} filter_motion_t;
/* P = Phi P Phi'. A block is in at most one motion; one that is in none stays what it is. */
void filter_propagate(const filter_t *f, double *p, const filter_motion_t *motions, size_t count);
/* Adds noise to two blocks, axis by axis: variances aa and bb, covariance ab. */
void filter_noise(const filter_t *f, double *p, size_t a, size_t b, double aa, double ab, double bb);

/* ---- measurements ---- */
typedef struct {
    size_t components;
    double z[FILTER_COMPONENTS], r[FILTER_COMPONENTS]; /* innovation, and its variance without the state's */
    uint8_t used[FILTER_COMPONENTS], column[FILTER_COMPONENTS][FILTER_STATES];
    double element[FILTER_COMPONENTS][FILTER_STATES]; /* H, the elements used alone */
} observation_t;

/* An observation of that many components, at most FILTER_COMPONENTS, of nothing yet. */
void observation_start(observation_t *o, size_t components);
/* Adds scale times m, row-major, `rows` x 3, to what components `row` on see of a block; NULL: of identity. */
void observation_see(observation_t *o, const filter_t *f, size_t row, size_t rows, size_t block, double scale,
                     const double *m);
/* Takes all components of a measurement, one after the other, or none of them. nis: their summed squares in their
 * variances, each given the ones before, which is z' S^-1 z (Bierman 1977, ch. 3). Above `gate`, or where a variance is
 * not positive, it is refused: false, and p and dx are untouched. Otherwise dx, FILTER_STATES long and in the table's
 * order, is the correction, zero for what is considered, and p the covariance after it, which stays positive: no
 * variance falls below a rounding's share of what it was. */
bool filter_update(const filter_t *f, double *p, const observation_t *o, double gate, double *dx, double *nis);
/* Whether a measurement would be taken, and its nis: the filter is untouched. */
bool filter_judge(const filter_t *f, const double *p, const observation_t *o, double gate, double *nis);
/* The correction of a block; NULL where it is absent. */
static inline const double *filter_correction(const filter_t *f, const double *dx, size_t block)
{
    return filter_has(f, block) ? &dx[f->at[block]] : NULL;
}
/* The gate of a measurement of that many components whose chance to be refused is that of three beyond gate_3
 * (Wilson & Hilferty 1931). */
double filter_gate(double gate_3, size_t components);

#endif
