#include "link.h"

#include <string.h>

#include "crc32.h"

#define PRIMARY_BYTES 6u
#define CRC_BYTES 4u
#define SEQUENCE_MASK 0x3FFFu

void link_init(link_t *link, bool listens_uplink)
{
    static const link_t fresh;
    *link = fresh;
    link->listens_uplink = listens_uplink;
}

void link_forget_sequences(link_t *link)
{
    for (size_t i = 0; i < ICD_APIDS; i++) link->heard[i] = false;
}

static uint16_t u16_at(const uint8_t *at) { return (uint16_t)((uint32_t)at[0] << 8 | at[1]); }

static uint32_t u32_at(const uint8_t *at) { return (uint32_t)u16_at(at) << 16 | u16_at(at + 2); }

static void count_sequence(link_t *link, size_t apid, uint16_t sequence)
{
    uint32_t ahead = (uint32_t)(sequence - link->last_received[apid]) & SEQUENCE_MASK;
    if (link->heard[apid]) {
        if (ahead == 0) link->counters.sequence_duplicates++;
        else if (ahead > SEQUENCE_MASK / 2) link->counters.sequence_reordered++;
        else link->counters.sequence_gaps += ahead - 1;
    }
    if (!link->heard[apid] || ahead <= SEQUENCE_MASK / 2) link->last_received[apid] = sequence;
    link->heard[apid] = true;
}

/* An unasked HELLO says that the other side has started anew. */
static bool tells_of_a_start(const link_packet_t *packet)
{
    icd_hello_t m;
    if (packet->message != ICD_HELLO) return false;
    icd_get_hello(packet->body, &m);
    return m.session == 0;
}

/* Checks what lies between two delimiters. */
static bool accept(link_t *link, link_packet_t *packet)
{
    const uint8_t *p = link->packet;
    size_t size = link->size;
    link_counters_t *c = &link->counters;
    if (size < PRIMARY_BYTES + CRC_BYTES || size != PRIMARY_BYTES + u16_at(p + 4) + 1u) {
        c->length_errors++;
        return false;
    }
    if (link_crc32(0, p, size - CRC_BYTES) != u32_at(p + size - CRC_BYTES)) {
        c->crc_errors++;
        return false;
    }
    uint16_t identification = u16_at(p);
    uint16_t expected = link->listens_uplink ? 0x1800u : 0x0800u; /* version 0, type, secondary header present */
    packet->apid = identification & 0x07FFu;
    packet->sequence = u16_at(p + 2) & SEQUENCE_MASK;
    packet->body = p + PRIMARY_BYTES;
    packet->size = size - PRIMARY_BYTES - CRC_BYTES;
    packet->message = (identification & 0xF800u) == expected && (p[2] & 0xC0u) == 0xC0u
                          ? icd_identify(link->listens_uplink, packet->apid, packet->body, packet->size)
                          : ICD_UNKNOWN;
    if (packet->message == ICD_WRONG_SIZE) c->length_errors++;
    if (packet->message == ICD_UNKNOWN) c->apid_errors++;
    if (packet->message < 0) return false;
    c->packets_received++;
    if (tells_of_a_start(packet)) link_forget_sequences(link);
    count_sequence(link, icd_apid_index(packet->apid), packet->sequence);
    return true;
}

static bool frame_ends(link_t *link, link_packet_t *packet)
{
    bool sound = false;
    if (link->overrun) link->counters.overrun_errors++;
    else if (link->begun && link->block_left != 0) link->counters.cobs_errors++;
    else if (link->begun) sound = accept(link, packet);
    link->size = 0;
    link->block_left = 0;
    link->zero_follows = link->begun = link->overrun = false;
    return sound;
}

static void append(link_t *link, const uint8_t *bytes, size_t n)
{
    size_t room = sizeof link->packet - link->size;
    if (n > room) link->overrun = true;
    if (n > room) n = room;
    memcpy(link->packet + link->size, bytes, n);
    link->size += n;
}

/* The rest of a COBS block, as far as it has come; its bytes are no zeros. Returns how many it took. */
static size_t take_run(link_t *link, const uint8_t *bytes, size_t size)
{
    size_t n = 0, most = size < link->block_left ? size : link->block_left;
    while (n < most && bytes[n] != 0) n++;
    append(link, bytes, n);
    link->block_left = (uint8_t)(link->block_left - n);
    return n;
}

static void take_code(link_t *link, uint8_t code)
{
    static const uint8_t zero;
    if (link->zero_follows) append(link, &zero, 1);
    link->begun = true;
    link->block_left = (uint8_t)(code - 1u);
    link->zero_follows = code != 255;
}

size_t link_receive(link_t *link, const uint8_t *bytes, size_t size, link_packet_t *packet)
{
    size_t at = 0;
    bool sound = false;
    while (at < size && !sound) {
        if (bytes[at] == 0) sound = frame_ends(link, packet), at++;
        else if (link->block_left != 0) at += take_run(link, bytes + at, size - at);
        else take_code(link, bytes[at++]);
    }
    if (!sound) packet->message = ICD_UNKNOWN;
    link->counters.bytes_received += (uint32_t)at;
    return at;
}

typedef struct {
    uint8_t *frame;
    size_t size, code_at; /* where the open block's code stands */
} cobs_t;

static void cobs_close(cobs_t *c)
{
    c->frame[c->code_at] = (uint8_t)(c->size - c->code_at);
    c->code_at = c->size++;
}

static void cobs_put(cobs_t *c, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (c->size - c->code_at == 255) cobs_close(c);
        if (bytes[i] == 0) cobs_close(c);
        else c->frame[c->size++] = bytes[i];
    }
}

static void put_u16(uint8_t *at, uint32_t x)
{
    at[0] = (uint8_t)(x >> 8);
    at[1] = (uint8_t)x;
}

size_t link_send(link_t *link, int message, const uint8_t *body, size_t size, uint8_t *frame)
{
    const icd_message_t *m = &icd_messages[message];
    size_t apid = icd_apid_index(m->apid);
    uint8_t header[PRIMARY_BYTES], crc[CRC_BYTES];
    put_u16(header, (m->uplink ? 0x1800u : 0x0800u) | m->apid);
    put_u16(header + 2, 0xC000u | link->next_sent[apid]);
    put_u16(header + 4, (uint32_t)(size + CRC_BYTES - 1u));
    link->next_sent[apid] = (uint16_t)((link->next_sent[apid] + 1u) & SEQUENCE_MASK);
    uint32_t sum = link_crc32(link_crc32(0, header, sizeof header), body, size);
    put_u16(crc, sum >> 16);
    put_u16(crc + 2, sum);

    cobs_t c = {frame, 2, 1};
    frame[0] = 0;
    cobs_put(&c, header, sizeof header);
    cobs_put(&c, body, size);
    cobs_put(&c, crc, sizeof crc);
    frame[c.code_at] = (uint8_t)(c.size - c.code_at);
    frame[c.size++] = 0;
    link->counters.packets_sent++;
    link->counters.bytes_sent += (uint32_t)c.size;
    return c.size;
}
