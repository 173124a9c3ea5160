"""Star tracker: its attitude, boresight along star x; the noise about the boresight is the roll noise."""

from typing import Literal

from pydantic.dataclasses import dataclass

from gnc.ccore cimport quat_from_rotvec, quat_mul, quat_normalize
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t, take
from hil.noise cimport noise_normal

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.distributions import Distribution
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import Drawn, InstrumentKind, Row, turned
from hil.schema import DEG, Angle, NonNegative, Positive

ARCSEC = DEG / 3600.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Star(Row):
    """Star tracker, boresight along star x."""

    kind: Literal["star"]
    period_s: Positive
    latency_s: NonNegative
    sigma_cross_arcsec: NonNegative
    sigma_roll_arcsec: NonNegative
    misalignment_deg: Angle | Distribution


ctypedef struct star_t:
    double q_star_from_body[4]          # as mounted
    double sigma_cross_rad
    double sigma_roll_rad


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const star_t* s = <const star_t*>it.state
    cdef double noise[3]
    cdef double dq[4]
    noise[0] = s.sigma_roll_rad * noise_normal(&it.stream)
    noise[1] = s.sigma_cross_rad * noise_normal(&it.stream)
    noise[2] = s.sigma_cross_rad * noise_normal(&it.stream)
    quat_mul(z.z, s.q_star_from_body, m.q_body_from_eci)
    quat_from_rotvec(dq, noise)
    quat_mul(z.z, dq, z.z)
    if error != NULL:
        quat_from_rotvec(dq, error)
        quat_mul(z.z, dq, z.z)
    quat_normalize(z.z)
    z.count = 4
    return True


cdef class _Star(Instrument):
    cdef star_t state

    def __init__(self, fitted):
        row = fitted.row
        self._fit(fitted, measure, &self.state, sizeof(self.state), 4, 0)
        self._swaps(0, 1, 2)
        self._open(&self.it.stream, fitted, "star")
        take(self.state.q_star_from_body, turned(row.q_from_body, fitted.drawn["star_misalignment_rad"]), 4)
        self.state.sigma_cross_rad = row.sigma_cross_arcsec * ARCSEC
        self.state.sigma_roll_rad = row.sigma_roll_arcsec * ARCSEC


KIND = InstrumentKind(
    number=Kind.STAR, row=Star, make=_Star, group="star tracker",
    drawn=(Drawn("star_misalignment_rad", "misalignment_deg"),),
    faults=(*OF_ANY, *WITH_ERROR), errors=("deg",),
)
