typedef int layout_is_a_stub;
