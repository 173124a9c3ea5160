/* The inertial measurement: taken once, in its own cycle or not at all. Conditions and why: docs/design/nav_imu.md. */
#include "nav/nav.h"

#define IMU_VALUES 6
/* No gyro and no accelerometer of a spacecraft reads more: beyond, the increment is an error. */
#define RATE_MAX_RADPS 10.0
#define ACCEL_MAX_MPS2 1000.0

static void start(const flight_params_t *p, nav_t *nav, size_t instrument)
{
    const imu_block_t *own = nav_block(p, instrument);
    nav_attitude_t *a = &nav->attitude;
    filter_start(&a->filter, a->p, ATTITUDE_BIAS, own->gyro_bias_sigma_radps * own->gyro_bias_sigma_radps);
    vec3_set(a->bias_radps, 0.0, 0.0, 0.0);
    vec3_set(nav->relative.accel_bias_mps2, 0.0, 0.0, 0.0);
    nav->relative.accel_bias_age_s = 0.0;
}

/* One unit's increments; what is taken of the one in use is the cycle's inertial measurement. */
static void take(const flight_params_t *p, nav_t *nav, const measurement_t *m)
{
    sensor_track_t *track = &nav->track[m->instrument];
    double dt = p->cycle_s;
    bool usable = m->count == IMU_VALUES && (!track->seen || m->seq != track->seq) && nav_of_this_cycle(nav, m);
    track->seq = m->seq;
    track->seen = true;
    bool gyro = usable && nav_all_within(&m->z[0], 3, RATE_MAX_RADPS * dt);
    bool accel = usable && nav_all_within(&m->z[3], 3, ACCEL_MAX_MPS2 * dt);
    nav_accept(nav, track, gyro && accel);
    nav_hand_over(p, nav, m->instrument);
    if (!track->in_use) return;
    const double *q = &p->instrument_q_from_body[4 * m->instrument];
    nav->imu.gyro_taken = gyro;
    nav->imu.accel_taken = accel;
    if (gyro) quat_irotate(nav->imu.dtheta_body_rad, q, &m->z[0]);
    if (accel) quat_irotate(nav->imu.dv_body_mps, q, &m->z[3]);
}

void nav_imu_take(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s)
{
    nav->imu.gyro_taken = nav->imu.accel_taken = false;
    uint32_t taken = 0; /* of each unit the first measurement of a frame counts */
    for (size_t i = 0; i < s->slot_count; i++) {
        const measurement_t *m = &s->slot[i];
        if (m->instrument >= p->instrument_count || p->instrument_kind[m->instrument] != KIND_IMU) continue;
        if (m->kind != KIND_IMU || (taken & (1u << m->instrument))) continue;
        taken |= 1u << m->instrument;
        take(p, nav, m);
    }
}

static const block_field_t fields[] = {IMU_FIELDS(BLOCK_FIELD, BLOCK_VECTOR) BLOCK_END};

const model_t model_imu = {.kind = KIND_IMU, .fields = fields, .while_docked = true, .start = start};
/* What the docking mechanism senses is for the mission: here it is only known to be there. */
static void dock(const flight_params_t *p, nav_t *nav, size_t instrument, const measurement_t *m)
{
    sensor_track_t *track = &nav->track[instrument];
    if (nav_take(p, nav, track, m)) nav_accept(nav, track, true);
}

const model_t model_dock = {.kind = KIND_DOCK, .while_docked = true, .update = dock};
