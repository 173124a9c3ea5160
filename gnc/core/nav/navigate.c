/* The navigation stage of a cycle. */
#include "registry.h"

void nav_init(const flight_params_t *p, nav_t *nav)
{
    nav->gravity.mu_m3ps2 = p->mu_m3ps2;
    nav->gravity.re_m = p->re_m;
    nav->gravity.j2 = p->j2;
    vec3_copy(nav->gravity.pole_eci, p->pole_eci);
    nav->cycle_us = (uint64_t)(p->cycle_s * 1.0e6 + 0.5);
    for (size_t i = 1; i <= FILTER_COMPONENTS; i++) nav->gate[i] = filter_gate(p->gate_chi2_3dof, i);
    nav_attitude_init(p, nav);
    nav_relative_init(p, nav);
}

void navigate(const flight_params_t *p, nav_t *nav, const sensor_frame_t *s, bool fired, bool docked, solution_t *out)
{
    nav->t_us = s->t_us;
    nav_imu_take(p, nav, s);
    if (nav->started) {
        nav_attitude_propagate(p, nav);
        nav_relative_propagate(p, nav, s, fired);
    } else {
        nav_relative_remember(nav);
    }
    for (size_t i = 0; i < s->slot_count; i++) {
        const model_t *model = flight_model_of(s->slot[i].kind);
        if (model != NULL && (model->while_docked || !docked)) model->update(p, nav, &s->slot[i]);
    }
    const measurement_t *dock = nav_find(s, KIND_DOCK);
    out->dock_flags = dock != NULL && nav_of_this_cycle(nav, dock) ? dock->flags : 0;
    nav_solution(p, nav, out);
    nav_health(p, nav, out);
    nav->started = true;
}
