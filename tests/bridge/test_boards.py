"""Boards by name: what is started and refused, and what a user is told."""

import os
import re
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from firmware_bridge import boards
from tests.bridge import here
from tests.bridge.plain_host import PlainHost


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("emulatd", "board 'emulatd': expected one of emulated, emulated:mps2-an500, emulated:zynq-a9, linux,"),
        ("emulated:", "or serial:PORT[@BAUD]"),
        ("serial:", "expected serial:PORT or serial:PORT@BAUD"),
        ("serial:/dev/ttyACM0@fast", "expected serial:PORT or serial:PORT@BAUD"),
        ("stm32h7-nucleo", "can be built but not run here; flash it and use serial:PORT"),
    ],
)
def test_names_that_are_no_board(name: str, told: str) -> None:
    with pytest.raises(boards.BoardError, match=re.escape(told)):
        boards.open_board(name)


def test_serial_board_is_a_port_and_a_baud_rate() -> None:
    board = boards.open_board("serial:/dev/serial/by-id/usb-X@921600")
    assert (board.tty, board.baud) == ("/dev/serial/by-id/usb-X", 921600)
    assert boards.open_board("serial:/dev/ttyS0").baud == 115200


def test_serial_port_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(boards.BoardError, match="not there"):
        boards.open_board(f"serial:{tmp_path / 'tty'}").start()
    (tmp_path / "file").touch()
    with pytest.raises(boards.BoardError, match="not a serial port"):
        boards.open_board(f"serial:{tmp_path / 'file'}").start()
    with pytest.raises(boards.BoardError, match="press its reset button"):
        boards.open_board("serial:/dev/null").reset()


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(boards.BoardError) as told:
        boards.open_board("emulated").start()
    assert str(told.value) == (
        "board emulated:mps2-an500: make, arm-none-eabi-gcc, qemu-system-arm not found; on Debian: apt-get install "
        "--no-install-recommends make gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
    )


def test_firmware_that_is_none(tmp_path: Path) -> None:
    here.need("emulated")
    with pytest.raises(boards.BoardError, match="No such file"):
        boards.EmulatedBoard("emulated", tmp_path / "no.elf").start()
    (tmp_path / "not.elf").write_text("no firmware")
    with pytest.raises(boards.BoardError, match="not an ELF file"):
        boards.EmulatedBoard("emulated", tmp_path / "not.elf").start()


def test_emulator_that_does_not_start() -> None:
    here.need("emulated")
    board = boards.EmulatedBoard("emulated", qemu_arguments=["-no-such-option"])
    with pytest.raises(boards.BoardError, match=r"QEMU did not start: .*no-such-option"):
        board.start()


@pytest.mark.parametrize("name", ["emulated:mps2-an500", "linux"])
def test_nothing_is_left_behind(name: str) -> None:
    here.need(name)
    board = boards.open_board(name)
    with board:
        assert not isinstance(board, boards.SerialBoard)
        pid = board.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert Path(board.tty).is_char_device()
    for process in [str(pid), *children]:
        assert not Path("/proc", process).exists()
    board.stop()  # once more does no harm


ORPHAN = """
import sys, time
from pathlib import Path
from firmware_bridge import boards
with boards.open_board(sys.argv[1]) as board:
    children = Path(f"/proc/{board.pid}/task/{board.pid}/children").read_text().split()
    folder = getattr(board, "_folder", None)
    print(board.pid, *children, folder.name if folder else "/none", flush=True)
    time.sleep(60.0)
"""


@pytest.mark.parametrize("name", ["emulated:mps2-an500", "linux"])
def test_a_board_dies_with_a_harness_that_is_killed(name: str) -> None:
    here.need(name)
    harness = subprocess.Popen([sys.executable, "-c", ORPHAN, name], stdout=subprocess.PIPE, text=True, cwd=here.ROOT)
    try:
        assert harness.stdout is not None
        *processes, folder = harness.stdout.readline().split()
        assert processes and all(Path("/proc", process).exists() for process in processes)
    finally:
        harness.kill()
        harness.communicate()
    deadline = time.monotonic() + 10.0
    while any(_is_alive(process) for process in processes) or Path(folder).exists():
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.01)


def _is_alive(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_linux_board_on_a_tty_of_the_systems() -> None:
    """As on a Raspberry Pi: the program opens the port itself, sets it raw, and runs until the line is gone."""
    here.need("linux")
    ours, theirs = os.openpty()  # a line as the system sets it up: echo, line by line
    program = subprocess.Popen([boards.build("linux"), os.ttyname(theirs), "921600"], stderr=subprocess.PIPE, text=True)
    try:
        assert select.select([ours], [], [], 10.0)[0]
        with PlainHost(ours) as host:
            assert host.hello()["board"] == b"linux"
            os.close(theirs)
        assert program.wait(10.0) == 3
        assert program.stderr is not None and "the line is gone" in program.stderr.read()
    finally:
        program.kill()
        program.communicate()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "usage: proxops-board PORT [BAUD]"),
        (["/nowhere/tty"], "No such file or directory; expected a tty"),
        (["/dev/null"], "not a tty; expected a serial port"),
        (["/dev/null", "300000"], "300000: no such baud rate"),
    ],
)
def test_linux_board_tells_a_user_of_his_mistake(arguments: list[str], told: str) -> None:
    here.need("linux")
    done = subprocess.run([boards.build("linux"), *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_a_program_that_may_not_run_is_one_line(tmp_path: Path) -> None:
    here.need("linux")
    (tmp_path / "proxops.elf").write_bytes(b"\x7fELF")
    with pytest.raises(boards.BoardError, match="cannot be run: Permission denied"):
        boards.LinuxBoard(elf=tmp_path / "proxops.elf").start()


def test_no_temporary_folder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    here.need("emulated")
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/none")
    with pytest.raises(boards.BoardError, match="expected TMPDIR to name one"):
        boards.EmulatedBoard("emulated").start()
