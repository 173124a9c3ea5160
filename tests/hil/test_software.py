"""Users' flight software, each with one bad habit: none of it becomes ours, and what it does is a result of its run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import Log, fly
from hil.campaign import campaign
from hil.run import RunError
from hil.software import Software, SoftwareError, software_name
from tests.command_line import call, environment, proxops
from tests.hil import own_software
from tests.hil.own_software import Passive, passive

SHORT = ("scenario.max_duration_s=10.0",)
HERE = "tests.hil.own_software:"


def flown(name: str, **more: Any) -> Log:
    return fly("iss-contact", overrides=SHORT, flight=Software(HERE + name), **more)


ENDS = {
    "Exits": (3, r"failed at tick 3: SystemExit: 0 \(own_software.py:\d+\)"),
    "NotEvenAnException": (3, r"failed at tick 3: GeneratorExit \(own_software.py:\d+\)"),
    "CannotSay": (3, r"failed at tick 3: UnspeakableError \(own_software.py:\d+\)"),
    "BadPhase": (0, r"^telemetry at 0.0 s: phase = 200: expected 0 to 10$"),
    "BadLaw": (0, rf"^telemetry at 0.0 s: law = 99: expected 0 to {max(flight.Law)}$"),
    "NanTelemetry": (0, r"^telemetry at 0.0 s: q_body_from_eci\[0\] = nan: expected a finite number$"),
    "InfiniteSigma": (0, r"^telemetry at 0.0 s: sigma_r_hill_m\[1\] = inf: expected a finite number$"),
    "DictTelemetry": (0, r"^telemetry at 0.0 s: expected a gnc.flight.TELEMETRY record or None, got dict$"),
    "WritesSensors": (0, r"failed at tick 0: ValueError: assignment destination is read-only"),
    "CannotDescribe": (100, r"cannot say what it was: ZeroDivisionError"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_software_does_is_the_error_of_its_run(name: str) -> None:
    cycles, error = ENDS[name]
    log = flown(name)
    assert (log.verdict, log.ended, len(log.telemetry)) == ("ERROR", "error", cycles)
    assert re.search(error, str(log.error)), log.error


def test_software_that_cannot_be_started_is_a_run_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"^the flight computer cannot be started: SystemExit: 0 \(own_software.py:\d+\)$"
    ):
        flown("ExitsAtStart", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["Exits", "ExitsAtStart"])
def test_an_exit_is_no_status_of_any_command(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = ("iss-contact", "--set", SHORT[0], "--flight", HERE + name)
    assert call(capsys, "run", *own)[0] == 3
    assert call(capsys, "baseline", "save", *own, "--jobs", "1", "--out", str(tmp_path / "set"))[0] == 3
    status, out, _ = call(capsys, "campaign", *own, "--runs", "1", "--jobs", "1", "--accept-failures", "1", "--json")
    assert status == 3 and json.loads(out)["verdict"] == "ERROR"
    axis = ("--param", "vehicle.cargo.mass_kg=18000,20000")
    status, out, _ = call(capsys, "sweep", *own, *axis, "--jobs", "1", "--json")
    assert status == 3 and [point["failures"] for point in json.loads(out)["points"]] == [1, 1]


def test_software_that_exits_when_it_is_imported_is_a_mistake_of_the_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leaves_at_once.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    status, out, err = call(capsys, "run", "iss-contact", "--flight", "leaves_at_once:F")
    assert (status, out) == (2, "") and err.count("\n") == 1 and "can be imported: SystemExit: 0" in err


# ---- state that is not shared -------------------------------------------------------------------


def test_its_working_directory_and_numpy_settings_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = flown("ChangesState", out="out")
    assert Path.cwd() == tmp_path and (tmp_path / "out" / "log.h5").exists()
    assert log.verdict == "FAIL" and own_software.ChangesState.seen == {"raise"}
    assert np.geterr()["invalid"] != "raise"


def test_the_callers_numpy_settings_change_no_run(contact_log: Log) -> None:
    with np.errstate(all="raise"):
        assert fly("iss-contact", seed=1).summary()["requirements"] == contact_log.summary()["requirements"]


def test_the_flight_parameters_it_is_given_are_a_copy() -> None:
    log = flown("ChangesParams")
    assert log.params[0]["mass_kg"] != 1.0 and log.verdict == "FAIL"


def test_what_it_prints_is_no_part_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    own = ("iss-contact", "--set", SHORT[0], "--flight", HERE + "Prints", "--json")
    status, out, err = call(capsys, "run", *own)
    assert status == 1 and json.loads(out)["verdict"] == "FAIL" and "printed at 0" in err
    done = subprocess.run(
        proxops("campaign", *own, "--runs", "1", "--jobs", "1"),
        env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1 and json.loads(done.stdout)["runs"] == 1 and "printed at 0" in done.stderr


@pytest.mark.parametrize("module", ["control", "statistics"])
def test_a_file_of_the_users_takes_no_modules_place(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("def F(params):\n    raise SystemExit('imported')\n")
    (tmp_path / "mine.py").write_text(f"import {module}\nfrom tests.hil.own_software import passive\n")
    status = {}
    for name in (f"{module}:F", "mine:passive"):
        command = ("run", "iss-contact", "--set", SHORT[0], "--flight", name)
        done = subprocess.run(
            proxops(*command), cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120
        )
        status[name] = done.returncode
        if done.returncode == 2:
            assert done.stderr.startswith(f"proxops: --flight {module}: {module}.py here has the name of the module ")
    assert status == {f"{module}:F": 2, "mine:passive": 1}


# ---- names --------------------------------------------------------------------------------------


def test_a_partial_and_an_object_are_flown_again_by_their_name(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("partial_passive", "an_object", "a_lambda"):
        found = campaign("iss-contact", 1, overrides=SHORT, flight=Software(HERE + name), jobs=1)
        assert f"--flight {HERE}{name} " in found.replay(0)
        status, out, _ = call(capsys, *found.replay(0).split()[1:], "--json")
        assert status == 1 and json.loads(out)["digest"] == found.rows[0]["digest"]


def test_software_without_a_name_is_refused() -> None:
    def within(params: Any) -> Passive:
        return Passive()

    for nameless in (within, own_software.partial_passive, own_software.an_object, lambda params: Passive()):
        with pytest.raises(SoftwareError, match=r"^flight = [\w.<>]+: expected a class or a function that can be imp"):
            software_name(nameless)
        with pytest.raises(SoftwareError):
            campaign("iss-contact", 1, overrides=SHORT, flight=nameless)
    assert software_name(passive) == HERE + "passive" and software_name(None) == ""
    assert software_name(Software(HERE + "an_object")) == HERE + "an_object"


def test_the_floats_of_telemetry_are_all_looked_at() -> None:
    from hil import software

    floats = {
        offset for name, (kind, offset) in (
            (name, core[:2]) for name, core in (flight.TELEMETRY.fields or {}).items()
        ) if kind.base.kind == "f" and name
    }  # fmt: skip
    covered = [(offset, offset + count * kind.itemsize) for kind, offset, count in software._FLOATS.values()]
    assert all(any(first <= offset < end for first, end in covered) for offset in floats)
    assert sum(end - first for first, end in covered) == sum(
        kind.itemsize for kind, *_ in (flight.TELEMETRY.fields or {}).values() if kind.base.kind == "f"
    )
