typedef int mission_is_a_stub;
