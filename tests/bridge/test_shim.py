"""The faulty cable does what it says, counts it, and no flight notices."""

import numpy as np
import pytest

from firmware_bridge import boards
from firmware_bridge.errors import BoardLostError
from firmware_bridge.faults import LinkFaults
from firmware_bridge.host import Host
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from firmware_bridge.shim import NullModem, Spoiler
from hil import fly
from tests.bridge import here
from tests.bridge.boards import recording

FRAME = b"\0" + bytes(range(1, 200)) + b"\0"
FAULTS = {
    "loss": LinkFaults(drop=1e-3),
    "bit errors": LinkFaults(bit_error=1e-6),
    "duplicates": LinkFaults(duplicate=1e-2),
    "delays": LinkFaults(delay=1e-3, delay_s=0.05),
    "truncation": LinkFaults(truncate=1e-3),
    "babble": LinkFaults(babble=1e-2),
    "all of them": LinkFaults(1e-3, 1e-6, 1e-3, 1e-3, 0.05, 1e-3, 1e-3),
}


def out(faults: LinkFaults, count: int = 400, seed: int = 1) -> tuple[Spoiler, list[tuple[float, bytes]]]:
    spoiler = Spoiler(faults, seed, "uplink")
    return spoiler, [piece for _ in range(count) for piece in spoiler.feed(FRAME)]


def test_a_sound_cable_changes_nothing() -> None:
    spoiler, pieces = out(LinkFaults())
    assert pieces == [(0.0, FRAME)] * 400
    assert spoiler.count == {"frames": 400, "bit_error": 0}


def test_frames_are_found_however_they_are_cut() -> None:
    whole, byte_by_byte = Spoiler(LinkFaults(drop=0.5), 1, "uplink"), Spoiler(LinkFaults(drop=0.5), 1, "uplink")
    stream = FRAME * 50
    once = b"".join(piece for _, piece in whole.feed(stream))
    assert once == b"".join(piece for at in stream for _, piece in byte_by_byte.feed(bytes([at])))


@pytest.mark.parametrize(
    ("faults", "change"),
    [
        (LinkFaults(drop=0.5), lambda piece: piece == b""),
        (LinkFaults(duplicate=0.5), lambda piece: piece == FRAME * 2),
        (LinkFaults(truncate=0.5), lambda piece: len(piece) < len(FRAME) and FRAME.startswith(piece)),
        (LinkFaults(babble=0.5), lambda piece: len(piece) > len(FRAME) and piece.endswith(FRAME)),
    ],
    ids=["drop", "duplicate", "truncate", "babble"],
)
def test_each_fault_is_what_it_says_and_counted(faults: LinkFaults, change: object) -> None:
    spoiler, pieces = out(faults)
    changed = [piece for _, piece in pieces if piece != FRAME]
    (injected,) = (n for name, n in spoiler.count.items() if name not in ("frames", "bit_error"))
    assert 150 < injected < 250 and len(changed) == injected
    assert all(change(piece) for piece in changed)  # type: ignore[operator]


def test_delays_hold_up_a_frame() -> None:
    spoiler, pieces = out(LinkFaults(delay=0.5, delay_s=0.25))
    assert [piece for _, piece in pieces] == [FRAME] * 400
    assert sum(delay_s == 0.25 for delay_s, _ in pieces) == spoiler.count["delay"] > 150


def test_bit_errors_come_at_their_rate() -> None:
    spoiler, pieces = out(LinkFaults(bit_error=1e-3))
    bits = sum(
        int(np.bitwise_count(np.frombuffer(p, np.uint8) ^ np.frombuffer(FRAME, np.uint8)).sum()) for _, p in pieces
    )
    assert abs(bits - spoiler.count["bit_error"]) <= 4  # the same bit twice is none
    assert 500 < bits < 800


def test_a_seed_is_a_history() -> None:
    faults = LinkFaults(0.1, 1e-4, 0.1, 0.1, 0.05, 0.1, 0.1)
    assert out(faults, seed=5)[1] == out(faults, seed=5)[1] != out(faults, seed=6)[1]
    other = [Spoiler(faults, 5, "uplink", case=1), Spoiler(faults, 5, "downlink")]
    histories = [[piece for _ in range(400) for piece in spoiler.feed(FRAME)] for spoiler in other]
    assert out(faults, seed=5)[1] != histories[0] != histories[1] != out(faults, seed=5)[1]


def test_an_added_fault_changes_no_other() -> None:
    drops = [i for i, (_, piece) in enumerate(out(LinkFaults(drop=0.2))[1]) if not piece]
    assert drops == [
        i for i, (_, piece) in enumerate(out(LinkFaults(drop=0.2, delay=0.3, truncate=0.3))[1]) if not piece
    ]


@pytest.mark.parametrize("wrong", [{"drop": -0.1}, {"bit_error": 1.5}, {"delay_s": 61.0}, {"babble": float("nan")}])
def test_a_rate_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        LinkFaults(**wrong)


def flown_through(faults: LinkFaults, seed: int, scenario: str, digest: str) -> tuple[dict, dict]:
    """Flies the Linux board through a faulty cable; returns what was injected, and both ends' counters."""
    here.need("linux")
    with (
        boards.open_board("linux") as board,
        NullModem(board.tty, faults, seed) as cable,
        RemoteFlight(SerialLink(cable.tty)) as remote,
    ):
        log = fly(scenario, seed=1, flight=remote)
        assert log.digest == digest
        found = remote.host.statistics()
        assert found["board"]["steps"] == len(log.sensors)
        return cable.counts, found


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", FAULTS)
def test_a_flight_through_a_bad_cable_is_the_same_flight(name: str, seed: int) -> None:
    injected, found = flown_through(FAULTS[name], seed, "iss-contact", recording().digest)
    errors = ("cobs_errors", "length_errors", "crc_errors", "apid_errors", "overrun_errors")
    noticed = {side: sum(found[side][error] for error in errors) for side in found}
    spoiling = ("truncate", "babble", "bit_error")
    for side, direction in (("board", "uplink"), ("host", "downlink")):
        assert (noticed[side] > 0) == any(injected[direction].get(fault, 0) for fault in spoiling)
        assert found[side]["sequence_duplicates"] >= injected[direction].get("duplicate", 0) * (name == "duplicates")
    if name == "loss":
        assert found["host"]["resends"] >= max(injected[d].get("drop", 0) for d in injected) > 0


def test_what_is_held_up_comes_late_and_in_order() -> None:
    here.need("linux")
    faults = LinkFaults(delay=1.0, delay_s=0.05)
    with boards.open_board("linux") as board, NullModem(board.tty, faults, 1) as cable:
        host = Host(SerialLink(cable.tty))
        host.connect()
        assert host.ping() >= 0.1
        assert host.counters()["sequence_reordered"] == 0
        host.close()


def test_a_board_that_goes_takes_the_cable_with_it() -> None:
    here.need("linux")
    with boards.open_board("linux") as board, NullModem(board.tty, LinkFaults(), 1) as cable:
        host = Host(SerialLink(cable.tty))
        host.begin(recording().params[0])
        host.step(recording().sensors[0])
        board.kill()
        with pytest.raises(BoardLostError, match=f"linux on {cable.tty} at tick 1: port {cable.tty} went away"):
            host.step(recording().sensors[1])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("name", FAULTS)
def test_a_final_approach_through_a_bad_cable_is_the_same_flight(name: str, seed: int) -> None:
    flown_through(FAULTS[name], seed, "iss-final", fly("iss-final", seed=1).digest)


@pytest.mark.long
def test_a_flight_through_a_very_bad_cable_is_the_same_flight() -> None:
    flown_through(LinkFaults(bit_error=1e-4), 1, "iss-contact", recording().digest)
