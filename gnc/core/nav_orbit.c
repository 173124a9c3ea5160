typedef int nav_orbit_is_a_stub;
