/* Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit.
 *
 * Body: all of a packet between its primary header and its CRC-32, big-endian. icd_put_NAME writes the
 * ICD_NAME_BYTES of a body, icd_get_NAME reads them. The body of SENSOR varies: ICD_SENSOR_BYTES is the
 * most, icd_put_sensor returns its size, and icd_get_sensor is false, its frame untouched, where the size is
 * not that of what is in it. */
#ifndef PROXOPS_ICD_H
#define PROXOPS_ICD_H

#include "flight.h"

#define ICD_HASH 0x463E44D7FA036EDEu
#define ICD_PACKET_MAX 1031 /* largest packet, primary header and CRC-32 included */
#define ICD_FRAME_MAX 1038 /* largest frame, delimiters included */
#define ICD_UPLINK_FRAME_MAX 1038
#define ICD_DOWNLINK_FRAME_MAX 521
#define ICD_PARAMETERS_BYTES 11353 /* the parameter record on the wire */
#define ICD_APIDS 5

enum { ICD_APID_HELLO = 0x010, ICD_APID_PARAMS = 0x011, ICD_APID_LOOP = 0x012, ICD_APID_SERVICES = 0x020, ICD_APID_TEXT = 0x030 };
enum {
    ICD_BOARD_STATE_COLD = 0, /* no parameters: nothing can fly */
    ICD_BOARD_STATE_READY = 1, /* parameters loaded, no sensor frame taken yet */
    ICD_BOARD_STATE_FLYING = 2, /* sensor frames have been taken */
};
enum {
    ICD_BOOT_REASON_POWER_ON = 0, /* power was switched on, or the process started */
    ICD_BOOT_REASON_RESET = 1, /* reset by its pin, by the debugger or by request */
    ICD_BOOT_REASON_WATCHDOG = 2, /* the watchdog was not kicked in time */
    ICD_BOOT_REASON_FAULT = 3, /* the processor stopped at a fault */
};
enum {
    ICD_NAK_REASON_UNKNOWN = 1, /* no such request */
    ICD_NAK_REASON_SESSION = 2, /* the request belongs to another session; detail: the board's */
    ICD_NAK_REASON_OFFSET = 3, /* a chunk is missing before this one; detail: the offset expected */
    ICD_NAK_REASON_SIZE = 4, /* the parameter record has another size; detail: the size expected */
    ICD_NAK_REASON_CRC = 5, /* the parameter record's CRC-32 does not match; detail: the one received */
    ICD_NAK_REASON_PARAMETER = 6, /* flight_init refused a parameter; detail: its index in flight_param_layout */
    ICD_NAK_REASON_CORE = 7, /* flight_init refused to start; detail: its FLIGHT_ERR_* status */
    ICD_NAK_REASON_LOADED = 8, /* another parameter set is loaded in this session; detail: its CRC-32 */
};
enum {
    ICD_FUNCTION_RESET = 1, /* reset the board */
    ICD_FUNCTION_HANG = 2, /* stop kicking the watchdog and answering: what a hung program does */
    ICD_FUNCTION_SPOIL_CHECKPOINT = 3, /* spoil both copies of the checkpoint, then reset the board */
    ICD_FUNCTION_CLEAR_STATISTICS = 4, /* set every counter of the statistics to zero */
};
enum {
    ICD_EVENT_COLD_START = 1, /* started without a state to resume */
    ICD_EVENT_RESUMED = 2, /* resumed a flight from its checkpoint; argument: the last tick taken */
    ICD_EVENT_FRAME_REFUSED = 3, /* the core refused a sensor frame; argument: its FLIGHT_ERR_* status */
};
enum {
    ICD_SEVERITY_INFO = 1, /* normal progress */
    ICD_SEVERITY_LOW = 2, /* anomaly, low severity */
    ICD_SEVERITY_MEDIUM = 3, /* anomaly, medium severity */
    ICD_SEVERITY_HIGH = 4, /* anomaly, high severity */
};

enum {
    ICD_HELLO_REQUEST = 0,
    ICD_PARAMS = 1,
    ICD_SENSOR = 2,
    ICD_STATISTICS_REQUEST = 3,
    ICD_FUNCTION_REQUEST = 4,
    ICD_PING = 5,
    ICD_HELLO = 6,
    ICD_COMMAND = 7,
    ICD_ACK = 8,
    ICD_NAK = 9,
    ICD_STATISTICS = 10,
    ICD_EVENT = 11,
    ICD_PONG = 12,
    ICD_TEXT = 13,
    ICD_MESSAGES = 14
};

#define ICD_HELLO_REQUEST_BYTES 25
#define ICD_PARAMS_BYTES 286
#define ICD_SENSOR_BYTES 1021
#define ICD_STATISTICS_REQUEST_BYTES 14
#define ICD_FUNCTION_REQUEST_BYTES 15
#define ICD_PING_BYTES 18
#define ICD_HELLO_BYTES 78
#define ICD_COMMAND_BYTES 506
#define ICD_ACK_BYTES 22
#define ICD_NAK_BYTES 23
#define ICD_STATISTICS_BYTES 86
#define ICD_EVENT_BYTES 19
#define ICD_PONG_BYTES 18
#define ICD_TEXT_BYTES 93
#define ICD_SENSOR_BYTES_MIN 37

/* Asks who is there. The same session never starts twice, so that a repeated request does no harm. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint64_t icd_hash; /* the host's ICD_HASH */
    uint32_t session; /* a number the host draws for each run */
    uint8_t start; /* bool; forget the flight of any other session and wait for parameters */
} icd_hello_request_t;

/* One part of the parameter record. Parts come in order; each is answered by ACK or NAK. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint32_t session; /* session it belongs to */
    uint32_t total_bytes; /* B; size of the whole record on the wire */
    uint32_t crc32; /* CRC-32 of the whole record on the wire: the parameter digest */
    uint32_t offset; /* B; where this part begins */
    uint16_t used; /* B; bytes of data that belong to the record */
    uint8_t data[256]; /* the part, then zeros */
} icd_params_t;

/* Asks for STATISTICS. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
} icd_statistics_request_t;

/* Asks for a function; ACK comes before it is performed. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint8_t function; /* what to do */
} icd_function_request_t;

/* Asks for a PONG. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint32_t token; /* comes back in the PONG */
} icd_ping_t;

/* Who is there: unasked after each start of the board, with session 0, and in answer to HELLO_REQUEST. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint64_t icd_hash; /* ICD_HASH the board was built with */
    uint64_t build_id; /* first 8 bytes of the SHA-256 of the flight core's sources */
    uint32_t params_crc32; /* parameter digest: CRC-32 of the parameters loaded; 0 when cold */
    uint32_t session; /* session of the request answered; 0 when unasked */
    uint32_t boot_count; /* starts since power-on */
    uint32_t next_tick; /* tick of the sensor frame expected next; meaningful when flying */
    uint8_t boot_reason; /* why the board started */
    uint8_t state; /* how far the board is */
    char board[33]; /* name of the board */
} icd_hello_t;

/* The answer to SENSOR: the command and the telemetry of the same cycle. All off and zero unless status is 0. */
typedef struct {
    int32_t status; /* what flight_step returned: FLIGHT_OK or FLIGHT_ERR_* */
    command_t command;
    telemetry_t telemetry;
} icd_command_t;

/* A request was accepted. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint16_t request_apid; /* APID of the request */
    uint16_t request_sequence; /* CCSDS sequence count of the request */
    uint32_t detail; /* params: the offset expected next; else 0 */
} icd_ack_t;

/* A request was refused. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint16_t request_apid; /* APID of the request */
    uint16_t request_sequence; /* CCSDS sequence count of the request */
    uint8_t reason; /* why */
    uint32_t detail; /* what the reason says */
} icd_nak_t;

/* The board's counters since it started. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint32_t bytes_received; /* B; bytes taken from the UART */
    uint32_t bytes_sent; /* B; bytes given to the UART */
    uint32_t packets_received; /* packets accepted */
    uint32_t packets_sent; /* packets sent */
    uint32_t cobs_errors; /* frames that ended inside a COBS block */
    uint32_t length_errors; /* frames too short, or whose length is not that of their message */
    uint32_t crc_errors; /* frames whose CRC-32 does not match */
    uint32_t apid_errors; /* sound packets that are no message of this interface and direction */
    uint32_t overrun_errors; /* frames longer than any message */
    uint32_t sequence_gaps; /* packets missing in the sequence counts */
    uint32_t sequence_duplicates; /* packets with the sequence count of the one before */
    uint32_t sequence_reordered; /* packets with an older sequence count */
    uint32_t uart_lost; /* B; bytes lost because nobody took them in time */
    uint32_t steps; /* sensor frames stepped */
    uint32_t repeats; /* sensor frames answered from memory */
    uint32_t frames_refused; /* sensor frames the core refused */
    uint32_t naks; /* requests refused */
    uint32_t stack_high_water_bytes; /* B; deepest the stack has reached; 0 where it is not watched */
} icd_statistics_t;

/* Something happened that nobody asked for. The subtype is its severity (1 info to 4 high). */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint8_t subtype; /* PUS message subtype */
    uint8_t event; /* what happened */
    uint32_t argument; /* what the event says */
} icd_event_t;

/* The answer to PING. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint32_t token; /* the PING's */
} icd_pong_t;

/* A line for a human reader. */
typedef struct {
    uint32_t tick; /* number of the control cycle */
    uint64_t t_us; /* us; time of that cycle since scenario start */
    uint8_t severity; /* how serious it is */
    char text[81]; /* the line */
} icd_text_t;

typedef struct {
    const char *name;
    uint16_t apid, bytes_min, bytes; /* of the body; bytes is the most */
    uint8_t uplink, service;  /* service 0: none */
    uint8_t subtype;          /* 0: none, or any */
} icd_message_t;
extern const icd_message_t icd_messages[ICD_MESSAGES];

/* Which message a body is: ICD_NAME, ICD_UNKNOWN or ICD_WRONG_SIZE. */
enum { ICD_UNKNOWN = -1, ICD_WRONG_SIZE = -2 };
int icd_identify(bool uplink, uint16_t apid, const uint8_t *body, size_t size);
/* 0 to ICD_APIDS - 1; ICD_APIDS for an APID of another interface. */
size_t icd_apid_index(uint16_t apid);

void icd_put_hello_request(uint8_t *body, const icd_hello_request_t *m);
void icd_get_hello_request(const uint8_t *body, icd_hello_request_t *m);
void icd_put_params(uint8_t *body, const icd_params_t *m);
void icd_get_params(const uint8_t *body, icd_params_t *m);
size_t icd_put_sensor(uint8_t *body, const sensor_frame_t *m);
bool icd_get_sensor(const uint8_t *body, size_t size, sensor_frame_t *m);
void icd_put_statistics_request(uint8_t *body, const icd_statistics_request_t *m);
void icd_get_statistics_request(const uint8_t *body, icd_statistics_request_t *m);
void icd_put_function_request(uint8_t *body, const icd_function_request_t *m);
void icd_get_function_request(const uint8_t *body, icd_function_request_t *m);
void icd_put_ping(uint8_t *body, const icd_ping_t *m);
void icd_get_ping(const uint8_t *body, icd_ping_t *m);
void icd_put_hello(uint8_t *body, const icd_hello_t *m);
void icd_get_hello(const uint8_t *body, icd_hello_t *m);
void icd_put_command(uint8_t *body, const icd_command_t *m);
void icd_get_command(const uint8_t *body, icd_command_t *m);
void icd_put_ack(uint8_t *body, const icd_ack_t *m);
void icd_get_ack(const uint8_t *body, icd_ack_t *m);
void icd_put_nak(uint8_t *body, const icd_nak_t *m);
void icd_get_nak(const uint8_t *body, icd_nak_t *m);
void icd_put_statistics(uint8_t *body, const icd_statistics_t *m);
void icd_get_statistics(const uint8_t *body, icd_statistics_t *m);
void icd_put_event(uint8_t *body, const icd_event_t *m);
void icd_get_event(const uint8_t *body, icd_event_t *m);
void icd_put_pong(uint8_t *body, const icd_pong_t *m);
void icd_get_pong(const uint8_t *body, icd_pong_t *m);
void icd_put_text(uint8_t *body, const icd_text_t *m);
void icd_get_text(const uint8_t *body, icd_text_t *m);
/* The parameter record, ICD_PARAMETERS_BYTES long. */
void icd_put_parameters(uint8_t *at, const flight_params_t *m);
void icd_get_parameters(const uint8_t *at, flight_params_t *m);

#endif
