"""Baselines: what is the same is said to be, and what is not is named by cycle, channel and figure."""

from __future__ import annotations

import json
import re
import shlex
import sys
import zipfile
from contextlib import nullcontext
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil import Log, baseline, fly
from hil.baseline import Baseline, BaselineError, Hashes, channel_names
from tests.command_line import call
from tests.hil.own_software import GIVES_UP, giving_up, passive

MINE = 'schema = 2\n[scenario]\nname = "mine"\nextends = "iss-contact"\nmax_duration_s = 1800.0\n'


class Altered:
    """The flight core, with one field of its answer changed in one cycle."""

    def __init__(self, tick: int, frame: str, field: str, index: int | None = None):
        self.tick, self.frame, self.field = tick, frame, field
        count = getattr(flight, frame.upper())[field].shape
        self.change = 1 if index is None else np.arange(*count) == index

    def start(self, params: np.void) -> None:
        self.core = flight.Flight(params)

    def step(self, sensors: np.void) -> Any:
        answer = dict(zip(("command", "telemetry"), self.core.step(sensors), strict=True))
        if sensors["tick"] == self.tick:
            changed = answer[self.frame].copy()
            changed[self.field] = changed[self.field] + self.change
            answer[self.frame] = changed
        return answer["command"], answer["telemetry"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario file, and beside it a baseline of it and of a packaged scenario."""
    made = tmp_path_factory.mktemp("baseline")
    (made / "mine.toml").write_text(MINE)
    (made / "sets").mkdir()
    baseline.save(made / "sets" / "two.baseline", ["iss-contact", made / "mine.toml"], [1, 2], jobs=2)
    return made


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> Path:
    """The same in a folder of the test's own: its scenario may be changed."""
    (tmp_path / "mine.toml").write_text(MINE)
    (tmp_path / "sets").mkdir()
    copy = tmp_path / "sets" / "two.baseline"
    copy.write_bytes((folder / "sets" / "two.baseline").read_bytes())
    return copy


def test_the_same_flights_are_identical(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # the scenario is found beside the baseline, wherever one works
    found = baseline.check(folder / "sets" / "two.baseline")
    assert (found.result, [run.result for run in found.runs]) == ("identical", ["identical"] * 4)
    assert [(run.scenario, run.seed) for run in found.runs] == [
        ("iss-contact", 1), ("iss-contact", 2), ("mine", 1), ("mine", 2)
    ]  # fmt: skip


def test_the_same_runs_make_the_same_small_file(folder: Path, contact_log: Log, tmp_path: Path) -> None:
    made = baseline.save(tmp_path / "one", ["iss-contact"], [1])
    again = baseline.save(tmp_path / "again", ["iss-contact"], [1])
    assert made.path.read_bytes() == again.path.read_bytes()
    frames = (contact_log.sensors, contact_log.telemetry, contact_log.command, contact_log.truth)
    assert made.path.stat().st_size < 0.08 * sum(frame.nbytes for frame in frames)
    read = Baseline.read(made.path)
    assert read.runs[0].digests["telemetry"] == contact_log.digest
    assert read.runs[0].channels == channel_names(contact_log.scenario.instrument_kinds)
    assert read.runs[0].requirements == made.runs[0].requirements


@pytest.mark.parametrize(
    ("altered", "channel", "unit"),
    [
        (Altered(12, "command", "thruster_on_us", 3), "command.thruster_on_us[3]", "us"),
        (Altered(0, "telemetry", "r_chaser_target_hill_m", 1), "telemetry.r_chaser_target_hill_m[1]", "m"),
        (Altered(3000, "telemetry", "slots_refused"), "telemetry.slots_refused", "1"),
    ],
)
def test_a_change_is_named_by_cycle_and_channel(kept: Path, altered: Altered, channel: str, unit: str) -> None:
    found = baseline.check(kept, opener=lambda scenario, seed: nullcontext(copy(altered))).runs[0]
    assert found.departure is not None and not found.identical and "truth" not in str(found.departure)
    assert (found.departure.tick, found.departure.channels[0], found.departure.unit) == (altered.tick, channel, unit)
    assert f"first difference at tick {altered.tick} ({0.1 * altered.tick:.1f} s): {channel}, now" in str(
        found.departure
    )
    if altered.frame == "telemetry":  # nobody flies by it: all else is as it was
        assert found.departure.cycles_differing == 1 and found.departure.truth_tick is None
        assert found.result == "within tolerance" and found.moved == ()


def test_every_bit_counts(contact_log: Log) -> None:
    """One bit of any channel changes the hash of its cycle, and but for one in 256 its own."""
    was = Hashes.of(contact_log)
    rng = np.random.default_rng(3)
    frames = {name: getattr(contact_log, name).copy() for name in baseline.FRAMES}
    flips = []
    for row in range(7, 3500, 7):
        name = baseline.FRAMES[row % 3]
        record = frames[name][row : row + 1]
        if name == "sensors":  # of a measurement's values: an unused slot has no channel
            slots = record["slot"][0]
            record = slots[rng.choice(np.flatnonzero(slots["count"] >= 3))]["z"][:3]
        # of telemetry what comes before the arrays by instrument, of which one that is not fitted has no channel
        last = {"telemetry": "instrument_nis", "command": "reserved"}.get(name)
        most = record.nbytes if last is None else record.dtype.fields[last][1]
        at = int(rng.integers(most))
        record.view(np.uint8)[at] ^= np.uint8(1 << rng.integers(8))
        flips.append(row)
    changed = type("Changed", (), frames | {"truth": contact_log.truth, "scenario": contact_log.scenario})
    now = Hashes.of(changed)  # type: ignore[arg-type]
    assert np.flatnonzero(was.cycles[:, 0] != now.cycles[:, 0]).tolist() == flips
    unused = contact_log.sensors.copy()
    unused["slot"]["z"][5, -1, -1] = 1.0
    assert (Hashes.of(type("Changed", (), vars(changed) | {"sensors": unused})).cycles[5] != was.cycles[5]).any()  # type: ignore[arg-type]
    assert (was.cycles[:, 1] == now.cycles[:, 1]).all()
    named = (was.channels != now.channels).sum(axis=0)
    assert named.max() == 1 and 0.98 * len(flips) < named.sum() <= len(flips)


def test_a_changed_plant_shows_in_the_truth(kept: Path) -> None:
    with (kept.parents[1] / "mine.toml").open("a") as file:
        file.write("[vehicle.cargo]\ndrag_area_m2 = 29.0\n")
    found = baseline.check(kept)
    assert [run.identical for run in found.runs] == [True, True, False, False]
    run = found.runs[2]
    assert run.departure is not None and run.departure.truth_tick == 1 == run.departure.tick
    assert "the plant's truth differs from tick 1 on" in str(run.departure)
    assert run.causes[0] == "scenario vehicle.cargo.drag_area_m2 = 29.0, was 28.0"


def test_a_changed_limit_counts_though_the_flight_is_the_same(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (kept.parents[1] / "mine.toml").open("a") as file:
        file.write("[requirement.docking]\nlateral_rate_mps = 0.05\n")
    status, out, _ = call(capsys, "baseline", "check", str(kept))
    assert status == 1 and "first difference" not in out
    assert "changed: scenario requirement.docking.lateral_rate_mps = 0.05, was 0.04" in out
    assert "0.0400 → 0.0500" in out and "25 %" in out
    status, out, _ = call(capsys, "baseline", "check", str(kept), "--tolerance", "0.3", "--json")
    found = json.loads(out)
    assert (status, found["result"]) == (0, "within tolerance")
    assert [run["result"] for run in found["runs"]] == ["identical"] * 2 + ["within tolerance"] * 2


def test_tolerance_is_a_share_of_the_limit(kept: Path) -> None:
    with (kept.parents[1] / "mine.toml").open("a") as file:
        file.write("[instrument.camera]\ndropout_probability = 0.0\n")
    strict = baseline.check(kept)
    moves = [one.moved for run in strict.runs for one in run.moved]
    assert strict.result == "moved" and moves and None not in moves
    largest = max(move for move in moves if move is not None)
    one = next(one for run in strict.runs for one in run.moved if one.moved == largest)
    assert one.was is not None and one.now is not None and one.was.figure is not None and one.now.figure is not None
    assert largest == pytest.approx(abs(one.now.figure - one.was.figure) / one.was.limit, rel=1e-9, abs=0.0)
    assert baseline.check(kept, tolerance=0.999 * largest).result == "moved"
    assert baseline.check(kept, tolerance=1.001 * largest).result == "within tolerance"


def test_a_verdict_that_changed_is_beyond_any_tolerance(kept: Path) -> None:
    with (kept.parents[1] / "mine.toml").open("a") as file:
        file.write("[requirement.docking]\nlateral_rate_mps = 1e-6\n")
    found = baseline.check(kept, tolerance=1.0e9)
    assert [run.result for run in found.runs] == ["identical", "identical", "moved", "moved"]
    assert found.runs[2].verdict == ("PASS", "FAIL") and [one.name for one in found.runs[2].moved] == [
        "contact_lateral_rate"
    ]


def test_the_command_line_saves_checks_and_names_a_replay(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(MINE)
    save = (
        "baseline",
        "save",
        "mine.toml",
        "--seed",
        "4-5",
        "--set",
        "vehicle.cargo.mass_kg=18900.0",
        "--out",
        "b/set",
    )
    status, out, err = call(capsys, *save)
    assert (status, err) == (0, "") and "mine.toml, seed 5: PASS" in out and "b/set: 2 runs" in out
    status, out, err = call(capsys, "baseline", "check", "b/set")
    assert (status, err) == (0, "") and out.rstrip().endswith("identical to the bit (2 identical of 2 runs)")
    status, out, err = call(capsys, *save)
    assert (status, err) == (2, "proxops: b/set: already there; --overwrite replaces it\n")
    Path("mine.toml").write_text(MINE + "[instrument.camera]\nlatency_s = 0.3\n")
    status, out, _ = call(capsys, "baseline", "check", "b/set")
    assert status == 1 and "replay: proxops run mine.toml --set vehicle.cargo.mass_kg=18900.0 --seed 5" in out
    assert call(capsys, *save, "--overwrite")[0] == 0 and call(capsys, "baseline", "check", "b/set")[0] == 0


def test_ones_own_flight_software_is_held_to_its_own_flights(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # its module is found where one works
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("mine.py").write_text(
        "from tests.hil.own_software import Passive\nclass Mine(Passive):\n    def __init__(self, params):\n"
        "        super().__init__()\n"
    )
    kept, own = "set", ("--flight", "mine:Mine")
    save = ("baseline", "save", "iss-contact", "--set", "scenario.max_duration_s=20.0", "--out", kept)
    assert call(capsys, *save, *own)[0] == 0 and Baseline.read(kept).runs[0].software == own[1]
    assert call(capsys, "baseline", "check", kept, *own)[0] == 0
    status, out, _ = call(capsys, "baseline", "check", kept)
    assert status == 1 and f"changed: flight software the flight core, was {own[1]}\n" in out
    assert call(capsys, *save, "--overwrite")[0] == 0
    status, out, _ = call(capsys, "baseline", "check", kept, *own)
    assert status == 1 and f"changed: flight software {own[1]}, was the flight core\n" in out
    replay = f"proxops run iss-contact --set scenario.max_duration_s=20.0 --seed 1 --flight {own[1]}"
    assert f"replay: {replay}\n" in out
    status, out, _ = call(capsys, *shlex.split(replay)[1:], "--json")
    assert status == 1 and json.loads(out)["delta_v_mps"]["total"] == 0.0


def test_software_that_raises_is_no_baseline_and_fails_the_check_of_one(tmp_path: Path) -> None:
    kept, short = tmp_path / "set", ["scenario.max_duration_s=20.0"]
    with pytest.raises(BaselineError, match=f"seed 1: the run broke, nothing to hold others to: {re.escape(GIVES_UP)}"):
        baseline.save(kept, ["iss-contact"], overrides=short, flight=giving_up)
    baseline.save(kept, ["iss-contact"], [1, 2], overrides=short, flight=passive)
    found = baseline.check(kept, flight=giving_up)
    assert [(run.result, run.verdict[1], run.error) for run in found.runs] == [("moved", "ERROR", GIVES_UP)] * 2
    assert not found.runs[0].identical and json.dumps(found.as_dict())


def test_a_run_that_broke_is_no_baseline(tmp_path: Path) -> None:
    class Broken:
        def describe(self) -> dict[str, Any]:
            return {"board": "x", "name": "y", "mismatches": []}

        def step(self, sensors: np.void) -> Any:
            from firmware_bridge.errors import BoardLostError

            raise BoardLostError("the board is gone")

    with pytest.raises(BaselineError, match="iss-contact, seed 1: the run broke, "):
        baseline.save(tmp_path / "set", ["iss-contact"], opener=lambda scenario, seed: nullcontext(Broken()))
    assert not list(tmp_path.iterdir())


MISTAKES = {
    "missing": (lambda path: path.unlink(), "no baseline to be read there: No such file"),
    "not one": (lambda path: path.write_text("x"), "not a baseline, or a damaged one"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:100_000]), "not a baseline, or a damaged one"),
    "damaged": (
        lambda path: path.write_bytes(spoilt(path.read_bytes(), inside(path, "0000/channels"))),
        "Bad CRC-32 for file '0000/channels'",
    ),
    "scenario gone": (lambda path: (path.parents[1] / "mine.toml").unlink(), "mine.toml: no such scenario file"),
    "scenario wrong": (
        lambda path: (path.parents[1] / "mine.toml").write_text(MINE + "[plant]\nstep=1\n"),
        "plant.step = 1: wrong unit",
    ),
}  # fmt: skip


def inside(path: Path, member: str) -> int:
    """Where a byte lies in the middle of a member of an archive."""
    with zipfile.ZipFile(path) as file:
        found = file.getinfo(member)
    return found.header_offset + 30 + len(member) + found.compress_size // 2


def spoilt(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_exit_status_2(kept: Path, mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil, expected = MISTAKES[mistake]
    spoil(kept)
    status, out, err = call(capsys, "baseline", "check", str(kept))
    assert (status, out) == (2, "") and err.count("\n") == 1 and expected in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("save", "iss-contact", "--out", "/proc/nowhere/set"), "/proc/nowhere/set: cannot be written"),
        (("save", "iss-contact", "--seed", "1-b", "--out", "set"), "'1-b': expected whole numbers"),
        (("save", "--out", "set"), "Missing argument"),
        (("save", "iss-contact", "--jobs", "0", "--out", "set"), "jobs = 0: expected 1 or more"),
        (
            ("save", "iss-contact", "--flight", "nowhere:Mine", "--out", "set"),
            "--flight nowhere:Mine: expected MODULE:F",
        ),
        (
            ("save", "iss-contact", "--flight", "a:b", "--on", "linux", "--out", "set"),
            "cannot be combined with --on linux",
        ),
        (("check", "set", "--flight", "math:pi"), "--flight math:pi: expected a class or a function"),
        (("check", "set", "--flight", "a:b", "--on", "linux"), "--flight a:b: cannot be combined with --on linux"),
        (("check", "set", "--tolerance", "-1"), "tolerance = -1.0: expected 0 or more"),
        (("check", "set", "--tolerance", "nan"), "tolerance = nan: expected 0 or more"),
    ],
)
def test_a_mistake_on_the_command_line(
    arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = call(capsys, "baseline", *arguments)
    assert status == 2 and err.count("\n") == 1 and expected in err


def test_damage_anywhere_is_noticed_or_harmless(kept: Path) -> None:
    whole = kept.read_bytes()
    good = Baseline.read(kept)
    for at in (*range(0, 200, 3), *range(len(whole) - 400, len(whole), 5), *range(1000, len(whole), len(whole) // 20)):
        kept.write_bytes(spoilt(whole, at))
        try:
            read = Baseline.read(kept)
        except BaselineError:
            continue
        for a, b in zip(read.runs, good.runs, strict=True):
            assert (a.digests, a.requirements, a.params, a.channels) == (
                b.digests,
                b.requirements,
                b.params,
                b.channels,
            )
            assert (a.hashes.cycles == b.hashes.cycles).all() and (a.hashes.channels == b.hashes.channels).all()


def test_flights_of_another_length_are_told(kept: Path) -> None:
    log = fly("iss-contact", 1, overrides=["scenario.max_duration_s=100.0"])
    run = Baseline.read(kept).runs[0]
    found = baseline._departure(run, log)
    assert str(found) == f"equal as far as both go, but of {len(run.hashes.cycles):,} and 1,000 cycles"
