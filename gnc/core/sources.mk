<<<<<<< HEAD
# The flight core's compiler flags. Its sources are all C files below this folder.
# setup.py, the Makefile and every firmware build read this file; nothing else names the flags.
=======
# The one list of the flight core's sources and compiler flags.
# setup.py, the Makefile and every firmware build read this file; nothing else names them.
CORE_SOURCES = flight.c registry.c users.c definitions/layout.c \
    math/elementary.c math/linalg.c math/rotation.c math/filter.c orbit/orbit.c orbit/targeting.c \
    nav/navigate.c nav/tracking.c nav/inertial.c nav/attitude_filter.c nav/relative_filter.c nav/solution.c nav/sight.c nav/models/gnss.c nav/models/camera.c nav/models/lidar.c nav/models/bearing.c \
    mission/mission.c mission/graph.c \
    guidance/guide.c guidance/reference.c guidance/burn.c guidance/hold.c guidance/forced.c guidance/hop.c guidance/avoidance.c guidance/passive.c guidance/release.c guidance/timed_burn.c guidance/ellipse.c guidance/circumnavigate.c \
    guidance/attitudes/held.c guidance/attitudes/pointing.c \
    fdir/fdir.c fdir/monitors/attitude.c fdir/monitors/closing_rate.c fdir/monitors/corridor.c fdir/monitors/disagreement.c \
    fdir/monitors/missed_contact.c \
    control/control.c control/attitude_control.c control/translation.c control/allocation.c control/thruster_health.c
>>>>>>> 6d54367 (Shut off thrusters that fire unasked or have no effect)
# Without these the bits differ between targets (docs/conventions.md, "Same bits everywhere"). -fno-tree-vectorize:
# gcc's vectoriser (seen in 12.2) fuses a*b - c beside a*b + c into one vfmaddsub, whatever -ffp-contract says.
CORE_CFLAGS = -std=c99 -ffp-contract=off -fno-math-errno -fno-tree-vectorize
CORE_WARNINGS = -Wall -Wextra -Wconversion -Wdouble-promotion -Werror
