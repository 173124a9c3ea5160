/* Checks of every measurement: each number is accepted once, late and early ones are rejected, and an instrument that
 * is rejected or silent for too long is lost. */
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
    uint64_t valid_us = nav_valid_us(nav, m);
    if (valid_us > nav->t_us || nav->t_us - valid_us > max_age_us) {
        nav_accept(nav, track, false);
        return false;
    }
    return true;
}

bool nav_lost(const flight_params_t *p, const nav_t *nav, size_t instrument)
{
    const sensor_track_t *track = &nav->track[instrument];
    return nav->t_us - track->accepted_us > nav->timeout_us[instrument] || track->rejects_in_row >= p->reject_limit;
}

size_t nav_in_use(const flight_params_t *p, const nav_t *nav, uint8_t kind)
{
    for (size_t i = 0; i < p->instrument_count; i++)
        if (p->instrument_kind[i] == kind && nav->track[i].in_use) return i;
    return FLIGHT_INSTRUMENTS;
}

const void *nav_block_in_use(const flight_params_t *p, const nav_t *nav, uint8_t kind)
{
    size_t instrument = nav_in_use(p, nav, kind);
    return instrument < FLIGHT_INSTRUMENTS ? nav_block(p, instrument) : NULL;
}

/* None of its kind before it in the table is there still. */
static bool is_next(const flight_params_t *p, const nav_t *nav, size_t instrument)
{
    for (size_t i = 0; i < instrument; i++)
        if (p->instrument_kind[i] == p->instrument_kind[instrument] && !nav_lost(p, nav, i)) return false;
    return true;
}

void nav_hand_over(const flight_params_t *p, nav_t *nav, size_t instrument)
{
    uint8_t kind = p->instrument_kind[instrument];
    if (nav->track[instrument].in_use || nav_lost(p, nav, instrument) || !is_next(p, nav, instrument)) return;
    for (size_t i = 0; i < p->instrument_count; i++)
        if (p->instrument_kind[i] == kind) nav->track[i].in_use = i == instrument;
    const model_t *model = flight_model_of(kind);
    if (model->start != NULL) model->start(p, nav, instrument);
}

void nav_arm(const flight_params_t *p, size_t instrument, double arm_body_m[3])
{
    vec3_sub(arm_body_m, &p->instrument_position_body_m[3 * instrument], p->com_body_m);
}

bool nav_of_this_cycle(const nav_t *nav, const measurement_t *m)
{
    uint64_t valid_us = nav_valid_us(nav, m);
    return valid_us <= nav->t_us && nav->t_us - valid_us < nav->cycle_us;
}
