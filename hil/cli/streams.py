"""Standard streams that cannot change what a command does or with which status it ends."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class OutputError(OSError):
    """Standard output cannot be written, though its reader is still there; one line."""

    exit_status = 2


class _Descriptor(io.FileIO):
    """A descriptor to write to; once its reader has gone, what is written goes nowhere."""

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
    """Makes the standard streams bear a reader that has gone, and being closed.

    A closed descriptor is opened to nowhere, before some file of ours takes its number and its output.
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
