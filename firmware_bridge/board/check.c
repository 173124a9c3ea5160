/* Proves a board's arithmetic without a link: a digest of the core's elementary functions over a
 * fixed sequence of arguments, and of a recorded flight's sensor frames put through the core again. The
 * first of them also go through all of the firmware but its UART: what a cycle costs beside the core.
 * Prints text on the UART, one fact a line, "end" last. */
#include "checkpoint.h"
#include "crc32.h"
#include "math/elementary.h"
#include "port.h"
#include "protocol.h"

#define MIXED 100000u
#define EXCHANGED 5000u

/* The recording: flight_params_t, then one SENSOR body after another, each with its size before it in two bytes, high
 * one first. */
extern const uint8_t recording[], recording_end[];

#define PRINT(literal) port_uart_write((const uint8_t *)(literal), sizeof(literal) - 1u)

static void print_number(uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value > 0u);
    port_uart_write((const uint8_t *)&digits[at], sizeof digits - 1u - at);
}

/* Knuth, The Art of Computer Programming 2, 3.3.4: the multiplier of MMIX; the top bits are the good ones. */
static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state;
}

static double uniform(uint64_t *state) { return (double)(next(state) >> 11) * (1.0 / 4503599627370496.0) - 1.0; }

static double any_exponent(uint64_t *state)
{
    union {
        uint64_t bits;
        double value;
    } u = {next(state)};
    return elem_is_finite(u.value) ? u.value : 1.0;
}

static uint32_t elementary_digest(void)
{
    uint64_t state = 1;
    uint32_t crc = 0;
    double sum = 0.0;
    for (uint32_t i = 0; i < MIXED; i++) {
        double x = uniform(&state), y = uniform(&state), wide = any_exponent(&state), out[12];
        elem_sincos(1000.0 * x, &out[0], &out[1]);
        out[2] = elem_tan(y);
        out[3] = elem_asin(x);
        out[4] = elem_acos(y);
        out[5] = elem_atan2(x, wide);
        out[6] = elem_exp(700.0 * x);
        out[7] = elem_log(elem_abs(wide));
        out[8] = elem_cbrt(wide);
        out[9] = elem_sqrt(elem_abs(wide)) / (2.0 + y);
        out[10] = wide * x; /* subnormals among them */
        sum = sum * 0.875 + x * y;
        out[11] = sum;
        for (size_t k = 0; k < 12; k++)
            if (!elem_is_finite(out[k])) out[k] = 0.0; /* the sign and payload of a NaN are nobody's promise */
        crc = link_crc32(crc, out, sizeof out);
    }
    return crc;
}

typedef struct {
    const uint8_t *at;
    size_t size;
} body_t;

/* The next SENSOR body of the recording; false at its end. */
static bool next_body(const uint8_t **at, body_t *body)
{
    if (recording_end - *at < 2) return false;
    body->size = (size_t)((*at)[0] << 8 | (*at)[1]);
    body->at = *at + 2;
    *at = body->at + body->size;
    return true;
}

/* One state for both parts of the check: a second one does not fit beside it in the smallest board. */
static protocol_kept_t kept;

static void replay(const flight_params_t *params, const uint8_t *at)
{
    flight_t *flight = &kept.flight;
    static sensor_frame_t frame;
    size_t count = 0;
    body_t body;
    uint32_t crc = 0;
    uint64_t total_us = 0, worst_us = 0;
    if (flight_init(flight, params, NULL) != FLIGHT_OK) {
        PRINT("refused\n");
        return;
    }
    for (; next_body(&at, &body); count++) {
        command_t command;
        telemetry_t telemetry;
        if (!icd_get_sensor(body.at, body.size, &frame)) PRINT("unreadable_at "), print_number(count);
        uint64_t start = port_clock_us();
        int32_t status = flight_step(flight, &frame, &command, &telemetry);
        uint64_t took = port_clock_us() - start;
        total_us += took;
        if (took > worst_us) worst_us = took;
        if (status != FLIGHT_OK) PRINT("refused_at "), print_number(count);
        crc = link_crc32(crc, &command, sizeof command);
        crc = link_crc32(crc, &telemetry, sizeof telemetry);
    }
    PRINT("replay "), print_number(crc);
    PRINT("frames "), print_number(count);
    PRINT("total_us "), print_number(total_us);
    PRINT("worst_us "), print_number(worst_us);
}

/* As main.c takes bytes, with nothing on the line. */
static void exchange(const flight_params_t *params, const uint8_t *at)
{
    static protocol_t protocol;
    static checkpoint_t checkpoint;
    static link_t host;
    static uint8_t frame[ICD_FRAME_MAX];
    body_t body;
    size_t count = 0;
    const protocol_board_t board = {BOARD_NAME, BOOT_POWER_ON, 1};
    uint64_t total_us = 0, worst_us = 0;
    void *memory = port_survivor(CHECKPOINT_BYTES(FLIGHT_FIXED_BYTES, sizeof kept));
    (void)checkpoint_open(&checkpoint, memory, &kept, FLIGHT_FIXED_BYTES, sizeof kept, PROXOPS_BUILD_ID);
    (void)protocol_start(&protocol, &kept, &board, false);
    link_init(&host, false);
    if (flight_init(&kept.flight, params, NULL) != FLIGHT_OK) return;
    checkpoint_save(&checkpoint, &kept, true);
    for (; count < EXCHANGED && next_body(&at, &body); count++) {
        size_t answer = 0;
        size_t size = link_send(&host, ICD_SENSOR, body.at, body.size, frame);
        uint64_t start = port_clock_us();
        for (size_t done = 0, taken; done < size; done += taken) {
            answer += protocol_receive(&protocol, frame + done, size - done, &taken);
            if (protocol.kept_changed) checkpoint_save(&checkpoint, &kept, protocol.fixed_changed);
        }
        uint64_t took = port_clock_us() - start;
        total_us += took;
        if (took > worst_us) worst_us = took;
        if (answer == 0) PRINT("unanswered_at "), print_number(count);
    }
    PRINT("exchanges "), print_number(count);
    PRINT("exchange_total_us "), print_number(total_us);
    PRINT("exchange_worst_us "), print_number(worst_us);
}

int board_main(void)
{
    size_t size = (size_t)(recording_end - recording);
    PRINT("elementary "), print_number(elementary_digest());
    if (size > sizeof(flight_params_t)) {
        const flight_params_t *params = (const flight_params_t *)(const void *)recording;
        replay(params, (const uint8_t *)(params + 1));
        exchange(params, (const uint8_t *)(params + 1));
    }
    PRINT("stack "), print_number(port_stack_high_water());
    PRINT("end\n");
    return 0;
}
