"""`proxops board` on one end of a serial line and `proxops run` on the other, as between two computers."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firmware_bridge.boards import SerialBoard
from firmware_bridge.computers import open_computer
from hil import Log, fly
from tests.bridge import here
from tests.bridge.boards import recording
from tests.bridge.test_computers import Before
from tests.command_line import call

SHORT = "scenario.max_duration_s=20.0"


class Line:
    """Two terminals, `ports`, and a wire between them."""

    def __init__(self) -> None:
        self._ends = [os.openpty(), os.openpty()]
        for _, port in self._ends:
            tty.setraw(port)  # and kept open: a terminal that nobody has open hangs up
        self._wake_up, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    @property
    def ports(self) -> tuple[str, str]:
        return os.ttyname(self._ends[0][1]), os.ttyname(self._ends[1][1])

    def _pass_on(self) -> None:
        one, other = self._ends[0][0], self._ends[1][0]
        while self._wake_up not in (ready := select.select([self._wake_up, one, other], [], [])[0]):
            for source in ready:
                data = os.read(source, 65536)
                while data:
                    data = data[os.write(other if source == one else one, data) :]

    def _stop(self) -> None:
        if self._thread.is_alive():
            os.write(self._wake, b"\0")
            self._thread.join()
            os.read(self._wake_up, 1)

    def replug(self) -> None:
        """The second terminal hangs up; another one is in its place."""
        self._stop()
        new = os.openpty()  # before the old one goes, so that its name is another
        tty.setraw(new[1])
        for descriptor in self._ends[1]:
            os.close(descriptor)
        self._ends[1] = new
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    def unplug(self) -> None:
        """The second terminal hangs up."""
        self._stop()
        for descriptor in self._ends.pop():
            os.close(descriptor)
        self._ends.append(os.openpty())  # nobody's

    def close(self) -> None:
        self._stop()
        for descriptor in (*self._ends[0], *self._ends[1], self._wake, self._wake_up):
            os.close(descriptor)


@pytest.fixture
def line() -> Iterator[Line]:
    """A line with `proxops board` running on the first of its ports."""
    here.need("linux")
    line = Line()
    command = [sys.executable, "-m", "hil.cli", "board", "--port", line.ports[0], "--baud", "921600"]
    board = subprocess.Popen(command, cwd=here.ROOT, stderr=subprocess.PIPE, text=True)
    assert select.select([line._ends[1][1]], [], [], 60.0)[0], "the board did not say hello"
    yield line
    board.send_signal(signal.SIGTERM)
    try:
        assert board.communicate(timeout=10.0)[1] == ""
        assert board.returncode == 0
    finally:
        board.kill()
        line.close()


def test_a_run_on_a_port_where_proxops_board_answers(
    line: Line, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    on = f"serial:{line.ports[1]}@921600"
    status, out, err = call(capsys, "run", "iss-contact", "--on", on, "--set", SHORT, "--json")
    flown = json.loads(out)
    assert err == "" and status == 1  # twenty seconds do not dock
    software = fly("iss-contact", overrides=[SHORT], out=tmp_path / "software")
    assert flown["digest"] == software.digest
    computer = flown["computer"]
    assert (computer["board"], computer["name"]) == ("linux", f"serial:{line.ports[1]}")
    assert computer["port"]["baud"] == 921600 and computer["board_link"]["steps"] == 200
    # the same board takes the next flight
    status, out, err = call(capsys, "replay", str(tmp_path / "software"), "--on", on)
    assert (status, out, err) == (0, "200 cycles equal to the bit (telemetry, command)\n", "")


def test_a_port_that_comes_back_in_the_middle_of_a_run_is_flown_on(line: Line, tmp_path: Path) -> None:
    """A link in the file system stands for the name that udev gives: the device behind it is another afterwards."""
    name = tmp_path / "by-id"
    name.symlink_to(line.ports[1])

    def replug() -> None:
        line.replug()
        name.unlink()
        name.symlink_to(line.ports[1])

    with open_computer(SerialBoard(str(name))) as computer:
        computer._port.settings["device"] = str(name)  # what is no pseudo-terminal may come back
        flying: Any = Before(computer, {100: replug})
        log = fly("iss-contact", overrides=[SHORT], flight=flying)
    assert log.telemetry.tobytes() == recording().telemetry[:200].tobytes()
    assert log.computer is not None and log.computer["link"]["reconnections"] == 1
    assert f"tick 100: port: {name} went away and came back" in log.computer["notices"]
    assert np.array_equal(log.command, recording().command[:200])


def test_a_port_that_is_unplugged_for_good_ends_the_run_within_its_timeout(line: Line, tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    name.symlink_to(line.ports[1])

    def unplug() -> None:
        line.unplug()
        name.unlink()

    with open_computer(SerialBoard(str(name)), reconnect_s=0.5) as computer:
        computer._port.settings["device"] = str(name)
        flying: Any = Before(computer, {150: unplug})
        began = time.monotonic()
        log = fly("iss-contact", overrides=[SHORT], flight=flying, out=tmp_path / "out")
    assert log.verdict == "ERROR" and time.monotonic() - began < 10.0
    assert log.error is not None and log.error.startswith(f"linux on {name} at tick 150: port {name} went away (")
    assert "did not come back in 0.5 s: port" in log.error and "\n" not in log.error
    back = Log.open(tmp_path / "out")
    assert back.summary() == log.summary()
    assert back.telemetry.tobytes() == recording().telemetry[:150].tobytes()
