"""From the plant's configuration to its structs; every figure is checked here."""

from hil.effectors.thrusters cimport thruster_t
from hil.plant.contact cimport port_t
from hil.plant.dynamics cimport body_t
from hil.plant.environment cimport environment_t

cdef tuple as_tuple(const double* a, int n)
# Each raises ValueError with the name of what is wrong, its value and what was expected
cdef int load_vec(double* out, values, int n, str name) except -1
cdef int load_quat(double* out, values, str name) except -1
cdef int load_positive(double value, str name) except -1
cdef int load_at_least_zero(double value, str name) except -1
# Gives the arrays that hold tables of positions, which env points into
cdef list load_environment(environment_t* env, config)
cdef int load_body(body_t* body, config, str name) except -1
cdef int load_thruster(thruster_t* th, config, str name) except -1
cdef int load_port(port_t* port, config, str name) except -1
