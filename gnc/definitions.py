"""Made by `python -m gnc.define` from the tables of gnc/core/definitions: do not edit."""

# ruff: noqa
from enum import IntEnum, IntFlag


class Telecommand(IntEnum):
    """`sensors["tc_opcode"]`."""

    NONE = 0  # no telecommand
    GO = 1  # leave the phase that waits for it
    HOLD = 2  # hold position
    RESUME = 3  # end a commanded hold, free drift or inhibition
    RETREAT = 4  # back off to the retreat point
    ABORT = 5  # avoidance burn
    FREE_DRIFT = 6  # fire no thruster until resumed or broken off
    INHIBIT = 7  # fire no thruster until resumed, whatever happens


class Flag(IntFlag):
    """Bits of `telemetry["flags"]`."""

    BURN = 16  # a burn is in progress
    CAPTURED = 128  # docked
    GATE_OPEN = 256  # the phase's exit gate is open
    SATURATED = 512  # the demand exceeded the force limit or a cycle
    TC_REJECTED = 1024  # the last telecommand was refused
    HELD = 2048  # held by telecommand
    FREE_DRIFT = 4096  # drifting by telecommand
    INHIBITED = 8192  # thrusters inhibited by telecommand


class Law(IntEnum):
    """Guidance laws, `telemetry["law"]` and `params["phase_law"]`."""

    HOLD = 0  # holds a point
    HOP = 1  # two-impulse transfer to a point, with corrections on the way
    FORCED = 2  # straight line to a point at a controlled speed
    DOCKED = 3  # fires nothing: held by the target
    CAM = 4  # one burn to the avoidance velocity, then drift
    DRIFT = 5  # holds the attitude and nothing else
    CIRCUMNAVIGATE = 6  # turns about the target in a plane, to an angle and a radius
    ELLIPSE = 7  # drifts about the target on a safe natural ellipse, and corrects it
    RELEASE = 8  # unlatches, and fires nothing until the ports are clear of each other
    BURN = 9  # one burn of a stated velocity change, at a time or a point of the orbit


class Reason(IntEnum):
    """Why an approach was broken off, `telemetry["abort_reason"]`."""

    NONE = 0  # it was not
    CORRIDOR = 1  # outside the approach corridor
    CLOSING_RATE = 2  # closing too fast
    CAMERA = 3  # docking camera lost
    STAR = 4  # star tracker lost
    RGNSS = 5  # relative GNSS lost
    ATTITUDE = 6  # attitude error too large
    TIMEOUT = 7  # phase timed out
    TELECOMMAND = 8  # commanded
    MISSED_CONTACT = 9  # no capture
    DISAGREEMENT = 10  # camera and relative GNSS disagree
    INSTRUMENT = 11  # another instrument that the phase needs is lost
    RELEASED = 12  # no longer captured
    MONITOR = 64  # a monitor without a reason of its own has tripped: 64 plus its number


class Monitor(IntEnum):
    """Monitors, `params["monitor_kind"]`."""

    DISAGREEMENT = 0  # camera and relative GNSS disagree
    CORRIDOR = 1  # outside the approach corridor
    CLOSING_RATE = 2  # closing too fast for the distance
    ATTITUDE = 3  # attitude error too large
    MISSED_CONTACT = 4  # the chaser's port is behind the target's, and nothing was captured


class Point(IntEnum):
    """What of the chaser a phase steers, `params["phase_point"]`."""

    PORT = 0  # its docking port
    COM = 1  # its centre of mass
    BORESIGHT = 2  # its docking camera


class Frame(IntEnum):
    """In what a phase steers it, `params["phase_frame"]`."""

    TPORT = 0  # target port, +x outward; x is the axial distance from port to port
    HILL = 1  # hill, from the target's centre of mass
    TBODY = 2  # target's structural frame, as estimated, from its centre of mass
    INERTIAL = 3  # eci axes, from the target's centre of mass


class Attitude(IntEnum):
    """What attitude a phase holds, `params["phase_attitude"]`."""

    MATE = 0  # mates the ports
    POINT_AT = 1  # points an axis at the origin of the phase's frame
    HOLD_LVLH = 2  # holds an attitude against hill
    HOLD_INERTIAL = 3  # holds the inertial attitude with which the phase began
    SUN = 4  # points an axis at the Sun
    VELOCITY = 8  # points an axis along the chaser's inertial velocity


class Mode(IntEnum):
    """How the chaser moves, `intent["nav_mode"]`."""

    NORMAL = 0  # freely, under its own thrust
    DOCKED = 1  # held by the target
    STACK = 2  # together with the target, under its own thrust


class Overlay(IntFlag):
    """Bits of what telecommands lay over a phase, `intent["overlay"]`."""

    HELD = 1  # the reference stays where it was
    FREE_DRIFT = 2  # no thruster fires, until a commanded break-off
    INHIBITED = 4  # no thruster fires


class Event(IntEnum):
    """What a transition waits for, `params["transition_event"]`."""

    DONE = 0  # the law's leg is over
    TIMEOUT = 1  # the phase has lasted too long
    MONITOR = 2  # a monitor trips; argument 2: only where one is urgent
    TELECOMMAND = 3  # the telecommand of that number
    LOST = 4  # the instrument of that number is lost; 255: any that the phase needs
    FOUND = 5  # the instrument of that number is healthy; 255: all that the phase needs
    CONTACT = 6  # the docking mechanism senses contact
    CAPTURED = 7  # the docking mechanism has captured
    RELEASED = 8  # it had captured in this phase, and has no longer
    ALWAYS = 9  # nothing


class Guard(IntEnum):
    """What must hold besides, `params["transition_guard"]`."""

    NONE = 0  # nothing
    GATE = 1  # the gate is open: position, velocity, attitude, and the instruments of both phases
    GO = 2  # GO has been given in this phase
    ENTRIES = 3  # the phase has been entered fewer times than the argument
    WITHIN = 4  # nearer than the argument, metres from c.m. to c.m.
    BEYOND = 5  # further than the argument, metres from c.m. to c.m.
    HEALTHY = 6  # the instrument of that number is healthy


class Kind(IntEnum):
    """What an instrument measures, `kind` of a measurement."""

    NONE = 0  # no instrument
    IMU = 1  # gyro and accelerometer increments over the cycle
    STAR = 2  # star tracker: attitude
    GNSS = 3  # absolute GNSS: position and velocity
    RGNSS = 4  # relative GNSS: position and velocity from antenna to antenna
    CAMERA = 5  # docking camera: range, line of sight and, near, relative attitude
    DOCK = 6  # docking mechanism: contact and capture
    LIDAR = 7  # lidar: range, line of sight and, near, attitude of the target's body
    BEARING = 8  # bearing camera: line of sight


class Dock(IntFlag):
    """Bits of the flags of a docking mechanism's measurement."""

    CONTACT = 1  # senses contact
    CAPTURED = 2  # has captured


class Mechanism(IntFlag):
    """Bits of `command["mechanism"]`, for the chaser's port 0; of port n shifted left by n."""

    ARM = 1  # captures on contact
    RELEASE = 65536  # lets go


class Target(IntEnum):
    """What flight knows of the target's attitude, `params["target_attitude_mode"]`."""

    LVLH_HOLD = 0  # about a hold in the hill frame
    INERTIAL_HOLD = 1  # about a hold in inertial space
    UNKNOWN = 2  # nothing: it is not estimated


class Instrument(IntFlag):
    """Bits of `solution["instrument_state"]`."""

    HEARD = 1  # a measurement has come since start
    LOST = 2  # nothing accepted for too long, or refused again and again
    IN_USE = 4  # of its kind, the one that the filters take


class Quality(IntEnum):
    """What an estimate rests on, `solution["relative_quality"]` and its like."""

    COASTING = 0  # the model alone: no instrument of the chain is healthy
    FOLLOWED = 1  # measurements of a healthy instrument
