"""The checkpoint: a reset at any byte of a save leaves the old state or the new one, never anything else."""

import ctypes
import subprocess

import pytest

from firmware_bridge import boards

SIZE = 100
BUILD_ID = 0x0123456789ABCDEF
NONE, FOUND, SPOILT = 0, 1, 2


class Checkpoint(ctypes.Structure):
    _fields_ = (
        ("copies", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("build_id", ctypes.c_uint64),
        ("number", ctypes.c_uint32),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    made = tmp_path_factory.mktemp("checkpoint") / "checkpoint.so"
    link = boards.SOURCES.parent / "link"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1", "-shared", "-fPIC", f"-I{link}"]
    sources = [str(boards.SOURCES / "checkpoint.c"), str(link / "crc32.c")]
    subprocess.run(["cc", *flags, "-o", str(made), *sources], check=True)
    library = ctypes.CDLL(str(made))
    library.checkpoint_bytes.restype = ctypes.c_size_t
    library.checkpoint_bytes.argtypes = (ctypes.c_size_t,)
    library.checkpoint_open.argtypes = (
        ctypes.POINTER(Checkpoint),
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint64,
    )
    return library


class Board:
    """Surviving memory, and the program that is started on it again and again."""

    def __init__(self, library: ctypes.CDLL, content: bytes = b""):
        self._library = library
        self._bytes = library.checkpoint_bytes(SIZE)
        self.memory = (ctypes.c_uint64 * (self._bytes // 8))()
        ctypes.memmove(self.memory, content, len(content))
        self._checkpoint = Checkpoint()

    def start(self, build_id: int = BUILD_ID) -> tuple[int, bytes]:
        state = ctypes.create_string_buffer(b"\xee" * SIZE, SIZE)
        found = self._library.checkpoint_open(ctypes.byref(self._checkpoint), self.memory, state, SIZE, build_id)
        return found, state.raw

    def save(self, state: bytes) -> None:
        assert len(state) == SIZE
        self._library.checkpoint_save(ctypes.byref(self._checkpoint), state)

    def spoil(self) -> None:
        self._library.checkpoint_spoil(ctypes.byref(self._checkpoint))

    def content(self) -> bytes:
        return bytes(self.memory)


def state(number: int) -> bytes:
    return bytes((number * 7 + i) % 256 for i in range(SIZE))


UNTOUCHED = b"\xee" * SIZE


@pytest.mark.parametrize("power_on", [b"", b"\xff" * 200, bytes(range(256))], ids=["zeros", "ones", "noise"])
def test_nothing_is_found_after_power_on(library: ctypes.CDLL, power_on: bytes) -> None:
    assert Board(library, power_on).start() == (NONE, UNTOUCHED)


def test_newest_state_is_resumed_and_saving_goes_on(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    for number in range(1, 8):
        board.save(state(number))
        assert Board(library, board.content()).start() == (FOUND, state(number))
        if number % 3 == 0:  # a start in between
            assert board.start() == (FOUND, state(number))


def test_reset_at_any_byte_of_a_save(library: ctypes.CDLL) -> None:
    """Memory is what it was before the save up to some byte, and what it becomes from there on, or the other way."""
    board = Board(library)
    board.start()
    for number in (1, 2, 3):
        before = board.content()
        board.save(state(number))
        after = board.content()
        allowed = [(FOUND, state(number)), (FOUND, state(number - 1)) if number > 1 else (NONE, UNTOUCHED)]
        spoilt_first = [(SPOILT, UNTOUCHED)] if number == 1 else []  # nothing older to fall back on
        for cut in range(len(before) + 1):
            for torn in (after[:cut] + before[cut:], before[:cut] + after[cut:]):
                torn_board = Board(library, torn)
                found = torn_board.start()
                assert found in allowed + spoilt_first
                torn_board.save(state(99))  # and it goes on from there
                assert torn_board.start() == (FOUND, state(99))


@pytest.mark.parametrize("byte", range(0, 140, 3))
def test_one_flipped_bit_costs_one_copy(library: ctypes.CDLL, byte: int) -> None:
    board = Board(library)
    board.start()
    board.save(state(1))
    board.save(state(2))
    content = bytearray(board.content())
    newest = 0  # the second save went to the first copy
    content[newest + byte % (len(content) // 2)] ^= 0x10
    found, resumed = Board(library, bytes(content)).start()
    padding = range(len(content) // 2 - (-SIZE % 8), len(content) // 2)
    assert (found, resumed) == (FOUND, state(2 if byte in padding else 1))


def test_both_copies_spoilt_is_not_the_same_as_nothing_kept(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    board.save(state(1))
    board.save(state(2))
    board.spoil()
    assert board.start() == (SPOILT, UNTOUCHED)


def test_another_core_resumes_nothing(library: ctypes.CDLL) -> None:
    board = Board(library)
    board.start()
    board.save(state(1))
    assert board.start(build_id=BUILD_ID + 1) == (NONE, UNTOUCHED)


def test_without_memory_nothing_is_kept(library: ctypes.CDLL) -> None:
    checkpoint, buffer = Checkpoint(), ctypes.create_string_buffer(SIZE)
    assert library.checkpoint_open(ctypes.byref(checkpoint), None, buffer, SIZE, BUILD_ID) == NONE
    library.checkpoint_save(ctypes.byref(checkpoint), state(1))
    library.checkpoint_spoil(ctypes.byref(checkpoint))
