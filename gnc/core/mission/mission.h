/* The mission: a graph of phases and transitions, walked one transition a cycle at most. */
#ifndef PROXOPS_MISSION_H
#define PROXOPS_MISSION_H

#include "flight.h"
#include "math/linalg.h"

/* The rows of the transition table by the phase that they leave, in their order; those of any phase are the last group.
 */
typedef struct {
    uint8_t first[FLIGHT_PHASES + 2];
    uint8_t row[FLIGHT_TRANSITIONS];
    uint8_t goes_to[FLIGHT_PHASES]; /* where the first transition by DONE leads; the phase itself without one */
    bool gated[FLIGHT_PHASES]; /* that transition has a gate */
} graph_t;

typedef struct {
    uint16_t entries[FLIGHT_PHASES];
    uint16_t tc_seq;
    uint8_t phase; /* copy of the intent's, against spoilt memory */
    bool tc_seen; /* tc_seq holds the number of a telecommand already taken */
    bool go; /* given in this phase */
    bool apart; /* in this phase the ports have been as far apart as contact is ignored until */
    bool contradicted; /* the mechanism has sensed contact where there can be none */
    bool inferred; /* the port is held, by what navigation says of it */
    bool captured; /* the mechanism has held the target in this phase */
} mission_t;

void mission_init(const flight_params_t *p, graph_t *graph);
/* Enters a phase; after_done: by a leg that was done. */
void mission_enter(const flight_params_t *p, mission_t *memory, uint8_t phase, bool after_done, intent_t *intent);
/* At the start of a cycle: of phase, its copy and the law two that fit each other are believed, and all that follows
 * from the phase is set from it. */
void mission_mend(const flight_params_t *p, mission_t *memory, intent_t *intent);
/* Enters the start phase. */
void mission_start(const flight_params_t *p, mission_t *memory, uint64_t t_us, intent_t *intent);
/* One cycle: at most one transition, then what telecommands lay over the phase. true: guidance has to run again, for
 * the phase or its leg has begun in this cycle. */
bool decide(const flight_params_t *p, const graph_t *graph, mission_t *memory, const solution_t *solution,
            const progress_t *progress, const telecommand_t *telecommand, intent_t *intent);

#endif
