"""Mistakes put in on purpose: the regression suite catches each of them, and what it says points at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import firmware_bridge.computers
from firmware_bridge import boards
from firmware_bridge.computers import open_computer
from hil import baseline
from hil.report.terminal import show_check

pytest_plugins = "pytester"

ROOT = Path(__file__).parents[2]
MINE = 'schema = 2\n[scenario]\nname = "mine"\nextends = "iss-contact"\nmax_duration_s = 400.0\n'

# In a source file of the core: what it says, and what a slip of the pen makes of it
SLIPS = {
    "sign of a gain": (
        "control/translation.c",
        "kd * control_dead_band(error_v_body[i]",
        "-kd * control_dead_band(error_v_body[i]",
    ),
    "update of a filter": (
        "nav/relative_filter.c",
        "    nav_relative_correct(nav, dx);\n    return true;",
        "    return true;",
    ),
    "sign of an attitude gain": (
        "control/attitude_control.c",
        "alpha[i] = p->attitude_kd_ps *",
        "alpha[i] = -p->attitude_kd_ps *",
    ),
    "update of the attitude filter": (
        "nav/attitude_filter.c",
        "    correct(a, dx);\n",
        "    if (nis == NULL) correct(a, dx);\n",
    ),
}


# Keys of a scenario that say how noisy a sensor is, and the sensor's first channel that shows it
NOISES = {
    "instrument.camera.sigma_los_deg": (0.1, "sensors.camera.azimuth_rad"),
    "instrument.imu.gyro_arw_deg_per_sqrt_h": (0.005, "sensors.imu.dtheta_body_rad[0]"),
    "instrument.star.sigma_cross_arcsec": (10.0, "sensors.star.q_star_from_eci[0]"),
    "instrument.rgnss.sigma_r_m": (0.05, "sensors.rgnss.r_eci_m[0]"),
}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(MINE)
    baseline.save("kept.baseline", ["mine.toml"], [1, 2])
    return Path("kept.baseline")


def board_with(slip: str) -> boards.LinuxBoard:
    """The core with that slip in it, as a program of its own."""
    file, right, wrong = SLIPS[slip]
    core = Path("core").resolve()
    shutil.copytree(ROOT / "gnc" / "core", core)
    text = (core / file).read_text()
    assert text.count(right) == 1
    (core / file).write_text(text.replace(right, wrong))
    elf = boards.build("linux", folder=Path("build").resolve(), core=core, opt="-O0")
    return boards.LinuxBoard(elf=elf)


def first_differences(found: baseline.Check) -> list[tuple[int | None, str]]:
    return [(run.departure.tick, run.departure.channels[0]) for run in found.runs if run.departure]


@pytest.mark.parametrize(
    ("slip", "tick", "channel"),
    [
        # the first cycle with a velocity to correct: what is asked for goes the wrong way
        ("sign of a gain", 50, "telemetry.accel_cmd_hill_mps2["),
        # the cycle of the camera's first measurement: the estimate stays where it was
        ("update of a filter", 2, "telemetry.r_chaser_target_hill_m["),
        # estimate and guidance as they were: it is what is made of them
        pytest.param("sign of an attitude gain", None, "command.thruster_on_us[", marks=pytest.mark.long),
        pytest.param("update of the attitude filter", 2, "telemetry.q_body_from_eci[", marks=pytest.mark.long),
    ],
)
def test_a_slip_in_the_core(
    kept: Path, capsys: pytest.CaptureFixture[str], slip: str, tick: int | None, channel: str
) -> None:
    board = board_with(slip)
    found = baseline.check(kept, opener=lambda scenario, seed: open_computer(board, allow_mismatch=True))
    assert found.result == "moved" and [run.result for run in found.runs] == ["moved"] * 2
    for run, (at, first) in zip(found.runs, first_differences(found), strict=True):
        assert at == tick or tick is None
        assert first.startswith(channel)
        assert "truth" not in str(run.departure), "it is not the plant"
        assert run.departure is not None
        assert not any(name.startswith("sensors.") for name in run.departure.channels), "nor the sensors"
        if slip == "sign of an attitude gain":  # it spins until the plant can follow no more
            assert run.verdict == ("PASS", "ERROR")
            continue
        assert run.verdict == ("PASS", "FAIL")
        assert {"captured", "delta_v"} <= {one.name for one in run.moved if one.now and not one.now.passed}
    show_check(found)
    out = capsys.readouterr().out
    assert "first difference at tick " in out and channel in out and "velocity change" in out
    assert "replay: proxops run mine.toml --seed 2" in out


@pytest.mark.parametrize("key", NOISES)
def test_a_doubled_noise(kept: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    was, channel = NOISES[key]
    table, _, name = key.rpartition(".")
    Path("mine.toml").write_text(f"{MINE}[{table}]\n{name} = {2.0 * was}\n")
    found = baseline.check(kept)
    assert found.result == "moved"
    assert {where for _, where in first_differences(found)} == {channel}
    show_check(found)
    assert f"changed: scenario {key} = {2.0 * was}, was {was}" in capsys.readouterr().out


def test_requirements_as_tests_catch_a_slip_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    board = board_with("sign of a gain")

    @contextmanager
    def open_this(name: str, **faults: object) -> Iterator[object]:
        with open_computer(board, allow_mismatch=True) as computer:
            yield computer

    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(firmware_bridge.computers, "open_computer", open_this)
    found = pytester.runpytest_inprocess(
        "-p", "hil.pytest_plugin", "--sil", "--sil-on", "linux", str(kept.resolve().with_name("mine.toml"))
    )
    assert found.parseoutcomes()["failed"] > 5
    found.stdout.fnmatch_lines(
        [
            "flown all the same: the board has core *",
            "captured no, limit yes",
            "closing rate, smallest margin *, limit 0.4*",
        ]
    )
