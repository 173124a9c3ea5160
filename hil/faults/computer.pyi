from collections.abc import Iterable, Sequence

from hil.faults.rows import ComputerFault
from hil.faults.window import Declared

class Computer(Declared):
    def __init__(
        self, faults: Iterable[ComputerFault] = (), phases: Sequence[str] = (), seed: int = 1, case: int = 0
    ) -> None: ...
    @property
    def cold(self) -> bool: ...
    @property
    def refused(self) -> int: ...
    def started(self) -> None: ...
