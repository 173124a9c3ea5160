typedef int flight_is_a_stub;
