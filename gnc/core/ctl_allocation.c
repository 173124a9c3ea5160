typedef int ctl_allocation_is_a_stub;
