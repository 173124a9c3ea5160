"""`python -m benchmarks.board_link`: what the conversation costs beside the wire itself.

Exchanges a second of the Linux board (a sensor frame out, command and telemetry back, the core stepped and its
state kept) against a bare echo of the same frame sizes on the same kind of pseudo-terminal, in turns in one run, and
the processor time of both ends of each. A round's ratio is that of two flights one after the other; the median of the
rounds is what counts, whatever else the computer does. Host and board are given a processor each where there are two:
where the kernel puts them changes either figure twofold.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from firmware_bridge import boards
from firmware_bridge.icd import definition
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from hil import Log, fly

ROUNDS = 9
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


@dataclass(frozen=True)
class Cost:
    """One exchange: time, and processor time of the host and of the other end, us."""

    wall_us: float
    host_us: float
    far_us: float


@contextmanager
def measured(exchanges: int, pid: int) -> Iterator[list[Cost]]:
    """Fills its list with the cost of what is done inside."""

    def now() -> tuple[float, ...]:
        on_processor_ns = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return time.perf_counter() * 1e6, time.process_time() * 1e6, on_processor_ns * 1e-3

    costs: list[Cost] = []
    began = now()
    yield costs
    costs.append(Cost(*((b - a) / exchanges for a, b in zip(began, now(), strict=True))))


def frame_bytes() -> tuple[int, int]:
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


def echo(folder: Path, request: int, answer: int, exchanges: int, processor: set[int]) -> Cost:
    """An exchange with the bare echo."""
    program = folder / "echo"
    compiler = ["cc", "-O2", f"-DREQUEST={request}", f"-DANSWER={answer}", "-x", "c", "-", "-o", str(program)]
    subprocess.run(compiler, input=ECHO, text=True, check=True)
    far, near = os.openpty()
    tty.setraw(near)
    with subprocess.Popen([program], stdin=far, stdout=far) as process, SerialLink(os.ttyname(near)) as link:
        os.close(far)
        os.sched_setaffinity(process.pid, processor)
        frame = b"\x55" * request
        with measured(exchanges, process.pid) as costs:
            for _ in range(exchanges):
                link.write(frame)
                left = answer
                while left > 0:
                    left -= len(link.read(1.0))
        process.terminate()
    os.close(near)
    return costs[0]


def board(log: Log, processor: set[int]) -> Cost:
    """An exchange with the board."""
    with boards.open_board("linux") as started, RemoteFlight(SerialLink(started.tty)) as remote:
        assert isinstance(started, boards.LinuxBoard)
        (child,) = map(int, Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split())
        os.sched_setaffinity(child, processor)
        remote.start(log.params[0])
        with measured(len(log.sensors), child) as costs:
            for sensors in log.sensors:
                remote.step(sensors)
        return costs[0]


def main() -> None:
    """Prints the median round."""
    log = fly("iss-contact", seed=1)
    request, answer = frame_bytes()
    with tempfile.TemporaryDirectory() as folder, processors() as other:
        rounds = [
            (echo(Path(folder), request, answer, len(log.sensors), other), board(log, other)) for _ in range(ROUNDS)
        ]
    ratios = sorted(bare.wall_us / full.wall_us for bare, full in rounds)
    print(f"{request} B out, {answer} B back, {ROUNDS} rounds, load {os.getloadavg()[0]:.1f}")
    for name, costs in zip(("bare echo", "Linux board"), zip(*rounds, strict=True), strict=True):
        wall, host, far = (median(getattr(c, f.name) for c in costs) for f in fields(Cost))
        print(f"{name:12} {1e6 / wall:9,.0f} exchanges/s; processor time {host:5.1f} us host, {far:5.1f} us other end")
    print(f"ratio        {median(ratios):9.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
