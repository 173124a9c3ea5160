"""benchmarks/timing.py and tables.py: what the printed ratios rest on."""

from __future__ import annotations

import pytest

from benchmarks.tables import page, tables
from benchmarks.timing import Spread, race, ratio


def test_race_runs_every_contestant_once_a_round_in_turning_order() -> None:
    order: list[str] = []
    names = ("a", "b", "c")
    seconds = race({name: lambda name=name: order.append(name) for name in names}, rounds=3)
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert all(len(seconds[name]) == 3 for name in names)


def test_ratio_is_taken_round_by_round() -> None:
    """Slow is ten times fast in each round, though the rounds differ threefold."""
    found = ratio([10.0, 20.0, 30.0], [1.0, 2.0, 3.0], work=2.0)
    assert found == Spread(20.0, 20.0, 20.0)


def test_spread_is_median_and_quartiles() -> None:
    assert Spread.of([5.0, 1.0, 4.0, 2.0, 3.0]) == Spread(3.0, 2.0, 4.0)
    assert Spread(3.0, 2.0, 4.0).text(".1f") == "3.0 (2.0 … 4.0)"


FIGURES = {
    "machine": {"processor": "one"},
    "rounds": 3,
    "loop": [
        {
            "name": "both",
            "basilisk_realtime": {"median": 1000.0, "q1": 900.0, "q3": 1100.0},
            "proxops_realtime": {"median": 50000.0, "q1": 49000.0, "q3": 51000.0},
            "faster": {"median": 50.0, "q1": 45.0, "q3": 55.0},
        }
    ],
}


def test_tables_hold_what_was_measured_and_nothing_else() -> None:
    text = tables(FIGURES)
    assert "| both         | 1,000 (900 … 1,100)   | 50,000 (49,000 … 51,000) | 50.0 (45.0 … 55.0) |" in text
    assert "impulse" not in text


@pytest.mark.parametrize("words", ["- processor: one", "3 rounds", "19000 kg and 454339 kg", "on 24\nthrusters"])
def test_page_states_the_machine_and_the_case(words: str) -> None:
    assert words in page(FIGURES)
