/* Translation control. Following a reference: a = kd (v_cmd - v) + feed-forward, v_cmd = -(kp/kd) e
 * limited in size, with the Clohessy-Wiltshire accelerations fed forward. In a burn: the velocity
 * still to be gained, as fast as the force limit allows. Velocity errors smaller than one
 * minimum impulse are left uncorrected. */
#include "control/control.h"
#include "registry.h"

/* They lie behind the law's point, where it has one. */
static const void *follow_fields(const control_call_t *call)
{
    const double *own = &call->p->block[call->p->phase_block_offset[call->intent->phase]];
    return flight_law_of(call->intent->law)->has_point ? own + sizeof(point_block_t) / sizeof *own : own;
}

static void follow(const control_call_t *call, double accel[3])
{
    const flight_params_t *p = call->p;
    const reference_t *ref = call->reference;
    const solution_t *s = call->solution;
    const follow_block_t *own = follow_fields(call);
    double error_v_body[3];
    double kp = own->kp_ps2, kd = own->kd_ps, n = s->w_hill_radps[2], v_cmd[3], size;
    const double *r = s->r_hill_m, *v = s->v_hill_mps;
    for (size_t i = 0; i < 3; i++)
        v_cmd[i] = -kp / elem_max(kd, GAIN_MIN) * control_dead_band(ref->error_r_m[i], own->deadband_m);
    size = vec3_norm(v_cmd);
    if (size > own->speed_max_mps) vec3_scale(v_cmd, own->speed_max_mps / size, v_cmd);
    vec3_sub(error_v_body, v_cmd, ref->error_v_mps);
    quat_rotate(error_v_body, s->q_body_from_hill, error_v_body);
    for (size_t i = 0; i < 3; i++)
        error_v_body[i] =
            kd * control_dead_band(error_v_body[i], VELOCITY_BAND * call->effectors->smallest[i] / p->mass_kg);
    quat_irotate(accel, s->q_body_from_hill, error_v_body);
    accel[0] -= 3.0 * n * n * r[0] + 2.0 * n * v[1];
    accel[1] += 2.0 * n * v[0];
    accel[2] += n * n * r[2];
    vec3_add(accel, accel, ref->accel_hill_mps2);
}

static void demand(const control_call_t *call, const double impulse_body[3])
{
    control_t *c = call->memory;
    double size = vec3_norm(impulse_body), limit = call->p->force_max_n * call->p->cycle_s, scale = 1.0;
    if (size > limit) {
        scale = limit / size;
        call->progress->saturated = true;
    }
    vec3_axpy(&c->carried[0], &c->carried[0], scale, impulse_body);
    /* What is carried over never exceeds a cycle's worth, or a long saturation would wind up. */
    size = vec3_norm(&c->carried[0]);
    if (size > limit) vec3_scale(&c->carried[0], limit / size, &c->carried[0]);
}

void control_translation(const control_call_t *call)
{
    const flight_params_t *p = call->p;
    control_t *c = call->memory;
    double impulse[3];
    uint8_t translation = flight_law_of(call->intent->law)->translation;
    vec3_set(c->accel_cmd_hill_mps2, 0.0, 0.0, 0.0);
    if (translation == TRANSLATION_BURN) {
        vec3_set(&c->carried[0], 0.0, 0.0, 0.0); /* what is left is in the velocity to be gained */
        if (!call->reference->burning) return;
        quat_rotate(impulse, call->solution->q_body_from_eci, call->reference->dv_to_go_eci_mps);
        vec3_scale(impulse, p->mass_kg, impulse);
    } else if (translation == TRANSLATION_FOLLOW) {
        follow(call, c->accel_cmd_hill_mps2);
        quat_rotate(impulse, call->solution->q_body_from_hill, c->accel_cmd_hill_mps2);
        vec3_scale(impulse, p->mass_kg * p->cycle_s, impulse);
    } else {
        return;
    }
    demand(call, impulse);
}
