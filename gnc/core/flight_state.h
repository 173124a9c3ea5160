/* The core's whole state. Not part of the public contract: a caller outside the core needs flight.h alone. */
#ifndef PROXOPS_FLIGHT_STATE_H
#define PROXOPS_FLIGHT_STATE_H

#include "control/control.h"
#include "flight.h"
#include "guidance/guidance.h"
#include "mission/mission.h"
#include "nav/nav.h"

struct flight {
    /* Set by flight_init, and never again. */
    flight_params_t params;
    effectors_t effectors;
    graph_t graph;
    uint64_t cycle_us;
    /* Changed by flight_step. */
    uint64_t t_us;
    uint32_t tick, magic;
    uint32_t refused, refused_tick; /* frames refused since the last that was taken, and the last of them */
    bool started;
    /* Each stage's own memory, and what it gives to the others. */
    nav_t nav;
    guidance_t guidance;
    mission_t mission;
    control_t control;
    solution_t solution;
    intent_t intent;
    reference_t reference;
    progress_t progress;
};

/* Bytes from the start of a flight_t that only flight_init changes. */
#define FLIGHT_FIXED_BYTES offsetof(struct flight, t_us)

/* What boards set aside; a build that needs more fails. */
#define FLIGHT_PARAMS_BYTES_MAX (12 * 1024)
#define FLIGHT_STATE_BYTES_MAX (26 * 1024)
typedef char flight_params_too_large[sizeof(flight_params_t) <= FLIGHT_PARAMS_BYTES_MAX ? 1 : -1];
typedef char flight_state_too_large[sizeof(struct flight) <= FLIGHT_STATE_BYTES_MAX ? 1 : -1];

#endif
