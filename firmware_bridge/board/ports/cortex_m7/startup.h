/* Between a Cortex-M7's start-up and the port of one board. */
#ifndef PROXOPS_STARTUP_H
#define PROXOPS_STARTUP_H

#include <stdint.h>

/* Of the port: sets up clock and UART; answers external interrupt `number`. */
void port_start(void);
void port_irq(uint32_t number);
/* The watchdog's warning, where it has one, comes as NMI. */
void port_watchdog_warned(void);

/* Of start-up: lets an external interrupt through; ends a sleep every so many processor cycles. */
void startup_irq_enable(uint32_t number);
void startup_tick(uint32_t cycles);

#endif
