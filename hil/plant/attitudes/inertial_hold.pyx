"""Holds an attitude in the inertial frame."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from gnc.ccore cimport vec3_set
from hil.plant.attitude cimport AttitudeMode, attitude_t
from hil.plant.attitudes.hold cimport hold_load, hold_reference
from hil.plant.dynamics cimport body_t

from firmware_bridge.faults import STRICT
from hil.plant.attitudes.hold import hold_of
from hil.schema import Quaternion


@dataclass(frozen=True, kw_only=True, config=STRICT)
class InertialHold:
    """Holds an attitude in the inertial frame, with a slow limit cycle about it."""

    mode: Literal["inertial_hold"]
    q_body_from_eci: Quaternion
    limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)] = 0.02
    ends_at_capture: bool = False


cdef void reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2, const attitude_t* attitude,
                    const body_t* body, double t_s) noexcept nogil:
    cdef double w_frame[3]
    vec3_set(w_frame, 0.0, 0.0, 0.0)
    hold_reference(q_body_from_eci, w_body_radps, alpha_body_radps2, attitude, NULL, w_frame, t_s)


cdef AttitudeMode own = AttitudeMode(
    InertialHold, lambda row, drawn: hold_of(row, row.q_body_from_eci, "inertial", drawn), "inertial")
own.load, own.reference = hold_load, reference
MODE = own
