"""Docking camera: range, azimuth and elevation of the target port, and near it the port's attitude.

A bias shifts the port that the camera sees, in camera axes. A freeze holds range and line of sight; the relative
attitude goes on.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Lt
from pydantic.dataclasses import dataclass

from gnc.ccore cimport (
    elem_asin, elem_atan2, elem_max, elem_sqrt, quat_conj, quat_from_rotvec, quat_irotate, quat_mul, quat_normalize,
    quat_rotate, vec3_add, vec3_norm, vec3_sub,
)
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t, take
from hil.noise cimport noise_normal, noise_normal3

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.distributions import Distribution
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import Drawn, InstrumentKind, Row, turned
from hil.schema import DEG, Angle, Fraction, NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Camera(Row):
    """Docking camera, boresight along camera x."""

    kind: Literal["camera"]
    period_s: Positive
    latency_s: NonNegative
    max_range_m: Positive
    pose_range_m: NonNegative
    field_of_view_deg: Annotated[float, Ge(0.01), Lt(180.0)]
    sigma_range_ratio: NonNegative
    sigma_range_floor_m: NonNegative
    sigma_los_deg: Angle
    sigma_pose_deg: Angle
    pose_reference_m: Positive
    boresight_deg: Angle | Distribution
    dropout_probability: Fraction


ctypedef struct camera_t:
    double position_body_m[3]
    double q_camera_from_body[4]        # as mounted
    double tport_tbody_m[3]
    double q_tport_from_tbody[4]
    double max_range_m
    double pose_range_m
    double half_view_rad
    double sigma_range_ratio
    double sigma_range_floor_m
    double sigma_los_rad
    double sigma_pose_rad
    double pose_reference_m


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const camera_t* s = <const camera_t*>it.state
    cdef double d[3]
    cdef double lever[3]
    cdef double port[3]
    cdef double noise[3]
    cdef double q[4]
    cdef double q_tbody_inv[4]
    cdef double dq[4]
    cdef double range_m, across, sigma
    vec3_sub(port, s.tport_tbody_m, m.com_tbody_m)
    quat_irotate(port, m.q_tbody_from_eci, port)
    vec3_sub(lever, s.position_body_m, m.com_body_m)
    quat_irotate(lever, m.q_body_from_eci, lever)
    vec3_sub(d, m.r_target_eci_m, m.r_chaser_eci_m)
    vec3_add(d, d, port)
    vec3_sub(d, d, lever)
    quat_mul(q, s.q_camera_from_body, m.q_body_from_eci)
    quat_rotate(d, q, d)
    if error != NULL:
        vec3_add(d, d, error)
    range_m = vec3_norm(d)
    if not 0.0 < range_m <= s.max_range_m:
        return False
    across = elem_sqrt(d[1] * d[1] + d[2] * d[2])
    if elem_atan2(across, d[0]) > s.half_view_rad:
        return False
    sigma = s.sigma_range_ratio * range_m
    sigma = elem_sqrt(sigma * sigma + s.sigma_range_floor_m * s.sigma_range_floor_m)
    z.z[0] = range_m + sigma * noise_normal(&it.stream)
    z.z[1] = elem_atan2(d[1], d[0]) + s.sigma_los_rad * noise_normal(&it.stream)
    z.z[2] = elem_asin(d[2] / range_m) + s.sigma_los_rad * noise_normal(&it.stream)
    z.count = 3
    # the deviates are drawn at every sight, so that losing the pose changes no later draw
    sigma = s.sigma_pose_rad * elem_max(1.0, range_m / s.pose_reference_m)
    noise_normal3(&it.stream, sigma, noise)
    if range_m > s.pose_range_m:
        return True
    quat_conj(q_tbody_inv, m.q_tbody_from_eci)
    quat_mul(q, q, q_tbody_inv)
    quat_conj(dq, s.q_tport_from_tbody)
    quat_mul(q, q, dq)
    quat_from_rotvec(dq, noise)
    quat_mul(&z.z[3], dq, q)
    quat_normalize(&z.z[3])
    z.count = 7
    return True


cdef class _Camera(Instrument):
    cdef camera_t state

    def __init__(self, fitted):
        row, target = fitted.row, fitted.target
        self._fit(fitted, measure, &self.state, sizeof(self.state), 3, 1)
        self._swaps(0, 1, 2)
        self._open(&self.it.stream, fitted, "camera")
        take(self.state.position_body_m, row.position_body_m, 3)
        take(self.state.q_camera_from_body, turned(row.q_from_body, fitted.drawn["camera_boresight_rad"]), 4)
        take(self.state.tport_tbody_m, target.port_tbody_m, 3)
        take(self.state.q_tport_from_tbody, target.q_tport_from_tbody, 4)
        self.state.max_range_m, self.state.pose_range_m = row.max_range_m, row.pose_range_m
        self.state.half_view_rad = 0.5 * (row.field_of_view_deg * DEG)
        self.state.sigma_range_ratio = row.sigma_range_ratio
        self.state.sigma_range_floor_m = row.sigma_range_floor_m
        self.state.sigma_los_rad = row.sigma_los_deg * DEG
        self.state.sigma_pose_rad = row.sigma_pose_deg * DEG
        self.state.pose_reference_m = row.pose_reference_m


KIND = InstrumentKind(
    number=Kind.CAMERA, row=Camera, make=_Camera, group="camera",
    drawn=(Drawn("camera_boresight_rad", "boresight_deg"),),
    faults=(*OF_ANY, *WITH_ERROR, "scale", "false_return"), errors=("m",),
)
