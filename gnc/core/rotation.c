typedef int rotation_is_a_stub;
