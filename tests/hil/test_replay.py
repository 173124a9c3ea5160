"""Replay and comparison of logs: equal to the bit, or the first tick and channel that are not."""

from __future__ import annotations

import ctypes
import dataclasses
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gnc import flight, modules
from hil import Log, cli, fly
from hil.replay import ReplayError, compare, replay

CORE = Path(flight.__file__).parent / "core"
ROWS = 400


@pytest.fixture(scope="module")
def log(contact_log: Log) -> Log:
    return cut(contact_log, ROWS)


def cut(log: Log, rows: int) -> Log:
    frames = {name: getattr(log, name)[:rows].copy() for name in ("sensors", "command", "telemetry", "truth")}
    return dataclasses.replace(log, **frames)


class BuiltCore:
    """A flight core built from a folder of sources into a shared library of its own."""

    def __init__(self, library: Path, params: np.void):
        core = ctypes.CDLL(str(library))
        core.flight_size.restype = ctypes.c_size_t
        self._step = core.flight_step
        self._step.restype = ctypes.c_int32
        self._state = ctypes.create_string_buffer(core.flight_size())
        assert core.flight_init(self._state, params.tobytes(), ctypes.byref(ctypes.c_uint32())) == 0

    def step(self, sensors: np.void) -> Any:
        command, telemetry = np.zeros(1, flight.COMMAND), np.zeros(1, flight.TELEMETRY)
        assert self._step(self._state, sensors.tobytes(), ctypes.c_void_p(command.ctypes.data),
                          ctypes.c_void_p(telemetry.ctypes.data)) == 0  # fmt: skip
        return command[0], telemetry[0]


def built(sources: Path, library: Path) -> Path:
    text = (sources / "sources.mk").read_text().replace("\\\n", " ")
    variables = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    named = {key.strip(): value.split() for key, value in variables.items()}
    files = [str(sources / name) for name in modules.sources(sources)]
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O0", *named["CORE_CFLAGS"], f"-I{sources}", *files, "-o", library], check=True
    )
    return library


def test_the_core_answers_as_recorded(log: Log) -> None:
    found = replay(log)
    assert found.equal and found.first is None and found.cycles_differing == 0
    assert found.cycles == (ROWS, ROWS) and found.compared == ("telemetry", "command")
    assert found.digests[0] == found.digests[1]
    assert str(found) == "400 cycles equal to the bit (telemetry, command)"


def test_a_core_built_with_one_ulp_changed_is_found_at_its_tick_and_channel(log: Log, tmp_path: Path) -> None:
    sources = tmp_path / "core"
    shutil.copytree(CORE, sources)
    honest = built(sources, tmp_path / "honest.so")
    assert replay(log, BuiltCore(honest, log.params[0])).equal
    file, line = sources / "nav/solution.c", "    quat_from_dcm(q_hill_from_eci, o->c_hill_from_eci);\n"
    text = file.read_text()
    assert text.count(line) == 1
    file.write_text(text.replace(line, "    if (nav->t_us == 25000000u) o->r_hill_m[1] *= 1.0 - 0x1p-53;\n" + line))
    found = replay(log, BuiltCore(built(sources, tmp_path / "off.so"), log.params[0]))
    assert found.first is not None and not found.equal
    assert (found.first.tick, found.first.channel, found.first.ulps) == (250, "telemetry.r_chaser_target_hill_m[1]", 1)
    assert found.first.recorded == log.telemetry["r_chaser_target_hill_m"][250, 1]
    assert found.digests[0] != found.digests[1]
    assert "tick 250 (25.0 s), telemetry.r_chaser_target_hill_m[1]: " in str(found) and "(1 ulp apart)" in str(found)


@pytest.mark.parametrize(
    ("frame", "field", "index", "value", "ulps"),
    [
        ("telemetry", "sigma_r_hill_m", 2, np.nan, None),
        ("telemetry", "flags", None, 12345, None),
        ("telemetry", "q_body_from_eci", 0, -0.0, None),
        ("command", "thruster_on_us", 7, 31, None),
        ("command", "mechanism", None, 9, None),
    ],
)
def test_a_perturbed_record_is_named(
    log: Log, frame: str, field: str, index: int | None, value: float, ulps: int | None
) -> None:
    bad = cut(log, ROWS)
    rows = getattr(bad, frame)[field]
    at = 123 if index is None else (123, index)
    rows[at] = value
    found = replay(bad)
    assert found.first is not None and found.cycles_differing == 1
    name = f"{frame}.{field}" if index is None else f"{frame}.{field}[{index}]"
    assert (found.first.tick, found.first.channel) == (123, name)
    assert found.first.recorded == rows[at] or np.isnan(found.first.recorded)
    assert found.first.answered == getattr(log, frame)[field][at]
    assert found.first.others == ()
    json.dumps(found.as_dict(), allow_nan=False)


def test_a_nan_equals_the_same_nan_and_the_sign_of_zero_counts(log: Log) -> None:
    one, other = cut(log, ROWS), cut(log, ROWS)
    for side in (one, other):
        side.telemetry["instrument_nis"][77, 1] = np.nan
    assert compare(one, other).equal
    one.telemetry["instrument_nis"][80, 4], other.telemetry["instrument_nis"][80, 4] = 0.0, -0.0
    found = compare(one, other).first
    assert found is not None and (found.tick, found.channel, found.ulps) == (80, "telemetry.camera.nis", 0)


def test_two_flights_differ_first_in_what_they_were_given() -> None:
    def short(*overrides: str, seed: int = 1) -> Log:
        return fly("iss-contact", seed=seed, overrides=["scenario.max_duration_s=20.0", *overrides])

    one = short()
    assert compare(one, one).equal and compare(one, one).parameter is None
    found = compare(one, short('fault=[{instrument="star",kind="dropout",start_s=5.0}]'))
    assert found.first is not None and found.parameter is None
    assert (found.first.tick, found.first.channel) == (52, "sensors.star.count")
    found = compare(one, short(seed=2))
    assert found.first is not None and found.first.tick == 0 and found.cycles_differing == 200
    assert str(found).endswith(f"so do the flight parameters: {found.parameter}")


def test_a_flight_that_ends_sooner_is_not_equal(log: Log) -> None:
    found = compare(log, cut(log, ROWS - 5))
    assert found.first is None and not found.equal and found.cycles == (ROWS, ROWS - 5)
    assert "of 400 and 395 cycles" in str(found)


def test_flights_without_a_cycle_are_not_equal(log: Log) -> None:
    none = {name: getattr(log, name)[:0] for name in ("sensors", "command", "telemetry", "truth")}
    empty = dataclasses.replace(log, **none)
    for compared in (lambda: compare(empty, empty), lambda: replay(empty)):
        with pytest.raises(ReplayError, match=r"^no cycle was flown: there is nothing to compare$"):
            compared()
    assert not compare(empty, log).equal


def test_who_gives_no_telemetry_is_compared_by_commands(log: Log) -> None:
    class Quiet:
        core = flight.Flight(log.params[0])

        def step(self, sensors: np.void) -> Any:
            return self.core.step(sensors)[0]

    found = replay(log, Quiet())
    assert found.equal and found.compared == ("command",)
    wordless = dataclasses.replace(log, telemetry=np.zeros_like(log.telemetry))
    assert replay(wordless).compared == ("command",) and replay(wordless).equal


def test_commands_of_missed_cycles_are_left_out(log: Log) -> None:
    late = dataclasses.replace(cut(log, ROWS), realtime={"misses": [{"tick": 11}, {"tick": 12}]})
    firing = int(np.argmax(log.command["thruster_on_us"].any(axis=1)))
    late.realtime["misses"].append({"tick": firing})  # type: ignore[index]
    late.command["thruster_on_us"][firing] = 0
    assert replay(late).equal and replay(late).missed == 3
    found = replay(dataclasses.replace(late, realtime=None)).first
    assert found is not None and found.tick == firing and found.channel.startswith("command.thruster_on_us[")


def test_a_core_that_refuses_a_frame_says_which(log: Log) -> None:
    again = log.sensors.copy()
    again[50] = again[49]  # a frame that was taken before
    with pytest.raises(ReplayError, match=r"refused the frame of tick 49: malformed sensor frame"):
        replay(dataclasses.replace(log, sensors=again))


def test_replay_and_compare_on_the_command_line(
    contact_folder: Path,
    contact_log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["proxops", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return stop.value.code, out, err

    rows = len(contact_log.command)
    status, out, _ = call("replay", str(contact_folder))
    assert status == 0 and out == f"{rows:,} cycles equal to the bit (telemetry, command)\n"
    bad = tmp_path / "bad"
    shutil.copytree(contact_folder, bad)
    with h5py.File(bad / "log.h5", "r+", libver="latest") as file:
        row = file["telemetry"][321]
        row["v_port_tport_mps"][2] = np.nextafter(row["v_port_tport_mps"][2], np.inf)
        file["telemetry"][321] = row
    status, out, _ = call("replay", str(bad))
    assert status == 1 and out.startswith("first difference at tick 321 (32.1 s), telemetry.v_port_tport_mps[2]: ")
    assert "1 ulp apart" in out and f"1 of {rows:,} cycles differ" in out
    status, out, _ = call("compare", str(contact_folder), str(bad), "--json")
    found = json.loads(out)
    assert status == 1 and found["equal"] is False and found["first"]["channel"] == "telemetry.v_port_tport_mps[2]"
    status, _, err = call("replay", str(tmp_path / "nowhere"))
    assert status == 2 and err.count("\n") == 1 and "no log there" in err
