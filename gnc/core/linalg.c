typedef int linalg_is_a_stub;
