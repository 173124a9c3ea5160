from collections.abc import Iterable, Sequence
from typing import Any

from hil.faults.rows import TargetFault
from hil.plant.plant import Plant

class TargetFaults:
    def __init__(self, plant: Plant, faults: Iterable[TargetFault] = (), phases: Sequence[str] = ()) -> None: ...
    @property
    def faults(self) -> tuple[TargetFault, ...]: ...
    def injected(self) -> tuple[dict[str, Any], ...]: ...
