/* The stack's high water: start-up paints it (startup, STACK_PAINT), the lowest spoilt word tells. */
#include "port.h"

#define STACK_PAINT 0xC5C5C5C5u

extern uint32_t link_stack_limit[], link_stack_top[];

size_t port_stack_high_water(void)
{
    const uint32_t *word = link_stack_limit;
    while (word < link_stack_top && *word == STACK_PAINT) word++;
    return (size_t)(link_stack_top - word) * sizeof *word;
}
