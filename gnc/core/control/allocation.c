/* Thruster allocation: on-times of least total duration that give the demanded impulse and angular
 * impulse exactly, by the revised simplex method (Dantzig 1963, ch. 9) on six equality rows. */
#include "control/control.h"

#define ROWS 6
#define PIVOTS_MAX 60
#define BLAND_AFTER 30      /* then the first improving column enters, which cannot cycle (Bland 1977) */
#define ARTIFICIAL_COST 1.0e3   /* of a unit of impulse, if the weakest thruster gives one in a second or less */
#define ENTER_TOLERANCE 1.0e-9
#define PIVOT_MIN 1.0e-9
#define LEFT_TOLERANCE 1.0e-6 /* of the demand: a larger remainder means that it is infeasible */
#define MAIN_SHARE 0.5 /* of the longest burn: a thruster that burns as long is a main one of its axis */
#define NEVER 1.0e30 /* the smallest demand of an axis that no thruster serves */
#define PROBE 1000.0 /* N s, N m s: a demand well above any smallest one */

typedef struct {
    double inverse[ROWS * ROWS]; /* of the basis */
    double x[ROWS], cost[ROWS];
    int32_t column[ROWS]; /* thruster in the basis row; -1 an artificial */
} basis_t;

static void start_basis(basis_t *b, const double w[ROWS], double cost)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < ROWS; j++) b->inverse[i * ROWS + j] = 0.0;
        b->inverse[i * ROWS + i] = w[i] < 0.0 ? -1.0 : 1.0;
        b->x[i] = elem_abs(w[i]);
        b->cost[i] = cost;
        b->column[i] = -1;
    }
}

/* Of which thrusters: the first `count` that are not shut off, of groups up to a level. */
typedef struct {
    const effectors_t *e;
    uint32_t count, level, shut;
} choice_t;

static int32_t entering(const choice_t *of, const basis_t *b, bool bland)
{
    double y[ROWS], best = -ENTER_TOLERANCE;
    int32_t enter = -1;
    for (size_t j = 0; j < ROWS; j++) {
        y[j] = 0.0;
        for (size_t i = 0; i < ROWS; i++) y[j] += b->cost[i] * b->inverse[i * ROWS + j];
    }
    for (uint32_t t = 0; t < of->count; t++) {
        if (of->e->level[t] > of->level || (of->shut & (1u << t))) continue;
        const double *a = of->e->arms[t];
        double reduced = 1.0 - (y[0] * a[0] + y[1] * a[1] + y[2] * a[2] + y[3] * a[3] + y[4] * a[4] + y[5] * a[5]);
        if (reduced < best) {
            enter = (int32_t)t;
            if (bland) return enter;
            best = reduced;
        }
    }
    return enter;
}

/* Brings `enter` into the basis; false when nothing leaves (unbounded, impossible with costs > 0). */
static bool pivot(const effectors_t *e, basis_t *b, int32_t enter)
{
    double d[ROWS], ratio = 0.0;
    size_t leave = ROWS;
    const double *a = e->arms[enter];
    for (size_t i = 0; i < ROWS; i++) {
        d[i] = 0.0;
        for (size_t j = 0; j < ROWS; j++) d[i] += b->inverse[i * ROWS + j] * a[j];
        if (d[i] > PIVOT_MIN && (leave == ROWS || b->x[i] / d[i] < ratio)) {
            leave = i;
            ratio = b->x[i] / d[i];
        }
    }
    if (leave == ROWS) return false;
    for (size_t i = 0; i < ROWS; i++) {
        if (i == leave) continue;
        double k = d[i] / d[leave];
        b->x[i] = elem_max(b->x[i] - k * b->x[leave], 0.0);
        for (size_t j = 0; j < ROWS; j++) b->inverse[i * ROWS + j] -= k * b->inverse[leave * ROWS + j];
    }
    b->x[leave] = ratio;
    for (size_t j = 0; j < ROWS; j++) b->inverse[leave * ROWS + j] /= d[leave];
    b->column[leave] = enter;
    b->cost[leave] = 1.0;
    return true;
}

/* Full-thrust seconds of each thruster for the wrench impulse w; false when w cannot be given. */
static bool solve(const choice_t *of, const double w[ROWS], double seconds[FLIGHT_THRUSTERS])
{
    basis_t b;
    double size = 0.0;
    start_basis(&b, w, of->e->artificial_cost);
    for (int k = 0; k < PIVOTS_MAX; k++) {
        int32_t enter = entering(of, &b, k >= BLAND_AFTER);
        if (enter < 0 || !pivot(of->e, &b, enter)) break;
    }
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) seconds[t] = 0.0;
    for (size_t i = 0; i < ROWS; i++) size = elem_max(size, elem_abs(w[i]));
    for (size_t i = 0; i < ROWS; i++) {
        if (b.column[i] >= 0) seconds[b.column[i]] = b.x[i];
        else if (b.x[i] > LEFT_TOLERANCE * size) return false;
    }
    return true;
}

static double smallest_seconds(const flight_params_t *p, uint8_t group)
{
    return p->thruster_min_on_s[group] - 0.5 * p->thruster_rise_s[group] + 0.5 * p->thruster_decay_s[group];
}

/* The least demand on one axis that its main thrusters can give, each burning no less than its
 * minimum. Main are those that burn at least half as long as the longest: what a lesser one would
 * trim away is carried over instead. An axis no thruster serves is never allocated. */
static double smallest_demand(const flight_params_t *p, const choice_t *of, size_t axis, double unit)
{
    double w[ROWS] = {0.0}, seconds[FLIGHT_THRUSTERS], longest = 0.0, least = 0.0;
    w[axis] = unit;
    if (!solve(of, w, seconds)) return NEVER;
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) longest = elem_max(longest, seconds[t]);
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++)
        if (seconds[t] >= MAIN_SHARE * longest)
            least = elem_max(least, elem_abs(unit) * smallest_seconds(p, p->thruster_group[t]) / seconds[t]);
    return least;
}

/* Orders the groups by their shortest firing; those with the same one share a level. */
static void order_groups(const flight_params_t *p, effectors_t *e)
{
    bool leads[FLIGHT_GROUPS] = {false}; /* has thrusters, and is the first with its shortest firing */
    for (uint32_t t = 0; t < p->thruster_count; t++) leads[p->thruster_group[t]] = true;
    for (uint8_t g = 1; g < FLIGHT_GROUPS; g++)
        for (uint8_t h = 0; h < g; h++)
            if (leads[h] && smallest_seconds(p, h) == smallest_seconds(p, g)) leads[g] = false;
    e->levels = 0;
    for (uint8_t g = 0; g < FLIGHT_GROUPS; g++) e->levels += leads[g] ? 1u : 0u;
    for (uint32_t t = 0; t < p->thruster_count; t++) {
        double own = smallest_seconds(p, p->thruster_group[t]);
        for (uint8_t g = 0; g < FLIGHT_GROUPS; g++)
            if (leads[g] && smallest_seconds(p, g) < own) e->level[t]++;
    }
}

void control_init(const flight_params_t *p, effectors_t *e)
{
    double weakest = 1.0;
    for (uint32_t t = 0; t < p->thruster_count; t++) {
        double force[3], arm[3];
        vec3_scale(force, p->thruster_force_n[t], &p->thruster_dir_body[3 * t]);
        vec3_sub(arm, &p->thruster_body_m[3 * t], p->com_body_m);
        vec3_copy(&e->arms[t][0], force);
        vec3_cross(&e->arms[t][3], arm, force);
        if (p->thruster_force_n[t] > 0.0) weakest = elem_min(weakest, p->thruster_force_n[t]);
    }
    (void)mat3_inverse(e->inertia_inverse, p->inertia_body_kgm2); /* flight_init has refused another */
    e->artificial_cost = ARTIFICIAL_COST / weakest;
    order_groups(p, e);
    for (size_t axis = 0; axis < ROWS; axis++) {
        e->smallest[axis] = NEVER;
        for (uint32_t level = 0; level < e->levels; level++) {
            const choice_t of = {e, p->thruster_count, level, 0};
            double least = elem_max(smallest_demand(p, &of, axis, -PROBE), smallest_demand(p, &of, axis, PROBE));
            e->smallest[axis] = elem_min(e->smallest[axis], least);
        }
    }
}

/* How much longer a valve is open than the thruster gives full thrust for. */
static double lag_s(const flight_params_t *p, size_t t)
{
    uint8_t group = p->thruster_group[t];
    return 0.5 * (p->thruster_rise_s[group] - p->thruster_decay_s[group]);
}

/* The share of those seconds that every thruster can give in a cycle: 1 where they fit. */
static double share_of(const flight_params_t *p, const double seconds[FLIGHT_THRUSTERS])
{
    double share = 1.0;
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) {
        double lag = lag_s(p, t), on = seconds[t] + lag;
        if (seconds[t] > 0.0 && on > p->cycle_s) share = elem_min(share, (p->cycle_s - lag) / (on - lag));
    }
    return share;
}

/* Turns full-thrust seconds into valve on-times; what is fired comes off what is carried. */
static bool fire(const control_call_t *call, const double seconds[FLIGHT_THRUSTERS], command_t *command)
{
    const flight_params_t *p = call->p;
    control_t *c = call->memory;
    double scale = share_of(p, seconds);
    bool fired = false;
    if (scale < 1.0) call->progress->saturated = true;
    for (size_t t = 0; t < FLIGHT_THRUSTERS; t++) {
        double lag = lag_s(p, t), on = scale * seconds[t] + lag;
        if (!(seconds[t] > 0.0) || on < p->thruster_min_on_s[p->thruster_group[t]]) continue;
        uint32_t on_us = (uint32_t)(on * 1.0e6 + 0.5);
        double given = 1.0e-6 * (double)on_us - lag;
        command->thruster_on_us[t] = on_us;
        for (size_t i = 0; i < ROWS; i++) c->carried[i] -= given * call->effectors->arms[t][i];
        fired = true;
    }
    return fired;
}

/* The groups with the shortest firings that can give the demand within the cycle; all of them where none can. */
static bool choose(const control_call_t *call, const double w[ROWS], double seconds[FLIGHT_THRUSTERS])
{
    const effectors_t *e = call->effectors;
    for (uint32_t level = 0; level < e->levels; level++) {
        const choice_t of = {e, call->p->thruster_count, level, call->memory->health.shut};
        bool given = solve(&of, w, seconds);
        if (level + 1u == e->levels || (given && !(share_of(call->p, seconds) < 1.0))) return given;
    }
    return false;
}

/* Where the thrusters that are left cannot give all of it: the torque alone, or else the force alone. */
static bool choose_degraded(const control_call_t *call, const double w[ROWS], double seconds[FLIGHT_THRUSTERS])
{
    double part[ROWS] = {0.0};
    if (choose(call, w, seconds)) return true;
    if (call->memory->health.shut == 0) return false;
    for (size_t i = 3; i < ROWS; i++) part[i] = w[i];
    if (choose(call, part, seconds)) return true;
    for (size_t i = 0; i < ROWS; i++) part[i] = i < 3 ? w[i] : 0.0;
    return choose(call, part, seconds);
}

void control_allocate(const control_call_t *call, command_t *command)
{
    control_t *c = call->memory;
    double w[ROWS], seconds[FLIGHT_THRUSTERS];
    bool any = false;
    for (size_t i = 0; i < ROWS; i++) {
        bool worth = elem_abs(c->carried[i]) >= call->p->fire_threshold * call->effectors->smallest[i];
        w[i] = worth ? c->carried[i] : 0.0;
        any = any || worth;
    }
    if (any && choose_degraded(call, w, seconds)) call->progress->fired = fire(call, seconds, command);
}
