"""`python -m benchmarks.board_link`: what the conversation costs beside the wire itself.

Exchanges a second of the Linux board (a sensor frame out, command and telemetry back, the core stepped and its
state kept) against a bare echo of the same frame sizes on the same kind of pseudo-terminal, in turns in one run.
Host and board are given a processor each where there are two: where the kernel puts them changes either figure twofold.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge import boards
from firmware_bridge.icd import definition
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from hil import Log, fly

ROUNDS = 5
# The least a board can do: answers every REQUEST bytes with ANSWER bytes.
ECHO = r"""
#include <unistd.h>

int main(void)
{
    static unsigned char bytes[4096];
    size_t waiting = 0;
    for (;;) {
        ssize_t n = read(0, bytes, sizeof bytes);
        if (n <= 0) return 0;
        for (waiting += (size_t)n; waiting >= REQUEST; waiting -= REQUEST)
            for (size_t sent = 0; sent < ANSWER;) {
                ssize_t m = write(1, bytes, ANSWER - sent);
                if (m < 0) return 1;
                sent += (size_t)m;
            }
    }
}
"""


def frame_bytes(log: Log) -> tuple[int, int]:
    """Sizes of a sensor frame and its answer on the wire, at most."""
    d = definition.load()
    return d.message("sensor").wire_bytes_max, d.message("command").wire_bytes_max


@contextmanager
def processors() -> Iterator[set[int]]:
    """Keeps this process to one processor, and gives another for the board; all of them where there is one."""
    before = os.sched_getaffinity(0)
    mine, *others = sorted(before)
    try:
        os.sched_setaffinity(0, {mine})
        yield {others[0]} if others else before
    finally:
        os.sched_setaffinity(0, before)


def echo(folder: Path, request: int, answer: int, exchanges: int, processor: set[int]) -> float:
    """Exchanges a second of the bare echo."""
    program = folder / "echo"
    compiler = ["cc", "-O2", f"-DREQUEST={request}", f"-DANSWER={answer}", "-x", "c", "-", "-o", str(program)]
    subprocess.run(compiler, input=ECHO, text=True, check=True)
    far, near = os.openpty()
    tty.setraw(near)
    with subprocess.Popen([program], stdin=far, stdout=far) as process, SerialLink(os.ttyname(near)) as link:
        os.close(far)
        os.sched_setaffinity(process.pid, processor)
        frame = b"\x55" * request
        started = time.perf_counter()
        for _ in range(exchanges):
            link.write(frame)
            left = answer
            while left > 0:
                left -= len(link.read(1.0))
        took = time.perf_counter() - started
        process.terminate()
    os.close(near)
    return exchanges / took


def board(log: Log, processor: set[int]) -> float:
    """Exchanges a second of the board."""
    with boards.open_board("linux") as started, RemoteFlight(SerialLink(started.tty)) as remote:
        assert isinstance(started, boards.LinuxBoard)
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        for pid in (started.pid, *map(int, children)):
            os.sched_setaffinity(pid, processor)
        remote.start(log.params[0])
        began = time.perf_counter()
        for sensors in log.sensors:
            remote.step(sensors)
        return len(log.sensors) / (time.perf_counter() - began)


def main() -> None:
    """Prints the best of each and their ratio."""
    log = fly("iss-contact", seed=1)
    request, answer = frame_bytes(log)
    with tempfile.TemporaryDirectory() as folder, processors() as other:
        rates = [
            (echo(Path(folder), request, answer, len(log.sensors), other), board(log, other)) for _ in range(ROUNDS)
        ]
    best_echo, best_board = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    print(f"{request} B out, {answer} B back, best of {ROUNDS}")
    print(f"bare echo    {best_echo:9,.0f} exchanges/s")
    print(f"Linux board  {best_board:9,.0f} exchanges/s, {best_board / best_echo:.2f} of it")


if __name__ == "__main__":
    main()
