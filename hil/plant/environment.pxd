"""Truth environment: gravity, atmosphere, Sun and shadow."""

from libc.stdint cimport uint64_t

from gnc.ccore cimport gravity_t

cdef enum:
    ENVIRONMENT_MAX_HEIGHTS = 64
    ENVIRONMENT_MAX_DEGREE = 12
    ENVIRONMENT_TERMS = 91              # (MAX_DEGREE + 1)(MAX_DEGREE + 2) / 2

ctypedef struct environment_t:
    gravity_t gravity               # J2..J4 about the pole of date
    # the rest of the field: unnormalised, term (n, m) at n (n + 1) / 2 + m
    int field_degree                # 0 none
    double field_c[ENVIRONMENT_TERMS]
    double field_s[ENVIRONMENT_TERMS]
    double cirs_from_eci[9]         # pole of date along z
    double era_0_rad                # Earth rotation angle at t_us = 0
    double earth_rate_radps         # rotation of Earth and atmosphere about the pole of date
    double flattening               # of the ellipsoid heights are measured from
    # atmosphere: ln of the night density and the day bulge's relative amplitude, linear in height
    int n_heights
    double height_0_m
    double height_step_m
    double ln_density_night_kgpm3[ENVIRONMENT_MAX_HEIGHTS]
    double bulge_amplitude[ENVIRONMENT_MAX_HEIGHTS]     # (day - night) / night
    double bulge_lag_cos            # of the angle the bulge trails the Sun in right ascension
    double bulge_lag_sin
    double density_factor           # declared dispersion, 1 nominal
    # Sun
    double epoch_tt_cy              # Julian centuries TT from J2000 to t_us = 0
    double sun_eci_m[3]
    double sun_direction_eci[3]
    double bulge_direction_eci[3]
    uint64_t sun_due_us             # next update

# Sun and bulge at t_us; cheap while the last update is less than 10 s old
cdef void environment_update(environment_t* env, uint64_t t_us) noexcept nogil
# Height above the ellipsoid, to first order in its flattening
cdef double environment_height_m(const environment_t* env, const double* r_eci_m) noexcept nogil
# kg/m3; outside the table's heights, where it does not hold, the end values' slope is continued
cdef double environment_density_kgpm3(const environment_t* env, const double* r_eci_m) noexcept nogil
# Drag on a craft of ballistic coefficient cd_area_over_mass (Cd A / m), density given
cdef void environment_drag(double* a_eci_mps2, const environment_t* env, double density_kgpm3,
                           double cd_area_over_mass_m2pkg, const double* r_eci_m, const double* v_eci_mps) noexcept nogil
# Field beyond J2..J4 at t_s since scenario start
cdef void environment_field(double* a_eci_mps2, const environment_t* env, double t_s, const double* r_eci_m) noexcept nogil
# What changes slowly enough to be held over a step: field beyond J2..J4 plus drag, and drag alone,
# both at the middle of a step of length step_s that starts at t_us in state (r, v). Second order in step_s.
cdef void environment_slow(double* a_eci_mps2, double* drag_eci_mps2, const environment_t* env, uint64_t t_us,
                           double step_s, double cd_area_over_mass_m2pkg,
                           const double* r_eci_m, const double* v_eci_mps) noexcept nogil
# Fraction of the Sun's disc seen, 0 in umbra .. 1 (conical shadow of a spherical Earth)
cdef double environment_sunlit(const environment_t* env, const double* r_eci_m) noexcept nogil
