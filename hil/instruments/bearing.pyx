"""Bearing camera: azimuth and elevation of the target's surface, and nothing of its range.

It sees the mean of the points of the outer shape that are in view. A bias shifts what it sees, in camera axes.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Lt
from pydantic.dataclasses import dataclass

from gnc.ccore cimport elem_asin, elem_atan2, elem_cos, vec3_add, vec3_norm
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t, take
from hil.instruments.surface cimport surface_centre, surface_load, surface_look, surface_sight, surface_t
from hil.noise cimport noise_normal

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.distributions import Distribution
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import Drawn, InstrumentKind, Row, turned
from hil.schema import DEG, Angle, Fraction, NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Bearing(Row):
    """Bearing camera, boresight along camera x."""

    kind: Literal["bearing"]
    period_s: Positive
    latency_s: NonNegative
    min_range_m: NonNegative = 0.0
    max_range_m: Positive
    field_of_view_deg: Annotated[float, Ge(0.01), Lt(180.0)]
    sigma_los_deg: Angle
    misalignment_deg: Angle | Distribution = 0.0
    dropout_probability: Fraction = 0.0


ctypedef struct bearing_t:
    double position_body_m[3]
    double q_camera_from_body[4]        # as mounted
    double min_range_m
    double max_range_m
    double cos_half_view
    double sigma_los_rad
    const surface_t* surface


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const bearing_t* s = <const bearing_t*>it.state
    cdef double d[3]
    cdef double own[3]
    cdef double point[3]
    cdef double axis[3]
    cdef double q[4]
    cdef double range_m
    surface_look(m, s.position_body_m, s.q_camera_from_body, own, axis, q)
    if not surface_centre(s.surface, own, axis, s.cos_half_view, point):
        return False
    surface_sight(m, own, point, q, d)
    if error != NULL:
        vec3_add(d, d, error)
    range_m = vec3_norm(d)
    if not (s.min_range_m <= range_m <= s.max_range_m and range_m > 0.0 and d[0] >= s.cos_half_view * range_m):
        return False
    z.z[0] = elem_atan2(d[1], d[0]) + s.sigma_los_rad * noise_normal(&it.stream)
    z.z[1] = elem_asin(d[2] / range_m) + s.sigma_los_rad * noise_normal(&it.stream)
    z.count = 2
    return True


cdef class _Bearing(Instrument):
    cdef bearing_t state
    cdef surface_t surface

    def __init__(self, fitted):
        row, target = fitted.row, fitted.target
        self._fit(fitted, measure, &self.state, sizeof(self.state), 2, 0)
        self._swaps(0, 0, 1)
        self._open(&self.it.stream, fitted, "bearing")
        if not target.shape:
            raise ValueError(f"instrument {self.name}: it sees the target's surface: expected a shape of the target")
        surface_load(&self.surface, target.shape, "the target's shape")
        self.state.surface = &self.surface
        take(self.state.position_body_m, row.position_body_m, 3)
        take(self.state.q_camera_from_body, turned(row.q_from_body, fitted.drawn["bearing_misalignment_rad"]), 4)
        self.state.min_range_m, self.state.max_range_m = row.min_range_m, row.max_range_m
        self.state.cos_half_view = elem_cos(0.5 * (row.field_of_view_deg * DEG))
        self.state.sigma_los_rad = row.sigma_los_deg * DEG


KIND = InstrumentKind(
    number=Kind.BEARING, row=Bearing, make=_Bearing, group="camera",
    drawn=(Drawn("bearing_misalignment_rad", "misalignment_deg"),),
    faults=(*OF_ANY, *WITH_ERROR), errors=("m",),
)
