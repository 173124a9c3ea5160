from collections.abc import Iterable, Sequence
from typing import Any

class Surface:
    def __init__(self, solids: Iterable[Any]) -> None: ...
    def centre(
        self, from_body_m: Sequence[float], axis_body: Sequence[float], cos_half_view: float = -1.0
    ) -> tuple[float, float, float] | None: ...
