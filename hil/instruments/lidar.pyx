"""Lidar: range, azimuth and elevation of the target's surface, and near it the target's attitude.

It sees the mean of the points of the outer shape that are in view, or the nearest of the target's reflectors that is.
A bias shifts what it sees, in lidar axes.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Le, Lt, MaxLen
from pydantic.dataclasses import dataclass

from gnc.ccore cimport (
    elem_asin, elem_atan2, elem_cos, elem_max, elem_sqrt, quat_conj, quat_from_rotvec, quat_mul, quat_normalize, vec3_add,
    vec3_norm, vec3_sub,
)
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t, take
from hil.instruments.surface cimport (
    surface_centre, surface_clear, surface_load, surface_look, surface_sight, surface_t,
)
from hil.noise cimport noise_normal, noise_normal3

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.distributions import Distribution
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import Drawn, InstrumentKind, Row, turned
from hil.schema import DEG, Angle, Fraction, NonNegative, Positive, Vector

cdef enum:
    REFLECTORS_MAX = 8          # as the row says


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Lidar(Row):
    """Lidar, boresight along lidar x; `reflectors_tbody_m` are on the target, seen up to `reflector_range_m`."""

    kind: Literal["lidar"]
    period_s: Positive
    latency_s: NonNegative
    min_range_m: NonNegative = 0.0
    max_range_m: Positive
    pose_range_m: NonNegative = 0.0
    field_of_view_deg: Annotated[float, Ge(0.01), Lt(180.0)]
    reflectors_tbody_m: Annotated[tuple[Vector, ...], MaxLen(8)] = ()
    reflector_range_m: Positive = 1.0e9
    sigma_range_m: NonNegative
    sigma_los_deg: Angle
    sigma_pose_deg: Angle = 0.0
    pose_reference_m: Positive = 1.0e9
    range_bias_m: Annotated[float, Ge(0.0), Le(1.0e3)] | Distribution = 0.0
    misalignment_deg: Angle | Distribution = 0.0
    dropout_probability: Fraction = 0.0


ctypedef struct lidar_t:
    double position_body_m[3]
    double q_lidar_from_body[4]         # as mounted
    double min_range_m
    double max_range_m
    double pose_range_m
    double half_view_rad
    double cos_half_view
    double range_bias_m
    double sigma_range_m
    double sigma_los_rad
    double sigma_pose_rad
    double pose_reference_m
    double reflector_range_m
    int reflectors
    double reflector_tbody_m[REFLECTORS_MAX][3]
    const surface_t* surface


cdef bint _seen(const lidar_t* s, const double* from_tbody_m, const double* axis_tbody, double* point_tbody_m) noexcept nogil:
    """What is seen from a place: the nearest reflector in view, else the surface. False: nothing is."""
    cdef double away[3]
    cdef double distance, nearest = s.reflector_range_m
    cdef int i, k
    cdef bint found = False
    for i in range(s.reflectors):
        vec3_sub(away, from_tbody_m, s.reflector_tbody_m[i])
        distance = vec3_norm(away)
        if distance <= nearest and surface_clear(s.surface, s.reflector_tbody_m[i], from_tbody_m):
            nearest, found = distance, True
            for k in range(3):
                point_tbody_m[k] = s.reflector_tbody_m[i][k]
    return found or surface_centre(s.surface, from_tbody_m, axis_tbody, s.cos_half_view, point_tbody_m)


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const lidar_t* s = <const lidar_t*>it.state
    cdef double d[3]
    cdef double own[3]
    cdef double point[3]
    cdef double axis[3]
    cdef double noise[3]
    cdef double q[4]
    cdef double q_tbody_inv[4]
    cdef double dq[4]
    cdef double range_m, across, sigma
    surface_look(m, s.position_body_m, s.q_lidar_from_body, own, axis, q)
    if not _seen(s, own, axis, point):
        return False
    surface_sight(m, own, point, q, d)
    if error != NULL:
        vec3_add(d, d, error)
    range_m = vec3_norm(d)
    if not (s.min_range_m <= range_m <= s.max_range_m and range_m > 0.0):
        return False
    across = elem_sqrt(d[1] * d[1] + d[2] * d[2])
    if elem_atan2(across, d[0]) > s.half_view_rad:
        return False
    z.z[0] = range_m + s.range_bias_m + s.sigma_range_m * noise_normal(&it.stream)
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
    quat_from_rotvec(dq, noise)
    quat_mul(&z.z[3], dq, q)
    quat_normalize(&z.z[3])
    z.count = 7
    return True


cdef class _Lidar(Instrument):
    cdef lidar_t state
    cdef surface_t surface

    def __init__(self, fitted):
        row, target = fitted.row, fitted.target
        self._fit(fitted, measure, &self.state, sizeof(self.state), 3, 1)
        self._swaps(0, 1, 2)
        self._open(&self.it.stream, fitted, "lidar")
        if not target.shape:
            raise ValueError(f"instrument {self.name}: it measures the target's surface: expected a shape of the target")
        surface_load(&self.surface, target.shape, "the target's shape")
        self.state.surface = &self.surface
        take(self.state.position_body_m, row.position_body_m, 3)
        take(self.state.q_lidar_from_body, turned(row.q_from_body, fitted.drawn["lidar_misalignment_rad"]), 4)
        self.state.min_range_m, self.state.max_range_m = row.min_range_m, row.max_range_m
        self.state.pose_range_m = row.pose_range_m
        self.state.half_view_rad = 0.5 * (row.field_of_view_deg * DEG)
        self.state.cos_half_view = elem_cos(self.state.half_view_rad)
        self.state.range_bias_m = fitted.drawn["lidar_range_bias_m"][0]
        self.state.sigma_range_m = row.sigma_range_m
        self.state.sigma_los_rad, self.state.sigma_pose_rad = row.sigma_los_deg * DEG, row.sigma_pose_deg * DEG
        self.state.pose_reference_m = row.pose_reference_m
        self.state.reflector_range_m = row.reflector_range_m
        self.state.reflectors = len(row.reflectors_tbody_m)
        for i, place in enumerate(row.reflectors_tbody_m):
            take(self.state.reflector_tbody_m[i], place, 3)


KIND = InstrumentKind(
    number=Kind.LIDAR, row=Lidar, make=_Lidar, group="camera",
    drawn=(Drawn("lidar_misalignment_rad", "misalignment_deg"), Drawn("lidar_range_bias_m", "range_bias_m")),
    faults=(*OF_ANY, *WITH_ERROR, "scale", "false_return"), errors=("m",),
)
