"""Standard streams that never change what a command does or its exit status."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class OutputError(OSError):
    """Standard output cannot be written although its reader still exists."""

    exit_status = 2


class _Descriptor(io.FileIO):
    """A file descriptor for writing; once its reader has gone, output is discarded."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self._give_up()
            if self.fileno() == 2 or isinstance(error, BrokenPipeError):
                return len(data)
            raise OutputError(f"standard output: cannot be written: {error.strerror}") from None

    def _give_up(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def harden() -> None:
    """Makes the standard streams tolerate a vanished reader and closed descriptors.

    A closed descriptor is opened to /dev/null, before another file gets its number and its output.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream: Any = getattr(sys, name)
        if stream is None:
            stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # lives as long as we
        if stream is getattr(sys, f"__{name}__") or getattr(sys, name) is None:
            setattr(sys, name, _hardened(stream, number))


def _hardened(stream: Any, number: int) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(number, "w", closefd=False)),
        encoding=stream.encoding, errors=stream.errors, line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )  # fmt: skip
