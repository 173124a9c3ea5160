"""Scenario files: what is accepted, and the one line each mistake gets."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gnc import flight
from hil.scenario import DEG, Scenario, ScenarioError, flight_keys


def test_packaged_scenarios_load() -> None:
    assert set(Scenario.names()) >= {"iss-vbar", "iss-final", "iss-contact"}
    for name in Scenario.names():
        assert Scenario.load(name).name == name


def test_extending_file_overrides_only_what_it_names() -> None:
    base, final = Scenario.load("iss-vbar"), Scenario.load("iss-final")
    assert (base.initial.distance_m, final.initial.distance_m) == (3500.0, 249.0)
    assert base.flight.phase("s3", "duration_s") == 2160.0
    assert final.flight.phase("s3", "duration_s") == 300.0
    assert final.flight.phase("s3", "deadband_m") == base.flight.phase("s3", "deadband_m")
    assert final.chaser == base.chaser


def test_degrees_become_radians_and_names_become_indices() -> None:
    s = Scenario.load("iss-vbar", ["flight.attitude_max_deg=6.0", "instrument.camera.flight.sigma_los_rad=0.002"])
    assert s.flight["attitude_max_rad"] == 6.0 * DEG
    assert s.flight.instruments["camera"]["sigma_los_rad"] == 0.002
    assert (s.flight.onward("approach"), s.flight.onward("drift")) == ("s4", None)
    assert s.flight.recovery == s.flight.phases.index("retreat")
    assert s.flight.phase("hop", "law") == flight.Law.HOP
    assert s.flight.phase("s3", "needs") == 1 << 1 | 1 << 3 | 1 << 4


def test_scenario_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scenario.load("iss-contact").chaser.mass_kg = 1.0  # type: ignore[misc]


def test_scenario_as_flown_reads_back_the_same(tmp_path: Path) -> None:
    s = Scenario.load("iss-contact", ["dispersions.mass_ratio=0.0", "phase.s4.timeout_s=333.0"])
    (tmp_path / "flown.toml").write_text(s.to_toml())
    again = Scenario.load(tmp_path / "flown.toml")
    assert dict(again.flight) == dict(s.flight)
    assert again.document == s.document
    assert again.vehicles == s.vehicles
    for section in ("scenario", "plant", "central_body", "dispersions", "instruments", "effectors", "requirements"):
        assert getattr(again, section) == getattr(s, section)


@pytest.mark.parametrize(
    "epoch",
    [
        "2025-02-26T13:00:00Z",
        "2025-02-26 13:00:00Z",
        "'2025-02-26T13:00:00Z'",
        "2025-02-26T15:30:00+02:30",
        "'2025-057T13:00:00'",
    ],
)
def test_epoch_is_utc_with_any_offset_taken_off(tmp_path: Path, epoch: str) -> None:
    plain = Scenario.load("iss-contact").scenario.epoch
    assert Scenario.load("iss-contact", [f"scenario.epoch_utc={epoch}"]).scenario.epoch == plain
    path = tmp_path / "s.toml"
    path.write_text(f'schema = 2\n[scenario]\nname = "s"\nextends = "iss-contact"\nepoch_utc = {epoch}\n')
    written = Scenario.load(path)
    assert written.scenario.epoch == plain
    assert Scenario.parse(written.to_toml(), "log").scenario == written.scenario


def test_epoch_may_be_in_a_leap_second() -> None:
    s = Scenario.load("iss-contact", ["scenario.epoch_utc=2016-12-31T23:59:60.5"])
    assert str(s.scenario.epoch) == "2016-12-31T23:59:60.500000"


def test_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_text('schema = 2\n[scenario]\nname = "a"\nextends = "base"\n', encoding="utf-8-sig")
    (tmp_path / "base.toml").write_text(
        'schema = 2\n[scenario]\nname = "b"\nextends = "iss-contact"\n', encoding="utf-8-sig"
    )
    assert Scenario.load(path).name == "a"


def test_every_core_parameter_has_one_source() -> None:
    from hil.scenario import UPLOADED_PARAMETERS, VEHICLE_PARAMETERS
    from hil.scenario.parameters import GRAPH_PARAMETERS, POINT_KEYS

    keys = flight_keys()
    design = {parameter.name for table in keys for parameter in table.values()} - {row.name for row in POINT_KEYS}
    filled = VEHICLE_PARAMETERS | UPLOADED_PARAMETERS | GRAPH_PARAMETERS
    declared = {f.name for f in flight.fields("params")}
    assert design | filled == declared
    assert not design & filled


MISTAKES = {
    "vehicle.cargo.mass_kg=-1.0": "vehicle.cargo.mass_kg = -1.0: expected a number from 0.1 to 1e+07 (kg)",
    "plant.step_s=nan": "plant.step_s = nan: expected a number from 0.001 to 1 (s)",
    "vehicle.cargo.mass_kg='heavy'": 'vehicle.cargo.mass_kg = "heavy": expected a number from 0.1 to 1e+07 (kg)',
    "vehicle.cargo.mass_kg=true": "vehicle.cargo.mass_kg = true: expected a number",
    "vehicle.cargo.mas_kg=3.0": "vehicle.cargo.mas_kg = 3.0: unknown key in [vehicle.cargo]; did you mean mass_kg?",
    "vehicle.cargo.orbit.distance_km=3.5": "orbit.distance_km = 3.5: wrong unit; expected m: write distance_m",
    "instrument.camera.boresight_rad=0.1": "wrong unit; expected deg: write boresight_deg",
    "instruments.imu.period_s=1.0": "instruments: unknown key in a scenario; did you mean instrument?",
    "vehicle.cargo.com_body_m=[0.0, 0.0]": "cargo.com_body_m = [0.0, 0.0]: expected 3 numbers, each a number from -100",
    "vehicle.cargo.com_body_m=[0.0, inf, 0.0]": "cargo.com_body_m[1] = inf: expected a number from -100 to 100 (m)",
    "effector.thrusters.direction=[[1.0, 1.0, 0.0]]": "expected one for each of the 28 positions, found 1",
    "vehicle.cargo.inertia_kgm2=[1.0, 1.0, 5.0, 0.0, 0.0, 0.0]": "expected the inertia of a real body",
    "vehicle.iss.inertia_kgm2=[2.0, 2.0, 2.0, 1.6, 0.0, 0.0]": "principal moments 0.4, 2 and 3.6 kg m^2",
    "vehicle.cargo.tank.main.propellant_kg=20000.0": "expected less than vehicle.cargo.mass_kg",
    "vehicle.iss.attitude.q_body_from_hill=[1.0, 1.0, 0.0, 0.0]": "expected a unit quaternion",
    "scenario.epoch_utc=today": 'scenario.epoch_utc = "today": expected a UTC date and time, as 2025-02-26T13:00:00',
    "scenario.epoch_utc=2025-02-26": "expected a UTC date and time",
    "scenario.epoch_utc=2025-02-30T13:00:00": 'scenario.epoch_utc = "2025-02-30T13:00:00": day ',
    "scenario.epoch_utc=2025-02-26T23:59:60Z": "second 60 is out of range: there is no leap second at that time",
    "scenario.epoch_utc=1969-07-20T20:17:40": "expected 1972-01-01, when leap seconds began",
    "effector.mechanism.capture_closing_min_mps=0.5": "expected less than effector.mechanism.capture_closing_max_mps",
    "dispersions=3": "dispersions = 3: expected a table",
    "flight.attitude_max_deg=800.0": "expected 0.0572958 to 183.346 deg",
    "flight.reject_limit=2.5": "expected a whole number, 1 to 1000",
    "flight.mass_kg=3.0": "not set here: flight knows it from [central_body], [[vehicle]], [[instrument]] and",
    "flight.init_sigma_r_m=3.0": "not set here: uploaded at start",
    "phase.cam.velocity_hill_mps=[0.0, 0.0, 20.0]": ("phase.cam.velocity_hill_mps[2] = 20.0: expected -10 to 10 m/s"),
    "flight.phase.s3.duration_s=1.0": "expected a list of tables of its own, [[phase]]",
    "phase.s33.duration_s=1.0": "phase.s33: no phase of that name; did you mean s3?",
    "transition.leave-s3.to='s5'": 'transition.leave-s3.to = "s5": expected one of "s2", "hop", "s3"',
    "transition.leave-s3.from='s5'": 'transition.leave-s3.from = "s5": expected one of "*", "s2", "hop", "s3"',
    "transition.leave-s3.event='don'": 'event = "don": expected one of "done", "timeout"',
    "transition.leave-s3.level=2": 'level = 2: not a key of a transition of event "done"',
    "transition.avoid.level=3": "transition.avoid.level = 3: expected 1, a monitor trips, or 2, it is urgent",
    "transition.leave-s3.guard=['gate','go','gate']": 'expected at most 2 of "gate", "go", { healthy = "an ',
    "transition.leave-s3.guard=[{entries=1.5}]": "guard = {'entries': 1.5}: expected at most 2 of",
    "transition.blind.instrument='camra'": 'instrument = "camra": expected one of "imu", "star", "gnss"',
    "transition.leave-s3.untill=1": "transition.leave-s3.untill = 1: unknown key in [transition.leave-s3]",
    "monitor.attitude.kind='atitude'": 'monitor.attitude.kind = "atitude": expected one of',
    "monitor.attitude.max_deg=900.0": "monitor.attitude.max_deg = 900.0: expected",
    "monitor.disagreement.instruments=['sun']": 'instruments = "sun": expected one of imu, star, gnss',
    "phase.final.mechanism=['open']": 'phase.final.mechanism = "open": expected one of arm, release',
    "flight.recovery_phase='s9'": 'flight.recovery_phase = "s9": expected one of s2, hop, s3',
    "phase.s3.needs=['sun']": 'phase.s3.needs = "sun": expected one of imu, star, gnss, rgnss, camera',
    "phase.s3.duration_min=3.0": "wrong unit; expected s: write duration_s",
    "requirement.docking.closing_rate_min_mps=0.5": "expected less than requirement.docking.closing_rate_max_mps = 0.1",
    "nonsense": "expected key=value",
    "instrument.camera.latency_s=0.25": "expected a whole number of control cycles, flight.cycle_s = 0.1",
    "instrument.star.period_s=0.05": "instrument.star.period_s = 0.05: expected a whole number of control cycles",
    "instrument.star.period_s=1e-12": "instrument.star.period_s = 1e-12: expected a number from 1e-09",
    "instrument.star.period_s=1e-9": "instrument.star.period_s = 1e-09: expected a whole number of control cycles",
    "instrument.gnss.latency_s=1.6": "gnss.latency_s = 1.6: expected at most 15 control cycles, 1.5 s: the flight",
    "instrument.gnss.latency_s=1.1": "= 1.1: expected at most flight.measurement_max_age_s = 1.0: every",
    "flight.cycle_s=0.0333333333": "flight.cycle_s = 0.0333333333: expected a whole number of microseconds",
    "scenario.max_duration_s=0.01": "expected 1 to 10,000,000 control cycles, 0.1 to 1e+06 s",
    "vehicle.iss.attitude.limit_cycle_radps=0.0": "limit_cycle_radps = 0.0: expected a number from 1e-05 to 1 (rad/s)",
    "flight.force_max_n=2200.0": "= 2200.0: expected at most 2116.36 N, the largest force that the thrusters give",
    "dispersions.mass_ratio=0.4": "= 0.4: a draw may reach 1.15: expected more than the propellant, 800.0 kg",
    "dispersions.thruster_force_ratio=0.4": "= 0.4: a draw may reach 1.15: expected less than 1",
    "dispersions.target_attitude_deg=2.0": "deg: expected at most 11.46 deg, the range of its attitude hold",
    "vehicle.cargo.tank.main.position_body_m=[-90.0,0.0,0.0]": "with propellant_kg = 800.0 there, the structure",
    "vehicle.cargo.orbit.distance_m=1e6": "= 1000000.0: expected at most 1e+06 m together with offset_x_m and",
    "dispersions.correlated=[{of=['mass_ratio'],covariance=[[1.0]]}]": "[0][0] = 1.0: expected at most 0.0277778",
    "fault=[{instrument='camera',kind='bias',start_s=9.0}]": "fault[0].error_m: missing; expected error_m for a",
    "fault=[{instrument='camera',kind='dropout',start_s=9.0,error_m=[0.0,0.0,0.0]}]": "not a key of a dropout of a",
    "fault=[{instrument='camra',kind='dropout',start_s=9.0}]": 'instrument = "camra": expected one of "imu", "star"',
    "fault=[{instrument='star',kind='dropout',start_s=9.0,end_s=8.0}]": "expected more than start_s = 9.0",
    "telecommand=[{t_s=9.0,command='stop'}]": 'telecommand[0].command = "stop": expected one of "go", "hold"',
    "telecommand=[{t_s=9.0,command='go'},{t_s=1.0,command='hold'}]": "expected in order of time",
}


@pytest.mark.parametrize("override", MISTAKES)
def test_a_mistake_gets_one_line_that_names_it(override: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("iss-contact", [override])
    message = str(caught.value)
    assert message.startswith("--set") and "\n" not in message
    assert MISTAKES[override] in message


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iss-vbr", "did you mean iss-vbar?"),
        ("nothing", "there are .*iss-contact, "),
        ("nowhere/mine.toml", "no such scenario file"),
    ],
)
def test_a_scenario_that_is_not_there(name: str, expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected.replace("?", r"\?")):
        Scenario.load(name)


def test_mistake_names_the_file_it_is_in(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 2\n[scenario]\nname = "mine"\nextends = "iss-final"\n[plant]\nstep_s = 50.0\n')
    with pytest.raises(ScenarioError, match=r"^mine\.toml: plant\.step_s = 50\.0: expected a number from 0\.001 to 1"):
        Scenario.load(path)
    for text in ("[scenario\n", f"deep = {'[' * 5000}", f"long = {'9' * 5000}"):
        path.write_text(text)
        with pytest.raises(ScenarioError, match=r"mine\.toml: not valid TOML"):
            Scenario.load(path)
        with pytest.raises(ScenarioError, match=r"mine\.toml: not valid TOML"):
            Scenario.parse(text, "mine.toml")
    path.write_text('schema = 2\n[scenario]\nname = "mine"\n')
    with pytest.raises(ScenarioError, match=r"mine\.toml: plant: missing table"):
        Scenario.load(path)


def test_missing_key_says_what_belongs_there(tmp_path: Path) -> None:
    text = Scenario.load("iss-vbar").to_toml()
    for line, expected in (
        ("gate_chi2_3dof", r"flight\.gate_chi2_3dof: missing; innovation gate.*1 to 1000"),
        ("propellant_kg", r"vehicle\.cargo\.tank\.main\.propellant_kg: missing; expected a number"),
        ("sigma_pose_deg = 0.3", r"instrument\.camera\.sigma_pose_deg: missing; expected a number"),
    ):
        path = tmp_path / "short.toml"
        start = text.index(line)
        end = text.index("\n", start)
        path.write_text(text[:start] + text[end:])
        with pytest.raises(ScenarioError, match=rf"short\.toml: {expected}"):
            Scenario.load(path)
