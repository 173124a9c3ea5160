"""Relative GNSS: from the target's antenna to the chaser's, eci.

White noise and a Gauss-Markov bias, both growing with range as 1 + range / growth_m.
"""

from typing import Literal

from pydantic.dataclasses import dataclass

from gnc.ccore cimport vec3_add, vec3_norm, vec3_sub
from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, arm_of, instrument_t, moment_t, take
from hil.noise cimport gauss_markov_init, gauss_markov_next, gauss_markov_t, noise_normal3

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.instruments.faults import OF_ANY, WITH_ERROR
from hil.instruments.rows import InstrumentKind, Row
from hil.schema import NonNegative, Positive, Vector


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Rgnss(Row):
    """Relative GNSS between the antennas of both craft; `position_body_m` is the chaser's."""

    kind: Literal["rgnss"]
    target_antenna_tbody_m: Vector
    period_s: Positive
    latency_s: NonNegative
    sigma_r_m: NonNegative
    sigma_v_mps: NonNegative
    bias_sigma_m: NonNegative
    bias_tau_s: Positive
    growth_m: Positive


ctypedef struct rgnss_t:
    double antenna_body_m[3]
    double antenna_tbody_m[3]
    double sigma_r_m
    double sigma_v_mps
    double growth_m
    gauss_markov_t bias[3]


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef rgnss_t* s = <rgnss_t*>it.state
    cdef double* r = &z.z[0]
    cdef double* v = &z.z[3]
    cdef double arm[3]
    cdef double rate[3]
    cdef double noise[3]
    cdef double growth
    cdef int i
    vec3_sub(r, m.r_chaser_eci_m, m.r_target_eci_m)
    vec3_sub(v, m.v_chaser_eci_mps, m.v_target_eci_mps)
    growth = 1.0 + vec3_norm(r) / s.growth_m
    arm_of(arm, rate, s.antenna_body_m, m.com_body_m, m.q_body_from_eci, m.w_body_radps)
    vec3_add(r, r, arm)
    vec3_add(v, v, rate)
    arm_of(arm, rate, s.antenna_tbody_m, m.com_tbody_m, m.q_tbody_from_eci, m.w_tbody_radps)
    vec3_sub(r, r, arm)
    vec3_sub(v, v, rate)
    for i in range(3):
        r[i] += growth * gauss_markov_next(&s.bias[i], &it.stream)
    noise_normal3(&it.stream, growth * s.sigma_r_m, noise)
    vec3_add(r, r, noise)
    noise_normal3(&it.stream, growth * s.sigma_v_mps, noise)
    vec3_add(v, v, noise)
    if error != NULL:
        vec3_add(r, r, error)
        vec3_add(v, v, error + 3)
    z.count = 6
    return True


cdef class _Rgnss(Instrument):
    cdef rgnss_t state

    def __init__(self, fitted):
        row = fitted.row
        self._fit(fitted, measure, &self.state, sizeof(self.state), 6, 6)
        self._swaps(0, 0, 1)
        self._swaps(1, 3, 4)
        self._open(&self.it.stream, fitted, "rgnss")
        take(self.state.antenna_body_m, row.position_body_m, 3)
        take(self.state.antenna_tbody_m, row.target_antenna_tbody_m, 3)
        self.state.sigma_r_m, self.state.sigma_v_mps = row.sigma_r_m, row.sigma_v_mps
        self.state.growth_m = row.growth_m
        for i in range(3):
            gauss_markov_init(&self.state.bias[i], &self.it.stream, row.bias_sigma_m, row.bias_tau_s, row.period_s)


KIND = InstrumentKind(
    number=Kind.RGNSS, row=Rgnss, make=_Rgnss, group="relative gnss", faults=(*OF_ANY, *WITH_ERROR, "scale"), errors=("m", "mps"),
)
