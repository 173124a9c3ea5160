from collections.abc import Iterable, Sequence

from hil.effectors.faults import Fault
from hil.effectors.rows import Row
from hil.faults.window import Declared

class Effectors(Declared):
    def __init__(self, rows: Iterable[Row] = (), faults: Iterable[Fault] = (), phases: Sequence[str] = ()) -> None: ...
    @property
    def can_shut(self) -> int: ...
    @property
    def shut(self) -> int: ...
    @property
    def armed(self) -> int: ...
