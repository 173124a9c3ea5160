# Xilinx Zynq-7000, Cortex-A9 with double-precision FPU; runs in QEMU as xilinx-zynq-a9.
NAME := zynq-a9
CROSS := arm-none-eabi-
ARCH := -mcpu=cortex-a9 -mfpu=vfpv3 -mfloat-abi=hard -marm -mno-unaligned-access
PORT_SOURCES := ports/zynq_a9/port.c ports/zynq_a9/startup.S ports/survivor.c ports/stack.c
PORT_INCLUDES := -Iports
PORT_LINK := -nostartfiles -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-T,ports/zynq_a9/memory.ld -Wl,-T,ports/sections.ld
