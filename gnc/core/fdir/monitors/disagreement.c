/* Camera and relative GNSS disagree on the geometry that both measure. */
#include "registry.h"

static bool trips(const flight_t *f)
{
    return (f->params.phase_uses[f->mission.phase] & USES_CAMERA) &&
           f->solution.disagreement_chi2 > f->params.disagreement_chi2_3dof;
}

const monitor_t monitor_disagreement = {.reason = REASON_DISAGREEMENT, .trips = trips};
