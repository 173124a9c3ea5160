"""Sweeps: the grid, the same draws at each point, what is said of a point, and what is left."""

from __future__ import annotations

import csv
import json
import shlex
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from hil import fly
from hil.campaign import campaign
from hil.campaign.sweep import Parameter, Point, Sweep, SweepError, _cell, sweep
from hil.report.sweep import render_sweep
from hil.report.terminal import show_sweep
from hil.requirements import Catalogue
from hil.scenario import ScenarioError
from tests.command_line import call
from tests.hil.own_software import dying, passive
from tests.hil.test_pages_in_a_browser import assert_drawn

NOISE = "instrument.camera.sigma_los_deg=0.1:0.5:3"
MASS = "vehicle.cargo.mass_kg=18000,20000"


@pytest.fixture(scope="module")
def flown() -> Sweep:
    return sweep("iss-contact", [Parameter.parse(NOISE), Parameter.parse(MASS)], runs=3, seed=2, jobs=2)


def test_values_of_a_parameter() -> None:
    assert Parameter.parse("a.b=0.1:0.4:4") == Parameter("a.b", (0.1, 0.2, 0.3, 0.4))
    assert Parameter.parse("a=1:9:5").values == (1, 3, 5, 7, 9)
    assert Parameter.parse("a=1:2:3").values == (1, 1.5, 2)
    assert Parameter.parse("a=5.0:-5.0:3").values == (5.0, 0.0, -5.0)
    assert Parameter.parse("a=0.2,0.1, 3").values == (0.2, 0.1, 3)
    assert Parameter.parse("a=[1.0, 2.0],[3.0, 4.0]").values == ("[1.0, 2.0]", "[3.0, 4.0]")
    assert Parameter.parse("a=2025-02-26T13:00:00,2025-02-26T13:10:00").values[1] == "2025-02-26T13:10:00"
    assert Parameter.parse("a=1,2").numeric and not Parameter.parse("a=none,1").numeric


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "expected key=first:last:count"), ("=1:2:3", "expected key=first:last:count"),
        ("a=", "expected key=first:last:count"), ("a=1", "two values or more"), ("a=1:2", "two values or more"),
        ("a=1,,2", "two values or more"), ("a=1,1", "a value is given twice"), ("a=1:2:1", "count = 1: expected"),
        ("a=1:2:2.5", "count = 2.5: expected"), ("a=1:1:2", "two different numbers"),
        ("a=nan:1:2", "two different numbers"), ("a+=1,2", "expected key=first:last:count"),
    ],
)  # fmt: skip
def test_what_is_no_parameter(text: str, expected: str) -> None:
    with pytest.raises(SweepError, match=expected) as error:
        Parameter.parse(text)
    assert str(error.value).startswith(f"--param {text}: ")


def test_each_point_is_the_campaign_of_its_values(flown: Sweep) -> None:
    assert [point.values for point in flown.points] == [
        (0.1, 18000), (0.1, 20000), (0.3, 18000), (0.3, 20000), (0.5, 18000), (0.5, 20000)
    ]  # fmt: skip
    settings = ["instrument.camera.sigma_los_deg=0.3", "vehicle.cargo.mass_kg=20000"]
    assert list(flown.points[3].rows) == campaign("iss-contact", 3, 2, overrides=settings, jobs=1).rows
    again = sweep("iss-contact", flown.parameters, runs=3, seed=2, jobs=1)
    assert again.digest == flown.digest


def test_keys_tied_together_take_the_same_value() -> None:
    tied = ("instrument.camera.sigma_los_deg", "instrument.camera.flight.sigma_los_deg")
    (point, _) = sweep("iss-contact", [Parameter.parse(f"{'+'.join(tied)}=0.3,0.5")], seed=2, jobs=1).points
    assert list(point.rows) == campaign("iss-contact", 1, 2, overrides=[f"{key}=0.3" for key in tied], jobs=1).rows
    assert all(f"{key}=0.3" in point.replay(0) for key in tied)
    with pytest.raises(SweepError, match="each key only once"):
        sweep("iss-contact", [Parameter.parse("a+b=1,2"), Parameter.parse("b=1,2")], seed=2, jobs=1)


def test_each_point_has_the_same_draws(flown: Sweep) -> None:
    drawn = [
        {name: value for name, value in point.rows[1].items() if name.startswith("dispersed.")}
        for point in flown.points
    ]
    assert len(drawn[0]) > 50
    assert all(one == drawn[0] for one in drawn)


def test_the_weakest_requirement_and_its_replay(flown: Sweep) -> None:
    point = flown.points[2]
    name, ratio, case = point.weakest()
    command = shlex.split(point.replay(case))
    assert command[:3] == ["proxops", "run", "iss-contact"]
    settings = [command[at + 1] for at, word in enumerate(command) if word == "--set"]
    log = fly("iss-contact", int(command[-3]), case=int(command[-1]), overrides=settings)
    requirement = next(r for r in log.requirements if r.name == name)
    assert requirement.margin is not None and ratio == requirement.margin / abs(requirement.limit)
    assert all(ratio <= other for row in point.rows for other in point.margins(row).values())
    worst = flown.worst_first()[0]
    assert worst.failures == 3 and worst.weakest() == ("captured", -inf, 0)


def test_ones_own_flight_software_flies_every_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    software, short = "tests.hil.own_software:passive", "scenario.max_duration_s=20.0"
    arguments = ("--param", MASS, "--set", short, "--runs", "2", "--jobs", "1", "--flight", software, "--json")
    status, text, err = call(capsys, "sweep", "iss-contact", *arguments)
    found = json.loads(text)
    assert (status, err) == (0, "") and [point["failures"] for point in found["points"]] == [2, 2]
    replay = found["points"][1]["weakest"]["replay"]
    assert replay == (
        f"proxops run iss-contact --set {short} --set vehicle.cargo.mass_kg=20000 --seed 1 --flight {software} --case 0"
    )
    status, text, _ = call(capsys, *shlex.split(replay)[1:], "--json")
    assert status == 1 and json.loads(text)["delta_v_mps"]["total"] == 0.0
    own = sweep("iss-contact", [Parameter.parse(MASS)], 2, overrides=[short], flight=passive, jobs=1)
    assert own.digest == found["digest"]
    assert all(row["delta_v_mps.total"] == 0.0 for point in own.points for row in point.rows)


def test_a_case_that_kills_its_worker_is_a_row_of_the_sweep() -> None:
    axis = Parameter.parse("scenario.max_duration_s=10,20")
    found = sweep("iss-contact", [axis], 1, flight=dying, jobs=1)
    errors = [row["error"] for point in found.points for row in point.rows]
    assert errors == ["its worker process died in all 2 attempts: exit status 9"] * 2
    assert [point.weakest() for point in found.points] == [("flown", -inf, 0)] * 2


def test_margins_of_a_run_that_broke() -> None:
    row = {"case": 1, "verdict": "ERROR", "error": "x"}
    assert Point((), (row,), "", Catalogue(())).margins(row) == {"flown": -inf}


def test_what_is_left(flown: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sweep"
    arguments = ("sweep", "iss-contact", "--param", NOISE, "--param", MASS, "--runs", "3", "--seed", "2")
    status, text, err = call(capsys, *arguments, "--out", str(out), "--json")
    assert (status, err) == (0, "") and json.loads(text) == json.loads(json.dumps(flown.summary()))
    assert sorted(path.name for path in out.iterdir()) == ["cases.csv", "cases.parquet", "report.html", "sweep.json"]
    assert json.loads((out / "sweep.json").read_text()) == json.loads(text)
    with (out / "cases.csv").open() as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(out / "cases.parquet")
    assert len(rows) == 18 == table.num_rows
    assert [float(row["vehicle.cargo.mass_kg"]) for row in rows] == table["vehicle.cargo.mass_kg"].to_pylist()
    figure = "requirement.delta_v.figure"
    assert [float(row[figure]) for row in rows] == table[figure].to_pylist()
    assert table[figure].to_pylist()[4] == flown.points[1].rows[1][figure]


def test_the_terminal_shows_every_point_and_the_worst_to_fly_again(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(
        capsys, "sweep", "iss-contact", "--param", MASS, "--set", "instrument.camera.sigma_los_deg=0.5"
    )
    assert (status, err) == (0, "")
    assert out.count("1/1") == 2 and "captured" in out
    again = "--set instrument.camera.sigma_los_deg=0.5 --set vehicle.cargo.mass_kg=18000 --seed 1"
    assert f"worst: proxops run iss-contact {again} --case 0\n" in out


MISTAKES = {
    "key": (
        ["--param", "vehicle.cargo.mas_kg=1:2:3"],
        "vehicle.cargo.mas_kg = 1: unknown key in [vehicle.cargo]; did you mean mass_kg?",
    ),
    "value": (["--param", "vehicle.cargo.mass_kg=19000:-1:3"], "vehicle.cargo.mass_kg = -1: expected a number from"),
    "range": (["--param", "vehicle.cargo.mass_kg=1:2:x"], "expected two values or more"),
    "whole number": (["--param", "plant.field_degree=0:1:3"], "plant.field_degree = 0.5: expected"),
    "twice": (["--param", MASS, "--param", MASS], "each key only once"),
    "software": (["--param", MASS, "--flight", "nowhere:Mine"], "--flight nowhere:Mine: expected MODULE:FACTORY"),
    "runs": (["--param", MASS, "--runs", "0"], "0 cases at each point: expected 1 or more"),
    "no jobs": (["--param", MASS, "--jobs", "0"], "jobs = 0: expected 1 or more"),
    "too many": (["--param", MASS, "--runs", "600000"], "1,000,000 at most in all"),
    "none": ([], "Missing option '--param'"),
    "place": (["--param", MASS, "--out", "/proc/nowhere/out"], "cannot be written"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, expected = MISTAKES[mistake]
    status, out, err = call(capsys, "sweep", "iss-contact", *arguments)
    assert (status, out) == (2, "") and err.count("\n") == 1 and expected in err


def test_a_draw_that_cannot_fly_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.scenario.consistency.check_draws", lambda reader, scenario: None)
    with pytest.raises(ScenarioError, match=r"^case 6: "):
        sweep(
            "iss-contact",
            [Parameter("vehicle.cargo.tank.main.propellant_kg", (800.0, 8000.0))],
            8,
            overrides=["dispersions.mass_ratio=0.5"],
        )


def test_report_of_two_parameters_in_a_browser(flown: Sweep, tmp_path: Path) -> None:
    page = render_sweep(flown)
    assert "proxops run iss-contact --set instrument.camera.sigma_los_deg=0.5" in page and "none" in page
    assert_drawn(page, tmp_path, 2)


@pytest.mark.parametrize("values", [(0.1, 0.5), ("0.1", "0.2")])
def test_report_of_one_parameter(flown: Sweep, values: tuple[float | str, ...]) -> None:
    parameter = Parameter("instrument.camera.sigma_los_deg", values)
    points = tuple(
        replace(point, values=(value,))
        for value, point in zip(values, (flown.points[0], flown.points[-1]), strict=True)
    )
    page = render_sweep(Sweep(flown.scenario, (parameter,), 2, 3, points))
    assert page.count("<svg") == 2 and "Course" in page


def test_map_of_three_parameters_shows_the_worst_over_the_third(flown: Sweep) -> None:
    from hil.report import sweep as report

    third = Parameter("instrument.camera.latency_s", (0.1, 0.2))
    points = tuple(
        replace(point, values=(*point.values, value), rows=point.rows if value == 0.2 else flown.points[0].rows)
        for point in flown.points
        for value in third.values
    )
    cube = Sweep(flown.scenario, (*flown.parameters, third), 2, 3, points)
    failed, least = (report._worst(cube, panel) for panel in report._overview(cube))
    assert failed.tolist() == [[point.failures / 3 for point in flown.points[i : i + 2]] for i in (0, 2, 4)]
    expected = [[min(p.weakest()[1], flown.points[0].weakest()[1]) for p in flown.points[i : i + 2]] for i in (0, 2, 4)]
    assert np.array_equal(least, expected)
    assert "over all values of instrument.camera.latency_s" in render_sweep(cube)


def test_models_flown_beyond_their_range_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    far = ["vehicle.cargo.orbit.distance_m=60000.0", "plant.beyond_validity=['rgnss']", "scenario.max_duration_s=1.0"]
    flown = sweep("iss-contact", [Parameter.parse(MASS)], 1, overrides=far, jobs=1)
    assert flown.summary()["beyond_validity"] == ["rgnss"]
    show_sweep(flown)
    assert "beyond the range of a model: rgnss" in capsys.readouterr().out
    assert "Beyond the range of a model: rgnss." in render_sweep(flown)


def test_texts_in_a_csv_file_are_no_formulas() -> None:
    assert [_cell(value) for value in ("=1+1", "@x", "-cmd", "+x", "a=b", -1.5, None, True)] == [
        "'=1+1", "'@x", "'-cmd", "'+x", "a=b", -1.5, None, True,
    ]  # fmt: skip
