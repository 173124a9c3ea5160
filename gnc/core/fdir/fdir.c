/* Monitors of the approach: corridor, closing rate, sensors, attitude, time. Each breaks off into
 * the phase's abort phase; a hard excess of closing rate calls for the avoidance burn. */
#include "flight_state.h"

#define CORRIDOR_NEAR_M 2.0 /* nearer, the corridor is judged as if at this distance: its cone shrinks to a point */

/* The estimated closing rate is above its range-dependent limit by more than the margin. */
static bool closes_too_fast(const flight_t *f, double margin_mps)
{
    const flight_params_t *p = &f->params;
    double range = vec3_norm(f->solution.r_port_tport_m), closing = -f->solution.v_port_tport_mps[0];
    double limit = elem_max(p->closing_rate_floor_mps, p->closing_rate_base_mps + p->closing_rate_slope_ps * elem_max(range, 0.0));
    return closing > limit + margin_mps;
}

static bool outside_corridor(const flight_t *f)
{
    double half_angle = f->params.phase_corridor_rad[f->mission.phase];
    const double *r = f->solution.r_port_tport_m;
    if (half_angle <= 0.0) return false;
    double across = elem_sqrt(r[1] * r[1] + r[2] * r[2]);
    return elem_atan2(across, elem_max(r[0], CORRIDOR_NEAR_M)) > half_angle;
}

/* The camera and the relative GNSS measure the same geometry. What they do not agree on the filter
 * puts into the GNSS bias: an estimate far beyond that bias's own spread says one of them is wrong,
 * which a gate on each measurement alone cannot see when the error was there from the start. The
 * camera's constant mounting error goes there too, as an angle. */
static bool sensors_disagree(const flight_t *f)
{
    const double *b = f->relative.bias_rgnss_eci_m;
    double bias = f->params.rgnss_bias_sigma_m * nav_rgnss_growth(f);
    double boresight = f->params.camera_boresight_sigma_rad * vec3_norm(f->solution.r_port_tport_m);
    return vec3_dot(b, b) > f->params.disagreement_chi2_3dof * (bias * bias + boresight * boresight);
}

static uint8_t find_reason(const flight_t *f)
{
    const flight_params_t *p = &f->params;
    const mission_t *m = &f->mission;
    uint8_t uses = p->phase_uses[m->phase];
    if ((uses & USES_CAMERA) && nav_lost(f, &f->relative.camera, p->sensor_timeout_s)) return REASON_CAMERA;
    if ((uses & USES_RGNSS) && nav_lost(f, &f->relative.rgnss, p->sensor_timeout_s)) return REASON_RGNSS;
    if ((uses & USES_STAR) && nav_lost(f, &f->attitude.star, p->star_timeout_s)) return REASON_STAR;
    if ((uses & USES_CAMERA) && sensors_disagree(f)) return REASON_DISAGREEMENT;
    if (outside_corridor(f)) return REASON_CORRIDOR;
    if (closes_too_fast(f, p->closing_rate_margin_mps)) return REASON_CLOSING_RATE;
    if (vec3_norm(f->guidance.error_attitude_rad) > p->attitude_max_rad) return REASON_ATTITUDE;
    if (f->solution.r_port_tport_m[0] < -0.3) return REASON_MISSED_CONTACT;
    if (p->phase_timeout_s[m->phase] > 0.0 && mission_phase_time_s(f) > p->phase_timeout_s[m->phase]) return REASON_TIMEOUT;
    return REASON_NONE;
}

void fdir_step(flight_t *f)
{
    const flight_params_t *p = &f->params;
    uint32_t phase = f->mission.phase, abort_phase = p->phase_abort[phase];
    if (abort_phase == phase) return;
    uint8_t reason = find_reason(f);
    if (reason == REASON_NONE) return;
    mission_break_off(f, closes_too_fast(f, p->closing_rate_hard_mps) ? p->cam_phase : abort_phase, reason);
    guidance_step(f);
}
