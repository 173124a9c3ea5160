/* Guidance law sway: holds the phase's point and swings across it, out of the orbit's plane.
 *
 *     [[phase]]
 *     name = "swing"
 *     law = "sway"
 *     amplitude_m = 1.0
 *     period_s = 120.0
 *     duration_s = 240.0
 *
 * The rules of the core apply: C99, only + - * / and sqrt (math/elementary.h has the rest), no memory but `memory`. */
#include "registry.h"

/* The keys of the phase that are the law's own: name, lowest and highest value, unit, meaning. POINT_FIELDS come first
 * in a law that has a point, then FOLLOW_FIELDS where control follows its path. */
#define OWN_FIELDS(F, V) \
    POINT_FIELDS(F, V) \
    FOLLOW_FIELDS(F, V) \
    F(amplitude_m, 0.0, 100.0, "m", "swing to each side") \
    F(period_s, 1.0, 1.0e6, "s", "period of the swing") \
    F(duration_s, 0.0, 1.0e6, "s", "least time")
typedef struct {
    OWN_FIELDS(BLOCK_F, BLOCK_V)
} own_t;
static const block_field_t fields[] = {OWN_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

#define TWO_PI 6.28318530717958647692

/* The reference for this cycle: the distance on the path, and the offset across it with its rate, hill. */
static void path(const law_call_t *call, double lateral_m[3], double lateral_rate_mps[3])
{
    const own_t *own = call->own;
    double rate_radps = TWO_PI / own->period_s, sine, cosine;
    elem_sincos(rate_radps * guidance_phase_time_s(call), &sine, &cosine);
    call->path->speed_mps = 0.0;
    call->path->distance_m = guidance_end_m(call);
    vec3_copy(lateral_m, own->offset_hill_m);
    lateral_m[2] += own->amplitude_m * sine;
    vec3_set(lateral_rate_mps, 0.0, 0.0, own->amplitude_m * rate_radps * cosine);
}

static bool finished(const law_call_t *call)
{
    const own_t *own = call->own;
    return guidance_phase_time_s(call) >= own->duration_s;
}

const law_t law_sway = {
    .id = 128, /* 128 to 255; never changes */
    .fields = fields,
    .translation = TRANSLATION_FOLLOW,
    .has_point = true,
    .path = path,
    .finished = finished,
};
