"""Test of the link to a board: loss, latency, and the cycle rate that each baud rate can sustain.

The board flies the first cycles of a recorded flight as fast as it answers, so frames and computing load are
realistic; its answers are compared with the recorded ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import numpy as np

from firmware_bridge.icd.generated import icd
from firmware_bridge.remote import RemoteFlight
from firmware_bridge.resend_timer import BITS_A_BYTE
from firmware_bridge.wire import Wire, sensor_body
from hil.log import Log
from hil.realtime import latencies
from hil.replay import replay
from hil.run import fly
from hil.scenario import Scenario

BAUDS = (57_600, 115_200, 230_400, 460_800, 921_600, 2_000_000)
LOSSES = ("cobs_errors", "length_errors", "crc_errors", "apid_errors", "overrun_errors", "sequence_gaps", "uart_lost")
SCENARIO = "iss-contact"


@dataclass(frozen=True)
class LinkTest:
    """What was measured.

    bytes_up, bytes_down: on the wire, each frame sent once: no more in 99.9 % of the exchanges. round_trip_us: as
    `hil.realtime.latencies`. baud: the port's; None if it does not transmit at that rate. lost: packets that one end
    sent and the other never got. asked_again: exchanges whose answer did not come soon, lost or merely late. errors:
    counters of both ends that are not zero. equal: the answers are those of the core in this process, to the bit.
    rate_hz: what 99.9 % of the exchanges would have kept up with; rate_by_baud_hz: the same at other baud rates.
    """

    exchanges: int
    bytes_up: int
    bytes_down: int
    round_trip_us: dict[str, Any]
    baud: int | None
    lost: int
    asked_again: int
    errors: dict[str, int]
    equal: bool
    rate_hz: float
    rate_by_baud_hz: dict[int, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def wire_us(bytes_: int, baud: int) -> float:
    """How long that many bytes take on the wire (us), one after the other."""
    return 1.0e6 * bytes_ * BITS_A_BYTE / baud


def link_test(
    computer: RemoteFlight,
    exchanges: int,
    baud: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> LinkTest:
    """Measures the link to a board with a number of exchanges.

    baud: of a port that transmits at that rate, as a real one does; None for any other. It is ignored if
    exchanges are faster than it allows (a pseudo-terminal, a board with native USB).
    progress: called with the number of exchanges done.
    The rates hold for the 99.9th percentile of what was seen: what the board and both drivers take,
    plus the time of the bytes at that baud rate. Raises BridgeError when the board is gone.
    """
    scenario = Scenario.load(SCENARIO)
    cycle_s = scenario.flight["cycle_s"]
    log = fly(Scenario.load(SCENARIO, [f"scenario.max_duration_s={exchanges * cycle_s}"]))
    host = computer.host
    computer.start(log.params[0])
    before = host.statistics()
    host.round_trip_s = type(host.round_trip_s)("d")
    found = replay(log, _Started(computer, progress))
    after = host.statistics()
    count = len(log.sensors)
    grown = {f"{end} {name}": after[end][name] - before[end][name] for end in after for name in after[end]}
    up_usual, up, down = _exchange_bytes(log)
    round_trip = latencies((np.array(host.round_trip_s) * 1.0e9).astype(np.int64))
    if baud and wire_us(up_usual + down, baud) > round_trip["median"]:
        baud = None
    on_wire_us = wire_us(up + down, baud) if baud else 0.0
    beyond_us = max(0.0, round_trip["p999"] - on_wire_us)
    return LinkTest(
        exchanges=count,
        bytes_up=up,
        bytes_down=down,
        round_trip_us=round_trip,
        baud=baud,
        lost=_lost(grown, "host", "board") + _lost(grown, "board", "host"),
        asked_again=grown["host resends"],
        errors={name: n for name, n in grown.items() if n and name.split()[1] in LOSSES},
        equal=found.equal,
        rate_hz=1.0e6 / round_trip["p999"],
        rate_by_baud_hz={rate: 1.0e6 / (beyond_us + wire_us(up + down, rate)) for rate in BAUDS},
    )


def _exchange_bytes(log: Log) -> tuple[int, int, int]:
    """Sizes on the wire: sensors up, the median and what 99.9 % keep within; command and telemetry down."""
    wire = Wire()
    up = sorted(len(wire.frame(icd.SENSOR, sensor_body(sensors))) for sensors in log.sensors)
    return up[(len(up) - 1) // 2], up[ceil(0.999 * len(up)) - 1], len(wire.frame(icd.COMMAND, icd.COMMAND.encode()))


def _lost(grown: dict[str, int], sender: str, receiver: str) -> int:
    return max(0, grown[f"{sender} packets_sent"] - grown[f"{receiver} packets_received"])


class _Started:
    """A flight computer that already has its parameters; without `start`, its run is not restarted."""

    def __init__(self, computer: RemoteFlight, progress: Callable[[int], None]):
        self._step, self._progress, self._done = computer.step, progress, 0

    def step(self, sensors: np.void) -> tuple[np.void, np.void]:
        """One exchange."""
        answer = self._step(sensors)
        self._done += 1
        self._progress(self._done)
        return answer
