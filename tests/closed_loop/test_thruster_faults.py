"""A thruster that fires unasked, or whose firings have no effect, is found from the motion and shut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil import Log, fly
from tests.closed_loop.flights import fly_with

START_S = 12.0  # of the fault, in the last metres of iss-contact
TWINS = {0: 0b10001, 1: 0b100010}  # thrusters 0 to 3 and 4 to 7 share their places: no motion tells them apart


def with_fault(
    tmp_path: Path, kind: str, thruster: int, more: str = "", seed: int = 3, base: str = "iss-contact"
) -> Log:
    table = f'[[fault]]\neffector = "thrusters"\nkind = "{kind}"\nthruster = {thruster}\nstart_s = {START_S}\n{more}'
    return fly_with(tmp_path, base, table, seed)


def shut(log: Log) -> tuple[int, float]:
    """Thrusters that were shut off at the end, a bit each, and when the first of them was."""
    mask = log.command["shut"]
    first = int(np.argmax(mask != 0)) if mask.any() else -1
    return int(mask[-1]), float(log.telemetry["t_us"][first]) * 1e-6


@pytest.mark.parametrize("thruster", [0, 1, 8, 12, 17, 22, 27])
@pytest.mark.parametrize(("kind", "more", "within_s"), [("stuck_on", "", 1.5), ("leak", "factor = 0.1\n", 6.0)])
def test_a_thruster_that_fires_unasked_is_shut_off_and_the_ship_docks(
    tmp_path: Path, kind: str, more: str, within_s: float, thruster: int
) -> None:
    log = with_fault(tmp_path, kind, thruster, more)
    mask, t_s = shut(log)
    assert mask == TWINS.get(thruster, 1 << thruster)
    assert START_S < t_s < START_S + within_s
    assert log.outcome.outcome in ("PASS", "SAFE"), log.outcome
    assert log.verdict == "PASS" or (kind, thruster) == ("stuck_on", 27)  # it turns the ship most: that one backs off


def test_the_valve_that_is_shut_off_passes_nothing(tmp_path: Path) -> None:
    log = with_fault(tmp_path, "stuck_on", 8)
    shut_at = int(np.argmax(log.command["shut"] != 0))
    used = np.diff(log.truth["propellant_kg"][shut_at + 2 :])
    idle = log.command["thruster_on_us"][shut_at + 2 : -1].sum(axis=1) == 0
    assert idle.sum() > 50
    assert np.abs(used[idle][1:]).min() == 0.0  # nothing flows while nothing is asked for
    assert (log.command["thruster_on_us"][shut_at:, 8] == 0).all()


def test_a_ship_without_isolation_valves_cannot_shut_it_off(tmp_path: Path) -> None:
    """The same fault then goes on: what saves the ship above is the valve."""
    table = (
        '[[effector]]\nname = "thrusters"\nisolation_valves = false\n'
        f'[[fault]]\neffector = "thrusters"\nkind = "stuck_on"\nthruster = 8\nstart_s = {START_S}\n'
    )
    log = fly_with(tmp_path, "iss-contact", table, 3)
    assert log.verdict != "PASS"


@pytest.mark.parametrize(("thruster", "other"), [(8, 10), (13, 15), (16, 18)])
def test_of_thrusters_with_swapped_harnesses_the_ship_docks_or_breaks_off(
    tmp_path: Path, thruster: int, other: int
) -> None:
    log = with_fault(tmp_path, "swapped", thruster, f"with_thruster = {other}\n")
    assert log.outcome.outcome in ("PASS", "SAFE")


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_no_thruster_of_a_sound_ship_is_shut_off(seed: int) -> None:
    for name in ("iss-contact", "iss-final"):
        assert shut(fly(name, seed=seed))[0] == 0
