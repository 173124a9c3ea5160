typedef int ctl_attitude_is_a_stub;
