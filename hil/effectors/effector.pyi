from collections.abc import Iterable
from typing import Any

from hil.effectors.faults import Fault
from hil.effectors.rows import Row

class Effectors:
    def __init__(self, rows: Iterable[Row] = (), faults: Iterable[Fault] = ()) -> None: ...
    @property
    def faults(self) -> tuple[Fault, ...]: ...
    def injected(self) -> tuple[dict[str, Any], ...]: ...
