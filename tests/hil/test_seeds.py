"""Lists of seeds."""

import pytest

from hil.seeds import parse_seeds


def test_numbers_and_ranges_each_once() -> None:
    assert parse_seeds(["1,2", "10-12, 2"]) == [1, 2, 10, 11, 12]


@pytest.mark.parametrize("mistake", ["", "x", "3-2", "-1", "1,,2", "0-10000"])
def test_anything_else_is_named(mistake: str) -> None:
    with pytest.raises(ValueError, match="expected whole numbers and ranges"):
        parse_seeds([mistake])
