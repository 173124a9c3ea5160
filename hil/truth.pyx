"""The truth record of the log: one row a control cycle, the state at the time of the sensor frame."""

from dataclasses import dataclass

import numpy as np

_MEANING = {
    "t_us": ("us", "time since scenario start"),
    "r_chaser_eci_m": ("m", "chaser centre of mass, eci"),
    "v_chaser_eci_mps": ("m/s", "rate of r_chaser_eci_m"),
    "r_target_eci_m": ("m", "target centre of mass, eci"),
    "v_target_eci_mps": ("m/s", "rate of r_target_eci_m"),
    "q_body_from_eci": ("1", "chaser attitude, scalar first"),
    "q_tbody_from_eci": ("1", "target attitude, scalar first"),
    "w_body_eci_body_radps": ("rad/s", "chaser body rate, body axes"),
    "r_chaser_target_hill_m": ("m", "chaser relative to target, c.m. to c.m., hill"),
    "v_chaser_target_hill_mps": ("m/s", "relative velocity in the rotating hill frame"),
    "r_port_tport_m": ("m", "chaser port in the target port frame; x is the axial distance"),
    "v_port_tport_mps": ("m/s", "rate of r_port_tport_m in the target port's own rotating frame"),
    "port_pitch_yaw_rad": ("rad", "angle between the opposed port axes"),
    "port_roll_rad": ("rad", "roll of the chaser port about the docking axis"),
    "dv_body_mps": ("m/s", "velocity change by all forces but gravity over the cycle just ended, body axes"),
    "mass_kg": ("kg", "chaser mass"),
    "propellant_kg": ("kg", "propellant left"),
    "sunlit": ("1", "fraction of the Sun's disc seen by the chaser"),
    "clearance_m": ("m", "from the chaser's surface to the target's, 0 when docked; held while it changes by less than 5 %"),
    "contact_status": ("1", "0 none, 1 captured, 2 touched outside the capture envelope, 3 touching inside it, not captured"),
    "collisions": ("1", "touches so far of any two bodies where no port allows it"),
}


@dataclass(frozen=True)
class TruthField:
    """One field of the truth record: unit and meaning."""

    name: str
    unit: str
    meaning: str


cdef object _dtype_of_struct():
    cdef truth_t row
    cdef truth_t[::1] view = <truth_t[:1]> &row
    return np.asarray(view).dtype


TRUTH = _dtype_of_struct()
FIELDS = tuple(TruthField(name, *_MEANING[name]) for name in TRUTH.names)
