/* Control: from solution and reference to the command. */
#ifndef PROXOPS_CONTROL_H
#define PROXOPS_CONTROL_H

#include "flight.h"
#include "math/linalg.h"
#include "math/rotation.h"

/* A velocity error below this share of one minimum impulse is left uncorrected: a smaller share would cause a limit
 * cycle. */
#define VELOCITY_BAND 0.6
#define GAIN_MIN 1.0e-9 /* where there is none: nothing is divided by zero */

/* What the thrusters can do, from the parameters. */
typedef struct {
    double arms[FLIGHT_THRUSTERS][6];               /* impulse and angular impulse per second of full thrust */
    double smallest[6];                             /* smallest wrench impulse each axis can be given */
    double inertia_inverse[9];
    double artificial_cost;                         /* seconds per unit that no thruster can give */
    uint32_t levels;                                /* different shortest firings of groups that have thrusters */
    uint8_t level[FLIGHT_THRUSTERS]; /* how many of them are shorter than that of the thruster's group */
} effectors_t;

/* What is known of the thrusters beside the parameters. */
typedef struct {
    double unexplained[6]; /* smoothed acceleration and angular acceleration that no valve's report explains */
    double done[6], force_n; /* smoothed: what the thrusters do on purpose, each by its size */
    double lack[FLIGHT_THRUSTERS]; /* of the effect of its firings, learnt; -1: none */
    double settle_s; /* to wait before the next valves are shut */
    uint32_t shut; /* thrusters whose isolation valves are shut, a bit each: they are not used */
    uint32_t suspects, named; /* thrusters of which one fires unasked, and for how many cycles they have been named */
} thruster_health_t;

typedef struct {
    double carried[6];                              /* demanded and not yet fired: N s, N m s */
    double accel_cmd_hill_mps2[3];
    uint32_t entry;                                 /* of the intent that was last followed */
    thruster_health_t health;
} control_t;

typedef struct {
    const flight_params_t *p;
    const effectors_t *effectors;
    const solution_t *solution;
    const intent_t *intent;
    const reference_t *reference;
    control_t *memory;
    progress_t *progress;
} control_call_t;

static inline double control_dead_band(double x, double band)
{
    return x > band ? x - band : (x < -band ? x + band : 0.0);
}

void control_init(const flight_params_t *p, effectors_t *effectors);
/* One cycle. The command is all off on entry, but for its header. */
void control(const control_call_t *call, command_t *command);

/* Before anything is commanded: shuts off thrusters that fire unasked, and those whose firings have no effect. */
void control_watch_thrusters(const control_call_t *call);
void control_clear(control_t *memory);
void control_attitude(const control_call_t *call);
void control_translation(const control_call_t *call);
void control_allocate(const control_call_t *call, command_t *command);

#endif
