"""Lists of seeds."""

import numpy as np
import pytest

from hil.seeds import SEED_MAX, checked, parse_seeds


def test_numbers_and_ranges_each_once() -> None:
    assert parse_seeds(["1,2", "10-12, 2"]) == [1, 2, 10, 11, 12]


@pytest.mark.parametrize("mistake", ["", "x", "3-2", "-1", "1,,2", "0-10000"])
def test_anything_else_is_named(mistake: str) -> None:
    with pytest.raises(ValueError, match="expected whole numbers and ranges"):
        parse_seeds([mistake])


def test_a_seed_is_any_64_bit_number() -> None:
    assert parse_seeds([f"0,{SEED_MAX}"]) == [0, SEED_MAX]
    assert checked("seed", np.uint64(SEED_MAX)) == SEED_MAX
    with pytest.raises(ValueError, match="expected seeds from 0 to"):
        parse_seeds([f"1,{SEED_MAX + 1}"])
    for wrong in (-1, SEED_MAX + 1, 1.0, "1"):
        with pytest.raises(ValueError, match=r"^seed = .*: expected a whole number from 0 to 2\^64 - 1$"):
            checked("seed", wrong)  # type: ignore[arg-type]
