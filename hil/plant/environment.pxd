"""Truth environment of any central body: gravity, atmosphere, Sun, Moon and other bodies, sunlight and shadow."""

from libc.stdint cimport uint64_t

from gnc.ccore cimport gravity_t

cdef enum:
    ENVIRONMENT_MAX_HEIGHTS = 64
    ENVIRONMENT_MAX_DEGREE = 12
    ENVIRONMENT_MAX_OTHERS = 4
    ENVIRONMENT_TERMS = 91              # (MAX_DEGREE + 1)(MAX_DEGREE + 2) / 2

# Where the position of another celestial body comes from
ctypedef enum source_t:
    SOURCE_SUN = 0                      # series, seen from the Earth
    SOURCE_MOON = 1
    SOURCE_TABLE = 2

# Another celestial body; positions are from the central body's centre, eci
ctypedef struct other_t:
    double mu_m3ps2                     # 0 attracts nothing
    int source                          # source_t
    const double* table_m               # rows of three, which others own
    int rows
    double table_0_s                    # of the first row, since scenario start
    double table_step_s
    double r_eci_m[3]                   # at the last update

ctypedef struct environment_t:
    gravity_t gravity               # J2..J4 about the pole of date
    # the rest of the field: unnormalised, term (n, m) at n (n + 1) / 2 + m
    int field_degree                # 0 none
    double field_c[ENVIRONMENT_TERMS]
    double field_s[ENVIRONMENT_TERMS]
    double cirs_from_eci[9]         # pole of date along z
    double rotation_0_rad           # of the body-fixed axes at t_us = 0
    double rate_radps               # rotation of body and atmosphere about the pole
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
    # other bodies; the Sun, which lights, is apart from those that attract
    int n_others
    other_t others[ENVIRONMENT_MAX_OTHERS]
    other_t sun
    bint radiation_pressure
    double epoch_tt_cy              # Julian centuries TT from J2000 to t_us = 0
    double sun_eci_m[3]
    double sun_direction_eci[3]
    double bulge_direction_eci[3]
    uint64_t sun_due_us             # next update

# Sun, other bodies and bulge at t_us; cheap while the last update is less than 10 s old
cdef void environment_update(environment_t* env, uint64_t t_us) noexcept nogil
# Height above the ellipsoid, to first order in its flattening
cdef double environment_height_m(const environment_t* env, const double* r_eci_m) noexcept nogil
# kg/m3; outside the table's heights, where it does not hold, the end values' slope is continued
cdef double environment_density_kgpm3(const environment_t* env, const double* r_eci_m) noexcept nogil
# Drag on a body of ballistic coefficient cd_area_over_mass (Cd A / m), density given
cdef void environment_drag(double* a_eci_mps2, const environment_t* env, double density_kgpm3,
                           double cd_area_over_mass_m2pkg, const double* r_eci_m, const double* v_eci_mps) noexcept nogil
# Field beyond J2..J4 at t_s since scenario start
cdef void environment_field(double* a_eci_mps2, const environment_t* env, double t_s, const double* r_eci_m) noexcept nogil
# Attraction of the other bodies: on a point at r less that on the central body
cdef void environment_others(double* a_eci_mps2, const environment_t* env, const double* r_eci_m) noexcept nogil
# Pressure of sunlight on a body of coefficient times area over mass
cdef void environment_radiation(double* a_eci_mps2, const environment_t* env, double area_over_mass_m2pkg,
                                const double* r_eci_m) noexcept nogil
# What changes slowly enough to be held over a step: everything but J2..J4, and of it what is felt, drag and sunlight,
# both at the middle of a step of length step_s that starts at t_us in state (r, v). Second order in step_s.
cdef void environment_slow(double* a_eci_mps2, double* felt_eci_mps2, const environment_t* env, uint64_t t_us,
                           double step_s, double cd_area_over_mass_m2pkg, double radiation_area_over_mass_m2pkg,
                           const double* r_eci_m, const double* v_eci_mps) noexcept nogil
# Fraction of the Sun's disc seen, 0 in umbra .. 1 (conical shadow of a spherical central body)
cdef double environment_sunlit(const environment_t* env, const double* r_eci_m) noexcept nogil
