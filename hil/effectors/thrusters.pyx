"""Thrusters: groups of one class each. Truth is a linear rise, a plateau and a linear decay.

The level (thrust over full thrust) is piecewise linear in time, so the impulse between any two
instants is a difference of its antiderivative and no step size enters into it. A valve still open
at the end of a cycle stays open if the next command opens it again: the level joins without a dip.
"""

from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.dataclasses import dataclass

from libc.stdint cimport uint32_t, uint64_t

from firmware_bridge.faults import STRICT
from gnc import flight as core
from hil.effectors.faults import OF_THRUSTERS
from hil.effectors.rows import EffectorKind, Row
from hil.schema import Component, Vector


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Thrusters(Row):
    """Thrusters of one class: places and directions of the force, structural body frame.

    isolation_valves: each thruster has one, which the flight software can shut.
    power_strings: what feeds each of them, where it is not one power_string.
    """

    kind: Literal["thrusters"]
    force_n: Annotated[float, Ge(1.0e-6), Le(1.0e5)]
    isp_s: Annotated[float, Ge(1.0), Le(1.0e4)]
    min_on_s: Annotated[float, Ge(1.0e-4), Le(1.0)]
    rise_s: Annotated[float, Ge(0.0), Le(0.2)]
    decay_s: Annotated[float, Ge(0.0), Le(0.2)]
    position_m: Annotated[tuple[Vector, ...], MinLen(1), MaxLen(core.N_THRUSTERS)]
    direction: Annotated[tuple[tuple[Component, Component, Component], ...], MinLen(1), MaxLen(core.N_THRUSTERS)]
    isolation_valves: bool = False
    power_strings: Annotated[tuple[str, ...], MaxLen(core.N_THRUSTERS)] = ()


KIND = EffectorKind(row=Thrusters, faults=OF_THRUSTERS)


cdef bint actuators_open(pulse_t* pulse, thruster_t* thruster, uint32_t on_us, uint32_t cycle_us) noexcept nogil:
    cdef double rise_needed_s, on_s, leak = 0.0 if thruster.isolated else thruster.leak
    if on_us > cycle_us:
        on_us = cycle_us
    on_us -= on_us % thruster.valve_tick_us
    if on_us > 0 and on_us < thruster.min_on_us and not thruster.open_at_cycle_end:
        thruster.min_on_violations += 1
        on_us = 0
    thruster.driven_us = on_us
    if on_us < thruster.stiction_us and not thruster.open_at_cycle_end:
        on_us = 0
    if thruster.stuck_on:
        on_us = cycle_us
    if thruster.stuck_off or thruster.isolated:
        on_us = 0
    if on_us > 0 and not thruster.open_at_cycle_end:
        thruster.firings += 1
    thruster.on_time_us += on_us
    thruster.open_at_cycle_end = on_us == cycle_us

    on_s = <double>on_us * 1e-6
    pulse.area_done_s = 0.0
    pulse.leak = leak
    pulse.level_0 = thruster.level
    rise_needed_s = (1.0 - thruster.level) * thruster.rise_s
    pulse.t_off_s = on_s
    if on_us == 0:
        pulse.t_peak_s = 0.0
        pulse.level_peak = pulse.level_0
    elif on_s >= rise_needed_s:
        pulse.t_peak_s = rise_needed_s
        pulse.level_peak = 1.0
    else:
        # the valve closes on the way up: the decay starts from the level reached
        pulse.t_peak_s = on_s
        pulse.level_peak = pulse.level_0 + on_s / thruster.rise_s
    pulse.fall_per_s = 1.0 / thruster.decay_s if thruster.decay_s > 0.0 else 0.0
    pulse.t_end_s = pulse.t_off_s + pulse.level_peak * thruster.decay_s
    if thruster.open_at_cycle_end:
        # whether it closes here is for the next command to say
        thruster.level = pulse.level_peak
    else:
        thruster.level = actuators_level(pulse, <double>cycle_us * 1e-6)
    pulse.t_over_s = pulse.t_end_s if leak == 0.0 else 1.0e-6 * <double>cycle_us
    return on_us > 0 or pulse.level_0 > 0.0 or leak > 0.0
