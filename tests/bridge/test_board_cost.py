"""What the core costs on the Cortex-M7 has not crept up: instructions counted, not time measured."""

import pytest

from benchmarks import board_cost
from tests.bridge import here


def test_figures_are_those_committed() -> None:
    here.need(board_cost.BOARD)
    before = board_cost.committed()
    if board_cost.compiler() != before["compiler"]:
        pytest.skip(f"the committed figures are of {before['compiler']}")
    assert board_cost.grown(board_cost.measure(), before) == []


def test_growth_is_named() -> None:
    before: dict[str, int | float | str] = {"board": "b", "a": 1000, "c": 50.0}
    assert board_cost.grown({"board": "b", "a": 1020, "c": 40.0}, before) == []
    assert board_cost.grown({"board": "b", "a": 1021, "c": 51.5}, before) == [
        "a: 1021 is +2.1% of the committed 1000",
        "c: 51.5 is +3.0% of the committed 50",
    ]
