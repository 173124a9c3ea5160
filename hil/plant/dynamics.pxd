"""A rigid body and how it moves.

Quaternions are scalar first; `q_body_from_eci` maps ECI components to body components. Rates are
of the body with respect to ECI in body axes. Positions on a body are in its structural body frame
(origin fixed to the structure); torques and inertias are about the centre of mass.
"""

from gnc.ccore cimport gravity_t

ctypedef struct body_t:
    # state
    double r_eci_m[3]               # of the centre of mass
    double v_eci_mps[3]
    double q_body_from_eci[4]
    double w_body_radps[3]
    # mass properties, kept up to date as propellant leaves
    double mass_kg
    double com_body_m[3]
    double inertia_body_kgm2[9]     # about the centre of mass
    double inertia_inverse[9]
    double propellant_kg
    double dry_mass_kg
    double dry_com_body_m[3]
    double dry_inertia_body_kgm2[9] # about the dry centre of mass
    double tank_body_m[3]           # propellant is a point mass here
    # aerodynamics (a sphere)
    double cd
    double area_m2
    # in sunlight (a sphere)
    double radiation_coefficient
    double radiation_area_m2

# One step of classical Runge-Kutta 4 of position and velocity, the slow forces held
cdef void dynamics_translate(double* r_eci_m, double* v_eci_mps, const gravity_t* gravity, const double* a_slow_mps2,
                             double h) noexcept nogil
# One step of attitude and body rate, the torque held in body axes; dtheta_body_rad, which may be NULL, gains the
# integral of the body rate
cdef void dynamics_rotate(body_t* body, const double* torque_body_Nm, double h, double* dtheta_body_rad) noexcept nogil
# Mean over h of an acceleration fixed in a body that starts at this attitude and turns at w_a .. w_b
cdef void dynamics_mean_push(double* a_eci_mps2, const double* push_body_mps2, const double* q_body_from_eci,
                             const double* w_a, const double* w_b, double h) noexcept nogil
# In body axes, at the middle of a step of length h
cdef void dynamics_gravity_gradient(double* torque_body_Nm, const body_t* body, double mu, double h) noexcept nogil
# Mass, c.m. and inertia from the dry body and the propellant left; the state is carried to the new c.m.
cdef void dynamics_mass_properties(body_t* body) noexcept nogil
# ECI position of a point of the structure
cdef void dynamics_point_on(double* r_eci_m, const body_t* body, const double* point_body_m) noexcept nogil
# State at fraction s of a step of length h from a to b
cdef void dynamics_between(body_t* out, const body_t* a, const body_t* b, double s, double h) noexcept nogil
