"""The conversation of host and board, the board being the firmware's own C in memory."""

import ctypes
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from firmware_bridge.errors import BoardLostError, MismatchError, NoAnswerError, RefusedError
from firmware_bridge.host import LOOP_BYTES, Host
from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import RecordCodec
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.wire import Wire, sensor_body
from gnc import flight
from gnc.build_id import core_build_id
from hil import fly
from hil.prepare import prepare
from hil.scenario import Scenario
from tests.bridge.boards import MemoryBoard, recording

SOON = {"timeout_s": 1.0, "boot_s": 0.3}


@pytest.fixture
def board(link: ctypes.CDLL) -> MemoryBoard:
    return MemoryBoard(link)


@pytest.fixture
def host(board: MemoryBoard) -> Host:
    host = Host(board, **SOON)
    host.begin(recording().params[0])
    return host


def steps(host: Host, ticks: range) -> None:
    """Flies recorded frames and holds each answer to the recording."""
    for tick in ticks:
        answer = host.step(recording().sensors[tick])
        assert (answer[0].tobytes(), answer[1].tobytes()) == (
            recording().command[tick].tobytes(),
            recording().telemetry[tick].tobytes(),
        )


def test_a_whole_flight_has_the_digest_of_software_in_the_loop(board: MemoryBoard) -> None:
    with RemoteFlight(board) as remote:
        assert remote.host.identity is not None and remote.host.identity.board == "memory board"
        flown = fly("iss-contact", seed=1, flight=remote)
        found = remote.host.statistics()
    assert (flown.verdict, flown.digest) == (recording().verdict, recording().digest)
    assert found["board"]["steps"] == len(recording().sensors)
    assert found["board"]["packets_received"] == found["host"]["packets_sent"]
    errors = [n for n in found["board"] if n.endswith("errors") or n.startswith("sequence")]
    assert len(errors) == 8 and not any(found[side][name] for name in errors for side in found)


def test_a_second_flight_forgets_the_first(host: Host) -> None:
    steps(host, range(5))
    host.begin(recording().params[0])
    steps(host, range(5))


def test_lost_answers_are_asked_for_again_and_come_from_memory(host: Host, board: MemoryBoard) -> None:
    rng = np.random.Generator(np.random.Philox(1))
    host.timeout_s = 10.0
    steps(host, range(20))
    board.lose = lambda answer: rng.random() < 0.3
    steps(host, range(20, 60))
    board.lose = lambda answer: False
    found = host.statistics()
    assert found["board"]["steps"] == 60
    assert found["host"]["resends"] == found["board"]["repeats"] > 5


def test_loss_does_not_slow_the_asking_down_and_slowness_does(host: Host, board: MemoryBoard) -> None:
    rng = np.random.Generator(np.random.Philox(3))
    steps(host, range(20))
    board.lose = lambda answer: rng.random() < 0.6
    steps(host, range(20, 80))
    assert host.resends > 30 and host.late_answers == 0
    assert host._timer.wait_s(LOOP_BYTES) < 0.03
    board.lose = lambda answer: False
    codec = RecordCodec(flight.COMMAND, icd.COMMAND.body)
    board._answers += [Wire().frame(icd.COMMAND, codec.put(recording().command[tick])) for tick in (78, 79)]
    steps(host, range(80, 81))
    assert host.late_answers == 2
    assert host._timer.wait_s(LOOP_BYTES) > 0.05


def test_a_reset_board_flies_on_from_what_it_kept(host: Host, board: MemoryBoard) -> None:
    steps(host, range(10))
    board.reset(icd.BootReason.WATCHDOG, board.saved)
    steps(host, range(10, 20))
    assert host.boots == 1
    assert not any(count for name, count in host.counters().items() if name.startswith("sequence"))
    assert [n.text for n in host.notices][-2:] == ["memory board started (watchdog), flying", "resumed (9)"]


def test_a_board_reset_before_its_answer_left_does_not_step_twice(host: Host, board: MemoryBoard) -> None:
    def lost_with_a_reset(answer: bytes) -> bool:
        board.lose = lambda answer: False
        board.reset(icd.BootReason.RESET, board._kept.raw)
        return True

    steps(host, range(10))
    board.lose = lost_with_a_reset
    steps(host, range(10, 20))
    assert host.statistics()["board"]["repeats"] == 1


@pytest.mark.parametrize("behind", [1, 3])
@pytest.mark.parametrize("boot_message_lost", [False, True])
def test_a_board_that_resumes_behind_is_brought_up(
    host: Host, board: MemoryBoard, behind: int, boot_message_lost: bool
) -> None:
    saved = []
    for tick in range(10):
        steps(host, range(tick, tick + 1))
        saved.append(board.saved)
    board.lose = lambda answer: boot_message_lost
    board.reset(icd.BootReason.RESET, saved[-1 - behind])
    board.lose = lambda answer: False
    steps(host, range(10, 20))


def test_a_board_that_resumes_too_far_behind_is_lost(host: Host, board: MemoryBoard) -> None:
    steps(host, range(1))
    first = board.saved
    steps(host, range(1, 20))
    board.reset(icd.BootReason.RESET, first)
    with pytest.raises(BoardLostError, match=r"memory board on memory at tick 20 resumed at tick 1, .*too long ago"):
        host.step(recording().sensors[20])


@pytest.mark.parametrize("boot_message_lost", [False, True])
def test_a_cold_start_ends_the_flight_by_name(host: Host, board: MemoryBoard, boot_message_lost: bool) -> None:
    steps(host, range(10))
    board.lose = lambda answer: boot_message_lost
    board.perform(icd.Function.SPOIL_CHECKPOINT)
    board.lose = lambda answer: False
    with pytest.raises(BoardLostError, match="memory board on memory at tick 10 has lost the flight: it started cold"):
        host.step(recording().sensors[10])


def test_a_silent_board_is_lost_in_time(host: Host, board: MemoryBoard) -> None:
    steps(host, range(3))
    host.perform(icd.Function.HANG)
    with pytest.raises(BoardLostError, match="memory board on memory at tick 3 does not answer for 1 s"):
        host.step(recording().sensors[3])


def test_a_port_that_comes_back_is_taken_up_again(host: Host, board: MemoryBoard) -> None:
    steps(host, range(3))
    board.gone = True
    steps(host, range(3, 6))
    assert host.reconnections == 1
    host.reconnect_s = 0.0
    board.gone = True
    with pytest.raises(BoardLostError, match="at tick 6: memory went away"):
        host.step(recording().sensors[6])


def test_a_late_answer_is_not_taken_for_the_next(host: Host, board: MemoryBoard) -> None:
    held: list[bytes] = []

    def hold_the_first(answer: bytes) -> bool:
        held.append(answer)
        return len(held) == 1

    steps(host, range(5))
    board.lose = hold_the_first
    steps(host, range(5, 6))
    board.lose = lambda answer: False
    board._answers += held
    steps(host, range(6, 9))
    assert (host.resends, host.late_answers) == (1, 2)


def test_a_frame_that_does_not_follow_is_refused(host: Host, board: MemoryBoard) -> None:
    steps(host, range(3))
    wrong = recording().sensors[3].copy()
    wrong["t_us"] += 1
    with pytest.raises(RefusedError, match="at tick 3 refused the frame: tick or time did not advance by one cycle"):
        host.step(wrong)
    assert any(n.text == "frame_refused (-3)" for n in host.notices)


def test_what_differs_is_named(board: MemoryBoard) -> None:
    with pytest.raises(MismatchError) as refused:
        Host(board, build_id="0123456789abcdef", **SOON).connect()
    assert str(refused.value).startswith(
        f"memory board on memory has core {core_build_id()}, this is 0123456789abcdef: build and load"
    )
    allowed = Host(board, build_id="0123456789abcdef", allow_mismatch=True, **SOON)
    allowed.begin(recording().params[0])
    assert allowed.mismatches == (f"has core {core_build_id()}, this is 0123456789abcdef",)
    steps(allowed, range(3))


def test_another_icd_is_named(board: MemoryBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    built = icd.ICD_HASH
    monkeypatch.setattr(icd, "ICD_HASH", 1)
    with pytest.raises(MismatchError, match=f"has ICD {built:016x}, this is 0000000000000001"):
        Host(board, **SOON).connect()


@pytest.mark.parametrize("field", ["mass_kg", "phase_law"])
def test_a_parameter_that_the_core_refuses_is_named(board: MemoryBoard, field: str) -> None:
    params = recording().params[0].copy()
    params[field] = 255
    params["mass_kg"] = -1.0 if field == "mass_kg" else params["mass_kg"]
    with pytest.raises(RefusedError, match=f"the board on memory refused flight parameter {field} = "):
        Host(board, **SOON).begin(params)


def test_parameters_survive_loss_in_both_directions(board: MemoryBoard) -> None:
    rng = np.random.Generator(np.random.Philox(2))
    board.lose = lambda answer: rng.random() < 0.3
    host = Host(board, timeout_s=5.0)
    host.begin(recording().params[0])
    steps(host, range(5))
    given = RecordCodec(flight.PARAMS, icd.PARAMETERS).put(recording().params[0])
    assert host.identity is not None and host.identity.params_crc32 == zlib.crc32(given)


def test_services(host: Host, board: MemoryBoard) -> None:
    assert 0.0 < host.ping(7) < 1.0
    host.perform(icd.Function.CLEAR_STATISTICS)
    assert host.statistics()["board"]["packets_received"] == 1
    host.perform(icd.Function.RESET)
    assert board.functions == [icd.Function.RESET]
    with pytest.raises(RefusedError, match=r"refused MYSTERY: unknown .detail 9"):
        host.perform(type("F", (int,), {"name": "MYSTERY"})(9))  # type: ignore[arg-type]


class Talker:
    """A device that says its piece and does not listen."""

    name = "talker"

    def __init__(self, says: Callable[[], bytes]):
        self._says = says

    def write(self, data: bytes) -> None: ...

    def read(self, timeout_s: float) -> bytes:
        time.sleep(min(timeout_s, 0.01))
        return self._says()

    def reopen(self, timeout_s: float) -> None: ...

    def close(self) -> None: ...


def test_nobody_and_somebody_else_are_told_apart() -> None:
    with pytest.raises(NoAnswerError, match=r"port talker: no answer in 0\.3 s: is the board powered"):
        Host(Talker(lambda: b""), **SOON).connect()
    with pytest.raises(NoAnswerError, match=r"port talker: \d+ bytes came in 0\.3 s, and no packet among them"):
        Host(Talker(lambda: b"$GPGGA,123519,4807.038,N\r\n\0"), **SOON).connect()


# ---- the board alone, given single packets ------------------------------------------------------


def told(board: MemoryBoard, message: object, **values: object) -> list:
    """The packets that the board answers one message with."""
    board.read(0.0)
    board.write(Wire().frame(message, message.encode(**values)))  # type: ignore[attr-defined, arg-type]
    return Wire().feed(board.read(0.0))


def test_a_repeated_start_of_a_session_ends_no_flight(host: Host, board: MemoryBoard) -> None:
    steps(host, range(3))
    (hello,) = told(board, icd.HELLO_REQUEST, session=host._session, start=1)
    assert icd.HELLO.decode(hello.body)["state"] == icd.BoardState.FLYING
    steps(host, range(3, 5))


def test_parts_of_parameters_that_do_not_belong_are_refused(host: Host, board: MemoryBoard) -> None:
    steps(host, range(3))
    total, crc = icd.PARAMETERS.itemsize, host._params_crc32
    right = {"session": host._session, "total_bytes": total, "crc32": crc, "offset": 0, "used": 256}
    cases = [
        ({"session": 1}, icd.NakReason.SESSION, host._session),
        ({"total_bytes": 7}, icd.NakReason.SIZE, total),
        ({"used": 257}, icd.NakReason.OFFSET, 0),
        ({"offset": total - 255}, icd.NakReason.OFFSET, 0),
        ({"offset": 2**32 - 1}, icd.NakReason.OFFSET, 0),
        ({"crc32": crc ^ 1}, icd.NakReason.LOADED, crc),
    ]
    for change, reason, detail in cases:
        (nak,) = told(board, icd.PARAMS, **{**right, **change})
        m = icd.NAK.decode(nak.body)
        assert (nak.message, m["reason"], m["detail"]) == (icd.NAK, reason, detail), change
    (ack,) = told(board, icd.PARAMS, **right)
    assert (ack.message, icd.ACK.decode(ack.body)["detail"]) == (icd.ACK, 256)
    steps(host, range(3, 5))


def test_a_spoilt_upload_is_refused_and_can_be_repeated(board: MemoryBoard) -> None:
    host = Host(board, **SOON)
    host._identify(start=True)
    record = RecordCodec(flight.PARAMS, icd.PARAMETERS).put(recording().params[0])
    wrong = bytes([record[0] ^ 1]) + record[1:]
    for data, crc, kind in ((wrong, 0, icd.NAK), (record, 0, icd.ACK)):
        crc = zlib.crc32(record)
        for offset in range(0, len(data), 256):
            part = data[offset : offset + 256]
            (answer,) = told(
                board, icd.PARAMS, session=host._session, total_bytes=len(data), crc32=crc, offset=offset,
                used=len(part), data=np.frombuffer(part.ljust(256, b"\0"), np.uint8),
            )  # fmt: skip
            assert answer.message is (icd.ACK if offset + 256 < len(data) else kind)
    assert icd.NakReason.CRC  # the refusal above: nothing else could tell the two records apart


def test_a_cold_board_answers_a_frame_with_all_off(board: MemoryBoard) -> None:
    body = sensor_body(recording().sensors[4])
    board.read(0.0)
    board.write(Wire().frame(icd.SENSOR, body))
    command, event = Wire().feed(board.read(0.0))
    m = icd.COMMAND.decode(command.body)
    assert (m["tick"], m["t_us"], m["status"]) == (4, recording().sensors[4]["t_us"], -4)
    assert not m["thruster_on_us"].any() and not m["mechanism"]
    assert icd.EVENT.decode(event.body)["event"] == icd.Event.FRAME_REFUSED


def test_another_scenario_is_refused_nothing(board: MemoryBoard) -> None:
    """Every packaged scenario's parameters fit the record and are taken."""
    for name in Scenario.names():
        identity = Host(board, **SOON).begin(prepare(Scenario.load(name), seed=1).params)
        assert identity.state == icd.BoardState.READY
