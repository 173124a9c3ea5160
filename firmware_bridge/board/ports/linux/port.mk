# Linux on any computer; CROSS=aarch64-linux-gnu- or arm-linux-gnueabihf- for a Raspberry Pi.
NAME := linux
CROSS ?=
CC_NAME := $(if $(CROSS),gcc,cc)
PORT_SOURCES := ports/linux/port.c
PORT_INCLUDES :=
PORT_LINK := $(if $(CROSS),-static)
