/* What every measurement goes through: each number is taken once, late and early ones are refused, and an instrument
 * that is refused or silent for too long is lost. */
#include "nav/nav.h"

bool nav_all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!elem_is_finite(x[i])) return false;
    return true;
}

bool nav_all_within(const double *x, size_t n, double limit)
{
    for (size_t i = 0; i < n; i++)
        if (!(elem_abs(x[i]) <= limit)) return false;
    return true;
}

void nav_accept(const nav_t *nav, sensor_track_t *track, bool accepted)
{
    if (accepted) {
        track->accepted_us = nav->t_us;
        track->rejects_in_row = 0;
        return;
    }
    if (track->rejects < UINT16_MAX) track->rejects++;
    track->rejects_in_row++;
}

bool nav_take(const flight_params_t *p, const nav_t *nav, sensor_track_t *track, const measurement_t *m)
{
    if (track->seen && m->seq == track->seq) return false;
    track->seq = m->seq;
    track->seen = true;
    uint64_t max_age_us = (uint64_t)(p->measurement_max_age_s * 1.0e6);
    if (m->t_valid_us > nav->t_us || nav->t_us - m->t_valid_us > max_age_us) {
        nav_accept(nav, track, false);
        return false;
    }
    return true;
}

bool nav_lost(const flight_params_t *p, const nav_t *nav, const sensor_track_t *track, double timeout_s)
{
    double age_s = 1.0e-6 * (double)(nav->t_us - track->accepted_us);
    return age_s > timeout_s || track->rejects_in_row >= p->reject_limit;
}

const measurement_t *nav_find(const sensor_frame_t *s, uint8_t kind)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slot[i].kind == kind) return &s->slot[i];
    return NULL;
}

bool nav_of_this_cycle(const nav_t *nav, const measurement_t *m)
{
    return m->t_valid_us <= nav->t_us && nav->t_us - m->t_valid_us < nav->cycle_us;
}
