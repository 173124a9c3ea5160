# The one list of the flight core's sources and compiler flags.
# setup.py, the Makefile and every firmware build read this file; nothing else names them.
CORE_SOURCES = elementary.c linalg.c rotation.c orbit.c targeting.c layout.c flight.c \
    kalman.c nav_imu.c nav_attitude.c nav_relative.c nav_gnss.c nav_camera.c nav_solution.c \
    mission.c guidance.c ctl_attitude.c ctl_translation.c ctl_allocation.c fdir.c
# Without these the bits differ between targets (docs/conventions.md, "Same bits everywhere"). -fno-tree-vectorize:
# gcc's vectoriser (seen in 12.2) fuses a*b - c beside a*b + c into one vfmaddsub, whatever -ffp-contract says.
CORE_CFLAGS = -std=c99 -ffp-contract=off -fno-math-errno -fno-tree-vectorize
CORE_WARNINGS = -Wall -Wextra -Wconversion -Wdouble-promotion -Werror
