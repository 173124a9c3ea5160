typedef int fdir_is_a_stub;
