/* The monitors, asked in the order of the registry: the first that trips gives the reason. */
#include "registry.h"

uint8_t fdir_reason(const flight_t *f)
{
    for (size_t i = 0; flight_monitors[i] != NULL; i++)
        if (flight_monitors[i]->trips(f)) return flight_monitors[i]->reason;
    return REASON_NONE;
}

bool fdir_urgent(const flight_t *f)
{
    for (size_t i = 0; flight_monitors[i] != NULL; i++)
        if (flight_monitors[i]->urgent != NULL && flight_monitors[i]->urgent(f)) return true;
    return false;
}
