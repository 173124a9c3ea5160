/* Attitude control: proportional-derivative law on the rotation vector, with a dead band and a
 * limited slew rate; gains are angular accelerations, so inertia enters once. Rates smaller than
 * one minimum impulse are left undamped: correcting them would cause a limit cycle. */
#include "control/control.h"

void control_attitude(const control_call_t *call)
{
    const flight_params_t *p = call->p;
    const reference_t *r = call->reference;
    const solution_t *s = call->solution;
    control_t *c = call->memory;
    const double *inertia = p->inertia_body_kgm2;
    double band = p->phase_attitude_deadband_rad[call->intent->phase],
           ratio = p->attitude_kp_ps2 / elem_max(p->attitude_kd_ps, GAIN_MIN);
    double alpha[3], torque[3], momentum[3], gyroscopic[3], w_ref[3];
    for (size_t i = 0; i < 3; i++) {
        double slew = -ratio * control_dead_band(r->error_attitude_rad[i], band);
        slew = elem_min(elem_max(slew, -p->attitude_rate_max_radps), p->attitude_rate_max_radps);
        double rate = s->w_body_hill_body_radps[i] - r->w_body_hill_body_radps[i];
        alpha[i] = p->attitude_kd_ps *
                   control_dead_band(slew - rate, VELOCITY_BAND * call->effectors->smallest[3 + i] / inertia[4 * i]);
    }
    mat3_mul_vec(torque, inertia, alpha);
    /* the reference turns with hill: only the torque that turning rate itself needs is fed forward */
    quat_rotate(w_ref, s->q_body_from_hill, s->w_hill_radps);
    mat3_mul_vec(momentum, inertia, w_ref);
    vec3_cross(gyroscopic, w_ref, momentum);
    vec3_add(torque, torque, gyroscopic);
    vec3_axpy(&c->carried[3], &c->carried[3], p->cycle_s, torque);
}
