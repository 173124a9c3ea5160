/* What varies is a row: guidance laws, monitors and measurement models, each a constant table of functions in a file of
 * its own, listed in registry.c. Nothing outside a law's own file asks which law is in force; it asks for a property of
 * the row. */
#ifndef PROXOPS_REGISTRY_H
#define PROXOPS_REGISTRY_H

#include "flight_state.h"

/* What translation control does under a law. */
enum { TRANSLATION_NONE = 0, TRANSLATION_FOLLOW = 1, TRANSLATION_BURN = 2 };

typedef struct {
    uint8_t id; /* LAW_* */
    const block_field_t *fields; /* its own, in the phase's stretch of the block; NULL: none */
    uint8_t translation; /* TRANSLATION_*: FOLLOW also accepts HOLD and RETREAT, and its legs end at a gate */
    bool docked; /* no thruster fires, and relative navigation rests */
    bool avoids; /* is itself the answer to ABORT */
    void (*enter)(flight_t *f); /* when a phase with this law begins, or goes on after a hold; NULL: nothing to do */
    /* Moves the distance reference on by a cycle and gives the offset across the axis, hill, with its rate; NULL: the
     * phase's own point. */
    void (*path)(flight_t *f, double lateral_m[3], double lateral_rate_mps[3]);
    void (*burn)(flight_t *f); /* plans and ends burns, once a cycle; NULL: it has none */
    bool (*finished)(const flight_t *f); /* its leg is over; NULL: never */
} law_t;

typedef struct {
    uint8_t reason; /* REASON_* */
    const block_field_t *fields;
    bool (*trips)(const flight_t *f);
    bool (*urgent)(const flight_t *f); /* calls for the avoidance burn at once; NULL: never */
} monitor_t;

/* Each ends with NULL. Monitors are asked in their order. */
extern const law_t *const flight_laws[];
extern const monitor_t *const flight_monitors[];
extern const model_t *const flight_models[];

/* The law of a number; NULL: none. */
const law_t *flight_law_of(uint8_t id);
/* The law in force. */
const law_t *flight_law(const flight_t *f);
/* The first instrument of a kind; 0 where there is none. */
size_t flight_first_of(const flight_t *f, uint8_t kind);
/* The stretch of the block of the phase in force. */
const void *flight_law_block(const flight_t *f);

#endif
