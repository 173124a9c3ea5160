/* Which thrusters do what they are not asked for: from the motion that the valves' report does not explain, to the
 * group of thrusters that it fits, whose isolation valves are shut. Why these limits:
 * docs/design/ctl_thruster_health.md. */
#include "control/control.h"

#define SMOOTHED_S 1.0 /* time constant of the unexplained motion and of what the thrusters do */
#define FLOOR_MPS2 4.0e-4 /* of the unexplained acceleration: accelerometer bias and noise */
#define FLOOR_RADPS2 2.0e-5
#define EFFECT_SHARE 0.15 /* of what the thrusters do on purpose: error of thrust, mass and inertia */
#define AIM_RAD 0.03 /* error of a thruster's direction, and of its place against the centre of mass */
#define AIM_M 0.08
#define TRIPS 2.0 /* unexplained motion, in the size that errors can reach */
#define AGAIN 5 /* cycles in a row that name the same thrusters */
#define FITS 0.15 /* of the square of what is unexplained, left over by one thruster */
#define AS_GOOD 0.03 /* thrusters that leave no more than this beside the best cannot be told from it */
#define LEAST_SHARE 0.02 /* of its full thrust: less is no fault of a valve */
#define MOST_SHARE 1.5
#define SETTLE_S 2.0 /* after valves were shut, before more are */
#define SHUT_MAX 8u /* thrusters: with more shut than that, something else is wrong */
#define LEARN_RATE 0.1 /* of the effect of a firing */
#define NOISE_MPS 3.0e-5 /* of the increments of a cycle */
#define NOISE_RADPS 8.0e-6
#define LOST_SHARE 0.6 /* a thruster whose firings lack more than this of their effect is not used */

static uint32_t bits(uint32_t mask)
{
    uint32_t n = 0;
    for (; mask != 0; mask &= mask - 1u) n++;
    return n;
}

/* What a second of a thruster's full thrust does: change of velocity and of rate. */
static void effect(const control_call_t *call, uint32_t t, double out[6])
{
    const double *arms = call->effectors->arms[t];
    vec3_scale(&out[0], 1.0 / call->p->mass_kg, &arms[0]);
    mat3_mul_vec(&out[3], call->effectors->inertia_inverse, &arms[3]);
}

/* Sizes that the unexplained acceleration reaches without a fault. */
static void allowed(const control_call_t *call, double out[6])
{
    const flight_params_t *p = call->p;
    const thruster_health_t *h = &call->memory->health;
    for (size_t i = 0; i < 3; i++) {
        out[i] = FLOOR_MPS2 + EFFECT_SHARE * h->done[i] + AIM_RAD * h->force_n / p->mass_kg;
        out[3 + i] = FLOOR_RADPS2 + EFFECT_SHARE * h->done[3 + i] + AIM_M * h->force_n / p->inertia_body_kgm2[4 * i];
    }
}

/* How well one thruster that fires unasked explains the motion: the share of its square that is left over. */
static double left_over(const control_call_t *call, uint32_t t, const double size[6], const double total)
{
    const double *y = call->memory->health.unexplained;
    double s[6], sy = 0.0, ss = 0.0;
    effect(call, t, s);
    for (size_t i = 0; i < 6; i++) {
        double scaled = s[i] / size[i];
        sy += scaled * y[i] / size[i];
        ss += scaled * scaled;
    }
    if (!(ss > 0.0) || sy < LEAST_SHARE * ss || sy > MOST_SHARE * ss) return 1.0;
    return 1.0 - sy * sy / (ss * total);
}

/* The thrusters of which one, firing unasked, makes the motion; none when it is small or fits none. */
static uint32_t suspects(const control_call_t *call)
{
    const thruster_health_t *h = &call->memory->health;
    double size[6], left[FLIGHT_THRUSTERS], total = 0.0, worst = 0.0, best = FITS;
    uint32_t found = 0;
    allowed(call, size);
    for (size_t i = 0; i < 6; i++) {
        double share = elem_abs(h->unexplained[i]) / size[i];
        total += share * share;
        worst = elem_max(worst, share);
    }
    if (!(worst > TRIPS)) return 0;
    for (uint32_t t = 0; t < call->p->thruster_count; t++) {
        left[t] = (h->shut & (1u << t)) ? 1.0 : left_over(call, t, size, total);
        best = elem_min(best, left[t]);
    }
    for (uint32_t t = 0; t < call->p->thruster_count; t++)
        if (left[t] < FITS && left[t] <= best + AS_GOOD) found |= 1u << t;
    return found;
}

static void shut(thruster_health_t *h, uint32_t which)
{
    if (which == 0 || bits(h->shut | which) > SHUT_MAX) return;
    h->shut |= which;
    h->settle_s = SETTLE_S;
    h->suspects = h->named = 0;
    for (size_t i = 0; i < 6; i++) h->unexplained[i] = 0.0;
}

/* What each firing lacks of its effect, learnt from all that fire together: normalised least mean squares (Widrow &
 * Hoff 1960). A thruster that is reversed lacks twice its effect, one of two whose harnesses are swapped about all. */
static void learn(const control_call_t *call, const double on_s[FLIGHT_THRUSTERS], const double motion[6])
{
    thruster_health_t *h = &call->memory->health;
    double off[6], power = 6.0;
    for (size_t i = 0; i < 6; i++) off[i] = motion[i] / (i < 3 ? NOISE_MPS : NOISE_RADPS);
    for (uint32_t t = 0; t < call->p->thruster_count; t++) {
        double s[6];
        if (!(on_s[t] > 0.0)) continue;
        effect(call, t, s);
        for (size_t i = 0; i < 6; i++) {
            double scaled = on_s[t] * s[i] / (i < 3 ? NOISE_MPS : NOISE_RADPS);
            off[i] -= h->lack[t] * scaled;
            power += scaled * scaled;
        }
    }
    for (uint32_t t = 0; t < call->p->thruster_count; t++) {
        double s[6], along = 0.0;
        if (!(on_s[t] > 0.0)) continue;
        effect(call, t, s);
        for (size_t i = 0; i < 6; i++) along += on_s[t] * s[i] / (i < 3 ? NOISE_MPS : NOISE_RADPS) * off[i];
        h->lack[t] += LEARN_RATE * along / power;
        if (h->lack[t] < -LOST_SHARE) shut(h, 1u << t);
    }
}

static void smooth(const control_call_t *call, const double on_s[FLIGHT_THRUSTERS])
{
    const flight_params_t *p = call->p;
    const solution_t *s = call->solution;
    thruster_health_t *h = &call->memory->health;
    double gain = p->cycle_s / SMOOTHED_S, force_n = 0.0, done[6] = {0.0};
    for (uint32_t t = 0; t < p->thruster_count; t++) {
        double e[6];
        if (!(on_s[t] > 0.0)) continue;
        effect(call, t, e);
        for (size_t i = 0; i < 6; i++) done[i] += elem_abs(e[i]) * on_s[t];
        force_n += p->thruster_force_n[t] * on_s[t];
    }
    for (size_t i = 0; i < 6; i++) {
        double y = (i < 3 ? s->unexplained_mps[i] : s->unexplained_radps[i - 3]) / p->cycle_s;
        h->unexplained[i] += gain * (y - h->unexplained[i]);
        h->done[i] += gain * (done[i] / p->cycle_s - h->done[i]);
    }
    h->force_n += gain * (force_n / p->cycle_s - h->force_n);
}

/* The motion of a cycle belongs to what the valve drivers gave in it. */
void control_watch_thrusters(const control_call_t *call)
{
    thruster_health_t *h = &call->memory->health;
    const solution_t *s = call->solution;
    double motion[6], on_s[FLIGHT_THRUSTERS];
    bool held = call->intent->nav_mode != MODE_NORMAL || s->dock_flags != 0;
    if (held || !s->explained) {
        for (size_t i = 0; i < 6; i++) h->unexplained[i] = 0.0;
        return;
    }
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) on_s[t] = 1.0e-6 * (double)s->thruster_applied_us[t];
    vec3_copy(&motion[0], s->unexplained_mps);
    vec3_copy(&motion[3], s->unexplained_radps);
    smooth(call, on_s);
    h->settle_s = elem_max(h->settle_s - call->p->cycle_s, 0.0);
    uint32_t which = h->settle_s > 0.0 ? 0 : suspects(call);
    h->named = which != 0 && which == h->suspects ? h->named + 1u : 0;
    h->suspects = which;
    if (h->named >= AGAIN) shut(h, which);
    else if (which == 0) learn(call, on_s, motion);
}
