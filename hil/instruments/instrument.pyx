"""The instruments of a run: each measures at its own times, with its own noise and faults, into a slot of the frame.

A measurement is of the truth at its time of validity, and is delivered a latency later. What a kind measures is a
function in a file of its own; the times, dropouts, freezes and slots are the same for all and are here.
"""

from libc.string cimport memset

from gnc.ccore cimport quat_irotate, vec3_copy, vec3_cross, vec3_sub
from hil.noise cimport noise_open, noise_uniform

from hil.noise import stream_key

FAULT_NUMBERS = {"dropout": FAULT_DROPOUT, "bias": FAULT_BIAS, "freeze": FAULT_FREEZE}


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

    cdef int _fit(self, object fitted, int kind, measure_t measure, void* state, int held) except -1:
        row = fitted.row
        memset(&self.it, 0, sizeof(instrument_t))
        self.name = fitted.name
        self.it.measure, self.it.state = measure, state
        self.it.kind, self.it.number, self.it.held = <uint8_t>kind, <uint8_t>fitted.number, held
        self.it.period_us = _us(getattr(row, "period_s", 0.0))
        self.it.latency_us = _us(getattr(row, "latency_s", 0.0))
        self.it.dropout_probability = getattr(row, "dropout_probability", 0.0)
        if len(fitted.faults) > INSTRUMENT_FAULTS:
            raise ValueError(f"{self.name}: {len(fitted.faults)} faults declared: expected at most {INSTRUMENT_FAULTS}")
        for fault in fitted.faults:
            self._declare(fault)
        return 0

    def _declare(self, fault):
        cdef fault_t* f = &self.it.faults[self.it.fault_count]
        f.kind = FAULT_NUMBERS[fault.kind]
        f.start_us = <uint64_t>(fault.start_s * 1.0e6)
        f.end_us = <uint64_t>(fault.end_s * 1.0e6)
        take(f.error, fault.error, 3)
        self.it.fault_count += 1

    cdef int _open(self, stream_t* stream, object fitted, str source) except -1:
        """Opens a noise stream; that of an instrument named after its kind has no name of its own in it."""
        name = f"sensor.{source}" if fitted.name == fitted.row.kind else f"sensor.{source}.{fitted.name}"
        key = stream_key(fitted.seed, fitted.case, name)
        noise_open(stream, key[0], key[1])
        return 0


cdef fault_t* _fault(instrument_t* it, int kind, uint64_t t_us) noexcept nogil:
    cdef int i
    for i in range(it.fault_count):
        if it.faults[i].kind == kind and it.faults[i].start_us <= t_us < it.faults[i].end_us:
            return &it.faults[i]
    return NULL


cdef bint _due(instrument_t* it, uint64_t t_us) noexcept nogil:
    if it.period_us == 0:
        return True
    return t_us >= it.latency_us and (t_us - it.latency_us) % it.period_us == 0


cdef bint _measured(instrument_t* it, const moment_t* m, measurement_t* z) noexcept nogil:
    """Whether the instrument delivers a measurement of moment m, and the measurement."""
    cdef fault_t* bias
    cdef int i
    if it.dropout_probability > 0.0 and noise_uniform(&it.stream) < it.dropout_probability:
        return False
    if m == NULL or _fault(it, FAULT_DROPOUT, m.t_us) != NULL:
        return False
    memset(z, 0, sizeof(measurement_t))
    z.kind, z.instrument, z.seq, z.t_valid_us = it.kind, it.number, it.seq, m.t_us
    bias = _fault(it, FAULT_BIAS, m.t_us)
    if not it.measure(it, m, NULL if bias == NULL else bias.error, z):
        return False
    # a frozen instrument repeats the values that it gave last, under new numbers and times
    if _fault(it, FAULT_FREEZE, m.t_us) != NULL:
        for i in range(it.held):
            z.z[i] = it.last[i]
    for i in range(it.held):
        it.last[i] = z.z[i]
    return True


cdef class Instruments:
    """The instruments of a flight: `Instruments(fitted)`, of `Instrument` in the order of their numbers."""

    def __init__(self, fitted):
        self.fitted = tuple(fitted)
        if len(self.fitted) > INSTRUMENTS_MAX:
            raise ValueError(f"{len(self.fitted)} instruments: expected at most {INSTRUMENTS_MAX}")
        memset(&self.history, 0xFF, sizeof(self.history))
        self.next_moment = 0
        self.count = len(self.fitted)
        for i, instrument in enumerate(self.fitted):
            self.array[i] = &(<Instrument?>instrument).it

    cdef void sample(self, Plant plant, uint32_t tick, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil:
        cdef const moment_t* now = self._remember(plant, cycle_us)
        cdef instrument_t* it
        cdef measurement_t* z
        cdef int i
        memset(out, 0, sizeof(sensor_frame_t))
        out.t_us = plant.t_us
        out.tick = tick
        for i in range(self.count):
            it = self.array[i]
            if not _due(it, plant.t_us) or (it.over_cycle and tick == 0):
                continue
            it.seq += 1
            z = &out.slot[out.slot_count]
            if _measured(it, now if it.latency_us == 0 else self._moment(plant.t_us - it.latency_us), z):
                out.slot_count += 1
            else:
                memset(z, 0, sizeof(measurement_t))

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
        for i in range(4):
            m.q_body_from_eci[i] = plant.chaser.q_body_from_eci[i]
            m.q_tbody_from_eci[i] = plant.target.q_body_from_eci[i]
        m.cycle_s = 1.0e-6 * <double>cycle_us
        m.imu = plant.imu
        m.contact_status = plant.contact.status
        self.next_moment = (self.next_moment + 1) % INSTRUMENT_HISTORY
        return m

    cdef const moment_t* _moment(self, uint64_t t_us) noexcept nogil:
        cdef int i
        for i in range(INSTRUMENT_HISTORY):
            if self.history[i].t_us == t_us:
                return &self.history[i]
        return NULL
