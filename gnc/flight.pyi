from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc.definitions import Attitude as Attitude
from gnc.definitions import Dock as Dock
from gnc.definitions import Event as Event
from gnc.definitions import Flag as Flag
from gnc.definitions import Frame as Frame
from gnc.definitions import Guard as Guard
from gnc.definitions import Instrument as Instrument
from gnc.definitions import Kind as Kind
from gnc.definitions import Law as Law
from gnc.definitions import Mechanism as Mechanism
from gnc.definitions import Mode as Mode
from gnc.definitions import Monitor as Monitor
from gnc.definitions import Overlay as Overlay
from gnc.definitions import Point as Point
from gnc.definitions import Quality as Quality
from gnc.definitions import Reason as Reason
from gnc.definitions import Target as Target
from gnc.definitions import Telecommand as Telecommand

N_THRUSTERS: int
N_PHASES: int
N_SLOTS: int
N_INSTRUMENTS: int
N_BLOCK: int
N_TRANSITIONS: int
N_GUARDS: int
N_MONITORS: int
ANY: int
MEASUREMENT: np.dtype[np.void]
LATE_CYCLES_MAX: int
"""Control cycles by which a measurement may be late: the core knows where it was then."""
SENSOR_FRAME: np.dtype[np.void]
SOLUTION: np.dtype[np.void]
INTENT: np.dtype[np.void]
REFERENCE: np.dtype[np.void]
PROGRESS: np.dtype[np.void]
COMMAND: np.dtype[np.void]
TELEMETRY: np.dtype[np.void]
PARAMS: np.dtype[np.void]

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
def law_fields(law: int) -> tuple[Field, ...]: ...
def attitude_fields(attitude: int) -> tuple[Field, ...]: ...
def monitor_fields(monitor: int) -> tuple[Field, ...]: ...
def model_fields(kind: int) -> tuple[Field, ...]: ...
def model_block(params: Any, instrument: int) -> dict[str, NDArray[np.float64]]: ...
def instruments_of(params: Any, kind: int) -> tuple[int, ...]: ...
def monitor_block(params: Any, monitor: int) -> dict[str, NDArray[np.float64]]: ...
def law_block(params: Any, phase: int) -> dict[str, NDArray[np.float64]]: ...
def numbers(type: str) -> dict[str, int]: ...
def tables() -> dict[str, tuple[bool, dict[str, tuple[int, str]]]]: ...
def components(kind: int) -> tuple[Field, ...]: ...
def degrees_of_freedom(kind: int, count: Any) -> NDArray[np.int64]: ...
def measurements(frames: Any, kind: int) -> NDArray[np.void]: ...
def add_measurement(
    frame: Any, kind: int, *, instrument: int, seq: int, t_valid_us: Any, flags: int = 0, **values: Any
) -> int: ...

class FlightError(RuntimeError):
    status: int

class Flight:
    def __init__(
        self,
        params: Any,
        *,
        navigate: Callable[..., None] | None = None,
        guide: Callable[..., None] | None = None,
        decide: Callable[..., None] | None = None,
        control: Callable[..., None] | None = None,
    ) -> None: ...
    @property
    def failure(self) -> BaseException | None: ...
    @property
    def stages_replaced(self) -> dict[str, Callable[..., None]]: ...
    def step(self, sensors: Any) -> tuple[np.void, np.void]: ...
