/* The firmware: bytes from the UART to the protocol, its answers back, the state kept before each answer leaves. */
#include "checkpoint.h"
#include "port.h"
#include "protocol.h"

/* The port's reasons are the interface's. */
#define SAME(name, a, b) typedef char name[(int)(a) == (int)(b) ? 1 : -1]
SAME(same_power_on, BOOT_POWER_ON, ICD_BOOT_REASON_POWER_ON);
SAME(same_reset, BOOT_RESET, ICD_BOOT_REASON_RESET);
SAME(same_watchdog, BOOT_WATCHDOG, ICD_BOOT_REASON_WATCHDOG);
SAME(same_fault, BOOT_FAULT, ICD_BOOT_REASON_FAULT);

static protocol_kept_t kept;
static protocol_t protocol;
static checkpoint_t checkpoint;

static void send(size_t size) { port_uart_write(protocol.out, size); }

static void perform(uint32_t function)
{
    switch (function) {
    case ICD_FUNCTION_RESET: port_reset(); break;
    case ICD_FUNCTION_SPOIL_CHECKPOINT:
        checkpoint_spoil(&checkpoint);
        port_reset();
        break;
    case ICD_FUNCTION_HANG:
        for (;;) {}
    default: break;
    }
}

static void start(void)
{
    protocol_board_t board = {BOARD_NAME, port_boot_reason(), port_boot_count()};
    void *memory = port_survivor(CHECKPOINT_BYTES(FLIGHT_FIXED_BYTES, sizeof kept));
    checkpoint_found_t found =
        checkpoint_open(&checkpoint, memory, &kept, FLIGHT_FIXED_BYTES, sizeof kept, PROXOPS_BUILD_ID);
    send(protocol_start(&protocol, &kept, &board, found == CHECKPOINT_FOUND));
    if (found == CHECKPOINT_SPOILT)
        send(protocol_text(&protocol, ICD_SEVERITY_HIGH, "both copies of the checkpoint are spoilt: cold start"));
    if (memory == NULL)
        send(protocol_text(&protocol, ICD_SEVERITY_LOW, "no memory survives a reset: each start is cold"));
}

/* Up to the end of the first packet; returns how many bytes that was. */
static size_t take(const uint8_t *bytes, size_t size)
{
    size_t taken, answer = protocol_receive(&protocol, bytes, size, &taken);
    if (protocol.kept_changed) checkpoint_save(&checkpoint, &kept, protocol.fixed_changed);
    if (answer == 0) return taken;
    send(answer);
    if (protocol.function != 0) perform(protocol.function);
    protocol.uart_lost = port_uart_lost();
    protocol.stack_high_water_bytes = (uint32_t)port_stack_high_water();
    return taken;
}

int board_main(void)
{
    uint8_t bytes[1024]; /* a whole frame at a time */
    port_watchdog_start();
    start();
    for (;;) {
        size_t count = port_uart_read(bytes, sizeof bytes);
        port_watchdog_kick();
        for (size_t at = 0; at < count;) at += take(bytes + at, count - at);
        if (count == 0) port_idle();
    }
}
