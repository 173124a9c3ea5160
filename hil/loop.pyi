from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gnc.flight import Flight
from hil.effectors.effector import Effectors
from hil.faults.commands import Commands
from hil.faults.computer import Computer
from hil.faults.target import TargetFaults
from hil.instruments.instrument import Instruments
from hil.plant.plant import Plant

class Chunk:
    sensors: NDArray[np.void]
    command: NDArray[np.void]
    telemetry: NDArray[np.void]
    truth: NDArray[np.void]
    def __init__(self, size: int) -> None: ...

class Loop:
    def __init__(
        self,
        plant: Plant,
        instruments: Instruments,
        cycle_s: float,
        flight: Flight | None = None,
        telecommands: Sequence[tuple[float, int, float, float]] = (),
        after_contact_s: float = 5.0,
        look_cycles: int = 0,
        last_phases: Iterable[int] = (),
        broken_off_after_s: float = 0.0,
        effectors: Effectors | None = None,
        computer: Computer | None = None,
        commands: Commands | None = None,
        target_faults: TargetFaults | None = None,
    ) -> None: ...
    @property
    def plant(self) -> Plant: ...
    @property
    def instruments(self) -> Instruments: ...
    @property
    def effectors(self) -> Effectors: ...
    @property
    def computer(self) -> Computer | None: ...
    @property
    def commands(self) -> Commands | None: ...
    @property
    def target_faults(self) -> TargetFaults | None: ...
    @property
    def cold(self) -> bool: ...
    def restart(self, flight: Flight) -> None: ...
    @property
    def broken_off(self) -> bool: ...
    @property
    def lost(self) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def t_s(self) -> float: ...
    @property
    def finished(self) -> bool: ...
    def run(self, chunk: Any, count: int) -> int: ...
    def sense(self, chunk: Any, i: int) -> None: ...
    def act(self, chunk: Any, i: int) -> None: ...
