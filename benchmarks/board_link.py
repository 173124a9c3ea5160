"""`python -m benchmarks.board_link`: what the conversation costs beside the wire itself.

Exchanges a second of the Linux board (a sensor frame out, command and telemetry back, the core stepped and its
state kept) against a bare echo of the same frame sizes on the same kind of pseudo-terminal, and the processor time of
both ends of each. The two take turns every few milliseconds over a whole flight, so that whatever else the computer
does slows either; the median of the turns' ratios is what counts. Host and far ends are given a processor each where
there are two: where the kernel puts them changes either figure twofold.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import timing
from benchmarks.tables import tables
from benchmarks.timing import Spread
from firmware_bridge import boards
from firmware_bridge.icd import definition
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.serial_link import SerialLink
from hil import Log, fly

TURN = 50  # exchanges
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


def cost(turn: Callable[[], object], pid: int) -> Cost:
    """What an exchange of a turn costs; pid: of the other end."""

    def now() -> tuple[float, ...]:
        on_processor_ns = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return time.perf_counter() * 1e6, time.process_time() * 1e6, on_processor_ns * 1e-3

    began = now()
    turn()
    return Cost(*((b - a) / TURN for a, b in zip(began, now(), strict=True)))


def frame_bytes() -> tuple[int, int]:
    """Sizes of a sensor frame and its answer on the wire, at most."""
    d = definition.load()
    return d.message("sensor").wire_bytes_max, d.message("command").wire_bytes_max


@contextmanager
def echo(folder: Path, request: int, answer: int, processor: set[int]) -> Iterator[tuple[Callable[[], None], int]]:
    """The bare echo: what takes a turn with it, and its process."""
    program = folder / "echo"
    compiler = ["cc", "-O2", f"-DREQUEST={request}", f"-DANSWER={answer}", "-x", "c", "-", "-o", str(program)]
    subprocess.run(compiler, input=ECHO, text=True, check=True)
    far, near = os.openpty()
    tty.setraw(near)
    with subprocess.Popen([program], stdin=far, stdout=far) as process, SerialLink(os.ttyname(near)) as link:
        os.close(far)
        os.sched_setaffinity(process.pid, processor)
        frame = b"\x55" * request

        def turn() -> None:
            for _ in range(TURN):
                link.write(frame)
                left = answer
                while left > 0:
                    left -= len(link.read(1.0))

        yield turn, process.pid
        process.terminate()
    os.close(near)


@contextmanager
def board(log: Log, processor: set[int]) -> Iterator[tuple[Callable[[], None], int]]:
    """The board: what flies a turn of the flight on it, and its process."""
    with boards.open_board("linux") as started, RemoteFlight(SerialLink(started.tty)) as remote:
        assert isinstance(started, boards.LinuxBoard)
        (child,) = map(int, Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split())
        os.sched_setaffinity(child, processor)
        remote.start(log.params[0])
        sensors = iter(log.sensors)

        def turn() -> None:
            for _ in range(TURN):
                remote.step(next(sensors))

        yield turn, child


def measure(flights: int = 1) -> dict[str, Any]:
    """The figures of the page: exchanges a second and processor time of both, and their ratio turn by turn."""
    log = fly("iss-contact", seed=1)
    request, answer = frame_bytes()
    mine, *others = sorted(os.sched_getaffinity(0))
    far = set(others[:1]) or {mine}
    turns: list[tuple[Cost, Cost]] = []
    with (
        timing.on({mine}),
        tempfile.TemporaryDirectory() as folder,
        echo(Path(folder), request, answer, far) as bare,
    ):
        for _ in range(flights):
            with board(log, far) as full:
                turns += [(cost(*bare), cost(*full)) for _ in range(len(log.sensors) // TURN)]
    rows = [
        {
            "name": name,
            "exchanges_per_s": asdict(Spread.of([1e6 / c.wall_us for c in costs])),
            "host_us": asdict(Spread.of([c.host_us for c in costs])),
            "far_us": asdict(Spread.of([c.far_us for c in costs])),
        }
        for name, costs in zip(("bare echo", "Linux board"), zip(*turns, strict=True), strict=True)
    ]
    ratio = Spread.of([bare_cost.wall_us / full_cost.wall_us for bare_cost, full_cost in turns])
    return {"request_bytes": request, "answer_bytes": answer, "turns": len(turns), "turn": TURN, "rows": rows,
            "ratio": asdict(ratio)}  # fmt: skip


if __name__ == "__main__":
    print(tables({"link": measure()}))
