"""Made by `python -m gnc.define` from the tables of gnc/core/definitions: do not edit."""

# ruff: noqa
from enum import IntEnum, IntFlag


class Telecommand(IntEnum):
    """`sensors["tc_opcode"]`."""

    NONE = 0  # no telecommand
    GO = 1  # leave the phase that waits for it
    HOLD = 2  # hold position
    RESUME = 3  # end a commanded hold or free drift
    RETREAT = 4  # back off to the retreat point
    ABORT = 5  # avoidance burn
    FREE_DRIFT = 6  # fire no thruster


class Flag(IntFlag):
    """Bits of `telemetry["flags"]`."""

    BURN = 16  # a burn is in progress
    RETREAT = 32  # retreating, or has retreated
    CAM = 64  # avoiding, or has avoided
    CAPTURED = 128  # docked
    GATE_OPEN = 256  # the phase's exit gate is open
    SATURATED = 512  # the demand exceeded the force limit or a cycle
    TC_REJECTED = 1024  # the last telecommand was refused
    HELD = 2048  # held by telecommand
    FREE_DRIFT = 4096  # drifting by telecommand


class Law(IntEnum):
    """Guidance laws, `telemetry["law"]` and `params["phase_law"]`."""

    HOLD = 0  # holds a point
    HOP = 1  # two-impulse transfer to a point, with corrections on the way
    FORCED = 2  # straight line to a point at a controlled speed
    DOCKED = 3  # fires nothing: held by the target
    CAM = 4  # one burn to the avoidance velocity, then drift
    DRIFT = 5  # holds the attitude and nothing else


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


class Uses(IntFlag):
    """Instruments that a phase needs, bits of `params["phase_uses"]`."""

    STAR = 1  # star tracker
    RGNSS = 2  # relative GNSS
    CAMERA = 4  # docking camera


class Kind(IntEnum):
    """What an instrument measures, `kind` of a measurement."""

    NONE = 0  # no instrument
    IMU = 1  # gyro and accelerometer increments over the cycle
    STAR = 2  # star tracker: attitude
    GNSS = 3  # absolute GNSS: position and velocity
    RGNSS = 4  # relative GNSS: position and velocity from antenna to antenna
    CAMERA = 5  # docking camera: range, line of sight and, near, relative attitude
    DOCK = 6  # docking mechanism: contact and capture


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
