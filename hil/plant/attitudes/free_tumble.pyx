"""Tumbles freely from its start."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from gnc.ccore cimport orbit_hill_frame, quat_from_dcm, quat_mul, vec3_copy
from hil.plant.attitude cimport AttitudeMode, attitude_t
from hil.plant.dynamics cimport body_t
from hil.plant.loading cimport load_quat, load_vec

from firmware_bridge.faults import STRICT
from hil.instruments.rows import turned
from hil.schema import DEG, Quaternion

Rate = Annotated[float, Ge(-100.0), Le(100.0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FreeTumble:
    """Tumbles as a free rigid body, with nutation and gravity gradient, from an initial attitude and rate.

    The rate is inertial, in body axes.
    """

    mode: Literal["free_tumble"]
    q_body_from_hill: Quaternion = (1.0, 0.0, 0.0, 0.0)
    rate_body_deg_s: tuple[Rate, Rate, Rate]


@dataclasses.dataclass(frozen=True)
class Tumble:
    """A free rigid body: the attitude and the rate with respect to ECI, body axes, that it is placed with."""

    mode: ClassVar[str] = "free_tumble"
    q_body_from_hill: tuple
    w_body_radps: tuple


def _truth(row, drawn):
    """The plant's configuration, with the errors that were drawn."""
    q, rate = row.q_body_from_hill, tuple(x * DEG for x in row.rate_body_deg_s)
    if drawn is not None:
        q, rate = turned(q, drawn[0]), tuple(a + b for a, b in zip(rate, drawn[1], strict=True))
    return Tumble(q, rate)


cdef int load(attitude_t* attitude, config, str name) except -1:
    load_quat(attitude.q_body_from_frame_nominal, config.q_body_from_hill, f"{name}.q_body_from_hill")
    load_vec(attitude.own, config.w_body_radps, 3, f"{name}.w_body_radps")
    return 0


cdef void start(double* q_body_from_eci, double* w_body_radps, const attitude_t* attitude, const body_t* body) noexcept nogil:
    cdef double dcm[9]
    cdef double w_hill[3]
    orbit_hill_frame(dcm, w_hill, body.r_eci_m, body.v_eci_mps)
    quat_from_dcm(q_body_from_eci, dcm)
    quat_mul(q_body_from_eci, attitude.q_body_from_frame_nominal, q_body_from_eci)
    vec3_copy(w_body_radps, attitude.own)


cdef AttitudeMode own = AttitudeMode(FreeTumble, _truth)
own.load, own.start = load, start
MODE = own
