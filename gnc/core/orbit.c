typedef int orbit_is_a_stub;
