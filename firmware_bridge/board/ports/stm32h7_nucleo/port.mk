# ST Nucleo-144 STM32H743ZI. Built, never run on silicon.
NAME := stm32h7-nucleo
CROSS := arm-none-eabi-
ARCH := -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -mthumb
PORT_SOURCES := ports/stm32h7_nucleo/port.c ports/cortex_m7/startup.c ports/survivor.c ports/stack.c
PORT_INCLUDES := -Iports -Iports/cortex_m7
PORT_LINK := -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-T,ports/stm32h7_nucleo/memory.ld -Wl,-T,ports/sections.ld
