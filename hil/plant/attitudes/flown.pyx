"""Nothing but thrusters and the gravity gradient turn the body."""

from typing import Literal

from pydantic.dataclasses import dataclass

from hil.plant.attitude cimport AttitudeMode, attitude_t

from firmware_bridge.faults import STRICT
from hil.plant.config import Flown as Truth
from hil.schema import Quaternion


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Flown:
    """Controlled by the flight software through the effectors.

    It starts with the given attitude, or else with that in which it will dock.
    """

    mode: Literal["flown"]
    q_body_from_hill: Quaternion | None = None


cdef int load(attitude_t* attitude, config, str name) except -1:
    return 0


cdef AttitudeMode own = AttitudeMode(Flown, lambda row, drawn: Truth())
own.load = load
MODE = own
