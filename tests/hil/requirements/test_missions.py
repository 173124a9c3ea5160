"""Missions by their requirements: read from a file, refused by name, and passed without docking."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil import fly
from hil.report import render
from hil.requirements import Catalogue
from hil.scenario import Scenario, ScenarioError

WAITING = """
schema = 2
[scenario]
name = "waiting"
extends = "iss-vbar"
title = "Holds far behind"
max_duration_s = 20.0
"""
NO_DOCKING = "".join(
    f'[[requirement]]\nname = "{name}"\nremove = true\n'
    for name in (
        "docking",
        "corridor",
        "closing_rate",
        "keep_out_sphere",
        "passive_safety",
        "avoidance_range",
        "delta_v",
    )
)
HELD = '[[requirement]]\nname = "held"\nkind = "duration"\nmin_s = 20.0\n'


def mission(tmp_path: Path, *rows: str) -> Scenario:
    file = tmp_path / "waiting.toml"
    file.write_text(WAITING + "".join(rows))
    return Scenario.load(file)


def test_a_mission_without_docking_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = fly(mission(tmp_path, NO_DOCKING, HELD))
    assert log.verdict == "PASS" and log.contact is None
    assert [r.name for r in log.requirements] == ["held", "collision"]
    page = render(log)
    assert "duration, minimum" in page and "corridor" not in page.lower() and "station" not in page.lower()


def test_without_a_requirement_of_its_ending_it_fails_and_says_so(tmp_path: Path) -> None:
    log = fly(mission(tmp_path, NO_DOCKING))
    assert log.verdict == "FAIL"
    assert [r.name for r in log.requirements if r.passed is False] == ["ending"]
    assert Catalogue.of(log.scenario).names == ("collision", "ending")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            'name = "z"\nkind = "keep_out"\nradius_m = 5.0\nsemi_axes_m = [1.0, 1.0, 1.0]\n',
            "requirement.z.radius_m = 5",
        ),
        ('name = "z"\nkind = "keep_in"\n', "keep_in"),
        ('name = "delta_v_too"\nkind = "duration"\nmin_s = 5.0\nmax_s = 4.0\n', "requirement.delta_v_too.min_s = 5"),
        (
            'name = "closing_rate_lateral"\nkind = "duration"\nmin_s = 5.0\n',
            "two of them judge a figure named closing_rate_lateral",
        ),
    ],
)
def test_a_requirement_that_makes_no_sense_is_refused(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        mission(tmp_path, f"[[requirement]]\n{row}")
