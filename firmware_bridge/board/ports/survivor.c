#include "survivor.h"

#include "checkpoint.h"
#include "protocol.h"

#define NOINIT __attribute__((section(".noinit")))
#define VALID 0x50524F42u /* "PROB" */

static volatile struct {
    uint32_t valid, valid_inverted, next_reason, boot_count;
} note NOINIT;
/* As much as a checkpoint takes: a state too large for the computer's memory fails at the link. */
static double memory[CHECKPOINT_BYTES(FLIGHT_FIXED_BYTES, sizeof(protocol_kept_t)) / sizeof(double)] NOINIT;
static uint32_t reason;

void survivor_boot(void)
{
    if (note.valid == VALID && note.valid_inverted == ~VALID) {
        reason = note.next_reason;
        note.boot_count++;
    } else {
        reason = BOOT_POWER_ON;
        note.boot_count = 1;
    }
    note.valid = VALID;
    note.valid_inverted = ~VALID;
    note.next_reason = BOOT_RESET; /* unless somebody leaves another one */
}

void survivor_note(uint32_t boot_reason) { note.next_reason = boot_reason; }
void survivor_reason(uint32_t boot_reason) { reason = boot_reason; }

uint32_t port_boot_reason(void) { return reason; }
uint32_t port_boot_count(void) { return note.boot_count; }
void *port_survivor(size_t size) { return size <= sizeof memory ? memory : NULL; }
