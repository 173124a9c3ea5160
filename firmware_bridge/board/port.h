/* All that a board's programs need of the computer they run on. Each board answers it once, in
 * ports/<board>/port.c; nothing else below this directory knows which board it is. */
#ifndef PROXOPS_PORT_H
#define PROXOPS_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Why the computer started. */
enum { BOOT_POWER_ON = 0, BOOT_RESET = 1, BOOT_WATCHDOG = 2, BOOT_FAULT = 3 };

/* The program: called by the port once clock and UART work, on a painted stack. Never returns on a board. */
int board_main(void);

/* Time since start, us. Call it at least once a minute: a port may extend a counter that wraps. */
uint64_t port_clock_us(void);

/* Moves what has been received, up to size bytes, to `to`; never waits. Returns how many. */
size_t port_uart_read(uint8_t *to, size_t size);
/* Sends all of it; returns when the last byte is on the line: a reset may follow. */
void port_uart_write(const uint8_t *from, size_t size);
/* Bytes lost since start because nobody took them in time. */
uint32_t port_uart_lost(void);

/* Sleeps until a byte arrives; returns after at most half the watchdog's time. */
void port_idle(void);
/* The watchdog resets the computer when it is not kicked for about 2 s; a port without one does nothing. */
void port_watchdog_start(void);
void port_watchdog_kick(void);
/* Restarts the computer; memory from port_survivor keeps its content. */
void port_reset(void);

uint32_t port_boot_reason(void);
/* Starts since power-on, this one included. */
uint32_t port_boot_count(void);

/* Memory that a reset leaves alone, aligned for double; NULL when the port has less than size bytes of it. */
void *port_survivor(size_t size);

/* The deepest that the stack has reached since start, bytes; 0 where it is not watched. */
size_t port_stack_high_water(void);

#endif
