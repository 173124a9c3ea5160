"""The checkpoint: a reset at any byte of a save leaves the old state or the new one, never anything else."""

import ctypes
import itertools
import subprocess

import pytest

from firmware_bridge import boards

SIZE, FIXED = 100, 36
HEADER = 32
FIXED_COPY, CHANGING_COPY = HEADER + FIXED + -FIXED % 8, HEADER + SIZE - FIXED + -(SIZE - FIXED) % 8
BUILD_ID = 0x0123456789ABCDEF
NONE, FOUND, SPOILT = 0, 1, 2


def checkpoint_bytes(fixed: int, size: int) -> int:
    """CHECKPOINT_BYTES: two copies of either part, each with its header of 32 bytes and a whole number of doubles."""
    return 2 * sum(32 + (part + 7) // 8 * 8 for part in (fixed, size - fixed))


class Part(ctypes.Structure):
    _fields_ = (
        ("copies", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("number", ctypes.c_uint32),
        ("crc32", ctypes.c_uint32),
    )


class Checkpoint(ctypes.Structure):
    _fields_ = (("build_id", ctypes.c_uint64), ("fixed", Part), ("changing", Part))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    made = tmp_path_factory.mktemp("checkpoint") / "checkpoint.so"
    link = boards.SOURCES.parent / "link"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1", "-shared", "-fPIC", f"-I{link}"]
    sources = [str(boards.SOURCES / "checkpoint.c"), str(link / "crc32.c")]
    subprocess.run(["cc", *flags, "-o", str(made), *sources], check=True)
    library = ctypes.CDLL(str(made))
    library.checkpoint_open.argtypes = (
        ctypes.POINTER(Checkpoint),
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
        ctypes.c_uint64,
    )
    library.checkpoint_save.argtypes = (ctypes.POINTER(Checkpoint), ctypes.c_char_p, ctypes.c_bool)
    return library


class Board:
    """Surviving memory, and the program that is started on it again and again."""

    def __init__(self, library: ctypes.CDLL, content: bytes = b""):
        self._library = library
        self._bytes = checkpoint_bytes(FIXED, SIZE)
        assert self._bytes == 2 * (FIXED_COPY + CHANGING_COPY)
        self.memory = (ctypes.c_uint64 * (self._bytes // 8))()
        ctypes.memmove(self.memory, content, len(content))
        self._checkpoint = Checkpoint()

    def start(self, build_id: int = BUILD_ID) -> tuple[int, bytes]:
        state = ctypes.create_string_buffer(b"\xee" * SIZE, SIZE)
        found = self._library.checkpoint_open(ctypes.byref(self._checkpoint), self.memory, state, FIXED, SIZE, build_id)
        return found, state.raw

    def save(self, state: bytes, loaded: bool = False) -> None:
        assert len(state) == SIZE
        self._library.checkpoint_save(ctypes.byref(self._checkpoint), state, loaded)

    def spoil(self) -> None:
        self._library.checkpoint_spoil(ctypes.byref(self._checkpoint))

    def content(self) -> bytes:
        return bytes(self.memory)


def state(number: int, flight: int = 1) -> bytes:
    """State of a flight, which alone its fixed part depends on."""
    fixed = bytes((flight * 11 + i) % 256 for i in range(FIXED))
    return fixed + bytes((number * 7 + i) % 256 for i in range(FIXED, SIZE))


def resumed(library: ctypes.CDLL, content: bytes) -> tuple[int, bytes]:
    """What a start on this memory finds."""
    return Board(library, content).start()


def parts(content: bytes) -> list[bytes]:
    """Both fixed copies, both changing ones."""
    at = [0, FIXED_COPY, 2 * FIXED_COPY, 2 * FIXED_COPY + CHANGING_COPY, len(content)]
    return [content[a:b] for a, b in itertools.pairwise(at)]


UNTOUCHED = b"\xee" * SIZE
POWER_ON = {"zeros": b"", "ones": b"\xff" * 300, "noise": bytes(range(256))}


@pytest.mark.parametrize("power_on", POWER_ON)
def test_nothing_is_found_after_power_on(library: ctypes.CDLL, power_on: str) -> None:
    assert resumed(library, POWER_ON[power_on]) == (NONE, UNTOUCHED)


@pytest.mark.parametrize("power_on", POWER_ON)
def test_newest_state_is_resumed_and_saving_goes_on(library: ctypes.CDLL, power_on: str) -> None:
    board = Board(library, POWER_ON[power_on])
    board.start()
    for number in range(1, 20):
        flight = number // 5
        board.save(state(number, flight), loaded=number % 5 == 0)
        assert resumed(library, board.content()) == (FOUND, state(number, flight))
        if number % 3 == 0:  # a start in between
            assert board.start() == (FOUND, state(number, flight))


def test_the_fixed_part_is_written_when_it_changes_and_not_else(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    board.save(state(1), loaded=True)
    fixed = parts(board.content())[:2]
    assert all(copy[HEADER:].startswith(state(1)[:FIXED]) for copy in fixed)
    board.save(b"\0" * FIXED + state(2)[FIXED:])  # what is no longer looked at
    assert parts(board.content())[:2] == fixed
    assert resumed(library, board.content()) == (FOUND, state(2))


def torn(library: ctypes.CDLL, before: bytes, after: bytes, allowed: list[tuple[int, bytes]]) -> None:
    """The first fixed copy is written, then the changing one, then the second fixed copy. Of the one being written,
    memory is what it was up to some byte, and what it becomes from there on, or the other way."""
    memory = bytearray(before)
    for place in (_places(before, copy) for copy in (0, 2, 3, 1)):
        first, end = place[0], place[-1] + 1
        old, new = before[first:end], after[first:end]
        for cut in range(len(place) + 1):
            for part in (new[:cut] + old[cut:], old[:cut] + new[cut:]):
                memory[first:end] = part
                board = Board(library, bytes(memory))
                assert board.start() in allowed
                board.save(state(99, 9), loaded=True)  # and it goes on from there
                board.save(state(100, 9))
                assert board.start() == (FOUND, state(100, 9))
        memory[first:end] = new


def _places(content: bytes, copy: int) -> range:
    sizes = [len(part) for part in parts(content)]
    return range(sum(sizes[:copy]), sum(sizes[: copy + 1]))


def test_reset_at_any_byte_of_a_save(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    before = board.content()
    board.save(state(1), loaded=True)
    torn(library, before, board.content(), [(FOUND, state(1)), (NONE, UNTOUCHED), (SPOILT, UNTOUCHED)])
    for number in (2, 3):
        before = board.content()
        board.save(state(number))
        torn(library, before, board.content(), [(FOUND, state(number)), (FOUND, state(number - 1))])


def test_reset_at_any_byte_of_a_load(library: ctypes.CDLL) -> None:
    """The flight before or the one loaded, never the state of one with the parameters of the other."""
    board = Board(library)
    board.start()
    board.save(state(1, 1), loaded=True)
    for number in (2, 3):
        board.save(state(number, 1))
        before = board.content()
        board.save(state(number, 2), loaded=True)
        torn(library, before, board.content(), [(FOUND, state(number, 1)), (FOUND, state(number, 2))])
        board = Board(library, before)
        board.start()


@pytest.mark.parametrize("copy", range(4))
def test_one_flipped_bit_costs_one_copy(library: ctypes.CDLL, copy: int) -> None:
    """Of the changing part the older one is resumed; the fixed part's other copy is the same, and mends it."""
    board = Board(library)
    board.start()
    for number in (1, 2):
        board.save(state(number), loaded=number == 1)
    newest = 2  # the second save went to the first changing copy
    for place in _places(board.content(), copy):
        content = bytearray(board.content())
        content[place] ^= 0x10
        padding = place - _places(content, copy)[0] >= HEADER + (FIXED if copy < 2 else SIZE - FIXED)
        expected = state(1 if copy == newest and not padding else 2)
        started = Board(library, bytes(content))
        assert started.start() == (FOUND, expected)
        fixed = parts(started.content())[:2]
        assert fixed[0][: HEADER + FIXED] == fixed[1][: HEADER + FIXED] == parts(board.content())[0][: HEADER + FIXED]


def test_both_copies_spoilt_is_not_the_same_as_nothing_kept(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    board.save(state(1), loaded=True)
    board.save(state(2))
    board.spoil()
    assert board.start() == (SPOILT, UNTOUCHED)


@pytest.mark.parametrize("copies", [(0, 1), (2, 3)])
def test_a_part_without_a_whole_copy_is_spoilt(library: ctypes.CDLL, copies: tuple[int, int]) -> None:
    board = Board(library)
    board.start()
    board.save(state(1), loaded=True)
    board.save(state(2))
    for offset in range(8, HEADER + FIXED):
        content = bytearray(board.content())
        for copy in copies:
            content[_places(content, copy)[0] + offset] ^= 0x01
        assert resumed(library, bytes(content)) == (SPOILT, UNTOUCHED)


def test_what_was_spoilt_is_not_resumed_by_a_later_flight_with_the_same_parameters(library: ctypes.CDLL) -> None:
    """Its fixed part makes the old changing copies whole again."""
    board = Board(library)
    board.start()
    board.save(state(1), loaded=True)
    for number in range(2, 8):
        board.save(state(number))
    content = bytearray(board.content())
    for copy in (0, 1):
        content[_places(content, copy)[0] + HEADER] ^= 0x01
    again = Board(library, bytes(content))
    assert again.start() == (SPOILT, UNTOUCHED)
    again.save(state(1), loaded=True)
    assert again.start() == (FOUND, state(1))


def test_another_core_resumes_nothing(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    board.save(state(1), loaded=True)
    assert board.start(build_id=BUILD_ID + 1) == (NONE, UNTOUCHED)


def test_without_memory_nothing_is_kept(library: ctypes.CDLL) -> None:
    checkpoint, buffer = Checkpoint(), ctypes.create_string_buffer(SIZE)
    assert library.checkpoint_open(ctypes.byref(checkpoint), None, buffer, FIXED, SIZE, BUILD_ID) == NONE
    library.checkpoint_save(ctypes.byref(checkpoint), state(1), True)
    library.checkpoint_spoil(ctypes.byref(checkpoint))
