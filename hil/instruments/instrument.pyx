"""The instruments of a run: each measures at its own times, with its own noise and faults, into a slot of the frame.

A measurement is of the truth at its time of validity, and is delivered a latency later. What a kind measures is a
function in a file of its own; the times, dropouts, freezes and slots are the same for all and are here.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from gnc.ccore cimport quat_irotate, vec3_copy, vec3_cross, vec3_sub
from gnc.definitions cimport DOCK_CAPTURED, DOCK_CONTACT, KIND_DOCK
from hil.faults.window cimport window_look, window_open, window_set, window_times, window_waits, window_weight
from hil.noise cimport noise_normal, noise_open, noise_uniform

from hil.instruments.faults import FAULTS, components
from hil.noise import stream_key

cdef double NAN = float("nan")


cdef int take(double* out, object values, int count) except -1:
    cdef int i
    if len(values) != count:
        raise ValueError(f"expected {count} numbers, got {values!r}")
    for i in range(count):
        out[i] = values[i]
    return 0


cdef void arm_of(double* arm_eci_m, double* rate_eci_mps, const double* point_m, const double* com_m,
                 const double* q_body_from_eci, const double* w_body_radps) noexcept nogil:
    vec3_sub(arm_eci_m, point_m, com_m)
    vec3_cross(rate_eci_mps, w_body_radps, arm_eci_m)
    quat_irotate(arm_eci_m, q_body_from_eci, arm_eci_m)
    quat_irotate(rate_eci_mps, q_body_from_eci, rate_eci_mps)


cdef uint64_t _us(object seconds):
    return <uint64_t>(<double>seconds * 1.0e6 + 0.5)


cdef class Instrument:
    """One instrument of a run. Kinds derive from it; `hil.instruments.fit` makes one from its row."""

    def __init__(self):
        raise TypeError("an instrument is made by hil.instruments.fit")

    cdef int _fit(self, object fitted, measure_t measure, void* state, size_t state_size, int held, int scaled) except -1:
        row = fitted.row
        memset(&self.it, 0, sizeof(instrument_t))
        self.name, self.faults = fitted.name, tuple(fitted.faults)
        self.it.measure, self.it.state, self.it.state_size = measure, state, state_size
        self.it.kind, self.it.number = <uint8_t>int(fitted.kind.number), <uint8_t>fitted.number
        self.it.held, self.it.scaled = held, scaled
        self.it.period_us = _us(getattr(row, "period_s", 0.0))
        self.it.latency_us = _us(getattr(row, "latency_s", 0.0))
        self.it.dropout_probability = getattr(row, "dropout_probability", 0.0)
        self.spare_state = calloc(2, state_size + 1)
        if self.spare_state == NULL:
            raise MemoryError
        if len(self.faults) > INSTRUMENT_FAULTS:
            raise ValueError(f"{self.name}: {len(self.faults)} faults declared: expected at most {INSTRUMENT_FAULTS}")
        for fault in self.faults:
            self._declare(fault, fitted)
        return 0

    def __dealloc__(self):
        free(self.spare_state)

    def _declare(self, fault, fitted):
        cdef fault_t* f = &self.it.faults[self.it.fault_count]
        if problem := fault.problem(fitted.kind):
            raise ValueError(f"fault of {self.name}: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        f.kind = FAULTS[fault.kind].number
        window_set(&f.window, fault, fitted.phases)
        error = fault.error(fitted.kind)
        take(f.error, error, len(error))
        f.factor, f.delay_us = fault.factor or 0.0, _us(fault.delay_s or 0.0)
        f.component = 0 if fault.component is None else components(fitted.kind).index(fault.component)
        key = stream_key(fitted.seed, fitted.case, f"fault.{self.name}.{self.it.fault_count}")
        noise_open(&f.stream, key[0], key[1])
        self.it.fault_count += 1

    cdef void _swaps(self, int pair, int first, int second):
        self.it.swapped[pair][0], self.it.swapped[pair][1] = first, second

    @property
    def times(self):
        """Of each declared fault start and end (s), None for what has not begun or does not end."""
        return tuple(window_times(&self.it.faults[i].window) for i in range(self.it.fault_count))

    @property
    def changed(self):
        """For each declared fault, how many sensor frames would have been others without it: a tuple of int."""
        return tuple(self.it.faults[i].changed for i in range(self.it.fault_count))

    cdef int _open(self, stream_t* stream, object fitted, str source) except -1:
        """Opens a noise stream; that of an instrument named after its kind has no name of its own in it."""
        name = f"sensor.{source}" if fitted.name == fitted.row.kind else f"sensor.{source}.{fitted.name}"
        key = stream_key(fitted.seed, fitted.case, name)
        noise_open(stream, key[0], key[1])
        return 0


cdef bint _in_force(const fault_t* f, const fault_t* without, uint64_t t_us) noexcept nogil:
    return f != without and window_open(&f.window, t_us)


cdef fault_t* _fault(instrument_t* it, int kind, const fault_t* without, uint64_t t_us) noexcept nogil:
    """The first fault of a kind that is in force; NULL when there is none."""
    cdef int i
    for i in range(it.fault_count):
        if it.faults[i].kind == kind and _in_force(&it.faults[i], without, t_us):
            return &it.faults[i]
    return NULL


cdef bint _any_in_force(instrument_t* it, uint64_t t_us) noexcept nogil:
    """Whether the measurement delivered at t_us may be another for a fault: one late by its delay counts too."""
    cdef const window_t* w
    cdef uint64_t late_us
    cdef int i
    for i in range(it.fault_count):
        w = &it.faults[i].window
        late_us = it.latency_us + it.faults[i].delay_us
        if t_us < late_us:
            if w.start_us <= t_us:
                return True
        elif t_us - late_us < w.end_us and w.start_us <= t_us - it.latency_us:
            return True
    return False


cdef bint _due(const instrument_t* it, uint64_t t_us, uint64_t delay_us) noexcept nogil:
    cdef uint64_t late_us = it.latency_us + delay_us
    if it.period_us == 0:
        return t_us >= late_us
    return t_us >= late_us and (t_us - late_us) % it.period_us == 0


cdef const double* _error(instrument_t* it, const fault_t* without, uint64_t t_us, double* total) noexcept nogil:
    """The sum of the errors that faults put in; NULL when none does."""
    cdef const double* found = NULL
    cdef fault_t* f
    cdef double weight
    cdef int i, k
    for i in range(6):
        total[i] = 0.0
    for i in range(it.fault_count):
        f = &it.faults[i]
        if not _in_force(f, without, t_us):
            continue
        if f.kind == FAULT_WILD:
            if f.begun:
                continue
            f.begun = True
        elif f.kind != FAULT_BIAS and f.kind != FAULT_RAMP and f.kind != FAULT_NOISE:
            continue
        weight = window_weight(&f.window, t_us)
        for k in range(6):
            total[k] += weight * f.error[k] * (noise_normal(&f.stream) if f.kind == FAULT_NOISE else 1.0)
        found = total
    return found


cdef void _spoil(instrument_t* it, const fault_t* without, measurement_t* z) noexcept nogil:
    """What faults do to a measurement once it is made."""
    cdef fault_t* f
    cdef uint64_t t_us = z.t_valid_us
    cdef double other
    cdef int i, k
    for i in range(it.fault_count):
        f = &it.faults[i]
        if not _in_force(f, without, t_us):
            continue
        if f.kind == FAULT_SCALE:
            for k in range(it.scaled):
                z.z[k] *= 1.0 + window_weight(&f.window, t_us) * (f.factor - 1.0)
        elif f.kind == FAULT_SWAPPED_AXES:
            for k in range(2):
                other = z.z[it.swapped[k][0]]
                z.z[it.swapped[k][0]] = z.z[it.swapped[k][1]]
                z.z[it.swapped[k][1]] = other
        elif f.kind == FAULT_STUCK and f.component < z.count:
            if not f.begun:
                f.begun, f.held = True, z.z[f.component]
            z.z[f.component] = f.held
        elif f.kind == FAULT_ZERO or f.kind == FAULT_NAN:
            for k in range(z.count):
                z.z[k] = 0.0 if f.kind == FAULT_ZERO else NAN
            if it.kind == KIND_DOCK:
                z.flags &= ~(DOCK_CONTACT | DOCK_CAPTURED)
        elif f.kind == FAULT_FALSE_CONTACT:
            z.flags |= DOCK_CONTACT
        elif f.kind == FAULT_FALSE_CAPTURE:
            z.flags |= DOCK_CONTACT | DOCK_CAPTURED
        elif f.kind == FAULT_FROZEN_TIME:
            if not f.begun:
                f.begun, f.held_us = True, z.t_valid_us
            z.t_valid_us = f.held_us


cdef void _reflect(const fault_t* f, measurement_t* z) noexcept nogil:
    """The values of a false return, under the header of the measurement."""
    cdef int k
    for k in range(8):
        z.z[k] = f.error[k] if k < 3 else 0.0
    z.count = 3


cdef fault_t* _late(instrument_t* it, const fault_t* without, uint64_t t_us) noexcept nogil:
    """The fault that delayed a measurement until now; NULL when there is none."""
    cdef fault_t* f
    cdef int i
    for i in range(it.fault_count):
        f = &it.faults[i]
        if (f.kind == FAULT_LATENCY and _due(it, t_us, f.delay_us)
                and _in_force(f, without, t_us - it.latency_us - f.delay_us)):
            return f
    return NULL


cdef class Instruments:
    """The instruments of a flight: `Instruments(fitted)`, of `Instrument` in the order of their numbers."""

    def __init__(self, fitted):
        self.fitted = tuple(fitted)
        if len(self.fitted) > INSTRUMENTS_MAX:
            raise ValueError(f"{len(self.fitted)} instruments: expected at most {INSTRUMENTS_MAX}")
        memset(&self.history, 0xFF, sizeof(self.history))
        self.next_moment = 0
        self.failed = False
        self.count = len(self.fitted)
        for i, instrument in enumerate(self.fitted):
            self.array[i] = &(<Instrument?>instrument).it
            self.spare[i] = (<Instrument>instrument).spare_state

    def failure(self):
        """Why an instrument of another package ended the run; None when none did. Raises an interrupt that it met."""
        for each in self.fitted if self.failed else ():
            error = getattr(each, "failure", None)
            if isinstance(error, KeyboardInterrupt):
                raise error
            if error is not None:
                return f"instrument {each.name} failed: {type(error).__name__}: {error}"
        return None

    def injected(self):
        """What became of each declared fault: a tuple of dicts.

        Each has `instrument`, `kind`, `start_s` (None: it has not begun), `end_s` (None: never) and `changed`, how many
        sensor frames it changed. A fault that
        changed none was not injected.
        """
        return tuple(
            {"instrument": each.name, "kind": fault.kind, "start_s": start_s, "end_s": end_s, "changed": changed}
            for each in self.fitted
            for fault, (start_s, end_s), changed in zip(each.faults, each.times, each.changed, strict=True))

    cdef void look(self, const sight_t* sight) noexcept nogil:
        cdef int i, k
        for i in range(self.count):
            for k in range(self.array[i].fault_count):
                window_look(&self.array[i].faults[k].window, sight)

    cdef bint waits(self) noexcept nogil:
        """Whether any fault waits for something to begin with."""
        cdef int i, k
        for i in range(self.count):
            for k in range(self.array[i].fault_count):
                if window_waits(&self.array[i].faults[k].window):
                    return True
        return False

    cdef void sample(self, Plant plant, uint32_t tick, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil:
        cdef instrument_t* it
        cdef measurement_t* z
        cdef bint delivered
        cdef int i
        self.now = self._remember(plant, cycle_us)
        memset(out, 0, sizeof(sensor_frame_t))
        out.t_us = plant.t_us
        out.tick = tick
        for i in range(self.count):
            it = self.array[i]
            if it.over_cycle and tick == 0:
                continue
            z = &out.slot[out.slot_count]
            if it.fault_count == 0 or not _any_in_force(it, plant.t_us):
                delivered = self._measured(it, plant.t_us, NULL, z)
            else:
                delivered = self._measured_with_faults(i, plant.t_us, z)
            self.failed = self.failed or it.failed
            if delivered:
                out.slot_count += 1
            else:
                memset(z, 0, sizeof(measurement_t))

    cdef bint _measured_with_faults(self, int i, uint64_t t_us, measurement_t* z) noexcept nogil:
        """A measurement while faults are in force; counts for each whether the frame is another because of it."""
        cdef instrument_t* it = self.array[i]
        cdef instrument_t before = it[0]
        cdef instrument_t other
        cdef measurement_t instead
        cdef bint delivered, without
        cdef char* saved = <char*>self.spare[i]
        cdef int k
        memcpy(saved, it.state, it.state_size)
        delivered = self._measured(it, t_us, NULL, z)
        for k in range(it.fault_count):
            other = before
            if it.state_size > 0:
                other.state = saved + it.state_size
                memcpy(other.state, saved, it.state_size)
            without = self._measured(&other, t_us, &other.faults[k], &instead)
            if without != delivered or (delivered and memcmp(&instead, z, sizeof(measurement_t)) != 0):
                it.faults[k].changed += 1
        return delivered

    cdef bint _measured(self, instrument_t* it, uint64_t t_us, const fault_t* without, measurement_t* z) noexcept nogil:
        """Whether the instrument delivers a measurement at t_us, and the measurement; `without`: a fault left out."""
        cdef const moment_t* m = self.now
        cdef fault_t* late = NULL
        cdef fault_t* reflection
        cdef double error[6]
        cdef int i
        if not _due(it, t_us, 0) or _fault(it, FAULT_LATENCY, without, t_us - it.latency_us) != NULL:
            late = _late(it, without, t_us)
            if late == NULL:
                return False
        it.seq += 1
        if it.latency_us > 0 or late != NULL:
            m = self._moment(t_us - it.latency_us - (0 if late == NULL else late.delay_us))
        if it.dropout_probability > 0.0 and noise_uniform(&it.stream) < it.dropout_probability:
            return False
        if m == NULL or _fault(it, FAULT_DROPOUT, without, m.t_us) != NULL:
            return False
        memset(z, 0, sizeof(measurement_t))
        z.kind, z.instrument, z.seq, z.t_valid_us = it.kind, it.number, it.seq, m.t_us
        reflection = _fault(it, FAULT_FALSE_RETURN, without, m.t_us)
        if not it.measure(it, m, _error(it, without, m.t_us, error), z) and reflection == NULL:
            return False
        if reflection != NULL:
            _reflect(reflection, z)
        # a frozen instrument repeats the values that it gave last, under new numbers and times
        if _fault(it, FAULT_FREEZE, without, m.t_us) != NULL:
            for i in range(it.held):
                z.z[i] = it.last[i]
            if it.kind == KIND_DOCK and it.given:
                z.flags = it.last_flags
        for i in range(it.held):
            it.last[i] = z.z[i]
        if it.fault_count == 0:
            return True
        it.last_flags = z.flags
        if _fault(it, FAULT_STALE, without, m.t_us) != NULL:
            z[0] = it.last_whole
            return it.given
        it.last_whole, it.given = z[0], True
        _spoil(it, without, z)
        return True

    cdef const moment_t* _remember(self, Plant plant, uint64_t cycle_us) noexcept nogil:
        cdef moment_t* m = &self.history[self.next_moment]
        cdef int i
        m.t_us = plant.t_us
        vec3_copy(m.r_chaser_eci_m, plant.chaser.r_eci_m)
        vec3_copy(m.v_chaser_eci_mps, plant.chaser.v_eci_mps)
        vec3_copy(m.r_target_eci_m, plant.target.r_eci_m)
        vec3_copy(m.v_target_eci_mps, plant.target.v_eci_mps)
        vec3_copy(m.w_body_radps, plant.chaser.w_body_radps)
        vec3_copy(m.w_tbody_radps, plant.target.w_body_radps)
        vec3_copy(m.com_body_m, plant.chaser.com_body_m)
        vec3_copy(m.com_tbody_m, plant.target.com_body_m)
        for i in range(4):
            m.q_body_from_eci[i] = plant.chaser.q_body_from_eci[i]
            m.q_tbody_from_eci[i] = plant.target.q_body_from_eci[i]
        m.cycle_s = 1.0e-6 * <double>cycle_us
        m.imu = plant.imu
        m.contact_status = plant.contact.status
        m.contact_port = plant.chaser_port_index()
        self.next_moment = (self.next_moment + 1) % INSTRUMENT_HISTORY
        return m

    cdef const moment_t* _moment(self, uint64_t t_us) noexcept nogil:
        cdef int i
        for i in range(INSTRUMENT_HISTORY):
            if self.history[i].t_us == t_us:
                return &self.history[i]
        return NULL
