/* What the tests need of the board's side beside its own functions: its sizes, and many bytes at a time. */
#include <string.h>

#include "protocol.h"

size_t harness_protocol_bytes(void) { return sizeof(protocol_t); }
size_t harness_kept_bytes(void) { return sizeof(protocol_kept_t); }
size_t harness_link_bytes(void) { return sizeof(link_t); }
const uint8_t *harness_out(const protocol_t *p) { return p->out; }
const link_counters_t *harness_counters(const link_t *link) { return &link->counters; }

/* Gives the board bytes up to the first one it answers; returns how many it took. kept is what the board would save. */
size_t harness_receive(protocol_t *p, const uint8_t *bytes, size_t n, size_t *answer, uint32_t *function,
                       uint32_t *saved)
{
    size_t at = 0, taken;
    *answer = 0;
    *function = *saved = 0;
    for (; at < n && *answer == 0; at += taken) {
        *answer = protocol_receive(p, bytes + at, n - at, &taken);
        *function = p->function;
        if (p->kept_changed) *saved = 1;
    }
    return at;
}

/* Decodes n bytes; writes each sound packet as message (1 byte), sequence (2 bytes), size (2 bytes) and body to out.
 * Returns bytes written. */
size_t harness_decode(link_t *link, const uint8_t *bytes, size_t n, uint8_t *out)
{
    size_t size = 0;
    link_packet_t packet;
    for (size_t at = 0; at < n;) {
        at += link_receive(link, bytes + at, n - at, &packet);
        if (packet.message < 0) continue;
        out[size++] = (uint8_t)packet.message;
        out[size++] = (uint8_t)(packet.sequence >> 8);
        out[size++] = (uint8_t)packet.sequence;
        out[size++] = (uint8_t)(packet.size >> 8);
        out[size++] = (uint8_t)packet.size;
        memcpy(out + size, packet.body, packet.size);
        size += packet.size;
    }
    return size;
}
