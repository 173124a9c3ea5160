"""Where vehicles start: elements, relative states, CCSDS messages, SGP4; and rows of any number of vehicles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnc import kernels
from hil import Scenario, ScenarioError
from hil.orbits import OrbitError, from_elements, from_opm, from_relative, from_tle
from hil.prepare import prepare
from hil.scenario.schema.orbits import Elements
from hil.timescales import Epoch

MU = 3.986004418e14
# Vallado 2013, example 3-15 and the report of SGP4's revision (Vallado et al. 2006): satellite 00005
TLE = (
    "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753",
    "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667",
)


def test_elements_are_those_of_the_state_that_they_give() -> None:
    orbit = Elements(
        kind="elements", semi_major_axis_m=7.0e6, eccentricity=0.1, inclination_deg=30.0, node_deg=40.0,
        periapsis_deg=60.0, true_anomaly_deg=30.0,
    )  # fmt: skip
    r, v = map(np.array, from_elements(orbit, MU))
    h, e = np.cross(r, v), np.cross(v, np.cross(r, v)) / MU - r / np.linalg.norm(r)
    assert 1.0 / (2.0 / np.linalg.norm(r) - v @ v / MU) == pytest.approx(7.0e6, rel=1e-12, abs=0.0)
    assert np.linalg.norm(e) == pytest.approx(0.1, rel=1e-12, abs=0.0)
    assert np.degrees(np.arccos(h[2] / np.linalg.norm(h))) == pytest.approx(30.0, rel=1e-12, abs=0.0)
    assert np.degrees(np.arctan2(h[0], -h[1])) == pytest.approx(40.0, rel=1e-12, abs=0.0)
    assert np.degrees(np.arccos(r @ e / np.linalg.norm(r) / 0.1)) == pytest.approx(30.0, rel=1e-9, abs=0.0)
    node = np.array([np.cos(np.radians(40.0)), np.sin(np.radians(40.0)), 0.0])
    assert np.degrees(np.arccos(node @ e / 0.1)) == pytest.approx(60.0, rel=1e-9, abs=0.0)


def test_relative_state_is_that_of_the_turning_hill_frame() -> None:
    reference = ((7.0e6, 0.0, 0.0), (0.0, 7546.0, 0.0))
    r, v = from_relative(reference, (10.0, -200.0, 3.0), (0.1, 0.2, -0.3))
    apart = np.subtract(r, reference[0]), np.subtract(v, reference[1])
    back = kernels.relative_to_hill(*map(np.array, reference), *apart)
    np.testing.assert_allclose(back[0], (10.0, -200.0, 3.0), atol=1e-8)
    np.testing.assert_allclose(back[1], (0.1, 0.2, -0.3), atol=1e-11)


def test_sgp4_gives_the_published_state_turned_from_teme() -> None:
    """Vallado et al. 2006, tcppver.out, satellite 5 at its epoch: TEME; lengths do not depend on the frame."""
    epoch = Epoch.parse("2000-06-27T18:50:19.733568")
    r, v = from_tle(*TLE, epoch)
    r_teme, v_teme = np.array([7022465.29266, -1400082.96755, 39.95]), np.array([1893.841015, 6405.893759, 4534.807250])
    assert np.linalg.norm(r) == pytest.approx(np.linalg.norm(r_teme), rel=1e-9, abs=0.0)
    assert np.linalg.norm(v) == pytest.approx(np.linalg.norm(v_teme), rel=1e-9, abs=0.0)
    # half a year of precession and nutation from J2000, some arcseconds
    turn_rad = np.arccos(np.dot(r, r_teme) / np.linalg.norm(r) ** 2)
    assert 1.0e-5 < turn_rad < 2.0e-4
    with pytest.raises(OrbitError, match=r"elements are 3\d+\.\d days from the epoch"):
        from_tle(*TLE, Epoch.parse("2001-06-27T00:00:00"))
    with pytest.raises(OrbitError, match="line1 is '1 nonsense': not line 1 of a two-line"):
        from_tle("1 nonsense", "2 nonsense", epoch)


OPM = """CCSDS_OPM_VERS = 2.0
OBJECT_NAME = X
CENTER_NAME = EARTH
REF_FRAME = GCRF
TIME_SYSTEM = UTC
EPOCH = 2025-02-26T13:00:00
X = 6800.0 [km]
Y = 0.0 [km]
Z = 0.0
X_DOT = 0.0
Y_DOT = 7.6
Z_DOT = 1.0 [km/s]
"""


def test_opm_is_read_at_its_epoch_only(tmp_path: Path) -> None:
    path, epoch = tmp_path / "state.opm", Epoch.parse("2025-02-26T13:00:00")
    path.write_text(OPM)
    assert from_opm(path, epoch) == ((6.8e6, 0.0, 0.0), (0.0, 7600.0, 1000.0))
    for old, new, expected in (
        ("13:00:00", "13:00:01", "expected one of the scenario's epoch, 2025-02-26T13:00:00"),
        ("EARTH", "MOON", "CENTER_NAME is MOON: expected EARTH"),
        ("Y = 0.0 [km]\n", "", "Y is missing"),
    ):
        path.write_text(OPM.replace(old, new))
        with pytest.raises(OrbitError, match=expected):
            from_opm(path, epoch)


def scenario(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 2\n[scenario]\nname = "mine"\nextends = "iss-contact"\n' + text)
    return Scenario.load(path)


def test_elements_of_sgp4_are_flown_as_their_state(tmp_path: Path) -> None:
    lines = "".join(f'line{i} = "{line}"\n' for i, line in enumerate(TLE, 1))
    text = 'epoch_utc = "2000-06-27T18:50:19"\n[vehicle.iss.orbit]\nkind = "tle"\n' + lines
    s = scenario(tmp_path, text)
    flown = Scenario.parse(s.to_toml(), "log")
    assert s.vehicles["iss"].orbit.kind == "state" and "sgp4" in s.vehicles["iss"].orbit.source
    assert flown.vehicles["iss"].orbit == s.vehicles["iss"].orbit


OTHER = """[[vehicle]]
name = "other"
mass_kg = 100.0
inertia_kgm2 = [10.0, 10.0, 10.0, 0.0, 0.0, 0.0]
attitude = { mode = "flown" }
"""


def test_further_vehicles_start_where_their_rows_say(tmp_path: Path) -> None:
    text = OTHER + 'orbit = { kind = "relative", to = "iss", r_hill_m = [0.0, 500.0, 0.0] }\n'
    plant = prepare(scenario(tmp_path, text), 1).plant
    assert plant.names == ("iss", "cargo", "other")
    away = np.subtract(plant.state("other")["r_eci_m"], plant.state("target")["r_eci_m"])
    assert np.linalg.norm(away) == pytest.approx(500.0, rel=1e-9, abs=0.0)


def test_chaser_starts_on_any_orbit_or_docked(tmp_path: Path) -> None:
    orbit = '[vehicle.cargo]\norbit = { kind = "relative", to = "iss", r_hill_m = [0.0, -60.0, 0.0] }\n'
    still = "[dispersions]\ninitial_position_m = 0.0\n"
    run = prepare(scenario(tmp_path, still + orbit), 1)
    np.testing.assert_allclose(run.plant.relative()[0], [0.0, -60.0, 0.0], atol=1e-6)
    docked = prepare(scenario(tmp_path, '[vehicle.cargo]\norbit = { kind = "docked" }\n'), 1)
    assert docked.plant.docked and docked.plant.port()["axial_m"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OTHER + 'orbit = { kind = "relative", to = "nobody", r_hill_m = [0.0, 1.0, 0.0] }\n', 'orbit.to = "nobody"'),
        (OTHER + 'orbit = { kind = "relative", to = "other", r_hill_m = [0.0, 1.0, 0.0] }\n', "relative to itself"),
        ('[vehicle.iss]\norbit = { kind = "docked" }\n', "expected one that gives the target a state"),
        ('[vehicle.iss]\norbit = { kind = "opm", file = "no.opm" }\n', "no.opm: cannot read the message"),
    ],
)
def test_orbit_that_gives_no_state_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected):
        prepare(scenario(tmp_path, text), 1)
