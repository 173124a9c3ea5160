"""Passive safety: how near two craft come in a free drift."""

from libc.stdint cimport uint64_t

from hil.plant.environment cimport environment_t

# What a free drift starts from
ctypedef struct drift_state_t:
    uint64_t t_us
    double r_chaser_eci_m[3]
    double v_chaser_eci_mps[3]
    double r_target_eci_m[3]
    double v_target_eci_mps[3]
    double cd_area_over_mass_chaser_m2pkg
    double cd_area_over_mass_target_m2pkg
    double radiation_area_over_mass_chaser_m2pkg    # coefficient times area
    double radiation_area_over_mass_target_m2pkg

# Smallest distance between the centres of mass in a free drift (gravity and drag on both).
# Returns metres; *t_min_s is its time from the start of the drift. *low_m and *high_m move out to the heights of both.
cdef double passive_min_distance_m(const environment_t* env, const drift_state_t* start, double duration_s,
                                   double step_s, double* t_min_s, double* low_m, double* high_m) noexcept nogil
