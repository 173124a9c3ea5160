"""Absolute GNSS receiver: position and velocity of its antenna, eci."""

from typing import Literal

from pydantic.dataclasses import dataclass

from gnc.ccore cimport vec3_add
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, arm_of, instrument_t, moment_t, take
from hil.noise cimport noise_normal3

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import InstrumentKind, Row
from hil.schema import NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Gnss(Row):
    """Absolute GNSS receiver; `position_body_m` is its antenna."""

    kind: Literal["gnss"]
    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative


ctypedef struct gnss_t:
    double antenna_body_m[3]
    double sigma_r_m
    double sigma_v_mps


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const gnss_t* s = <const gnss_t*>it.state
    cdef double* r = &z.z[0]
    cdef double* v = &z.z[3]
    cdef double arm[3]
    cdef double rate[3]
    cdef double noise[3]
    arm_of(arm, rate, s.antenna_body_m, m.com_body_m, m.q_body_from_eci, m.w_body_radps)
    vec3_add(r, m.r_chaser_eci_m, arm)
    vec3_add(v, m.v_chaser_eci_mps, rate)
    noise_normal3(&it.stream, s.sigma_r_m, noise)
    vec3_add(r, r, noise)
    noise_normal3(&it.stream, s.sigma_v_mps, noise)
    vec3_add(v, v, noise)
    if error != NULL:
        vec3_add(r, r, error)
        vec3_add(v, v, error + 3)
    z.count = 6
    return True


cdef class _Gnss(Instrument):
    cdef gnss_t state

    def __init__(self, fitted):
        row = fitted.row
        self._fit(fitted, measure, &self.state, sizeof(self.state), 6, 6)
        self._swaps(0, 0, 1)
        self._swaps(1, 3, 4)
        self._open(&self.it.stream, fitted, "gnss")
        take(self.state.antenna_body_m, row.position_body_m, 3)
        self.state.sigma_r_m, self.state.sigma_v_mps = row.sigma_r_m, row.sigma_v_mps


KIND = InstrumentKind(
    number=Kind.GNSS, row=Gnss, make=_Gnss, group="gnss", faults=(*OF_ANY, *WITH_ERROR, "scale"), errors=("m", "mps"),
)
