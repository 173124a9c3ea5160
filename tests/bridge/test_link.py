"""The wire in both languages: whatever arrives, nothing comes out that was not sent, and both count the same."""

import ctypes
import itertools
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.icd.generated import icd
from firmware_bridge.icd.message import Message, RecordCodec
from firmware_bridge.wire import PACKET_MAX, Counters, Packet, Wire
from gnc import flight
from tests.bridge import golden
from tests.bridge.boards import recording
from tests.bridge.conftest import compile_link
from tests.bridge.plain_wire import PlainWire

MESSAGES = st.sampled_from(icd.MESSAGES)
BODY = st.builds(golden.values, MESSAGES, st.integers(0, 2**32 - 1))


class CLink:
    """link.c behind the interface of Wire's `feed`."""

    def __init__(self, link: ctypes.CDLL, *, listens_uplink: bool):
        self._c = link
        link.harness_link_bytes.restype = link.harness_decode.restype = ctypes.c_size_t
        link.link_send.restype = ctypes.c_size_t
        link.harness_counters.restype = ctypes.POINTER(ctypes.c_uint32 * len(Counters().as_dict()))
        self._link = ctypes.create_string_buffer(link.harness_link_bytes())
        link.link_init(self._link, ctypes.c_bool(listens_uplink))

    def feed(self, data: bytes) -> list[Packet]:
        out = ctypes.create_string_buffer(2 * len(data) + 1024)
        size = self._c.harness_decode(self._link, data, ctypes.c_size_t(len(data)), out)
        rest, found = out.raw[:size], []
        while rest:
            message = icd.MESSAGES[rest[0]]
            end = 5 + int.from_bytes(rest[3:5], "big")
            found.append(Packet(message, int.from_bytes(rest[1:3], "big"), rest[5:end]))
            rest = rest[end:]
        return found

    def frame(self, message: Message, body: bytes) -> bytes:
        out = ctypes.create_string_buffer(PACKET_MAX + 16)
        size = self._c.link_send(self._link, icd.MESSAGES.index(message), body, ctypes.c_size_t(len(body)), out)
        return out.raw[:size]

    @property
    def counters(self) -> dict[str, int]:
        return dict(zip(Counters().as_dict(), self._c.harness_counters(self._link).contents, strict=True))


def ends(listens_uplink: bool) -> tuple[Wire, PlainWire]:
    """The host's own, and the one that shares no code with it."""
    return Wire(listens_uplink=listens_uplink), PlainWire(listens_uplink=listens_uplink)


@st.composite
def packets(draw: st.DrawFn) -> tuple[Message, bytes]:
    message = draw(MESSAGES)
    return message, golden.body(message, draw(st.integers(0, 2**32 - 1)))


@given(st.lists(packets(), max_size=8), st.randoms(use_true_random=False))
def test_what_is_sent_arrives_however_it_is_cut(link: ctypes.CDLL, sent: list, cuts: object) -> None:
    for listens_uplink in (True, False):
        wanted = [packet for packet in sent if packet[0].uplink is listens_uplink]
        python, c = PlainWire(), CLink(link, listens_uplink=not listens_uplink)
        stream = b"".join(python.frame(*packet) for packet in wanted)
        assert stream == b"".join(c.frame(*packet) for packet in wanted)
        host = Wire()
        assert stream == b"".join(host.frame(*packet) for packet in wanted)
        assert host.counters.as_dict() == python.counters.as_dict()
        for end in (*ends(listens_uplink), CLink(link, listens_uplink=listens_uplink)):
            heard, at = [], 0
            while at < len(stream):
                step = cuts.randint(1, 200)  # type: ignore[attr-defined]
                heard += end.feed(stream[at : at + step])
                at += step
            assert [(p.message, p.body) for p in heard] == wanted


GARBAGE = st.one_of(
    st.binary(max_size=1200),
    st.lists(st.sampled_from([0, 0, 1, 2, 3, 255]), max_size=1200).map(bytes),
    packets().map(lambda packet: Wire().frame(*packet)),
    packets().flatmap(lambda packet: st.integers(0, 500).map(lambda cut: Wire().frame(*packet)[cut:])),
    packets().flatmap(lambda packet: st.integers(1, 500).map(lambda cut: Wire().frame(*packet)[:cut])),
    st.integers(0, 1500).map(lambda n: b"\0" + b"\xff" + b"\x05" * n + b"\0"),
)


@given(st.lists(GARBAGE, max_size=6), packets())
def test_back_in_step_after_any_garbage_and_both_count_the_same(
    link: ctypes.CDLL, garbage: list[bytes], last: tuple[Message, bytes]
) -> None:
    for listens_uplink in (True, False):
        (host, python), c = ends(listens_uplink), CLink(link, listens_uplink=listens_uplink)
        for piece in garbage:
            assert host.feed(piece) == python.feed(piece) == c.feed(piece)
        frame = PlainWire().frame(*last)
        heard = python.feed(frame)
        assert host.feed(frame) == heard == c.feed(frame)
        if last[0].uplink is listens_uplink:
            assert (heard[-1].message, heard[-1].body) == last
        assert host.counters.as_dict() == python.counters.as_dict() == c.counters


@settings(max_examples=300)
@given(packets(), st.data())
def test_a_changed_byte_is_never_taken_for_the_message(packet: tuple[Message, bytes], data: st.DataObject) -> None:
    frame = bytearray(Wire().frame(*packet))
    at = data.draw(st.integers(0, len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 255))
    heard = Wire(listens_uplink=packet[0].uplink).feed(bytes(frame))
    if at in (0, len(frame) - 1):
        assert heard == []
    assert all((p.message, p.body) == packet for p in heard)


@pytest.mark.parametrize("listens_uplink", [True, False])
def test_every_bit_of_a_frame_matters(link: ctypes.CDLL, listens_uplink: bool) -> None:
    message = icd.SENSOR if listens_uplink else icd.COMMAND
    frame = Wire().frame(message, golden.body(message))
    (host, python), c = ends(listens_uplink), CLink(link, listens_uplink=listens_uplink)
    for bit in range(8, 8 * (len(frame) - 1)):
        spoilt = bytearray(frame)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert host.feed(bytes(spoilt)) == python.feed(bytes(spoilt)) == c.feed(bytes(spoilt)) == []
    counted = python.counters
    assert host.counters.as_dict() == counted.as_dict() == c.counters
    assert counted.packets_received == 0
    assert min(counted.crc_errors, counted.length_errors, counted.cobs_errors) > 0


def sealed(*words: int, body: bytes = b"") -> bytes:
    """A frame with a right CRC and any header."""
    from cobs import cobs

    packet = b"".join(word.to_bytes(2, "big") for word in words) + body
    return b"\0" + cobs.encode(packet + zlib.crc32(packet).to_bytes(4, "big")) + b"\0"


PING = icd.PING.encode(token=1)
BODY_WORD = len(PING) + 3


@pytest.mark.parametrize(
    ("frame", "counter"),
    [
        (sealed(0x1820, 0xC000, BODY_WORD, body=PING), "packets_received"),
        (sealed(0x0820, 0xC000, BODY_WORD, body=PING), "apid_errors"),  # downlink
        (sealed(0x3820, 0xC000, BODY_WORD, body=PING), "apid_errors"),  # version 1
        (sealed(0x1020, 0xC000, BODY_WORD, body=PING), "apid_errors"),  # no secondary header
        (sealed(0x1820, 0x4000, BODY_WORD, body=PING), "apid_errors"),  # segmented
        (sealed(0x1829, 0xC000, BODY_WORD, body=PING), "apid_errors"),
        (sealed(0x1820, 0xC000, BODY_WORD, body=PING[:13] + b"\x07" + PING[14:]), "apid_errors"),  # subtype 7
        (sealed(0x1820, 0xC000, BODY_WORD + 1, body=PING + b"\0"), "length_errors"),
        (sealed(0x1820, 0xC000, BODY_WORD + 1, body=PING), "length_errors"),
        (sealed(0x1820, 0xC000, 7, body=b"abcd"), "length_errors"),
        (sealed(), "length_errors"),
        (b"\0\x05abc\0", "cobs_errors"),
        (b"\0" + b"\x01" * (PACKET_MAX + 2) + b"\0", "overrun_errors"),
        (b"\0" + b"\x01" * (PACKET_MAX + 1) + b"\0", "length_errors"),
        (b"\0" + b"\xff" * 5000 + b"\0", "overrun_errors"),
        (b"\0\0\0\0", None),
    ],
)
def test_each_failure_has_its_counter(link: ctypes.CDLL, frame: bytes, counter: str | None) -> None:
    quiet = Counters(bytes_received=len(frame)).as_dict()
    expected = quiet | ({counter: 1} if counter else {})
    for kind, size in itertools.product((Wire, PlainWire, CLink), (1, len(frame))):
        end = CLink(link, listens_uplink=True) if kind is CLink else kind(listens_uplink=True)
        for at in range(0, len(frame), size):
            end.feed(frame[at : at + size])
        found = end.counters if isinstance(end.counters, dict) else end.counters.as_dict()
        assert found == expected


def test_sequence_counts_tell_of_what_is_missing(link: ctypes.CDLL) -> None:
    def ping(sequence: int) -> bytes:
        return sealed(0x1820, 0xC000 | sequence & 0x3FFF, BODY_WORD, body=PING)

    order = [16380, 16381, 16381, 0, 16383, 1]
    expected = {"sequence_gaps": 2, "sequence_duplicates": 1, "sequence_reordered": 1, "packets_received": 6}
    for end in (*ends(True), CLink(link, listens_uplink=True)):
        end.feed(b"".join(map(ping, order)))
        found = end.counters if isinstance(end.counters, dict) else end.counters.as_dict()
        assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(("session", "missing"), [(0, 0), (1, 7)])
def test_a_start_of_the_other_side_begins_the_counts_anew(link: ctypes.CDLL, session: int, missing: int) -> None:
    def hello(sequence: int, session: int) -> bytes:
        body = icd.HELLO.encode(session=session)
        return sealed(0x0810, 0xC000 | sequence, len(body) + 3, body=body)

    for end in (*ends(False), CLink(link, listens_uplink=False)):
        end.feed(hello(5, 1) + hello(13, session) + hello(14, 1))
        found = end.counters if isinstance(end.counters, dict) else end.counters.as_dict()
        assert (found["packets_received"], found["sequence_gaps"]) == (3, missing)


def test_crc_is_zlibs(link: ctypes.CDLL) -> None:
    rng = np.random.Generator(np.random.Philox(3))
    for size in (0, 1, 9, 300):
        data = rng.bytes(size)
        assert link.link_crc32(0, data, ctypes.c_size_t(size)) == zlib.crc32(data)
        assert link.link_crc32(zlib.crc32(b"abc"), data, ctypes.c_size_t(size)) == zlib.crc32(b"abc" + data)


# ---- fuzz --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("fuzz") / "fuzz"
    sanitize = ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    compile_link(program, *sanitize, str(Path(__file__).with_name("fuzz.c")))
    return program


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fuzz_board(fuzz: Path, seed: int, count: int, folder: Path) -> str:
    record = folder / "parameters"
    record.write_bytes(RecordCodec(flight.PARAMS, icd.PARAMETERS).put(recording().params[0]))
    return run(fuzz, "board", seed, count, record)


@pytest.mark.xdist_group("fuzz")
def test_c_decoder_lets_nothing_spoilt_through(fuzz: Path) -> None:
    assert "100000 frames" in run(fuzz, "decode", 1, 100_000)


@pytest.mark.xdist_group("fuzz")
def test_c_board_bears_any_packet(fuzz: Path, tmp_path: Path) -> None:
    printed = fuzz_board(fuzz, 1, 20_000, tmp_path)
    assert int(printed.split(" stepped")[0].split()[-1]) > 5_000


@pytest.mark.long
@pytest.mark.xdist_group("fuzz")
def test_c_decoder_lets_nothing_spoilt_through_at_length(fuzz: Path) -> None:
    assert "10000000 frames" in run(fuzz, "decode", 2, 10_000_000)


@pytest.mark.long
@pytest.mark.xdist_group("fuzz")
def test_c_board_bears_any_packet_at_length(fuzz: Path, tmp_path: Path) -> None:
    fuzz_board(fuzz, 2, 1_000_000, tmp_path)


def fuzz_python(kind: type[Wire | PlainWire], count: int, seed: int) -> Wire | PlainWire:
    """Spoils frames as wires do; nothing may come out that was not sent."""
    rng = np.random.Generator(np.random.Philox(seed))
    end, sender = kind(listens_uplink=True), PlainWire()
    uplink = [m for m in icd.MESSAGES if m.uplink]
    bodies = [(m, golden.body(m, seed)) for m in uplink for seed in range(4)]
    known = {(m.name, body) for m, body in bodies}
    for draw in rng.integers(0, 2**63, (count, 3)):
        message, body = bodies[int(draw[0]) % len(bodies)]
        frame = bytearray(sender.frame(message, body))
        at, kind, value = int(draw[1]) % len(frame), int(draw[2]) % 7, int(draw[2]) >> 8 & 0xFF
        if kind == 0:
            frame[at] ^= 1 << value % 8
        elif kind == 1:
            frame[at] = value
        elif kind == 2:
            del frame[at:]
        elif kind == 3:
            del frame[:at]
        elif kind == 4:
            frame[at:at] = int(draw[0]).to_bytes(8, "big") * (4 * (value % 64))
        elif kind == 5:
            frame = frame + frame
        for packet in end.feed(bytes(frame)):
            assert (packet.message.name, packet.body) in known
    return end


@pytest.mark.parametrize("kind", [Wire, PlainWire])
def test_python_decoder_lets_nothing_spoilt_through(kind: type[Wire | PlainWire]) -> None:
    counted = fuzz_python(kind, 20_000, 1).counters
    assert min(counted.cobs_errors, counted.length_errors, counted.crc_errors, counted.overrun_errors) > 0


@pytest.mark.long
@pytest.mark.parametrize("kind", [Wire, PlainWire])
def test_python_decoder_lets_nothing_spoilt_through_at_length(kind: type[Wire | PlainWire]) -> None:
    fuzz_python(kind, 1_000_000, 2)


# ---- what the C is made of ---------------------------------------------------------------------


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_c_is_self_contained_and_keeps_no_state(tmp_path: Path, compiler: str) -> None:
    """No warning as newer C, no outside symbol but the core's, nothing that changes outside the caller's structs."""
    from tests.bridge.conftest import CORE, GENERATED, LINK, variables

    mk = variables(CORE / "sources.mk")
    sources = [str(LINK / name) for name in variables(LINK / "sources.mk")["LINK_SOURCES"]]
    flags = [
        *mk["CORE_CFLAGS"],
        *mk["CORE_WARNINGS"],
        "-std=c17",
        "-pedantic",
        "-Wshadow",
        "-Wvla",
        "-Wstrict-prototypes",
    ]
    flags += ["-O2", "-fno-pic", "-fno-stack-protector", "-U_FORTIFY_SOURCE", "-DPROXOPS_BUILD_ID=1u"]
    folders = [f"-I{folder}" for folder in (CORE, LINK, GENERATED)]
    subprocess.run([compiler, *flags, *folders, "-c", *sources], cwd=tmp_path, check=True)
    listed = subprocess.run(["nm", *map(str, tmp_path.glob("*.o"))], capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[-2:] for line in listed.splitlines() if len(line.split()) >= 2]
    defined = {name for kind, name in symbols if kind in "TRDB"}
    wanted = {name for kind, name in symbols if kind == "U"} - defined
    assert wanted == {"flight_init", "flight_step"} | wanted & {"memcpy", "memset"}
    assert [name for kind, name in symbols if kind.lower() in "dbcsg"] == []
