/* What a board resumes from: its state, in memory that a reset leaves alone, as two copies written in turn.
 * A reset in the middle of a save spoils the copy being written; the other is whole. */
#ifndef PROXOPS_CHECKPOINT_H
#define PROXOPS_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *copies;   /* both, one after the other */
    size_t size;       /* of the state */
    uint64_t build_id; /* of the core whose state it is: another core cannot resume it */
    uint32_t number;   /* of the newest copy; they are numbered from 1 */
} checkpoint_t;

typedef enum {
    CHECKPOINT_NONE = 0, /* nothing of this core has been kept, or no memory survives a reset */
    CHECKPOINT_FOUND = 1,
    CHECKPOINT_SPOILT = 2 /* something has been kept, and no copy of it is whole */
} checkpoint_found_t;

/* Bytes of surviving memory that a state of so many needs. */
size_t checkpoint_bytes(size_t size);

/* memory: from port_survivor, aligned for double; NULL keeps nothing. Reads the newest whole copy into
 * state, which is left alone when there is none. */
checkpoint_found_t checkpoint_open(checkpoint_t *checkpoint, void *memory, void *state, size_t size, uint64_t build_id);

void checkpoint_save(checkpoint_t *checkpoint, const void *state);

/* Flips one bit of each copy, as radiation or a failing memory might. */
void checkpoint_spoil(checkpoint_t *checkpoint);

#endif
