# The flight core's compiler flags. Its sources are all C files below this folder.
# setup.py, the Makefile and every firmware build read this file; nothing else names the flags.
# Without these the bits differ between targets (docs/conventions.md, "Same bits everywhere"). -fno-tree-vectorize:
# gcc's vectoriser (seen in 12.2) fuses a*b - c beside a*b + c into one vfmaddsub, whatever -ffp-contract says.
CORE_CFLAGS = -std=c99 -ffp-contract=off -fno-math-errno -fno-tree-vectorize
CORE_WARNINGS = -Wall -Wextra -Wconversion -Wdouble-promotion -Werror
