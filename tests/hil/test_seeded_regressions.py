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
from hil.report.wording import requirement_name

pytest_plugins = "pytester"

ROOT = Path(__file__).parents[2]
MINE = '[scenario]\nname = "mine"\nextends = "iss-contact"\nmax_duration_s = 400.0\n'

# In a source file of the core: what it says, and what a slip of the pen makes of it
SLIPS = {
    "sign of a gain": ("ctl_translation.c", "= kd * control_dead_band(", "= -kd * control_dead_band("),
    "update of a filter": (
        "nav_camera.c",
        "&f->relative.camera.nis)) return false;\n    nav_relative_correct(f, dx);\n",
        "&f->relative.camera.nis)) return false;\n",
    ),
}


# Keys of a scenario that say how noisy a sensor is, and the sensor's first channel that shows it
NOISES = {
    "sensors.camera.sigma_los_deg": (0.1, "sensors.camera_azimuth_rad"),
    "sensors.imu.gyro_arw_deg_per_sqrt_h": (0.005, "sensors.imu_dtheta_body_rad[0]"),
    "sensors.star.sigma_cross_arcsec": (10.0, "sensors.star_q_star_from_eci[0]"),
    "sensors.rgnss.sigma_r_m": (0.05, "sensors.rgnss_r_eci_m[0]"),
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
    ("slip", "tick", "channel", "figure"),
    [
        # the first cycle with a velocity to correct: what is asked for goes the wrong way
        ("sign of a gain", 50, "telemetry.accel_cmd_hill_mps2[0]", "corridor"),
        # the cycle of the camera's first measurement: the estimate stays where it was
        ("update of a filter", 2, "telemetry.r_chaser_target_hill_m[0]", "delta_v"),
    ],
)
def test_a_slip_in_the_core(
    kept: Path, capsys: pytest.CaptureFixture[str], slip: str, tick: int, channel: str, figure: str
) -> None:
    board = board_with(slip)
    found = baseline.check(kept, opener=lambda scenario, seed: open_computer(board, allow_mismatch=True))
    assert found.result == "moved" and first_differences(found) == [(tick, channel)] * 2
    for run in found.runs:
        assert run.departure is not None
        assert "truth" not in str(run.departure), "it is not the plant"
        assert not any(name.startswith("sensors.") for name in run.departure.channels), "nor the sensors"
        moved = {one.name: one for one in run.moved}
        assert {"captured", figure} <= set(moved)
        now = moved[figure].now
        assert now is not None and not now.passed
    show_check(found)
    out = capsys.readouterr().out
    assert (
        f"first difference at tick {tick}" in out and channel in out and requirement_name(figure).split(",")[0] in out
    )
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
        ["flown all the same: the board has core *", "approach corridor, half angle *, limit 10.0"]
    )
