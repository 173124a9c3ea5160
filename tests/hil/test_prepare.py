"""What a run starts with: truth where it should be, and nothing drawn in what flight is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnc import flight
from hil.prepare import models_beyond, prepare
from hil.scenario import UPLOADED_PARAMETERS, Scenario, ScenarioError

EXACT = [
    f"dispersions.{key}={1.0 if key == 'density_factor' else 0.0}"
    for key in Scenario.load("iss-vbar").document["dispersions"]
]


@pytest.mark.parametrize("name", ["iss-contact", "iss-final", "iss-vbar"])
def test_without_dispersions_the_chaser_is_at_its_hold_point(name: str) -> None:
    scenario = Scenario.load(name, EXACT)
    port = prepare(scenario, 1).plant.port()
    assert port["axial_m"] == pytest.approx(scenario.initial.distance_m, abs=1e-6)
    assert port["lateral_m"] == pytest.approx(abs(scenario.initial.offset_x_m), abs=1e-6)
    assert port["pitch_yaw_rad"] == pytest.approx(0.0, abs=1e-12)
    assert port["roll_rad"] == pytest.approx(0.0, abs=1e-12)


def test_offset_is_above_the_v_bar_and_the_approach_from_behind() -> None:
    r_hill, v_hill = prepare(Scenario.load("iss-vbar", EXACT), 1).plant.relative()
    assert r_hill[0] == pytest.approx(25.0, abs=1e-6)
    assert r_hill[1] == pytest.approx(-(3500.0 + 34.0 + 5.0), abs=1e-6)
    assert np.abs(v_hill).max() < 1e-9


def test_flight_is_told_nominal_vehicles_whatever_is_drawn() -> None:
    scenario = Scenario.load("iss-vbar")
    one, two = prepare(scenario, 1).params, prepare(scenario, 2).params
    for field in flight.fields("params"):
        same = np.array_equal(one[field.name], two[field.name])
        drawn = field.name in UPLOADED_PARAMETERS and "sigma" not in field.name
        assert same is not drawn, field.name
    assert one["mass_kg"] == scenario.chaser.mass_kg


def test_truth_differs_from_nominal_by_what_was_drawn() -> None:
    scenario = Scenario.load("iss-vbar")
    run = prepare(scenario, 5)
    chaser = run.plant.state("chaser")
    assert chaser["mass_kg"] == pytest.approx(19000.0 * (1.0 + run.dispersed.mass_ratio), rel=1e-9, abs=0.0)
    np.testing.assert_allclose(chaser["com_body_m"], run.dispersed.com_body_m, rtol=1e-12)
    assert run.plant.thruster(3)["thrust_n"] == pytest.approx(
        216.0 * (1.0 + run.dispersed.thruster_force_ratio[3]), rel=1e-9, abs=0.0
    )
    cosine = np.dot(run.plant.thruster(3)["direction_body"], scenario.chaser.thrusters.direction[3])
    tilt = np.linalg.norm(np.cross(run.dispersed.thruster_direction_rad[3], scenario.chaser.thrusters.direction[3]))
    assert np.arccos(cosine) == pytest.approx(tilt, rel=1e-3, abs=0.0)


def test_uploaded_states_are_truth_plus_the_drawn_error() -> None:
    run = prepare(Scenario.load("iss-vbar"), 5)
    target, (r_hill, v_hill) = run.plant.state("target"), run.plant.relative()
    for told, true, error in (
        (run.params["target_r_eci_m"], target["r_eci_m"], run.dispersed.upload_target_position_eci_m),
        (run.params["init_r_hill_m"], r_hill, run.dispersed.handover_position_hill_m),
        (run.params["init_v_hill_mps"], v_hill, run.dispersed.handover_velocity_hill_mps),
    ):
        np.testing.assert_allclose(told - true, error, rtol=1e-6)
    assert run.params["init_sigma_r_m"] == 10.0


def test_flight_core_takes_the_parameters_of_every_scenario() -> None:
    for name in Scenario.names():
        flight.Flight(prepare(Scenario.load(name), 1).params)


@pytest.mark.parametrize("epoch", ["2025-02-26T11:59:59", "2025-03-26T13:00:00"])
def test_epoch_outside_the_ephemeris_is_refused(epoch: str) -> None:
    with pytest.raises(ScenarioError, match=r"outside the ephemeris: its states cover 2025-02-26T12:00:00 to"):
        prepare(Scenario.load("iss-vbar", [f"scenario.epoch_utc='{epoch}'"]), 1)


def test_ephemeris_that_is_not_there_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.xml: cannot read the ephemeris"):
        prepare(Scenario.load("iss-vbar", ["vehicle.iss.orbit.file='nowhere.xml'"]), 1)


def test_unknown_atmosphere_is_refused() -> None:
    for name in ("thick", "egm2008"):
        with pytest.raises(
            ScenarioError, match=rf'plant\.atmosphere = "{name}": expected "none", "nrlmsis21" or the name of a table'
        ):
            prepare(Scenario.load("iss-vbar", [f"plant.atmosphere='{name}'"]), 1)


# ---- models outside their range -----------------------------------------------------------------


def test_every_shipped_scenario_is_inside_every_model() -> None:
    for name in Scenario.names():
        assert prepare(Scenario.load(name), 1).beyond_validity == ()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["central_body.mu_m3ps2=3.9e14", "plant.atmosphere='none'"],
            r"gravity: mu_m3ps2 3\.9e\+14, the field egm2008 is of",
        ),
        (["central_body.mu_m3ps2=3.6e14"], r"density: height 4\d\d\.\d+ to \d+\.?\d* km, holds from 300 to 500 km"),
        (["scenario.max_duration_s=400000.0"], r"pole: duration 400000 s, holds for 345600 s"),
        (["vehicle.cargo.orbit.distance_m=90000.0"], r"rgnss: distance 90\.0\d km, holds to 50 km"),
    ],
)
def test_model_outside_its_range_is_refused_unless_the_key_allows_it(overrides: list[str], message: str) -> None:
    with pytest.raises(ScenarioError, match=message) as refused:
        prepare(Scenario.load("iss-vbar", overrides), 1)
    line = str(refused.value)
    assert line.startswith("iss-vbar.toml: outside the range of a model: ") and "\n" not in line
    key = line.partition("to fly it all the same: ")[2]
    run = prepare(Scenario.load("iss-vbar", [*overrides, key]), 1)
    assert len(run.beyond_validity) == key.count('"') // 2
    assert all(said in line for said in run.beyond_validity)


def test_an_orbit_that_is_not_closed_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"iss-vbar\.toml: orbit of eccentricity \d.*: expected a closed one"):
        prepare(Scenario.load("iss-vbar", ["central_body.mu_m3ps2=1.9e14"]), 1)


@pytest.mark.parametrize(
    "overrides",
    [["dispersions.target_attitude_deg=10.0"], ["vehicle.iss.attitude.limit_cycle_radps=0.001"]],
)
def test_hold_beyond_its_small_angles_is_refused(overrides: list[str]) -> None:
    with pytest.raises(ScenarioError, match=r"target turns by up to .* deg: expected at most 11\.46 deg"):
        Scenario.load("iss-vbar", overrides)


def test_receivers_that_are_not_carried_limit_no_orbit() -> None:
    """A geostationary orbit is above the GNSS service volume: refused with a receiver, flown without one."""
    geo = [
        "vehicle.iss.orbit={kind='elements', semi_major_axis_m=42164.0e3, eccentricity=0.0, inclination_deg=0.1, "
        "node_deg=10.0, periapsis_deg=0.0, true_anomaly_deg=50.0}",
        "plant.atmosphere='none'", "plant.field_degree=0", "plant.third_bodies=['sun', 'moon']",
    ]  # fmt: skip
    s = Scenario.load("iss-contact", geo)
    with pytest.raises(ScenarioError, match=r"gnss: height 35\d+.* km"):
        prepare(s, 1)
    carried = tuple(row for row in s.instruments if row.kind not in ("gnss", "rgnss"))
    assert models_beyond(replace(s, instruments=carried)) == ("gnss", "rgnss")
    assert models_beyond(s) == ()


def test_flight_is_told_of_the_sun_where_a_phase_points_at_it() -> None:
    """Unit vector, within a degree of the mean Sun of the epoch (Astronomical Almanac, low-precision formulae)."""
    points = ["phase.s3.attitude='sun'", "phase.s3.q_pointing_from_body=[1.0,0.0,0.0,0.0]"]
    scenario = Scenario.load("iss-vbar", points)
    run = prepare(scenario, 1)
    days = scenario.scenario.epoch.utc_since_j2000_us() / 86400e6
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = np.radians(280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    tilt = np.radians(23.439)
    sun = [np.cos(longitude), np.cos(tilt) * np.sin(longitude), np.sin(tilt) * np.sin(longitude)]
    assert run.params["sun_eci"] == pytest.approx(sun, abs=0.017)
    run.flight_core()
    assert not prepare(Scenario.load("iss-vbar"), 1).params["sun_eci"].any()
