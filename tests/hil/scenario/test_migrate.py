"""Files of schema 1 written anew, and what is still done with logs of theirs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gnc.flight import Event, Guard
from hil import Log, Scenario, ScenarioError, fly
from hil.recorder import RecorderError
from hil.scenario.migrate import migrate_file, migrate_text
from tests.command_line import call

OLD = Path(__file__).with_name("schema1")
FILES = ("iss-vbar", "iss-final", "iss-contact")
# With their one inertial unit
FLOWN = {
    "iss-contact": "63ca894d1c729972f59210ecb0a794f15d3d81357634dc5e272f0a554a718c02",
    "iss-final": "f5f104c72097c7b7e422c2020f7a0957afe65926775bdb49afc6c110e4317ac2",
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The three scenarios as they were in schema 1."""
    return Path(shutil.copytree(OLD, tmp_path / "old"))


def test_schema_1_is_refused_by_name_with_advice(old: Path) -> None:
    path = old / "iss-contact.toml"
    with pytest.raises(ScenarioError, match=r"^iss-contact\.toml: schema = 1: expected .*; `proxops migrate /.*toml`"):
        Scenario.load(path)
    path.write_text("schema = 3\n" + path.read_text())
    with pytest.raises(ScenarioError, match=r"^iss-contact\.toml: schema = 3: expected 2"):
        Scenario.load(path)


def test_migrated_files_fly_to_the_same_digest(capsys: pytest.CaptureFixture[str], old: Path) -> None:
    paths = [str(old / f"{name}.toml") for name in FILES]
    before = Path(paths[2]).read_text()
    status, out, err = call(capsys, "migrate", *paths)
    assert (status, err, len(out.splitlines())) == (0, "", 3)
    assert (old / "iss-contact.toml.schema1").read_text() == before
    for name, digest in FLOWN.items():
        assert fly(Scenario.load(old / f"{name}.toml"), 1).digest == digest


def leaving(s: Scenario, phase: str) -> list[tuple[object, ...]]:
    """The transitions out of a phase, those of its own first, in the order in which they are asked."""
    every = sorted((edge for edge in s.flight.transitions if edge.leaves(phase)), key=lambda edge: not edge.sources)
    return [(edge.to, edge.event, edge.argument, edge.guards) for edge in every]


def test_a_file_that_extends_a_shipped_one_names_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[scenario]\nname = "mine"\nextends = "iss-contact"\n[chaser]\nmass_kg = 18000.0\npropellant_kg = 700.0\n'
        "[initial]\ndistance_m = 21.0\n[sensors.camera]\nsigma_los_deg = 0.2\n[flight]\ncamera_sigma_los_deg = 0.3\n"
        "forced_accel_mps2 = 0.003\n[flight.phase.s4]\nduration_s = 61.0\nneeds_go = true\n"
        "[requirements]\ncorridor_range_m = 150.0\n"
        '[[fault]]\nsensor = "camera"\nkind = "dropout"\nstart_s = 3.0\n'
    )
    path.write_text(migrate_file(path))
    s = Scenario.load(path)
    assert (s.chaser.mass_kg, s.chaser.propellant_kg, s.sensors.camera.sigma_los_deg) == (18000.0, 700.0, 0.2)
    assert s.initial is not None and (s.initial.distance_m, s.initial.offset_x_m) == (21.0, 0.0)
    assert (s.flight.phase("final", "accel_mps2"), s.flight.phase("s4", "duration_s")) == (0.003, 61.0)
    assert s.flight.instruments["camera"]["sigma_los_rad"] == pytest.approx(0.3 * 3.14159265 / 180.0, rel=1e-6, abs=0.0)
    done = [row for row in leaving(s, "s4") if row[1] is Event.DONE]
    assert done == [("final", Event.DONE, 0, ((Guard.GATE, 0), (Guard.GO, 0)))]
    assert next(row for row in leaving(s, "s3") if row[1] is Event.DONE)[3] == ((Guard.GATE, 0),)
    until = next(row.until_m for row in s.requirements if row.name == "passive_safety")  # type: ignore[attr-defined]
    assert (s.faults[0].instrument, until) == ("camera", 189.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema = 2\n[scenario]\n", "mine.toml: schema = 2: expected a file of schema 1"),
        ('[scenario]\nname = "a"\n[tool]\nx = 1\n', "mine.toml: tool: not a table of a scenario of schema 1"),
        ('[scenario]\nextends = "nothing"\n', "nothing: no scenario of that name"),
        ("[scenario\n", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_migrated_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    status, _, err = call(capsys, "migrate", str(path))
    assert status == 2 and expected in err and err.count("\n") == 1
    assert path.read_text() == text and list(tmp_path.iterdir()) == [path]


def test_log_of_schema_1_is_read_but_not_replayed(contact_log: Log) -> None:
    old = replace(contact_log, scenario_schema=1)
    with pytest.raises(RecorderError, match="flown from a scenario of schema 1: replay needs schema 2: fly it again"):
        old.require_current("replay")
    contact_log.require_current("replay")


def test_scenario_in_a_log_of_schema_1_is_read() -> None:
    s = Scenario.parse(migrate_text((OLD / "iss-vbar.toml").read_text(), "log"), "log")
    assert s.flight.phases == Scenario.load("iss-vbar").flight.phases
