/* What a board resumes from: its state, in memory that a reset leaves alone.
 *
 * The state begins with a part that changes when a flight is loaded and never else (the parameters and what follows
 * from them); the rest changes each cycle. Either part is kept as two copies with a CRC-32 each. Of the changing part
 * they are written in turn: a reset in the middle of a save spoils the copy being written; the other is whole. Of the
 * fixed part both are the same. The CRC of a changing part goes on from that of its fixed part, so that neither is
 * ever resumed with another's. */
#ifndef PROXOPS_CHECKPOINT_H
#define PROXOPS_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *copies; /* both, one after the other */
    size_t size;     /* of the part */
    uint32_t number; /* of the newest copy; they are numbered from 1 */
    uint32_t crc32;  /* of the newest copy */
} checkpoint_part_t;

typedef struct {
    uint64_t build_id; /* of the core whose state it is: another core cannot resume it */
    checkpoint_part_t fixed, changing;
} checkpoint_t;

typedef enum {
    CHECKPOINT_NONE = 0, /* nothing of this core has been kept, or no memory survives a reset */
    CHECKPOINT_FOUND = 1,
    CHECKPOINT_SPOILT = 2 /* something has been kept, and of one of its parts no copy is whole */
} checkpoint_found_t;

/* Bytes of surviving memory that a state of so many needs. */
#define CHECKPOINT_HEADER_BYTES 32u
#define CHECKPOINT_COPY_BYTES(size) (CHECKPOINT_HEADER_BYTES + ((size) + 7u) / 8u * 8u)
#define CHECKPOINT_BYTES(fixed_size, size) \
    (2u * (CHECKPOINT_COPY_BYTES(fixed_size) + CHECKPOINT_COPY_BYTES((size) - (fixed_size))))

/* memory: from port_survivor, aligned for double; NULL keeps nothing. size: of the state, its fixed part included.
 * Reads the newest whole state into `state`, which is left alone when there is none. */
checkpoint_found_t checkpoint_open(checkpoint_t *checkpoint, void *memory, void *state, size_t fixed_size, size_t size,
                                   uint64_t build_id);

/* fixed_changed: the fixed part is no longer what it was at the save before. */
void checkpoint_save(checkpoint_t *checkpoint, const void *state, bool fixed_changed);

/* Flips one bit of each copy of the changing part, as radiation or a failing memory might. */
void checkpoint_spoil(checkpoint_t *checkpoint);

#endif
