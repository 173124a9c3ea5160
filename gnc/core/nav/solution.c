/* The estimate in the frames guidance, control and the monitors use. */
#include "flight_state.h"

void nav_solution(flight_t *f)
{
    const nav_relative_t *n = &f->relative;
    const flight_params_t *p = &f->params;
    nav_solution_t *o = &f->solution;
    double q_hill_from_eci[4], q[4], w[3], arm[3], rel[3], c_tport_from_hill[9], port[3], spin[3];
    (void)orbit_hill_frame(o->c_hill_from_eci, o->w_hill_radps, n->r_target_eci_m, n->v_target_eci_mps);
    (void)orbit_relative_to_hill(o->r_hill_m, o->v_hill_mps, n->r_target_eci_m, n->v_target_eci_mps, n->dr_eci_m,
                                 n->dv_eci_mps);
    quat_from_dcm(q_hill_from_eci, o->c_hill_from_eci);
    quat_conj(q, q_hill_from_eci);
    quat_mul(o->q_body_from_hill, f->attitude.q_body_from_eci, q);
    quat_rotate(w, o->q_body_from_hill, o->w_hill_radps);
    vec3_sub(o->w_body_hill_body_radps, f->attitude.w_body_radps, w);
    /* chaser port */
    vec3_sub(arm, p->port_body_m, p->com_body_m);
    vec3_cross(rel, o->w_body_hill_body_radps, arm);
    quat_irotate(arm, o->q_body_from_hill, arm);
    quat_irotate(rel, o->q_body_from_hill, rel);
    vec3_add(o->r_port_hill_m, o->r_hill_m, arm);
    vec3_add(o->v_port_hill_mps, o->v_hill_mps, rel);
    /* target port, turning with the estimated rate */
    quat_from_rotvec(q, n->theta_tbody_rad);
    quat_mul(q, q, p->q_tbody_from_hill);
    quat_irotate(port, q, p->tport_tbody_m);
    quat_irotate(w, q, n->rate_tbody_radps);
    quat_mul(q, p->q_tport_from_tbody, q);
    quat_to_dcm(c_tport_from_hill, q);
    vec3_sub(rel, o->r_port_hill_m, port);
    mat3_mul_vec(o->r_port_tport_m, c_tport_from_hill, rel);
    vec3_cross(spin, w, o->r_port_hill_m);
    vec3_sub(rel, o->v_port_hill_mps, spin);
    mat3_mul_vec(o->v_port_tport_mps, c_tport_from_hill, rel);
}
