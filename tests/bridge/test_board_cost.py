"""What the core costs on the Cortex-M7 has not crept up: instructions counted, not time measured."""

from benchmarks import board_cost
from tests.bridge import here


def test_figures_are_those_committed() -> None:
    here.need(board_cost.BOARD)
    assert board_cost.grown(board_cost.measure(), board_cost.committed()) == []


def test_growth_is_named() -> None:
    before: dict[str, int | float | str] = {"compiler": "gcc 12", "a": 1000, "c": 50.0}
    assert board_cost.grown({"compiler": "gcc 12", "a": 1020, "c": 40.0}, before) == []
    assert board_cost.grown({"compiler": "gcc 12", "a": 1021, "c": 51.5, "d": 1}, before) == [
        "d: not among the committed figures",
        "a: 1021 is +2.1% of the committed 1000",
        "c: 51.5 is +3.0% of the committed 50",
        "At most +2%. `python -m benchmarks.board_cost --write` commits to these; say why.",
    ]


def test_another_compiler_is_held_to_a_wider_bound() -> None:
    before: dict[str, int | float | str] = {"compiler": "gcc 12", "a": 1000, "c": 50.0}
    assert board_cost.grown({"compiler": "gcc 13", "a": 1250, "c": 40.0}, before) == []
    assert board_cost.grown({"compiler": "gcc 13", "a": 1251, "c": 40.0}, before) == [
        "a: 1251 is +25.1% of the committed 1000",
        "At most +25%. They are of gcc 12, this is gcc 13. `python -m benchmarks.board_cost --write` commits to these; "
        "say why.",
    ]
