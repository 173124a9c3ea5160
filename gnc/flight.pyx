"""The flight core in Python: its frames as structured NumPy records, and one object that steps it.

The layouts come from the descriptors the core itself was compiled with (gnc/core/layout.c), so a
record and the C struct behind it cannot disagree.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

__all__ = [
    "COMMAND", "Field", "Flag", "Flight", "FlightError", "LATE_CYCLES_MAX", "Law", "N_PHASES", "N_THRUSTERS", "PARAMS",
    "Reason", "SENSOR_FRAME", "TELEMETRY", "Telecommand", "Uses", "fields",
]

N_THRUSTERS = FLIGHT_THRUSTERS
N_PHASES = FLIGHT_PHASES
LATE_CYCLES_MAX = HISTORY - 1


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
    DISAGREEMENT = REASON_DISAGREEMENT


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


class FlightError(RuntimeError):
    """The core refused a call; `status` is its FLIGHT_ERR_* code. Its command is all off."""

    def __init__(self, str message, int status):
        super().__init__(message)
        self.status = status


cdef str _reason(int32_t status):
    if status == FLIGHT_ERR_NULL:
        return "a pointer is NULL"
    if status == FLIGHT_ERR_PARAM:
        return "a parameter is outside its range, or inconsistent"
    if status == FLIGHT_ERR_FRAME:
        return "malformed sensor frame: tick or time did not advance by one cycle"
    if status == FLIGHT_ERR_NOT_INIT:
        return "the flight core is not initialised"
    if status == FLIGHT_ERR_FPU:
        return "the FPU flushes subnormal numbers to zero: results would differ from other computers"
    return f"status {status}"


cdef const unsigned char[::1] _bytes_of(record, dtype, str what):
    """The bytes of exactly one record of dtype; ValueError for anything else."""
    array = np.asarray(record)
    if array.dtype != dtype or array.size != 1:
        raise ValueError(f"{what}: expected one record of gnc.flight.{what}, got {array.dtype} of shape {array.shape}")
    return np.frombuffer(array.tobytes(), np.uint8)


cdef str _bad_parameter(const unsigned char[::1] raw, uint32_t index):
    if index >= flight_param_layout.field_count:
        return "flight parameters: inconsistent with one another"
    field = fields("params")[index]
    record = np.frombuffer(raw, PARAMS)[0]
    value = np.atleast_1d(record[field.name])
    outside = np.flatnonzero(~((value >= field.lo) & (value <= field.hi)))
    if outside.size:
        at = f"[{outside[0]}]" if field.count else ""
        return (f"flight parameter {field.name}{at} = {value[outside[0]]}: "
                f"expected {field.lo:g} to {field.hi:g} {field.unit}")
    return f"flight parameter {field.name} = {record[field.name]}: inconsistent with the others ({field.meaning})"


cdef class Flight:
    """One flight core: `Flight(params)`, then `step(sensors)` once a control cycle.

    params: one record of `gnc.flight.PARAMS`. Raises ValueError naming field, value and range when
    the core refuses it.
    """

    def __cinit__(self, params):
        cdef uint32_t bad = flight_param_layout.field_count
        cdef const unsigned char[::1] raw = _bytes_of(params, PARAMS, "PARAMS")
        cdef flight_params_t p
        cdef int32_t status
        self.state = <flight_t *>calloc(1, flight_size())
        if self.state is NULL:
            raise MemoryError
        memcpy(&p, &raw[0], sizeof(p))
        status = flight_init(self.state, &p, &bad)
        if status == FLIGHT_ERR_PARAM:
            raise ValueError(_bad_parameter(raw, bad))
        if status != FLIGHT_OK:
            raise FlightError(_reason(status), status)

    def __dealloc__(self):
        free(self.state)

    def step(self, sensors):
        """One control cycle: one `SENSOR_FRAME` record in, a `(COMMAND, TELEMETRY)` pair of records out.

        Raises FlightError when the frame is malformed (its tick or time did not advance by one
        cycle); the core's state is then untouched. A bad measurement is rejected and counted in
        the telemetry, never raised.
        """
        cdef const unsigned char[::1] raw = _bytes_of(sensors, SENSOR_FRAME, "SENSOR_FRAME")
        cdef sensor_frame_t frame
        command = np.zeros((), COMMAND)
        telemetry = np.zeros((), TELEMETRY)
        cdef unsigned char[::1] command_out = command.reshape(1).view(np.uint8)
        cdef unsigned char[::1] telemetry_out = telemetry.reshape(1).view(np.uint8)
        memcpy(&frame, &raw[0], sizeof(frame))
        cdef int32_t status = flight_step(self.state, &frame, <command_t *>&command_out[0],
                                          <telemetry_t *>&telemetry_out[0])
        if status != FLIGHT_OK:
            raise FlightError(_reason(status), status)
        return command[()], telemetry[()]
