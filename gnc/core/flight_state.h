/* The core's state and the interfaces between its files. Not part of the public contract: a
 * caller outside the core needs flight.h alone. */
#ifndef PROXOPS_FLIGHT_STATE_H
#define PROXOPS_FLIGHT_STATE_H

#include "flight.h"
#include "nav/nav.h"

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
    nav_t nav;
    solution_t solution;
    guidance_t guidance;
    mission_t mission;
    control_t control;
};

/* Bytes from the start of a flight_t that only flight_init changes. */
#define FLIGHT_FIXED_BYTES offsetof(struct flight, t_us)

/* What boards set aside; a build that needs more fails. */
#define FLIGHT_PARAMS_BYTES_MAX (12 * 1024)
#define FLIGHT_STATE_BYTES_MAX (24 * 1024)
typedef char flight_params_too_large[sizeof(flight_params_t) <= FLIGHT_PARAMS_BYTES_MAX ? 1 : -1];
typedef char flight_state_too_large[sizeof(struct flight) <= FLIGHT_STATE_BYTES_MAX ? 1 : -1];

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
void guidance_burn(flight_t *f, double cutoff_mps);
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
