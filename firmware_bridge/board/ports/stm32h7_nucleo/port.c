/* ST Nucleo-144 with an STM32H743ZI (Cortex-M7, double-precision FPU): USART3 on the ST-LINK's virtual COM port
 * (PD8, PD9), timer 2, independent watchdog 1 (ST RM0433, chapters 8, 11, 43, 48 and 49).
 *
 * NEVER RUN ON SILICON. It is built with every other port, no more is known of it. The processor runs from the internal
 * 64 MHz oscillator as reset leaves it. */
#include "port.h"

#include "ring.h"
#include "startup.h"
#include "survivor.h"

#define CLOCK_HZ 64000000u
#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_RSR REGISTER(0x580244D0u)
#define RSR_REMOVE_FLAGS (1u << 16)
#define RSR_POWER_ON (1u << 23)
#define RSR_IWDG1 (1u << 26)
#define RCC_AHB4ENR REGISTER(0x580244E0u)
#define AHB4ENR_GPIOD (1u << 3)
#define RCC_APB1LENR REGISTER(0x580244E8u)
#define APB1LENR_TIM2 1u
#define APB1LENR_USART3 (1u << 18)

#define GPIOD_MODER REGISTER(0x58020C00u)
#define GPIOD_AFRH REGISTER(0x58020C24u)

#define USART3_CR1 REGISTER(0x40004800u)
#define USART3_BRR REGISTER(0x4000480Cu)
#define USART3_ISR REGISTER(0x4000481Cu)
#define USART3_ICR REGISTER(0x40004820u)
#define USART3_RDR REGISTER(0x40004824u)
#define USART3_TDR REGISTER(0x40004828u)
#define CR1_RECEIVE_SEND_INTERRUPT (1u | (1u << 2) | (1u << 3) | (1u << 5))
#define ISR_OVERRUN (1u << 3)
#define ISR_RECEIVED (1u << 5)
#define ISR_SENT (1u << 6)
#define ISR_MAY_SEND (1u << 7)
#define USART3_IRQ 39u

#define TIM2_CR1 REGISTER(0x40000000u)
#define TIM2_EGR REGISTER(0x40000014u)
#define TIM2_CNT REGISTER(0x40000024u)
#define TIM2_PSC REGISTER(0x40000028u)

#define IWDG1_KR REGISTER(0x58004800u)
#define IWDG1_PR REGISTER(0x58004804u)
#define IWDG1_RLR REGISTER(0x58004808u)

static ring_t received;
static uint64_t clock_us;
static uint32_t clock_last;

void port_start(void)
{
    if (RCC_RSR & RSR_POWER_ON) survivor_reason(BOOT_POWER_ON);
    else if (RCC_RSR & RSR_IWDG1) survivor_reason(BOOT_WATCHDOG);
    RCC_RSR |= RSR_REMOVE_FLAGS;
    RCC_AHB4ENR |= AHB4ENR_GPIOD;
    RCC_APB1LENR |= APB1LENR_TIM2 | APB1LENR_USART3;
    (void)RCC_APB1LENR; /* a clock is there only after the write has been read back */
    TIM2_PSC = CLOCK_HZ / 1000000u - 1u;
    TIM2_EGR = 1u;
    TIM2_CR1 = 1u;
    GPIOD_MODER = (GPIOD_MODER & ~0x000F0000u) | 0x000A0000u; /* PD8, PD9: alternate function */
    GPIOD_AFRH = (GPIOD_AFRH & ~0x000000FFu) | 0x00000077u;   /* 7: USART3 */
    USART3_BRR = (CLOCK_HZ + BAUD / 2u) / BAUD;
    USART3_CR1 = CR1_RECEIVE_SEND_INTERRUPT;
    startup_irq_enable(USART3_IRQ);
}

void port_irq(uint32_t number)
{
    if (number != USART3_IRQ) return;
    while (USART3_ISR & ISR_RECEIVED) ring_put(&received, (uint8_t)USART3_RDR);
    if (USART3_ISR & ISR_OVERRUN) {
        USART3_ICR = ISR_OVERRUN;
        received.lost++;
    }
}

uint64_t port_clock_us(void)
{
    uint32_t now = TIM2_CNT;
    clock_us += now - clock_last;
    clock_last = now;
    return clock_us;
}

size_t port_uart_read(uint8_t *to, size_t size) { return ring_take(&received, to, size); }
uint32_t port_uart_lost(void) { return received.lost; }

void port_uart_write(const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        while (!(USART3_ISR & ISR_MAY_SEND)) {}
        USART3_TDR = from[i];
    }
    while (!(USART3_ISR & ISR_SENT)) {}
}

void port_idle(void) { ring_sleep(&received); }

void port_watchdog_start(void)
{
    startup_tick(CLOCK_HZ / 100u);
    IWDG1_KR = 0xCCCCu; /* start */
    IWDG1_KR = 0x5555u; /* unlock */
    IWDG1_PR = 4u;      /* 32 kHz / 64 */
    IWDG1_RLR = 1000u;  /* 2 s */
}

void port_watchdog_kick(void) { IWDG1_KR = 0xAAAAu; }

void port_watchdog_warned(void) {} /* it resets without a warning; port_start asks for the reason */
