/* What a bare-metal port keeps across a reset: why and how often it started, and the program's own memory. */
#ifndef PROXOPS_SURVIVOR_H
#define PROXOPS_SURVIVOR_H

#include "port.h"

/* At start: takes the note that whoever reset the computer left; without a valid one it is a power-on. */
void survivor_boot(void);
/* Just before a reset: leaves the reason for the next start. */
void survivor_note(uint32_t boot_reason);
/* Just after start: what the hardware knows better than the note. */
void survivor_reason(uint32_t boot_reason);

#endif
