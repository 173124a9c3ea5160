/* The reference of the chaser's port and attitude, which every law shares. */
#include "registry.h"

static double clamp(double x, double lo, double hi) { return elem_min(elem_max(x, lo), hi); }

/* How far the estimated attitude of the port is followed: not at all from track_far_m, fully from track_near_m. */
static double tracking_weight(const flight_t *f, double *rate_ps)
{
    const flight_params_t *p = &f->params;
    double span = elem_max(p->track_far_m - p->track_near_m, 1.0e-3), d = f->mission.distance_m;
    double w = clamp((p->track_far_m - d) / span, 0.0, 1.0);
    *rate_ps = (w > 0.0 && w < 1.0) ? -f->mission.speed_mps / span : 0.0;
    return w;
}

/* Port reference p = target port + axis * distance + lateral offset, in hill, with its rate; the
 * attitude reference mates the ports. */
static void reference(flight_t *f, const double lateral[3], const double lateral_rate[3])
{
    const flight_params_t *p = &f->params;
    guidance_t *g = &f->guidance;
    double weight_rate, weight = tracking_weight(f, &weight_rate), theta[3], rate[3], q[4], q_tport[4], q_port_inv[4],
                        q_mate[4];
    double axis[3] = {f->mission.distance_m, 0.0, 0.0}, axis_rate[3] = {f->mission.speed_mps, 0.0, 0.0};
    double point[3], rate_hill[3], sweep[3];
    vec3_scale(theta, weight, f->solution.target_attitude_rad);
    vec3_scale(rate, weight, f->solution.target_rate_radps);
    vec3_axpy(rate, rate, weight_rate, f->solution.target_attitude_rad);
    quat_from_rotvec(q, theta);
    quat_mul(q, q, p->q_tbody_from_hill);
    quat_mul(q_tport, p->q_tport_from_tbody, q);
    quat_irotate(point, q, p->tport_tbody_m);
    quat_irotate(axis, q_tport, axis);
    vec3_add(point, point, axis);
    quat_irotate(rate_hill, q, rate);
    vec3_cross(sweep, rate_hill, point);
    quat_irotate(axis_rate, q_tport, axis_rate);
    vec3_add(g->r_port_hill_m, point, lateral);
    vec3_add(g->v_port_hill_mps, sweep, axis_rate);
    vec3_add(g->v_port_hill_mps, g->v_port_hill_mps, lateral_rate);
    /* body from hill = (port from body)^-1 (tport from port)^-1 (tport from hill) */
    quat_conj(q_port_inv, p->q_port_from_body);
    quat_conj(q_mate, p->q_tport_from_port);
    quat_mul(q_mate, q_port_inv, q_mate);
    quat_mul(g->q_body_from_hill, q_mate, q_tport);
    quat_rotate(g->w_body_hill_body_radps, g->q_body_from_hill, rate_hill);
    double q_error[4], q_ref_inv[4];
    quat_conj(q_ref_inv, g->q_body_from_hill);
    quat_mul(q_error, f->solution.q_body_from_hill, q_ref_inv);
    quat_to_rotvec(g->error_attitude_rad, q_error);
    vec3_sub(g->error_r_m, f->solution.r_port_hill_m, g->r_port_hill_m);
    vec3_sub(g->error_v_mps, f->solution.v_port_hill_mps, g->v_port_hill_mps);
}

void guidance_nominal_port(const flight_params_t *p, double length, double port[3], double along_axis[3])
{
    double q_tport[4];
    quat_mul(q_tport, p->q_tport_from_tbody, p->q_tbody_from_hill);
    quat_irotate(port, p->q_tbody_from_hill, p->tport_tbody_m);
    vec3_set(along_axis, length, 0.0, 0.0);
    quat_irotate(along_axis, q_tport, along_axis);
}

void guidance_step(flight_t *f)
{
    mission_t *m = &f->mission;
    const law_t *law = flight_law(f);
    double lateral[3] = {f->params.phase_offset_x_m[m->phase], 0.0, 0.0}, lateral_rate[3] = {0.0, 0.0, 0.0};
    if (m->held) {
        vec3_copy(lateral, m->start_lateral_hill_m);
        m->speed_mps = 0.0;
    } else if (law->path != NULL) {
        law->path(f, lateral, lateral_rate);
    } else {
        m->distance_m = f->params.phase_distance_m[m->phase];
        m->speed_mps = 0.0;
    }
    reference(f, lateral, lateral_rate);
}
