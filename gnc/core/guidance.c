typedef int guidance_is_a_stub;
