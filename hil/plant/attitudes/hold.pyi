from typing import Any

from hil.plant.attitude import Vec3
from hil.plant.config import Hold, Quat

def hold_of(row: Any, q_body_from_frame: Quat, frame: str, drawn: tuple[Vec3, Vec3, Vec3] | None) -> Hold: ...
