"""The flight core in Python: its frames as structured NumPy records, and one object that steps it.

The layouts come from the descriptors the core itself was compiled with (gnc/core/layout.c), so a
record and the C struct behind it cannot disagree.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

__all__ = [
    "COMMAND", "Field", "Flag", "Law", "N_PHASES", "N_THRUSTERS", "PARAMS",
    "Reason", "SENSOR_FRAME", "TELEMETRY", "Telecommand", "Uses", "fields",
]

N_THRUSTERS = FLIGHT_THRUSTERS
N_PHASES = FLIGHT_PHASES


class Law(IntEnum):
    """Guidance laws, `telemetry["law"]` and `params["phase_law"]`."""

    HOLD = LAW_HOLD
    HOP = LAW_HOP
    FORCED = LAW_FORCED
    DOCKED = LAW_DOCKED
    CAM = LAW_CAM
    DRIFT = LAW_DRIFT


class Flag(IntFlag):
    """Bits of `telemetry["flags"]`."""

    STAR_OK = FLAG_STAR_OK
    RGNSS_OK = FLAG_RGNSS_OK
    CAMERA_OK = FLAG_CAMERA_OK
    GNSS_OK = FLAG_GNSS_OK
    BURN = FLAG_BURN
    RETREAT = FLAG_RETREAT
    CAM = FLAG_CAM
    CAPTURED = FLAG_CAPTURED
    GATE_OPEN = FLAG_GATE_OPEN
    SATURATED = FLAG_SATURATED
    TC_REJECTED = FLAG_TC_REJECTED
    HELD = FLAG_HELD
    FREE_DRIFT = FLAG_FREE_DRIFT


class Reason(IntEnum):
    """Why an approach was broken off, `telemetry["abort_reason"]`."""

    NONE = REASON_NONE
    CORRIDOR = REASON_CORRIDOR
    CLOSING_RATE = REASON_CLOSING_RATE
    CAMERA = REASON_CAMERA
    STAR = REASON_STAR
    RGNSS = REASON_RGNSS
    ATTITUDE = REASON_ATTITUDE
    TIMEOUT = REASON_TIMEOUT
    TELECOMMAND = REASON_TELECOMMAND
    MISSED_CONTACT = REASON_MISSED_CONTACT


class Uses(IntFlag):
    """Sensors a phase needs, `params["phase_uses"]`."""

    STAR = USES_STAR
    RGNSS = USES_RGNSS
    CAMERA = USES_CAMERA


class Telecommand(IntEnum):
    """`sensors["tc_opcode"]`."""

    NONE = TC_NONE
    GO = TC_GO
    HOLD = TC_HOLD
    RESUME = TC_RESUME
    RETREAT = TC_RETREAT
    ABORT = TC_ABORT
    FREE_DRIFT = TC_FREE_DRIFT


@dataclass(frozen=True)
class Field:
    """One field of a frame: element type, element count (0 for a scalar), unit, range, meaning."""

    name: str
    type: str
    count: int
    offset: int
    unit: str
    lo: float
    hi: float
    meaning: str


cdef dict _TYPES = {TYPE_F64: "<f8", TYPE_F32: "<f4", TYPE_U64: "<u8", TYPE_U32: "<u4", TYPE_U16: "<u2", TYPE_U8: "u1"}


cdef tuple _describe(const flight_layout_t *layout):
    cdef uint32_t i
    cdef const flight_field_t *f
    found = []
    for i in range(layout.field_count):
        f = &layout.fields[i]
        found.append(Field(f.name.decode(), _TYPES[f.type], f.count if f.is_vector else 0, f.offset,
                           f.unit.decode(), f.lo, f.hi, f.meaning.decode()))
    return tuple(found)


cdef object _dtype(const flight_layout_t *layout):
    described = _describe(layout)
    return np.dtype({
        "names": [f.name for f in described],
        "formats": [(f.type, (f.count,)) if f.count else f.type for f in described],
        "offsets": [f.offset for f in described],
        "itemsize": layout.size,
    })


SENSOR_FRAME = _dtype(&flight_sensor_layout)
COMMAND = _dtype(&flight_command_layout)
TELEMETRY = _dtype(&flight_telemetry_layout)
PARAMS = _dtype(&flight_param_layout)
cdef dict _FIELDS = {
    "sensors": _describe(&flight_sensor_layout),
    "command": _describe(&flight_command_layout),
    "telemetry": _describe(&flight_telemetry_layout),
    "params": _describe(&flight_param_layout),
}


def fields(str frame):
    """The fields of a frame, in order: a tuple of `Field`.

    frame: "sensors", "command", "telemetry" or "params". Raises ValueError for any other name.
    `lo` and `hi` are the accepted range of a parameter and 0 elsewhere.
    """
    if frame not in _FIELDS:
        raise ValueError(f"frame {frame!r}: expected one of {', '.join(_FIELDS)}")
    return _FIELDS[frame]
