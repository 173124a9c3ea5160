/* The inertial measurement: taken once, in its own cycle or not at all. Conditions and why: docs/design/nav_imu.md. */
#include "nav/nav.h"

#define IMU_VALUES 6
/* No gyro and no accelerometer of a spacecraft reads more: beyond, the increment is an error. */
#define RATE_MAX_RADPS 10.0
#define ACCEL_MAX_MPS2 1000.0

void nav_imu_take(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s)
{
    nav_imu_t *imu = &nav->imu;
    sensor_track_t *track = &nav->track[NAV_IMU];
    double dt = p->cycle_s;
    imu->gyro_taken = imu->accel_taken = false;
    const measurement_t *m = nav_find(s, KIND_IMU);
    if (m == NULL) return;
    bool usable = m->count == IMU_VALUES && (!track->seen || m->seq != track->seq) && nav_of_this_cycle(nav, m);
    track->seq = m->seq;
    track->seen = true;
    imu->gyro_taken = usable && nav_all_within(&m->z[0], 3, RATE_MAX_RADPS * dt);
    imu->accel_taken = usable && nav_all_within(&m->z[3], 3, ACCEL_MAX_MPS2 * dt);
    if (imu->gyro_taken) vec3_copy(imu->dtheta_body_rad, &m->z[0]);
    if (imu->accel_taken) vec3_copy(imu->dv_body_mps, &m->z[3]);
    nav_accept(nav, track, imu->gyro_taken && imu->accel_taken);
}
