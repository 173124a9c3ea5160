from collections.abc import Iterable, Sequence
from typing import Any

from hil.faults.rows import CommandFault

class Commands:
    def __init__(self, faults: Iterable[CommandFault] = (), phases: Sequence[str] = ()) -> None: ...
    @property
    def faults(self) -> tuple[CommandFault, ...]: ...
    def injected(self) -> tuple[dict[str, Any], ...]: ...
