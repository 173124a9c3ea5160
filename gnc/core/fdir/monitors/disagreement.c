/* The camera and the relative GNSS measure the same geometry. What they do not agree on the filter
 * puts into the GNSS bias: an estimate far beyond that bias's own spread says one of them is wrong,
 * which a gate on each measurement alone cannot see when the error was there from the start. The
 * camera's constant mounting error goes there too, as an angle. */
#include "registry.h"

static bool disagree(const flight_t *f)
{
    const double *b = f->relative.bias_rgnss_eci_m;
    double bias = f->params.rgnss_bias_sigma_m * nav_rgnss_growth(f);
    double boresight = f->params.camera_boresight_sigma_rad * vec3_norm(f->solution.r_port_tport_m);
    return vec3_dot(b, b) > f->params.disagreement_chi2_3dof * (bias * bias + boresight * boresight);
}

static bool trips(const flight_t *f) { return (f->params.phase_uses[f->mission.phase] & USES_CAMERA) && disagree(f); }

const monitor_t monitor_disagreement = {.reason = REASON_DISAGREEMENT, .trips = trips};
