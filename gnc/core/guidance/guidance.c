/* Guidance laws: reference for the chaser's port and attitude, and the burns of the hop. */
#include "flight_state.h"

#define CORRECTION_LEAD_S 2.0
#define ARRIVED_M 0.005
#define BURN_STALL_US 1000000u /* a burn that fires nothing for this long has reached its resolution */

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
    double weight_rate, weight = tracking_weight(f, &weight_rate), theta[3], rate[3], q[4], q_tport[4], q_port_inv[4], q_mate[4];
    double axis[3] = {f->mission.distance_m, 0.0, 0.0}, axis_rate[3] = {f->mission.speed_mps, 0.0, 0.0};
    double point[3], rate_hill[3], sweep[3];
    vec3_scale(theta, weight, f->relative.theta_tbody_rad);
    vec3_scale(rate, weight, f->relative.rate_tbody_radps);
    vec3_axpy(rate, rate, weight_rate, f->relative.theta_tbody_rad);
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

/* The target port in its nominal hold, and a vector of that length along its axis, hill. */
static void nominal_port(const flight_params_t *p, double length, double port[3], double along_axis[3])
{
    double q_tport[4];
    quat_mul(q_tport, p->q_tport_from_tbody, p->q_tbody_from_hill);
    quat_irotate(port, p->q_tbody_from_hill, p->tport_tbody_m);
    vec3_set(along_axis, length, 0.0, 0.0);
    quat_irotate(along_axis, q_tport, along_axis);
}

/* Where the chaser is now against the nominal port: axial distance and the lateral rest, hill. */
static double nominal_distance(const flight_t *f, double lateral[3])
{
    double port[3], axis[3], d[3];
    nominal_port(&f->params, 1.0, port, axis);
    vec3_sub(d, f->solution.r_port_hill_m, port);
    double along = vec3_dot(d, axis);
    vec3_axpy(lateral, d, -along, axis);
    return along;
}

void guidance_start_forced(flight_t *f)
{
    mission_t *m = &f->mission;
    m->start_distance_m = nominal_distance(f, m->start_lateral_hill_m);
    m->distance_m = m->start_distance_m;
    m->speed_mps = 0.0;
}

/* Distance reference: speed rises with the distance still to go, ramped from rest, and brakes with
 * half the ramp's acceleration so that it arrives at rest. */
static void advance_forced(flight_t *f)
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    double to_go = p->phase_distance_m[m->phase] - m->distance_m, dt = p->cycle_s, size = elem_abs(to_go);
    double speed = elem_min(p->phase_speed_max_mps[m->phase],
                            p->phase_speed_end_mps[m->phase] + p->phase_speed_slope_ps[m->phase] * size);
    speed = elem_min(speed, elem_min(elem_sqrt(p->forced_accel_mps2 * size), size / dt)); /* not past the end in one cycle */
    double goal = to_go < 0.0 ? -speed : speed, step = p->forced_accel_mps2 * dt;
    m->speed_mps += clamp(goal - m->speed_mps, -step, step);
    m->distance_m += m->speed_mps * dt;
    if (size < ARRIVED_M) {
        m->distance_m = p->phase_distance_m[m->phase];
        m->speed_mps = 0.0;
    }
}

static void forced(flight_t *f, double lateral[3], double lateral_rate[3])
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    /* The lateral offset the leg starts with is gone at its end, or where the port is tracked fully. */
    double end = elem_max(p->phase_distance_m[m->phase], p->track_near_m);
    double span = m->start_distance_m - end, share = 0.0, share_rate = 0.0;
    advance_forced(f);
    if (elem_abs(span) > 1.0) {
        share = clamp((m->distance_m - end) / span, 0.0, 1.0);
        if (share > 0.0 && share < 1.0) share_rate = m->speed_mps / span;
    }
    double offset[3] = {p->phase_offset_x_m[m->phase], 0.0, 0.0};
    for (size_t i = 0; i < 3; i++) {
        double from_end = m->start_lateral_hill_m[i] - offset[i];
        lateral[i] = offset[i] + share * from_end;
        lateral_rate[i] = share_rate * from_end;
    }
}

void guidance_step(flight_t *f)
{
    mission_t *m = &f->mission;
    double lateral[3] = {f->params.phase_offset_x_m[m->phase], 0.0, 0.0}, lateral_rate[3] = {0.0, 0.0, 0.0};
    if (f->params.phase_law[m->phase] == LAW_FORCED && !m->held) {
        forced(f, lateral, lateral_rate);
    } else if (m->held) {
        vec3_copy(lateral, m->start_lateral_hill_m);
        m->speed_mps = 0.0;
    } else {
        m->distance_m = f->params.phase_distance_m[m->phase];
        m->speed_mps = 0.0;
    }
    reference(f, lateral, lateral_rate);
}

/* ---- the hop: plan, burn, correct, arrive -------------------------------------------------- */

static double burn_length_s(const flight_t *f)
{
    return vec3_norm(f->mission.dv_to_go_eci_mps) * f->params.mass_kg / f->params.force_max_n;
}

/* Centre of mass position the hop aims at, hill. */
static void aim_point(const flight_t *f, double aim[3])
{
    const flight_params_t *p = &f->params;
    uint32_t phase = f->mission.phase;
    double axis[3], arm[3];
    nominal_port(p, p->phase_distance_m[phase], aim, axis);
    vec3_add(aim, aim, axis);
    aim[0] += p->phase_offset_x_m[phase];
    vec3_sub(arm, p->port_body_m, p->com_body_m);
    quat_irotate(arm, f->guidance.q_body_from_hill, arm);
    vec3_sub(aim, aim, arm);
}

static double until_s(const flight_t *f, uint64_t t_us)
{
    return t_us > f->t_us ? 1.0e-6 * (double)(t_us - f->t_us) : -1.0e-6 * (double)(f->t_us - t_us);
}

static uint64_t after(const flight_t *f, double wait_s) { return f->t_us + (uint64_t)(elem_max(wait_s, 0.0) * 1.0e6); }

/* Plans the burn whose middle is lead_s from now; it starts half its length before. */
static bool plan(flight_t *f, double lead_s, double transfer_s)
{
    mission_t *m = &f->mission;
    double aim[3];
    aim_point(f, aim);
    if (!targeting_solve(f, lead_s, transfer_s, aim, m->dv_to_go_eci_mps)) return false;
    m->burn_is_arrival = false;
    m->burn_start_us = after(f, lead_s - 0.5 * burn_length_s(f));
    return true;
}

/* The arrival burn stops the chaser in the hill frame at the predicted point of arrival. */
static bool plan_arrival(flight_t *f)
{
    mission_t *m = &f->mission;
    double r[3], v[3], c[9], dt = until_s(f, m->arrive_us);
    if (!targeting_predict(f, dt, r, v, c)) return false;
    mat3_tmul_vec(m->dv_to_go_eci_mps, c, v);
    vec3_scale(m->dv_to_go_eci_mps, -1.0, m->dv_to_go_eci_mps);
    m->burn_is_arrival = true;
    m->burn_start_us = after(f, dt - 0.5 * burn_length_s(f));
    return true;
}

static void coast(flight_t *f)
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    double transfer = p->phase_duration_s[m->phase], left = until_s(f, m->arrive_us);
    if (m->hop_leg < 2) {
        double fraction = p->hop_correction_fraction[m->hop_leg];
        if (left > transfer * (1.0 - fraction)) return;
        m->hop_leg++;
        if (fraction <= 0.0 || left < 2.0 * p->hop_lead_s) return;
        bool worth = plan(f, CORRECTION_LEAD_S, left - CORRECTION_LEAD_S) &&
                     vec3_norm(m->dv_to_go_eci_mps) > 2.0 * p->burn_cutoff_mps;
        if (worth) m->hop_stage = HOP_WAIT;
        return;
    }
    if (left <= p->hop_lead_s + CORRECTION_LEAD_S && plan_arrival(f)) m->hop_stage = HOP_WAIT;
}

static void burn(flight_t *f)
{
    mission_t *m = &f->mission;
    if (f->relative.cycles_since_thrust == 0) m->burn_last_fire_us = f->t_us;
    bool done = vec3_norm(m->dv_to_go_eci_mps) < f->params.burn_cutoff_mps ||
                f->t_us - m->burn_last_fire_us > BURN_STALL_US;
    if (!done) return;
    vec3_set(m->dv_to_go_eci_mps, 0.0, 0.0, 0.0);
    m->hop_stage = m->burn_is_arrival ? HOP_DONE : HOP_COAST;
    control_clear(f);
}

void guidance_hop(flight_t *f)
{
    mission_t *m = &f->mission;
    const flight_params_t *p = &f->params;
    switch (m->hop_stage) {
    case HOP_PLAN:
        if (!plan(f, p->hop_lead_s, p->phase_duration_s[m->phase])) return;
        m->arrive_us = after(f, p->hop_lead_s + p->phase_duration_s[m->phase]);
        m->hop_stage = HOP_WAIT;
        break;
    case HOP_WAIT:
        if (f->t_us < m->burn_start_us) return;
        m->hop_stage = HOP_BURN;
        m->burn_last_fire_us = f->t_us;
        break;
    case HOP_BURN: burn(f); break;
    case HOP_COAST: coast(f); break;
    default: break;
    }
}

/* Avoidance: one burn to the stated relative velocity, then drift. */
void guidance_cam(flight_t *f)
{
    mission_t *m = &f->mission;
    double dv[3];
    if (m->hop_stage == HOP_PLAN) {
        vec3_sub(dv, f->params.cam_velocity_hill_mps, f->solution.v_hill_mps);
        mat3_tmul_vec(m->dv_to_go_eci_mps, f->solution.c_hill_from_eci, dv);
        m->burn_last_fire_us = f->t_us;
        m->burn_is_arrival = true;
        m->hop_stage = HOP_BURN;
    }
    if (m->hop_stage == HOP_BURN) burn(f);
}
