/* Every table of named values, declared once: V(name, value, meaning). A number is never given to another name: logs
 * and parameters hold it. In C a value is PREFIX_NAME; Python has an enumeration of the table's name.
 *
 * Laws, attitudes, monitors and measurement models are rows (registry.h). A new one is its file and one line here:
 * R(PREFIX, NAME, row, value, meaning), `row` being the constant's name in that file without its law_,
 * attitude_, monitor_ or model_. Values below 128 are the core's, the others users' own. */
#ifndef PROXOPS_VALUES_H
#define PROXOPS_VALUES_H

#define TELECOMMAND_VALUES(V) \
    V(TC, NONE, 0, "no telecommand") \
    V(TC, GO, 1, "leave the phase that waits for it") \
    V(TC, HOLD, 2, "hold position") \
    V(TC, RESUME, 3, "end a commanded hold, free drift or inhibition") \
    V(TC, RETREAT, 4, "back off to the retreat point") \
    V(TC, ABORT, 5, "avoidance burn") \
    V(TC, FREE_DRIFT, 6, "fire no thruster until resumed or broken off") \
    V(TC, INHIBIT, 7, "fire no thruster until resumed, whatever happens")

/* Bits of the telemetry's flags. */
#define FLAG_VALUES(V) \
    V(FLAG, BURN, 16, "a burn is in progress") \
    V(FLAG, CAPTURED, 128, "docked") \
    V(FLAG, GATE_OPEN, 256, "the phase's exit gate is open") \
    V(FLAG, SATURATED, 512, "the demand exceeded the force limit or a cycle") \
    V(FLAG, TC_REJECTED, 1024, "the last telecommand was refused") \
    V(FLAG, HELD, 2048, "held by telecommand") \
    V(FLAG, FREE_DRIFT, 4096, "drifting by telecommand") \
    V(FLAG, INHIBITED, 8192, "thrusters inhibited by telecommand")

#define LAW_ROWS(R) \
    R(LAW, HOLD, hold, 0, "holds a point") \
    R(LAW, HOP, hop, 1, "two-impulse transfer to a point, with corrections on the way") \
    R(LAW, FORCED, forced, 2, "straight line to a point at a controlled speed") \
    R(LAW, DOCKED, docked, 3, "fires nothing: held by the target") \
    R(LAW, CAM, cam, 4, "one burn to the avoidance velocity, then drift") \
    R(LAW, DRIFT, drift, 5, "holds the attitude and nothing else") \
    R(LAW, CIRCUMNAVIGATE, circumnavigate, 6, "turns about the target in a plane, to an angle and a radius") \
    R(LAW, ELLIPSE, ellipse, 7, "drifts about the target on a safe natural ellipse, and corrects it") \
    R(LAW, RELEASE, release, 8, "unlatches, and fires nothing until the ports are clear of each other") \
    R(LAW, BURN, burn, 9, "one burn of a stated velocity change, at a time or a point of the orbit")

#define MONITOR_ROWS(R) \
    R(MONITOR, DISAGREEMENT, disagreement, 0, "camera and relative GNSS disagree") \
    R(MONITOR, CORRIDOR, corridor, 1, "outside the approach corridor") \
    R(MONITOR, CLOSING_RATE, closing_rate, 2, "closing too fast for the distance") \
    R(MONITOR, ATTITUDE, attitude, 3, "attitude error too large") \
    R(MONITOR, MISSED_CONTACT, missed_contact, 4, "the chaser's port is behind the target's, and nothing was captured")

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
    V(REASON, DISAGREEMENT, 10, "camera and relative GNSS disagree") \
    V(REASON, INSTRUMENT, 11, "another instrument that the phase needs is lost") \
    V(REASON, RELEASED, 12, "no longer captured") \
    V(REASON, MONITOR, 64, "a monitor without a reason of its own has tripped: 64 plus its number")

/* What of the chaser a phase steers. */
#define POINT_VALUES(V) \
    V(POINT, PORT, 0, "its docking port") \
    V(POINT, COM, 1, "its centre of mass") \
    V(POINT, BORESIGHT, 2, "its docking camera")

/* In what a phase's point and path are given. */
#define FRAME_VALUES(V) \
    V(FRAME, TPORT, 0, "target port, +x outward; x is the axial distance from port to port") \
    V(FRAME, HILL, 1, "hill, from the target's centre of mass") \
    V(FRAME, TBODY, 2, "target's structural frame, as estimated, from its centre of mass") \
    V(FRAME, INERTIAL, 3, "eci axes, from the target's centre of mass")

/* What attitude a phase holds. */
#define ATTITUDE_ROWS(R) \
    R(ATTITUDE, MATE, mate, 0, "mates the ports") \
    R(ATTITUDE, POINT_AT, point_at, 1, "points an axis at the origin of the phase's frame") \
    R(ATTITUDE, HOLD_LVLH, hold_lvlh, 2, "holds an attitude against hill") \
    R(ATTITUDE, HOLD_INERTIAL, hold_inertial, 3, "holds the inertial attitude with which the phase began") \
    R(ATTITUDE, SUN, sun, 4, "points an axis at the Sun") \
    R(ATTITUDE, VELOCITY, velocity, 8, "points an axis along the chaser's inertial velocity")

/* How the chaser moves, as navigation is told. */
#define MODE_VALUES(V) \
    V(MODE, NORMAL, 0, "freely, under its own thrust") \
    V(MODE, DOCKED, 1, "held by the target") \
    V(MODE, STACK, 2, "together with the target, under its own thrust")

/* Bits of what telecommands lay over a phase. */
#define OVERLAY_VALUES(V) \
    V(OVERLAY, HELD, 1, "the reference stays where it was") \
    V(OVERLAY, FREE_DRIFT, 2, "no thruster fires, until a commanded break-off") \
    V(OVERLAY, INHIBITED, 4, "no thruster fires")

/* What a transition of the mission waits for. */
#define EVENT_VALUES(V) \
    V(EVENT, DONE, 0, "the law's leg is over") \
    V(EVENT, TIMEOUT, 1, "the phase has lasted too long") \
    V(EVENT, MONITOR, 2, "a monitor trips; argument 2: only where one is urgent") \
    V(EVENT, TELECOMMAND, 3, "the telecommand of that number") \
    V(EVENT, LOST, 4, "the instrument of that number is lost; 255: any that the phase needs") \
    V(EVENT, FOUND, 5, "the instrument of that number is healthy; 255: all that the phase needs") \
    V(EVENT, CONTACT, 6, "the docking mechanism senses contact") \
    V(EVENT, CAPTURED, 7, "the docking mechanism has captured") \
    V(EVENT, RELEASED, 8, "it had captured in this phase, and has no longer") \
    V(EVENT, ALWAYS, 9, "nothing")

/* What must hold besides. */
#define GUARD_VALUES(V) \
    V(GUARD, NONE, 0, "nothing") \
    V(GUARD, GATE, 1, "the gate is open: position, velocity, attitude, and the instruments of both phases") \
    V(GUARD, GO, 2, "GO has been given in this phase") \
    V(GUARD, ENTRIES, 3, "the phase has been entered fewer times than the argument") \
    V(GUARD, WITHIN, 4, "nearer than the argument, metres from c.m. to c.m.") \
    V(GUARD, BEYOND, 5, "further than the argument, metres from c.m. to c.m.") \
    V(GUARD, HEALTHY, 6, "the instrument of that number is healthy")

/* What an instrument measures. */
#define KIND_VALUES(V) V(KIND, NONE, 0, "no instrument")
#define KIND_ROWS(R) \
    R(KIND, IMU, imu, 1, "gyro and accelerometer increments over the cycle") \
    R(KIND, STAR, star, 2, "star tracker: attitude") \
    R(KIND, GNSS, gnss, 3, "absolute GNSS: position and velocity") \
    R(KIND, RGNSS, rgnss, 4, "relative GNSS: position and velocity from antenna to antenna") \
    R(KIND, CAMERA, camera, 5, "docking camera: range, line of sight and, near, relative attitude") \
    R(KIND, DOCK, dock, 6, "docking mechanism: contact and capture") \
    R(KIND, LIDAR, lidar, 7, "lidar: range, line of sight and, near, attitude of the target's body") \
    R(KIND, BEARING, bearing, 8, "bearing camera: line of sight")

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
#define FLIGHT_NAMED_ROW(prefix, name, row, value, meaning) prefix##_##name = value,
enum { TELECOMMAND_VALUES(FLIGHT_NAMED_VALUE) };
enum { FLAG_VALUES(FLIGHT_NAMED_VALUE) };
enum { LAW_ROWS(FLIGHT_NAMED_ROW) };
enum { REASON_VALUES(FLIGHT_NAMED_VALUE) };
enum { MONITOR_ROWS(FLIGHT_NAMED_ROW) };
enum { POINT_VALUES(FLIGHT_NAMED_VALUE) };
enum { FRAME_VALUES(FLIGHT_NAMED_VALUE) };
enum { ATTITUDE_ROWS(FLIGHT_NAMED_ROW) };
enum { MODE_VALUES(FLIGHT_NAMED_VALUE) };
enum { OVERLAY_VALUES(FLIGHT_NAMED_VALUE) };
enum { EVENT_VALUES(FLIGHT_NAMED_VALUE) };
enum { GUARD_VALUES(FLIGHT_NAMED_VALUE) };
enum { KIND_VALUES(FLIGHT_NAMED_VALUE) KIND_ROWS(FLIGHT_NAMED_ROW) };
enum { DOCK_VALUES(FLIGHT_NAMED_VALUE) };
enum { MECHANISM_VALUES(FLIGHT_NAMED_VALUE) };
enum { TARGET_VALUES(FLIGHT_NAMED_VALUE) };
enum { INSTRUMENT_VALUES(FLIGHT_NAMED_VALUE) };
enum { QUALITY_VALUES(FLIGHT_NAMED_VALUE) };

#endif
