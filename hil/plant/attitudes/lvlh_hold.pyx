"""Holds an attitude in the hill frame."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic.dataclasses import dataclass

from gnc.ccore cimport orbit_hill_frame, quat_from_dcm
from hil.plant.attitude cimport AttitudeMode, attitude_t
from hil.plant.attitudes.hold cimport hold_load, hold_reference
from hil.plant.dynamics cimport body_t

from firmware_bridge.faults import STRICT
from hil.plant.attitudes.hold import hold_of
from hil.schema import Quaternion


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LvlhHold:
    """Holds an attitude in the hill frame, with a slow limit cycle about it.

    `ends_at_capture`: whether its attitude control is switched off when another vehicle docks.
    """

    mode: Literal["lvlh_hold"]
    q_body_from_hill: Quaternion
    limit_cycle_radps: Annotated[float, Ge(1.0e-5), Le(1.0)]
    ends_at_capture: bool = False


cdef void reference(double* q_body_from_eci, double* w_body_radps, double* alpha_body_radps2, const attitude_t* attitude,
                    const body_t* body, double t_s) noexcept nogil:
    cdef double dcm[9]
    cdef double w_hill[3]
    cdef double q_hill_from_eci[4]
    orbit_hill_frame(dcm, w_hill, body.r_eci_m, body.v_eci_mps)
    quat_from_dcm(q_hill_from_eci, dcm)
    hold_reference(q_body_from_eci, w_body_radps, alpha_body_radps2, attitude, q_hill_from_eci, w_hill, t_s)


cdef AttitudeMode own = AttitudeMode(LvlhHold, lambda row, drawn: hold_of(row, row.q_body_from_hill, "lvlh", drawn), "lvlh")
own.load, own.reference, own.is_about_hill = hold_load, reference, True
MODE = own
