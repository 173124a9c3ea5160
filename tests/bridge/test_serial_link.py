"""Ports: what cannot be opened is named with what to do, what can be is ours alone, and what goes away comes back."""

import errno
import os
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial

from firmware_bridge import boards, serial_link
from firmware_bridge.errors import PortError, PortLostError
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from hil import fly
from tests.bridge import here
from tests.bridge.boards import recording


@pytest.fixture
def pair() -> Iterator[tuple[int, str]]:
    """A pseudo-terminal: the descriptor of its far end, and the path of its near one."""
    far, near = os.openpty()
    tty.setraw(near)
    yield far, os.ttyname(near)
    os.close(far)
    os.close(near)


def test_bytes_go_both_ways(pair: tuple[int, str]) -> None:
    far, path = pair
    with SerialLink(path) as link:
        link.write(b"\0hello\xff")
        assert os.read(far, 100) == b"\0hello\xff"
        os.write(far, b"\x00\x11\x13\r\n\x04")
        assert link.read(1.0) == b"\x00\x11\x13\r\n\x04"
        started = time.monotonic()
        assert link.read(0.05) == b""
        assert time.monotonic() - started >= 0.05


def test_settings_say_what_was_achieved(pair: tuple[int, str]) -> None:
    with SerialLink(pair[1], 921600) as link:
        settings = dict(link.settings)
    assert "not with this driver" in str(settings.pop("low_latency"))
    assert settings == {"port": pair[1], "device": pair[1], "baud": 921600, "exclusive": True}


def test_a_port_is_ours_alone(pair: tuple[int, str]) -> None:
    with SerialLink(pair[1]), pytest.raises(PortError, match=f"port {pair[1]}: another program has it open: close"):
        SerialLink(pair[1])
    SerialLink(pair[1]).close()


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cases = {
        "/dev/not-there": "there is no such device: `proxops ports` lists",
        str(tmp_path / "file"): "not a serial port",
        str(tmp_path): "not a serial port",
        "/dev/null": "not a serial port",
        "/dev/" + "n" * 300: "no device can have this name",
        "/dev/null/tty": "no device can have this name",
        "/dev/tty\0": "no device can have this name",
    }
    for port, why in cases.items():
        with pytest.raises(PortError, match=f"^port {port}: {why}") as refused:
            SerialLink(port)
        assert refused.value.exit_status == 2


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (serial.SerialException(errno.EACCES, "denied"), "not allowed: add yourself to the group"),
        (serial.SerialException(errno.EBUSY, "busy"), "another program has it open"),
        (ValueError("Invalid baud rate"), "12345 baud: the port does not do this rate"),
        (serial.SerialException("something new"), "cannot be opened: something new"),
    ],
)
def test_what_the_system_says_is_put_in_words(monkeypatch: pytest.MonkeyPatch, error: Exception, why: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(serial_link.serial, "Serial", refuse)
    with pytest.raises(PortError, match=f"port /dev/ttyX9: {why}"):
        SerialLink("/dev/ttyX9", 12345)


def test_usb_ports_are_found_by_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    def port(device: str, vid: int, pid: int, number: str) -> SimpleNamespace:
        return SimpleNamespace(device=device, vid=vid, pid=pid, serial_number=number)

    connected = [port("/dev/ttyACM0", 0x0483, 0x374E, "A1"), port("/dev/ttyACM1", 0x0483, 0x374E, "B2")]
    connected += [port("/dev/ttyUSB0", 0x0403, 0x6001, "C3"), SimpleNamespace(device="/dev/ttyS0", vid=None, pid=None)]
    monkeypatch.setattr(serial_link.list_ports, "comports", lambda: connected)
    assert serial_link.resolve("usb:0403:6001") == "/dev/ttyUSB0"
    assert serial_link.resolve("usb:0483:374e:B2") == "/dev/ttyACM1"
    assert serial_link.resolve("/dev/ttyS0") == "/dev/ttyS0"
    for wrong, why in {
        "usb:0483:374e": r"2 such USB devices: /dev/ttyACM0 \(A1\), /dev/ttyACM1 \(B2\): give its serial number too",
        "usb:1234:5678": "0 such USB devices: is the board connected",
        "usb:0483": "expected usb:VID:PID",
        "usb:xyz:1": "expected usb:VID:PID",
    }.items():
        with pytest.raises(PortError, match=f"port {wrong}: {why}"):
            serial_link.resolve(wrong)


def test_a_line_that_hangs_up_is_lost() -> None:
    far, near = os.openpty()
    path = os.ttyname(near)
    link = SerialLink(path)
    os.close(near)
    os.close(far)
    with pytest.raises(PortLostError, match=f"port {path} went away .*: is the board still connected"):
        link.read(1.0)
    with pytest.raises(PortLostError, match=f"port {path} went away"):
        link.write(b"x")
    with pytest.raises(PortError, match="a pseudo-terminal does not come back"):
        link.reopen(1.0)
    link.close()


def test_a_full_line_does_not_hold_the_host_for_ever(pair: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_link, "WRITE_S", 0.05)
    with SerialLink(pair[1]) as link, pytest.raises(PortLostError, match="takes no more bytes"):
        link.write(bytes(1_000_000))


def test_a_port_that_comes_back_is_opened_again(pair: tuple[int, str], tmp_path: Path) -> None:
    """A link in the file system stands for the name that udev gives; the device behind it may be another."""
    name = tmp_path / "by-id"
    name.symlink_to(pair[1])
    link = SerialLink(str(name))
    with pytest.raises(PortError, match=f"still a link to {pair[1]}, which does not come back"):
        link.reopen(0.1)
    name.unlink()
    with pytest.raises(PortError, match="no such device"):
        link.reopen(0.1)
    far, near = os.openpty()
    name.symlink_to(os.ttyname(near))
    link.reopen(0.1)
    link.write(b"again")
    assert os.read(far, 10) == b"again"
    link.close()
    os.close(far)
    os.close(near)


def test_a_board_on_a_port_flies_what_software_in_the_loop_flies() -> None:
    here.need("linux")
    with boards.open_board("linux") as board, RemoteFlight(SerialLink(board.tty, board.baud)) as remote:
        assert remote.host.identity is not None and remote.host.identity.board == "linux"
        log = fly("iss-contact", seed=1, flight=remote)
        found = remote.host.statistics()
    assert (log.verdict, log.digest) == ("PASS", recording().digest)
    assert found["board"]["steps"] == len(log.sensors) == len(remote.host.round_trip_s)
