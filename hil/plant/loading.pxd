"""From the plant's configuration to its structs; every figure is checked here."""

from hil.actuators cimport thruster_t
from hil.plant.attitude cimport target_hold_t
from hil.plant.dynamics cimport craft_t
from hil.plant.environment cimport environment_t

cdef tuple as_tuple(const double* a, int n)
# Each raises ValueError with the name of what is wrong, its value and what was expected
cdef int load_vec(double* out, values, int n, str name) except -1
cdef int load_quat(double* out, values, str name) except -1
cdef int load_positive(double value, str name) except -1
cdef int load_at_least_zero(double value, str name) except -1
cdef int load_environment(environment_t* env, config) except -1
cdef int load_craft(craft_t* craft, config, str name) except -1
cdef int load_thruster(thruster_t* th, config, int index) except -1
cdef int load_hold(target_hold_t* hold, config) except -1
