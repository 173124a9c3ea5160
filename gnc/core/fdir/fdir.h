/* Fault detection: a table of monitors, evaluated in the order of the parameters. */
#ifndef PROXOPS_FDIR_H
#define PROXOPS_FDIR_H

#include "flight.h"
#include "math/linalg.h"

typedef struct {
    const flight_params_t *p;
    const solution_t *solution;
    const intent_t *intent;
    const progress_t *progress;
    const void *own; /* the monitor's fields, in its stretch of the block */
} monitor_call_t;

enum { LEVEL_NONE = 0, LEVEL_TRIPS = 1, LEVEL_URGENT = 2 };

typedef struct {
    uint8_t id;     /* MONITOR_* */
    uint8_t reason; /* REASON_*, or REASON_MONITOR plus its number */
    const block_field_t *fields;
    uint8_t (*level)(const monitor_call_t *call); /* LEVEL_* */
} monitor_t;

/* The highest level of all monitors, and the reason that the first which trips gives: REASON_NONE where none does. */
uint8_t fdir_level(const flight_params_t *p, const solution_t *solution, const intent_t *intent,
                   const progress_t *progress, uint8_t *reason);

#endif
