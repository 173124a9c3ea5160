"""Boards as flight computers of whole runs: on the command line, lost on the way, late, or built otherwise."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from firmware_bridge import boards
from firmware_bridge.computers import BoardComputer, open_computer
from firmware_bridge.errors import MismatchError
from firmware_bridge.ports import ports
from firmware_bridge.remote import RemoteFlight
from gnc import flight
from hil import Log, fly
from hil.cli import flying
from hil.cli.shared import EXIT
from hil.link_test import link_test, wire_us
from hil.replay import replay
from tests.bridge import here
from tests.bridge.boards import MemoryBoard
from tests.command_line import call

SHORT = ["scenario.max_duration_s=20.0"]


@pytest.fixture(scope="module")
def software(tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, Path]:
    """The first cycles, flown by software in the loop."""
    out = tmp_path_factory.mktemp("software") / "out"
    return fly("iss-contact", 1, overrides=SHORT, out=out), out


@pytest.fixture(scope="module")
def off_by_an_ulp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Linux board's firmware with a core whose estimate is an ulp off at tick 150."""
    here.need("linux")
    folder = tmp_path_factory.mktemp("off")
    core = folder / "core"
    shutil.copytree(here.ROOT / "gnc" / "core", core)
    file, line = core / "nav/solution.c", "    quat_from_dcm(q_hill_from_eci, o->c_hill_from_eci);\n"
    text = file.read_text()
    assert text.count(line) == 1
    file.write_text(text.replace(line, "    if (nav->t_us == 15000000u) o->r_hill_m[1] *= 1.0 - 0x1p-53;\n" + line))
    return boards.build("linux", folder=folder / "build", core=core, opt="-O0")


class Before:
    """A board with something done to it before given ticks."""

    def __init__(self, computer: BoardComputer, actions: dict[int, Callable[[], None]]):
        self.computer, self.actions = computer, actions
        self.start, self.describe = computer.start, computer.describe

    def step(self, sensors: np.void) -> Any:
        self.actions.get(int(sensors["tick"]), lambda: None)()
        return self.computer.step(sensors)


# ---- flown and replayed -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linux", *here.EMULATED])
def test_a_board_replays_a_recorded_flight_to_the_bit(
    name: str, software: tuple[Log, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    here.need(name)
    status, out, err = call(capsys, "replay", str(software[1]), "--on", name)
    assert (status, out, err) == (0, "200 cycles equal to the bit (telemetry, command)\n", "")


def test_a_run_on_a_board_has_the_digest_of_software_in_the_loop(
    software: tuple[Log, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here.need("linux")
    out = tmp_path / "out"
    arguments = ["--set", SHORT[0], "--on", "linux", "--out", str(out), "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flying, "write_report", lambda out, log: None)
        status, printed, err = call(capsys, "run", "iss-contact", *arguments)
    flown = json.loads(printed)
    assert err == "" and status == EXIT[flown["verdict"]]
    assert flown["digest"] == software[0].digest and flown["realtime"] is None
    computer = flown["computer"]
    assert computer["name"] == computer["board"] == "linux" and computer["mismatches"] == []
    assert computer["link"]["crc_errors"] == computer["link"]["resends"] == 0
    assert computer["link"]["packets_received"] >= 200 and computer["round_trip_us"]["median"] > 0.0
    assert Log.open(out).computer == computer
    assert call(capsys, "compare", str(software[1]), str(out))[0] == 0


def test_a_board_built_otherwise_is_refused_and_flown_only_on_demand(
    off_by_an_ulp: Path, software: tuple[Log, Path]
) -> None:
    with pytest.raises(MismatchError, match="has core"), open_computer(boards.LinuxBoard(elf=off_by_an_ulp)):
        pass
    with open_computer(boards.LinuxBoard(elf=off_by_an_ulp), allow_mismatch=True) as computer:
        found = replay(software[0], computer)
        log = fly("iss-contact", 1, flight=computer)
    assert found.first is not None and not found.equal
    assert (found.first.tick, found.first.channel, found.first.ulps) == (150, "telemetry.r_chaser_target_hill_m[1]", 1)
    assert all(requirement.passed is not False for requirement in log.requirements)
    assert log.verdict == "FAIL" and log.error is not None and "flown all the same: the board has core" in log.error


# ---- lost on the way ----------------------------------------------------------------------------


def test_a_board_that_dies_ends_the_run_in_error_with_its_log_whole(tmp_path: Path, software: tuple[Log, Path]) -> None:
    here.need("linux")
    with open_computer("linux", timeout_s=1.0, reconnect_s=0.2) as computer:
        tty_name = computer.board.tty
        killed = Before(computer, {121: computer.board.kill})
        log = fly("iss-contact", 1, overrides=SHORT, flight=killed, out=tmp_path / "out")
    assert log.verdict == "ERROR" and log.ended == "error" and log.error is not None
    assert tty_name in log.error and "tick 121" in log.error and "\n" not in log.error
    back = Log.open(tmp_path / "out")
    assert back.summary() == log.summary() and len(back.telemetry) == 121
    assert back.telemetry.tobytes() == software[0].telemetry[:121].tobytes()


def test_a_board_that_hangs_ends_the_run_within_its_timeout(tmp_path: Path) -> None:
    here.need("linux")
    with open_computer("linux", timeout_s=0.5) as computer:
        log = fly("iss-contact", 1, overrides=SHORT, flight=Before(computer, {0: computer.board.pause}))
    assert log.verdict == "ERROR" and len(log.telemetry) == 0
    assert log.error is not None and "at tick 0 does not answer for 0.5 s" in log.error


def test_a_computer_that_fails_in_its_own_way_ends_the_run_in_error_with_its_log_whole(tmp_path: Path) -> None:
    """Anything a port may raise that nobody has put in words."""
    core: Any = None

    def broken(params: np.void) -> Any:
        nonlocal core
        core = flight.Flight(params)
        return SimpleNamespace(step=step)

    def step(sensors: np.void) -> Any:
        if sensors["tick"] == 70:
            raise OSError(5, "Input/output error")
        return core.step(sensors)

    log = fly("iss-contact", 1, overrides=SHORT, flight=broken, out=tmp_path / "out")
    assert log.verdict == "ERROR"
    said = "the flight computer failed at tick 70: OSError: [Errno 5] Input/output error (test_computers.py:"
    assert str(log.error).startswith(said)
    back = Log.open(tmp_path / "out")
    assert back.summary() == log.summary() and len(back.telemetry) == 70


# ---- real time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("overrun", "expected"), [("count", [12]), ("catchup", [12, 13, 14])])
def test_a_board_held_still_misses_the_deadlines_of_that_time(overrun: Any, expected: list[int]) -> None:
    here.need("linux")
    with open_computer("linux") as computer:

        def hold() -> None:
            computer.board.pause()
            threading.Timer(0.35, computer.board.resume).start()

        log = fly("iss-contact", 1, overrides=["scenario.max_duration_s=2.5"], flight=Before(computer, {12: hold}),
                  mode="realtime", overrun=overrun)  # fmt: skip
    assert log.realtime is not None and log.realtime["cycles"] == 25
    missed = {miss["tick"]: miss for miss in log.realtime["misses"]}
    assert set(expected) <= set(missed)
    assert missed[12]["cause"] == "flight computer" and missed[12]["late_us"] >= 240_000.0
    for tick, miss in missed.items():  # a busy host may add some of its own
        assert tick in expected or miss["cause"] in ("host", "backlog")
        assert not log.command["thruster_on_us"][tick].any()


# ---- the link, the ports, the firmware ----------------------------------------------------------


def test_link_test_says_what_the_link_holds(capsys: pytest.CaptureFixture[str]) -> None:
    here.need("linux")
    status, out, _ = call(capsys, "link-test", "linux", "--exchanges", "100", "--json")
    found = json.loads(out)
    assert status == 0 and found["equal"] and found["lost"] == 0 and found["errors"] == {}
    assert found["exchanges"] == found["round_trip_us"]["count"] == 100
    assert 200 < found["bytes_up"] < 440 and 400 < found["bytes_down"] < 600 and found["baud"] is None
    rates = list(found["rate_by_baud_hz"].values())
    assert rates == sorted(rates) and rates[-1] < found["rate_hz"]
    exchange_us = 1.0e6 / found["rate_hz"] + wire_us(found["bytes_up"] + found["bytes_down"], 115_200)
    assert found["rate_by_baud_hz"]["115200"] == pytest.approx(1.0e6 / exchange_us, rel=1e-9, abs=0.0)
    status, out, _ = call(capsys, "link-test", "linux", "--exchanges", "10")
    assert status == 0 and "10 exchanges of" in out and "at   115,200 baud" in out


def test_link_test_counts_what_the_wire_lost(link: ctypes.CDLL) -> None:
    board, answers, lost = MemoryBoard(link), count(1), []

    def lose(answer: bytes) -> bool:
        if len(answer) > 300 and next(answers) % 10 == 0:
            lost.append(answer)
            return True
        return False

    board.lose = lose
    found = link_test(RemoteFlight(board), 50)
    assert found.equal and found.baud is None and found.exchanges == 50
    assert found.asked_again >= found.lost == len(lost) >= 5
    assert found.errors == {"host sequence_gaps": len(lost)}


def test_ports_are_listed_with_their_lasting_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from serial.tools import list_ports
    from serial.tools.list_ports_common import ListPortInfo

    (tmp_path / "ttyUSB0").touch()
    adapter = ListPortInfo(str(tmp_path / "ttyUSB0"))
    adapter.vid, adapter.pid, adapter.serial_number, adapter.description = 0x0403, 0x6001, "A50285BI", "FT232R"
    plain = ListPortInfo("/dev/ttyS7")
    monkeypatch.setattr(list_ports, "comports", lambda: [plain, adapter])
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-FTDI_FT232R").symlink_to(tmp_path / "ttyUSB0")
    first, second = sorted(ports(by_id), key=lambda port: port.device == "/dev/ttyS7")
    assert first.usb == "usb:0403:6001:A50285BI" and first.by_id == str(by_id / "usb-FTDI_FT232R")
    assert (second.device, second.by_id, second.usb, second.description) == ("/dev/ttyS7", None, None, "")
    status, out, _ = call(capsys, "ports")
    assert status == 0 and "usb:0403:6001:A50285BI  FT232R" in out and "/dev/ttyS7\n" in out
    assert len(json.loads(call(capsys, "ports", "--json")[1])) == 2
    monkeypatch.setattr(list_ports, "comports", list)
    assert call(capsys, "ports")[1] == "no serial ports\n"


def test_exported_firmware_builds_with_make_alone_to_the_same_core(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], software: tuple[Log, Path]
) -> None:
    here.need("linux")
    status, out, _ = call(capsys, "firmware", "export", str(tmp_path / "fw"))
    assert status == 0 and "linux" in out and "mps2_an500" in out
    folder = tmp_path / "fw" / "firmware_bridge" / "board"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["make", "-s", "PORT=linux", "OPT=-O0"], cwd=folder, check=True, env=clean)
    elf = tmp_path / "fw" / "build" / "board" / "linux" / "proxops.elf"
    with open_computer(boards.LinuxBoard(elf=elf)) as computer:
        assert replay(software[0], computer).equal
    status, _, err = call(capsys, "firmware", "export", str(tmp_path / "fw"))
    assert status == 2 and "not an empty folder" in err and err.count("\n") == 1


# ---- mistakes -----------------------------------------------------------------------------------


@contextmanager
def silent_port() -> Iterator[str]:
    """A terminal whose other end says nothing."""
    far, near = os.openpty()
    tty.setraw(near)
    try:
        yield os.ttyname(near)
    finally:
        os.close(far)
        os.close(near)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("mars", "board 'mars': expected one of emulated, "),
        ("emulated:pdp-11", "'emulated:pdp-11': expected one of"),
        ("serial:", "expected serial:PORT or serial:PORT@BAUD"),
        ("serial:/dev/ttyX@fast", "expected serial:PORT or serial:PORT@BAUD"),
        ("serial:/dev/ttyX@", "expected serial:PORT or serial:PORT@BAUD"),
        ("serial:/dev/ttyX@" + "9" * 5000, "expected serial:PORT or serial:PORT@BAUD"),
        ("serial:/dev/ttyX@0", "board serial:/dev/ttyX: 0 baud: expected 50 to 50000000, such as 115200"),
        ("serial:/dev/ttyX@-9600", "-9600 baud: expected 50 to 50000000"),
        ("serial:/dev/ttyX@1000000000000", "1000000000000 baud: expected 50 to 50000000"),
        ("serial:/dev/nowhere", "/dev/nowhere: there is no such device"),
        ("serial:usb:zzzz", "expected usb:VID:PID"),
        ("stm32h7-nucleo", "flash it and use serial:PORT"),
    ],
)
def test_a_mistake_about_the_board_is_one_line_and_exit_status_2(
    on: str, expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, err = call(capsys, "run", "iss-contact", "--on", on, "--out", str(tmp_path / "out"))
    assert status == 2 and out == "" and not (tmp_path / "out").exists()
    assert err.count("\n") == 1 and err.startswith("proxops: ") and expected in err


def test_a_port_where_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with silent_port() as port:
        status, out, err = call(capsys, "run", "iss-contact", "--on", f"serial:{port}")
    assert status == 2 and out == "" and err.count("\n") == 1
    assert "no answer" in err and port in err
