/* Every table of named values, declared once: V(name, value, meaning). A number is never given to another name: logs
 * and parameters hold it. In C a value is PREFIX_NAME; Python has an enumeration of the table's name. */
#ifndef PROXOPS_VALUES_H
#define PROXOPS_VALUES_H

#define TELECOMMAND_VALUES(V) \
    V(TC, NONE, 0, "no telecommand") \
    V(TC, GO, 1, "leave the phase that waits for it") \
    V(TC, HOLD, 2, "hold position") \
    V(TC, RESUME, 3, "end a commanded hold or free drift") \
    V(TC, RETREAT, 4, "back off to the retreat point") \
    V(TC, ABORT, 5, "avoidance burn") \
    V(TC, FREE_DRIFT, 6, "fire no thruster")

/* Bits of the telemetry's flags. */
#define FLAG_VALUES(V) \
    V(FLAG, BURN, 16, "a burn is in progress") \
    V(FLAG, RETREAT, 32, "retreating, or has retreated") \
    V(FLAG, CAM, 64, "avoiding, or has avoided") \
    V(FLAG, CAPTURED, 128, "docked") \
    V(FLAG, GATE_OPEN, 256, "the phase's exit gate is open") \
    V(FLAG, SATURATED, 512, "the demand exceeded the force limit or a cycle") \
    V(FLAG, TC_REJECTED, 1024, "the last telecommand was refused") \
    V(FLAG, HELD, 2048, "held by telecommand") \
    V(FLAG, FREE_DRIFT, 4096, "drifting by telecommand")

#define LAW_VALUES(V) \
    V(LAW, HOLD, 0, "holds a point") \
    V(LAW, HOP, 1, "two-impulse transfer to a point, with corrections on the way") \
    V(LAW, FORCED, 2, "straight line to a point at a controlled speed") \
    V(LAW, DOCKED, 3, "fires nothing: held by the target") \
    V(LAW, CAM, 4, "one burn to the avoidance velocity, then drift") \
    V(LAW, DRIFT, 5, "holds the attitude and nothing else")

/* Why an approach was broken off. */
#define REASON_VALUES(V) \
    V(REASON, NONE, 0, "it was not") \
    V(REASON, CORRIDOR, 1, "outside the approach corridor") \
    V(REASON, CLOSING_RATE, 2, "closing too fast") \
    V(REASON, CAMERA, 3, "docking camera lost") \
    V(REASON, STAR, 4, "star tracker lost") \
    V(REASON, RGNSS, 5, "relative GNSS lost") \
    V(REASON, ATTITUDE, 6, "attitude error too large") \
    V(REASON, TIMEOUT, 7, "phase timed out") \
    V(REASON, TELECOMMAND, 8, "commanded") \
    V(REASON, MISSED_CONTACT, 9, "no capture") \
    V(REASON, DISAGREEMENT, 10, "camera and relative GNSS disagree")

/* Bits: the instruments that a phase needs. */
#define USES_VALUES(V) \
    V(USES, STAR, 1, "star tracker") \
    V(USES, RGNSS, 2, "relative GNSS") \
    V(USES, CAMERA, 4, "docking camera")

/* What an instrument measures. 128 and above are users' own. */
#define KIND_VALUES(V) \
    V(KIND, NONE, 0, "no instrument") \
    V(KIND, IMU, 1, "gyro and accelerometer increments over the cycle") \
    V(KIND, STAR, 2, "star tracker: attitude") \
    V(KIND, GNSS, 3, "absolute GNSS: position and velocity") \
    V(KIND, RGNSS, 4, "relative GNSS: position and velocity from antenna to antenna") \
    V(KIND, CAMERA, 5, "docking camera: range, line of sight and, near, relative attitude") \
    V(KIND, DOCK, 6, "docking mechanism: contact and capture")

/* Bits of a docking mechanism's measurement; bits 4 to 7 are the chaser's port that it is on. */
#define DOCK_VALUES(V) \
    V(DOCK, CONTACT, 1, "senses contact") \
    V(DOCK, CAPTURED, 2, "has captured")

/* Bits of the command to the docking mechanism of the chaser's port 0; of port n shifted left by n, n < 16. */
#define MECHANISM_VALUES(V) \
    V(MECHANISM, ARM, 1, "captures on contact") \
    V(MECHANISM, RELEASE, 65536, "lets go")

/* What flight knows of how the target holds its attitude. */
#define TARGET_VALUES(V) \
    V(TARGET, LVLH_HOLD, 0, "about a hold in the hill frame") \
    V(TARGET, INERTIAL_HOLD, 1, "about a hold in inertial space") \
    V(TARGET, UNKNOWN, 2, "nothing: it is not estimated")

/* Bits: what an instrument is worth. It is healthy when it is heard and not lost. */
#define INSTRUMENT_VALUES(V) \
    V(INSTRUMENT, HEARD, 1, "a measurement has come since start") \
    V(INSTRUMENT, LOST, 2, "nothing accepted for too long, or refused again and again") \
    V(INSTRUMENT, IN_USE, 4, "of its kind, the one that the filters take")

/* What a chain's estimate rests on. */
#define QUALITY_VALUES(V) \
    V(QUALITY, COASTING, 0, "the model alone: no instrument of the chain is healthy") \
    V(QUALITY, FOLLOWED, 1, "measurements of a healthy instrument")

#define FLIGHT_NAMED_VALUE(prefix, name, value, meaning) prefix##_##name = value,
enum { TELECOMMAND_VALUES(FLIGHT_NAMED_VALUE) };
enum { FLAG_VALUES(FLIGHT_NAMED_VALUE) };
enum { LAW_VALUES(FLIGHT_NAMED_VALUE) };
enum { REASON_VALUES(FLIGHT_NAMED_VALUE) };
enum { USES_VALUES(FLIGHT_NAMED_VALUE) };
enum { KIND_VALUES(FLIGHT_NAMED_VALUE) };
enum { DOCK_VALUES(FLIGHT_NAMED_VALUE) };
enum { MECHANISM_VALUES(FLIGHT_NAMED_VALUE) };
enum { TARGET_VALUES(FLIGHT_NAMED_VALUE) };
enum { INSTRUMENT_VALUES(FLIGHT_NAMED_VALUE) };
enum { QUALITY_VALUES(FLIGHT_NAMED_VALUE) };

#endif
