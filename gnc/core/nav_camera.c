typedef int nav_camera_is_a_stub;
