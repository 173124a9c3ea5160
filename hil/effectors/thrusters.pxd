"""Truth model of thrusters: a linear rise, a plateau and a linear decay, integrated exactly."""

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    ACTUATORS_MAX_THRUSTERS = 32

ctypedef struct thruster_t:
    # geometry and performance, truth (dispersions included)
    double position_body_m[3]       # structural body frame
    double direction_body[3]        # unit vector of the force on the craft
    double thrust_n
    double isp_s
    double rise_s                   # 0 -> full thrust, linear
    double decay_s                  # full thrust -> 0, linear
    uint32_t min_on_us              # a shorter isolated pulse is not fired, and counted
    uint32_t valve_tick_us          # on-times are cut to whole ticks of the valve driver
    # faults
    bint stuck_on
    bint stuck_off
    double leak                     # level that a shut valve passes, 0 to 1
    uint32_t stiction_us            # the valve does not open for a shorter isolated pulse
    # state
    bint isolated                   # its isolation valve is shut: no propellant reaches it
    double level                    # thrust over full thrust, 0..1
    bint open_at_cycle_end
    uint32_t driven_us              # on-time that the valve driver gave in the last cycle, whatever the valve did
    # accounts
    double impulse_Ns
    double propellant_kg
    uint64_t on_time_us
    uint32_t firings
    uint32_t min_on_violations

# Thrust level over one cycle, piecewise linear: level_0 at 0 rises to level_peak at t_peak_s, stays
# until t_off_s, falls to zero at t_end_s.
ctypedef struct pulse_t:
    double level_0
    double level_peak
    double t_peak_s
    double t_off_s
    double t_end_s
    double fall_per_s
    double leak                     # level below which a leaking valve does not fall
    double t_over_s                 # no thrust from then on
    double area_done_s              # integral of the level over what is already flown of the cycle

# The cycle's pulse of a thruster commanded on for on_us from the start of the cycle. Updates the
# valve state and the accounts of on-time, firings and violations. False: no thrust in this cycle.
cdef bint actuators_open(pulse_t* pulse, thruster_t* thruster, uint32_t on_us, uint32_t cycle_us) noexcept nogil
# Level at t_s from the start of the cycle, of a valve that does not leak
cdef inline double actuators_level(const pulse_t* pulse, double t_s) noexcept nogil:
    if t_s < pulse.t_peak_s:
        return pulse.level_0 + (pulse.level_peak - pulse.level_0) * (t_s / pulse.t_peak_s)
    if t_s <= pulse.t_off_s:
        return pulse.level_peak
    if t_s < pulse.t_end_s:
        return (pulse.t_end_s - t_s) * pulse.fall_per_s
    return 0.0

# Integral of the level from the start of the cycle to t_s (s), of a valve that does not leak
cdef inline double actuators_sound_area_s(const pulse_t* pulse, double t_s) noexcept nogil:
    cdef double t, area
    t = t_s if t_s < pulse.t_peak_s else pulse.t_peak_s
    area = 0.0
    if t > 0.0:
        area = 0.5 * t * (pulse.level_0 + actuators_level(pulse, t))
    if t_s <= pulse.t_peak_s:
        return area
    t = t_s if t_s < pulse.t_off_s else pulse.t_off_s
    area += pulse.level_peak * (t - pulse.t_peak_s)
    if t_s <= pulse.t_off_s or pulse.fall_per_s == 0.0:
        return area
    t = t_s if t_s < pulse.t_end_s else pulse.t_end_s
    return area + 0.5 * (t - pulse.t_off_s) * (pulse.level_peak + (pulse.t_end_s - t) * pulse.fall_per_s)

# Integral of the level from the start of the cycle to t_s (s)
cdef inline double actuators_area_s(const pulse_t* pulse, double t_s) noexcept nogil:
    return actuators_sound_area_s(pulse, t_s) if pulse.leak == 0.0 else (
        pulse.leak * t_s + (1.0 - pulse.leak) * actuators_sound_area_s(pulse, t_s))
