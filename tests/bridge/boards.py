"""A board in memory: the firmware's conversation in C, with bytes handed to it directly and resets at will."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cache

from firmware_bridge.errors import PortLostError
from firmware_bridge.icd.generated import icd
from hil import Log, fly


@cache
def recording() -> Log:
    """A flight of software in the loop, to hold boards to."""
    return fly("iss-contact", seed=1)


class _Board(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("boot_reason", ctypes.c_uint32), ("boot_count", ctypes.c_uint32)]


class MemoryBoard:
    """A `ByteLink` with a board behind it. `lose` is asked for each answer whether the wire loses it."""

    name = "memory"

    def __init__(self, link: ctypes.CDLL):
        self._c = link
        for function in ("harness_protocol_bytes", "harness_kept_bytes", "harness_receive", "protocol_start"):
            getattr(link, function).restype = ctypes.c_size_t
        link.harness_out.restype = ctypes.POINTER(ctypes.c_uint8)
        self._protocol = ctypes.create_string_buffer(link.harness_protocol_bytes())
        self._kept = ctypes.create_string_buffer(link.harness_kept_bytes())
        self._answers: list[bytes] = []
        self.saved = b""
        self.boots = 0
        self.functions: list[int] = []
        self.lose: Callable[[bytes], bool] = lambda answer: False
        self.gone = self.hung = False
        self.reset(icd.BootReason.POWER_ON)

    def reset(self, reason: int = icd.BootReason.RESET, kept: bytes | None = None) -> None:
        """Starts the board, with what it kept."""
        self.boots += 1
        self.hung = False
        ctypes.memset(self._kept, 0xA5, len(self._kept))
        if kept:
            ctypes.memmove(self._kept, kept, len(kept))
        self._identity = _Board(b"memory board", reason, self.boots)
        size = self._c.protocol_start(
            self._protocol, self._kept, ctypes.byref(self._identity), ctypes.c_bool(bool(kept))
        )
        self._answer(size)

    def _answer(self, size: int) -> None:
        answer = bytes(self._c.harness_out(self._protocol)[:size])
        if answer and not self.lose(answer):
            self._answers.append(answer)

    def write(self, data: bytes) -> None:
        """The board takes bytes."""
        if self.gone:
            raise PortLostError("memory went away")
        size, function, saved = ctypes.c_size_t(), ctypes.c_uint32(), ctypes.c_uint32()
        while data and not self.hung:
            taken = self._c.harness_receive(
                self._protocol,
                data,
                ctypes.c_size_t(len(data)),
                ctypes.byref(size),
                ctypes.byref(function),
                ctypes.byref(saved),
            )
            data = data[taken:]
            if saved.value:
                self.saved = self._kept.raw
            self._answer(size.value)
            if function.value:
                self.functions.append(function.value)
                self.perform(function.value)

    def perform(self, function: int) -> None:
        """What a firmware does for a function."""
        if function == icd.Function.HANG:
            self.hung = True
        else:
            self.reset(kept=None if function == icd.Function.SPOIL_CHECKPOINT else self.saved)

    def read(self, timeout_s: float) -> bytes:
        """What the board said."""
        if self.gone:
            raise PortLostError("memory went away")
        if not self._answers:
            time.sleep(min(timeout_s, 0.001))
        data = b"".join(self._answers)
        self._answers.clear()
        return data

    def reopen(self, timeout_s: float) -> None:
        """The port is back at once."""
        self.gone = False

    def close(self) -> None:
        """Nothing to give back."""
