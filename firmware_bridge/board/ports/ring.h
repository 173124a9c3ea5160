/* Bytes received, from the interrupt that takes them to the loop that wants them: one writer, one
 * reader. For Arm processors without an operating system. */
#ifndef PROXOPS_RING_H
#define PROXOPS_RING_H

#include <stdbool.h>

#include "port.h"

#define RING_BYTES 16384u /* a power of two, no less than what can be in flight */

typedef struct {
    volatile uint32_t written, taken, lost; /* counts since start; they may wrap */
    uint8_t bytes[RING_BYTES];
} ring_t;

static inline void ring_put(ring_t *ring, uint8_t byte)
{
    if (ring->written - ring->taken == RING_BYTES) {
        ring->lost++;
        return;
    }
    ring->bytes[ring->written % RING_BYTES] = byte;
    ring->written++;
}

static inline bool ring_empty(const ring_t *ring) { return ring->written == ring->taken; }

static inline size_t ring_take(ring_t *ring, uint8_t *to, size_t size)
{
    size_t count = 0;
    while (count < size && ring->written != ring->taken) {
        to[count++] = ring->bytes[ring->taken % RING_BYTES];
        ring->taken++;
    }
    return count;
}

/* Sleeps until an interrupt, unless there are bytes to take. With interrupts held back none can slip in between the
 * question and the sleep; a pending one still ends it. */
static inline void ring_sleep(const ring_t *ring)
{
    __asm volatile("cpsid i" ::: "memory");
    if (ring_empty(ring)) __asm volatile("dsb\n wfi" ::: "memory");
    __asm volatile("cpsie i\n isb" ::: "memory");
}

#endif
