/* The reference of the steered point and the attitude, which every law shares. */
#include "registry.h"

#define TRACK_SPAN_MIN_M 1.0e-3
#define LINE_MIN_M 1.0e-6 /* a shorter line has no direction of its own */

/* The target as a phase follows it: its attitude, that of its port, and how it turns. */
typedef struct {
    double q_tbody_from_hill[4], q_tport_from_hill[4], rate_hill_radps[3];
} target_t;

/* How far the estimated attitude of the target is followed. Of the port: not at all from track_far_m, fully from
 * track_near_m. */
static double tracking_weight(const law_call_t *call, double *rate_ps)
{
    const flight_params_t *p = call->p;
    uint8_t frame = p->phase_frame[call->intent->phase];
    double span = elem_max(p->track_far_m - p->track_near_m, TRACK_SPAN_MIN_M), d = call->path->distance_m;
    *rate_ps = 0.0;
    if (frame == FRAME_TBODY) return 1.0;
    if (frame != FRAME_TPORT) return 0.0;
    double w = guidance_clamp((p->track_far_m - d) / span, 0.0, 1.0);
    if (w > 0.0 && w < 1.0) *rate_ps = -call->path->speed_mps / span;
    return w;
}

static void track(const law_call_t *call, target_t *t)
{
    const flight_params_t *p = call->p;
    const solution_t *s = call->solution;
    double weight_rate, weight = tracking_weight(call, &weight_rate), theta[3], rate[3];
    vec3_scale(theta, weight, s->target_attitude_rad);
    vec3_scale(rate, weight, s->target_rate_radps);
    vec3_axpy(rate, rate, weight_rate, s->target_attitude_rad);
    quat_from_rotvec(t->q_tbody_from_hill, theta);
    quat_mul(t->q_tbody_from_hill, t->q_tbody_from_hill, s->q_hold_from_hill);
    quat_mul(t->q_tport_from_hill, p->q_tport_from_tbody, t->q_tbody_from_hill);
    quat_irotate(t->rate_hill_radps, t->q_tbody_from_hill, rate);
    vec3_add(t->rate_hill_radps, t->rate_hill_radps, s->w_hold_hill_hill_radps);
}

/* The phase's point; a law without one stays at the origin. */
static const double *point_of(const law_call_t *call)
{
    static const double zero[3] = {0.0, 0.0, 0.0};
    return flight_law_of(call->intent->law)->has_point ? ((const point_block_t *)call->own)->point_m : zero;
}

double guidance_end_m(const law_call_t *call)
{
    return call->p->phase_frame[call->intent->phase] == FRAME_TPORT ? point_of(call)[0] : 0.0;
}

static void frame_of(const law_call_t *call, const target_t *t, guidance_frame_t *frame)
{
    static const double identity[4] = {1.0, 0.0, 0.0, 0.0}, zero[3] = {0.0, 0.0, 0.0};
    const flight_params_t *p = call->p;
    const double *q = identity;
    double q_eci[4];
    vec3_copy(frame->rate_hill_radps, zero);
    vec3_copy(frame->origin_hill_m, zero);
    vec3_copy(frame->base_m, point_of(call));
    switch (p->phase_frame[call->intent->phase]) {
    case FRAME_TPORT:
        q = t->q_tport_from_hill;
        vec3_copy(frame->rate_hill_radps, t->rate_hill_radps);
        quat_irotate(frame->origin_hill_m, t->q_tbody_from_hill, p->tport_tbody_m);
        frame->base_m[0] = 0.0;
        break;
    case FRAME_TBODY:
        q = t->q_tbody_from_hill;
        vec3_copy(frame->rate_hill_radps, t->rate_hill_radps);
        break;
    case FRAME_INERTIAL:
        quat_from_dcm(q_eci, call->solution->c_hill_from_eci);
        quat_conj(q_eci, q_eci);
        q = q_eci;
        vec3_scale(frame->rate_hill_radps, -1.0, call->solution->w_hill_radps);
        break;
    default: break;
    }
    for (size_t i = 0; i < 4; i++) frame->q_from_hill[i] = q[i];
}

void guidance_nominal_frame(const law_call_t *call, guidance_frame_t *frame)
{
    const solution_t *s = call->solution;
    target_t t;
    for (size_t i = 0; i < 4; i++) t.q_tbody_from_hill[i] = s->q_hold_from_hill[i];
    quat_mul(t.q_tport_from_hill, call->p->q_tport_from_tbody, s->q_hold_from_hill);
    vec3_copy(t.rate_hill_radps, s->w_hold_hill_hill_radps);
    frame_of(call, &t, frame);
}

/* The line's axis in the phase's frame: +x where none has been taken note of, as along the port's axis. */
static void axis_of(const guidance_path_t *path, double axis[3])
{
    vec3_copy(axis, path->axis);
    if (axis[0] == 0.0 && axis[1] == 0.0 && axis[2] == 0.0) axis[0] = 1.0;
}

void guidance_on_path(const guidance_frame_t *frame, const guidance_path_t *path, double distance_m, double r_hill_m[3])
{
    double axis[3], along[3];
    axis_of(path, axis);
    vec3_axpy(along, frame->base_m, distance_m, axis);
    quat_irotate(along, frame->q_from_hill, along);
    vec3_add(r_hill_m, frame->origin_hill_m, along);
}

/* The first docking camera; 0 where there is none. */
static size_t camera_of(const flight_params_t *p)
{
    for (size_t i = 0; i < p->instrument_count; i++)
        if (p->instrument_kind[i] == KIND_CAMERA) return i;
    return 0;
}

void guidance_point_arm(const law_call_t *call, double arm_body_m[3])
{
    const flight_params_t *p = call->p;
    switch (p->phase_point[call->intent->phase]) {
    case POINT_PORT: vec3_sub(arm_body_m, p->port_body_m, p->com_body_m); break;
    case POINT_BORESIGHT: vec3_sub(arm_body_m, &p->instrument_position_body_m[3 * camera_of(p)], p->com_body_m); break;
    default: vec3_set(arm_body_m, 0.0, 0.0, 0.0); break;
    }
}

void guidance_point(const law_call_t *call, double r_hill_m[3], double v_hill_mps[3])
{
    const solution_t *s = call->solution;
    double arm[3], swing[3];
    if (call->p->phase_point[call->intent->phase] == POINT_PORT) {
        vec3_copy(r_hill_m, s->r_port_hill_m);
        vec3_copy(v_hill_mps, s->v_port_hill_mps);
        return;
    }
    guidance_point_arm(call, arm);
    vec3_cross(swing, s->w_body_hill_body_radps, arm);
    quat_irotate(arm, s->q_body_from_hill, arm);
    quat_irotate(swing, s->q_body_from_hill, swing);
    vec3_add(r_hill_m, s->r_hill_m, arm);
    vec3_add(v_hill_mps, s->v_hill_mps, swing);
}

/* Along the port's axis: the axial distance, and what is left across. In any other frame the line goes straight from
 * here to the phase's point. */
void guidance_start_path(const law_call_t *call)
{
    static const double zero[3] = {0.0, 0.0, 0.0};
    guidance_path_t *path = call->path;
    const law_t *law = flight_law_of(call->intent->law);
    const double *offset = law->has_point ? ((const point_block_t *)call->own)->offset_hill_m : zero;
    guidance_frame_t frame;
    double r[3], v[3], d[3], axis[3] = {1.0, 0.0, 0.0};
    guidance_nominal_frame(call, &frame);
    guidance_point(call, r, v);
    path->speed_mps = 0.0;
    if (call->p->phase_frame[call->intent->phase] == FRAME_TPORT) {
        vec3_copy(path->axis, axis);
        quat_irotate(axis, frame.q_from_hill, axis);
        vec3_sub(d, r, frame.origin_hill_m);
        path->distance_m = vec3_dot(d, axis);
        vec3_axpy(path->start_lateral_hill_m, d, -path->distance_m, axis);
    } else {
        vec3_sub(d, r, frame.origin_hill_m);
        vec3_sub(d, d, offset);
        quat_rotate(d, frame.q_from_hill, d);
        vec3_sub(d, d, frame.base_m);
        path->distance_m = vec3_norm(d);
        if (path->distance_m > LINE_MIN_M) vec3_scale(axis, 1.0 / path->distance_m, d);
        vec3_copy(path->axis, axis);
        vec3_copy(path->start_lateral_hill_m, offset);
    }
    path->start_distance_m = path->distance_m;
}

/* Point reference p = origin + base + axis * distance, turned out of the phase's frame, + lateral offset; with its
 * rate. The attitude reference is the phase's own. */
static void place(const law_call_t *call, const guidance_frame_t *frame, const double lateral[3],
                  const double lateral_rate[3])
{
    reference_t *r = call->reference;
    double point[3], axis[3], axis_rate[3], sweep[3];
    guidance_on_path(frame, call->path, call->path->distance_m, point);
    vec3_cross(sweep, frame->rate_hill_radps, point);
    axis_of(call->path, axis);
    for (size_t i = 0; i < 3; i++) axis_rate[i] = axis[i] * call->path->speed_mps + 0.0; /* no -0 */
    quat_irotate(axis_rate, frame->q_from_hill, axis_rate);
    vec3_add(r->r_hill_m, point, lateral);
    vec3_add(r->v_hill_mps, sweep, axis_rate);
    vec3_add(r->v_hill_mps, r->v_hill_mps, lateral_rate);
    vec3_set(r->accel_hill_mps2, 0.0, 0.0, 0.0);
}

/* The attitude's fields lie behind the law's. */
static const double *attitude_fields(const law_call_t *call, const attitude_t *attitude)
{
    const double *own = call->own;
    if (attitude->fields == NULL) return own;
    return own + flight_block_length(flight_law_fields(call->intent->law));
}

void guidance_refer(const law_call_t *call, double memory[ATTITUDE_MEMORY], const double lateral[3],
                    const double lateral_rate[3])
{
    const solution_t *s = call->solution;
    reference_t *r = call->reference;
    const attitude_t *attitude = flight_attitude_of(call->p->phase_attitude[call->intent->phase]);
    target_t target;
    guidance_frame_t frame;
    double r_point[3], v_point[3], rate_hill[3], q_error[4], q_ref_inv[4];
    track(call, &target);
    frame_of(call, &target, &frame);
    place(call, &frame, lateral, lateral_rate);
    guidance_point(call, r_point, v_point);
    const attitude_call_t of = {.p = call->p,
                                .solution = s,
                                .intent = call->intent,
                                .own = attitude_fields(call, attitude),
                                .memory = memory,
                                .q_tport_from_hill = target.q_tport_from_hill,
                                .target_rate_hill_radps = target.rate_hill_radps,
                                .frame = &frame,
                                .r_point_hill_m = r_point,
                                .v_point_hill_mps = v_point};
    attitude->step(&of, r->q_body_from_hill, rate_hill);
    quat_rotate(r->w_body_hill_body_radps, r->q_body_from_hill, rate_hill);
    quat_conj(q_ref_inv, r->q_body_from_hill);
    quat_mul(q_error, s->q_body_from_hill, q_ref_inv);
    quat_to_rotvec(r->error_attitude_rad, q_error);
    vec3_sub(r->error_r_m, r_point, r->r_hill_m);
    vec3_sub(r->error_v_mps, v_point, r->v_hill_mps);
}
