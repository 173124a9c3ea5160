typedef int elementary_is_a_stub;
