/* What a law, a monitor or a measurement model reads of its own: a stretch of the parameters' block, which the module
 * declares. A new module changes neither the parameters' struct nor the interface. */
#ifndef PROXOPS_BLOCK_H
#define PROXOPS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A field of a stretch, in the order in which they lie there. A list of them ends with one without a name. */
typedef struct {
    const char *name, *unit, *meaning;
    double lo, hi;
    uint16_t count; /* elements */
    bool is_vector;
} block_field_t;

/* The fields that a module declares once as F(name, lo, hi, unit, meaning) and V(name, count, lo, hi, unit, meaning)
 * expand to a struct of doubles, which lies in the parameters' block, and to their descriptors. */
#define BLOCK_F(name, lo, hi, unit, meaning) double name;
#define BLOCK_V(name, count, lo, hi, unit, meaning) double name[count];
#define BLOCK_FIELD(name, lo, hi, unit, meaning) {#name, unit, meaning, lo, hi, 1, false},
#define BLOCK_VECTOR(name, count, lo, hi, unit, meaning) {#name, unit, meaning, lo, hi, count, true},
#define BLOCK_END {NULL, NULL, NULL, 0.0, 0.0, 0, false}

#endif
