"""Truth model of thrusters: linear rise, plateau, linear decay.

The level (thrust over full thrust) is piecewise linear in time, so the impulse between any two
instants is a difference of its antiderivative and no step size enters into it. A valve still open
at the end of a cycle stays open if the next command opens it again: the level joins without a dip.
"""

from libc.stdint cimport uint32_t, uint64_t


cdef bint actuators_open(pulse_t* pulse, thruster_t* thruster, uint32_t on_us, uint32_t cycle_us) noexcept nogil:
    cdef double rise_needed_s, on_s
    if on_us > cycle_us:
        on_us = cycle_us
    on_us -= on_us % thruster.valve_tick_us
    if on_us > 0 and on_us < thruster.min_on_us and not thruster.open_at_cycle_end:
        thruster.min_on_violations += 1
        on_us = 0
    thruster.driven_us = on_us
    if thruster.stuck_on:
        on_us = cycle_us
    if thruster.stuck_off:
        on_us = 0
    if on_us > 0 and not thruster.open_at_cycle_end:
        thruster.firings += 1
    thruster.on_time_us += on_us
    thruster.open_at_cycle_end = on_us == cycle_us

    on_s = <double>on_us * 1e-6
    pulse.area_done_s = 0.0
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
    return on_us > 0 or pulse.level_0 > 0.0
