#include "protocol.h"
#include "crc32.h"

static void zero(void *at, size_t n)
{
    uint8_t *p = (uint8_t *)at;
    for (size_t i = 0; i < n; i++) p[i] = 0;
}

/* The cycle that a message without one of its own is dated with. */
static uint32_t tick_of(const protocol_t *p) { return p->kept->answer.command.tick; }
static uint64_t t_us_of(const protocol_t *p) { return p->kept->answer.command.t_us; }

static size_t send(protocol_t *p, int message, size_t at)
{
    return link_send(&p->link, message, p->body, icd_messages[message].bytes, p->out + at);
}

static size_t send_hello(protocol_t *p, uint32_t session)
{
    const protocol_kept_t *kept = p->kept;
    icd_hello_t m;
    zero(&m, sizeof m);
    m.tick = tick_of(p);
    m.t_us = t_us_of(p);
    m.icd_hash = ICD_HASH;
    m.build_id = PROXOPS_BUILD_ID;
    m.params_crc32 = kept->params_crc32;
    m.session = session;
    m.boot_count = p->board.boot_count;
    m.next_tick = kept->state == ICD_BOARD_STATE_FLYING ? tick_of(p) + 1u : 0;
    m.boot_reason = (uint8_t)p->board.boot_reason;
    m.state = (uint8_t)kept->state;
    for (size_t i = 0; i + 1 < sizeof m.board && p->board.name[i] != 0; i++) m.board[i] = p->board.name[i];
    icd_put_hello(p->body, &m);
    return send(p, ICD_HELLO, 0);
}

static size_t send_event(protocol_t *p, uint8_t severity, uint8_t event, uint32_t argument, size_t at)
{
    icd_event_t m = {tick_of(p), t_us_of(p), severity, event, argument};
    icd_put_event(p->body, &m);
    return send(p, ICD_EVENT, at);
}

static size_t send_ack(protocol_t *p, const link_packet_t *request, uint32_t detail)
{
    icd_ack_t m = {tick_of(p), t_us_of(p), request->apid, request->sequence, detail};
    icd_put_ack(p->body, &m);
    return send(p, ICD_ACK, 0);
}

static size_t send_nak(protocol_t *p, const link_packet_t *request, uint8_t reason, uint32_t detail)
{
    icd_nak_t m = {tick_of(p), t_us_of(p), request->apid, request->sequence, reason, detail};
    p->naks++;
    icd_put_nak(p->body, &m);
    return send(p, ICD_NAK, 0);
}

/* ---- who is there ------------------------------------------------------------------------- */

static void forget_flight(protocol_t *p)
{
    zero(p->kept, sizeof *p->kept);
    p->upload_bytes = 0;
    p->kept_changed = p->fixed_changed = true;
}

static size_t on_hello_request(protocol_t *p, const link_packet_t *packet)
{
    icd_hello_request_t m;
    icd_get_hello_request(packet->body, &m);
    /* A session is started once: its request may come again, late or twice, and must not end the flight. */
    if (m.start != 0 && m.session != p->kept->session) {
        forget_flight(p);
        p->kept->session = m.session;
        link_forget_sequences(&p->link);
    }
    return send_hello(p, m.session);
}

/* ---- parameters --------------------------------------------------------------------------- */

/* A cold board has no flight yet: the parameter record is gathered in the memory that the flight will take. It ends
 * before what flight_step knows a flight by. */
typedef char upload_fits[ICD_PARAMETERS_BYTES <= FLIGHT_FIXED_BYTES ? 1 : -1];
static uint8_t *upload_of(const protocol_t *p) { return (uint8_t *)&p->kept->flight; }

static size_t take_parameters(protocol_t *p, const link_packet_t *packet, uint32_t expected_crc)
{
    uint32_t crc = link_crc32(0, upload_of(p), ICD_PARAMETERS_BYTES), bad = 0;
    p->upload_bytes = 0;
    if (crc != expected_crc) return send_nak(p, packet, ICD_NAK_REASON_CRC, crc);
    icd_get_parameters(upload_of(p), &p->params);
    int32_t status = flight_init(&p->kept->flight, &p->params, &bad);
    if (status == FLIGHT_ERR_PARAM) return send_nak(p, packet, ICD_NAK_REASON_PARAMETER, bad);
    if (status != FLIGHT_OK) return send_nak(p, packet, ICD_NAK_REASON_CORE, (uint32_t)status);
    p->kept->params_crc32 = crc;
    p->kept->state = ICD_BOARD_STATE_READY;
    p->kept_changed = p->fixed_changed = true;
    return send_ack(p, packet, ICD_PARAMETERS_BYTES);
}

static size_t on_params(protocol_t *p, const link_packet_t *packet)
{
    icd_params_t m;
    uint8_t *to = upload_of(p);
    icd_get_params(packet->body, &m);
    if (m.session != p->kept->session) return send_nak(p, packet, ICD_NAK_REASON_SESSION, p->kept->session);
    if (m.total_bytes != ICD_PARAMETERS_BYTES) return send_nak(p, packet, ICD_NAK_REASON_SIZE, ICD_PARAMETERS_BYTES);
    if (m.used > sizeof m.data || m.offset > ICD_PARAMETERS_BYTES || m.used > ICD_PARAMETERS_BYTES - m.offset)
        return send_nak(p, packet, ICD_NAK_REASON_OFFSET, p->upload_bytes);
    if (p->kept->state != ICD_BOARD_STATE_COLD) { /* a late or repeated part of an upload that is done */
        if (m.crc32 != p->kept->params_crc32) return send_nak(p, packet, ICD_NAK_REASON_LOADED, p->kept->params_crc32);
        return send_ack(p, packet, m.offset + m.used);
    }
    if (m.offset > p->upload_bytes) return send_nak(p, packet, ICD_NAK_REASON_OFFSET, p->upload_bytes);
    for (size_t i = 0; i < m.used; i++) to[m.offset + i] = m.data[i];
    if (m.offset + m.used > p->upload_bytes) p->upload_bytes = m.offset + m.used;
    if (p->upload_bytes == ICD_PARAMETERS_BYTES) return take_parameters(p, packet, m.crc32);
    return send_ack(p, packet, p->upload_bytes);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static size_t send_command(protocol_t *p, const icd_command_t *m)
{
    icd_put_command(p->body, m);
    return send(p, ICD_COMMAND, 0);
}

/* The core would bridge a gap. Over a link it need not: the host remembers the frames that are missing and sends them.
 */
static bool follows(const protocol_t *p, const sensor_frame_t *sensors)
{
    if (p->kept->state != ICD_BOARD_STATE_FLYING) return true;
    return sensors->tick == tick_of(p) + 1u && sensors->t_us == t_us_of(p) + p->kept->flight.cycle_us;
}

static size_t on_sensor(protocol_t *p, const link_packet_t *packet)
{
    protocol_kept_t *kept = p->kept;
    sensor_frame_t sensors;
    icd_command_t answer;
    if (!icd_get_sensor(packet->body, packet->size, &sensors)) return 0; /* the link lets no such packet through */
    if (kept->state == ICD_BOARD_STATE_FLYING && sensors.tick == tick_of(p) && sensors.t_us == t_us_of(p)) {
        p->repeats++;
        return send_command(p, &kept->answer);
    }
    zero(&answer, sizeof answer);
    int32_t status = follows(p, &sensors) ? flight_step(&kept->flight, &sensors, &answer.command, &answer.telemetry)
                                          : FLIGHT_ERR_FRAME;
    if (status == FLIGHT_OK) {
        p->steps++;
        kept->answer = answer;
        kept->state = ICD_BOARD_STATE_FLYING;
        p->kept_changed = true;
        return send_command(p, &kept->answer);
    }
    p->frames_refused++;
    answer.status = status;
    answer.command.tick = sensors.tick;
    answer.command.t_us = sensors.t_us;
    size_t n = send_command(p, &answer);
    return n + send_event(p, ICD_SEVERITY_MEDIUM, ICD_EVENT_FRAME_REFUSED, (uint32_t)status, n);
}

/* ---- services ----------------------------------------------------------------------------- */

static size_t on_statistics_request(protocol_t *p)
{
    const link_counters_t *c = &p->link.counters;
    icd_statistics_t m;
    m.tick = tick_of(p);
    m.t_us = t_us_of(p);
    m.bytes_received = c->bytes_received;
    m.bytes_sent = c->bytes_sent;
    m.packets_received = c->packets_received;
    m.packets_sent = c->packets_sent;
    m.cobs_errors = c->cobs_errors;
    m.length_errors = c->length_errors;
    m.crc_errors = c->crc_errors;
    m.apid_errors = c->apid_errors;
    m.overrun_errors = c->overrun_errors;
    m.sequence_gaps = c->sequence_gaps;
    m.sequence_duplicates = c->sequence_duplicates;
    m.sequence_reordered = c->sequence_reordered;
    m.uart_lost = p->uart_lost;
    m.steps = p->steps;
    m.repeats = p->repeats;
    m.frames_refused = p->frames_refused;
    m.naks = p->naks;
    m.stack_high_water_bytes = p->stack_high_water_bytes;
    icd_put_statistics(p->body, &m);
    return send(p, ICD_STATISTICS, 0);
}

static size_t on_function_request(protocol_t *p, const link_packet_t *packet)
{
    icd_function_request_t m;
    icd_get_function_request(packet->body, &m);
    if (m.function < ICD_FUNCTION_RESET || m.function > ICD_FUNCTION_CLEAR_STATISTICS)
        return send_nak(p, packet, ICD_NAK_REASON_UNKNOWN, m.function);
    if (m.function == ICD_FUNCTION_CLEAR_STATISTICS) {
        zero(&p->link.counters, sizeof p->link.counters);
        p->steps = p->repeats = p->frames_refused = p->naks = 0;
    } else {
        p->function = m.function;
    }
    return send_ack(p, packet, 0);
}

static size_t on_ping(protocol_t *p, const link_packet_t *packet)
{
    icd_ping_t request;
    icd_get_ping(packet->body, &request);
    icd_pong_t m = {tick_of(p), t_us_of(p), request.token};
    icd_put_pong(p->body, &m);
    return send(p, ICD_PONG, 0);
}

size_t protocol_text(protocol_t *p, uint8_t severity, const char *text)
{
    icd_text_t m;
    zero(&m, sizeof m);
    m.tick = tick_of(p);
    m.t_us = t_us_of(p);
    m.severity = severity;
    for (size_t i = 0; i + 1 < sizeof m.text && text[i] != 0; i++) m.text[i] = text[i];
    icd_put_text(p->body, &m);
    return send(p, ICD_TEXT, 0);
}

/* ---- the conversation --------------------------------------------------------------------- */

size_t protocol_start(protocol_t *p, protocol_kept_t *kept, const protocol_board_t *board, bool resumed)
{
    zero(p, sizeof *p);
    link_init(&p->link, true);
    p->kept = kept;
    p->board = *board;
    if (!resumed) forget_flight(p);
    size_t n = send_hello(p, 0);
    if (kept->state != ICD_BOARD_STATE_COLD)
        return n + send_event(p, ICD_SEVERITY_LOW, ICD_EVENT_RESUMED, tick_of(p), n);
    return n + send_event(p, ICD_SEVERITY_INFO, ICD_EVENT_COLD_START, p->board.boot_reason, n);
}

size_t protocol_receive(protocol_t *p, const uint8_t *bytes, size_t size, size_t *taken)
{
    link_packet_t packet;
    p->kept_changed = p->fixed_changed = false;
    p->function = 0;
    *taken = link_receive(&p->link, bytes, size, &packet);
    switch (packet.message) {
    case ICD_HELLO_REQUEST: return on_hello_request(p, &packet);
    case ICD_PARAMS: return on_params(p, &packet);
    case ICD_SENSOR: return on_sensor(p, &packet);
    case ICD_STATISTICS_REQUEST: return on_statistics_request(p);
    case ICD_FUNCTION_REQUEST: return on_function_request(p, &packet);
    case ICD_PING: return on_ping(p, &packet);
    default: return 0;
    }
}
