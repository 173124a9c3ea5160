"""Gyro and accelerometer: increments over the cycle that ends, body axes.

The accelerometer rides off the centre of mass: dw x r + w x (w x r) dt.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from gnc.ccore cimport elem_sqrt, mat3_mul_vec, vec3_add, vec3_axpy, vec3_cross, vec3_sub
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t, take
from hil.noise cimport noise_normal3, stream_t

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.distributions import Distribution
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import Drawn, InstrumentKind, Row, sensing_matrix
from hil.schema import DEG, Angle

HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Imu(Row):
    """Gyro and accelerometer, aligned with the body."""

    kind: Literal["imu"]
    gyro_arw_deg_per_sqrt_h: Annotated[float, Ge(0.0), Le(1.0e4)]
    gyro_bias_deg_per_h: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    gyro_rrw_deg_per_h15: Annotated[float, Ge(0.0), Le(1.0e4)]
    accelerometer_bias_mps2: Annotated[float, Ge(0.0), Le(10.0)] | Distribution
    accelerometer_noise_mps_per_sqrt_s: Annotated[float, Ge(0.0), Le(10.0)]
    scale_factor_ppm: Annotated[float, Ge(0.0), Le(1.0e5)] | Distribution
    misalignment_deg: Angle | Distribution


ctypedef struct imu_t:
    double position_body_m[3]
    double gyro_bias_radps[3]
    double gyro_arw_radps05
    double gyro_rrw_radps15
    double gyro_matrix[9]               # scale factor and misalignment
    double accel_bias_mps2[3]
    double accel_noise_mps_per_sqrt_s
    double accel_matrix[9]
    stream_t accel_stream


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef imu_t* s = <imu_t*>it.state
    cdef double dt = m.cycle_s
    cdef double root_dt = elem_sqrt(dt)
    cdef double noise[3]
    cdef double arm[3]
    cdef double change[3]
    cdef double lever[3]
    cdef double rate[3]
    cdef double dv[3]
    cdef double* dtheta = &z.z[0]
    cdef double* dv_imu = &z.z[3]
    cdef int i
    noise_normal3(&it.stream, s.gyro_rrw_radps15 * root_dt, noise)
    vec3_add(s.gyro_bias_radps, s.gyro_bias_radps, noise)
    noise_normal3(&it.stream, s.gyro_arw_radps05 * root_dt, noise)
    mat3_mul_vec(dtheta, s.gyro_matrix, m.imu.dtheta_body_rad)
    vec3_axpy(dtheta, dtheta, dt, s.gyro_bias_radps)
    vec3_add(dtheta, dtheta, noise)
    vec3_sub(arm, s.position_body_m, m.com_body_m)
    vec3_sub(change, m.imu.w_end_body_radps, m.imu.w_start_body_radps)
    vec3_cross(lever, change, arm)
    vec3_add(dv, m.imu.dv_com_body_mps, lever)
    for i in range(3):
        rate[i] = m.imu.dtheta_body_rad[i] / dt
    vec3_cross(lever, rate, arm)
    vec3_cross(lever, rate, lever)
    vec3_axpy(dv, dv, dt, lever)
    mat3_mul_vec(dv_imu, s.accel_matrix, dv)
    vec3_axpy(dv_imu, dv_imu, dt, s.accel_bias_mps2)
    noise_normal3(&s.accel_stream, s.accel_noise_mps_per_sqrt_s * root_dt, noise)
    vec3_add(dv_imu, dv_imu, noise)
    if error != NULL:
        vec3_axpy(dtheta, dtheta, dt, error)
        vec3_axpy(dv_imu, dv_imu, dt, error + 3)
    z.count = 6
    return True


cdef class _Imu(Instrument):
    cdef imu_t state

    def __init__(self, fitted):
        row, drawn = fitted.row, fitted.drawn
        self._fit(fitted, measure, &self.state, sizeof(self.state), 6, 6)
        self._swaps(0, 0, 1)
        self._swaps(1, 3, 4)
        self.it.over_cycle = True
        self._open(&self.it.stream, fitted, "gyro")
        self._open(&self.state.accel_stream, fitted, "accelerometer")
        take(self.state.position_body_m, row.position_body_m, 3)
        take(self.state.gyro_bias_radps, drawn["gyro_bias_radps"], 3)
        take(self.state.gyro_matrix, sensing_matrix(drawn["gyro_scale"], drawn["imu_misalignment_rad"]), 9)
        take(self.state.accel_bias_mps2, drawn["accelerometer_bias_mps2"], 3)
        take(self.state.accel_matrix, sensing_matrix(drawn["accelerometer_scale"], drawn["imu_misalignment_rad"]), 9)
        self.state.gyro_arw_radps05 = row.gyro_arw_deg_per_sqrt_h * DEG / elem_sqrt(HOUR_S)
        self.state.gyro_rrw_radps15 = row.gyro_rrw_deg_per_h15 * DEG / (HOUR_S * elem_sqrt(HOUR_S))
        self.state.accel_noise_mps_per_sqrt_s = row.accelerometer_noise_mps_per_sqrt_s


KIND = InstrumentKind(
    number=Kind.IMU, row=Imu, make=_Imu, group="inertial unit",
    drawn=(
        Drawn("gyro_bias_radps", "gyro_bias_deg_per_h"), Drawn("gyro_scale", "scale_factor_ppm"),
        Drawn("accelerometer_bias_mps2", "accelerometer_bias_mps2"), Drawn("accelerometer_scale", "scale_factor_ppm"),
        Drawn("imu_misalignment_rad", "misalignment_deg"),
    ),
    faults=(*OF_ANY, *WITH_ERROR, "scale"), errors=("deg_s", "mps2"),
)
