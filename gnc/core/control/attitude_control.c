/* Attitude control: proportional-derivative law on the rotation vector, with a dead band and a
 * limited slew rate; gains are angular accelerations, so inertia enters once. Rates below what the
 * smallest firing changes are let be: damping them would fire back and forth for ever. */
#include "flight_state.h"

void control_attitude(flight_t *f)
{
    const flight_params_t *p = &f->params;
    const guidance_t *g = &f->guidance;
    control_t *c = &f->control;
    const double *inertia = p->inertia_body_kgm2;
    double band = p->phase_attitude_deadband_rad[f->mission.phase],
           ratio = p->attitude_kp_ps2 / elem_max(p->attitude_kd_ps, 1.0e-9);
    double alpha[3], torque[3], momentum[3], gyroscopic[3], w_ref[3];
    for (size_t i = 0; i < 3; i++) {
        double slew = -ratio * control_dead_band(g->error_attitude_rad[i], band);
        slew = elem_min(elem_max(slew, -p->attitude_rate_max_radps), p->attitude_rate_max_radps);
        double rate = f->solution.w_body_hill_body_radps[i] - g->w_body_hill_body_radps[i];
        alpha[i] =
            p->attitude_kd_ps * control_dead_band(slew - rate, 0.6 * f->effectors.smallest[3 + i] / inertia[4 * i]);
    }
    mat3_mul_vec(torque, inertia, alpha);
    /* the reference turns with hill: only the torque that turning rate itself needs is fed forward */
    quat_rotate(w_ref, f->solution.q_body_from_hill, f->solution.w_hill_radps);
    mat3_mul_vec(momentum, inertia, w_ref);
    vec3_cross(gyroscopic, w_ref, momentum);
    vec3_add(torque, torque, gyroscopic);
    vec3_axpy(&c->carried[3], &c->carried[3], p->cycle_s, torque);
}
