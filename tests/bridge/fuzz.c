/* Fuzzes the decoder and the board's conversation; built with the address and undefined-behaviour sanitizers.
 *
 *     fuzz decode SEED COUNT             frames spoilt on the wire: nothing may come out that was not sent
 *     fuzz board SEED COUNT PARAMETERS   sound packets with any content at all, some spoilt, to a flying board
 *
 * PARAMETERS: file with a parameter record as it goes on the wire. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "protocol.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
            abort(); \
        } \
    } while (0)
#define SENT 64 /* what was sent lately, for what may still come out */

static uint64_t state;

/* splitmix64: Steele, Lea & Flood, OOPSLA 2014. */
static uint64_t draw(void)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(size_t n) { return (size_t)(draw() % n); }

static void any_bytes(uint8_t *at, size_t n)
{
    size_t kind = below(4);
    for (size_t i = 0; i < n; i++)
        at[i] = kind == 0 ? 0 : kind == 1 ? 0xFF : (uint8_t)(kind == 2 && below(2) ? 0 : draw());
}

/* A body of a message with any content that its size fits; returns the size. */
static size_t any_body(int message, uint8_t *body)
{
    static sensor_frame_t frame;
    any_bytes(body, icd_messages[message].bytes);
    if (message != ICD_SENSOR) return icd_messages[message].bytes;
    any_bytes((uint8_t *)&frame, sizeof frame);
    frame.slot_count = (uint8_t)below(FLIGHT_SLOTS + 1u);
    for (size_t i = 0; i < frame.slot_count; i++) {
        frame.slot[i].count = (uint8_t)below(MEASUREMENT_VALUES + 1u);
        if (below(4)) frame.slot[i].kind = (uint8_t)below(KIND_DOCK + 2u);
    }
    return icd_put_sensor(body, &frame);
}

/* Spoils a frame as wires do; returns its new size, at most twice the old one and 64 more. */
static size_t spoil(uint8_t *f, size_t n)
{
    size_t at = below(n), more = 1 + below(64);
    switch (below(8)) {
    case 0: f[at] ^= (uint8_t)(1u << below(8)); return n;
    case 1: f[at] = (uint8_t)draw(); return n;
    case 2: f[at] = 0; return n;
    case 3: return at + 1;                                                      /* truncation */
    case 4: memmove(f, f + at, n - at); return n - at;                          /* its beginning is lost */
    case 5: memcpy(f + n, f, n); return 2 * n;                                  /* duplicate */
    case 6:
        memmove(f + at + more, f + at, n - at);
        any_bytes(f + at, more);
        return n + more; /* babble */
    default: any_bytes(f, n); return n;
    }
}

typedef struct {
    int message;
    size_t size;
    uint8_t body[ICD_PACKET_MAX];
} sent_t;

static int was_sent(const sent_t *sent, const link_packet_t *packet)
{
    for (size_t i = 0; i < SENT; i++)
        if (sent[i].message == packet->message && sent[i].size == packet->size &&
            memcmp(sent[i].body, packet->body, packet->size) == 0)
            return 1;
    return 0;
}

static void fuzz_decoder(size_t count)
{
    static link_t from, to[2];
    static sent_t sent[SENT];
    static uint8_t f[2 * ICD_FRAME_MAX + 64];
    size_t sound = 0, spoilt = 0;
    link_init(&from, true);
    link_init(&to[0], false);
    link_init(&to[1], true);
    for (size_t i = 0; i < SENT; i++) sent[i].message = -1;
    for (size_t i = 0; i < count; i++) {
        sent_t *s = &sent[i % SENT];
        s->message = (int)below(ICD_MESSAGES);
        const icd_message_t *m = &icd_messages[s->message];
        s->size = any_body(s->message, s->body);
        if (m->service != 0) {
            s->body[12] = m->service;
            if (m->subtype != 0) s->body[13] = m->subtype;
        }
        size_t n = link_send(&from, s->message, s->body, s->size, f);
        CHECK(n <= ICD_FRAME_MAX && f[0] == 0 && f[n - 1] == 0 && memchr(f + 1, 0, n - 2) == NULL);
        bool clean = below(4) == 0;
        if (!clean) n = spoil(f, n);
        bool came = false;
        link_t *end = &to[m->uplink];
        for (size_t k = 0; k < n;) { /* in pieces: a frame arrives as it will */
            link_packet_t packet;
            size_t piece = 1 + below(n - k);
            k += link_receive(end, f + k, piece, &packet);
            if (packet.message < 0) continue;
            CHECK(was_sent(sent, &packet));
            came = true;
        }
        CHECK(came || !clean); /* whatever came before, a clean frame with both delimiters is heard */
        sound += came;
        spoilt += !clean;
    }
    const link_counters_t *a = &to[0].counters, *b = &to[1].counters;
    printf("%zu frames, %zu spoilt, %zu heard; errors: cobs %u, length %u, crc %u, apid %u, overrun %u\n", count,
           spoilt, sound, a->cobs_errors + b->cobs_errors, a->length_errors + b->length_errors,
           a->crc_errors + b->crc_errors, a->apid_errors + b->apid_errors, a->overrun_errors + b->overrun_errors);
}

static size_t receive(protocol_t *p, const uint8_t *f, size_t n)
{
    size_t all = 0;
    for (size_t at = 0, taken; at < n; at += taken) {
        size_t answer = protocol_receive(p, f + at, 1 + below(n - at), &taken);
        CHECK(answer <= sizeof p->out);
        all += answer;
    }
    return all;
}

static void upload(protocol_t *p, link_t *host, uint32_t session, const uint8_t *record)
{
    static uint8_t body[ICD_PACKET_MAX], f[ICD_FRAME_MAX];
    icd_hello_request_t hello = {0, 0, ICD_HASH, session, 1};
    icd_put_hello_request(body, &hello);
    receive(p, f, link_send(host, ICD_HELLO_REQUEST, body, ICD_HELLO_REQUEST_BYTES, f));
    for (uint32_t at = 0; at < ICD_PARAMETERS_BYTES; at += 256) {
        icd_params_t m = {0,  0,   session, ICD_PARAMETERS_BYTES, link_crc32(0, record, ICD_PARAMETERS_BYTES),
                          at, 256, {0}};
        if (m.used > ICD_PARAMETERS_BYTES - at) m.used = (uint16_t)(ICD_PARAMETERS_BYTES - at);
        memcpy(m.data, record + at, m.used);
        icd_put_params(body, &m);
        receive(p, f, link_send(host, ICD_PARAMS, body, ICD_PARAMS_BYTES, f));
    }
}

static void fuzz_board(size_t count, const uint8_t *record)
{
    static protocol_t p;
    static protocol_kept_t kept;
    static link_t host;
    static sensor_frame_t frame;
    static uint8_t body[ICD_PACKET_MAX], f[2 * ICD_FRAME_MAX + 64];
    protocol_board_t board = {"fuzzed", 0, 1};
    uint32_t session = 0;
    size_t stepped = 0;
    link_init(&host, false);
    protocol_start(&p, &kept, &board, false);
    for (size_t i = 0; i < count; i++) {
        if (kept.state == ICD_BOARD_STATE_COLD && below(16) == 0) {
            upload(&p, &host, ++session, record);
            frame.tick = 0;
            frame.t_us = 0;
        }
        int message = below(3) ? ICD_SENSOR : (int)below(ICD_MESSAGES);
        const icd_message_t *m = &icd_messages[message];
        size_t size = any_body(message, body);
        if (m->service != 0) {
            body[12] = m->service;
            if (m->subtype != 0) body[13] = m->subtype;
        }
        if (message == ICD_HELLO_REQUEST && below(64)) body[24] = 0; /* a start ends the flight: seldom */
        if (message == ICD_SENSOR) { /* what follows, and any measurement whatever */
            CHECK(icd_get_sensor(body, size, &frame));
            frame.tick = p.kept->answer.command.tick + (kept.state == ICD_BOARD_STATE_FLYING);
            frame.t_us =
                p.kept->answer.command.t_us + (kept.state == ICD_BOARD_STATE_FLYING ? kept.flight.cycle_us : 0);
            for (size_t k = 0; k < frame.slot_count; k++)
                if (below(8)) frame.slot[k].t_valid_us = frame.t_us - below(2) * 100000;
            size = icd_put_sensor(body, &frame);
        }
        size_t n = link_send(&host, message, body, size, f);
        if (below(8) == 0) n = spoil(f, n);
        uint32_t before = p.steps;
        receive(&p, f, n);
        stepped += p.steps > before; /* its own counters the board clears when told to */
    }
    printf("%zu packets: %zu stepped in %u flights\n", count, stepped, session);
}

int main(int argc, char **argv)
{
    static uint8_t record[ICD_PARAMETERS_BYTES];
    if (argc < 4) return 2;
    state = strtoull(argv[2], NULL, 10);
    size_t count = (size_t)strtoull(argv[3], NULL, 10);
    if (strcmp(argv[1], "decode") == 0) {
        fuzz_decoder(count);
        return 0;
    }
    FILE *file = argc > 4 ? fopen(argv[4], "rb") : NULL;
    if (file == NULL || fread(record, 1, sizeof record, file) != sizeof record) return 2;
    fclose(file);
    fuzz_board(count, record);
    return 0;
}
