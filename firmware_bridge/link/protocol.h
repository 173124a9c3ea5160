/* The board's side of the conversation, without clock and UART.
 *
 *     size_t n = protocol_start(&protocol, &kept, &board, resumed);
 *     uart_write(protocol.out, n);
 *     while there are bytes received:
 *         n = protocol_receive(&protocol, bytes, size, &taken);
 *         if (protocol.kept_changed) checkpoint(&kept);      before the answer: see below
 *         uart_write(protocol.out, n);
 *         if (protocol.function != 0) perform it;
 *
 * Every SENSOR is answered by one COMMAND of its tick. The tick last taken is answered from memory,
 * so that a repeated frame never steps the core twice. A frame that does not follow is refused, though
 * the core could bridge the gap: the host sends what is missing. Everything that must survive a reset is
 * in protocol_kept_t. It is kept before the answer leaves: a board reset in between is asked again and
 * answers from memory. */
#ifndef PROXOPS_PROTOCOL_H
#define PROXOPS_PROTOCOL_H

#include "flight_state.h"
#include "link.h"

/* The first 8 bytes of the SHA-256 of the core's sources, big-endian: given by whoever compiles. */
#ifndef PROXOPS_BUILD_ID
#error "PROXOPS_BUILD_ID is not defined: -DPROXOPS_BUILD_ID=0x... (gnc.build_id.core_build_id)"
#endif

typedef struct {
    const char *name;
    uint32_t boot_reason; /* ICD_BOOT_REASON_* */
    uint32_t boot_count;  /* starts since power-on, this one included */
} protocol_board_t;

/* What a flight is resumed from. It begins with what changes only when a flight is loaded. */
typedef struct {
    flight_t flight;
    icd_command_t answer; /* to the sensor frame taken last */
    uint32_t session, params_crc32, state; /* ICD_BOARD_STATE_* */
} protocol_kept_t;

typedef struct {
    link_t link;
    protocol_kept_t *kept;
    protocol_board_t board;
    bool kept_changed,
        fixed_changed; /* by the packet just received; the latter: kept->flight's FLIGHT_FIXED_BYTES too */
    uint32_t function;                /* ICD_FUNCTION_* asked for by the packet just received; 0 none */
    uint32_t uart_lost, stack_high_water_bytes; /* the caller's, for the statistics */
    uint32_t steps, repeats, frames_refused, naks;
    uint32_t upload_bytes;            /* of the parameter record, received in order so far: see protocol.c */
    flight_params_t params;
    uint8_t body[ICD_PACKET_MAX];
    uint8_t out[2 * ICD_FRAME_MAX];
} protocol_t;

/* Starts the conversation and writes the boot messages to protocol->out; returns their size.
 * resumed: `kept` holds what an earlier start kept; otherwise it is cleared. */
size_t protocol_start(protocol_t *protocol, protocol_kept_t *kept, const protocol_board_t *board, bool resumed);

/* Takes bytes up to the end of the first packet among them, *taken in all; returns how many bytes of protocol->out are
 * to be sent. */
size_t protocol_receive(protocol_t *protocol, const uint8_t *bytes, size_t size, size_t *taken);

/* Writes a line for a human reader to protocol->out; returns its size. severity: ICD_SEVERITY_*. */
size_t protocol_text(protocol_t *protocol, uint8_t severity, const char *text);

#endif
