"""Scenario files as tests: what is collected, what a requirement's line says, and who flies what."""

from __future__ import annotations

import shlex
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import firmware_bridge.computers  # here, so that a nested session finds it imported
from firmware_bridge.errors import PortLostError
from hil import Log, cli
from hil.requirements import Catalogue
from hil.scenario import Scenario

pytest_plugins = "pytester"

NAMES = Catalogue.of(Scenario.load("iss-contact")).names

CONTACT = 'schema = 2\n[scenario]\nname = "contact"\nextends = "iss-contact"\n'
TIGHT = CONTACT.replace('"contact"', '"tight"') + "[requirement.docking]\nlateral_rate_mps = 1e-6\n"
# Notes each flight in a file, whichever process flies it
NOTING = """
import hil.run
flown = hil.run.fly
def fly(scenario, seed, **more):
    with open({path!r}, "a") as notes:
        notes.write(f"{{scenario.name}} {{seed}}\\n")
    return flown(scenario, seed, **more)
hil.run.fly = fly
"""

Lines = dict[str, tuple[str, dict[str, str]]]


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with scenarios, a file that is none, and a Python test; only the plugins that are named."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.plugins = ["hil.pytest_plugin", "xdist"]
    pytester.mkdir("scenarios").joinpath("contact.toml").write_text(CONTACT)
    pytester.path.joinpath("scenarios", "other.toml").write_text('[tool.mine]\nname = "x"\n')
    pytester.makepyfile(test_mine="def test_mine():\n    pass\n")
    return pytester


def run(session: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    plugins = [part for name in ("hil.pytest_plugin", "xdist") for part in ("-p", name)]
    return session.runpytest_inprocess(*plugins, "--disable-warnings", *arguments)


def lines_of(path: Path) -> Lines:
    """Of each test case of a JUnit file: how it ended, and its properties."""
    found: Lines = {}
    for case in ElementTree.parse(path).iter("testcase"):
        ended = next((e.tag for e in case if e.tag in ("failure", "error", "skipped")), "passed")
        properties = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
        name = f"{case.attrib['classname']}::{case.attrib['name']}"
        assert name not in found
        found[name] = ended, properties
    return found


def test_without_its_option_it_does_nothing(session: pytest.Pytester) -> None:
    run(session, "scenarios", "test_mine.py").assert_outcomes(passed=1)


def test_each_requirement_is_a_line_with_its_figure(session: pytest.Pytester, contact_log: Log) -> None:
    found = run(session, "--sil", "scenarios", "--junitxml=out.xml")
    lines = lines_of(session.path / "out.xml")
    prefix = "scenarios.contact.toml.seed-1::"
    assert [name.removeprefix(prefix) for name in lines] == ["flown", *NAMES]
    judged = {r.name: r for r in contact_log.requirements if r.passed is not None}
    found.assert_outcomes(passed=1 + len(judged), skipped=len(NAMES) - len(judged))
    for name, requirement in judged.items():
        ended, properties = lines[prefix + name]
        assert ended == "passed"
        assert properties["figure"] == ("" if requirement.figure is None else repr(requirement.figure))
        assert float(properties["limit"]) == requirement.limit and properties["unit"] == requirement.unit
        assert properties["seed"] == "1" and properties["digest"] == contact_log.digest
        assert properties["replay"] == "proxops run scenarios/contact.toml --seed 1"
    assert lines[f"{prefix}avoidance_range"][0] == "skipped"


def test_a_failure_is_a_short_table_and_its_replay_fails_too(
    session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.path.joinpath("tight case.toml").write_text(TIGHT)
    found = run(session, "--sil", "tight case.toml", "--sil-seed", "2")
    found.assert_outcomes(failed=1, passed=14, skipped=3)
    text = found.stdout.str()
    shown = text.partition("FAILURES")[2].partition("short test summary")[0]
    assert "Error" not in shown and ".py" not in shown
    found.stdout.re_match_lines([
        r"_+ tight, seed 2: contact_lateral_rate _+", r"lateral rate at contact 0\.0\d+ m/s, limit 1\.00e-06",
        r"requirement +figure +limit +margin +unit +seed",
        r"lateral rate at contact +0\.0\d+ +1\.00e-06 +-0.0\d+ +m/s +2",
        r"replay: proxops run 'tight case\.toml' --seed 2",
    ])  # fmt: skip
    replay = next(line for line in text.splitlines() if line.startswith("replay: "))
    monkeypatch.setattr("sys.argv", shlex.split(replay.removeprefix("replay: ")))
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            CONTACT + "[vehicle.cargo]\nmas_kg = 3.0\n",
            "wrong.toml: vehicle.cargo.mas_kg = 3.0: unknown key in [vehicle.cargo]; did you mean",
        ),
        ("[scenario\n", "wrong.toml: not valid TOML"),
        ('[scenaro]\nname = "x"\n[plant]\nstep_s = 0.1\n', "unknown key in a scenario; did you mean scenario?"),
        (CONTACT + '[vehicle.iss.orbit]\nfile = "no.xml"\n', "no.xml: cannot read the ephemeris"),
    ],
)
def test_a_mistake_in_a_scenario_is_one_line(session: pytest.Pytester, text: str, expected: str) -> None:
    session.path.joinpath("scenarios", "wrong.toml").write_text(text)
    found = run(session, "--sil", "scenarios", "--continue-on-collection-errors")
    assert found.parseoutcomes()["errors"] == 1 and found.parseoutcomes()["passed"] > 10
    shown = found.stdout.str().partition("= ERRORS =")[2].partition("short test summary")[0].splitlines()
    assert shown[1].strip("_ ") == "ERROR collecting scenarios/wrong.toml"
    assert expected in shown[2] and shown[3].startswith("===")


def test_a_file_given_by_name_is_a_scenario_or_a_mistake(session: pytest.Pytester) -> None:
    found = run(session, "--sil", "scenarios/other.toml")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["other.toml: tool: unknown key in a scenario"])


FOREIGN = {
    "Cargo.toml": '[package]\nname = "estimator"\n[target.\'cfg(unix)\'.dependencies]\nlibc = "0.2"\n',
    "config.toml": '[source.crates-io]\nreplace-with = "vendored-sources"\n',
    "hugo.toml": 'baseURL = "https://example.org/"\n[contact]\nemail = "a@b.c"\n',
    "defaults.toml": "[defaults]\nmax = 1\n",
    "word.toml": 'scenario = "rain"\n[faults]\nrate = 0.1\n',
    "broken.toml": '[package\nname = "x"\n',
    "latin.toml": "# caf\xe9\n",
}


def test_files_of_other_programs_are_left_alone(session: pytest.Pytester) -> None:
    for name, text in FOREIGN.items():
        session.path.joinpath(name).write_text(text, encoding="latin-1")
    session.path.joinpath("away.toml").symlink_to("nowhere")
    found = run(session, "--sil", ".", "--collect-only", "-q")
    assert found.ret == 0
    flown = {line.partition("::")[0] for line in found.stdout.lines if "::" in line}
    assert flown == {"scenarios/contact.toml", "test_mine.py"}


def test_a_file_that_says_it_is_a_scenario_is_never_dropped(session: pytest.Pytester) -> None:
    session.path.joinpath("bad.toml").write_text('# caf\xe9\nschema = 2\n[scenario]\nname = "x"\n', encoding="latin-1")
    session.path.joinpath("short.toml").write_text("schema = 2\n[scenario]\n")
    run(session, "--sil", ".", "--collect-only").assert_outcomes(errors=2)


@pytest.mark.parametrize("options", [(), pytest.param(("--dist", "load"), marks=pytest.mark.long)])
def test_workers_tell_what_one_process_tells(session: pytest.Pytester, options: tuple[str, ...]) -> None:
    notes = session.path / "notes"
    session.makeconftest(NOTING.format(path=str(notes)))
    session.path.joinpath("scenarios", "tight.toml").write_text(TIGHT)
    common = ("--sil", "scenarios", "--sil-seed", "1,3-4")
    run(session, *common, "--junitxml=one.xml")
    flights = {f"{name} {seed}" for name in ("contact", "tight") for seed in (1, 3, 4)}
    assert Counter(notes.read_text().splitlines()) == Counter(flights)
    notes.unlink()
    shared = run(session, *common, "-n", "2", *options, "--junitxml=shared.xml")
    assert lines_of(session.path / "shared.xml") == lines_of(session.path / "one.xml")
    assert "replay: proxops run scenarios/tight.toml --seed 3" in shared.stdout.str()
    flown = Counter(notes.read_text().splitlines())
    assert set(flown) == flights and max(flown.values()) <= (2 if options else 1)


class _Gone:
    """A flight computer that is not there any more."""

    def step(self, sensors: np.void) -> None:
        raise PortLostError("the board on /dev/ttyX stopped answering at tick 1")


def test_another_flight_computer_flies(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    @contextmanager
    def open_computer(name: str, **faults: object) -> Iterator[_Gone]:
        asked.append(name)
        yield _Gone()

    monkeypatch.setattr(firmware_bridge.computers, "open_computer", open_computer)
    found = run(session, "--sil", "scenarios", "--sil-on", "linux", "--sil-seed", "5")
    found.assert_outcomes(failed=1 + len(NAMES))
    assert asked == ["linux"]
    found.stdout.fnmatch_lines([
        "the board on /dev/ttyX stopped answering at tick 1",
        "replay: proxops run scenarios/contact.toml --seed 5 --on linux",
        "not judged: the board on /dev/ttyX stopped answering at tick 1",
    ])  # fmt: skip


OWN = """
import numpy as np
class Passive:
    def __init__(self, params):
        pass
    def step(self, sensors):
        if sensors["tick"] == {gives_up}:
            raise ArithmeticError("no solution")
        return np.zeros(28, np.uint32)
"""


def test_ones_own_flight_software_flies(session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(session.path)
    for name, gives_up in (("own_passive", -1), ("own_giving_up", 3)):
        session.makepyfile(**{name: OWN.format(gives_up=gives_up)})
    text = CONTACT + "max_duration_s = 20.0\n"
    session.path.joinpath("scenarios", "contact.toml").write_text(text)
    found = run(session, "--sil", "scenarios", "--sil-flight", "own_passive:Passive")
    assert found.parseoutcomes()["passed"] > 1, "flown, and kept out of what it must not come near"
    found.stdout.fnmatch_lines([
        "captured no, limit yes", "replay: proxops run scenarios/contact.toml --seed 1 --flight own_passive:Passive",
    ])  # fmt: skip
    found = run(session, "--sil", "scenarios", "--sil-flight", "own_giving_up:Passive")
    found.assert_outcomes(failed=1 + len(NAMES))
    found.stdout.fnmatch_lines(
        ["the flight computer failed at tick 3: ArithmeticError: no solution (own_giving_up.py:*)"]
    )
    found = run(session, "--sil", "scenarios", "--sil-flight", "nowhere:Passive")
    found.stdout.fnmatch_lines(["--sil-flight nowhere:Passive: expected MODULE:FACTORY*"])


def test_no_such_flight_computer_is_one_line(session: pytest.Pytester) -> None:
    found = run(session, "--sil", "scenarios", "--sil-on", "mars", "-k", "flown")
    found.stdout.fnmatch_lines(["board 'mars': expected one of emulated*"])
    assert "Traceback" not in found.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--sil", "--sil-seed", "1-b"), "*--sil-seed '1-b'*"),
        (("--sil-seed", "2"), "*expected together with --sil*"),
        (("--sil", "--sil-flight", "a:b", "--sil-on", "linux"), "*cannot be combined with --sil-on linux*"),
    ],
)
def test_a_mistake_in_the_options_is_one_line(
    session: pytest.Pytester, arguments: tuple[str, ...], expected: str
) -> None:
    found = run(session, "scenarios", *arguments)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([expected])


def test_pytest_finds_it_where_the_package_is_installed() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"proxops": "hil.pytest_plugin"}


def test_a_model_flown_beyond_its_range_is_a_warning(session: pytest.Pytester) -> None:
    far = "max_duration_s = 1.0\n[vehicle.cargo.orbit]\ndistance_m = 60000.0\n[plant]\nbeyond_validity = ['rgnss']\n"
    session.path.joinpath("scenarios", "contact.toml").write_text(CONTACT + far)
    plugins = ("-p", "hil.pytest_plugin", "-p", "xdist")
    found = session.runpytest_inprocess(*plugins, "--sil", "scenarios", "-k", "flown")
    found.stdout.fnmatch_lines(["*PytestWarning: contact: beyond the range of a model: rgnss: distance 60.0*"])
