"""Sensor truth models: IMU, star tracker, absolute and relative GNSS, docking camera.

Each measurement carries bias, noise, misalignment, latency and drop-out of its own, drawn from a
noise stream of its own, and says the time it is valid for. The flight core sees the frame and
nothing else.
"""

from dataclasses import dataclass, field

from libc.stdint cimport uint8_t
from libc.string cimport memset

from gnc.ccore cimport (
    elem_asin, elem_atan2, elem_max, elem_sqrt, mat3_mul_vec, quat_conj, quat_from_rotvec, quat_irotate,
    quat_mul, quat_normalize, quat_rotate, vec3_add, vec3_axpy, vec3_copy, vec3_cross, vec3_norm, vec3_sub,
)
from gnc.definitions cimport (
    DOCK_CAPTURED, DOCK_CONTACT, KIND_CAMERA, KIND_DOCK, KIND_GNSS, KIND_IMU, KIND_RGNSS, KIND_STAR,
)
from hil.noise cimport (
    gauss_markov_init, gauss_markov_next, noise_normal, noise_normal3, noise_open, noise_uniform,
)

from gnc.flight import Kind
from hil.noise import stream_key

cdef enum:
    IMU = 0
    STAR = 1
    GNSS = 2
    RGNSS = 3
    CAMERA = 4
    DOCK = 5

# Values that a freeze holds; a camera's relative attitude goes on.
cdef int[5] FROZEN_VALUES = [6, 4, 6, 6, 3]

cdef enum:
    DROPOUT = 0
    BIAS = 1
    FREEZE = 2

# The instruments of a flight, by their number in its measurements.
INSTRUMENTS = {
    "imu": Kind.IMU, "star": Kind.STAR, "gnss": Kind.GNSS, "rgnss": Kind.RGNSS, "camera": Kind.CAMERA, "dock": Kind.DOCK,
}
SENSOR_NAMES = ("imu", "star", "gnss", "rgnss", "camera")
FAULT_KINDS = ("dropout", "bias", "freeze")


@dataclass(frozen=True)
class Fault:
    """A declared sensor fault, in force while start_s <= time of validity < end_s.

    kind: "dropout" (no measurement), "bias" (magnitude is added), "freeze" (the last value is repeated).
    magnitude, three components: imu rad/s on the gyro; star rad, body axes; gnss and rgnss m, eci;
    camera m, the apparent port shifted in camera axes.
    """

    sensor: str
    kind: str
    start_s: float
    end_s: float
    magnitude: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class SensorsConfig:
    """Everything the sensors are built from; all figures are truth, drawn errors included.

    Angles rad, lengths m, times s; sigmas are 1 sigma. Mountings `q_*_from_body` are as mounted,
    misalignment included. `gyro_matrix` and `accel_matrix` are row-major 3 x 3, identity when perfect.
    """

    imu_body_m: tuple
    gyro_arw_radps05: float
    gyro_rrw_radps15: float
    gyro_bias_radps: tuple
    gyro_matrix: tuple
    accel_bias_mps2: tuple
    accel_noise_mps_per_sqrt_s: float
    accel_matrix: tuple
    q_star_from_body: tuple
    star_period_s: float
    star_latency_s: float
    star_sigma_cross_rad: float
    star_sigma_roll_rad: float
    gnss_body_m: tuple
    gnss_period_s: float
    gnss_latency_s: float
    gnss_sigma_r_m: float
    gnss_sigma_v_mps: float
    tgnss_tbody_m: tuple
    rgnss_period_s: float
    rgnss_latency_s: float
    rgnss_sigma_r_m: float
    rgnss_sigma_v_mps: float
    rgnss_bias_sigma_m: float
    rgnss_bias_tau_s: float
    rgnss_growth_m: float
    camera_body_m: tuple
    q_camera_from_body: tuple
    tport_tbody_m: tuple
    q_tport_from_tbody: tuple
    camera_period_s: float
    camera_latency_s: float
    camera_max_range_m: float
    camera_pose_range_m: float
    camera_field_of_view_rad: float
    camera_sigma_range_ratio: float
    camera_sigma_range_floor_m: float
    camera_sigma_los_rad: float
    camera_sigma_pose_rad: float
    camera_pose_reference_m: float
    camera_dropout_probability: float
    faults: tuple = field(default=())


cdef void _take(double* out, object values, int count) except *:
    cdef int i
    if len(values) != count:
        raise ValueError(f"expected {count} numbers, got {values!r}")
    for i in range(count):
        out[i] = values[i]


cdef timing_t _timing(double period_s, double latency_s, double dropout_probability):
    cdef timing_t t
    t.period_us = <uint64_t>(period_s * 1.0e6 + 0.5)
    t.latency_us = <uint64_t>(latency_s * 1.0e6 + 0.5)
    t.dropout_probability = dropout_probability
    t.seq = 0
    return t


# The target's structural frame has its origin at the centre of mass.
cdef double[3] TARGET_COM_TBODY_M = [0.0, 0.0, 0.0]


cdef void _antenna(double* arm_eci_m, double* rate_eci_mps, const double* antenna_m, const double* com_m,
                   const double* q_body_from_eci, const double* w_body_radps) noexcept nogil:
    """Antenna from the centre of mass, eci axes, and its rate as the craft turns."""
    vec3_sub(arm_eci_m, antenna_m, com_m)
    vec3_cross(rate_eci_mps, w_body_radps, arm_eci_m)
    quat_irotate(arm_eci_m, q_body_from_eci, arm_eci_m)
    quat_irotate(rate_eci_mps, q_body_from_eci, rate_eci_mps)


cdef measurement_t* _slot(sensor_frame_t* frame, int kind, int instrument, uint16_t seq, uint64_t t_valid_us,
                          int count) noexcept nogil:
    """The frame's next slot, with a header and no values."""
    cdef measurement_t* m = &frame.slot[frame.slot_count]
    frame.slot_count += 1
    m.kind, m.instrument, m.count = <uint8_t>kind, <uint8_t>instrument, <uint8_t>count
    m.seq, m.t_valid_us = seq, t_valid_us
    return m


cdef void _open(stream_t* stream, object seed, object case, str name) except *:
    key = stream_key(seed, case, name)
    noise_open(stream, key[0], key[1])


cdef class Sensors:
    """The chaser's sensors. `Sensors(config, seed, case)`: noise streams of that run and case."""

    def __init__(self, config, seed, case=0):
        c = config
        memset(&self.history, 0xFF, sizeof(self.history))
        memset(&self.frozen, 0, sizeof(self.frozen))
        self.next_moment = 0
        self.imu_seq = self.dock_seq = 0
        _take(self.imu_body_m, c.imu_body_m, 3)
        _take(self.gyro_bias_radps, c.gyro_bias_radps, 3)
        _take(self.gyro_matrix, c.gyro_matrix, 9)
        _take(self.accel_bias_mps2, c.accel_bias_mps2, 3)
        _take(self.accel_matrix, c.accel_matrix, 9)
        self.gyro_arw_radps05 = c.gyro_arw_radps05
        self.gyro_rrw_radps15 = c.gyro_rrw_radps15
        self.accel_noise_mps_per_sqrt_s = c.accel_noise_mps_per_sqrt_s
        _take(self.q_star_from_body, c.q_star_from_body, 4)
        self.star_sigma_cross_rad = c.star_sigma_cross_rad
        self.star_sigma_roll_rad = c.star_sigma_roll_rad
        _take(self.gnss_body_m, c.gnss_body_m, 3)
        _take(self.tgnss_tbody_m, c.tgnss_tbody_m, 3)
        self.gnss_sigma_r_m = c.gnss_sigma_r_m
        self.gnss_sigma_v_mps = c.gnss_sigma_v_mps
        self.rgnss_sigma_r_m = c.rgnss_sigma_r_m
        self.rgnss_sigma_v_mps = c.rgnss_sigma_v_mps
        self.rgnss_growth_m = c.rgnss_growth_m
        _take(self.camera_body_m, c.camera_body_m, 3)
        _take(self.q_camera_from_body, c.q_camera_from_body, 4)
        _take(self.tport_tbody_m, c.tport_tbody_m, 3)
        _take(self.q_tport_from_tbody, c.q_tport_from_tbody, 4)
        self.camera_max_range_m = c.camera_max_range_m
        self.camera_pose_range_m = c.camera_pose_range_m
        self.camera_half_view_rad = 0.5 * c.camera_field_of_view_rad
        self.camera_sigma_range_ratio = c.camera_sigma_range_ratio
        self.camera_sigma_range_floor_m = c.camera_sigma_range_floor_m
        self.camera_sigma_los_rad = c.camera_sigma_los_rad
        self.camera_sigma_pose_rad = c.camera_sigma_pose_rad
        self.camera_pose_reference_m = c.camera_pose_reference_m
        self.star_timing = _timing(c.star_period_s, c.star_latency_s, 0.0)
        self.gnss_timing = _timing(c.gnss_period_s, c.gnss_latency_s, 0.0)
        self.rgnss_timing = _timing(c.rgnss_period_s, c.rgnss_latency_s, 0.0)
        self.camera_timing = _timing(c.camera_period_s, c.camera_latency_s, c.camera_dropout_probability)
        self._open_streams(seed, case, c)
        self._declare_faults(c.faults)

    def _open_streams(self, object seed, object case, object c):
        _open(&self.gyro_stream, seed, case, "sensor.gyro")
        _open(&self.accel_stream, seed, case, "sensor.accelerometer")
        _open(&self.star_stream, seed, case, "sensor.star")
        _open(&self.gnss_stream, seed, case, "sensor.gnss")
        _open(&self.rgnss_stream, seed, case, "sensor.rgnss")
        _open(&self.camera_stream, seed, case, "sensor.camera")
        for i in range(3):
            gauss_markov_init(&self.rgnss_bias[i], &self.rgnss_stream, c.rgnss_bias_sigma_m, c.rgnss_bias_tau_s,
                              c.rgnss_period_s)

    def _declare_faults(self, object faults):
        if len(faults) > SENSORS_MAX_FAULTS:
            raise ValueError(f"{len(faults)} sensor faults declared: expected at most {SENSORS_MAX_FAULTS}")
        self.fault_count = len(faults)
        for i, f in enumerate(faults):
            self.faults[i].sensor = SENSOR_NAMES.index(f.sensor)
            self.faults[i].kind = FAULT_KINDS.index(f.kind)
            self.faults[i].start_us = <uint64_t>(f.start_s * 1.0e6)
            self.faults[i].end_us = <uint64_t>(f.end_s * 1.0e6)
            _take(self.faults[i].magnitude, f.magnitude, 3)

    cdef void sample(self, Plant plant, uint32_t tick, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil:
        cdef uint64_t t_us = plant.t_us
        memset(out, 0, sizeof(sensor_frame_t))
        out.t_us = t_us
        out.tick = tick
        self._remember(plant)
        if tick > 0:
            self._imu(plant, t_us, cycle_us, out)
        self._star(t_us, out)
        self._gnss(t_us, out)
        self._rgnss(t_us, out)
        self._camera(t_us, out)
        self._dock(plant, t_us, out)

    cdef void _dock(self, Plant plant, uint64_t t_us, sensor_frame_t* out) noexcept nogil:
        cdef measurement_t* m
        self.dock_seq += 1
        m = _slot(out, KIND_DOCK, DOCK, self.dock_seq, t_us, 0)
        if plant.contact.status != 0:
            m.flags |= DOCK_CONTACT
        if plant.contact.status == 1:
            m.flags |= DOCK_CAPTURED

    cdef void _remember(self, Plant plant) noexcept nogil:
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
        self.next_moment = (self.next_moment + 1) % SENSORS_HISTORY

    cdef const moment_t* _moment(self, uint64_t t_us) noexcept nogil:
        cdef int i
        for i in range(SENSORS_HISTORY):
            if self.history[i].t_us == t_us:
                return &self.history[i]
        return NULL

    cdef const moment_t* _due(self, timing_t* timing, stream_t* stream, int sensor, uint64_t t_us) noexcept nogil:
        """Truth a measurement delivered now is of; NULL when none is due, dropped out or failed."""
        cdef const moment_t* m
        if t_us < timing.latency_us or (t_us - timing.latency_us) % timing.period_us != 0:
            return NULL
        m = self._moment(t_us - timing.latency_us)
        timing.seq += 1
        if timing.dropout_probability > 0.0 and noise_uniform(stream) < timing.dropout_probability:
            return NULL
        if m != NULL and self._fault(sensor, DROPOUT, m.t_us) != NULL:
            return NULL
        return m

    cdef const fault_t* _fault(self, int sensor, int kind, uint64_t t_us) noexcept nogil:
        cdef int i
        for i in range(self.fault_count):
            if (self.faults[i].sensor == sensor and self.faults[i].kind == kind
                    and self.faults[i].start_us <= t_us < self.faults[i].end_us):
                return &self.faults[i]
        return NULL

    cdef void _imu(self, Plant plant, uint64_t t_us, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil:
        cdef double dt = 1.0e-6 * <double>cycle_us
        cdef double root_dt = elem_sqrt(dt)
        cdef double noise[3]
        cdef double arm[3]
        cdef double change[3]
        cdef double lever[3]
        cdef double rate[3]
        cdef double dv[3]
        cdef int i
        cdef const fault_t* fault
        cdef double* dtheta
        cdef double* dv_imu
        cdef measurement_t* m
        if self._fault(IMU, DROPOUT, t_us) != NULL:
            return
        self.imu_seq += 1
        m = _slot(out, KIND_IMU, IMU, self.imu_seq, t_us, 6)
        dtheta, dv_imu = &m.z[0], &m.z[3]
        noise_normal3(&self.gyro_stream, self.gyro_rrw_radps15 * root_dt, noise)
        vec3_add(self.gyro_bias_radps, self.gyro_bias_radps, noise)
        noise_normal3(&self.gyro_stream, self.gyro_arw_radps05 * root_dt, noise)
        mat3_mul_vec(dtheta, self.gyro_matrix, plant.imu.dtheta_body_rad)
        vec3_axpy(dtheta, dtheta, dt, self.gyro_bias_radps)
        vec3_add(dtheta, dtheta, noise)
        # the accelerometer rides off the centre of mass: dw x r + w x (w x r) dt
        vec3_sub(arm, self.imu_body_m, plant.chaser.com_body_m)
        vec3_sub(change, plant.imu.w_end_body_radps, plant.imu.w_start_body_radps)
        vec3_cross(lever, change, arm)
        vec3_add(dv, plant.imu.dv_com_body_mps, lever)
        for i in range(3):
            rate[i] = plant.imu.dtheta_body_rad[i] / dt
        vec3_cross(lever, rate, arm)
        vec3_cross(lever, rate, lever)
        vec3_axpy(dv, dv, dt, lever)
        mat3_mul_vec(dv_imu, self.accel_matrix, dv)
        vec3_axpy(dv_imu, dv_imu, dt, self.accel_bias_mps2)
        noise_normal3(&self.accel_stream, self.accel_noise_mps_per_sqrt_s * root_dt, noise)
        vec3_add(dv_imu, dv_imu, noise)
        fault = self._fault(IMU, BIAS, t_us)
        if fault != NULL:
            vec3_axpy(dtheta, dtheta, dt, fault.magnitude)
        self._freeze(IMU, m)

    cdef void _star(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil:
        cdef const moment_t* m = self._due(&self.star_timing, &self.star_stream, STAR, t_us)
        cdef const fault_t* fault
        cdef double noise[3]
        cdef double dq[4]
        cdef measurement_t* z
        if m == NULL:
            return
        z = _slot(out, KIND_STAR, STAR, self.star_timing.seq, m.t_us, 4)
        # star x is the boresight: noise about it is the roll noise
        noise[0] = self.star_sigma_roll_rad * noise_normal(&self.star_stream)
        noise[1] = self.star_sigma_cross_rad * noise_normal(&self.star_stream)
        noise[2] = self.star_sigma_cross_rad * noise_normal(&self.star_stream)
        quat_mul(z.z, self.q_star_from_body, m.q_body_from_eci)
        quat_from_rotvec(dq, noise)
        quat_mul(z.z, dq, z.z)
        fault = self._fault(STAR, BIAS, m.t_us)
        if fault != NULL:
            quat_from_rotvec(dq, fault.magnitude)
            quat_mul(z.z, dq, z.z)
        quat_normalize(z.z)
        self._freeze(STAR, z)

    cdef void _gnss(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil:
        cdef const moment_t* m = self._due(&self.gnss_timing, &self.gnss_stream, GNSS, t_us)
        cdef const fault_t* fault
        cdef measurement_t* z
        cdef double* r
        cdef double* v
        cdef double arm[3]
        cdef double rate[3]
        cdef double noise[3]
        if m == NULL:
            return
        z = _slot(out, KIND_GNSS, GNSS, self.gnss_timing.seq, m.t_us, 6)
        r, v = &z.z[0], &z.z[3]
        _antenna(arm, rate, self.gnss_body_m, m.com_body_m, m.q_body_from_eci, m.w_body_radps)
        vec3_add(r, m.r_chaser_eci_m, arm)
        vec3_add(v, m.v_chaser_eci_mps, rate)
        noise_normal3(&self.gnss_stream, self.gnss_sigma_r_m, noise)
        vec3_add(r, r, noise)
        noise_normal3(&self.gnss_stream, self.gnss_sigma_v_mps, noise)
        vec3_add(v, v, noise)
        fault = self._fault(GNSS, BIAS, m.t_us)
        if fault != NULL:
            vec3_add(r, r, fault.magnitude)
        self._freeze(GNSS, z)

    cdef void _rgnss(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil:
        cdef const moment_t* m = self._due(&self.rgnss_timing, &self.rgnss_stream, RGNSS, t_us)
        cdef const fault_t* fault
        cdef measurement_t* z
        cdef double* r
        cdef double* v
        cdef double arm[3]
        cdef double rate[3]
        cdef double noise[3]
        cdef double growth
        cdef int i
        if m == NULL:
            return
        z = _slot(out, KIND_RGNSS, RGNSS, self.rgnss_timing.seq, m.t_us, 6)
        r, v = &z.z[0], &z.z[3]
        vec3_sub(r, m.r_chaser_eci_m, m.r_target_eci_m)
        vec3_sub(v, m.v_chaser_eci_mps, m.v_target_eci_mps)
        growth = 1.0 + vec3_norm(r) / self.rgnss_growth_m
        _antenna(arm, rate, self.gnss_body_m, m.com_body_m, m.q_body_from_eci, m.w_body_radps)
        vec3_add(r, r, arm)
        vec3_add(v, v, rate)
        _antenna(arm, rate, self.tgnss_tbody_m, TARGET_COM_TBODY_M, m.q_tbody_from_eci, m.w_tbody_radps)
        vec3_sub(r, r, arm)
        vec3_sub(v, v, rate)
        for i in range(3):
            r[i] += growth * gauss_markov_next(&self.rgnss_bias[i], &self.rgnss_stream)
        noise_normal3(&self.rgnss_stream, growth * self.rgnss_sigma_r_m, noise)
        vec3_add(r, r, noise)
        noise_normal3(&self.rgnss_stream, growth * self.rgnss_sigma_v_mps, noise)
        vec3_add(v, v, noise)
        fault = self._fault(RGNSS, BIAS, m.t_us)
        if fault != NULL:
            vec3_add(r, r, fault.magnitude)
        self._freeze(RGNSS, z)

    cdef void _freeze(self, int sensor, measurement_t* m) noexcept nogil:
        """A frozen sensor repeats the values that it gave last, under new numbers and times."""
        cdef measurement_t* last = &self.frozen[sensor]
        cdef int i, count = FROZEN_VALUES[sensor]
        if self._fault(sensor, FREEZE, m.t_valid_us) != NULL:
            for i in range(count):
                m.z[i] = last.z[i]
        for i in range(count):
            last.z[i] = m.z[i]

    cdef void _camera(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil:
        cdef const moment_t* m = self._due(&self.camera_timing, &self.camera_stream, CAMERA, t_us)
        if m == NULL:
            return
        self._sight(m, self._fault(CAMERA, BIAS, m.t_us), out)

    cdef void _sight(self, const moment_t* m, const fault_t* shift, sensor_frame_t* out) noexcept nogil:
        cdef double d[3]
        cdef double lever[3]
        cdef double port[3]
        cdef double noise[3]
        cdef double q[4]
        cdef double q_tbody_inv[4]
        cdef double dq[4]
        cdef double range_m, across, sigma
        cdef measurement_t* z
        quat_irotate(port, m.q_tbody_from_eci, self.tport_tbody_m)
        vec3_sub(lever, self.camera_body_m, m.com_body_m)
        quat_irotate(lever, m.q_body_from_eci, lever)
        vec3_sub(d, m.r_target_eci_m, m.r_chaser_eci_m)
        vec3_add(d, d, port)
        vec3_sub(d, d, lever)
        quat_mul(q, self.q_camera_from_body, m.q_body_from_eci)
        quat_rotate(d, q, d)
        if shift != NULL:
            vec3_add(d, d, shift.magnitude)
        range_m = vec3_norm(d)
        if not 0.0 < range_m <= self.camera_max_range_m:
            return
        across = elem_sqrt(d[1] * d[1] + d[2] * d[2])
        if elem_atan2(across, d[0]) > self.camera_half_view_rad:
            return
        sigma = self.camera_sigma_range_ratio * range_m
        sigma = elem_sqrt(sigma * sigma + self.camera_sigma_range_floor_m * self.camera_sigma_range_floor_m)
        z = _slot(out, KIND_CAMERA, CAMERA, self.camera_timing.seq, m.t_us, 3)
        z.z[0] = range_m + sigma * noise_normal(&self.camera_stream)
        z.z[1] = elem_atan2(d[1], d[0]) + self.camera_sigma_los_rad * noise_normal(&self.camera_stream)
        z.z[2] = elem_asin(d[2] / range_m) + self.camera_sigma_los_rad * noise_normal(&self.camera_stream)
        # the deviates are drawn at every sight, so that losing the pose changes no later draw
        sigma = self.camera_sigma_pose_rad * elem_max(1.0, range_m / self.camera_pose_reference_m)
        noise_normal3(&self.camera_stream, sigma, noise)
        if range_m > self.camera_pose_range_m:
            self._freeze(CAMERA, z)
            return
        quat_conj(q_tbody_inv, m.q_tbody_from_eci)
        quat_mul(q, q, q_tbody_inv)
        quat_conj(dq, self.q_tport_from_tbody)
        quat_mul(q, q, dq)
        quat_from_rotvec(dq, noise)
        quat_mul(&z.z[3], dq, q)
        quat_normalize(&z.z[3])
        z.count = 7
        self._freeze(CAMERA, z)
