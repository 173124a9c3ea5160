"""The flight core in Python: its frames as structured NumPy records, and one object that steps it.

The layouts come from the descriptors the core itself was compiled with (gnc/core/definitions/layout.c), so a
record and the C struct behind it cannot disagree.
"""

from dataclasses import dataclass

import numpy as np

from gnc.definitions import (
    Attitude, Dock, Event, Flag, Frame, Guard, Instrument, Kind, Law, Mechanism, Mode, Monitor, Overlay, Point, Quality, Reason,
    Target, Telecommand,
)

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

__all__ = [
    "ANY", "Attitude", "COMMAND", "Dock", "Event", "Field", "Flag", "Flight", "FlightError", "Frame", "Guard", "INTENT",
    "Instrument", "Kind", "LATE_CYCLES_MAX", "Law", "MEASUREMENT", "Mechanism", "Mode", "Monitor", "N_BLOCK", "N_GUARDS",
    "N_INSTRUMENTS", "N_MONITORS", "N_PHASES", "N_SLOTS", "N_THRUSTERS", "N_TRANSITIONS", "Overlay", "PARAMS", "PROGRESS",
    "Point", "Quality", "REFERENCE", "Reason", "SENSOR_FRAME", "SOLUTION", "TELEMETRY", "Target", "Telecommand",
    "add_measurement", "attitude_fields", "components", "degrees_of_freedom", "fields", "instruments_of", "law_block", "law_fields",
    "measurements", "model_block", "model_fields", "monitor_block", "monitor_fields", "numbers",
    "tables",
]

N_THRUSTERS = FLIGHT_THRUSTERS
N_PHASES = FLIGHT_PHASES
N_SLOTS = FLIGHT_SLOTS
N_INSTRUMENTS = FLIGHT_INSTRUMENTS
N_BLOCK = FLIGHT_BLOCK
N_TRANSITIONS = FLIGHT_TRANSITIONS
N_GUARDS = FLIGHT_GUARDS
N_MONITORS = FLIGHT_MONITORS
ANY = FLIGHT_ANY
LATE_CYCLES_MAX = HISTORY - 1


@dataclass(frozen=True)
class Field:
    """One field of a frame: element type, element count (0 for a scalar), unit, range, meaning.

    type: a NumPy type such as "<f8", or "measurement" for an array of `MEASUREMENT`.
    """

    name: str
    type: str
    count: int
    offset: int
    unit: str
    lo: float
    hi: float
    meaning: str


cdef dict _TYPES = {
    TYPE_F64: "<f8", TYPE_F32: "<f4", TYPE_U64: "<u8", TYPE_U32: "<u4", TYPE_U16: "<u2", TYPE_U8: "u1",
    TYPE_MEASUREMENT: "measurement",
}


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
    types = [MEASUREMENT if f.type == "measurement" else f.type for f in described]
    return np.dtype({
        "names": [f.name for f in described],
        "formats": [(kind, (f.count,)) if f.count else kind for kind, f in zip(types, described)],
        "offsets": [f.offset for f in described],
        "itemsize": layout.size,
    })


MEASUREMENT = None
MEASUREMENT = _dtype(&flight_measurement_layout)
SENSOR_FRAME = _dtype(&flight_sensor_layout)
SOLUTION = _dtype(&flight_solution_layout)
INTENT = _dtype(&flight_intent_layout)
REFERENCE = _dtype(&flight_reference_layout)
PROGRESS = _dtype(&flight_progress_layout)
COMMAND = _dtype(&flight_command_layout)
TELEMETRY = _dtype(&flight_telemetry_layout)
PARAMS = _dtype(&flight_param_layout)
cdef dict _FIELDS = {
    "measurement": _describe(&flight_measurement_layout),
    "sensors": _describe(&flight_sensor_layout),
    "solution": _describe(&flight_solution_layout),
    "intent": _describe(&flight_intent_layout),
    "reference": _describe(&flight_reference_layout),
    "progress": _describe(&flight_progress_layout),
    "command": _describe(&flight_command_layout),
    "telemetry": _describe(&flight_telemetry_layout),
    "params": _describe(&flight_param_layout),
}


def fields(str frame):
    """The fields of a frame, in order: a tuple of `Field`.

    frame: "measurement", "sensors", "solution", "command", "telemetry" or "params". Raises ValueError for any other name.
    `lo` and `hi` are the accepted range of a parameter and 0 elsewhere.
    """
    if frame not in _FIELDS:
        raise ValueError(f"frame {frame!r}: expected one of {', '.join(_FIELDS)}")
    return _FIELDS[frame]


cdef tuple _block_fields(const block_field_t *f):
    found = []
    at = 0
    while f.name is not NULL:
        found.append(Field(f.name.decode(), "<f8", f.count if f.is_vector else 0, 8 * at, f.unit.decode(), f.lo, f.hi,
                           f.meaning.decode()))
        at += f.count
        f += 1
    return tuple(found)


cdef dict _OWN = {"law": Law, "attitude": Attitude, "monitor": Monitor, "model": Kind}


def numbers(str type):
    """The rows of the core by name, with their numbers: {name: number}, the core's own first and then the users'.

    type: "law", "attitude", "monitor" or "model" (a kind of measurement). Raises ValueError for any other.
    """
    if type not in _OWN:
        raise ValueError(f"type {type!r}: expected one of {', '.join(_OWN)}")
    found = {one.name.lower(): int(one) for one in _OWN[type] if one.name != "NONE"}
    cdef const user_row_t *row = users_rows
    while row.type is not NULL:
        if row.type.decode() == type:
            found[row.name.decode()] = row.id
        row += 1
    return found


cdef tuple _fields_of(str type, str what, int number, const block_field_t *found):
    if found is NULL:
        rows = ", ".join(f"{its} ({name})" for name, its in numbers(type).items())
        raise ValueError(f"{what} {number}: expected one of {rows}")
    return _block_fields(found)


def law_fields(int law):
    """What a guidance law reads of its own, in the order of its stretch of the block: a tuple of `Field`.

    law: a `Law` or the number of a user's own. `offset` is in bytes of the stretch. Raises ValueError for a number that
    no law has.
    """
    return _fields_of("law", "law", law, flight_law_fields(<uint8_t>law) if 0 <= law < 256 else NULL)


def attitude_fields(int attitude):
    """The same of an attitude; its fields lie behind those of the phase's law."""
    return _fields_of(
        "attitude", "attitude", attitude, flight_attitude_fields(<uint8_t>attitude) if 0 <= attitude < 256 else NULL)


def monitor_fields(int monitor):
    """The same of a monitor."""
    return _fields_of(
        "monitor", "monitor", monitor, flight_monitor_fields(<uint8_t>monitor) if 0 <= monitor < 256 else NULL)


def model_fields(int kind):
    """The same of the measurement model of a `Kind`."""
    return _fields_of("model", "kind", kind, flight_model_fields(<uint8_t>kind) if 0 <= kind < 256 else NULL)


cdef dict _stretch(params, int first, described):
    found = {}
    for f in described:
        length = max(f.count, 1)
        values = params["block"][first : first + length]
        found[f.name] = values if f.count else values.reshape(())
        first += length
    return found


def law_block(params, int phase):
    """The fields of a phase's law and attitude by name: views into the block of a record of PARAMS, () or (count,)."""
    described = law_fields(int(params["phase_law"][phase])) + attitude_fields(int(params["phase_attitude"][phase]))
    return _stretch(params, int(params["phase_block_offset"][phase]), described)


def monitor_block(params, int monitor):
    """The fields of the monitor in that row by name, as `law_block`."""
    described = monitor_fields(int(params["monitor_kind"][monitor]))
    return _stretch(params, int(params["monitor_block_offset"][monitor]), described)


def model_block(params, int instrument):
    """The fields of an instrument's model by name: views into the block of one record of PARAMS, of shape () or (count,)."""
    kind = int(params["instrument_kind"][instrument])
    return _stretch(params, int(params["instrument_block_offset"][instrument]), model_fields(kind))


def instruments_of(params, kind):
    """The numbers of the instruments of a `Kind` in one record of PARAMS, in the order of the table: a tuple."""
    kinds = params["instrument_kind"][: int(params["instrument_count"])]
    return tuple(int(number) for number in np.flatnonzero(kinds == int(kind)))


def tables():
    """Every table of named values of the core: its name to (whether they are bits, {name: (value, meaning)})."""
    cdef uint32_t i, k, count = FLIGHT_TABLES
    found = {}
    for i in range(count):
        values = {}
        for k in range(flight_tables[i].value_count):
            value = flight_tables[i].values[k]
            values[value.name.decode()] = (value.value, value.meaning.decode())
        found[flight_tables[i].name.decode()] = (flight_tables[i].bits, values)
    return found


cdef dict _components():
    cdef uint32_t i
    cdef const flight_component_t *c
    # by number: a kind that is new in the core has no Kind until `python -m gnc.define` has run, which imports this
    found = {int(kind): [] for kind in Kind}
    for i in range(flight_component_count):
        c = &flight_components[i]
        of = found.setdefault(int(c.kind), [])
        first = sum(max(f.count, 1) for f in of)
        of.append(Field(c.name.decode(), "<f8", c.count if c.count > 1 else 0, 8 * first, c.unit.decode(), 0.0, 0.0,
                        c.meaning.decode()))
    return {kind: tuple(fields) for kind, fields in found.items()}


cdef dict _COMPONENTS = _components()

cdef object _table(described):
    """What `measurements` gives of a kind: the frame's time, the header of the measurement, its components."""
    return np.dtype(
        [("t_us", "<u8"), ("t_valid_us", "<u8"), ("row", "<i8"), ("seq", "<u2"), ("instrument", "u1"), ("flags", "u1"),
         ("count", "u1")]
        + [(f.name, f.type, (f.count,)) if f.count else (f.name, f.type) for f in described]
    )


# A user's own kind: its components have no names
cdef tuple _UNNAMED = (Field("z", "<f8", MEASUREMENT_VALUES, 0, "1", 0.0, 0.0, "the values"),)


cdef object _kind(kind):
    """A `Kind`, or the number of a user's own. Raises ValueError for any other."""
    number = int(kind)
    return number if 128 <= number < 256 else Kind(kind)


def components(kind):
    """The components of the measurements of a `Kind`, in the order of z: a tuple of `Field`; `offset` is in bytes of z.

    Those of a user's own kind, 128 to 255, are one field z of eight numbers.
    """
    return _COMPONENTS.get(_kind(kind), _UNNAMED)


def degrees_of_freedom(kind, count):
    """Degrees of freedom of measurements of a `Kind` with so many values: an attitude's four have three.

    count: an integer or an array of them, as in the `count` of `measurements`. Returns the same shape.
    """
    given = np.asarray(count)
    attitudes = [f.offset // 8 + 4 for f in components(kind) if f.name.startswith("q_")]
    return given - sum((given >= last).astype(given.dtype) for last in attitudes)


def measurements(frames, kind):
    """The measurements of a `Kind` in sensor frames, as a table with a row for each.

    frames: one record of SENSOR_FRAME or an array of shape (n,). Returns a structured array of shape (m,): `row` (index of
    the frame), `t_us` (its time), `t_valid_us`, `seq`, `instrument`, `flags`, `count`, and the components of the kind by
    name. A component that the measurement does not have (see `count`) is zero.
    """
    kind = _kind(kind)
    frames = np.atleast_1d(np.asarray(frames))
    if frames.dtype != SENSOR_FRAME or frames.ndim != 1:
        raise ValueError(f"frames: expected records of gnc.flight.SENSOR_FRAME, got {frames.dtype} of shape {frames.shape}")
    slots = frames["slot"]
    filled = np.arange(N_SLOTS) < frames["slot_count"][:, None]
    rows, columns = np.nonzero(filled & (slots["kind"] == kind))
    found = slots[rows, columns]
    described = components(kind)
    table = np.zeros(len(rows), _table(described))
    table["row"], table["t_us"] = rows, frames["t_us"][rows]
    for name in ("t_valid_us", "seq", "instrument", "flags", "count"):
        table[name] = found[name]
    for f in described:
        first = f.offset // 8
        table[f.name] = found["z"][:, first : first + f.count] if f.count else found["z"][:, first]
    return table


def add_measurement(frame, kind, *, int instrument, int seq, t_valid_us, int flags=0, **values):
    """Fills the next free slot of a sensor frame; returns the slot's index.

    frame: one writeable record of SENSOR_FRAME. values: the components by name, all of them or the first few.
    Raises ValueError for a component that the kind has not, one left out before another, or a frame that is full.
    """
    kind = Kind(kind)
    at = int(frame["slot_count"])
    if at >= N_SLOTS:
        raise ValueError(f"the sensor frame is full: it has {N_SLOTS} slots")
    described = _COMPONENTS[kind]
    given = [f for f in described if f.name in values]
    if len(given) != len(values) or given != list(described[: len(given)]):
        raise ValueError(f"{kind.name}: components {', '.join(values)}: expected {', '.join(f.name for f in described)}")
    slot = frame["slot"][at]
    slot["instrument"], slot["kind"], slot["flags"], slot["seq"] = instrument, kind, flags, seq
    slot["t_valid_us"] = t_valid_us
    slot["count"] = sum(max(f.count, 1) for f in given)
    for f in given:
        first = f.offset // 8
        slot["z"][first : first + max(f.count, 1)] = values[f.name]
    frame["slot_count"] = at + 1
    return at


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
        return "malformed sensor frame: tick or time did not advance by one cycle, or it has too many slots"
    if status == FLIGHT_ERR_STAGE:
        return "a stage that replaces the core's own failed, or wrote what is not finite or out of range"
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


cdef str _bad_block(record):
    rows = [(f"phase {i}", law_fields(int(record["phase_law"][i])) + attitude_fields(int(record["phase_attitude"][i])),
             law_block(record, i)) for i in range(int(record["phase_count"]))]
    rows += [(f"monitor {i}", monitor_fields(int(record["monitor_kind"][i])), monitor_block(record, i))
             for i in range(int(record["monitor_count"]))]
    rows += [(f"instrument {i}", model_fields(int(record["instrument_kind"][i])), model_block(record, i))
             for i in range(int(record["instrument_count"]))]
    for what, described, values in rows:
        for field in described:
            for value in np.atleast_1d(values[field.name]):
                if not field.lo <= value <= field.hi:
                    return (f"flight parameter {field.name} of {what} = {value}: "
                            f"expected {field.lo:g} to {field.hi:g} {field.unit}")
    return "flight parameter block: a value is inconsistent with the others, such as a quaternion that is not of unit length"


cdef str _bad_parameter(const unsigned char[::1] raw, uint32_t index):
    if index >= flight_param_layout.field_count:
        return "flight parameters: inconsistent with one another"
    field = fields("params")[index]
    record = np.frombuffer(raw, PARAMS)[0]
    if field.name == "block":
        return _bad_block(record)
    value = np.atleast_1d(record[field.name])
    outside = np.flatnonzero(~((value >= field.lo) & (value <= field.hi)))
    if outside.size:
        at = f"[{outside[0]}]" if field.count else ""
        return (f"flight parameter {field.name}{at} = {value[outside[0]]}: "
                f"expected {field.lo:g} to {field.hi:g} {field.unit}")
    return f"flight parameter {field.name} = {record[field.name]}: inconsistent with the others ({field.meaning})"


cdef int32_t _replaced(void *context, uint32_t stage, const sensor_frame_t *sensors, command_t *command) noexcept with gil:
    return (<Flight>context)._run(stage, sensors, command)


cdef object _view(void *at, dtype, size_t size):
    """A record of a dtype that lies at an address."""
    return np.asarray(<unsigned char[:size]> (<unsigned char *>at)).view(dtype)[0]


cdef class Flight:
    """One flight core: `Flight(params)`, then `step(sensors)` once a control cycle.

    params: one record of `gnc.flight.PARAMS`. navigate, guide, decide, control: callables that take the place of the core's
    own stages (docs/design/stages.md), each called as

        navigate(sensors, solution, intent, progress, native)
        guide(solution, intent, reference, progress, native)
        decide(sensors, solution, progress, intent, native)
        control(solution, intent, reference, progress, command, native)

    with writeable records of `SENSOR_FRAME`, `SOLUTION`, `INTENT`, `REFERENCE`, `PROGRESS` and `COMMAND`: views that stay the
    same for the whole flight. `native()` runs the core's own stage on them. What a stage writes is checked by the core.

    Raises ValueError naming field, value and range when the core refuses the parameters, TypeError for a stage that
    cannot be called. `failure` is the exception that a stage raised, if one did.
    """

    def __cinit__(self, params, *, navigate=None, guide=None, decide=None, control=None):
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
        self._replace((navigate, guide, decide, control))

    def _replace(self, stages):
        cdef flight_frames_t frames = flight_frames(self.state)
        self.replaced, self.native, self.stages.replaced = list(stages), [], 0
        for number, (name, stage) in enumerate(zip(("navigate", "guide", "decide", "control"), stages)):
            if stage is not None and not callable(stage):
                raise TypeError(f"{name}: expected a callable, got {type(stage).__name__}")
            if stage is not None:
                self.stages.replaced |= 1 << number
        self.stages.context = <void *>self
        self.stages.run = _replaced
        if not self.stages.replaced:
            return
        self.frames = (
            _view(frames.solution, SOLUTION, sizeof(solution_t)), _view(frames.intent, INTENT, sizeof(intent_t)),
            _view(frames.reference, REFERENCE, sizeof(reference_t)), _view(frames.progress, PROGRESS, sizeof(progress_t)))
        self.sensors = _view(&self.sensors_now, SENSOR_FRAME, sizeof(sensor_frame_t))
        self.command = _view(&self.command_now, COMMAND, sizeof(command_t))

    @property
    def stages_replaced(self):
        """The stages that are not the core's own: {name: callable}."""
        names = ("navigate", "guide", "decide", "control")
        return {name: stage for name, stage in zip(names, self.replaced) if stage is not None}

    cdef bint _run(self, uint32_t stage, const sensor_frame_t *sensors, command_t *command) noexcept:
        solution, intent, reference, progress = self.frames
        memcpy(&self.sensors_now, sensors, sizeof(sensor_frame_t))
        memcpy(&self.command_now, command, sizeof(command_t))
        called = self.replaced[stage]
        native = lambda: flight_run_stage(self.state, stage, &self.sensors_now, &self.command_now)  # noqa: E731
        try:
            if stage == STAGE_NAVIGATE:
                called(self.sensors, solution, intent, progress, native)
            elif stage == STAGE_GUIDE:
                called(solution, intent, reference, progress, native)
            elif stage == STAGE_DECIDE:
                called(self.sensors, solution, progress, intent, native)
            else:
                called(solution, intent, reference, progress, self.command, native)
        except BaseException as error:
            self.failure = error
            return False
        memcpy(command, &self.command_now, sizeof(command_t))
        return True

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
        cdef int32_t status = flight_step_with(self.state, &frame, <command_t *>&command_out[0],
                                               <telemetry_t *>&telemetry_out[0], &self.stages)
        if status != FLIGHT_OK:
            raise FlightError(_reason(status), status) from self.failure
        return command[()], telemetry[()]
