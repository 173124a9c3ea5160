"""Wires slower than a board: nothing is sent twice because it takes long, and what is lost is still asked for again.

Most of these flights are on a clock of their own, so that 300 baud takes no time and a busy computer plays no part.
"""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import pytest

from firmware_bridge import boards, host
from firmware_bridge.computers import open_computer
from firmware_bridge.errors import BoardLostError, PortLostError
from firmware_bridge.host import Host
from firmware_bridge.icd.generated import icd
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from firmware_bridge.wire import Wire
from hil import fly
from tests.bridge import here
from tests.bridge.boards import MemoryBoard, recording
from tests.bridge.plain_wire import PlainWire, sensor_body
from tests.bridge.slow_wire import Clock, SlowLink, SlowWire
from tests.command_line import call

PARTS = -(-icd.PARAMETERS.itemsize // host.CHUNK_BYTES)


def exchange_bytes(cycles: int) -> int:
    """The largest of the first exchanges of the recorded flight, on the wire."""
    wire = PlainWire()
    up = max(len(wire.frame(icd.SENSOR, sensor_body(frame))) for frame in recording().sensors[:cycles])
    return up + len(wire.frame(icd.COMMAND, icd.COMMAND.encode()))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(host, "time", clock)
    return clock


@pytest.fixture
def board(link: ctypes.CDLL) -> MemoryBoard:
    return MemoryBoard(link)


def steps(flying: Host, ticks: range) -> None:
    """Flies recorded frames and holds each answer to the recording."""
    for tick in ticks:
        answer = flying.step(recording().sensors[tick])
        assert answer[1].tobytes() == recording().telemetry[tick].tobytes()


@pytest.mark.parametrize("latency_s", [0.0, 0.016, 0.4])
@pytest.mark.parametrize("baud", [300, 1200, 9600, 19_200, 115_200, 921_600])
def test_a_wire_at_its_declared_rate_carries_every_frame_once(
    board: MemoryBoard, clock: Clock, baud: int, latency_s: float
) -> None:
    flying = Host(SlowLink(board, clock, baud / 10, baud, latency_s))
    began = clock.now
    flying.begin(recording().params[0])
    asked = flying.counters()["packets_sent"] - PARTS
    assert asked <= 2 + 4 * (latency_s > 0.1)  # who is there, before and after; more only before latency is known
    assert clock.now - began < 1.5 * (PARTS + 2) * (2 * latency_s + 340 * 10 / baud) + 1.0
    steps(flying, range(20))
    assert flying.resends == flying.late_answers == 0
    found = flying.statistics()["board"]
    assert (found["steps"], found["repeats"], found["frames_refused"], found["naks"]) == (20, 0, 0, 0)


@pytest.mark.parametrize("bytes_per_s", [60, 120, 960, 1920, 1e6])
@pytest.mark.parametrize("baud", [9600, 115_200, None])
def test_a_wire_of_another_rate_than_declared_is_measured(
    board: MemoryBoard, clock: Clock, bytes_per_s: float, baud: int | None
) -> None:
    flying = Host(SlowLink(board, clock, bytes_per_s, baud))
    flying.begin(recording().params[0])
    assert flying.counters()["packets_sent"] <= PARTS + 6
    steps(flying, range(10))
    assert flying.resends == flying.late_answers == 0
    assert flying.statistics()["board"]["steps"] == 10


def test_a_wire_that_becomes_slow_in_flight_is_learnt_from_the_first_late_answers(
    board: MemoryBoard, clock: Clock
) -> None:
    wire = SlowLink(board, clock, 100_000, 1_000_000)
    flying = Host(wire)
    flying.begin(recording().params[0])
    steps(flying, range(20))
    wire.byte_s = 1 / 960
    steps(flying, range(20, 30))
    resends = flying.resends
    assert 0 < resends < 10 and flying.late_answers == resends
    steps(flying, range(30, 50))
    assert flying.resends == resends
    found = flying.statistics()["board"]
    assert (found["steps"], found["repeats"]) == (50, resends)


def test_a_loss_on_a_slow_wire_costs_one_time_out(board: MemoryBoard, clock: Clock) -> None:
    flying = Host(SlowLink(board, clock, 960, 9600))
    flying.begin(recording().params[0])
    steps(flying, range(5))
    exchange_s = exchange_bytes(15) / 960
    for tick in range(5, 15):
        lost: list[bytes] = []
        board.lose = lambda answer, lost=lost: not lost and not lost.append(answer)  # type: ignore[misc,func-returns-value]
        began = clock.now
        steps(flying, range(tick, tick + 1))
        assert len(lost) == 1 and clock.now - began < 4.0 * exchange_s
    assert (flying.resends, flying.late_answers) == (10, 0)
    assert flying.statistics()["board"]["steps"] == 15


@pytest.mark.parametrize(("bytes_per_s", "within_s"), [(960, 8.0), (100_000, 5.2)])
def test_a_silent_board_is_lost_when_its_answer_is_overdue_by_the_time_out(
    board: MemoryBoard, clock: Clock, bytes_per_s: float, within_s: float
) -> None:
    flying = Host(SlowLink(board, clock, bytes_per_s, None))
    flying.begin(recording().params[0])
    steps(flying, range(3))
    board.hung = True
    began = clock.now
    with pytest.raises(BoardLostError, match="at tick 3 does not answer for 5 s"):
        flying.step(recording().sensors[3])
    assert 5.0 <= clock.now - began < within_s


@pytest.mark.parametrize("babble", ["an old answer", "a start"])
def test_a_board_that_repeats_itself_for_ever_is_lost_in_time(
    board: MemoryBoard, clock: Clock, monkeypatch: pytest.MonkeyPatch, babble: str
) -> None:
    wire = SlowLink(board, clock, 960, 9600)
    flying = Host(wire)
    flying.begin(recording().params[0])
    steps(flying, range(3))
    old = Wire().frame(icd.COMMAND, icd.COMMAND.encode(tick=1))
    crc = flying.identity.params_crc32 if flying.identity else 0
    start = Wire().frame(icd.HELLO, icd.HELLO.encode(state=icd.BoardState.FLYING, next_tick=3, params_crc32=crc))

    def read(timeout_s: float) -> bytes:
        clock.now += 0.01
        return old if babble == "an old answer" else start

    monkeypatch.setattr(wire, "read", read)
    began = clock.now
    with pytest.raises(BoardLostError, match="at tick 3 does not answer for 5 s"):
        flying.step(recording().sensors[3])
    assert clock.now - began < 8.0


def test_a_port_that_comes_back_at_the_last_moment_is_flown_on(
    board: MemoryBoard, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = SlowLink(board, clock, 960, 9600)
    flying = Host(wire, timeout_s=2.0, reconnect_s=30.0)
    flying.begin(recording().params[0])
    steps(flying, range(3))
    wire.away_s = 29.0
    read, failed = wire.read, []

    def gone_once(timeout_s: float) -> bytes:
        if not failed:
            failed.append(timeout_s)
            raise PortLostError("slow went away")
        return read(timeout_s)

    monkeypatch.setattr(wire, "read", gone_once)
    steps(flying, range(3, 6))
    assert (flying.reconnections, flying.resends) == (1, 1)


def test_a_late_identity_asked_for_twice_sends_no_frame_again(board: MemoryBoard, clock: Clock) -> None:
    flying = Host(SlowLink(board, clock, 960, 9600))
    flying.begin(recording().params[0])
    late = icd.HELLO.encode(session=flying._session, state=icd.BoardState.READY, next_tick=0)
    for tick in range(3):
        board._answers.append(Wire().frame(icd.HELLO, late))
        steps(flying, range(tick, tick + 1))
    assert flying.resends == 0


@pytest.mark.parametrize("function", [icd.Function.RESET, icd.Function.SPOIL_CHECKPOINT])
def test_a_restart_whose_acknowledgement_is_lost_is_done_once(
    board: MemoryBoard, clock: Clock, function: icd.Function
) -> None:
    flying = Host(SlowLink(board, clock, 960, 9600))
    flying.begin(recording().params[0])
    steps(flying, range(3))
    lost: list[bytes] = []
    board.lose = lambda answer: not lost and not lost.append(answer)  # type: ignore[func-returns-value]
    flying.perform(function)
    assert board.functions == [function] and len(lost) == 1
    if function == icd.Function.RESET:
        steps(flying, range(3, 6))
        assert flying.statistics()["board"]["repeats"] == 0


# ---- pseudo-terminals ---------------------------------------------------------------------------


@pytest.mark.parametrize("baud", [19_200, pytest.param(9600, marks=pytest.mark.long)])
@pytest.mark.parametrize("declared", [None, pytest.param(115_200, marks=pytest.mark.long)])
def test_link_test_of_a_slow_wire_predicts_the_rate_it_has(
    baud: int, declared: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here.need("linux")
    with boards.open_board("linux") as linux, SlowWire(linux.tty, tmp_path / "port", baud / 10):
        on = f"serial:{tmp_path / 'port'}@{declared or baud}"
        status, out, err = call(capsys, "link-test", on, "--exchanges", "10", "--json")
    found = json.loads(out)
    assert (status, err, found["lost"], found["equal"]) == (0, "", 0, True)
    assert found["asked_again"] == 0
    exchange = exchange_bytes(10)
    assert found["bytes_up"] + found["bytes_down"] == pytest.approx(exchange, abs=3)
    fits_hz = baud / 10 / exchange
    assert 0.7 * fits_hz < found["rate_hz"] < 1.05 * fits_hz
    if declared is None:
        assert 0.3 < found["rate_by_baud_hz"]["115200"] * exchange / 11_520 < 1.05


def test_a_cable_plugged_in_again_flies_on(tmp_path: Path) -> None:
    """The name is a link that is set to a new terminal, as udev does; the board has not noticed anything."""
    here.need("linux")
    port, tick = tmp_path / "port", 40
    with boards.open_board("linux") as linux:
        wires = [SlowWire(linux.tty, port, 1e6)]

        class Replugged(RemoteFlight):
            def step(self, sensors):  # type: ignore[no-untyped-def]
                if sensors["tick"] == tick:
                    wires.pop().unplug()
                    wires.append(SlowWire(linux.tty, port, 1e6))
                return super().step(sensors)

        try:
            with Replugged(SerialLink(str(port))) as computer:
                log = fly("iss-contact", 1, overrides=["scenario.max_duration_s=8.0"], flight=computer)
                assert computer.host.reconnections == 1
        finally:
            wires.pop().unplug()
    assert log.error is None
    assert log.telemetry.tobytes() == recording().telemetry[:80].tobytes()


def test_a_cable_that_stays_away_is_reported_after_the_time_that_was_waited(tmp_path: Path) -> None:
    here.need("linux")
    port = tmp_path / "port"
    with (
        boards.open_board("linux") as linux,
        SlowWire(linux.tty, port, 1e6) as wire,
        open_computer(f"serial:{port}", reconnect_s=0.4) as computer,
    ):
        computer.start(recording().params[0])
        computer.step(recording().sensors[0])
        wire.unplug()
        with pytest.raises(BoardLostError, match=r"did not come back in 0\.4 s: .* still a link to /dev/pts/"):
            computer.step(recording().sensors[1])


def test_a_loop_back_plug_is_called_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SlowWire("", tmp_path / "port", 960):
        status, out, err = call(capsys, "run", "iss-contact", "--on", f"serial:{tmp_path / 'port'}@9600")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "only what this computer sends comes back: a loop-back plug" in err
