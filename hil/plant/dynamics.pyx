"""Motion of one rigid body: classical Runge-Kutta 4 of position and velocity, of attitude and rate; mass properties.

Conventions in dynamics.pxd, models in docs/design/plant.md.
"""

from libc.string cimport memcpy

from gnc.ccore cimport (
    elem_sqrt, gravity_t, mat3_inverse, mat3_mul_vec, orbit_gravity, quat_irotate, quat_normalize, quat_rotate,
    vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_dot, vec3_scale, vec3_sub,
)


cdef void _angular_acceleration(double* out, const body_t* body, const double* w, const double* torque) noexcept nogil:
    """Euler's equation for a rigid body."""
    cdef double h[3]
    cdef double gyro[3]
    mat3_mul_vec(h, body.inertia_body_kgm2, w)
    vec3_cross(gyro, w, h)
    vec3_sub(gyro, torque, gyro)
    mat3_mul_vec(out, body.inertia_inverse, gyro)


cdef inline void dynamics_quat_rate(double* out, const double* q, const double* w) noexcept nogil:
    """Rate of q_body_from_eci for body rate w: -1/2 [0, w] (x) q."""
    out[0] = 0.5 * (w[0] * q[1] + w[1] * q[2] + w[2] * q[3])
    out[1] = -0.5 * (w[0] * q[0] + w[1] * q[3] - w[2] * q[2])
    out[2] = -0.5 * (w[1] * q[0] + w[2] * q[1] - w[0] * q[3])
    out[3] = -0.5 * (w[2] * q[0] + w[0] * q[2] - w[1] * q[1])


cdef inline void dynamics_quat_axpy(double* out, const double* q, double s, const double* d) noexcept nogil:
    out[0] = q[0] + s * d[0]
    out[1] = q[1] + s * d[1]
    out[2] = q[2] + s * d[2]
    out[3] = q[3] + s * d[3]


cdef void dynamics_translate(double* r_eci_m, double* v_eci_mps, const gravity_t* gravity, const double* a_slow_mps2,
                     double h) noexcept nogil:
    """One step of classical Runge-Kutta 4 of position and velocity, the slow forces held."""
    cdef double k1[3]
    cdef double k2[3]
    cdef double k3[3]
    cdef double k4[3]
    cdef double x[3]
    cdef int i
    orbit_gravity(k1, gravity, r_eci_m)
    for i in range(3):
        k1[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + 0.5 * h * v_eci_mps[i]
    orbit_gravity(k2, gravity, x)
    for i in range(3):
        k2[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + 0.5 * h * (v_eci_mps[i] + 0.5 * h * k1[i])
    orbit_gravity(k3, gravity, x)
    for i in range(3):
        k3[i] += a_slow_mps2[i]
        x[i] = r_eci_m[i] + h * (v_eci_mps[i] + 0.5 * h * k2[i])
    orbit_gravity(k4, gravity, x)
    for i in range(3):
        k4[i] += a_slow_mps2[i]
        r_eci_m[i] += h * (v_eci_mps[i] + h / 6.0 * (k1[i] + k2[i] + k3[i]))
        v_eci_mps[i] += h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i])


cdef void dynamics_rotate(body_t* body, const double* torque_body_Nm, double h, double* dtheta_body_rad) noexcept nogil:
    """One step of classical Runge-Kutta 4 of attitude and body rate, the torque held in body axes.

    dtheta_body_rad gains the integral of the body rate; it may be NULL.
    """
    cdef double w[3]
    cdef double q[4]
    cdef double kw[4][3]
    cdef double kq[4][4]
    cdef double stage_s, wk, f, sixth = h / 6.0
    cdef int i, k
    vec3_copy(w, body.w_body_radps)
    for i in range(4):
        q[i] = body.q_body_from_eci[i]
    for k in range(4):
        _angular_acceleration(kw[k], body, w, torque_body_Nm)
        dynamics_quat_rate(kq[k], q, w)
        if dtheta_body_rad != NULL:
            wk = sixth if k == 0 or k == 3 else 2.0 * sixth
            vec3_axpy(dtheta_body_rad, dtheta_body_rad, wk, w)
        if k < 3:
            stage_s = h if k == 2 else 0.5 * h
            vec3_axpy(w, body.w_body_radps, stage_s, kw[k])
            dynamics_quat_axpy(q, body.q_body_from_eci, stage_s, kq[k])
    for i in range(3):
        body.w_body_radps[i] += sixth * (kw[0][i] + 2.0 * (kw[1][i] + kw[2][i]) + kw[3][i])
    for i in range(4):
        q[i] = body.q_body_from_eci[i] + sixth * (kq[0][i] + 2.0 * (kq[1][i] + kq[2][i]) + kq[3][i])
    # the norm has drifted by O(h^5): one Newton step of 1/sqrt brings it back
    f = 0.5 * (3.0 - (q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]))
    for i in range(4):
        body.q_body_from_eci[i] = f * q[i]


cdef void dynamics_mean_push(double* a_eci_mps2, const double* push_body_mps2, const double* q_body_from_eci,
                     const double* w_a, const double* w_b, double h) noexcept nogil:
    """Mean over h of an acceleration fixed in a body that starts at this attitude and turns at w_a .. w_b.

    Second order in the angle turned: what is left out is below (w h)^3 / 24 of the acceleration.
    """
    cdef double w[3]
    cdef double d[3]
    cdef double u[3]
    cdef int i
    for i in range(3):
        w[i] = (2.0 * w_a[i] + w_b[i]) / 3.0    # twice the mean angle turned, over h
    vec3_cross(d, w, push_body_mps2)
    vec3_axpy(u, push_body_mps2, 0.5 * h, d)
    vec3_cross(d, w, d)
    vec3_axpy(u, u, h * h / 6.0, d)
    quat_irotate(a_eci_mps2, q_body_from_eci, u)


cdef void dynamics_gravity_gradient(double* torque_body_Nm, const body_t* body, double mu, double h) noexcept nogil:
    """3 mu / r^5 (r x J r) in body axes (Wertz 1978, section 17.2.1), at the middle of a step of length h."""
    cdef double q[4]
    cdef double dq[4]
    cdef double r_eci[3]
    cdef double r[3]
    cdef double jr[3]
    cdef double r2, k
    dynamics_quat_rate(dq, body.q_body_from_eci, body.w_body_radps)
    dynamics_quat_axpy(q, body.q_body_from_eci, 0.5 * h, dq)
    vec3_axpy(r_eci, body.r_eci_m, 0.5 * h, body.v_eci_mps)
    quat_rotate(r, q, r_eci)
    r2 = vec3_dot(r, r)
    k = 3.0 * mu / (r2 * r2 * elem_sqrt(r2))
    mat3_mul_vec(jr, body.inertia_body_kgm2, r)
    vec3_cross(torque_body_Nm, r, jr)
    vec3_scale(torque_body_Nm, k, torque_body_Nm)


cdef void dynamics_mass_properties(body_t* body) noexcept nogil:
    """Mass, c.m. and inertia from the dry body and the propellant left (point mass, parallel axes).

    The structure stays where it is and moves as it did: the state is carried to the new c.m.
    """
    cdef double shift[3]
    cdef double dv[3]
    cdef double d[3]
    cdef double mass, m, d2
    cdef int i, j, part
    mass = body.dry_mass_kg + body.propellant_kg
    body.mass_kg = mass
    for i in range(3):
        d[i] = (body.dry_mass_kg * body.dry_com_body_m[i] + body.propellant_kg * body.tank_body_m[i]) / mass
        shift[i] = d[i] - body.com_body_m[i]
        body.com_body_m[i] = d[i]
    for i in range(9):
        body.inertia_body_kgm2[i] = body.dry_inertia_body_kgm2[i]
    for part in range(2):
        m = body.dry_mass_kg if part == 0 else body.propellant_kg
        for i in range(3):
            d[i] = (body.dry_com_body_m[i] if part == 0 else body.tank_body_m[i]) - body.com_body_m[i]
        d2 = vec3_dot(d, d)
        for i in range(3):
            for j in range(3):
                body.inertia_body_kgm2[3 * i + j] += m * ((d2 if i == j else 0.0) - d[i] * d[j])
    mat3_inverse(body.inertia_inverse, body.inertia_body_kgm2)
    vec3_cross(dv, body.w_body_radps, shift)
    quat_irotate(shift, body.q_body_from_eci, shift)
    quat_irotate(dv, body.q_body_from_eci, dv)
    vec3_add(body.r_eci_m, body.r_eci_m, shift)
    vec3_add(body.v_eci_mps, body.v_eci_mps, dv)


cdef void dynamics_point_on(double* r_eci_m, const body_t* body, const double* point_body_m) noexcept nogil:
    """ECI position of a point of the structure."""
    vec3_sub(r_eci_m, point_body_m, body.com_body_m)
    quat_irotate(r_eci_m, body.q_body_from_eci, r_eci_m)
    vec3_add(r_eci_m, r_eci_m, body.r_eci_m)


cdef void dynamics_between(body_t* out, const body_t* a, const body_t* b, double s, double h) noexcept nogil:
    """State at fraction s of a step of length h from a to b: cubic Hermite in r, its slope in v, linear in q and w."""
    cdef double s2 = s * s, s3 = s * s * s
    cdef double h00 = 2.0 * s3 - 3.0 * s2 + 1.0, h10 = s3 - 2.0 * s2 + s, h01 = 3.0 * s2 - 2.0 * s3, h11 = s3 - s2
    cdef double d00 = 6.0 * (s2 - s) / h, d10 = 3.0 * s2 - 4.0 * s + 1.0, d11 = 3.0 * s2 - 2.0 * s
    cdef double sign = 1.0
    cdef int i
    memcpy(out, b, sizeof(body_t))
    for i in range(3):
        out.r_eci_m[i] = h00 * a.r_eci_m[i] + h01 * b.r_eci_m[i] + h * (h10 * a.v_eci_mps[i] + h11 * b.v_eci_mps[i])
        out.v_eci_mps[i] = d00 * (a.r_eci_m[i] - b.r_eci_m[i]) + d10 * a.v_eci_mps[i] + d11 * b.v_eci_mps[i]
        out.w_body_radps[i] = a.w_body_radps[i] + s * (b.w_body_radps[i] - a.w_body_radps[i])
    for i in range(4):
        out.q_body_from_eci[i] = a.q_body_from_eci[i] + s * (b.q_body_from_eci[i] - a.q_body_from_eci[i])
    quat_normalize(out.q_body_from_eci)
