#include "checkpoint.h"

#include <string.h>

#include "crc32.h"

#define KEPT 0x50524F4B455054ull /* "PROKEPT" */

typedef struct {
    uint64_t kept; /* KEPT since the first save of this power-on */
    uint64_t build_id;
    uint32_t size, number;
    uint32_t whole; /* 1 once the content is written */
    uint32_t crc32; /* of build_id, size, number and the content; going on from the fixed part's */
} header_t;

/* What comes before it in the source is in memory before what comes after: a reset may fall in between. */
#define IN_ORDER() __asm__ volatile("" ::: "memory")

typedef char header_size[sizeof(header_t) == CHECKPOINT_HEADER_BYTES ? 1 : -1];

static header_t *copy_of(const checkpoint_part_t *part, uint32_t i)
{
    return (header_t *)(void *)(part->copies + (i % 2u) * CHECKPOINT_COPY_BYTES(part->size));
}

static uint32_t crc_of(uint32_t from, const header_t *h, const void *content)
{
    uint32_t crc = link_crc32(from, &h->build_id, sizeof h->build_id);
    crc = link_crc32(crc, &h->size, sizeof h->size);
    crc = link_crc32(crc, &h->number, sizeof h->number);
    return link_crc32(crc, content, h->size);
}

static bool is_ours(const checkpoint_t *c, const checkpoint_part_t *part, const header_t *h)
{
    return h->kept == KEPT && h->build_id == c->build_id && h->size == part->size;
}

static bool is_whole(const checkpoint_t *c, const checkpoint_part_t *part, const header_t *h, uint32_t from)
{
    return is_ours(c, part, h) && h->whole == 1u && h->crc32 == crc_of(from, h, h + 1);
}

static void write_copy(const checkpoint_t *c, checkpoint_part_t *part, uint32_t i, uint32_t from,
                       const uint8_t *content)
{
    header_t *h = copy_of(part, i);
    h->whole = 0;
    IN_ORDER();
    h->kept = KEPT;
    h->build_id = c->build_id;
    h->size = (uint32_t)part->size;
    h->number = part->number;
    memcpy(h + 1, content, part->size);
    part->crc32 = h->crc32 = crc_of(from, h, content);
    IN_ORDER();
    h->whole = 1u;
    IN_ORDER();
}

/* The newest changing part that is whole with a fixed part that is; false when there is none. */
static bool newest(const checkpoint_t *c, const header_t **fixed, const header_t **changing)
{
    *fixed = *changing = NULL;
    for (uint32_t k = 0; k < 2; k++) {
        const header_t *with = copy_of(&c->fixed, k);
        if (!is_whole(c, &c->fixed, with, 0)) continue;
        for (uint32_t i = 0; i < 2; i++) {
            const header_t *h = copy_of(&c->changing, i);
            if (!is_whole(c, &c->changing, h, with->crc32) || h->number % 2u != i) continue;
            if (*changing != NULL && h->number - (*changing)->number > UINT32_MAX / 2u) continue;
            *fixed = with;
            *changing = h;
        }
    }
    return *changing != NULL;
}

/* Nothing here can be resumed: nor shall it when a later flight has the same fixed part. true: something was ours. */
static bool discard(const checkpoint_t *c)
{
    const checkpoint_part_t *parts[2] = {&c->fixed, &c->changing};
    bool something = false;
    for (uint32_t k = 0; k < 4; k++) {
        header_t *h = copy_of(parts[k / 2u], k);
        if (!is_ours(c, parts[k / 2u], h)) continue;
        something = true;
        h->whole = 0;
    }
    return something;
}

checkpoint_found_t checkpoint_open(checkpoint_t *c, void *memory, void *state, size_t fixed_size, size_t size,
                                   uint64_t build_id)
{
    uint8_t *copies = memory, *to = state;
    const checkpoint_t fresh = {build_id, {copies, fixed_size, 0, 0}, {NULL, size - fixed_size, 0, 0}};
    const header_t *fixed, *changing;
    *c = fresh;
    if (memory == NULL) return CHECKPOINT_NONE;
    c->changing.copies = copies + 2u * CHECKPOINT_COPY_BYTES(fixed_size);
    if (!newest(c, &fixed, &changing)) return discard(c) ? CHECKPOINT_SPOILT : CHECKPOINT_NONE;
    memcpy(to, fixed + 1, fixed_size);
    memcpy(to + fixed_size, changing + 1, size - fixed_size);
    c->fixed.number = fixed->number;
    c->fixed.crc32 = fixed->crc32;
    c->changing.number = changing->number;
    for (uint32_t i = 0; i < 2; i++) { /* no cycle writes the fixed part: what is spoilt of it is mended here */
        const header_t *h = copy_of(&c->fixed, i);
        if (!is_whole(c, &c->fixed, h, 0) || h->crc32 != fixed->crc32) write_copy(c, &c->fixed, i, 0, to);
    }
    return CHECKPOINT_FOUND;
}

void checkpoint_save(checkpoint_t *c, const void *state, bool fixed_changed)
{
    const uint8_t *from = state;
    if (c->fixed.copies == NULL) return;
    bool fixed = fixed_changed || c->fixed.number == 0;
    /* The other copy stays what the newest changing part goes with, until there is a newer. */
    if (fixed) {
        c->fixed.number++;
        write_copy(c, &c->fixed, 0, 0, from);
    }
    c->changing.number++;
    write_copy(c, &c->changing, c->changing.number, c->fixed.crc32, from + c->fixed.size);
    if (fixed) write_copy(c, &c->fixed, 1, 0, from);
}

void checkpoint_spoil(checkpoint_t *c)
{
    if (c->fixed.copies == NULL) return;
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t *content = (uint8_t *)(copy_of(&c->changing, i) + 1);
        content[c->changing.size / 2u] ^= 1u;
    }
}
