/* What every optical instrument that looks at the target shares: range, azimuth and elevation of a point that is fixed
 * to the target, and the target's attitude, in the instrument's own frame. */
#ifndef PROXOPS_NAV_SIGHT_H
#define PROXOPS_NAV_SIGHT_H

#include "nav/nav.h"

enum { SIGHT_RANGE = 0, SIGHT_AZIMUTH = 1, SIGHT_ELEVATION = 2, SIGHT_VALUES = 3 };

typedef struct {
    size_t instrument;
    nav_sample_t at;                                /* the estimate at the time of validity */
    double late_s;
    double c_eci_from_tbody[9], c_own_from_eci[9]; /* own: the instrument's frame */
    double d_m[3];                                  /* predicted, from the instrument to the point, own axes */
    double by_theta[9];                             /* d(d_eci)/d theta = -c_eci_from_tbody [p]x */
    double los[9];                                  /* line-of-sight axes from own axes: along it, and two across */
} sight_t;

/* Whether azimuth and elevation are those of something before the instrument. */
bool sight_before(double azimuth_rad, double elevation_rad);
/* Predicts the sight of a point of the target. false: the time is not remembered, or the point is predicted overhead,
 * where there is no azimuth. */
bool sight_predict(const flight_params_t *p, nav_t *nav, size_t instrument, uint64_t t_us,
                   const double point_tbody_m[3], sight_t *out);
/* The residual of a measured range and line of sight, along the line of sight and across it. */
void sight_residual(const sight_t *s, const double z[SIGHT_VALUES], double residual_m[3]);
/* What the first components of an observation see: the line-of-sight axes from `axis` on. */
void sight_see(const nav_t *nav, const sight_t *s, observation_t *o, size_t axis);
/* The same of RELATIVE_AIM, for a point that is not known well: the centre of what an extended body shows. The model
 * that uses it has the block in `sees`, and gives it its variance in `start`. */
void sight_see_aim(const nav_t *nav, const sight_t *s, observation_t *o, size_t axis);
/* The residual of a measured attitude of a frame fixed to the target, tbody axes. false: no rotation. */
bool sight_turn(const flight_params_t *p, const sight_t *s, const double q_own_from_frame[4],
                const double q_frame_from_tbody[4], double residual_rad[3]);
/* What three components of an observation, from `first` on, see of the target's attitude. */
void sight_see_turn(const nav_t *nav, const sight_t *s, observation_t *o, size_t first);
/* Mean variance of the chaser's own attitude: it turns the line of sight as the instrument's noise does. */
double sight_attitude_variance(const flight_params_t *p, const nav_t *nav);

#endif
