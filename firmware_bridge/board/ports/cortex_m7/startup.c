/* Start of a Cortex-M7: vectors, FPU, memory, stack paint (Arm v7-M Architecture Reference Manual, B1.5, B3.2). */
#include "startup.h"
#include "survivor.h"

#define AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define ICSR (*(volatile uint32_t *)0xE000ED04u)
#define NVIC_ISER ((volatile uint32_t *)0xE000E100u)
#define SYSTICK_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_CVR (*(volatile uint32_t *)0xE000E018u)

extern uint32_t link_data[], link_data_end[], link_data_load[], link_bss[], link_bss_end[];
extern uint32_t link_stack_limit[], link_stack_top[];

void port_reset(void)
{
    __asm volatile("dsb" ::: "memory");
    AIRCR = 0x05FA0004u; /* VECTKEY, SYSRESETREQ */
    for (;;) {}
}

static void fault_handler(void)
{
    survivor_note(BOOT_FAULT);
    port_reset();
}

static void nmi_handler(void)
{
    survivor_note(BOOT_WATCHDOG);
    port_watchdog_warned();
    for (;;) {} /* the reset itself is the watchdog's */
}

static void systick_handler(void) {} /* only ends a sleep */

static void irq_handler(void) { port_irq((ICSR & 0x1FFu) - 16u); }

void startup_irq_enable(uint32_t number) { NVIC_ISER[number / 32u] = 1u << (number % 32u); }

void startup_tick(uint32_t cycles)
{
    SYSTICK_RVR = cycles - 1u;
    SYSTICK_CVR = 0;
    SYSTICK_CSR = 7u; /* processor clock, interrupt, enable */
}

/* Leaves no room for the compiler to use the FPU or memory before they are there. */
__attribute__((noreturn, used)) static void start(void)
{
    for (uint32_t *to = link_data, *from = link_data_load; to < link_data_end;) *to++ = *from++;
    for (uint32_t *to = link_bss; to < link_bss_end;) *to++ = 0;
    survivor_boot();
    port_start();
    (void)board_main();
    for (;;) {}
}

__attribute__((naked, noreturn)) void reset_handler(void)
{
    __asm volatile("cpsid i\n"
                   "ldr r0, =0xE000ED88\n" /* CPACR: full access to CP10 and CP11 */
                   "ldr r1, [r0]\n"
                   "orr r1, r1, #0xF00000\n"
                   "str r1, [r0]\n"
                   "dsb\n"
                   "isb\n"
                   "ldr r0, =link_stack_limit\n"
                   "mov r1, sp\n"
                   "ldr r2, =0xC5C5C5C5\n"
                   "1: cmp r0, r1\n"
                   "bhs 2f\n"
                   "str r2, [r0], #4\n"
                   "b 1b\n"
                   "2: cpsie i\n"
                   "b start\n");
}

typedef void (*handler_t)(void);
#define FOUR(h) h, h, h, h
#define SIXTEEN(h) FOUR(h), FOUR(h), FOUR(h), FOUR(h)

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler_t handlers[15], irq[160];
} vectors = {
    link_stack_top,
    {reset_handler, nmi_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     systick_handler},
    {SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler),
     SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler), SIXTEEN(irq_handler)},
};
