"""Draws: seeded, independent by name, of the declared size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tomli_w

from hil.dispersion import chaser_config, sample
from hil.plant.config import inertia_problem
from hil.prepare import prepare
from hil.scenario import DEG, Scenario
from hil.scenario.rows import list_rows


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("iss-vbar")


def test_same_seed_same_draw_and_another_case_another(scenario: Scenario) -> None:
    assert sample(scenario, 3) == sample(scenario, 3)
    assert sample(scenario, 3) != sample(scenario, 4)
    assert sample(scenario, 3, case=1) != sample(scenario, 3)


def test_one_dispersion_changes_no_other_draw(scenario: Scenario) -> None:
    other = Scenario.load("iss-vbar", ["dispersions.mass_ratio=0.1"])
    a, b = sample(scenario, 3), sample(other, 3)
    changed = [name for name, value in a.as_dict().items() if b.as_dict()[name] != value]
    assert changed == ["mass_ratio"]
    assert b.mass_ratio == pytest.approx(5.0 * a.mass_ratio, rel=1e-9, abs=0.0)


def test_without_dispersions_the_truth_is_nominal() -> None:
    base = Scenario.load("iss-vbar")
    zero = [f"dispersions.{key}={1.0 if key == 'density_factor' else 0.0}" for key in base.document["dispersions"]]
    d = sample(Scenario.load("iss-vbar", zero), 3)
    for name, value in d.as_dict().items():
        if name not in d.instruments and name != "target_phase_rad":
            expected = 1.0 if name == "density_factor" else 0.0
            assert np.all(np.asarray(value) == expected), name


def test_draws_have_the_declared_three_sigma(scenario: Scenario) -> None:
    drawn = [sample(scenario, seed) for seed in range(400)]
    for name, three_sigma in (
        ("initial_position_hill_m", 30.0),
        ("mass_ratio", 0.02),
        ("thruster_direction_rad", 0.5 * DEG),
        ("target_attitude_tbody_rad", 1.0 * DEG),
        ("camera_boresight_rad", 0.1 * DEG),
    ):
        values = np.array([d.as_dict()[name] for d in drawn]).ravel()
        sigma, count = three_sigma / 3.0, values.size
        # 5 sigma of the sampling error of a mean and of a standard deviation
        assert abs(values.mean()) < 5.0 * sigma / np.sqrt(count), name
        assert values.std() == pytest.approx(sigma, rel=5.0 / np.sqrt(2.0 * count), abs=0.0), name
    logs = np.log([d.density_factor for d in drawn])
    assert logs.std() == pytest.approx(np.log(2.0) / 3.0, rel=5.0 / np.sqrt(800.0), abs=0.0)


def test_a_drawn_inertia_is_that_of_a_body() -> None:
    scenario = Scenario.load("iss-contact", ["dispersions.inertia_ratio=0.5"])
    for seed in range(40):
        d = sample(scenario, seed)
        assert any(d.inertia_ratio)
        dry = chaser_config(scenario, d.mass_ratio, d.com_body_m, d.inertia_ratio).dry_inertia_body_kgm2
        assert inertia_problem(dry) is None


def test_each_instrument_of_a_kind_has_errors_of_its_own(tmp_path: Path) -> None:
    """They are drawn from streams named after it, so that the others' errors stay what they were."""
    base = Scenario.load("iss-contact")
    camera = dict(next(row for row in list_rows(base.document)["instrument"] if row["name"] == "camera"))
    camera |= {"name": "second", "boresight_deg": 1.0}
    header = {"name": "mine", "extends": "iss-contact"}
    (tmp_path / "mine.toml").write_text(tomli_w.dumps({"schema": 2, "scenario": header, "instrument": [camera]}))
    both = Scenario.load(tmp_path / "mine.toml")
    a, b = sample(base, 3), sample(both, 3)
    assert [name for name in b.as_dict() if name not in a.as_dict()] == ["second.camera_boresight_rad"]
    assert {name: value for name, value in b.as_dict().items() if name in a.as_dict()} == a.as_dict()
    found = np.array([sample(both, seed).instruments["second.camera_boresight_rad"] for seed in range(100)])
    assert found.std() == pytest.approx(DEG / 3.0, rel=0.2, abs=0.0)
    run = prepare(both, 1)
    assert [each.name for each in run.instruments.fitted].count("second") == 1
