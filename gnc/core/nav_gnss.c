typedef int nav_gnss_is_a_stub;
