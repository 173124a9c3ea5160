/* Navigation: from the measurements of a cycle to the solution. Its functions take the parameters, navigation's own
 * memory and what else they need; they know nothing of mission, guidance or control. */
#ifndef PROXOPS_NAV_H
#define PROXOPS_NAV_H

#include "flight.h"
#include "math/filter.h"
#include "math/linalg.h"
#include "math/rotation.h"

#define HISTORY 16 /* cycles of past state kept for late measurements: one is known HISTORY - 1 cycles late */

/* Blocks of the three filters: attitude (body axes), the target's orbit (eci), and what is relative (eci axes, the
 * target's own in tbody axes, the camera's mounting error in camera axes). */
enum { ATTITUDE_ANGLE = 0, ATTITUDE_BIAS = 1, ATTITUDE_BLOCKS = 2 };
enum { ORBIT_R = 0, ORBIT_V = 1, ORBIT_BLOCKS = 2 };
enum {
    RELATIVE_R = 0,
    RELATIVE_V = 1,
    RELATIVE_THETA = 2, /* target attitude against its nominal hold */
    RELATIVE_RATE = 3,
    RELATIVE_GNSS_BIAS = 4,
    RELATIVE_BORESIGHT = 5, /* of the docking camera: considered */
    RELATIVE_BLOCKS = 6
};

/* Book-keeping of one instrument. */
typedef struct {
    uint64_t accepted_us;    /* time of the last accepted measurement; 0 before the first */
    uint32_t rejects_in_row;
    uint16_t rejects, seq;
    bool seen;               /* seq holds the number of a measurement already used */
    double nis;
} sensor_track_t;

/* The inertial measurement of the cycle; a half that is not taken was missing or refused. */
typedef struct {
    bool gyro_taken, accel_taken;
    double dtheta_body_rad[3], dv_body_mps[3];
} nav_imu_t;

/* Attitude filter, multiplicative: q_true = exp(dtheta) (x) q, error state [dtheta, dbias], body axes. */
typedef struct {
    double q_body_from_eci[4], w_body_radps[3], w_before_radps[3], bias_radps[3];
    filter_t filter;
    double p[9 * ATTITUDE_BLOCKS * ATTITUDE_BLOCKS],
        pending_s; /* covariance, and the time it has not been propagated over yet */
} nav_attitude_t;

typedef struct {
    uint64_t t_us;
    double dr_eci_m[3], dv_eci_mps[3], q_body_from_eci[4], w_body_radps[3], r_target_eci_m[3], v_target_eci_mps[3];
} nav_sample_t;

/* Relative filter and target orbit filter. */
typedef struct {
    double r_target_eci_m[3], v_target_eci_mps[3], a_target_eci_mps2[3];
    filter_t orbit;
    double p_orbit[9 * ORBIT_BLOCKS * ORBIT_BLOCKS];
    double dr_eci_m[3], dv_eci_mps[3], da_eci_mps2[3]; /* chaser minus target c.m. */
    double hold_stiffness_ps2, hold_damping_ps, hold_psd_rad2ps3; /* of the target's attitude motion */
    double theta_tbody_rad[3], rate_tbody_radps[3];    /* target attitude against its nominal hold */
    double bias_rgnss_eci_m[3];
    filter_t filter;
    double p[FILTER_STATES * FILTER_STATES], pending_s;
    double accel_bias_mps2[3], accel_bias_age_s;
    uint32_t cycles_since_thrust; /* cycles since a thruster was last commanded or driven */
    double sensed_eci_mps[3]; /* velocity sensed over the last cycle */
    double sensed_mps;       /* velocity recently sensed: what the accelerometer's scale error acts on */
    nav_sample_t history[HISTORY];
    uint32_t history_next;
} nav_relative_t;

typedef struct {
    /* Set by nav_init, and never again. */
    gravity_t gravity;
    uint64_t cycle_us;
    double gate[FILTER_COMPONENTS + 1]; /* innovation gate by number of components */
    /* Changed by navigate. */
    uint64_t t_us;
    bool started;
    nav_imu_t imu;
    nav_attitude_t attitude;
    nav_relative_t relative;
    sensor_track_t track[FLIGHT_INSTRUMENTS];
} nav_t;

/* Instruments by their place in the table. */
enum { NAV_IMU = 0, NAV_STAR = 1, NAV_GNSS = 2, NAV_RGNSS = 3, NAV_CAMERA = 4, NAV_DOCK = 5 };

/* How measurements of one kind are used. */
typedef struct {
    uint8_t kind; /* KIND_* */
    const block_field_t *fields; /* its own, in the instrument's stretch of the block; NULL: none */
    bool while_docked; /* also taken while the target holds the chaser, which then no longer moves as modelled */
    void (*update)(const flight_params_t *p, nav_t *nav, const measurement_t *m);
} model_t;

/* The parameters have been checked. */
void nav_init(const flight_params_t *p, nav_t *nav);
/* One cycle. fired: the last command opened a valve. docked: the target holds the chaser. */
void navigate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired, bool docked, solution_t *out);

/* inertial.c */
void nav_imu_take(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s);
/* attitude_filter.c */
void nav_attitude_init(const flight_params_t *p, nav_t *nav);
void nav_attitude_propagate(const flight_params_t *p, nav_t *nav);
/* Variance of the attitude about body axis i: the filter's own and the star tracker's mounting error,
 * which is considered, not estimated (Schmidt 1966). */
double nav_attitude_variance(const flight_params_t *p, const nav_t *nav, size_t i);
void nav_star_update(const flight_params_t *p, nav_t *nav, const measurement_t *m);
/* relative_filter.c */
void nav_relative_init(const flight_params_t *p, nav_t *nav);
void nav_relative_propagate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired);
void nav_relative_remember(nav_t *nav);
void nav_relative_covariance(const flight_params_t *p, nav_t *nav);
void nav_relative_correct(nav_t *nav, const double *dx);
void nav_orbit_correct(nav_t *nav, const double *dx);
/* Takes a whole measurement into the filter or refuses it; so does the next with the target's orbit. */
bool nav_relative_update(nav_t *nav, const observation_t *o, sensor_track_t *track);
bool nav_orbit_update(nav_t *nav, const observation_t *o, sensor_track_t *track);
/* The estimate at a past time, from the history; false when it is older than the history. */
bool nav_relative_at(const nav_t *nav, uint64_t t_us, nav_sample_t *out);
/* Target attitude: tbody_from_eci at a sample, nominal hold turned by the estimated error. */
void nav_target_attitude(const flight_params_t *p, const nav_t *nav, const nav_sample_t *at,
                         double c_eci_from_tbody[9]);
/* How much larger than near the relative GNSS errors are at the present range. */
double nav_rgnss_growth(const flight_params_t *p, const nav_t *nav);
/* tracking.c */
/* true when a measurement is new, and neither late nor from the future; a stale one is counted */
bool nav_take(const flight_params_t *p, const nav_t *nav, sensor_track_t *track, const measurement_t *m);
void nav_accept(const nav_t *nav, sensor_track_t *track, bool accepted);
bool nav_lost(const flight_params_t *p, const nav_t *nav, const sensor_track_t *track, double timeout_s);
bool nav_all_finite(const double *x, size_t n);
bool nav_all_within(const double *x, size_t n, double limit); /* false for NaN */
/* The first measurement of a kind in the frame; NULL: none. */
const measurement_t *nav_find(const sensor_frame_t *s, uint8_t kind);
bool nav_of_this_cycle(const nav_t *nav, const measurement_t *m);
/* models: one measurement model a file */
void nav_gnss_update(const flight_params_t *p, nav_t *nav, const measurement_t *m);
void nav_rgnss_update(const flight_params_t *p, nav_t *nav, const measurement_t *m);
void nav_camera_update(const flight_params_t *p, nav_t *nav, const measurement_t *m);
/* solution.c */
/* The states and their variances. */
void nav_solution(const flight_params_t *p, const nav_t *nav, solution_t *out);
/* What every instrument and each chain is worth at this time. */
void nav_health(const flight_params_t *p, const nav_t *nav, solution_t *out);

#endif
