typedef int targeting_is_a_stub;
