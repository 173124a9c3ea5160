typedef int nav_relative_is_a_stub;
