typedef int nav_attitude_is_a_stub;
