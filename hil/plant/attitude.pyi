from collections.abc import Callable
from typing import Any

Vec3 = tuple[float, float, float]

class AttitudeMode:
    def __init__(
        self, row: type[Any], truth: Callable[[Any, tuple[Vec3, Vec3, Vec3] | None], Any], frame: str = ""
    ) -> None: ...
    @property
    def row(self) -> type[Any]: ...
    @property
    def truth(self) -> Callable[[Any, tuple[Vec3, Vec3, Vec3] | None], Any]: ...
    @property
    def frame(self) -> str: ...
