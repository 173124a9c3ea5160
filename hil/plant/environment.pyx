"""Truth environment: pole, atmosphere, Sun, Moon and other bodies, sunlight and shadow.

Everything that feeds a run is built from + - * / sqrt and the core's elementary functions.
"""

from libc.stdint cimport uint64_t

from gnc.ccore cimport (
    elem_acos, elem_asin, elem_exp, elem_floor, elem_sincos, elem_sqrt, mat3_mul_vec, mat3_tmul_vec, vec3_add,
    vec3_copy, vec3_cross, vec3_dot, vec3_norm, vec3_set,
)

cdef double ARCSEC_RAD = 3.14159265358979323846 / 648000.0
cdef double DEG_RAD = 3.14159265358979323846 / 180.0
cdef double TWO_PI = 6.28318530717958647693
# IAU 2015 Resolution B3 nominal solar radius; the radius that casts the shadow is the equatorial one
cdef double SUN_RADIUS_M = 6.957e8
cdef uint64_t SUN_UPDATE_US = 10000000
cdef double AU_M = 149597870700.0           # IAU 2012 Resolution B2
# IAU 2015 Resolution B3 nominal total solar irradiance, 1361 W/m2, over the speed of light
cdef double PRESSURE_AU_PA = 1361.0 / 299792458.0

cdef enum:
    ROW = ENVIRONMENT_MAX_DEGREE + 2

# Factors of Cunningham's recursion for element (n, m) at n ROW + m: a division each, spared in every evaluation
cdef double ALONG_Z[ROW * ROW]
cdef double ALONG_RHO[ROW * ROW]


cdef void _fill_factors() noexcept:
    cdef int n, m
    for n in range(1, ROW):
        for m in range(n):
            ALONG_Z[n * ROW + m] = (2.0 * n - 1.0) / (n - m)
            ALONG_RHO[n * ROW + m] = (n + m - 1.0) / (n - m)


_fill_factors()


cdef void _sun(double* r_eci_m, double t_cy) noexcept nogil:
    """Geocentric Sun on the mean ecliptic and equinox of J2000, 0.1 % and 0.5 arcmin (Montenbruck & Gill 2000,
    section 3.3.2, with the motion of perihelion, 1161.235 arcsec a century, of Simon et al. 1994)."""
    cdef double m, s1, c1, s2, c2, lon, r, sl, cl, se, ce, turns
    m = 357.5256 + 35999.049 * t_cy
    turns = elem_floor(m / 360.0)
    m = (m - 360.0 * turns) * DEG_RAD
    elem_sincos(m, &s1, &c1)
    s2 = 2.0 * s1 * c1
    c2 = 1.0 - 2.0 * s1 * s1
    lon = (282.9400 + 0.3225654 * t_cy) * DEG_RAD + m + (6892.0 * s1 + 72.0 * s2) * ARCSEC_RAD
    r = (149.619 - 2.499 * c1 - 0.021 * c2) * 1e9
    elem_sincos(lon, &sl, &cl)
    elem_sincos(23.43929111 * DEG_RAD, &se, &ce)
    r_eci_m[0] = r * cl
    r_eci_m[1] = r * sl * ce
    r_eci_m[2] = r * sl * se


# Moon: degrees and arcseconds (Montenbruck & Gill 2000, section 3.3.2). Each row: multiples of the mean anomalies of Moon
# and Sun, of the argument of latitude and of the elongation, and the amplitude.
cdef enum:
    MOON_LON = 14
    MOON_DIST = 9
    MOON_LAT = 7
cdef double[MOON_LON][5] MOON_LONGITUDE = [
    [1, 0, 0, 0, 22640.0], [2, 0, 0, 0, 769.0], [1, 0, 0, -2, -4586.0], [0, 0, 0, 2, 2370.0], [0, 1, 0, 0, -668.0],
    [0, 0, 2, 0, -412.0], [2, 0, 0, -2, -212.0], [1, 1, 0, -2, -206.0], [1, 0, 0, 2, 192.0], [0, 1, 0, -2, -165.0],
    [1, -1, 0, 0, 148.0], [0, 0, 0, 1, -125.0], [1, 1, 0, 0, -110.0], [0, 0, 2, -2, -55.0],
]
cdef double[MOON_LAT][5] MOON_LATITUDE = [
    [0, 0, 1, -2, -526.0], [1, 0, 1, -2, 44.0], [-1, 0, 1, -2, -31.0], [-2, 0, 1, 0, -25.0], [0, 1, 1, -2, -23.0],
    [-1, 0, 1, 0, 21.0], [0, -1, 1, -2, 11.0],
]
cdef double[MOON_DIST][5] MOON_DISTANCE = [
    [0, 0, 0, 0, 385000.0], [1, 0, 0, 0, -20905.0], [-1, 0, 0, 2, -3699.0], [0, 0, 0, 2, -2956.0], [2, 0, 0, 0, -570.0],
    [2, 0, 0, -2, 246.0], [0, 1, 0, -2, -205.0], [1, 0, 0, 2, -171.0], [1, 1, 0, -2, -152.0],
]


cdef double _degrees(double angle_deg) noexcept nogil:
    """An angle in degrees, of any size, in radians within one turn."""
    return (angle_deg - 360.0 * elem_floor(angle_deg / 360.0)) * DEG_RAD


cdef double _argument(const double* row, const double* arguments) noexcept nogil:
    cdef double angle = row[0] * arguments[0] + row[1] * arguments[1] + row[2] * arguments[2] + row[3] * arguments[3]
    return angle - TWO_PI * elem_floor(angle / TWO_PI)


cdef void _moon(double* r_eci_m, double t_cy) noexcept nogil:
    """Geocentric Moon on the mean ecliptic and equinox of J2000, 6 arcmin and 500 km (Montenbruck & Gill 2000, eqs. 3.47
    to 3.51)."""
    cdef double[4] a
    cdef double lon, lat, r, s, c, sl, cl, sb, cb, se, ce, x, y
    cdef int k
    a[0] = _degrees(134.96292 + 477198.86753 * t_cy)
    a[1] = _degrees(357.52543 + 35999.04944 * t_cy)
    a[2] = _degrees(93.27283 + 483202.01873 * t_cy)
    a[3] = _degrees(297.85027 + 445267.11135 * t_cy)
    lon = 0.0
    for k in range(MOON_LON):
        elem_sincos(_argument(MOON_LONGITUDE[k], a), &s, &c)
        lon += MOON_LONGITUDE[k][4] * s
    # latitude: the argument carries the longitude's terms and two more
    elem_sincos(a[1], &s, &c)
    elem_sincos(2.0 * a[2], &x, &y)
    elem_sincos(a[2] + (lon + 412.0 * x + 541.0 * s) * ARCSEC_RAD, &s, &c)
    lat = 18520.0 * s
    for k in range(MOON_LAT):
        elem_sincos(_argument(MOON_LATITUDE[k], a), &s, &c)
        lat += MOON_LATITUDE[k][4] * s
    r = 0.0
    for k in range(MOON_DIST):
        elem_sincos(_argument(MOON_DISTANCE[k], a), &s, &c)
        r += MOON_DISTANCE[k][4] * c
    r *= 1000.0
    # mean longitude, from the fixed equinox of J2000
    elem_sincos(_degrees(218.31617 + 481267.88088 * t_cy - 1.3972 * t_cy) + lon * ARCSEC_RAD, &sl, &cl)
    elem_sincos(lat * ARCSEC_RAD, &sb, &cb)
    elem_sincos(23.43929111 * DEG_RAD, &se, &ce)
    x, y = r * cb * sl, r * sb
    r_eci_m[0] = r * cb * cl
    r_eci_m[1] = x * ce - y * se
    r_eci_m[2] = x * se + y * ce


cdef void _tabulated(double* r_eci_m, const other_t* other, double t_s) noexcept nogil:
    """Cubic through the four rows about t_s (Lagrange; the ends' own cubic goes on beyond the table)."""
    cdef double u = (t_s - other.table_0_s) / other.table_step_s
    cdef int k = <int>elem_floor(u) - 1, j
    cdef const double* row
    cdef double[4] w
    k = 0 if k < 0 else (other.rows - 4 if k > other.rows - 4 else k)
    u -= <double>k
    w[0] = -(u - 1.0) * (u - 2.0) * (u - 3.0) / 6.0
    w[1] = u * (u - 2.0) * (u - 3.0) / 2.0
    w[2] = -u * (u - 1.0) * (u - 3.0) / 2.0
    w[3] = u * (u - 1.0) * (u - 2.0) / 6.0
    row = &other.table_m[3 * k]
    for j in range(3):
        r_eci_m[j] = w[0] * row[j] + w[1] * row[3 + j] + w[2] * row[6 + j] + w[3] * row[9 + j]


cdef void _locate(other_t* other, double t_cy, double t_s) noexcept nogil:
    if other.source == SOURCE_SUN:
        _sun(other.r_eci_m, t_cy)
    elif other.source == SOURCE_MOON:
        _moon(other.r_eci_m, t_cy)
    else:
        _tabulated(other.r_eci_m, other, t_s)


cdef void environment_update(environment_t* env, uint64_t t_us) noexcept nogil:
    cdef double norm, along, x, y, t_cy
    cdef double east[3]
    cdef int i
    if t_us < env.sun_due_us:
        return
    env.sun_due_us = t_us + SUN_UPDATE_US
    t_cy = env.epoch_tt_cy + <double>t_us * (1e-6 / (86400.0 * 36525.0))
    _locate(&env.sun, t_cy, <double>t_us * 1e-6)
    vec3_copy(env.sun_eci_m, env.sun.r_eci_m)
    for i in range(env.n_others):
        _locate(&env.others[i], t_cy, <double>t_us * 1e-6)
    norm = vec3_norm(env.sun_eci_m)
    for i in range(3):
        env.sun_direction_eci[i] = env.sun_eci_m[i] / norm
    # the bulge trails the Sun: turn the Sun direction eastward about the pole of date
    along = vec3_dot(env.gravity.pole_eci, env.sun_direction_eci)
    vec3_cross(east, env.gravity.pole_eci, env.sun_direction_eci)
    for i in range(3):
        x = env.sun_direction_eci[i] - along * env.gravity.pole_eci[i]
        y = east[i]
        env.bulge_direction_eci[i] = (along * env.gravity.pole_eci[i]
                                      + env.bulge_lag_cos * x + env.bulge_lag_sin * y)


cdef double environment_height_m(const environment_t* env, const double* r_eci_m) noexcept nogil:
    cdef double r = vec3_norm(r_eci_m), sin_lat = vec3_dot(r_eci_m, env.gravity.pole_eci) / r
    return r - env.gravity.re_m * (1.0 - env.flattening * sin_lat * sin_lat)


cdef double environment_density_kgpm3(const environment_t* env, const double* r_eci_m) noexcept nogil:
    cdef double r, u, frac, half, bulge
    cdef int i
    if env.n_heights == 0:
        return 0.0
    r = vec3_norm(r_eci_m)
    u = (environment_height_m(env, r_eci_m) - env.height_0_m) / env.height_step_m
    i = 0
    if u > 0.0:
        i = <int>u if u < <double>(env.n_heights - 2) else env.n_heights - 2
    frac = u - <double>i
    half = 0.5 * (1.0 + vec3_dot(r_eci_m, env.bulge_direction_eci) / r)
    bulge = env.bulge_amplitude[i] + frac * (env.bulge_amplitude[i + 1] - env.bulge_amplitude[i])
    return (env.density_factor * (1.0 + bulge * half * half)
            * elem_exp(env.ln_density_night_kgpm3[i]
                       + frac * (env.ln_density_night_kgpm3[i + 1] - env.ln_density_night_kgpm3[i])))


cdef void environment_drag(double* a_eci_mps2, const environment_t* env, double density_kgpm3,
                           double cd_area_over_mass_m2pkg, const double* r_eci_m, const double* v_eci_mps) noexcept nogil:
    cdef double v[3]
    cdef double wind[3]
    cdef double k
    cdef int i
    vec3_cross(wind, env.gravity.pole_eci, r_eci_m)
    for i in range(3):
        v[i] = v_eci_mps[i] - env.rate_radps * wind[i]
    k = -0.5 * density_kgpm3 * cd_area_over_mass_m2pkg * vec3_norm(v)
    for i in range(3):
        a_eci_mps2[i] = k * v[i]


cdef void environment_field(double* a_eci_mps2, const environment_t* env, double t_s, const double* r_eci_m) noexcept nogil:
    """Cunningham's recursion (Montenbruck & Gill 2000, section 3.2.4)."""
    cdef double v[ROW * ROW]
    cdef double w[ROW * ROW]
    cdef double r_cirs[3]
    cdef double a[3]
    cdef double se, ce, x, y, z, r2, rho, c, s, k, turns, angle, f1, f2
    cdef int n, m, i, up, top = env.field_degree + 1
    vec3_set(a_eci_mps2, 0.0, 0.0, 0.0)
    if env.field_degree == 0:
        return
    angle = env.rotation_0_rad + env.rate_radps * t_s
    turns = elem_floor(angle / TWO_PI)
    elem_sincos(angle - turns * TWO_PI, &se, &ce)
    mat3_mul_vec(r_cirs, env.cirs_from_eci, r_eci_m)
    r2 = vec3_dot(r_cirs, r_cirs)
    k = env.gravity.re_m / r2
    x = k * (ce * r_cirs[0] + se * r_cirs[1])
    y = k * (ce * r_cirs[1] - se * r_cirs[0])
    z = k * r_cirs[2]
    rho = k * env.gravity.re_m
    v[0] = env.gravity.re_m / elem_sqrt(r2)
    w[0] = 0.0
    for n in range(1, top + 1):
        for m in range(n):
            i = n * ROW + m
            f1 = ALONG_Z[i] * z
            v[i] = f1 * v[i - ROW]
            w[i] = f1 * w[i - ROW]
            if n > m + 1:
                f2 = ALONG_RHO[i] * rho
                v[i] -= f2 * v[i - 2 * ROW]
                w[i] -= f2 * w[i - 2 * ROW]
        i = n * ROW + n
        v[i] = (2.0 * n - 1.0) * (x * v[i - ROW - 1] - y * w[i - ROW - 1])
        w[i] = (2.0 * n - 1.0) * (x * w[i - ROW - 1] + y * v[i - ROW - 1])
    vec3_set(a, 0.0, 0.0, 0.0)
    for n in range(2, env.field_degree + 1):
        up = (n + 1) * ROW
        c = env.field_c[n * (n + 1) // 2]
        a[0] -= c * v[up + 1]
        a[1] -= c * w[up + 1]
        a[2] -= (n + 1.0) * c * v[up]
        for m in range(1, n + 1):
            c = env.field_c[n * (n + 1) // 2 + m]
            s = env.field_s[n * (n + 1) // 2 + m]
            i = up + m
            k = (n - m + 1.0) * (n - m + 2.0)
            a[0] += 0.5 * (k * (c * v[i - 1] + s * w[i - 1]) - c * v[i + 1] - s * w[i + 1])
            a[1] += 0.5 * (k * (s * v[i - 1] - c * w[i - 1]) - c * w[i + 1] + s * v[i + 1])
            a[2] -= (n - m + 1.0) * (c * v[i] + s * w[i])
    k = env.gravity.mu_m3ps2 / (env.gravity.re_m * env.gravity.re_m)
    vec3_set(r_cirs, k * (ce * a[0] - se * a[1]), k * (se * a[0] + ce * a[1]), k * a[2])
    mat3_tmul_vec(a_eci_mps2, env.cirs_from_eci, r_cirs)


cdef void environment_others(double* a_eci_mps2, const environment_t* env, const double* r_eci_m) noexcept nogil:
    """Direct less indirect part (Montenbruck & Gill 2000, eq. 3.37)."""
    cdef double d[3]
    cdef double direct, indirect
    cdef int k, i
    vec3_set(a_eci_mps2, 0.0, 0.0, 0.0)
    for k in range(env.n_others):
        for i in range(3):
            d[i] = env.others[k].r_eci_m[i] - r_eci_m[i]
        direct, indirect = vec3_norm(d), vec3_norm(env.others[k].r_eci_m)
        direct = env.others[k].mu_m3ps2 / (direct * direct * direct)
        indirect = env.others[k].mu_m3ps2 / (indirect * indirect * indirect)
        for i in range(3):
            a_eci_mps2[i] += direct * d[i] - indirect * env.others[k].r_eci_m[i]


cdef void environment_radiation(double* a_eci_mps2, const environment_t* env, double area_over_mass_m2pkg,
                                const double* r_eci_m) noexcept nogil:
    """A sphere in the light of the Sun's visible part (Montenbruck & Gill 2000, eq. 3.75)."""
    cdef double away[3]
    cdef double d, k
    cdef int i
    for i in range(3):
        away[i] = r_eci_m[i] - env.sun_eci_m[i]
    d = vec3_norm(away)
    k = environment_sunlit(env, r_eci_m) * PRESSURE_AU_PA * area_over_mass_m2pkg * (AU_M / d) * (AU_M / d) / d
    for i in range(3):
        a_eci_mps2[i] = k * away[i]


cdef void environment_slow(double* a_eci_mps2, double* felt_eci_mps2, const environment_t* env, uint64_t t_us,
                           double step_s, double cd_area_over_mass_m2pkg, double radiation_area_over_mass_m2pkg,
                           const double* r_eci_m, const double* v_eci_mps) noexcept nogil:
    cdef double r[3]
    cdef double v[3]
    cdef double more[3]
    cdef double tau = 0.5 * step_s
    cdef double norm = vec3_norm(r_eci_m), g
    cdef int i
    g = -env.gravity.mu_m3ps2 / (norm * norm * norm)
    for i in range(3):
        r[i] = r_eci_m[i] + tau * (v_eci_mps[i] + 0.5 * tau * g * r_eci_m[i])
        v[i] = v_eci_mps[i] + tau * g * r_eci_m[i]
    environment_drag(felt_eci_mps2, env, environment_density_kgpm3(env, r), cd_area_over_mass_m2pkg, r, v)
    if env.radiation_pressure:
        environment_radiation(more, env, radiation_area_over_mass_m2pkg, r)
        vec3_add(felt_eci_mps2, felt_eci_mps2, more)
    environment_field(a_eci_mps2, env, <double>t_us * 1e-6 + tau, r)
    if env.n_others > 0:
        environment_others(more, env, r)
        vec3_add(a_eci_mps2, a_eci_mps2, more)
    vec3_add(a_eci_mps2, a_eci_mps2, felt_eci_mps2)


cdef double environment_sunlit(const environment_t* env, const double* r_eci_m) noexcept nogil:
    """Visible fraction of the solar disc, two overlapping discs (Montenbruck & Gill 2000, section 3.4.2)."""
    cdef double to_sun[3]
    cdef double d_sun, d_earth, a, b, c, x, y, cos_c, area
    cdef int i
    for i in range(3):
        to_sun[i] = env.sun_eci_m[i] - r_eci_m[i]
    d_earth = vec3_norm(r_eci_m)
    if vec3_dot(r_eci_m, to_sun) >= 0.0 and env.gravity.re_m < 0.99 * d_earth:
        return 1.0      # more than 90 deg from the body's centre, whose radius is under 82 deg: not near its limb
    d_sun = vec3_norm(to_sun)
    a = elem_asin(SUN_RADIUS_M / d_sun)                     # apparent radius of the Sun
    b = elem_asin(env.gravity.re_m / d_earth)               # apparent radius of the central body
    cos_c = -vec3_dot(r_eci_m, to_sun) / (d_earth * d_sun)
    cos_c = -1.0 if cos_c < -1.0 else (1.0 if cos_c > 1.0 else cos_c)
    c = elem_acos(cos_c)                                    # between the centres
    if c >= a + b:
        return 1.0
    if c <= b - a:
        return 0.0
    x = (c * c + a * a - b * b) / (2.0 * c)
    y = a * a - x * x
    y = elem_sqrt(y) if y > 0.0 else 0.0
    area = a * a * elem_acos(x / a) + b * b * elem_acos((c - x) / b) - c * y
    return 1.0 - area / (0.5 * TWO_PI * a * a)


def pole_of_date(double t_cy):
    """Unit vector of the celestial intermediate pole in GCRF.

    t_cy: Julian centuries TT from J2000. Returns a tuple of three floats. IAU 2006 precession
    polynomials and the four largest IAU 2000A nutation terms of X and Y (IERS Conventions 2010,
    eqs. 5.16 and tables 5.2a, 5.2b; arguments eq. 5.43): within 0.15 arcsec of the full series.
    """
    cdef double om, f, d, s, c, x, y, t = t_cy
    om = (450160.398036 - 6962890.5431 * t)
    f = (335779.526232 + 1739527262.8478 * t)
    d = (1072260.70369 + 1602961601.2090 * t)
    x = -0.016617 + 2004.191898 * t - 0.4297829 * t * t - 0.19861834 * t * t * t
    y = -0.006951 - 0.025896 * t - 22.4072747 * t * t + 0.00190059 * t * t * t
    for arg, a_x, a_y in (
        (om, -6.844318, 9.205236),
        (2.0 * (f - d + om), -0.523908, 0.573033),
        (2.0 * (f + om), -0.090552, 0.097847),
        (2.0 * om, 0.082169, -0.089618),
    ):
        elem_sincos((arg - 1296000.0 * elem_floor(arg / 1296000.0)) * ARCSEC_RAD, &s, &c)
        x += a_x * s
        y += a_y * c
    x *= ARCSEC_RAD
    y *= ARCSEC_RAD
    return (x, y, elem_sqrt(1.0 - x * x - y * y))


def sun_position_m(double t_cy):
    """Sun position in ECI, a tuple of three floats in metres; t_cy as for `pole_of_date`."""
    cdef double r[3]
    _sun(r, t_cy)
    return (r[0], r[1], r[2])


def moon_position_m(t_cy):
    """Moon position in ECI, a tuple of three floats in metres; t_cy as for `pole_of_date`."""
    cdef double r[3]
    _moon(r, t_cy)
    return (r[0], r[1], r[2])
