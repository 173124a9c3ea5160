/* Xilinx Zynq-7000, one Cortex-A9, as QEMU's xilinx-zynq-a9: UART0, global timer, private timer and watchdog,
 * interrupt controller (Zynq-7000 Technical Reference Manual UG585, appendix B; Arm Cortex-A9 MPCore TRM, chapter 4).
 * Runs without MMU and caches: an emulated computer for long campaigns, not tuned for the silicon. */
#include "port.h"

#include "ring.h"
#include "survivor.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_CR REGISTER(0xE0000000u)
#define UART_MR REGISTER(0xE0000004u)
#define UART_IER REGISTER(0xE0000008u)
#define UART_ISR REGISTER(0xE0000014u) /* write to clear */
#define UART_BAUDGEN REGISTER(0xE0000018u)
#define UART_RXWM REGISTER(0xE0000020u)
#define UART_SR REGISTER(0xE000002Cu)
#define UART_FIFO REGISTER(0xE0000030u)
#define UART_BAUDDIV REGISTER(0xE0000034u)
#define CR_RESET 3u
#define CR_RX_TX_ENABLE (4u | 16u)
#define MR_8N1 0x20u
#define SR_RX_EMPTY 2u
#define SR_TX_EMPTY 8u
#define SR_TX_FULL 16u
#define ISR_RX_TRIGGER 1u
#define ISR_RX_OVERRUN 0x20u
#define UART_IRQ 59u

#define GIC_CPU_CONTROL REGISTER(0xF8F00100u)
#define GIC_CPU_PRIORITY_MASK REGISTER(0xF8F00104u)
#define GIC_CPU_ACKNOWLEDGE REGISTER(0xF8F0010Cu)
#define GIC_CPU_END REGISTER(0xF8F00110u)
#define GIC_CONTROL REGISTER(0xF8F01000u)
#define GIC_ENABLE ((volatile uint32_t *)0xF8F01100u)
#define GIC_TARGETS ((volatile uint8_t *)0xF8F01800u)

#define GLOBAL_TIMER_LOW REGISTER(0xF8F00200u)
#define GLOBAL_TIMER_HIGH REGISTER(0xF8F00204u)
#define GLOBAL_TIMER_CONTROL REGISTER(0xF8F00208u)
#define TIMER_LOAD REGISTER(0xF8F00600u)
#define TIMER_CONTROL REGISTER(0xF8F00608u)
#define TIMER_STATUS REGISTER(0xF8F0060Cu)
#define TIMER_IRQ 29u
#define WATCHDOG_LOAD REGISTER(0xF8F00620u)
#define WATCHDOG_CONTROL REGISTER(0xF8F00628u)
#define WATCHDOG_STATUS REGISTER(0xF8F0062Cu)
#define WATCHDOG_IRQ 30u
#define PERIPHERAL_HZ 100000000u /* of the timers above: QEMU's; on silicon half the processor's clock */

#define WATCHDOG_TICKS (2u * PERIPHERAL_HZ)

#define SLCR_UNLOCK REGISTER(0xF8000008u)
#define PSS_RST_CTRL REGISTER(0xF8000200u)

void irq_handler(void);
void fault_handler(void);
void start(void);

static ring_t received;

static void irq_enable(uint32_t number)
{
    GIC_TARGETS[number] = 1u;
    GIC_ENABLE[number / 32u] = 1u << (number % 32u);
}

void start(void)
{
    survivor_boot();
    GLOBAL_TIMER_CONTROL = 1u;
    UART_CR = CR_RESET;
    UART_MR = MR_8N1;
    UART_BAUDGEN = 62u; /* 50 MHz / (62 x 7) = 115,200 */
    UART_BAUDDIV = 6u;
    UART_RXWM = 1u;
    UART_IER = ISR_RX_TRIGGER;
    UART_CR = CR_RX_TX_ENABLE;
    (void)UART_FIFO; /* an emulator looks for input again only after a read */
    irq_enable(UART_IRQ);
    GIC_CPU_PRIORITY_MASK = 0xFFu;
    GIC_CPU_CONTROL = 1u;
    GIC_CONTROL = 1u;
    __asm volatile("cpsie i" ::: "memory");
    (void)board_main();
    for (;;) {}
}

__attribute__((target("general-regs-only"))) static void take_bytes(void)
{
    UART_ISR = ISR_RX_TRIGGER; /* before the drain: a byte that arrives after it interrupts again */
    while (!(UART_SR & SR_RX_EMPTY)) ring_put(&received, (uint8_t)UART_FIFO);
    if (UART_ISR & ISR_RX_OVERRUN) {
        UART_ISR = ISR_RX_OVERRUN;
        received.lost++;
    }
}

__attribute__((target("general-regs-only"))) void irq_handler(void)
{
    uint32_t number = GIC_CPU_ACKNOWLEDGE;
    if (number == UART_IRQ) take_bytes();
    if (number == TIMER_IRQ) TIMER_STATUS = 1u;
    if (number == WATCHDOG_IRQ) {
        survivor_note(BOOT_WATCHDOG);
        port_reset();
    }
    GIC_CPU_END = number;
}

void port_reset(void)
{
    SLCR_UNLOCK = 0xDF0Du;
    PSS_RST_CTRL = 1u;
    for (;;) {}
}

void fault_handler(void)
{
    survivor_note(BOOT_FAULT);
    port_reset();
}

uint64_t port_clock_us(void)
{
    uint32_t high, low;
    do {
        high = GLOBAL_TIMER_HIGH;
        low = GLOBAL_TIMER_LOW;
    } while (high != GLOBAL_TIMER_HIGH);
    return (((uint64_t)high << 32) | low) / (PERIPHERAL_HZ / 1000000u);
}

size_t port_uart_read(uint8_t *to, size_t size) { return ring_take(&received, to, size); }
uint32_t port_uart_lost(void) { return received.lost; }

void port_uart_write(const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        while (UART_SR & SR_TX_FULL) {}
        UART_FIFO = from[i];
    }
    while (!(UART_SR & SR_TX_EMPTY)) {}
}

void port_idle(void) { ring_sleep(&received); }

void port_watchdog_start(void)
{
    TIMER_LOAD = PERIPHERAL_HZ / 100u;
    TIMER_CONTROL = 7u; /* reload, interrupt */
    irq_enable(TIMER_IRQ);
    irq_enable(WATCHDOG_IRQ);
    WATCHDOG_LOAD = WATCHDOG_TICKS;
    WATCHDOG_CONTROL = 5u; /* interrupt, enable: QEMU has no watchdog mode, so its interrupt resets */
}

void port_watchdog_kick(void) { WATCHDOG_LOAD = WATCHDOG_TICKS; }
