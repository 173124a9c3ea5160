from collections.abc import Iterable, Sequence

from hil.faults.rows import CommandFault
from hil.faults.window import Declared

class Commands(Declared):
    def __init__(self, faults: Iterable[CommandFault] = (), phases: Sequence[str] = ()) -> None: ...
