from collections.abc import Iterable, Sequence

from hil.faults.rows import TargetFault
from hil.faults.window import Declared
from hil.plant.plant import Plant

class TargetFaults(Declared):
    def __init__(self, plant: Plant, faults: Iterable[TargetFault] = (), phases: Sequence[str] = ()) -> None: ...
