/* Arm MPS2 with a Cortex-M7 (application note 500), as QEMU's mps2-an500: UART0, timer 0 and the watchdog of
 * the CMSDK peripherals (Arm Cortex-M System Design Kit TRM, chapter 4). */
#include "port.h"

#include "ring.h"
#include "startup.h"

#define CLOCK_HZ 25000000u
#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL REGISTER(0x40004008u)
#define UART_INTSTATUS REGISTER(0x4000400Cu) /* write to clear */
#define UART_BAUDDIV REGISTER(0x40004010u)
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define STATE_RX_OVERRUN 8u
#define CTRL_TX_RX_AND_RX_INTERRUPT (1u | 2u | 8u)
#define UART_RX_IRQ 0u

#define TIMER_CTRL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000004u) /* counts down */
#define TIMER_RELOAD REGISTER(0x40000008u)

#define WATCHDOG_LOAD REGISTER(0x40008000u)
#define WATCHDOG_CTRL REGISTER(0x40008008u)
#define WATCHDOG_INTCLR REGISTER(0x4000800Cu)
#define WATCHDOG_LOCK REGISTER(0x40008C00u)
#define WATCHDOG_KEY 0x1ACCE551u

static ring_t received;
static uint64_t clock_ticks;
static uint32_t clock_last;

void port_start(void)
{
    TIMER_RELOAD = UINT32_MAX;
    TIMER_VALUE = UINT32_MAX;
    TIMER_CTRL = 1u;
    clock_last = UINT32_MAX;
    UART_BAUDDIV = (CLOCK_HZ + BAUD / 2u) / BAUD;
    UART_CTRL = CTRL_TX_RX_AND_RX_INTERRUPT;
    (void)UART_DATA; /* an emulator looks for input again only after a read */
    startup_irq_enable(UART_RX_IRQ);
}

void port_irq(uint32_t number)
{
    if (number != UART_RX_IRQ) return;
    UART_INTSTATUS = 2u; /* before the drain: a byte that arrives after it interrupts again */
    while (UART_STATE & STATE_RX_FULL) ring_put(&received, (uint8_t)UART_DATA);
    if (UART_STATE & STATE_RX_OVERRUN) {
        UART_STATE = STATE_RX_OVERRUN;
        received.lost++;
    }
}

uint64_t port_clock_us(void)
{
    uint32_t now = TIMER_VALUE;
    clock_ticks += clock_last - now;
    clock_last = now;
    return clock_ticks / (CLOCK_HZ / 1000000u);
}

size_t port_uart_read(uint8_t *to, size_t size) { return ring_take(&received, to, size); }
uint32_t port_uart_lost(void) { return received.lost; }

void port_uart_write(const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        while (UART_STATE & STATE_TX_FULL) {}
        UART_DATA = from[i];
    }
}

void port_idle(void) { ring_sleep(&received); }

void port_watchdog_start(void)
{
    startup_tick(CLOCK_HZ / 100u);
    WATCHDOG_LOCK = WATCHDOG_KEY;
    WATCHDOG_LOAD = 2u * CLOCK_HZ; /* till the warning; the reset comes after as much again, unless hurried */
    WATCHDOG_CTRL = 3u;
}

void port_watchdog_kick(void) { WATCHDOG_INTCLR = 1u; }

void port_watchdog_warned(void) { WATCHDOG_LOAD = CLOCK_HZ / 1000u; }
