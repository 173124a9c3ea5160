# The one list of the link's sources; whoever compiles them gives -DPROXOPS_BUILD_ID=0x... and the flags of gnc/core/sources.mk.
# Include directories: gnc/core, firmware_bridge/link, firmware_bridge/icd/generated.
LINK_SOURCES = crc32.c link.c protocol.c ../icd/generated/icd.c
