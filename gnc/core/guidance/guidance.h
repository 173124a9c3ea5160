/* Guidance: from the solution and what the mission intends to a reference for control. */
#ifndef PROXOPS_GUIDANCE_H
#define PROXOPS_GUIDANCE_H

#include "flight.h"
#include "math/linalg.h"
#include "math/rotation.h"

#define LAW_MEMORY 16
#define ATTITUDE_MEMORY 8

/* Where the reference is on a straight line in the phase's frame. */
typedef struct {
    double axis[3]; /* unit vector of the line, in the phase's frame */
    double distance_m, speed_mps;
    double start_distance_m, start_lateral_hill_m[3];
} guidance_path_t;

/* Zeroed whenever a phase is entered. */
typedef struct {
    uint32_t entry, restart; /* of the intent that was last followed */
    guidance_path_t path;
    double law[LAW_MEMORY], attitude[ATTITUDE_MEMORY];
} guidance_t;

/* The phase's frame, and its line in it: base + axis * distance. */
typedef struct {
    double q_from_hill[4], rate_hill_radps[3], origin_hill_m[3];
    double base_m[3]; /* in the frame */
} guidance_frame_t;

/* What every law that has a point declares first. */
#define POINT_FIELDS(F, V) \
    V(point_m, 3, -1.0e6, 1.0e6, "m", "point held, aimed at or ended at, in the phase's frame") \
    V(offset_hill_m, 3, -1.0e4, 1.0e4, "m", "offset from that point, hill")
typedef struct {
    POINT_FIELDS(BLOCK_F, BLOCK_V)
} point_block_t;

/* What every law with TRANSLATION_FOLLOW declares first, or behind its point: how control follows its reference. */
#define FOLLOW_FIELDS(F, V) \
    F(kp_ps2, 0.0, 10.0, "1/s^2", "translation gain, acceleration per error") \
    F(kd_ps, 0.0, 10.0, "1/s", "translation rate gain") \
    F(deadband_m, 0.0, 1.0e4, "m", "translation dead band, each axis") \
    F(speed_max_mps, 0.0, 100.0, "m/s", "hold: largest correction speed; forced: largest speed")
typedef struct {
    FOLLOW_FIELDS(BLOCK_F, BLOCK_V)
} follow_block_t;

typedef struct {
    const flight_params_t *p;
    const solution_t *solution;
    const intent_t *intent;
    const void *own; /* the law's fields, in the phase's stretch of the block */
    double *memory;  /* LAW_MEMORY of them, zero when the phase begins */
    guidance_path_t *path;
    reference_t *reference;
} law_call_t;

/* What translation control does under a law. */
enum { TRANSLATION_NONE = 0, TRANSLATION_FOLLOW = 1, TRANSLATION_BURN = 2 };

typedef struct {
    uint8_t id; /* LAW_* */
    const block_field_t *fields; /* its own, in the phase's stretch of the block; NULL: none */
    uint8_t translation; /* TRANSLATION_*: FOLLOW also accepts HOLD, its legs may end at a gate, and it has
                            FOLLOW_FIELDS */
    uint8_t nav_mode; /* MODE_*; DOCKED: no thruster fires */
    bool has_point; /* its fields begin with POINT_FIELDS */
    /* When a phase with this law begins, or goes on after a hold; NULL: nothing to do. */
    void (*enter)(const law_call_t *call);
    /* Moves the reference along the path by a cycle and gives the offset across, hill, with its rate; NULL: the phase's
     * own point. */
    void (*path)(const law_call_t *call, double lateral_m[3], double lateral_rate_mps[3]);
    /* Plans and ends burns, once a cycle after the reference; its memory begins with a burn_t. NULL: it has none. */
    void (*burn)(const law_call_t *call);
    bool (*finished)(const law_call_t *call); /* its leg is over; NULL: never */
} law_t;

/* A burn, as a law carries it on from cycle to cycle. Times are whole microseconds. */
enum { BURN_PLAN = 0, BURN_WAIT = 1, BURN_FIRE = 2, BURN_COAST = 3, BURN_DONE = 4 };
typedef struct {
    double dv_to_go_eci_mps[3];
    double stage; /* BURN_* */
    double is_last; /* not 0: nothing follows it */
    double start_us, last_fire_us;
} burn_t;

typedef struct {
    const flight_params_t *p;
    const solution_t *solution;
    const intent_t *intent;
    const void *own; /* the attitude's fields, behind the law's */
    double *memory; /* ATTITUDE_MEMORY of them, zero when the phase begins */
    const double *q_tport_from_hill, *target_rate_hill_radps; /* the target port as it is tracked */
    const guidance_frame_t *frame;
    const double *r_point_hill_m, *v_point_hill_mps; /* the steered point */
} attitude_call_t;

typedef struct {
    uint8_t id; /* ATTITUDE_* */
    const block_field_t *fields;
    void (*step)(const attitude_call_t *call, double q_body_from_hill[4], double rate_hill_radps[3]);
} attitude_t;

/* One cycle. With `begins` in the intent it takes note of where the phase begins, and leaves the reference alone. */
void guide(const flight_params_t *p, guidance_t *memory, const solution_t *solution, const intent_t *intent,
           reference_t *reference, progress_t *progress);

/* reference.c */
/* The steered point of the chaser, and its rate, hill. */
void guidance_point(const law_call_t *call, double r_hill_m[3], double v_hill_mps[3]);
/* From the body's c.m. to the steered point, body axes. */
void guidance_point_arm(const law_call_t *call, double arm_body_m[3]);
/* The phase's frame with the target in its nominal attitude. */
void guidance_nominal_frame(const law_call_t *call, guidance_frame_t *frame);
/* The distance on the path at the phase's point. */
double guidance_end_m(const law_call_t *call);
/* A point at a distance on the path, hill, without the offset across. */
void guidance_on_path(const guidance_frame_t *frame, const guidance_path_t *path, double distance_m,
                      double r_hill_m[3]);
/* The path starts where the chaser is, at rest. */
void guidance_start_path(const law_call_t *call);
void guidance_refer(const law_call_t *call, double attitude_memory[ATTITUDE_MEMORY], const double lateral_m[3],
                    const double lateral_rate_mps[3]);
static inline double guidance_phase_time_s(const law_call_t *call)
{
    return 1.0e-6 * elem_from_u64(call->solution->t_us - call->intent->entry_us);
}
static inline double guidance_clamp(double x, double lo, double hi) { return elem_min(elem_max(x, lo), hi); }
/* burn.c */
/* Takes off what was sensed; ends the burn when nothing is left to gain, or nothing fires any more. */
void guidance_burn(const law_call_t *call, double cutoff_mps);
void guidance_ignite(const law_call_t *call);
bool guidance_burns_done(const law_call_t *call);
/* targeting.c: impulse dv (eci) at now + wait_s that takes the chaser to aim (hill, c.m.) transfer_s
 * later; false: not converged. */
bool targeting_solve(const flight_params_t *p, const solution_t *now, double wait_s, double transfer_s,
                     const double aim_hill_m[3], double dv_eci_mps[3]);
/* Relative state (hill, c.m.) after a free drift of dt_s, and the hill frame then; false: no orbit. */
bool targeting_predict(const flight_params_t *p, const solution_t *now, double dt_s, double r_hill_m[3],
                       double v_hill_mps[3], double c_hill_from_eci[9]);

#endif
