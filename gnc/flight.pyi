from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np

N_THRUSTERS: int
N_PHASES: int
LATE_CYCLES_MAX: int
"""Control cycles by which a measurement may be late: the core knows where it was then."""
SENSOR_FRAME: np.dtype[np.void]
COMMAND: np.dtype[np.void]
TELEMETRY: np.dtype[np.void]
PARAMS: np.dtype[np.void]

class Law(IntEnum):
    HOLD = 0
    HOP = 1
    FORCED = 2
    DOCKED = 3
    CAM = 4
    DRIFT = 5

class Flag(IntFlag):
    STAR_OK = 1
    RGNSS_OK = 2
    CAMERA_OK = 4
    GNSS_OK = 8
    BURN = 16
    RETREAT = 32
    CAM = 64
    CAPTURED = 128
    GATE_OPEN = 256
    SATURATED = 512
    TC_REJECTED = 1024
    HELD = 2048
    FREE_DRIFT = 4096

class Reason(IntEnum):
    NONE = 0
    CORRIDOR = 1
    CLOSING_RATE = 2
    CAMERA = 3
    STAR = 4
    RGNSS = 5
    ATTITUDE = 6
    TIMEOUT = 7
    TELECOMMAND = 8
    MISSED_CONTACT = 9
    DISAGREEMENT = 10

class Uses(IntFlag):
    STAR = 1
    RGNSS = 2
    CAMERA = 4

class Telecommand(IntEnum):
    NONE = 0
    GO = 1
    HOLD = 2
    RESUME = 3
    RETREAT = 4
    ABORT = 5
    FREE_DRIFT = 6

@dataclass(frozen=True)
class Field:
    name: str
    type: str
    count: int
    offset: int
    unit: str
    lo: float
    hi: float
    meaning: str

def fields(frame: str) -> tuple[Field, ...]: ...

class FlightError(RuntimeError):
    status: int

class Flight:
    def __init__(self, params: Any) -> None: ...
    def step(self, sensors: Any) -> tuple[np.void, np.void]: ...
