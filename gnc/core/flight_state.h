/* The core's state and the interfaces between its files. Not part of the public contract: a
 * caller outside the core needs flight.h alone. */
#ifndef PROXOPS_FLIGHT_STATE_H
#define PROXOPS_FLIGHT_STATE_H

#include "flight.h"
#include "math/kalman.h"
#include "math/linalg.h"
#include "math/rotation.h"

#define HISTORY 16 /* cycles of past state kept for late measurements */
/* Relative filter: dr 0..2, dv 3..5, target attitude 6..8, its rate 9..11, rgnss bias 12..14; considered, never
 * corrected: the docking camera's mounting error 15..17, camera axes. */
#define REL 18
#define REL_ESTIMATED 15
#define ORB 6 /* target orbit filter: r 0..2, v 3..5 */

/* Book-keeping of one sensor. */
typedef struct {
    uint64_t accepted_us;    /* time of the last accepted measurement; 0 before the first */
    uint32_t rejects_in_row;
    uint16_t rejects, seq;
    bool seen;               /* seq holds the number of a measurement already used */
    double nis;
} sensor_track_t;

/* The inertial measurement of the cycle; a half that is not taken was missing or refused. */
typedef struct {
    sensor_track_t track;
    bool gyro_taken, accel_taken;
    double dtheta_body_rad[3], dv_body_mps[3];
} nav_imu_t;

/* Attitude filter, multiplicative: q_true = exp(dtheta) (x) q, error state [dtheta, dbias], body axes. */
typedef struct {
    double q_body_from_eci[4], w_body_radps[3], w_before_radps[3], bias_radps[3];
    double p[36], pending_s; /* covariance, and the time it has not been propagated over yet */
    sensor_track_t star;
} nav_attitude_t;

typedef struct {
    uint64_t t_us;
    double dr_eci_m[3], dv_eci_mps[3], q_body_from_eci[4], w_body_radps[3], r_target_eci_m[3], v_target_eci_mps[3];
} nav_sample_t;

/* Relative filter and target orbit filter. */
typedef struct {
    double r_target_eci_m[3], v_target_eci_mps[3], a_target_eci_mps2[3], p_orbit[ORB * ORB];
    double dr_eci_m[3], dv_eci_mps[3], da_eci_mps2[3]; /* chaser minus target c.m. */
    double hold_stiffness_ps2, hold_damping_ps, hold_psd_rad2ps3; /* of the target's attitude motion */
    double theta_tbody_rad[3], rate_tbody_radps[3];    /* target attitude against its nominal hold */
    double bias_rgnss_eci_m[3];
    double p[REL * REL], pending_s;
    double accel_bias_mps2[3], accel_bias_age_s;
    uint32_t cycles_since_thrust; /* cycles since a thruster was last commanded or driven */
    double sensed_eci_mps[3]; /* velocity sensed over the last cycle */
    double sensed_mps;       /* velocity recently sensed: what the accelerometer's scale error acts on */
    nav_sample_t history[HISTORY];
    uint32_t history_next;
    sensor_track_t gnss, rgnss, camera;
} nav_relative_t;

/* What guidance, control and monitors see: the estimate in their own frames. */
typedef struct {
    double c_hill_from_eci[9], w_hill_radps[3];
    double r_hill_m[3], v_hill_mps[3];              /* c.m. to c.m. */
    double q_body_from_hill[4], w_body_hill_body_radps[3];
    double r_port_hill_m[3], v_port_hill_mps[3];    /* chaser port from the target's c.m. */
    double r_port_tport_m[3], v_port_tport_mps[3];  /* against the estimated target port */
} nav_solution_t;

/* Guidance reference for the chaser port and the body attitude. */
typedef struct {
    double r_port_hill_m[3], v_port_hill_mps[3];
    double q_body_from_hill[4], w_body_hill_body_radps[3];
    double error_r_m[3], error_v_mps[3];            /* estimate minus reference */
    double error_attitude_rad[3];
} guidance_t;

enum { HOP_PLAN = 0, HOP_WAIT = 1, HOP_BURN = 2, HOP_COAST = 3, HOP_DONE = 4 };

typedef struct {
    uint32_t phase;
    uint64_t entry_us;
    double distance_m, speed_mps;                   /* forced motion: reference distance and its rate */
    double start_distance_m, start_lateral_hill_m[3];
    uint32_t hop_stage, hop_leg;                    /* leg 0, 1: corrections to come; 2: arrival */
    uint64_t arrive_us, burn_start_us, burn_last_fire_us;
    double dv_to_go_eci_mps[3];
    bool burn_is_arrival;
    uint16_t tc_seq;
    bool tc_seen, go, held, free_drift, tc_rejected, gate_open, retreat, cam;
    uint8_t abort_reason;
} mission_t;

/* What the thrusters can do, from the parameters. */
typedef struct {
    double arms[FLIGHT_THRUSTERS][6];               /* impulse and angular impulse per second of full thrust */
    double smallest[6];                             /* smallest wrench impulse each axis can be given */
    double artificial_cost;                         /* seconds per unit that no thruster can give */
} effectors_t;

typedef struct {
    double carried[6];                              /* demanded and not yet fired: N s, N m s */
    double accel_cmd_hill_mps2[3];
    bool fired, saturated;                          /* in the last command */
} control_t;

struct flight {
    /* Set by flight_init, and never again. */
    flight_params_t params;
    gravity_t gravity;
    effectors_t effectors;
    uint64_t cycle_us;
    /* Changed by flight_step. */
    uint64_t t_us;
    uint32_t tick, magic;
    bool started;
    nav_imu_t imu;
    nav_attitude_t attitude;
    nav_relative_t relative;
    nav_solution_t solution;
    guidance_t guidance;
    mission_t mission;
    control_t control;
};

/* Bytes from the start of a flight_t that only flight_init changes. */
#define FLIGHT_FIXED_BYTES offsetof(struct flight, t_us)

/* nav/inertial.c */
void nav_imu_take(flight_t *f, const sensor_frame_t *s);
/* nav/attitude_filter.c */
void nav_attitude_init(flight_t *f);
void nav_attitude_propagate(flight_t *f);
/* Variance of the attitude about body axis i: the filter's own and the star tracker's mounting error,
 * which is considered, not estimated (Schmidt 1966). */
double nav_attitude_variance(const flight_t *f, size_t i);
void nav_star_update(flight_t *f, const measurement_t *m);
/* nav/relative_filter.c */
void nav_relative_init(flight_t *f);
void nav_relative_propagate(flight_t *f, const sensor_frame_t *s);
void nav_relative_remember(flight_t *f);
void nav_relative_covariance(flight_t *f);
void nav_relative_correct(flight_t *f, const double dx[REL_ESTIMATED]);
/* The estimate at a past time, from the history; false when it is older than the history. */
bool nav_relative_at(const flight_t *f, uint64_t t_us, nav_sample_t *out);
/* nav/tracking.c */
/* true when a measurement is new, and neither late nor from the future; a stale one is counted */
bool nav_take(const flight_t *f, sensor_track_t *track, const measurement_t *m);
void nav_accept(const flight_t *f, sensor_track_t *track, bool accepted);
bool nav_lost(const flight_t *f, const sensor_track_t *track, double timeout_s);
/* The sensor has been heard at all, and is not lost. */
bool nav_heard(const flight_t *f, const sensor_track_t *track, double timeout_s);
bool nav_all_finite(const double *x, size_t n);
bool nav_all_within(const double *x, size_t n, double limit); /* false for NaN */
/* The first measurement of a kind in the frame; NULL: none. */
const measurement_t *nav_find(const sensor_frame_t *s, uint8_t kind);
bool nav_of_this_cycle(const flight_t *f, const measurement_t *m);
/* Target attitude: tbody_from_eci at a sample, nominal hold turned by the estimated error. */
void nav_target_attitude(const flight_t *f, const nav_sample_t *at, double c_eci_from_tbody[9]);
/* How much larger than near the relative GNSS errors are at the present range. */
double nav_rgnss_growth(const flight_t *f);
/* nav/models: one measurement model a file */
void nav_gnss_update(flight_t *f, const measurement_t *m);
void nav_rgnss_update(flight_t *f, const measurement_t *m);
void nav_camera_update(flight_t *f, const measurement_t *m);
/* nav/solution.c */
void nav_solution(flight_t *f);
/* mission.c, guidance.c, fdir.c */
void mission_init(flight_t *f);
void mission_enter(flight_t *f, uint32_t phase);
void mission_break_off(flight_t *f, uint32_t phase, uint8_t reason);
void mission_watch(flight_t *f);
void mission_step(flight_t *f, const sensor_frame_t *s);
static inline double mission_phase_time_s(const flight_t *f)
{
    return 1.0e-6 * (double)(f->t_us - f->mission.entry_us);
}
void guidance_step(flight_t *f);
void guidance_hop(flight_t *f);
void guidance_cam(flight_t *f);
void guidance_start_forced(flight_t *f);
/* Ends the burn in progress when nothing is left to gain, or nothing fires any more. */
void guidance_burn(flight_t *f);
bool guidance_burns_done(const flight_t *f);
/* The target port in its nominal hold, and a vector of that length along its axis, hill. */
void guidance_nominal_port(const flight_params_t *p, double length, double port[3], double along_axis[3]);
/* What the monitors say: REASON_*, and whether it calls for the avoidance burn. */
uint8_t fdir_reason(const flight_t *f);
bool fdir_urgent(const flight_t *f);
/* targeting.c: impulse dv (eci) at now + wait_s that takes the chaser to aim (hill, c.m.) transfer_s
 * later; false: not converged. */
bool targeting_solve(const flight_t *f, double wait_s, double transfer_s, const double aim_hill_m[3],
                     double dv_eci_mps[3]);
/* Relative state (hill, c.m.) after a free drift of dt_s, and the hill frame then; false: no orbit. */
bool targeting_predict(const flight_t *f, double dt_s, double r_hill_m[3], double v_hill_mps[3],
                       double c_hill_from_eci[9]);
/* ctl_*.c */
static inline double control_dead_band(double x, double band)
{
    return x > band ? x - band : (x < -band ? x + band : 0.0);
}
void control_init(flight_t *f);
void control_attitude(flight_t *f);
void control_translation(flight_t *f);
void control_allocate(flight_t *f, command_t *command);
void control_clear(flight_t *f);

#endif
