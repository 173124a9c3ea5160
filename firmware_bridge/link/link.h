/* The wire: 0x00 | COBS(primary header | body | CRC-32) | 0x00, one space packet a frame.
 *
 * Bytes in, packets out, and the other way round; no heap, no clock, no UART. The decoder is given
 * whatever arrives, in pieces of any size, is bounded, and is in step again at the first 0x00 after any
 * garbage. Nothing that fails a check is ever handed on; each kind of failure is counted.
 * COBS: Cheshire & Baker, IEEE/ACM Trans. Networking 7(2), 1999. Packets: CCSDS 133.0-B-2. */
#ifndef PROXOPS_LINK_H
#define PROXOPS_LINK_H

#include "icd.h"

typedef struct {
    uint32_t bytes_received, bytes_sent, packets_received, packets_sent;
    uint32_t cobs_errors, length_errors, crc_errors, apid_errors, overrun_errors;
    uint32_t sequence_gaps, sequence_duplicates, sequence_reordered;
} link_counters_t;

typedef struct {
    bool listens_uplink;               /* true on a board: uplink in, downlink out */
    uint8_t packet[ICD_PACKET_MAX];    /* the packet being received */
    size_t size;                       /* bytes of it so far */
    uint8_t block_left;                /* bytes that the COBS block still has */
    bool zero_follows, begun, overrun; /* a zero stands at the block's end; a frame has begun; it is too long */
    uint16_t next_sent[ICD_APIDS], last_received[ICD_APIDS];
    bool heard[ICD_APIDS];
    link_counters_t counters;
} link_t;

typedef struct {
    int message;                       /* ICD_NAME */
    uint16_t apid, sequence;
    const uint8_t *body;               /* valid until the link is given more */
    size_t size;                       /* of the body */
} link_packet_t;

void link_init(link_t *link, bool listens_uplink);

/* Takes bytes up to the end of the first sound packet among them; returns how many. packet->message is negative when
 * all were taken and none was there. */
size_t link_receive(link_t *link, const uint8_t *bytes, size_t size, link_packet_t *packet);

/* Writes the frame of a message, both delimiters included, to `frame`, which holds ICD_FRAME_MAX bytes.
 * body: the message's bytes, `size` of them. Returns the size of the frame. */
size_t link_send(link_t *link, int message, const uint8_t *body, size_t size, uint8_t *frame);

/* The other side has started anew: its sequence counts begin anywhere. */
void link_forget_sequences(link_t *link);

#endif
