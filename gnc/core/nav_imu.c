/* The inertial measurement: taken once, in its own cycle or not at all. Conditions and why: docs/design/nav_imu.md. */
#include "flight_state.h"

/* No gyro and no accelerometer of a spacecraft reads more: beyond, the increment is an error. */
#define RATE_MAX_RADPS 10.0
#define ACCEL_MAX_MPS2 1000.0

void nav_imu_take(flight_t *f, const sensor_frame_t *s)
{
    nav_imu_t *imu = &f->imu;
    sensor_track_t *track = &imu->track;
    double dt = f->params.cycle_s;
    imu->gyro_taken = imu->accel_taken = false;
    if (!s->imu_valid) return;
    bool new = !track->seen || s->imu_seq != track->seq;
    bool of_this_cycle = s->imu_t_valid_us <= f->t_us && f->t_us - s->imu_t_valid_us < f->cycle_us;
    track->seq = s->imu_seq;
    track->seen = true;
    imu->gyro_taken = new && of_this_cycle && nav_all_within(s->imu_dtheta_body_rad, 3, RATE_MAX_RADPS * dt);
    imu->accel_taken = new && of_this_cycle && nav_all_within(s->imu_dv_body_mps, 3, ACCEL_MAX_MPS2 * dt);
    nav_accept(f, track, imu->gyro_taken && imu->accel_taken);
}
