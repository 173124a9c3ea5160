/* Navigation: from the measurements of a cycle to the solution. Its functions take the parameters, navigation's own
 * memory and what else they need; they know nothing of mission, guidance or control. */
#ifndef PROXOPS_NAV_H
#define PROXOPS_NAV_H

#include "flight.h"
#include "math/filter.h"
#include "math/linalg.h"
#include "math/rotation.h"

#define IMU_UNITS 4 /* inertial units, the first of the table, of which the vote is taken; others are not heard */
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
    RELATIVE_AIM = 6, /* where on the target an instrument aims, from what it takes for it; tbody axes: considered */
    RELATIVE_BLOCKS = 7
};

typedef struct nav nav_t;

/* Book-keeping of one instrument. */
typedef struct {
    uint64_t accepted_us; /* time of the last accepted measurement; 0 before the first */
    uint32_t rejects_in_row;
    uint16_t rejects, seq;
    bool seen; /* seq holds the number of a measurement already used */
    bool in_use; /* of its kind, the one that the filters take */
    double nis;
} sensor_track_t;

/* One inertial unit: what it reads besides the vote of all, in the order of its measurement, and how long it has. */
typedef struct {
    double offset[6];
    uint32_t learnt, agreed; /* cycles that made the offset; cycles in a row in which it went with the vote */
    bool heard; /* in this cycle */
} imu_unit_t;

/* The inertial measurement of the cycle, the vote of all units; a half that is not taken was missing or refused. Beside
 * it, what the valve drivers' report makes of the cycle with nominal thrusters. */
typedef struct {
    bool gyro_taken, accel_taken;
    bool gyro_before, started; /* the gyro was taken in the cycle before; both halves have been taken */
    uint32_t silent_cycles[2]; /* since the gyro's, the accelerometer's half was last taken, up to a limit */
    double dtheta_body_rad[3], dv_body_mps[3];
    double expected_mps[3], expected_radps[3]; /* change of velocity and of rate, body axes */
    double expected_turn_rad[3]; /* what a gyro would then read */
    bool explained; /* the next two are of this cycle */
    double unexplained_mps[3], unexplained_radps[3]; /* sensed, less what was expected */
    double push_mps2[3]; /* smoothed: what is sensed beside the bias while no valve is driven */
} nav_imu_t;

/* Attitude filter, multiplicative: q_true = exp(dtheta) (x) q, error state [dtheta, dbias], body axes. */
typedef struct {
    double q_body_from_eci[4], w_body_radps[3], w_before_radps[3], bias_radps[3];
    filter_t filter;
    double p[9 * ATTITUDE_BLOCKS * ATTITUDE_BLOCKS],
        pending_s; /* covariance, and the time it has not been propagated over yet */
    /* Without a gyro the block of the bias stands for the error of the rate, which the thrusters drive. */
    bool gyroless;
    double pending_rate_rad2ps2; /* variance that the rate has gained over the pending time */
} nav_attitude_t;

typedef struct {
    uint64_t t_us;
    double dr_eci_m[3], dv_eci_mps[3], q_body_from_eci[4], w_body_radps[3], r_target_eci_m[3], v_target_eci_mps[3];
    double theta_tbody_rad[3], rate_tbody_radps[3];
} nav_sample_t;

/* Relative filter and target orbit filter. */
typedef struct {
    double r_target_eci_m[3], v_target_eci_mps[3], a_target_eci_mps2[3];
    filter_t orbit;
    double p_orbit[9 * ORBIT_BLOCKS * ORBIT_BLOCKS];
    double dr_eci_m[3], dv_eci_mps[3], da_eci_mps2[3]; /* chaser minus target c.m. */
    double hold_stiffness_ps2, hold_damping_ps, hold_psd_rad2ps3; /* of the target's attitude motion */
    double theta_tbody_rad[3], rate_tbody_radps[3]; /* target attitude against its nominal hold */
    double bias_rgnss_eci_m[3];
    filter_t filter;
    double p[9 * RELATIVE_BLOCKS * RELATIVE_BLOCKS], pending_s;
    double accel_bias_mps2[3], accel_bias_age_s;
    uint32_t cycles_since_thrust; /* cycles since a thruster was last commanded or driven */
    double sensed_eci_mps[3]; /* velocity sensed over the last cycle */
    double sensed_mps; /* velocity recently sensed: what the accelerometer's scale error acts on */
    nav_sample_t history[HISTORY];
    uint32_t history_next;
} nav_relative_t;

struct nav {
    /* Set by nav_init, and never again. */
    gravity_t gravity;
    uint64_t cycle_us;
    uint64_t timeout_us[FLIGHT_INSTRUMENTS];
    uint8_t chain[FLIGHT_INSTRUMENTS]; /* of each instrument's model */
    double gate[FILTER_COMPONENTS + 1]; /* innovation gate by number of components */
    double reach_mps, reach_radps; /* change of velocity and of rate that all thrusters can make in a cycle */
    double inertia_inverse[9];
    /* Changed by navigate. */
    uint64_t t_us;
    uint64_t
        clock_ahead_us; /* of the instruments' clock before t_us, modulo its range: it has been set since the start */
    uint32_t missed; /* cycles since the last one that were never flown */
    bool started;
    nav_imu_t imu;
    imu_unit_t unit[IMU_UNITS];
    nav_attitude_t attitude;
    nav_relative_t relative;
    sensor_track_t track[FLIGHT_INSTRUMENTS];
    bool mated; /* held by the target since it was last flown free */
    uint16_t slots_refused; /* of no instrument in the table */
};

/* How measurements of one kind are used. */
typedef struct {
    uint8_t kind; /* KIND_* */
    const block_field_t *fields; /* its own, in the instrument's stretch of the block; NULL: none */
    bool while_docked; /* also taken while the target holds the chaser, which then no longer moves as modelled */
    uint8_t chain; /* CHAIN_*: whose quality it makes */
    uint8_t sees; /* bit for each block of the relative filter that its measurements depend on, but motion */
    /* Gives the blocks that stand for this instrument's own constant errors their first uncertainty: at the start, and
     * where it takes over from another. NULL: it has none. */
    void (*start)(const flight_params_t *p, nav_t *nav, size_t instrument);
    void (*update)(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m); /* NULL: none */
} model_t;
enum { CHAIN_NONE = 0, CHAIN_ATTITUDE = 1, CHAIN_ORBIT = 2, CHAIN_RELATIVE = 4, CHAIN_TARGET = 8 };
/* The model of a kind of measurement; NULL: none. */
const model_t *flight_model_of(uint8_t kind);

/* What the filters themselves read of instruments. */
#define IMU_FIELDS(F, V) \
    F(gyro_arw_radps05, 0.0, 1.0, "rad/s^0.5", "gyro angle random walk") \
    F(gyro_rrw_radps15, 0.0, 1.0, "rad/s^1.5", "gyro rate random walk") \
    F(gyro_bias_sigma_radps, 0.0, 0.1, "rad/s", "1 sigma of the gyro bias at start") \
    F(accel_bias_tau_s, 1.0, 1.0e4, "s", \
      "time constant of the accelerometer bias estimate, taken while no thruster fires") \
    F(accel_scale_sigma, 0.0, 0.1, "1", "1 sigma of the relative error of a sensed velocity increment") \
    F(agree_radps, 1.0e-9, 10.0, "rad/s", "largest difference of a sound unit's gyro from the vote, each axis") \
    F(agree_mps2, 1.0e-9, 1000.0, "m/s^2", "same, of its accelerometer")
typedef struct {
    IMU_FIELDS(BLOCK_F, BLOCK_V)
} imu_block_t;
#define RGNSS_FIELDS(F, V) \
    F(sigma_r_m, 1.0e-4, 1.0e3, "m", "white position noise, each axis") \
    F(sigma_v_mps, 1.0e-6, 1.0e2, "m/s", "velocity noise, each axis") \
    F(bias_sigma_m, 0.0, 1.0e3, "m", "position bias, steady state 1 sigma") \
    F(bias_tau_s, 1.0, 1.0e6, "s", "position bias, correlation time") \
    F(growth_m, 1.0, BIG, "m", "range at which the errors are twice what they are near") \
    V(target_antenna_tbody_m, 3, -100.0, 100.0, "m", "target's antenna, from the target's c.m.")
typedef struct {
    RGNSS_FIELDS(BLOCK_F, BLOCK_V)
} rgnss_block_t;

/* An instrument's stretch of the block, as its model's struct. */
static inline const void *nav_block(const flight_params_t *p, size_t instrument)
{
    return &p->block[p->instrument_block_offset[instrument]];
}
/* The instrument of a kind that is in use; FLIGHT_INSTRUMENTS: none of that kind is fitted. */
size_t nav_in_use(const flight_params_t *p, const nav_t *nav, uint8_t kind);
/* The block of the instrument of a kind that is in use; NULL: none is fitted. */
const void *nav_block_in_use(const flight_params_t *p, const nav_t *nav, uint8_t kind);
/* From the chaser's c.m. to an instrument, body axes. */
void nav_arm(const flight_params_t *p, size_t instrument, double arm_body_m[3]);

/* The parameters have been checked. */
void nav_init(const flight_params_t *p, nav_t *nav);
/* One cycle. fired: the last command opened a valve. docked: the target holds the chaser. */
void navigate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired, bool docked, solution_t *out);

/* inertial.c */
void nav_imu_init(const flight_params_t *p, nav_t *nav);
/* touching: the ports are or may be in contact, which moves the ship as no thruster does */
void nav_imu_take(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool touching);
/* The motion of the cycle that the valve drivers' report stands for. */
void nav_expect(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s);
/* attitude_filter.c */
void nav_attitude_init(const flight_params_t *p, nav_t *nav);
void nav_attitude_propagate(const flight_params_t *p, nav_t *nav);
/* Variances of the attitude about the body axes: the filter's own and the star tracker's mounting error,
 * which is considered, not estimated (Schmidt 1966). */
void nav_attitude_variance(const flight_params_t *p, const nav_t *nav, double variance[3]);
/* relative_filter.c */
void nav_relative_init(const flight_params_t *p, nav_t *nav);
void nav_relative_propagate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired);
/* A cycle that was missed: free motion. */
void nav_relative_coast(const flight_params_t *p, nav_t *nav);
void nav_relative_remember(nav_t *nav);
void nav_relative_covariance(const flight_params_t *p, nav_t *nav);
void nav_relative_correct(nav_t *nav, const double *dx);
void nav_orbit_correct(nav_t *nav, const double *dx);
/* A whole measurement of an instrument, which the relative filter, or that of the target's orbit, takes or refuses; of
 * one that is not in use only what it is worth is kept. */
bool nav_relative_update(nav_t *nav, size_t instrument, const observation_t *o);
bool nav_orbit_update(nav_t *nav, size_t instrument, const observation_t *o);
/* The estimate at a past time, from the history; false when it is older than the history. */
bool nav_relative_at(const nav_t *nav, uint64_t t_us, nav_sample_t *out);
/* Starts the relative state from the geometry of mated ports. */
void nav_relative_mated(const flight_params_t *p, nav_t *nav);
/* The frame that the target nominally holds its attitude against, and how it turns, eci axes. */
void nav_hold_frame(const flight_params_t *p, const double r_target_eci_m[3], const double v_target_eci_mps[3],
                    double c_frame_from_eci[9], double w_eci_radps[3]);
/* Target attitude: tbody_from_eci at a sample, nominal hold turned by the estimated error. */
void nav_target_attitude(const flight_params_t *p, const nav_sample_t *at, double c_eci_from_tbody[9]);
/* How much larger than near the relative GNSS errors are at the present range. */
double nav_rgnss_growth(const flight_params_t *p, const nav_t *nav);
/* tracking.c */
/* true when a measurement is new, and neither late nor from the future; a stale one is counted */
bool nav_take(const flight_params_t *p, const nav_t *nav, sensor_track_t *track, const measurement_t *m);
void nav_accept(const nav_t *nav, sensor_track_t *track, bool accepted);
bool nav_lost(const flight_params_t *p, const nav_t *nav, size_t instrument);
/* Before a measurement of it is used: the filters take an instrument that is not lost when of its kind none before it
 * in the table is there still; one that was lost is judged first. Where that changes hands, what stood for the other's
 * own errors starts anew. No model calls this. */
void nav_hand_over(const flight_params_t *p, nav_t *nav, size_t instrument);
bool nav_all_finite(const double *x, size_t n);
bool nav_all_within(const double *x, size_t n, double limit); /* false for NaN */
/* When a measurement is valid, in the flight's own time. */
static inline uint64_t nav_valid_us(const nav_t *nav, const measurement_t *m)
{
    return m->t_valid_us - nav->clock_ahead_us;
}
bool nav_of_this_cycle(const nav_t *nav, const measurement_t *m);
/* solution.c */
/* The states and their variances. */
void nav_solution(const flight_params_t *p, const nav_t *nav, solution_t *out);
/* What every instrument and each chain is worth at this time. */
void nav_health(const flight_params_t *p, const nav_t *nav, solution_t *out);

#endif
