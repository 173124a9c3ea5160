/* The chaser's port is behind the target's, and nothing was captured. */
#include "registry.h"

#define BEHIND_M 0.3 /* deeper than any capture lets the ports go */

static bool trips(const flight_t *f) { return f->solution.r_port_tport_m[0] < -BEHIND_M; }

const monitor_t monitor_missed_contact = {.reason = REASON_MISSED_CONTACT, .trips = trips};
