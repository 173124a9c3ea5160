# Arm MPS2, Cortex-M7 with double-precision FPU; runs in QEMU as mps2-an500.
NAME := mps2-an500
CROSS := arm-none-eabi-
ARCH := -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -mthumb
PORT_SOURCES := ports/mps2_an500/port.c ports/cortex_m7/startup.c ports/survivor.c ports/stack.c
PORT_INCLUDES := -Iports -Iports/cortex_m7
PORT_LINK := -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-T,ports/mps2_an500/memory.ld -Wl,-T,ports/sections.ld
