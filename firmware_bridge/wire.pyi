from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.icd.message import Message

PACKET_MAX: int

class Packet(NamedTuple):
    message: Message
    sequence: int
    body: bytes

@dataclass(frozen=True)
class Counters:
    bytes_received: int = 0
    bytes_sent: int = 0
    packets_received: int = 0
    packets_sent: int = 0
    cobs_errors: int = 0
    length_errors: int = 0
    crc_errors: int = 0
    apid_errors: int = 0
    overrun_errors: int = 0
    sequence_gaps: int = 0
    sequence_duplicates: int = 0
    sequence_reordered: int = 0
    def as_dict(self) -> dict[str, int]: ...

class Wire:
    def __init__(self, *, listens_uplink: bool = False) -> None: ...
    @property
    def counters(self) -> Counters: ...
    def frame(self, message: Message, body: bytes) -> bytes: ...
    def last_sequence(self, message: Message) -> int: ...
    def forget_sequences(self) -> None: ...
    def feed(self, data: bytes) -> list[Packet]: ...

def sensor_body(record: np.void) -> bytes: ...
def recording(params: np.void, sensors: NDArray[np.void]) -> bytes: ...
def command_of(body: bytes) -> tuple[int, np.void, np.void]: ...
